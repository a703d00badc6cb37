/** Sound at another rate: a windowed sinc, one set of taps for each place that an output sample can have. */
import { type FilterBank, filterBank } from './filter-bank';

/** How far down what lies above the new band is, in dB. */
const STOP_DB = 70;
/** Of the narrower band, what is kept whole: 3,400 Hz of a telephone's 4,000. */
const PASS = 0.85;
/** Places at which the window is known; between them it is as good as straight. */
const WINDOW_POINTS = 128;

/** What the new rate cannot carry is taken out, and does not come back as another tone. */
export class Resampler {
  /** An output sample lies `step` of `phases` input samples behind the one before. */
  readonly phases: number;
  readonly step: number;
  /** An output sample is made of the input's `half` before its place, and as many behind it. */
  readonly half: number;
  readonly bank: FilterBank;

  /** @param from in Hz, as `to` */
  constructor(from: number, to: number) {
    const divisor = gcd(from, to);
    this.phases = to / divisor;
    this.step = from / divisor;
    // in turns for each input sample
    const stop = Math.min(from, to) / 2 / from;
    const pass = stop * PASS;
    // J. F. Kaiser's own formulas for the length and the shape; eight taps are multiplied at once
    this.half = Math.ceil((STOP_DB - 8) / (2.285 * 2 * Math.PI * (stop - pass)) / 8) * 4;
    const taps = designTaps(pass + stop, this.half, this.phases);
    this.bank = filterBank({ phases: this.phases, step: this.step, width: this.half * 2, taps });
  }

  /** For one sound, which may come in pieces. */
  begin(): Resampling {
    return new Resampling(this);
  }
}

/** A sound on its way from one rate to another. */
export class Resampling {
  readonly #by: Resampler;
  /** What the next output sample is made of, and all behind it: at first the silence before the sound. */
  #held: Float32Array;
  #phase = 0;
  #taken = 0;
  #made = 0;

  constructor(by: Resampler) {
    this.#by = by;
    this.#held = new Float32Array(by.half - 1);
  }

  /** The next piece. @returns what can be made with it */
  take(piece: Int16Array): Int16Array {
    this.#taken += piece.length;
    return this.#make(piece, Number.POSITIVE_INFINITY);
  }

  /** No more is to come. @returns the rest */
  end(): Int16Array {
    const { phases, step, half } = this.#by;
    return this.#make(new Int16Array(half * 2), Math.ceil((this.#taken * phases) / step) - this.#made);
  }

  #make(piece: Int16Array, most: number): Int16Array {
    const { phases, step, half, bank } = this.#by;
    const held = bank.input(this.#held.length + piece.length);
    held.set(this.#held);
    held.set(piece, this.#held.length);
    // from each of these on there are enough
    const places = Math.max(held.length - half * 2 + 1, 0);
    const count = Math.max(Math.min(Math.ceil((places * phases - this.#phase) / step), most), 0);
    const output = bank.run(count, this.#phase);
    const passed = this.#phase + count * step;
    this.#held = held.slice(Math.floor(passed / phases));
    this.#phase = passed % phases;
    this.#made += count;
    return output;
  }
}

/**
 * A low pass under a Kaiser window. Millions of sines would cost more than the sound: each is made of the one
 * before, and the window of a table.
 * @param turns how far the sinc turns from one input sample to the next, in half turns
 */
function designTaps(turns: number, half: number, phases: number): Float32Array {
  const width = half * 2;
  const window = kaiserWindow();
  const taps = new Float32Array(phases * width);
  const sine = Math.sin(Math.PI * turns);
  const cosine = Math.cos(Math.PI * turns);
  for (let phase = 0; phase < phases; phase++) {
    const start = phase * width;
    if (phase > phases / 2) {
      // as far on this side of an input sample as another phase is on that one
      const mirror = (phases - phase) * width;
      taps.set(taps.slice(mirror, mirror + width).reverse(), start);
      continue;
    }
    let distance = 1 - half - phase / phases;
    let y = Math.sin(Math.PI * turns * distance);
    let x = Math.cos(Math.PI * turns * distance);
    let sum = 0;
    for (let tap = 0; tap < width; tap++, distance++) {
      const place = Math.min((Math.abs(distance) / half) * WINDOW_POINTS, WINDOW_POINTS);
      const below = Math.floor(place);
      const edge = window[below] as number;
      const height = edge + ((window[below + 1] as number) - edge) * (place - below);
      const value = (distance === 0 ? turns : y / (Math.PI * distance)) * height;
      taps[start + tap] = value;
      sum += value;
      const next = y * cosine + x * sine;
      x = x * cosine - y * sine;
      y = next;
    }
    // the same loudness at every place, or the difference would be heard as a tone
    for (let tap = 0; tap < width; tap++) taps[start + tap] = (taps[start + tap] as number) / sum;
  }
  return taps;
}

/** The right half, from its middle to its end, and one more. */
function kaiserWindow(): Float64Array {
  const beta = 0.1102 * (STOP_DB - 8.7);
  const window = new Float64Array(WINDOW_POINTS + 2);
  for (let i = 0; i <= WINDOW_POINTS; i++)
    window[i] = bessel(beta * Math.sqrt(1 - (i / WINDOW_POINTS) ** 2)) / bessel(beta);
  return window;
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
