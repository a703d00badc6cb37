// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { encodeTraceLine, type TraceEntry, type TraceKind } from '../../src/trace/entry';
import { Replay, type ReplayOptions, readRecordedCall } from '../../src/trace/replay';
import { answerAll, call } from '../support/asterisk';
import { makeFolder } from '../support/inet';

/** `> ` and `< ` lines, a millisecond apart; `!` in front of one of which something was left out. */
async function recorded(lines: readonly string[], options?: ReplayOptions): Promise<Replay> {
  const file = path.join(makeFolder(), 'call.jsonl');
  const all = ['< agi_network: yes', '< agi_network_script: old.js', '< agi_channel: X', '< ', ...lines];
  const entries = all.map((text, ms): TraceEntry => {
    const redacted = text.startsWith('!');
    const [dir, line] = [text[redacted ? 1 : 0] as TraceKind, text.slice(redacted ? 3 : 2)];
    return redacted ? { ms, dir, line, redacted } : { ms, dir, line };
  });
  writeFileSync(file, [{ trace: 1, started: 'now' }, ...entries].map(encodeTraceLine).join(''));
  return new Replay(await readRecordedCall(file, 1), options);
}

/** Sends the commands, and gives the answers. */
const play = (replay: Replay, commands: readonly string[]): string[][] => {
  const answers = commands.map((command) => replay.answer(command));
  replay.end();
  return answers;
};

const departures = (replay: Replay) =>
  replay.departures.map(({ type, recorded, sent }) => `${type}: ${recorded ?? ''} / ${sent ?? ''}`);

const conversation = [
  '> ANSWER',
  '< 200 result=0',
  '> STREAM FILE welcome ""',
  '< 200 result=0 endpos=8000',
  '> SET VARIABLE DONE "a b"',
  '< 200 result=1',
];

describe('a script that does as recorded', () => {
  it('is given the answers of then', async () => {
    const replay = await recorded(conversation);
    expect(play(replay, ['ANSWER', 'STREAM FILE welcome ""', 'SET VARIABLE DONE "a b"'])).toEqual([
      ['200 result=0'],
      ['200 result=0 endpos=8000'],
      ['200 result=1'],
    ]);
    expect(replay.departures).toEqual([]);
    expect(replay.lines()).toEqual(['the script did as recorded: 3 recorded commands']);
  });

  it.each([
    ['answer', 'ANSWER'],
    ['Stream File "welcome" ""', 'STREAM FILE welcome ""'],
    ['SET VARIABLE DONE a\\ b', 'SET VARIABLE DONE "a b"'],
  ])('may say it in another form: %s', async (sent, command) => {
    const replay = await recorded([`> ${command}`, '< 200 result=1']);
    play(replay, [sent]);
    expect(replay.departures).toEqual([]);
  });

  it('may have another mark behind an expression', async () => {
    const replay = await recorded(['> GET FULL VARIABLE "${X}~abcdef"', '< 200 result=1 (a', '< b~abcdef)']);
    expect(play(replay, ['GET FULL VARIABLE "${X}~uvwxyz01"'])).toEqual([['200 result=1 (a', 'b~uvwxyz01)']]);
    expect(replay.departures).toEqual([]);
  });

  it.each(['$[1 + ${X}]', 'Hello ${X}!', 'no variable'])(
    'may have another mark behind any expression: %s',
    async (expression) => {
      const replay = await recorded([
        `> GET FULL VARIABLE "${expression}~abcdef"`,
        '< 200 result=1 (a',
        '< b~abcdef)',
      ]);
      expect(play(replay, [`GET FULL VARIABLE "${expression}~uvwxyz01"`])).toEqual([
        ['200 result=1 (a', 'b~uvwxyz01)'],
      ]);
      expect(replay.departures).toEqual([]);
    },
  );

  it('says by its exit code, as a process, what it said by FAILURE over FastAGI', async () => {
    const [ofProcess, overFastAgi] = [await recorded(['> FAILURE']), await recorded(['> FAILURE'])];
    ofProcess.end({ byProcess: true });
    overFastAgi.end();
    expect([departures(ofProcess), departures(overFastAgi)]).toEqual([[], ['left out: FAILURE / ']]);
  });

  it('hears of the hangup where it was', async () => {
    const replay = await recorded(['> ANSWER', '< 200 result=0', '< HANGUP']);
    expect(play(replay, ['ANSWER', 'STREAM FILE x ""', 'VERBOSE x'])).toEqual([
      ['200 result=0', 'HANGUP'],
      ['511 Command Not Permitted on a dead channel or intercept routine'],
      ['200 result=1'],
    ]);
    expect(replay.hungUp).toBe(true);
  });

  it('is asked for by its own name, and with the request of then', async () => {
    const replay = await recorded(conversation);
    expect(replay.request('new.js?a=1')).toBe(
      'agi_network: yes\nagi_network_script: new.js?a=1\nagi_channel: X\n\n',
    );
    expect(replay.request('')).toBe('agi_network: yes\nagi_channel: X\n\n');
    expect(replay.request(undefined)).toBe('agi_channel: X\n\n');
  });
});

