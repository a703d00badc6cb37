import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type AgiInput, carriesValue, ReplyDecoder } from '../../src/wire/agi-reply';
import { LineDecoder } from '../../src/wire/lines';
import { anyPieces, byteByByte, reused } from '../support/pieces';

function decode(command: string, pieces: Iterable<Buffer>): { inputs: AgiInput[]; held: string } {
  const lines = new LineDecoder(1 << 20);
  const decoder = new ReplyDecoder();
  decoder.expect(command);
  const inputs: AgiInput[] = [];
  for (const piece of reused(pieces)) {
    for (const line of lines.push(piece)) {
      const input = decoder.push(line);
      if (input) inputs.push(input);
    }
  }
  expect(decoder.inside).toBe(decoder.held !== '');
  return { inputs, held: decoder.held };
}

type Reply = Extract<AgiInput, { type: 'reply' }>['reply'];

/** A reply as it should be; what is not said is empty. */
function reply(text: string, code: number, parts: Partial<Reply> = {}): AgiInput {
  const empty = { result: '', value: undefined, word: undefined, fields: {}, usage: undefined };
  return { type: 'reply', reply: { ...empty, text, code, ...parts } };
}

const hangup: AgiInput = { type: 'hangup' };
const junk = (text: string): AgiInput => ({ type: 'junk', text });

/** The bytes are one reply, whole. */
const single = (command: string, bytes: string, code: number, parts: Partial<Reply> = {}) =>
  [command, bytes, [reply(bytes.replace(/\n$/, ''), code, parts)], ''] as [
    string,
    string,
    AgiInput[],
    string,
  ];

const usage =
  'Usage: STREAM FILE <filename> <escape digits> [sample offset]\n    Send the given file.\n\n    Returns 0.';

