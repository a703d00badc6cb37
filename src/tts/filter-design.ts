/** A windowed sinc: a set of taps for each place that an output sample can have between two of the input. */

/** A low pass that gives `phases` output samples for each `step` input samples. */
export interface Filter {
  readonly phases: number;
  readonly step: number;
  /** An output sample is made of the input's `half` before its place, and as many behind it: a multiple of four. */
  readonly half: number;
  /** How far the sinc turns from one input sample to the next, in half turns. */
  readonly turns: number;
}

/** How far down what lies above the new band is, in dB. */
export const STOP_DB = 70;
/** Places at which the window is known; between them it is as good as straight. */
export const WINDOW_POINTS = 128;

/** From the first tap of a phase to the output sample's place, in input samples. */
export function firstDistance({ phases, half }: Filter, phase: number): number {
  return 1 - half - phase / phases;
}

/** The right half, from its middle to its end, and one more. */
export function kaiserWindow(): Float64Array {
  const beta = 0.1102 * (STOP_DB - 8.7);
  const window = new Float64Array(WINDOW_POINTS + 2);
  const middle = bessel(beta);
  for (let i = 0; i <= WINDOW_POINTS; i++)
    window[i] = bessel(beta * Math.sqrt(1 - (i / WINDOW_POINTS) ** 2)) / middle;
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
