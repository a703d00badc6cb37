/** The multiplications of a resampler in JavaScript, for a machine whose Node has no WebAssembly with SIMD. */
import type { FilterBank } from './filter-bank';
import { type Filter, firstDistance, windowSeries } from './filter-design';
import { toSample } from './wave';

export class PlainFilterBank implements FilterBank {
  readonly #filter: Filter;
  readonly #taps: Float32Array;
  #input = new Float32Array(0);

  constructor(filter: Filter) {
    this.#filter = filter;
    const width = filter.half * 2;
    this.#taps = new Float32Array(filter.phases * width);
    const series = windowSeries();
    for (let phase = 0; phase < filter.phases; phase++) {
      const row = this.#taps.subarray(phase * width, (phase + 1) * width);
      designPhase(row, filter, phase, series);
    }
  }

  input(length: number): Float32Array {
    this.#input = new Float32Array(length);
    return this.#input;
  }

  run(count: number, phase: number): Int16Array {
    const { phases, step, half } = this.#filter;
    const width = half * 2;
    const taps = this.#taps;
    const input = this.#input;
    const output = new Int16Array(count);
    let from = 0;
    let place = phase;
    for (let made = 0; made < count; made++) {
      // four sums that do not wait for each other: a third of the time of one
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let tap = place * width, end = tap + width, at = from; tap < end; tap += 4, at += 4) {
        a += (taps[tap] as number) * (input[at] as number);
        b += (taps[tap + 1] as number) * (input[at + 1] as number);
        c += (taps[tap + 2] as number) * (input[at + 2] as number);
        d += (taps[tap + 3] as number) * (input[at + 3] as number);
      }
      output[made] = toSample(a + b + c + d);
      for (place += step; place >= phases; place -= phases) from++;
    }
    return output;
  }
}

/** Makes the taps of one phase; `design` of scripts/filter-bank.mjs is the same. */
function designPhase(row: Float32Array, filter: Filter, phase: number, series: readonly number[]): void {
  const { half, turns } = filter;
  const angle = Math.PI * turns;
  // millions of sines would cost more than the sound: each is made of the one before
  const sine = Math.sin(angle);
  const cosine = Math.cos(angle);
  let distance = firstDistance(filter, phase);
  let y = Math.sin(angle * distance);
  let x = Math.cos(angle * distance);
  let sum = 0;
  for (let tap = 0; tap < row.length; tap++, distance++) {
    const inside = 1 - (distance / half) ** 2;
    let height = 0;
    for (const term of series) height = height * inside + term;
    const value = (distance === 0 ? turns : y / (Math.PI * distance)) * height;
    row[tap] = value;
    sum += value;
    const next = y * cosine + x * sine;
    x = x * cosine - y * sine;
    y = next;
  }
  // the same loudness at every place, or the difference would be heard as a tone
  for (let tap = 0; tap < row.length; tap++) row[tap] = (row[tap] as number) / sum;
}
