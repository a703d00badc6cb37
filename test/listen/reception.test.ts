/** The door, where the machine has nothing left to open it with. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Admission } from '../../src/listen/admission';
import { Reception } from '../../src/listen/reception';
import { Log } from '../../src/log';
import { makeFolder } from '../support/inet';

it('connections that cannot be accepted are no end of the server, and a line a second in the log', () => {
  const file = path.join(makeFolder(), 'log');
  const log = new Log('info');
  log.fd = openSync(file, 'a');
  const server = createServer();
  const admission = new Admission({ maxActive: 0, maxPerAddress: 0, allow: [] });
  const reception = new Reception([server], admission, log, {
    onCall() {},
    onRefusal() {},
    makeRoom: () => false,
  });
  for (let time = 0; time < 100; time++) server.emit('error', new Error('accept ENFILE'));
  reception.close();
  closeSync(log.fd);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines).toEqual([
    expect.stringMatching(/ error .* a connection could not be accepted: accept ENFILE \[ACCEPT\]$/),
  ]);
});
