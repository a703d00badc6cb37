/** What a script says and asks in several steps, against the replies of a caller who does this and that. */
import { describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { callOf, type Exchange } from '../support/calls';

const ALL = '0123456789*#ABCD';
const complete = '200 result=0 endpos=8000';
const alive: Exchange = ['CHANNEL STATUS', '200 result=6'];
const heard = (file: string, keys = ALL): Exchange => [`STREAM FILE ${file} ${quoted(keys)} 0`, complete];
const cut = (file: string, key: string, keys = ALL): Exchange => [
  `STREAM FILE ${file} ${quoted(keys)} 0`,
  `200 result=${key.charCodeAt(0)} endpos=800`,
];
const key = (digit: string, timeoutMs: number): Exchange => [
  `WAIT FOR DIGIT ${timeoutMs}`,
  `200 result=${digit.charCodeAt(0)}`,
];
const silence = (timeoutMs: number): Exchange => [`WAIT FOR DIGIT ${timeoutMs}`, '200 result=0'];
const quoted = (keys: string) => keys || '""';

type Case = readonly [name: string, run: (agi: Agi) => Promise<unknown>, Exchange[], outcome: unknown];

const check = async (run: Case[1], conversation: Exchange[], outcome: unknown) => {
  const { agi, left } = callOf(...conversation);
  expect(await run(agi)).toEqual(outcome);
  expect(left).toEqual([]);
};

describe('play', () => {
  it.each<Case>([
    ['a file', (agi) => agi.play('a'), [heard('a', '')], { outcome: 'complete' }],
    ['nothing', (agi) => agi.play(['', []]), [], { outcome: 'complete' }],
    [
      'all that can be said',
      (agi) =>
        agi.play([
          'a',
          { digits: '12' },
          { number: 7, gender: 'f' },
          { alpha: 'x' },
          { phonetic: 'y' },
          { date: 0 },
          { time: new Date(1000) },
          { dateTime: 2, timezone: 'UTC' },
        ]),
      [
        heard('a', ''),
        ['SAY DIGITS 12 ""', '200 result=0'],
        ['SAY NUMBER 7 "" f', '200 result=0'],
        ['SAY ALPHA x ""', '200 result=0'],
        ['SAY PHONETIC y ""', '200 result=0'],
        ['SAY DATE 0 ""', '200 result=0'],
        ['SAY TIME 1 ""', '200 result=0'],
        [`SAY DATETIME 2 "" "ABdY 'digits/at' IMp" UTC`, '200 result=0'],
      ],
      { outcome: 'complete' },
    ],
    [
      'up to a key',
      (agi) => agi.play(['a', ['b', { digits: 1 }], 'c'], { escapeDigits: '5' }),
      [heard('a', '5'), heard('b', '5'), ['SAY DIGITS 1 5', '200 result=53']],
      { outcome: 'digit', digit: '5' },
    ],
  ])('%s', (_, run, conversation, outcome) => check(run, conversation, outcome));

  it('a missing file is an error: the question would not be heard', async () => {
    const { agi } = callOf(['STREAM FILE none "" 0', '200 result=-1 endpos=0'], alive);
    await expect(agi.play('none')).rejects.toMatchObject({
      code: 'AGI_NO_FILE',
      message: expect.stringContaining('there is no sound file "none"'),
    });
  });
});

describe('menu', () => {
  const choices = { 1: 'sales', 2: 'support' };
  it.each<Case>([
    [
      'a key in the middle',
      (agi) => agi.menu(choices),
      [heard('sales', '12'), cut('support', '1', '12')],
      { outcome: 'choice', choice: '1' },
    ],
    [
      'a key at the beep',
      (agi) => agi.menu(choices),
      [heard('sales', '12'), heard('support', '12'), cut('beep', '2')],
      { outcome: 'choice', choice: '2' },
    ],
    [
      'a key behind the beep',
      (agi) => agi.menu(choices, { timeoutMs: 500, greeting: 'hi' }),
      [heard('hi', '12'), heard('sales', '12'), heard('support', '12'), heard('beep'), key('2', 500)],
      { outcome: 'choice', choice: '2' },
    ],
    [
      'a wrong key, then silence, then the right one',
      (agi) =>
        agi.menu(choices, { beep: '', messages: { invalid: 'pbx-invalid', timeout: 'are-you-there' } }),
      [
        heard('sales', '12'),
        heard('support', '12'),
        key('9', 2000),
        heard('pbx-invalid'),
        heard('sales', '12'),
        heard('support', '12'),
        silence(2000),
        heard('are-you-there'),
        heard('sales', '12'),
        heard('support', '12'),
        key('1', 2000),
      ],
      { outcome: 'choice', choice: '1' },
    ],
    [
      'silence',
      (agi) => agi.menu({ 1: 'a' }, { attempts: 1, beep: '' }),
      [heard('a', '1'), silence(2000)],
      { outcome: 'timeout' },
    ],
    [
      'a wrong key at the end',
      (agi) => agi.menu({ 1: 'a' }, { attempts: 1, beep: '' }),
      [heard('a', '1'), key('*', 2000)],
      { outcome: 'invalid', digit: '*' },
    ],
    [
      'in the order of a Map',
      (agi) =>
        agi.menu(
          new Map([
            ['9', 'nine'],
            ['1', 'one'],
          ]),
        ),
      [heard('nine', '91'), cut('one', '9', '91')],
      { outcome: 'choice', choice: '9' },
    ],
    [
      'a key into a message begins the next try',
      (agi) => agi.menu(choices, { beep: '', messages: { timeout: 'again' } }),
      [heard('sales', '12'), heard('support', '12'), silence(2000), cut('again', '1')],
      { outcome: 'choice', choice: '1' },
    ],
  ])('%s', (_, run, conversation, outcome) => check(run, conversation, outcome));

  it.each<[string, (agi: Agi) => Promise<unknown>, string]>([
    ['no choice', (agi) => agi.menu({}), 'there is no choice in it'],
    ['a key that no phone has', (agi) => agi.menu({ 10: 'a' } as never), '"10" is no key of a phone'],
    [
      'a key twice',
      (agi) =>
        agi.menu([
          ['1', 'a'],
          ['1', 'b'],
        ]),
      'key 1 stands for two choices',
    ],
    ['no attempt', (agi) => agi.menu(choices, { attempts: 0 }), 'menu: attempts is 0'],
    ["phpAGI's timeout as a number", (agi) => agi.menu(choices, 2000 as never), 'its options are one object'],
  ])('%s is refused', async (_, run, words) => {
    await expect(run(callOf().agi)).rejects.toThrow(words);
  });

  it('a key typed ahead that is no choice does not take the answer away', async () => {
    const { agi } = callOf(cut('welcome', '9'), cut('a', '1', '1'));
    const ahead = agi.typeAhead();
    await ahead.play('welcome');
    expect(await ahead.menu({ 1: 'a' })).toEqual({ outcome: 'choice', choice: '1' });
  });

  it('a choice has the type of its key', async () => {
    const { agi } = callOf(cut('a', '1', '12'));
    const chosen = await agi.menu({ 1: 'a', 2: 'b' });
    if (chosen.outcome === 'choice') {
      const choice: '1' | '2' = chosen.choice;
      expect(choice).toBe('1');
    }
    expect(chosen.outcome).toBe('choice');
  });

  it('a hangup ends it', async () => {
    const { agi } = callOf(['STREAM FILE a 1 0', '200 result=-1 endpos=80\nHANGUP']);
    await expect(agi.menu({ 1: 'a' }, { attempts: Number.POSITIVE_INFINITY })).rejects.toMatchObject({
      name: 'AgiHangupError',
    });
  });
});

describe('ask', () => {
  it.each<Case>([
    [
      'digits and the end key',
      (agi) => agi.ask({ prompt: 'extension' }),
      [cut('extension', '1'), key('2', 2000), key('#', 2000)],
      { outcome: 'answer', answer: '12', digits: '12' },
    ],
    [
      'as many digits as there may be',
      (agi) => agi.ask({ prompt: 'pin', maxDigits: 2, timeoutMs: 900, interDigitTimeoutMs: 800 }),
      [heard('pin'), key('1', 900), key('2', 800)],
      { outcome: 'answer', answer: '12', digits: '12' },
    ],
    [
      'a pause ends an answer',
      (agi) => agi.ask({ prompt: 'a' }),
      [heard('a'), key('7', 5000), silence(2000)],
      { outcome: 'answer', answer: '7', digits: '7' },
    ],
    [
      'no prompt',
      (agi) => agi.ask({ prompt: '', endKey: '', maxDigits: 2 }),
      [key('#', 5000), key('#', 2000)],
      { outcome: 'answer', answer: '##', digits: '##' },
    ],
    [
      'a typed answer',
      (agi) => agi.ask({ prompt: 'a', maxDigits: 1, parse: async (digits) => Number(digits) }),
      [cut('a', '4')],
      { outcome: 'answer', answer: 4, digits: '4' },
    ],
    [
      'nothing, where that is an answer',
      (agi) => agi.ask({ prompt: 'a', minDigits: 0 }),
      [heard('a'), key('#', 5000)],
      { outcome: 'answer', answer: '', digits: '' },
    ],
    [
      'cancelled',
      (agi) => agi.ask({ prompt: 'a', cancelKey: '*' }),
      [cut('a', '1'), key('*', 2000)],
      { outcome: 'canceled' },
    ],
    [
      'cancelled at once',
      (agi) => agi.ask({ prompt: 'a', cancelKey: '*' }),
      [cut('a', '*')],
      { outcome: 'canceled' },
    ],
    [
      'each failure with its own message',
      (agi) =>
        agi.ask({
          prompt: 'a',
          minDigits: 2,
          attempts: 5,
          messages: { timeout: 'silent', short: 'too-short', invalid: 'wrong', failed: 'goodbye' },
          parse: (digits, invalid) => (digits === '00' ? invalid('own') : invalid()),
        }),
      [
        heard('a'),
        silence(5000),
        heard('silent'),
        heard('a'),
        key('1', 5000),
        silence(2000),
        heard('too-short'),
        heard('a'),
        key('#', 5000),
        heard('too-short'),
        heard('a'),
        key('0', 5000),
        key('0', 2000),
        key('#', 2000),
        heard('own'),
        heard('a'),
        key('1', 5000),
        key('1', 2000),
        key('#', 2000),
        heard('goodbye'),
      ],
      { outcome: 'failed', reason: 'invalid' },
    ],
    [
      'a key into the message begins the next answer',
      (agi) => agi.ask({ prompt: 'a', maxDigits: 1, messages: { timeout: 'again' } }),
      [heard('a'), silence(5000), cut('again', '3')],
      { outcome: 'answer', answer: '3', digits: '3' },
    ],
    [
      'silence to the end',
      (agi) => agi.ask({ prompt: 'a', attempts: 2 }),
      [heard('a'), silence(5000), heard('a'), silence(5000)],
      { outcome: 'failed', reason: 'timeout' },
    ],
  ])('%s', (_, run, conversation, outcome) => check(run, conversation, outcome));

  it('an error of parse ends it', async () => {
    const { agi } = callOf(cut('a', '1'));
    const parse = () => {
      throw new RangeError('no such room');
    };
    await expect(agi.ask({ prompt: 'a', maxDigits: 1, parse })).rejects.toThrow(RangeError);
  });

  it('a PIN stays out of the log, what comes after it does not', async () => {
    const { agi, trace } = callOf(cut('pin', '1'), key('2', 2000), ['NOOP x', '200 result=0']);
    await agi.ask({ prompt: 'pin', maxDigits: 2, secret: true });
    await agi.noop('x');
    expect(trace.map((line) => line[0])).toEqual(['!', '!', '!', '!', '>', '<']);
  });

  it.each<[string, (agi: Agi) => Promise<unknown>, string]>([
    ['no options', (agi) => agi.ask('a' as never), 'its options are one object'],
    ['no prompt', (agi) => agi.ask({} as never), 'its options must have a prompt'],
    ['two end keys', (agi) => agi.ask({ prompt: 'a', endKey: '##' as never }), '"##" is no key of a phone'],
    [
      'a cancel key that is none',
      (agi) => agi.ask({ prompt: 'a', cancelKey: 'x' as never }),
      '"x" is no key',
    ],
    [
      'more than there may be',
      (agi) => agi.ask({ prompt: 'a', minDigits: 3, maxDigits: 2 }),
      'ask: minDigits is 3',
    ],
  ])('%s is refused', async (_, run, words) => {
    await expect(run(callOf().agi)).rejects.toThrow(words);
  });
});

describe('typed ahead', () => {
  it('what would be cut short is not played, and the questions take the keys', async () => {
    const { agi, left } = callOf(cut('welcome', '1'), key('4', 2000), key('#', 2000), heard('goodbye'), [
      'GET DATA more 0 1023',
      '200 result=77',
    ]);
    const ahead = agi.typeAhead();
    expect(await ahead.streamFile('welcome')).toEqual({ outcome: 'digit', digit: '1', endposSamples: 800 });
    expect(ahead.digits).toBe('1');
    expect(await ahead.sayDigits('99')).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayNumber(9)).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayAlpha('x')).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayPhonetic('x')).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayPunctuation('x')).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayDate(0)).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayTime(0)).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.sayDateTime(0)).toEqual({ outcome: 'digit', digit: '1' });
    expect(await ahead.streamFile('x')).toEqual({ outcome: 'digit', digit: '1', endposSamples: 0 });
    expect(await ahead.getData('extension', { maxDigits: 4 })).toEqual({ outcome: 'complete', digits: '14' });
    expect(await ahead.streamFile('goodbye')).toEqual({ outcome: 'complete', endposSamples: 8000 });
    expect(await ahead.getData('more')).toEqual({ outcome: 'complete', digits: '77' });
    expect(left).toEqual([]);
  });

  it('a key that would not end it is no reason to pass it over', async () => {
    const { agi } = callOf(cut('a', '1'), heard('b', '9'), cut('c', '9', '9'));
    const ahead = agi.typeAhead();
    await ahead.streamFile('a');
    expect(await ahead.streamFile('b', { escapeDigits: '9' })).toMatchObject({ outcome: 'complete' });
    await ahead.streamFile('c', { escapeDigits: '9' });
    expect(ahead.digits).toBe('19');
    expect(await ahead.waitForDigit()).toEqual({ outcome: 'digit', digit: '1' });
    ahead.clear();
    expect(ahead.digits).toBe('');
  });

  it('through a menu and a secret question', async () => {
    const { agi, trace, left } = callOf(cut('welcome', '2'), cut('pin', '4'), key('5', 2000));
    const ahead = agi.typeAhead();
    await ahead.play('welcome');
    expect(await ahead.menu({ 1: 'sales', 2: 'support' })).toEqual({ outcome: 'choice', choice: '2' });
    expect(await ahead.ask({ prompt: 'pin', maxDigits: 2, secret: true })).toMatchObject({ answer: '45' });
    expect(left).toEqual([]);
    expect(trace.slice(2).every((line) => line.startsWith('!'))).toBe(true);
  });

  it('a buffer that keeps what is typed ahead out of the log', async () => {
    const { agi, trace } = callOf(cut('welcome', '1'));
    await agi.typeAhead({ secret: true }).play('welcome');
    expect(trace.every((line) => line.startsWith('!'))).toBe(true);
  });

  it('a getData that takes keys has the ranges of any other, and its defaults', async () => {
    const { agi } = callOf(cut('a', '1'), silence(2000));
    const ahead = agi.typeAhead();
    await ahead.play('a');
    await expect(ahead.getData('x', { maxDigits: -5 })).rejects.toThrow('getData: maxDigits is -5');
    expect(await ahead.getData('x', { timeoutMs: 0 })).toEqual({ outcome: 'timeout', digits: '1' });
  });

  it('keys up to the # belong to this question, and a silence ends it', async () => {
    const { agi } = callOf(cut('a', '1'), silence(700));
    const ahead = agi.typeAhead();
    await ahead.play('a');
    expect(await ahead.getData('x', { timeoutMs: 700, secret: true })).toEqual({
      outcome: 'timeout',
      digits: '1',
    });
  });
});

