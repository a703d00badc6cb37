/**
 * The multiplications of a resampler, of which a second of sound takes two million: in WebAssembly, which does four at
 * once and need not be run for a while before it is quick; in JavaScript where there is none.
 */
import { filterBankCode } from './filter-bank-code';
import { type Filter, windowSeries } from './filter-design';
import { littleEndian } from './wave';

export interface FilterBank {
  /** Where the input is to be put; good until it is asked for again. */
  input(length: number): Float32Array;
  /**
   * The first so many samples that can be made of it.
   * @param phase of the first of them
   */
  run(count: number, phase: number): Int16Array;
}

export function filterBank(filter: Filter): FilterBank {
  try {
    return new QuickFilterBank(filter);
  } catch {
    // a processor without the instructions, or a Node that was told to do without
    return new (otherwise().PlainFilterBank)(filter);
  }
}

/** What is used of it: its types are a browser's. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** All places and widths are in bytes. */
interface Code {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  run(
    taps: number,
    width: number,
    phases: number,
    step: number,
    input: number,
    phase: number,
    count: number,
    output: number,
  ): void;
  design(
    taps: number,
    half: number,
    phases: number,
    first: number,
    sine: number,
    cosine: number,
    y: number,
    x: number,
  ): void;
}

const PAGE_BYTES = 65_536;
/** Behind what the design of the taps is given. */
const TAPS = 96;
/** So near to an input sample that it makes no difference, and no sine is divided by 0. */
const NEAR = 1e-9;

/** Its memory has the taps, then the input, then the output. */
export class QuickFilterBank implements FilterBank {
  readonly #filter: Filter;
  readonly #code: Code;
  readonly #input: number;
  #inputLength = 0;

  /** @throws where there is no WebAssembly with SIMD */
  constructor(filter: Filter) {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly;
    if (!littleEndian) throw new Error("its memory has another order of bytes than this machine's");
    this.#filter = filter;
    this.#code = new Instance(new Module(Buffer.from(filterBankCode, 'base64'))).exports as Code;
    const { phases, half, turns } = filter;
    this.#input = TAPS + (phases + 1) * half * 2 * 4;
    this.#reserve(this.#input);
    const { sin, cos } = Math;
    const angle = Math.PI * turns;
    const angles = [0, angle, angle * 2, angle * 3];
    const given = [...angles.map(cos), ...angles.map(sin), cos(angle * 4), sin(angle * 4), ...windowSeries()];
    new Float32Array(this.#code.memory.buffer).set(given);
    const step = angle / phases;
    const near = angle * NEAR;
    this.#code.design(TAPS, half, phases, NEAR, sin(step), cos(step), sin(near), cos(near));
  }

  input(length: number): Float32Array {
    const { phases, step } = this.#filter;
    this.#inputLength = length;
    const outputBytes = (Math.ceil((length * phases) / step) + 1) * 2;
    this.#reserve(this.#input + length * 4 + outputBytes);
    return new Float32Array(this.#code.memory.buffer, this.#input, length);
  }

  run(count: number, phase: number): Int16Array {
    const { phases, step, half } = this.#filter;
    const output = this.#input + this.#inputLength * 4;
    this.#code.run(TAPS, half * 2 * 4, phases, step, this.#input, phase, count, output);
    return new Int16Array(this.#code.memory.buffer, output, count).slice();
  }

  #reserve(bytes: number): void {
    const { memory } = this.#code;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

// a processor that lacks what the quick one needs
const otherwise = (): typeof import('./plain-filter-bank') => require('./plain-filter-bank');
