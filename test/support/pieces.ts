/** The same bytes in other pieces: a decoder must not see a difference. */
import fc from 'fast-check';

export const byteByByte = (bytes: Buffer): Buffer[] =>
  Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));

/** The bytes cut at places drawn at random. */
export const anyPieces = (bytes: Buffer): fc.Arbitrary<Buffer[]> =>
  fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 8 }).map((places) => {
    const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
    return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
  });

/**
 * What a consumer that may keep no reference does with them: each piece lies in one buffer that is written
 * over after the call, as a transport's is.
 */
export function* reused(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) {
    const lent = Buffer.from(piece);
    yield lent;
    lent.fill(0x58);
  }
}
