/** What the commands' replies mean, under names that a script can decide on. */
import type { AgiReply } from '../wire/agi-reply';

/** A key of the caller's phone: `0` to `9`, `*`, `#`, `A` to `D`. */
export type Digit =
  | ('0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9')
  | ('*' | '#' | 'A' | 'B' | 'C' | 'D');

/** The file was played to its end, a key of `escapeDigits` ended it, or there is no such file. */
export type PlayOutcome =
  | { readonly outcome: 'complete'; readonly endposSamples: number }
  | { readonly outcome: 'digit'; readonly digit: Digit; readonly endposSamples: number }
  | { readonly outcome: 'missing'; readonly endposSamples: number };

/** Said to the end, or ended by a key of `escapeDigits`. */
export type SayOutcome =
  | { readonly outcome: 'complete' }
  | { readonly outcome: 'digit'; readonly digit: Digit };

/** A key, or none in time. */
export type WaitOutcome =
  | { readonly outcome: 'digit'; readonly digit: Digit }
  | { readonly outcome: 'timeout' };

/**
 * What the caller has typed. `complete`: `maxDigits` or the # key ended it, the # itself is left out.
 * `timeout`: the time ended it, with the digits so far. `missing`: there is no such prompt.
 */
export interface DataOutcome {
  readonly outcome: 'complete' | 'timeout' | 'missing';
  readonly digits: string;
}

/** Of all that a key can end. */
export interface EscapeOptions {
  /** The keys that end it, `0123456789*#`; none by default. */
  readonly escapeDigits?: string | undefined;
}

/** As `PlayOutcome`, in milliseconds; no position where the file came to its end, or is missing. */
export type ControlOutcome =
  | { readonly outcome: 'complete'; readonly endposMs: number | undefined }
  | { readonly outcome: 'digit'; readonly digit: Digit; readonly endposMs: number | undefined }
  | { readonly outcome: 'missing'; readonly endposMs: number | undefined };

/** A key of `escapeDigits`, none of them in time, or no such file. */
export type OptionOutcome =
  | { readonly outcome: 'digit'; readonly digit: Digit; readonly endposSamples: number }
  | { readonly outcome: 'timeout' | 'missing'; readonly endposSamples: number };

/**
 * How a recording came to its end: by a key, by the time or the silence, by a hangup, without any of these. It is
 * unfinished where Asterisk lost the channel (`interrupted`) or could not write the file (`unwritable`).
 */
export type RecordOutcome =
  | { readonly outcome: 'digit'; readonly digit: Digit; readonly endposSamples: number }
  | {
      readonly outcome: 'complete' | 'timeout' | 'hangup' | 'interrupted' | 'unwritable';
      readonly endposSamples: number;
    };

/** A character of text, none in time, or a channel that carries none. */
export type CharOutcome =
  | { readonly outcome: 'char'; readonly char: string }
  | { readonly outcome: 'timeout' | 'unsupported' };

/** One of the things that the caller may have said. */
export interface SpeechResult {
  readonly text: string;
  /** 0 to 1000, how sure the engine is. */
  readonly score: number;
  /** The grammar that it was understood by. */
  readonly grammar: string;
}

/** What was recognized, the best result first; a key; or nothing in time. */
export type SpeechOutcome =
  | { readonly outcome: 'speech'; readonly results: readonly SpeechResult[]; readonly endposSamples: number }
  | { readonly outcome: 'digit'; readonly digit: Digit; readonly endposSamples: number }
  | { readonly outcome: 'timeout'; readonly endposSamples: number };

/** The state of a channel, as `channelStatus` tells it. */
export type { ChannelState } from './commands';

/** @throws AgiProtocolError where the reply holds no number */
export function numberOf(reply: AgiReply): number {
  if (!/^-?\d+$/.test(reply.result)) {
    throw failures().noNumber(reply);
  }
  return Number(reply.result);
}

/** A key is reported by its ASCII code. */
export function digitOf(reply: AgiReply): Digit {
  return String.fromCharCode(numberOf(reply)) as Digit;
}

/** Where playing ended, in samples of 1/8000 s for 8 kHz sound. */
export function endposOf(reply: AgiReply): number {
  return Number(reply.fields.endpos ?? 0);
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
