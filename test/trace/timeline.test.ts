import { describe, expect, it } from 'vitest';
import type { TraceEntry, TraceKind } from '../../src/trace/entry';
import { TextView } from '../../src/trace/text';
import { type Step, Summary, Timeline } from '../../src/trace/timeline';
import { clock, duration, visible } from '../../src/trace/visible';

/** `12 > ANSWER`: at 12 ms. */
function stepsOf(lines: readonly string[]): Step[] {
  const timeline = new Timeline();
  const entries = lines.map((text): TraceEntry => {
    const [, ms, dir, line] = /^(\S+) (\S+) ?([\s\S]*)$/.exec(text) as unknown as string[];
    return { ms: Number(ms), dir: dir as TraceKind, line: line as string };
  });
  return [...entries.flatMap((entry) => timeline.push(entry)), ...timeline.end()];
}

const request = ['0 < agi_network: yes', '2 <'];

const told = (steps: readonly Step[]) =>
  steps.map((step) =>
    step.type === 'exchange'
      ? `${step.atMs} script ${step.scriptMs} ${step.command} ${step.asteriskMs ?? '-'} ${step.outcome} ${step.reply ?? '-'}`
      : `${step.atMs} ${step.type} ${step.text}`,
  );

describe('the steps of a call', () => {
  it.each<[string, string[], string[]]>([
    [
      'each command has the script’s time before it and Asterisk’s',
      ['5 script /x.js', '12 > ANSWER', '20 < 200 result=0', '120 > NOOP', '121 < 200 result=0', '130 end 0'],
      [
        '5 script /x.js',
        '12 script 10 ANSWER 8 done 200 result=0',
        '120 script 100 NOOP 1 done 200 result=0',
        '130 end exit code 0',
      ],
    ],
    [
      'a reply of several lines is one',
      ['3 > X', '4 < 520-Invalid', '5 < usage', '6 < 520 End of proper usage.'],
      ['3 script 1 X 3 refused 520-Invalid\nusage\n520 End of proper usage.'],
    ],
    [
      'GOSUB answers twice',
      ['3 > GOSUB a b 1', '4 < 100 result=0 Trying...', '9 < 200 result=0'],
      ['3 script 1 GOSUB a b 1 6 done 100 result=0 Trying...\n200 result=0'],
    ],
    [
      'a hangup comes between two replies, or before one',
      ['3 > A', '4 < 200 result=-1', '5 < HANGUP', '6 > B', '6 < HANGUP', '7 < 511 Command Not Permitted'],
      [
        '3 script 1 A 1 done 200 result=-1',
        '5 hangup the caller hung up',
        '6 hangup the caller hung up',
        '6 script 2 B 1 hangup 511 Command Not Permitted',
      ],
    ],
    [
      'what Asterisk says behind the end is no hangup of the caller’s',
      ['3 > FAILURE', '4 < HANGUP', '5 end 1'],
      ['4 other Asterisk ended the session', '3 script 1 FAILURE - unanswered -', '5 end exit code 1'],
    ],
    [
      'classic AGI tells a hangup by a signal',
      ['3 > A', '4 hangup the caller hung up', '5 < 200 result=-1'],
      ['4 hangup the caller hung up', '3 script 1 A 2 done 200 result=-1'],
    ],
    ['nothing answers', ['3 > A', '4 > B'], ['3 script 1 A - unanswered -', '4 script 2 B - unanswered -']],
    ['a command that was sent when the process was killed', ['3 > A'], ['3 script 1 A - unanswered -']],
    ['what a later version tells', ['3 later words'], ['3 other words']],
  ])('%s', (_, lines, steps) => {
    expect(told(stepsOf([...request, ...lines]))).toEqual(['2 request request of 1 line', ...steps]);
  });

  it('may have no request, as a log that begins in its middle', () => {
    expect(told(stepsOf(['3 > A', '4 < 200 result=0']))).toEqual(['3 script 3 A 1 done 200 result=0']);
  });
});

const longCall = [
  ...request,
  '5 script /x.js',
  '12 > ANSWER',
  '20 < 200 result=0',
  '2020 > STREAM FILE demo ""',
  '5030 < 200 result=0 endpos=1',
  '5031 > NO "\u001b[31m\u202e"',
  '5032 < 510 Invalid or unknown command',
  '5040 < HANGUP',
  '5050 error x.js: Error: no',
  '5060 end 1',
];