const cases: (readonly [command: string, bytes: string, inputs: AgiInput[], held: string])[] = [
  single('ANSWER', '200 result=0\n', 200, { result: '0' }),
  single('ANSWER', '200 result=-1\n', 200, { result: '-1' }),
  single('WAIT FOR DIGIT -1', '200 result=42\n', 200, { result: '42' }),
  single('STREAM FILE a ""', '200 result=0 endpos=12345\n', 200, {
    result: '0',
    fields: { endpos: '12345' },
  }),
  single('GET DATA a', '200 result=12\n', 200, { result: '12' }),
  single('GET DATA a', '200 result=0012*\n', 200, { result: '0012*' }),
  single('GET DATA a', '200 result=12 (timeout)\n', 200, { result: '12', word: 'timeout' }),
  single('GET DATA a', '200 result= (timeout)\n', 200, { result: '', word: 'timeout' }),
  single('GET DATA a', '200 result=\n', 200, { result: '' }),
  single('RECORD FILE a gsm # -1', '200 result=35 (dtmf) endpos=160\n', 200, {
    result: '35',
    word: 'dtmf',
    fields: { endpos: '160' },
  }),
  single('RECORD FILE a gsm # -1', '200 result=-1 (hangup) endpos=8000\n', 200, {
    result: '-1',
    word: 'hangup',
    fields: { endpos: '8000' },
  }),
  single('RECORD FILE a gsm # -1', '200 result=-1 (writefile)\n', 200, { result: '-1', word: 'writefile' }),
  single(
    'SPEECH RECOGNIZE a 5',
    '200 result=1 (speech) endpos=100 results=2 score0=900 text0="call Jo (at home)" grammar0=names score1=80 text1="score0=1" grammar1=\n',
    200,
    {
      result: '1',
      word: 'speech',
      fields: {
        endpos: '100',
        results: '2',
        score0: '900',
        text0: 'call Jo (at home)',
        grammar0: 'names',
        score1: '80',
        text1: 'score0=1',
        grammar1: '',
      },
    },
  ),
  single('SPEECH RECOGNIZE a 5', '200 result=1 (digit) digit=5 endpos=100\n', 200, {
    result: '1',
    word: 'digit',
    fields: { digit: '5', endpos: '100' },
  }),
  single('GET VARIABLE X', '200 result=0\n', 200, { result: '0' }),
  single('GET VARIABLE X', '200 result=1 (V)\n', 200, { result: '1', value: 'V' }),
  single('GET VARIABLE X', '200 result=1 ()\n', 200, { result: '1', value: '' }),
  single('GET VARIABLE X', '200 result=1 (a) b)\n', 200, { result: '1', value: 'a) b' }),
  single('GET VARIABLE X', '200 result=1 (a))\n', 200, { result: '1', value: 'a)' }),
  single('GET VARIABLE X', '200 result=1 ((a)\n', 200, { result: '1', value: '(a' }),
  single('GET VARIABLE X', '200 result=1 (say "hi" endpos=5)\n', 200, {
    result: '1',
    value: 'say "hi" endpos=5',
  }),
  single('GET VARIABLE X', '200 result=1 (Jürgen 王 📞)\n', 200, { result: '1', value: 'Jürgen 王 📞' }),
  single('GET VARIABLE X', '200 result=1 (a\r)\n', 200, { result: '1', value: 'a\r' }),
  single('GET VARIABLE X', '200 result=1 (a\nb)\n', 200, { result: '1', value: 'a\nb' }),
  single('GET VARIABLE X', '200 result=1 (\n\n\n)\n', 200, { result: '1', value: '\n\n\n' }),
  single('GET VARIABLE X', '200 result=1 (a\nHANGUP\n200 result=0\n510 no\n100 x\nb)\n', 200, {
    result: '1',
    value: 'a\nHANGUP\n200 result=0\n510 no\n100 x\nb',
  }),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own
  single('GET FULL VARIABLE "${X}"', '200 result=1 (a\nb)\n', 200, { result: '1', value: 'a\nb' }),
  single('DATABASE GET a b', '200 result=1 (a\nb)\n', 200, { result: '1', value: 'a\nb' }),
  single('RECEIVE TEXT 100', '200 result=1 (a\nb)\n', 200, { result: '1', value: 'a\nb' }),
  single(' get  full\tvariable x', '200 result=1 (a\nb)\n', 200, { result: '1', value: 'a\nb' }),
  // what no one can tell apart: the value seems to end with the line
  [
    'GET VARIABLE X',
    '200 result=1 (a)\nb)\n',
    [reply('200 result=1 (a)', 200, { result: '1', value: 'a' }), junk('b)')],
    '',
  ],
  ['GET VARIABLE X', '200 result=1 (a\nb', [], '200 result=1 (a'],
  ['GET VARIABLE X', '200 result=1 (a\nb\n', [], '200 result=1 (a\nb'],
  // no value is due: the parenthesis holds a word, and the line is all
  ['STREAM FILE a ""', '200 result=1 (a\n', [reply('200 result=1 (a', 200, { result: '1' })], ''],
  single('FOO', '510 Invalid or unknown command\n', 510),
  single('STREAM FILE a ""', '511 Command Not Permitted on a dead channel or intercept routine\n', 511),
  single('GET VARIABLE', '520 Invalid command syntax.  Proper usage not available.\n', 520),
  single(
    'STREAM FILE',
    `520-Invalid command syntax.  Proper usage follows:\n${usage}\n520 End of proper usage.\n`,
    520,
    {
      usage,
    },
  ),
  single(
    'STREAM FILE',
    `520-Invalid command syntax.  Proper usage follows:\n${usage}520 End of proper usage.\n`,
    520,
    {
      usage,
    },
  ),
  single(
    'GET VARIABLE',
    '520-Invalid command syntax.  Proper usage follows:\nHANGUP\n200 result=1 (a)\n520 End of proper usage.\n',
    520,
    {
      usage: 'HANGUP\n200 result=1 (a)',
    },
  ),
  ['STREAM FILE', '520-Invalid command syntax.\nUsage:\n', [], '520-Invalid command syntax.\nUsage:'],
  [
    'GOSUB a b c',
    '100 result=0 Trying...\n200 result=0 Gosub complete\n',
    [reply('200 result=0 Gosub complete', 200, { result: '0' })],
    '',
  ],
  ['GOSUB a b c', '100 result=0 Trying...\n', [], ''],
  ['NOOP', 'HANGUP\n200 result=0\n', [hangup, reply('200 result=0', 200, { result: '0' })], ''],
  [
    'STREAM FILE a ""',
    '200 result=-1 endpos=80\nHANGUP\n511 Command Not Permitted on a dead channel or intercept routine\n',
    [
      reply('200 result=-1 endpos=80', 200, { result: '-1', fields: { endpos: '80' } }),
      hangup,
      reply('511 Command Not Permitted on a dead channel or intercept routine', 511),
    ],
    '',
  ],
  ['NOOP', 'HANGUP \n', [junk('HANGUP ')], ''],
  ['NOOP', 'hangup\n', [junk('hangup')], ''],
  ['NOOP', '\n', [junk('')], ''],
  ['NOOP', 'b)\n', [junk('b)')], ''],
  ['NOOP', '200\n', [junk('200')], ''],
  ['NOOP', '2000 result=1\n', [junk('2000 result=1')], ''],
  ['NOOP', ' 200 result=1\n', [junk(' 200 result=1')], ''],
  ['NOOP', 'HTTP/1.1 200 OK\n', [junk('HTTP/1.1 200 OK')], ''],
  single('NOOP', '999 who knows\n', 999),
  single('NOOP', '200 OK\n', 200),
];

