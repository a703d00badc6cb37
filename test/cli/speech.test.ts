import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { signAddress } from '../../src/tts/address';
import { executable, makeFolder } from '../support/inet';
import { tone } from '../support/speech';

const secret = '0123456789abcdef';
const key = 'c'.repeat(32);

/** `fastagi speech` until it has said something. */
async function start(config: string, output: 'pipe' | number = 'pipe') {
  const folder = makeFolder();
  fs.writeFileSync(path.join(folder, 'conf'), `[tts]\ncache=${folder}\n${config}`);
  fs.writeFileSync(path.join(folder, `${key}.wav`), tone(8000));
  const args = [executable('fastagi'), 'speech', '--port', '0', '--config', path.join(folder, 'conf')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', output, 'pipe'] });
  const ended = once(child, 'exit');
  const [said] = await once((child.stderr as Readable).setEncoding('utf8'), 'data');
  return { child, ended, said: said as string };
}

it('serves the cache of the configuration until it is told to end', async () => {
  const { child, ended, said } = await start(`url=http://127.0.0.1\nsecret=${secret}\n`);
  const port = /on 127\.0\.0\.1, port (\d+)/.exec(said)?.[1];
  const address = signAddress(secret, `${key}.wav`, 60, Date.now());
  const response = await fetch(`http://127.0.0.1:${port}${address}`);
  expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, tone(8000).length]);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it.each([
  ['', /no url and secret in \[tts\]/],
  ['url=http://a:1\nsecret=short\n', /\[tts\] secret is "…", and must be of 16 characters/],
])('%j: is told what is missing', async (config, message) => {
  const { ended, said } = await start(config);
  expect(said).toMatch(message);
  expect(await ended).toEqual([3, null]);
});

it.each(['whose reader is gone', 'on a full disk'])('serves on with a log %s', async (place) => {
  const full = fs.openSync('/dev/full', 'w');
  const isFull = place === 'on a full disk';
  const { child, ended, said } = await start(
    `url=http://127.0.0.1\nsecret=${secret}\n`,
    isFull ? full : 'pipe',
  );
  fs.closeSync(full);
  child.stdout?.destroy();
  const port = /on 127\.0\.0\.1, port (\d+)/.exec(said)?.[1];
  const address = signAddress(secret, `${key}.wav`, 60, Date.now());
  for (let request = 0; request < 3; request++)
    expect((await fetch(`http://127.0.0.1:${port}${address}`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
