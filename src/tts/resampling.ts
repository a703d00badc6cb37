/** Sound at another rate. */
import { type FilterBank, filterBank } from './filter-bank';
import { STOP_DB } from './filter-design';

/** Of the narrower band, what is kept whole: 3,400 Hz of a telephone's 4,000. */
const PASS = 0.85;

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
    // J. F. Kaiser's own formulas for the length and the shape; sixteen taps are multiplied at once
    this.half = Math.ceil((STOP_DB - 8) / (2.285 * 2 * Math.PI * (stop - pass)) / 16) * 8;
    const { phases, step, half } = this;
    this.bank = filterBank({ phases, step, half, turns: pass + stop });
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

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
