import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkLine, encodeArgument, encodeCommand } from '../../src/wire/agi-command';

describe('encodeArgument', () => {
  it.each([
    ['hello', 'hello'],
    ['vm-extension', 'vm-extension'],
    ['custom/menu.ulaw', 'custom/menu.ulaw'],
    ['0123*#', '0123*#'],
    ['SIP/100@host', 'SIP/100@host'],
    ['', '""'],
    [' ', '" "'],
    ['two words', '"two words"'],
    ['a\tb', '"a\tb"'],
    ['"', '"\\""'],
    ['say "hi"', '"say \\"hi\\""'],
    ['\\', '"\\\\"'],
    ['C:\\new', '"C:\\\\new"'],
    ['\\"', '"\\\\\\""'],
    ['"Jo Do" <123>', '"\\"Jo Do\\" <123>"'],
    ["it's", '"it\'s"'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own
    ['${X}', '"${X}"'],
    ['(a)', '"(a)"'],
    ['Jürgen 王 📞', '"Jürgen 王 📞"'],
    ['\x01\x7f', '"\x01\x7f"'],
    [0, '0'],
    [-1, '-1'],
    [1234567890123, '1234567890123'],
    [0.5, '0.5'],
  ])('%j → %s', (value, line) => {
    expect(encodeArgument(value)).toBe(line);
  });

  it.each([
    ['a\0b', 'a NUL (at character 2 of'],
    ['\n', 'a newline (at character 1 of'],
    ['abc\n', 'a newline (at character 4 of'],
    ['a b\r\nHANGUP', 'a carriage return (at character 4 of'],
    ['"\n"', 'a newline (at character 2 of'],
  ])('%j is refused', (value, words) => {
    expect(() => encodeArgument(value)).toThrow(
      expect.objectContaining({
        name: 'AgiArgumentError',
        code: 'AGI_ARGUMENT',
        message: expect.stringContaining(`AGI cannot carry ${words}`),
      }),
    );
  });
});

describe('encodeCommand', () => {
  it.each<[string, (string | number)[] | undefined, string]>([
    ['ANSWER', undefined, 'ANSWER'],
    ['ANSWER', [], 'ANSWER'],
    ['STREAM FILE', ['hello-world', '', 0], 'STREAM FILE hello-world "" 0'],
    ['SET CALLERID', ['"Jo Do" <123>'], 'SET CALLERID "\\"Jo Do\\" <123>"'],
    ['EXEC', ['Playback', 'a&b,noanswer'], 'EXEC Playback "a&b,noanswer"'],
    ['SAY DATETIME', [0, '#', 'ABdY', 'UTC'], 'SAY DATETIME 0 # ABdY UTC'],
  ])('%s %j → %s', (name, args, line) => {
    expect(encodeCommand(name, args)).toBe(line);
  });
});

describe('checkLine: the most words', () => {
  const line = (words: number, word: string) => Array(words).fill(word).join(' ');
  it.each(['x', '"two words"', 'es\\ caped', '""'])('127 times %s', (word) => {
    expect(() => checkLine(line(127, word), '22.10.1')).not.toThrow();
    expect(() => checkLine(line(128, word), '22.10.1')).toThrow(
      expect.objectContaining({
        code: 'AGI_ARGUMENT',
        message: expect.stringContaining('128 words, and Asterisk takes 127'),
      }),
    );
  });
});

describe('checkLine: the longest line of each version', () => {
  const before = 2046;
  const since = 8190;
  it.each([
    [undefined, before],
    ['', before],
    ['certified/20.7-cert4', before],
    ['1.8.32.3', before],
    ['11.25.3', before],
    ['18.26.4', before],
    ['20.15.9', before],
    ['20.16.0', since],
    ['20.16.0-rc1', since],
    ['21.10.9', before],
    ['21.11.0', since],
    ['22.5.2', before],
    ['22.6.0', since],
    ['22.10.1', since],
    ['23.0.0', since],
    ['24.1.0', since],
  ])('%s: %i bytes', (version, most) => {
    checkLine('x'.repeat(most), version);
    checkLine('ü'.repeat(most / 2), version);
    const refused = expect.objectContaining({
      code: 'AGI_ARGUMENT',
      message: expect.stringContaining(`a command of ${most + 1} bytes`),
    });
    expect(() => checkLine('x'.repeat(most + 1), version)).toThrow(refused);
    expect(() => checkLine('ü'.repeat(most / 2) + 'x', version)).toThrow(refused);
    expect(() => checkLine('王'.repeat(most), version)).toThrow(
      expect.objectContaining({ code: 'AGI_ARGUMENT' }),
    );
  });

  it.each(['ANSWER\r', 'NOOP\nHANGUP', 'NOOP \0', 'x'.repeat(1000) + '\n'])('%j is refused', (line) => {
    expect(() => checkLine(line, '22.10.1')).toThrow(
      expect.objectContaining({ code: 'AGI_ARGUMENT', message: expect.stringContaining('AGI cannot carry') }),
    );
  });
});

/** res_agi.c, parse_args, by hand: what Asterisk takes a line for. */
function parseArgs(line: string): string[] {
  const words: string[] = [];
  let quoted = false;
  let escaped = false;
  let between = true;
  const begin = () => {
    if (between) words.push('');
    between = false;
  };
  for (const char of line) {
    if (!escaped && char === '"') {
      quoted = !quoted;
      if (quoted) begin();
    } else if (!escaped && !quoted && (char === ' ' || char === '\t')) {
      between = true;
    } else if (!escaped && char === '\\') {
      escaped = true;
    } else {
      begin();
      words.push((words.pop() as string) + char);
      escaped = false;
    }
  }
  return words.slice(0, 127);
}

describe('what Asterisk reads', () => {
  it.each([
    ['STREAM FILE  a\t"" 0', ['STREAM', 'FILE', 'a', '', '0']],
    ['NOOP "a b"c\\ d', ['NOOP', 'a bc d']],
    ["NOOP a\\nb 'c d'", ['NOOP', 'anb', "'c", "d'"]],
  ])('the model of its parser: %j', (line, words) => {
    expect(parseArgs(line)).toEqual(words);
  });

  test('every argument arrives as it was given', () => {
    const tricky = fc.string({ unit: fc.constantFrom('"', '\\', ' ', '\t', "'", 'n', 'é', '📞', '$', '{') });
    const any = fc.string({ unit: 'binary' }).filter((text) => !/[\0\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.oneof(tricky, any), { maxLength: 125 }), (args) => {
        expect(parseArgs(encodeCommand('SET VARIABLE', args))).toEqual(['SET', 'VARIABLE', ...args]);
      }),
      { numRuns: 300 },
    );
  });
});
