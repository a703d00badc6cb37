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
/** Places at which the right half of the window is known; between them it is as good as straight. */
export const WINDOW_POINTS = 128;

/** From the first tap of a phase to the output sample's place, in input samples. */
export function firstDistance({ phases, half }: Filter, phase: number): number {
  return 1 - half - phase / phases;
}
