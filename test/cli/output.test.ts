/** Where the output of a command goes nowhere: its reader has seen enough, or the disk is full. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeTraceLine } from '../../src/trace/entry';
import { json, PlayedAri } from '../support/ari-server';
import { executable, makeFolder } from '../support/inet';
import { FakeManager, ordinary } from '../support/manager';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** @param output `once`: a reader that closes behind the first piece; else a file */
function fastagi(args: readonly string[], output: string): Promise<Ended> {
  const fd = output === 'once' ? undefined : openSync(output, 'w');
  const child = spawn(process.execPath, [executable('fastagi'), ...args], {
    stdio: ['ignore', fd ?? 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, FASTAGI_CONFIG: '/dev/null' },
  });
  children.push(child);
  if (fd !== undefined) closeSync(fd);
  child.stdout?.once('data', () => child.stdout?.destroy());
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

function config(text: string): string {
  return path.join(makeFolder({ 'fastagi.conf': text }), 'fastagi.conf');
}

interface Surroundings extends AsyncDisposable {
  readonly args: readonly string[];
}

const nothing = async () => {};

/** Commands that print, and would go on printing. */
const commands: Readonly<Record<string, () => Promise<Surroundings>>> = {
  'ami --events': async () => {
    const manager = await FakeManager.start(ordinary());
    const file = config(`[asmanager]\nserver=127.0.0.1:${manager.port}\nusername=jo\nsecret=secret\n`);
    const timer = setInterval(() => {
      for (const client of manager.clients)
        if (client.actions.some(({ action }) => action === 'Login')) client.say('Event: Tick\r\n\r\n');
    }, 20);
    return {
      args: ['ami', '--events', '--config', file],
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        await manager[Symbol.asyncDispose]();
      },
    };
  },
  call: async () => {
    const folder = makeFolder({ 'loop.js': "for (;;) await agi.verbose('again')" });
    return { args: ['call', `${folder}/loop.js`], [Symbol.asyncDispose]: nothing };
  },
  trace: async () => {
    const file = path.join(makeFolder(), 'call.jsonl');
    const line = encodeTraceLine({ ms: 1, dir: '>', line: `VERBOSE ${'x'.repeat(1000)} 1` });
    writeFileSync(file, encodeTraceLine({ trace: 1, started: 'now' }) + line.repeat(2000));
    return { args: ['trace', file], [Symbol.asyncDispose]: nothing };
  },
  ari: async () => {
    const played = await PlayedAri.start((_, response) => json(response, 200, ['x'.repeat(1 << 20)]));
    const file = config(`[ari]\nport=${played.port}\nusername=tester\npassword=secret\n`);
    return {
      args: ['ari', 'GET', '/channels', '--config', file],
      [Symbol.asyncDispose]: () => played[Symbol.asyncDispose](),
    };
  },
};

describe.each(Object.keys(commands))('fastagi %s', (name) => {
  it('ends quietly with its reader', async () => {
    await using there = await (commands[name] as () => Promise<Surroundings>)();
    expect(await fastagi(there.args, 'once')).toEqual({ code: 0, stderr: '' });
  });

  it('says in a line that its output cannot be written', async () => {
    await using there = await (commands[name] as () => Promise<Surroundings>)();
    expect(await fastagi(there.args, '/dev/full')).toEqual({
      code: 1,
      stderr: `fastagi ${name.split(' ', 1)}: standard output cannot be written: ENOSPC: no space left on device, write\n`,
    });
  });
});
