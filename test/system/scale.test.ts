/** The configuration of docs/scale.md: the real HAProxy in front of two servers, one drained, one killed. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAll, requestFor } from '../support/asterisk';
import { makeFolder, root } from '../support/inet';
import { Resident } from '../support/resident';
import { ownLoader } from './support/debian';
import { freePort, isFree } from './support/free-port';
import { haproxyRoot, missingParts } from './support/parts';

const missing = missingParts();

const page = readFileSync(path.join(root, 'docs/scale.md'), 'utf8');
const configuration = /```haproxy\n([\s\S]*?)```/.exec(page)?.[1] as string;

describe.skipIf(missing)(`HAProxy${missing ? ` (${missing})` : ''}`, () => {
  it('as the page has it: calls end where they are, and new ones find a server', async () => {
    const one = await start('one', 0);
    await using two = await start('two', 0);
    const port = await freePort();
    const text = configuration
      .replace('127.0.0.1:4573', `127.0.0.1:${port}`)
      .replace('192.0.2.11:4573', `127.0.0.1:${one.port}`)
      .replace('192.0.2.12:4573', `127.0.0.1:${two.port}`);
    expect(text).toContain(`server two 127.0.0.1:${two.port}`);
    const file = path.join(makeFolder({ 'haproxy.cfg': text }), 'haproxy.cfg');
    const unpacked = await haproxyRoot();
    const [program, ...args] = [...ownLoader(unpacked), path.join(unpacked, 'usr/sbin/haproxy')];
    const haproxy = spawn(program as string, [...args, '-db', '-f', file], { stdio: 'ignore' });
    let again: Resident | undefined;
    try {
      await expect.poll(() => who(port)).not.toBe('nobody');

      // a call on each
      const held = await holdOnBoth(port);

      // a drain: the call stays, and every new one finds the other server
      one.child.kill('SIGTERM');
      await one.logged('stopping: SIGTERM; 1 calls have');
      const during = await Promise.all(Array.from({ length: 20 }, () => who(port)));
      expect(new Set(during)).toEqual(new Set(['two']));
      expect(held.one.socket.closed).toBe(false);
      held.one.socket.write('HANGUP\n');
      await held.one.closed;
      expect(await one.ended).toEqual({ code: 0, signal: null });

      // it is there again
      again = await start('one', one.port);
      await expect.poll(() => who(port), { timeout: 10_000 }).toBe('one');
      held.two.socket.write('HANGUP\n');
      await held.two.closed;

      // a machine that is gone, with all its processes: its call ends, the others do not
      const last = await holdOnBoth(port);
      for (const pid of [...two.processes(), two.pid]) process.kill(pid, 'SIGKILL');
      await last.two.closed;
      await two.ended;
      await expect.poll(() => isFree(two.port)).toBe(true);
      const after = await Promise.all(Array.from({ length: 20 }, () => who(port)));
      expect(new Set(after)).toEqual(new Set(['one']));
      expect(last.one.socket.closed).toBe(false);
      last.one.socket.write('HANGUP\n');
      await last.one.closed;
    } finally {
      haproxy.kill('SIGKILL');
      await one.stop();
      await again?.stop();
    }
  }, 90_000);
});

function start(name: string, port: number): Promise<Resident> {
  return Resident.start({
    files: {
      'who.js': `module.exports = (agi) => agi.verbose('${name}')`,
      'held.js': `module.exports = async (agi) => { await agi.verbose('${name}'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); }`,
    },
    args: ['--mode', 'shared', '--port', String(port)],
  });
}

function place(port: number, script: string) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(requestFor(script));
  let name = 'nobody';
  const answered = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => {
      const [, said] = /^VERBOSE (\w+) 1\n/.exec(String(chunk)) ?? [];
      if (said) name = said;
      socket.write(`${answerAll(String(chunk), undefined as never)}\n`);
      resolve(name);
    });
    socket.once('close', () => resolve(name));
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, answered, closed };
}

/** Whose call it becomes. */
async function who(port: number): Promise<string> {
  const { socket, answered } = place(port, 'who');
  const name = await answered;
  socket.destroy();
  return name;
}

/** HAProxy gives each call to the server with fewest: two of them are on two servers. */
async function holdOnBoth(port: number) {
  const calls = new Map<string, ReturnType<typeof place>>();
  while (calls.size < 2) {
    const call = place(port, 'held');
    const name = await call.answered;
    if (calls.has(name) || name === 'nobody') call.socket.destroy();
    else calls.set(name, call);
  }
  return {
    one: calls.get('one') as ReturnType<typeof place>,
    two: calls.get('two') as ReturnType<typeof place>,
  };
}
