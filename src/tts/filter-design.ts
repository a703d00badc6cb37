/** A windowed sinc: a set of taps for each place that an output sample can have between two of the input. */

/** A low pass that gives `phases` output samples for each `step` input samples. */
export interface Filter {
  readonly phases: number;
  readonly step: number;
  /** An output sample is made of the input's `half` before its place, and as many behind it: a multiple of eight. */
  readonly half: number;
  /** How far the sinc turns from one input sample to the next, in half turns. */
  readonly turns: number;
}

/** How far down what lies above the new band is, in dB. */
export const STOP_DB = 70;
const SERIES_TERMS = 12;

/** From the first tap of a phase to the output sample's place, in input samples. */
export function firstDistance({ phases, half }: Filter, phase: number): number {
  return 1 - half - phase / phases;
}

/**
 * Kaiser's window is a power series in 1 - t², where t is 0 in its middle and 1 at its ends: the terms of it that count,
 * the highest power's first. How high it is all in all makes no difference.
 */
export function windowSeries(): number[] {
  const beta = 0.1102 * (STOP_DB - 8.7);
  const terms = [1];
  for (let k = 1; k < SERIES_TERMS; k++) terms.unshift((terms[0] as number) * (beta / 2 / k) ** 2);
  return terms;
}