describe('a script that departs', () => {
  it.each<[string, string[], string[]]>([
    [
      'by other words',
      ['ANSWER', 'STREAM FILE goodbye ""', 'SET VARIABLE DONE "a b"'],
      ['changed: STREAM FILE welcome "" / STREAM FILE goodbye ""'],
    ],
    [
      'by one command more',
      ['ANSWER', 'NOOP', 'STREAM FILE welcome ""', 'SET VARIABLE DONE "a b"'],
      ['added:  / NOOP'],
    ],
    ['by one command less', ['ANSWER', 'SET VARIABLE DONE "a b"'], ['left out: STREAM FILE welcome "" / ']],
    [
      'by its end',
      ['ANSWER'],
      ['left out: STREAM FILE welcome "" / ', 'left out: SET VARIABLE DONE "a b" / '],
    ],
  ])('%s', async (_, commands, told) => {
    const replay = await recorded(conversation);
    const answers = play(replay, commands);
    expect(departures(replay)).toEqual(told);
    for (const answer of answers) expect(answer.join()).toMatch(/^200 result=/);
  });

  it('is told where, and what was recorded', async () => {
    const replay = await recorded(conversation);
    play(replay, ['ANSWER', 'STREAM FILE "\u001b[31m" ""']);
    expect(replay.lines()).toEqual([
      'the script departs 2 times: 1 of 3 recorded commands came as they were',
      ' 0:00.006  changed',
      '           - STREAM FILE welcome ""',
      '           + STREAM FILE "\\x1b[31m" ""',
      ' 0:00.008  left out',
      '           - SET VARIABLE DONE "a b"',
    ]);
  });

  it.each([
    ['GET DATA x 1 1', '200 result= (timeout)'],
    ['GET VARIABLE X', '200 result=0'],
    ['GET FULL VARIABLE "${X}~abcdef"', '200 result=1 (~abcdef)'],
    ['CHANNEL STATUS', '200 result=6'],
    ['STREAM FILE x ""', '200 result=0 endpos=0'],
    ['DATABASE PUT a b c', '200 result=1'],
    ['EXEC NoOp', '200 result=0'],
    // as it was answered elsewhere in the call
    ['DATABASE GET a b', '200 result=1 (v)'],
  ])('is given an answer to %s: %s', async (command, answer) => {
    const replay = await recorded(['> DATABASE GET a b', '< 200 result=1 (v)', '> ANSWER', '< 200 result=0']);
    replay.answer('DATABASE GET a b');
    expect(replay.answer(command)).toEqual([answer]);
  });

  it('is not followed without end', async () => {
    const replay = await recorded(conversation);
    for (let n = 0; n < 3000; n++) replay.answer('NOOP');
    expect(replay.departures).toHaveLength(1000);
    expect(replay.lines().at(-1)).toContain('and 2000 more');
  });
});

