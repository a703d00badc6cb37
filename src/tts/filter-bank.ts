/**
 * The multiplications of a resampler, of which a second of sound takes two million: in WebAssembly, which does four at
 * once and need not be run for a while before it is quick; in JavaScript where there is none.
 */
import { filterBankCode } from './filter-bank-code';
import { littleEndian, toSample } from './wave';

/** An output sample lies `step` of `phases` input samples behind the one before it. */
export interface FilterBank {
  /** Where the input is to be put; good until it is asked for again. */
  input(length: number): Float32Array;
  /**
   * The first so many samples that can be made of it. Each is the sum of `width` input samples by as many taps.
   * @param phase of the first of them
   */
  run(count: number, phase: number): Int16Array;
}

export interface FilterBankTaps {
  readonly phases: number;
  readonly step: number;
  /** A multiple of eight. */
  readonly width: number;
  /** `width` for each phase. */
  readonly taps: Float32Array;
}

export function filterBank(filter: FilterBankTaps): FilterBank {
  try {
    return new QuickFilterBank(filter);
  } catch {
    // a processor without the instructions, or a Node that was told to do without
    return new PlainFilterBank(filter);
  }
}

/** What is used of it: its types are a browser's. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

interface Code {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): void };
  /** All places and the width are in bytes. */
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
}

const PAGE_BYTES = 65_536;

/** Its memory has the taps, then the input, then the output. */
export class QuickFilterBank implements FilterBank {
  readonly #filter: FilterBankTaps;
  readonly #code: Code;
  #inputLength = 0;

  /** @throws where there is no WebAssembly with SIMD */
  constructor(filter: FilterBankTaps) {
    if (!littleEndian) throw new Error("its memory has another order of bytes than this machine's");
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly;
    this.#filter = filter;
    this.#code = new Instance(new Module(Buffer.from(filterBankCode, 'base64'))).exports as Code;
    this.#reserve(filter.taps.byteLength);
    new Float32Array(this.#code.memory.buffer).set(filter.taps);
  }

  input(length: number): Float32Array {
    const { taps, phases, step } = this.#filter;
    this.#inputLength = length;
    const outputBytes = (Math.ceil((length * phases) / step) + 1) * 2;
    this.#reserve(taps.byteLength + length * 4 + outputBytes);
    return new Float32Array(this.#code.memory.buffer, taps.byteLength, length);
  }

  run(count: number, phase: number): Int16Array {
    const { taps, width, phases, step } = this.#filter;
    const input = taps.byteLength;
    const output = input + this.#inputLength * 4;
    this.#code.run(0, width * 4, phases, step, input, phase, count, output);
    return new Int16Array(this.#code.memory.buffer, output, count).slice();
  }

  #reserve(bytes: number): void {
    const { memory } = this.#code;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

export class PlainFilterBank implements FilterBank {
  readonly #filter: FilterBankTaps;
  #input = new Float32Array(0);

  constructor(filter: FilterBankTaps) {
    this.#filter = filter;
  }

  input(length: number): Float32Array {
    this.#input = new Float32Array(length);
    return this.#input;
  }

  run(count: number, phase: number): Int16Array {
    const { taps, width, phases, step } = this.#filter;
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
