/** What the commands' replies mean, under names that a script can decide on. */
import type { AgiReply } from '../wire/agi-reply';

/** A key of the caller's phone: `0` to `9`, `*`, `#`, `A` to `D`. */
export type Digit = string;

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

/** The state of a channel, in Asterisk's order from 0 (channelstate.h). */
export const channelStates = [
  'down',
  'reserved',
  'off hook',
  'dialing',
  'ring',
  'ringing',
  'up',
  'busy',
  'dialing off hook',
  'pre-ring',
] as const;
export type ChannelState = (typeof channelStates)[number];

/** @throws AgiProtocolError where the reply holds no number */
export function numberOf(reply: AgiReply): number {
  if (!/^-?\d+$/.test(reply.result)) {
    throw failures().noNumber(reply);
  }
  return Number(reply.result);
}

/** A key is reported by its ASCII code. */
export function digitOf(reply: AgiReply): Digit {
  return String.fromCharCode(numberOf(reply));
}

/** Where playing ended, in samples of 1/8000 s for 8 kHz sound. */
export function endposOf(reply: AgiReply): number {
  return Number(reply.fields.endpos ?? 0);
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