describe('what was left out of the trace', () => {
  const redacted = [
    '> GET DATA pin',
    '!< 200 result=****',
    '> WAIT FOR DIGIT 1000',
    '!< 200 result=**',
    '!> SAY DIGITS *** ""',
    '< 200 result=0',
    '!> SET VARIABLE PIN ***',
    '< 200 result=1',
    '> GET FULL VARIABLE "${PIN}~abcdef"',
    '!< 200 result=***',
  ];
  const commands = (pin: string) => [
    'GET DATA pin',
    'WAIT FOR DIGIT 1000',
    `SAY DIGITS ${pin} ""`,
    'SET VARIABLE PIN "a b"',
    'GET FULL VARIABLE "${PIN}~uvwxyz"',
  ];

  it('is made up, and that is told', async () => {
    const replay = await recorded(redacted);
    expect(play(replay, commands('0000'))).toEqual([
      ['200 result=0000'],
      ['200 result=48'],
      ['200 result=0'],
      ['200 result=1'],
      ['200 result=1 (***~uvwxyz)'],
    ]);
    expect(replay.departures).toEqual([]);
    expect(replay.lines().slice(1)).toEqual([
      'note: keys were left out of the trace: 0 is pressed in their place, where no others are given',
      'note: values were left out of the trace: the script is given *** for each',
    ]);
  });

  it.each([
    ['4711#2', '4711', '50'],
    ['47112', '4711', '50'],
    ['47#2', '47', '50'],
    ['#*', '', '42'],
  ])('may be given as keys: %s', async (digits, data, key) => {
    const replay = await recorded(redacted, { digits });
    expect(play(replay, commands(data || '1')).slice(0, 2)).toEqual([
      [`200 result=${data}`],
      [`200 result=${key}`],
    ]);
    expect(replay.departures).toEqual([]);
  });

  it('of the request is told', async () => {
    const replay = new Replay({ request: ['agi_arg_1: ***'], commands: [] });
    expect(replay.lines().at(-1)).toContain('the request lacks what was left out');
  });
});

test('a call that begins in the middle of a log cannot be replayed', async () => {
  const file = path.join(makeFolder({ full: '<X/1>AGI Tx >> 200 result=1\n' }), 'full');
  await expect(readRecordedCall(file, 1)).rejects.toMatchObject({ code: 'TRACE_NO_REQUEST' });
});

test('a trace that a real run has left is replayed by the same script, and departs with another', async () => {
  const traces = makeFolder();
  const script = (prompt: string) => `
    await agi.answer();
    await agi.setVariable('X', 'v');
    const x = await agi.getVariable('X');
    await agi.streamFile('${prompt}', { escapeDigits: '1' });
    agi.verbose(x);`;
  const first = await call({
    script: 'a.js',
    files: { 'a.js': script('hello') },
    config: `trace=${traces}\n`,
    answer: (line, at) =>
      /^GET FULL/.test(line) ? `200 result=1 (v${/~\w+/.exec(line)})` : answerAll(line, at),
  });
  const [file] = readdirSync(traces, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.jsonl'),
  );
  const taken = await readRecordedCall(path.join(traces, file as string), 1);
  const replayed = async (text: string) => {
    const replay = new Replay(taken);
    const outcome = await call({
      script: 'a.js',
      files: { 'a.js': text },
      request: replay.request('a.js'),
      answer: (line) => replay.answer(line).join('\n'),
    });
    replay.end();
    return { outcome, departures: departures(replay) };
  };
  const again = await replayed(script('hello'));
  expect(again.departures).toEqual([]);
  expect(again.outcome.commands.length).toBe(first.commands.length);
  expect((await replayed(script('bye'))).departures).toEqual([
    'changed: STREAM FILE hello 1 0 / STREAM FILE bye 1 0',
  ]);
});
