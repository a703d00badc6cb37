import { closeSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type RecorderOptions, TraceRecorder } from '../../src/trace/recorder';
import { makeFolder } from '../support/inet';

function record(options: Partial<RecorderOptions> = {}) {
  const folder = makeFolder();
  const problems: string[] = [];
  const recorder = new TraceRecorder({
    ...{ folder, days: 0, names: [], digits: false, program: 'fastagi 0' },
    onProblem: (text) => problems.push(text),
    ...options,
  });
  for (const line of ['agi_network: yes', 'agi_uniqueid: 17.1', '']) recorder.line('<', line, false);
  const file = () => {
    const [name] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.jsonl'),
    );
    return readFileSync(path.join(folder, name as string), 'utf8');
  };
  return {
    recorder,
    problems,
    folder,
    file,
    lines: () =>
      file()
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((text) => JSON.parse(text)),
  };
}

it('a call that says too much is kept up to there, and its end is', () => {
  const { recorder, lines, file } = record({ maxBytes: 4096 });
  for (let n = 0; n < 10_000; n++) recorder.line('>', 'NOOP', false);
  recorder.tell('error', 'no such luck');
  recorder.tell('end', '1');
  expect(file().length).toBeLessThan(4096 + 500);
  expect(lines().slice(-3)).toEqual([
    {
      ms: expect.any(Number),
      dir: 'cut',
      line: 'the trace holds 4096 bytes, and what was said from here on is not kept',
    },
    { ms: expect.any(Number), dir: 'error', line: 'no such luck' },
    { ms: expect.any(Number), dir: 'end', line: '1' },
  ]);
});

it.skipIf(!existsSync('/proc/self/fd'))(
  'a file that can no longer be written costs no call, and is told of once',
  () => {
    const { recorder, problems, folder } = record();
    const fd = readdirSync('/proc/self/fd').find((fd) => leadsTo(fd)?.startsWith(folder));
    // what a script does that closes descriptors
    closeSync(Number(fd));
    recorder.line('>', 'NOOP', false);
    recorder.line('>', 'NOOP', false);
    recorder.tell('end', '0');
    expect(problems).toEqual([expect.stringMatching(/^the trace of this call ends here: .*EBADF/)]);
  },
);

function leadsTo(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined; // the one that has read the folder
  }
}

it('what the request and an error say of a PIN is left out', () => {
  const { recorder, file } = record();
  recorder.line('>', 'GET DATA pin', true);
  recorder.line('<', '200 result=4711', true);
  recorder.tell('error', 'script.js: Error: no account 4711');
  recorder.tell('end', '1');
  expect(file()).not.toContain('4711');
  expect(file()).toContain('no account ***');
});