const named = cases.map(
  ([command, bytes, inputs, held]) => [JSON.stringify(bytes), command, bytes, inputs, held] as const,
);

describe.each(named)('%s to %s', (_, command, text, inputs, held) => {
  const bytes = Buffer.from(text);
  it('whole', () => expect(decode(command, [bytes])).toEqual({ inputs, held }));
  it('byte by byte', () => expect(decode(command, byteByByte(bytes))).toEqual({ inputs, held }));
  it('in any pieces', () => {
    fc.assert(
      fc.property(anyPieces(bytes), (pieces) => {
        expect(decode(command, pieces)).toEqual({ inputs, held });
      }),
    );
  });
});

test('any value comes back, but for one with a `)` at a line end', () => {
  const value = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('(', ')', '\n', '"', '\\', ' ', '=', '\r'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
    })
    .filter((text) => !text.includes(')\n'));
  fc.assert(
    fc.property(value, (text) => {
      const { inputs, held } = decode('GET VARIABLE X', [
        Buffer.from(`200 result=1 (${text})\n200 result=0\n`),
      ]);
      expect(held).toBe('');
      expect(inputs).toEqual([
        reply(`200 result=1 (${text})`, 200, { result: '1', value: text }),
        reply('200 result=0', 200, { result: '0' }),
      ]);
    }),
    { numRuns: 500 },
  );
});

test('a new command forgets that a value was due', () => {
  const decoder = new ReplyDecoder();
  decoder.expect('GET VARIABLE X');
  decoder.push('200 result=1 (a)');
  decoder.expect('NOOP');
  expect(decoder.push('200 result=1 (a')).toMatchObject({ type: 'reply' });
});

describe('carriesValue', () => {
  it.each([
    ['GET VARIABLE X', true],
    ['get full variable X', true],
    ['DATABASE GET a b', true],
    ['RECEIVE TEXT 0', true],
    ['GET DATA x', false],
    ['SET VARIABLE X "GET VARIABLE"', false],
    ['DATABASE PUT a b c', false],
    ['NOOP', false],
    ['', false],
  ])('%j: %s', (command, holds) => {
    expect(carriesValue(command)).toBe(holds);
  });
});

const tooLong = expect.objectContaining({ name: 'AgiProtocolError', code: 'AGI_REPLY_TOO_LONG' });

describe('a hostile reply', () => {
  it.each([
    ['a value of empty lines', 'GET VARIABLE X', '200 result=1 (', ''],
    ['a value of short lines', 'GET VARIABLE X', '200 result=1 (', 'x'],
    ['usage text of short lines', 'NOOP', '520-Invalid', 'x'],
    ['usage text that nearly ends', 'NOOP', '520-Invalid', '520 End of proper usage. 520'],
  ])('%s without an end is refused at the limit', (_, command, first, line) => {
    const decoder = new ReplyDecoder();
    decoder.expect(command);
    let bytes = decoder.push(first) === undefined ? first.length : Number.NaN;
    expect(() => {
      for (; bytes <= 1 << 21; bytes += line.length + 1) decoder.push(line);
    }).toThrow(tooLong);
    expect(bytes).toBeGreaterThan((1 << 20) - 100);
    expect(bytes).toBeLessThanOrEqual(1 << 20);
  });

  it.each(['a', 'a=', 'a="', '="', 'a="\\"', '\\', '(', ' ', '1', 'a=b ', '520 End of proper usage. '])(
    'a long line of %j is read',
    (unit) => {
      const text = `200 result=1 ${unit.repeat(1_000_000 / unit.length)}`;
      const decoder = new ReplyDecoder();
      expect(decoder.push(text)).toMatchObject({ type: 'reply', reply: { text, result: '1' } });
      decoder.expect('GET VARIABLE X');
      expect(decoder.push(`${text})`)).toMatchObject({ type: 'reply' });
    },
  );

  it('a long quoted text is read', () => {
    const text0 = 'x'.repeat(1_000_000);
    expect(new ReplyDecoder().push(`200 result=1 (speech) text0="${text0}" grammar0=g`)).toMatchObject({
      reply: { fields: { text0, grammar0: 'g' } },
    });
  });

  it('a long value of one line is read', () => {
    const decoder = new ReplyDecoder();
    decoder.expect('GET VARIABLE X');
    const value = '(a='.repeat(300_000);
    expect(decoder.push(`200 result=1 (${value})`)).toMatchObject({ reply: { value } });
  });
});
