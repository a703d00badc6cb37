import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWave, encodeWave, WaveError, WaveWriter } from '../../src/tts/wave';

/** A wave file of any kind, as engines write it. */
function wave(
  {
    code = 1,
    channels = 1,
    rate = 8000,
    bits = 16,
    size,
  }: Partial<Record<'code' | 'channels' | 'rate' | 'bits' | 'size', number>>,
  data: number[] | Buffer,
  before = '',
): Buffer {
  const bytes = Buffer.from(data as Buffer);
  const format = Buffer.alloc(24);
  format.write('fmt \x10\0\0\0', 0, 'latin1');
  format.writeUInt16LE(code, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt16LE(bits, 22);
  const head = Buffer.from('data\0\0\0\0', 'latin1');
  head.writeUInt32LE(size ?? bytes.length, 4);
  return Buffer.concat([Buffer.from(`RIFF????WAVE${before}`, 'latin1'), format, head, bytes]);
}

const f32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const f64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);

describe('decodeWave', () => {
  it.each<[string, Buffer, number[]]>([
    ['16 bits', wave({}, [0, 0x80, 0, 0x40, 0, 0]), [-1, 0.5, 0]],
    ['8 bits, without a sign', wave({ bits: 8 }, [0, 0x80, 0xc0]), [-1, 0, 0.5]],
    ['24 bits', wave({ bits: 24 }, [0, 0, 0x80, 0, 0, 0x40]), [-1, 0.5]],
    ['32 bits', wave({ bits: 32 }, [0, 0, 0, 0x80, 0, 0, 0, 0x40]), [-1, 0.5]],
    ['floating point', wave({ code: 3, bits: 32 }, f32(0.25, -0.5)), [0.25, -0.5]],
    ['double floating point', wave({ code: 3, bits: 64 }, f64(0.25, -0.5)), [0.25, -0.5]],
    ['two channels into one', wave({ channels: 2 }, [0, 0x40, 0, 0, 0, 0x80, 0, 0x40]), [0.25, -0.25]],
    [
      'mu-law, silence and both ends',
      wave({ code: 7, bits: 8 }, [0xff, 0x80, 0]),
      [0, 32_124 / 32_768, -32_124 / 32_768],
    ],
    [
      'A-law, least and both ends',
      wave({ code: 6, bits: 8 }, [0xd5, 0xaa, 0x2a]),
      [8 / 32_768, 32_256 / 32_768, -32_256 / 32_768],
    ],
    ['behind another chunk of odd length', wave({}, [0, 0x40], 'LIST\x03\0\0\0abc\0'), [0.5]],
    ['of unknown size 0', wave({ size: 0 }, [0, 0x40]), [0.5]],
    ['of unknown size ffffffff', wave({ size: 0xffff_ffff }, [0, 0x40]), [0.5]],
    ["of espeak's unknown size", wave({ size: 0x7fff_f000 }, [0, 0x40]), [0.5]],
    ['what is louder than loud', wave({ code: 3, bits: 32 }, f32(1.5, -1.5)), [32_767 / 32_768, -1]],
    ['no samples', wave({}, []), []],
    ['a half sample at the end', wave({}, [0, 0x40, 1]), [0.5]],
  ])('%s', (_, file, samples) => {
    expect(Array.from(decodeWave(file).samples)).toEqual(samples.map((sample) => sample * 32_768));
  });

  it('knows the extensible format by what it holds', () => {
    const plain = wave({ bits: 16 }, [0, 0x40]);
    const extensible = Buffer.concat([plain.subarray(0, 36), Buffer.alloc(24), plain.subarray(36)]);
    extensible.writeUInt32LE(40, 16);
    extensible.writeUInt16LE(0xfffe, 20);
    extensible.writeUInt16LE(1, 44);
    expect(Array.from(decodeWave(extensible).samples)).toEqual([16_384]);
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /is empty/],
    ['an error page', Buffer.from('<html>no credit</html>'), /begins with "<html>no cre"/],
    ['a head without a body', Buffer.from('RIFF????WAVE'), /without sound/],
    ['half a file', wave({ size: 100 }, [0, 0x40]), /ends after 2 of 100 bytes/],
    ['sound before its format', Buffer.concat([Buffer.from('RIFF????WAVEdata\0\0\0\0')]), /before it says/],
    ['half a format', Buffer.from('RIFF????WAVEfmt \x10\0\0\0\x01\0', 'latin1'), /cut off/],
    ['MP3 in a wave file', wave({ code: 85 }, [0, 0]), /format 85/],
    ['no channels', wave({ channels: 0 }, [0, 0]), /0 channels/],
    ['12 bits', wave({ bits: 12 }, [0, 0]), /12 bits/],
  ])('refuses %s', (_, file, message) => {
    expect(() => decodeWave(file)).toThrow(WaveError);
    expect(() => decodeWave(file)).toThrow(message);
  });

  it('ends for any bytes in sound or in a WaveError', () => {
    const whole = wave({ channels: 2 }, Buffer.alloc(64, 0x21), 'LIST\x03\0\0\0abc\0');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length }),
        fc.uint8Array({ maxLength: 8 }),
        fc.nat(60),
        (cut, noise, at) => {
          const file = Buffer.from(whole.subarray(0, cut));
          file.set(noise.subarray(0, Math.max(0, file.length - at)), Math.min(at, file.length));
          try {
            expect(decodeWave(file).samples.length).toBeLessThanOrEqual(file.length);
          } catch (error) {
            expect(error).toBeInstanceOf(WaveError);
          }
        },
      ),
    );
  });
});

describe('encodeWave', () => {
  it('writes what decodeWave reads', () => {
    const samples = Int16Array.of(0, 1, -1, 32_767, -32_768);
    const file = encodeWave(16_000, samples);
    expect(file.toString('latin1', 0, 4) + file.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ');
    expect(file.readUInt32LE(4)).toBe(file.length - 8);
    expect(file.readUInt32LE(24)).toBe(16_000);
    expect(file.readUInt32LE(28)).toBe(32_000);
    expect(decodeWave(file)).toEqual({ rate: 16_000, samples });
  });

  it('is the same in pieces, however long it grows', () => {
    const samples = Int16Array.from({ length: 400_000 }, (_, i) => i);
    const file = new WaveWriter(8000);
    for (let at = 0; at < samples.length; at += 70_001) file.add(samples.subarray(at, at + 70_001));
    expect(file.end().equals(encodeWave(8000, samples))).toBe(true);
    expect(decodeWave(encodeWave(8000, samples)).samples).toEqual(samples);
  });
});