describe('textInput', () => {
  it('reads entries out until one does not end in **', async () => {
    await check(
      (agi) => agi.textInput({ mode: 'lowercase' }),
      [
        ['GET DATA beep 0 1023', '200 result=44*444**'],
        ['SAY ALPHA hi ""', '200 result=0'],
        ['GET DATA beep 0 1023', '200 result=8*1 (timeout)'],
        ['SAY ALPHA hit! ""', '200 result=0'],
      ],
      'hit!',
    );
  });
  it('of nothing is nothing', () =>
    check(
      (agi) => agi.textInput({ prompt: 'type', timeoutMs: 100 }),
      [['GET DATA type 100 1023', '200 result= (timeout)']],
      '',
    ));
  it('in silence', () =>
    check((agi) => agi.textInput({ echo: false }), [['GET DATA beep 0 1023', '200 result=12']], '12'));
  it('without its beep', async () => {
    const { agi } = callOf(['GET DATA beep 0 1023', '200 result=-1'], alive);
    await expect(agi.textInput()).rejects.toMatchObject({ code: 'AGI_NO_FILE' });
  });
});

it.each([
  ['', []],
  ['a, b?', [['SAY ALPHA "a, b?" 5', '200 result=0']]],
] as [string, Exchange[]][])('sayPunctuation spells %j', (text, conversation) =>
  check((agi) => agi.sayPunctuation(text, { escapeDigits: '5' }), conversation, { outcome: 'complete' }),
);
