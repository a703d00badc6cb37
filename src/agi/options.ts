/** What the options of a script's methods must be. Read in with the rooms whose methods have any. */
import { misspeltIn, type OnlyNames, type OptionNames, strangerIn } from '../option-names';
import type { SpeechOptions } from '../tts/speech';
import type { EscapeOptions } from './outcome';

/** Of all that a key can end. */
export const escapeNames = { escapeDigits: true } as const satisfies OptionNames<EscapeOptions>;

/** Of what collects keys. */
export const dataNames = { timeoutMs: true, maxDigits: true, secret: true } as const;

/** Of all that is spoken by an engine that the method names. */
export const voiceNames = {
  voice: true,
  language: true,
  rate: true,
  sampleRate: true,
} as const satisfies OptionNames<Omit<SpeechOptions, 'engine'>>;

/** Of all that is spoken. */
export const speechNames = { engine: true, ...voiceNames } as const satisfies OptionNames<SpeechOptions>;

/**
 * Options are one object, and each of them has a name that the method knows: in phpAGI's way, one behind the other, or
 * misspelt, they would be passed over in silence. What describes a thing is another matter: see `checkDescription`.
 * @param names each name of the options' type, and no other: the compiler sees to both
 * @throws AgiArgumentError
 */
export function checkOptions<O extends object, Names extends OptionNames<O>>(
  method: string,
  options: O,
  names: OnlyNames<O, Names>,
): void {
  check(method, options, names, strangerIn);
}

/**
 * For what is no set of options, but describes a thing that the script may have from elsewhere: it may have more to it
 * than is read, and only a name that is misspelt for one that is missing is refused.
 * @throws AgiArgumentError
 */
export function checkDescription<O extends object, Names extends OptionNames<O>>(
  method: string,
  described: O,
  names: OnlyNames<O, Names>,
): void {
  check(method, described, names, misspeltIn);
}

function check(
  method: string,
  given: object,
  names: object,
  wrongIn: (given: object, names: object) => string | undefined,
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw failures().noOptions(method, given, names);
  const name = wrongIn(given, names);
  if (name !== undefined) throw failures().noOption(method, name, names);
}

/** @throws AgiArgumentError for what is no whole number of the range */
export function inRange(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw failures().outOfRange(what, value, least, most);
  }
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
