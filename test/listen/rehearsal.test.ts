/** A process of the pool has gone through a call of nobody's before it serves one; and nothing of that is left. */
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Stage } from '../../src/listen/stage';
import { Resident } from '../support/resident';

/** Node tells there of each file that it loads. */
const env = { NODE_DEBUG: 'module' };
const rehearsed = /MODULE (\d+): load ".*\/fastagi-rehearsal\.js"/g;

describe('a process that has been booted in the quiet', () => {
  it('has rehearsed, is no call in the counters, and shows a script nothing of it', async () => {
    await using server = await Resident.start({
      files: {
        'look.js': `module.exports = async (agi) => {
          await agi.verbose(process.pid);
          await agi.verbose([Object.keys(require.cache).length, require.main === module, process.argv.length, module.children.length,
            typeof rehearsal, process.exitCode, process.listenerCount('SIGUSR2')].join());
        };`,
      },
      listen: 'max_calls = 1\nspare = 3\nprocesses = 6',
      env,
    });
    const pids = () => [...server.log().matchAll(rehearsed)].map(([, pid]) => Number(pid));
    await expect.poll(() => pids().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
    server.child.kill('SIGUSR1');
    await server.logged(/calls 0; active 0/);
    const shown = new Map<boolean, string>();
    for (let call = 0; call < 8; call++) {
      const [pid, look] = (await server.call('look')) as [string, string];
      shown.set(pids().includes(Number(/\d+/.exec(pid)?.[0])), look);
    }
    // the first process has none before it, for somebody may wait for that
    expect([...shown.keys()]).toContain(true);
    expect(new Set(shown.values()).size).toBe(1);
  });

  it('makes way for a call that waits', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'max_calls = 1\nspare = 2\nprocesses = 6',
    });
    const calls = Array.from({ length: 12 }, () => server.call('hello'));
    expect(await Promise.all(calls)).toEqual(calls.map(() => ['VERBOSE cool 1']));
    expect(server.log()).not.toMatch(/ (warning|error) /);
  });

  it('leaves no port open behind it', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'spare = 3',
      env,
    });
    await expect.poll(() => [...server.log().matchAll(rehearsed)].length).toBeGreaterThanOrEqual(2);
    await expect.poll(() => listening(server.pid)).toBe(1);
  });
});

describe('the connection of a rehearsal', () => {
  it('has an Asterisk at its end that answers each command', async () => {
    const stage = await Stage.open();
    const replies: string[] = [];
    stage.socket.on('data', (text) => replies.push(String(text))).resume();
    stage.socket.write('NOOP\nGET VARIABLE');
    stage.socket.write(' rehearsal\n');
    await expect.poll(() => replies.join('')).toBe('200 result=1\n200 result=1\n');
    const ended = once(stage.socket, 'close');
    stage.close();
    await ended;
  });
});

/** How many sockets of a process wait for connections. */
function listening(pid: number): number {
  const own = new Set(
    readdirSync(`/proc/${pid}/fd`).map((fd) => /socket:\[(\d+)\]/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1]),
  );
  return readFileSync('/proc/net/tcp', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((field) => field[3] === '0A' && own.has(field[9])).length;
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
