import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256, sha256 } from '../../src/tts/sha256';

describe('sha256', () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 100_000])('of %i bytes', (length) => {
    const bytes = Buffer.alloc(length, 0xa5);
    expect(sha256(bytes)).toEqual(createHash('sha256').update(bytes).digest());
  });

  it("is Node's for any bytes, and so is the HMAC", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 150 }), (bytes, key) => {
        expect(sha256(bytes)).toEqual(createHash('sha256').update(bytes).digest());
        expect(hmacSha256(key, bytes)).toEqual(createHmac('sha256', key).update(bytes).digest());
      }),
    );
  });
});
