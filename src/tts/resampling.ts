/** Sound at another rate: a windowed sinc, one set of taps for each place that an output sample can have. */
import type { Sound } from './wave';

/** How far down what lies above the new band is, in dB. */
const STOP_DB = 70;
/** Of the narrower band, what is kept whole: 3,400 Hz of a telephone's 4,000. */
const PASS = 0.85;

/** @param rate in Hz; what the new rate cannot carry is taken out, and does not come back as another tone */
export function resample(sound: Sound, rate: number): Sound {
  if (sound.rate === rate) return sound;
  const { samples: input } = sound;
  const divisor = gcd(sound.rate, rate);
  /** An output sample lies `step` of `phases` input samples behind the one before. */
  const phases = rate / divisor;
  const step = sound.rate / divisor;
  const { taps, half } = designTaps(sound.rate, rate, phases);
  const width = half * 2;
  // silence around, so that no tap lies outside
  const padded = new Float32Array(input.length + width * 2);
  padded.set(input, width);
  const output = new Float32Array(Math.ceil((input.length * phases) / step));
  for (let i = 0, at = 0, phase = 0; i < output.length; i++) {
    const from = at + width - half + 1;
    const offset = phase * width;
    let sum = 0;
    for (let tap = 0; tap < width; tap++) {
      sum += (taps[offset + tap] as number) * (padded[from + tap] as number);
    }
    output[i] = sum;
    phase += step;
    at += Math.floor(phase / phases);
    phase %= phases;
  }
  return { rate, samples: output };
}

/** A low pass between the end of what is kept and the end of the narrower band, under a Kaiser window. */
function designTaps(from: number, to: number, phases: number): { taps: Float32Array; half: number } {
  const stop = Math.min(from, to) / 2 / from;
  const pass = stop * PASS;
  const cutoff = (pass + stop) / 2;
  // J. F. Kaiser's own formulas for the length and the shape
  const half = Math.ceil((STOP_DB - 8) / (2.285 * 2 * Math.PI * (stop - pass)) / 2);
  const beta = 0.1102 * (STOP_DB - 8.7);
  const width = half * 2;
  const taps = new Float32Array(phases * width);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < width; tap++) {
      const distance = tap - half + 1 - phase / phases;
      const value = sinc(2 * cutoff * distance) * bessel(beta * Math.sqrt(1 - (distance / half) ** 2 || 0));
      taps[phase * width + tap] = value;
      sum += value;
    }
    // the same loudness at every place, or the difference would be heard as a tone
    for (let tap = 0; tap < width; tap++)
      taps[phase * width + tap] = (taps[phase * width + tap] as number) / sum;
  }
  return { taps, half };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
