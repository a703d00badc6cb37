import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { LineDecoder } from '../../src/wire/lines';
import { anyPieces, byteByByte, reused } from '../support/pieces';

const LIMIT = 100;

function decode(pieces: Iterable<Buffer>): { lines: string[]; held: number } {
  const decoder = new LineDecoder(LIMIT);
  const lines: string[] = [];
  for (const piece of reused(pieces)) lines.push(...decoder.push(piece));
  return { lines, held: decoder.heldBytes };
}

const cases: [bytes: string | Buffer, lines: string[], heldBytes: number][] = [
  ['', [], 0],
  ['one', [], 3],
  ['one\n', ['one'], 0],
  ['one\ntwo\n', ['one', 'two'], 0],
  ['one\ntwo', ['one'], 3],
  ['\n', [''], 0],
  ['\n\n\n', ['', '', ''], 0],
  ['one\n\ntwo\n\n', ['one', '', 'two', ''], 0],
  ['carriage\r\nreturn\r\n', ['carriage\r', 'return\r'], 0],
  ['a\rb\n', ['a\rb'], 0],
  ['a\0b\n\0\n', ['a\0b', '\0'], 0],
  ['a\u2028b\u0085c\vd\fe\n', ['a\u2028b\u0085c\vd\fe'], 0],
  ['Jürgen Øre 王 📞\n', ['Jürgen Øre 王 📞'], 0],
  ['\ufeffone\n', ['\ufeffone'], 0],
  ['\ufffd sent as such\n', ['\ufffd sent as such'], 0],
  ['ü', [], 2],
  [Buffer.from('J\xfcrgen\n', 'latin1'), ['Jürgen'], 0],
  [
    Buffer.concat([Buffer.from('王\n'), Buffer.from('J\xfcrgen\n', 'latin1'), Buffer.from('Øre\nplain\n')]),
    ['王', 'Jürgen', 'Øre', 'plain'],
    0,
  ],
  // half a character at a line's end is no UTF-8, whatever the next line begins with
  [Buffer.from('a\xc3\n\xbcb\n', 'latin1'), ['aÃ', '¼b'], 0],
  [Buffer.from('\x80\xff\n', 'latin1'), ['\x80ÿ'], 0],
  ['x'.repeat(LIMIT) + '\n', ['x'.repeat(LIMIT)], 0],
  ['x'.repeat(LIMIT), [], LIMIT],
  ['x'.repeat(LIMIT - 1) + '\n'.repeat(LIMIT), ['x'.repeat(LIMIT - 1), ...Array(LIMIT - 1).fill('')], 0],
  [`${'y'.repeat(60)}\n${'z'.repeat(60)}\n`, ['y'.repeat(60), 'z'.repeat(60)], 0],
];

const named = cases.map(([text, lines, held]) => {
  const bytes = Buffer.from(text as string);
  const name = text.length > 50 ? `${text.length} bytes` : JSON.stringify(bytes.toString('latin1'));
  return [name, bytes, lines, held] as const;
});

describe.each(named)('%s', (_, bytes, lines, held) => {
  it('whole', () => expect(decode([bytes])).toEqual({ lines, held }));
  it('byte by byte', () => expect(decode(byteByByte(bytes))).toEqual({ lines, held }));
  it('in any pieces', () => {
    fc.assert(
      fc.property(anyPieces(bytes), (pieces) => {
        expect(decode(pieces)).toEqual({ lines, held });
      }),
    );
  });
});

test('any bytes give the same lines in any pieces, and none is lost', () => {
  const anyBytes = fc
    .uint8Array({ maxLength: 60 })
    .map((bytes) => Buffer.from(bytes.map((byte) => (byte % 5 === 0 ? 10 : byte))));
  fc.assert(
    fc.property(
      anyBytes.chain((bytes) => fc.tuple(fc.constant(bytes), anyPieces(bytes))),
      ([bytes, pieces]) => {
        const { lines, held } = decode([bytes]);
        expect(decode(pieces)).toEqual({ lines, held });
        const parts = lines.map((line) => {
          const utf8 = Buffer.from(`${line}\n`);
          return bytes.includes(utf8) ? utf8 : Buffer.from(`${line}\n`, 'latin1');
        });
        expect(Buffer.concat([...parts, bytes.subarray(bytes.length - held)])).toEqual(bytes);
      },
    ),
  );
});

const tooLong = expect.objectContaining({ name: 'AgiProtocolError', code: 'AGI_LINE_TOO_LONG' });

describe('a line over the limit is refused by name', () => {
  it.each([
    ['alone', ['x'.repeat(11)]],
    ['with its end', ['x'.repeat(11) + '\n']],
    ['behind a good one', ['ok\n' + 'x'.repeat(11) + '\n']],
    ['in two pieces', ['xxxxx', 'xxxxxx']],
    ['counted in bytes', ['ü'.repeat(6)]],
  ])('%s', (_, pieces) => {
    const decoder = new LineDecoder(10);
    expect(() => {
      for (const piece of pieces) decoder.push(Buffer.from(piece));
    }).toThrow(tooLong);
  });

  it('as soon as the limit is passed: of 1 MB without an end no more than the limit is taken', () => {
    const decoder = new LineDecoder(65_536);
    let taken = 0;
    expect(() => {
      for (let at = 0; at < 1 << 20; at += 1024) {
        decoder.push(Buffer.alloc(1024, 'x'));
        taken += 1024;
      }
    }).toThrow(tooLong);
    expect(taken).toBe(65_536);
  });
});

test('a line of 64 kB that comes byte by byte', () => {
  const decoder = new LineDecoder(65_536);
  for (let at = 0; at < 65_536; at++) expect(decoder.push(Buffer.from('x')).length).toBe(0);
  expect(decoder.push(Buffer.from('\n'))).toEqual(['x'.repeat(65_536)]);
});