it('the sum of it', () => {
  const summary = new Summary();
  for (const step of stepsOf(longCall)) summary.push(step);
  expect(summary).toMatchObject({
    commands: 3,
    refused: 1,
    asteriskMs: 8 + 3010 + 1,
    scriptMs: 10 + 2000 + 1,
    totalMs: 5060,
    hungUpMs: 5040,
    error: 'x.js: Error: no',
    end: 'exit code 1',
  });
  expect(summary.slowest.asterisk.map(({ command }) => command)).toEqual([
    'STREAM FILE demo ""',
    'ANSWER',
    'NO "\u001b[31m\u202e"',
  ]);
});

describe('as text', () => {
  const show = (options: ConstructorParameters<typeof TextView>[0]) => {
    const view = new TextView(options);
    const summary = new Summary();
    const steps = stepsOf(longCall);
    for (const step of steps) summary.push(step);
    const header = { trace: 1, started: 'now', script: 'x.js', channel: 'PJSIP/\u001b[31m' };
    return [...view.header(header), ...steps.flatMap((step) => view.step(step)), ...view.summary(summary)];
  };

  it('is a line for each step', () => {
    expect(show({ colour: false })).toEqual([
      'x.js  now',
      '  channel   PJSIP/\\x1b[31m',
      '',
      '       at    script  Asterisk  command → reply',
      ' 0:00.002                      request of 1 line',
      ' 0:00.005                      script: /x.js',
      ' 0:00.012     10 ms    8.0 ms  ANSWER → 200 result=0',
      ' 0:02.020    2.00 s    3.01 s  STREAM FILE demo "" → 200 result=0 endpos=1',
      ' 0:05.031    1.0 ms    1.0 ms  NO "\\x1b[31m\\u202e" → 510 Invalid or unknown command',
      ' 0:05.040                      the caller hung up',
      ' 0:05.050                      error: x.js: Error: no',
      ' 0:05.060                      end: exit code 1',
      '',
      '5.06 s, 3 commands, Asterisk 3.02 s, script 2.01 s, 1 refused, hung up at 0:05.040, exit code 1',
      'slowest of Asterisk:   3.01 s  STREAM FILE demo ""',
      'slowest of Asterisk:   8.0 ms  ANSWER',
      'slowest of Asterisk:   1.0 ms  NO "\\x1b[31m\\u202e"',
      'slowest of the script:   2.00 s  before STREAM FILE demo ""',
      'slowest of the script:    10 ms  before ANSWER',
      'slowest of the script:   1.0 ms  before NO "\\x1b[31m\\u202e"',
    ]);
  });

  it('fits a terminal, and its colours take no room', () => {
    // biome-ignore lint/complexity/useRegexLiterals: a literal may hold no control character
    const colours = new RegExp('\u001b\\[\\d+m', 'g');
    const lines = show({ colour: true, columns: 60 });
    expect(lines.join('\n')).toMatch(colours);
    for (const line of lines.slice(4)) expect(line.replace(colours, '').length).toBeLessThanOrEqual(101);
    expect(show({ colour: true }).map((line) => line.replace(colours, ''))).toEqual(show({ colour: false }));
  });
});

describe('what cannot be seen', () => {
  it.each([
    ['\u001b[31m', '\\x1b[31m'],
    ['a\nb\rc\0', 'a⏎b\\x0dc\\x00'],
    ['\u009b31m', '\\x9b31m'],
    ['\u202e\u2066\u200b\ufeff', '\\u202e\\u2066\\u200b\\ufeff'],
    ['\ud800 \udc00', '\\ud800 \\udc00'],
    ['é漢😀', 'é漢😀'],
  ])('%j → %s', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('is cut between characters', () => {
    expect(visible('ab😀c', 3)).toBe('ab…');
  });
});

it.each([
  [0, '0.0 ms', '0:00.000'],
  [9.94, '9.9 ms', '0:00.010'],
  [999, '999 ms', '0:00.999'],
  [999.9, '1.00 s', '0:01.000'],
  [59_999, '1 min 00 s', '0:59.999'],
  [125_000, '2 min 05 s', '2:05.000'],
  [7_384_000, '123 min 04 s', '123:04.000'],
])('%i ms is %s, and at %s', (ms, length, at) => {
  expect([duration(ms), clock(ms)]).toEqual([length, at]);
});
