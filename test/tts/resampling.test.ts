import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Resampler } from '../../src/tts/resampling';
import type { Sound } from '../../src/tts/wave';

/** Comes in one piece, or in pieces of these lengths and a last one. */
function resampled(
  from: number,
  to: number,
  samples: Int16Array,
  lengths: readonly number[] = [],
): Int16Array {
  const sound = new Resampler(from, to).begin();
  const pieces: Int16Array[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(sound.take(samples.subarray(at, at + length)));
    at += length;
  }
  pieces.push(sound.take(samples.subarray(at)), sound.end());
  return Int16Array.from(pieces.flatMap((piece) => [...piece]));
}

const resample = ({ rate, samples }: Sound, to: number): Sound => ({
  rate: to,
  samples: resampled(rate, to, samples),
});

const tone = (rate: number, hertz: number, seconds = 0.25): Sound => ({
  rate,
  samples: Int16Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.round(16_384 * Math.sin((2 * Math.PI * hertz * i) / rate)),
  ),
});

/** How loud a sound is, away from its ends, in dB below a whole tone's. */
function loudness({ samples }: Sound): number {
  const middle = samples.subarray(samples.length / 4, (samples.length * 3) / 4);
  const power = middle.reduce((sum, value) => sum + (value / 16_384) ** 2, 0) / middle.length;
  return 10 * Math.log10(power * 2 + 1e-12);
}

const rates = [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
const pairs = rates.flatMap((from) => [8000, 16_000].map((to) => [from, to] as const));

describe('resample', () => {
  it.each(pairs)('%i to %i Hz keeps the length and every tone of the band', (from, to) => {
    const band = (Math.min(from, to) / 2) * 0.85;
    for (const hertz of [100, 300, 1000, band * 0.7, band]) {
      const made = resample(tone(from, hertz), to);
      expect(Math.abs(made.samples.length - to / 4)).toBeLessThanOrEqual(1);
      expect(Math.abs(loudness(made)), `${hertz} Hz`).toBeLessThan(0.1);
    }
  });

  it.each(pairs.filter(([from, to]) => from > to))('%i to %i Hz takes out what lies above', (from, to) => {
    for (const hertz of [to / 2 + 1, to / 2 + 300, to * 0.6, to * 0.75, to - 500].filter((h) => h < from / 2))
      expect(loudness(resample(tone(from, hertz), to)), `${hertz} Hz`).toBeLessThan(-60);
  });

  it('brings no tones of its own into what lay below', () => {
    // upwards: the mirror of 3,000 Hz at 8,000 would be 5,000
    const made = resample(tone(8000, 3000), 16_000);
    const mirror = tone(16_000, 5000).samples;
    const found = made.samples.reduce(
      (sum, value, i) => sum + (value / 16_384) * ((mirror[i] as number) / 16_384),
      0,
    );
    expect(Math.abs((found * 2) / made.samples.length)).toBeLessThan(0.002);
  });

  it.each([0, 1, 2, 100])('%i samples are enough', (length) => {
    const { samples } = resample({ rate: 22_050, samples: new Int16Array(length).fill(20_000) }, 8000);
    expect(samples).toHaveLength(Math.ceil((length * 8000) / 22_050));
    expect(samples.every((sample) => sample >= -5000)).toBe(true);
  });

  it('cuts what is too loud instead of turning it around', () => {
    const square = Int16Array.from({ length: 4000 }, (_, i) => (i % 100 < 50 ? 32_767 : -32_768));
    const made = resampled(16_000, 8000, square);
    for (let i = 5; i < 20; i++) expect(made[i]).toBeGreaterThan(30_000);
  });

  it('takes any rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4000, max: 96_000 }),
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 400 }),
        (rate, values) => {
          const samples = resampled(rate, 8000, Int16Array.from(values));
          expect(samples).toHaveLength(Math.ceil((values.length * 8000) / rate));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is the same for a sound that comes in pieces', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...pairs),
        fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 600 }),
        fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 12 }),
        ([from, to], values, lengths) => {
          const samples = Int16Array.from(values);
          expect(resampled(from, to, samples, lengths)).toEqual(resampled(from, to, samples));
        },
      ),
    );
  });
});
