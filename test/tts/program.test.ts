import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/tts/program';
import { makeFolder } from '../support/inet';

describe('a program', () => {
  it('is given its words and its files, and tells how it ended', async () => {
    const folder = makeFolder({ in: 'text' });
    const file = (name: string) => path.join(folder, name);
    const script = 'cat; echo "$1" >&2; exit 3';
    const run = { program: '/bin/sh', args: ['-c', script, 'sh', '$(x) "'], timeoutMs: 20_000 };
    const files = { input: file('in'), output: file('out'), said: file('said') };
    expect(await runProgram({ ...run, ...files }).ended).toEqual({
      problem: 'ended with status 3',
      timedOut: false,
    });
    expect([file('out'), file('said')].map((name) => readFileSync(name, 'utf8'))).toEqual([
      'text',
      '$(x) "\n',
    ]);
  });

  it.skipIf(!existsSync('/proc/self/fd'))('whose files cannot be opened leaves none of them open', () => {
    const folder = makeFolder({ in: '' });
    const ours = () =>
      readdirSync('/proc/self/fd')
        .flatMap(linkOf)
        .filter((name) => name.startsWith(folder));
    const run = { program: '/bin/true', args: [], said: path.join(folder, 'said'), timeoutMs: 20_000 };
    expect(() => runProgram({ ...run, input: path.join(folder, 'nothing') })).toThrow('ENOENT');
    expect(() => runProgram({ ...run, input: path.join(folder, 'in'), output: '/no/such/file' })).toThrow(
      'ENOENT',
    );
    expect(ours()).toEqual([]);
  });
});

/** What a descriptor leads to; nothing where it is closed by now. */
function linkOf(fd: string): string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`)];
  } catch {
    return [];
  }
}
