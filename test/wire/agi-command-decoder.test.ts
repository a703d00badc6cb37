import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '../../src/wire/agi-command';
import { CommandDecoder, parseWords } from '../../src/wire/agi-command-decoder';
import { anyPieces, byteByByte, reused } from '../support/pieces';

const LIMIT = 20;

/** Bytes to the lines that Asterisk makes of them, and what is left without an end. */
const table: [bytes: string, lines: string[], rest?: string][] = [
  ['ANSWER\n', ['ANSWER']],
  ['ANSWER\nNOOP\n', ['ANSWER', 'NOOP']],
  ['\n\n', ['', '']],
  ['ANSWER\r\n', ['ANSWER\r']],
  ['ANSW', [], 'ANSW'],
  ['ä€😀\n', ['ä€😀']],
  [`${'x'.repeat(LIMIT)}\n`, ['x'.repeat(LIMIT)]],
  // without its LF one byte more is read, and the LF is a command of its own
  [`${'x'.repeat(LIMIT + 1)}\n`, ['x'.repeat(LIMIT + 1), '']],
  [`${'x'.repeat(2 * LIMIT + 2)}y\n`, ['x'.repeat(LIMIT + 1), 'x'.repeat(LIMIT + 1), 'y']],
  ['x'.repeat(LIMIT + 3), ['x'.repeat(LIMIT + 1)], 'xx'],
];

function decode(pieces: Iterable<Buffer>): { lines: string[]; rest: string } {
  const decoder = new CommandDecoder(LIMIT);
  const lines: string[] = [];
  for (const piece of reused(pieces)) lines.push(...decoder.push(piece));
  return { lines, rest: decoder.held };
}

describe.each(table.map(([text, lines, rest = '']) => ({ text, lines, rest })))(
  '$text',
  ({ text, lines, rest }) => {
    const bytes = Buffer.from(text);
    it('whole', () => expect(decode([bytes])).toEqual({ lines, rest }));
    it('byte by byte', () => expect(decode(byteByByte(bytes))).toEqual({ lines, rest }));
    it('at any places', () => {
      fc.assert(
        fc.property(anyPieces(bytes), (pieces) => {
          expect(decode(pieces)).toEqual({ lines, rest });
        }),
      );
    });
    it('at the end of the connection', () => {
      const decoder = new CommandDecoder(LIMIT);
      decoder.push(bytes);
      expect(decoder.end()).toEqual(rest === '' ? [] : [rest]);
      expect(decoder.end()).toEqual([]);
    });
  },
);

describe('words', () => {
  it.each([
    ['', []],
    ['   \t ', []],
    ['ANSWER', ['ANSWER']],
    [' a\tb  c ', ['a', 'b', 'c']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['a "" b', ['a', '', 'b']],
    ['ab"c d"ef', ['abc def']],
    ['"open end', ['open end']],
    ['a\\ b', ['a b']],
    ['\\"a\\\\\\n', ['"a\\n']],
    ['a\\', ['a']],
    ['\\', []],
    ["it's 'x y'", ["it's", "'x", "y'"]],
    ['a\r', ['a\r']],
    ['"a""b"', ['ab']],
    ['"a" "b"', ['a', 'b']],
  ])('%j', (line, words) => {
    expect(parseWords(line)).toEqual(words);
  });

  it('end at the 127th', () => {
    expect(parseWords('w '.repeat(200))).toHaveLength(127);
  });

  it('are what was encoded', () => {
    const argument = fc
      .oneof(
        fc.string(),
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('', '"', '\\', ' ', '\t', '\\"', "'"),
      )
      .filter((text) => !/[\0\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 20 }), (args) => {
        expect(parseWords(encodeCommand('SET VARIABLE', args))).toEqual(['SET', 'VARIABLE', ...args]);
      }),
    );
  });
});
