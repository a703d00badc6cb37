/** Traces of calls that share their processes: each has a file of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../support/inet';
import { Resident } from '../support/resident';

const script = `module.exports = async (agi) => {
  const { digits } = await agi.getData('pin');
  await agi.setVariable('WHO', agi.request.params.who + ' ' + digits);
};`;

it.each(['pool', 'shared'])('%s: calls at the same time are told apart', async (mode) => {
  const traces = makeFolder();
  await using server = await Resident.start({
    files: { 'asks.js': script },
    config: `trace=${traces}`,
    args: ['--mode', mode],
  });
  const names = ['jo', 'jim', 'zoe'];
  const calls = names.map((name, at) =>
    server.place(`asks?who=${name}`, (command) =>
      command.startsWith('GET DATA') ? `200 result=${at}711` : '200 result=1',
    ),
  );
  expect((await Promise.all(calls.map(({ closed }) => closed))).map((commands) => commands.at(-1))).toEqual([
    'SET VARIABLE WHO "jo 0711"',
    'SET VARIABLE WHO "jim 1711"',
    'SET VARIABLE WHO "zoe 2711"',
  ]);
  const texts = () =>
    readdirSync(traces, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(path.join(traces, name), 'utf8'));
  await expect.poll(() => texts().filter((text) => text.includes('"dir":"end","line":"0"')).length).toBe(3);
  const conversations = texts().map((text) =>
    text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line))
      .filter(({ dir, line }) => dir === '>' || line.startsWith('200'))
      .map(({ dir, line }) => `${dir} ${line}`),
  );
  for (const name of names) {
    expect(conversations).toContainEqual([
      '> GET DATA pin 0 1023',
      '< 200 result=****',
      `> SET VARIABLE WHO "${name} ***"`,
      '< 200 result=1',
    ]);
  }
});
