/** A question: a prompt, the caller's keys, what they mean, and another try where they mean nothing. */
import { AgiArgumentError } from '../errors';
import { checkOptions, inRange } from './options';
import type { Digit } from './outcome';
import type { Prompt } from './prompt';
import type { TypeAhead } from './type-ahead';

/** A question, and what an answer to it looks like. */
export interface AskOptions<T = string> {
  /** The first key ends it, and is the first of the answer. */
  readonly prompt: Prompt;
  /**
   * The least and the most of an answer's digits: 1 and 255. The last one ends the answer: a caller who types `endKey`
   * behind it all the same gives an empty answer to the next question, so one more than is wanted is kinder.
   */
  readonly minDigits?: number | undefined;
  readonly maxDigits?: number | undefined;
  /** How long to wait for the first key behind the prompt; 5000. */
  readonly timeoutMs?: number | undefined;
  /** How long to wait for each further key, until the answer is taken to be whole; 2000. */
  readonly interDigitTimeoutMs?: number | undefined;
  /** Ends the answer; `#`. `''`: none. */
  readonly endKey?: Digit | '' | undefined;
  /** Ends the question; none by default. */
  readonly cancelKey?: Digit | undefined;
  /** Keeps the keys out of the log: for a PIN or a card number. */
  readonly secret?: boolean | undefined;
  /** How often to ask; 3. */
  readonly attempts?: number | undefined;
  /**
   * Makes the answer of its digits. May call `invalid`, with a message of its own for the caller where there is
   * one: the question is asked again. Any other error ends the question with it.
   */
  readonly parse?: ((digits: string, invalid: (message?: Prompt) => never) => T | Promise<T>) | undefined;
  /** Played when a try has failed; a key cuts it short, and begins the next answer. */
  readonly messages?:
    | {
        /** No key came. */
        readonly timeout?: Prompt | undefined;
        /** Fewer than `minDigits`. */
        readonly short?: Prompt | undefined;
        /** `parse` has said so, and has no message of its own. */
        readonly invalid?: Prompt | undefined;
        /** After the last try, in the place of the others. */
        readonly failed?: Prompt | undefined;
      }
    | undefined;
}

export const askNames = {
  prompt: true,
  minDigits: true,
  maxDigits: true,
  timeoutMs: true,
  interDigitTimeoutMs: true,
  endKey: true,
  cancelKey: true,
  secret: true,
  attempts: true,
  parse: true,
  messages: true,
} as const;

/** With `parse`, which says what an answer is. */
export type ParsedOptions<T> = AskOptions<T> & Required<Pick<AskOptions<T>, 'parse'>>;

/** Why a try gave no answer: no key came, too few, or `parse` would not have them. */
export type AskFailure = 'timeout' | 'short' | 'invalid';

/** What became of a question. */
export type AskOutcome<T> =
  /** `answer`: what `parse` made of the digits; the digits themselves where there is none. */
  | { readonly outcome: 'answer'; readonly answer: T; readonly digits: string }
  /** By `cancelKey`. */
  | { readonly outcome: 'canceled' }
  /** No try has given an answer; `reason` is that of the last one. */
  | { readonly outcome: 'failed'; readonly reason: AskFailure };

/** What `parse` throws by way of `invalid`. */
class Invalid {
  readonly message: Prompt | undefined;

  constructor(message: Prompt | undefined) {
    this.message = message;
  }
}

export async function askQuestion<T>(buffer: TypeAhead, options: AskOptions<T>): Promise<AskOutcome<T>> {
  const { prompt, minDigits = 1, maxDigits = 255, attempts = 3, messages = {} } = options;
  checkOptions('ask: messages', messages, { timeout: true, short: true, invalid: true, failed: true });
  if (prompt === undefined) throw new AgiArgumentError('ask: its options must have a prompt');
  inRange('ask: attempts', attempts, 1, 1000);
  inRange('ask: maxDigits', maxDigits, 1, 1023);
  inRange('ask: minDigits', minDigits, 0, maxDigits);
  for (const key of [options.endKey || '#', options.cancelKey ?? '#']) {
    if (!/^[0-9*#A-D]$/.test(key))
      throw new AgiArgumentError(`ask: ${JSON.stringify(key)} is no key of a phone (0 to 9, *, #, A to D)`);
  }
  let reason: AskFailure = 'timeout';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const typed = await readDigits(buffer, options, maxDigits);
    if (typed === undefined) return { outcome: 'canceled' };
    const { digits, ended } = typed;
    let message: Prompt | undefined;
    if (digits === '' && !ended) reason = 'timeout';
    else if (digits.length < minDigits) reason = 'short';
    else {
      const parsed = await parse(options, digits);
      if (!(parsed instanceof Invalid)) return { outcome: 'answer', answer: parsed, digits };
      reason = 'invalid';
      message = parsed.message;
    }
    // what was typed ahead belonged to an answer that was none
    buffer.clear();
    message ??= messages[reason] ?? '';
    await buffer.play(attempt === attempts ? (messages.failed ?? message) : message);
  }
  return { outcome: 'failed', reason };
}

/** The keys up to the end of an answer; undefined where the caller has cancelled. */
async function readDigits(
  buffer: TypeAhead,
  options: AskOptions<unknown>,
  maxDigits: number,
): Promise<{ digits: string; ended: boolean } | undefined> {
  const { prompt, timeoutMs = 5000, interDigitTimeoutMs = 2000, endKey = '#', cancelKey } = options;
  inRange('ask: timeoutMs', timeoutMs, 0, 0x7fff_ffff);
  inRange('ask: interDigitTimeoutMs', interDigitTimeoutMs, 0, 0x7fff_ffff);
  await buffer.play(prompt);
  let digits = '';
  while (digits.length < maxDigits) {
    const pressed = await buffer.waitForDigit(digits === '' ? timeoutMs : interDigitTimeoutMs);
    if (pressed.outcome === 'timeout') return { digits, ended: false };
    if (pressed.digit === cancelKey) return undefined;
    if (pressed.digit === endKey) return { digits, ended: true };
    digits += pressed.digit;
  }
  return { digits, ended: true };
}

async function parse<T>(options: AskOptions<T>, digits: string): Promise<T | Invalid> {
  // without `parse` the answer is the digits: T is string
  if (options.parse === undefined) return digits as T;
  try {
    return await options.parse(digits, (message) => {
      throw new Invalid(message);
    });
  } catch (error) {
    if (error instanceof Invalid) return error;
    throw error;
  }
}
