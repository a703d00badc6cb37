/** What a caller is told or asked by: a sound file, something said, or several of them. */
import { AgiArgumentError, AgiError } from '../errors';
import type { SpeechOptions } from '../tts/speech';
import type { Agi } from './agi';
import type { Digit, PlayOutcome, SayOutcome } from './outcome';

/** A text that an engine speaks: see `Agi.say`. */
export interface SpokenPrompt extends SpeechOptions {
  readonly say: string;
}

/** A sound file's name, something to say, or a list of them, one after the other. */
export type Prompt =
  | string
  | SpokenPrompt
  | { readonly digits: string | number }
  | { readonly number: number; readonly gender?: string | undefined }
  | { readonly alpha: string }
  | { readonly phonetic: string }
  | { readonly date: Date | number }
  | { readonly time: Date | number }
  | {
      readonly dateTime: Date | number;
      readonly format?: string | undefined;
      readonly timezone?: string | undefined;
    }
  | readonly Prompt[];

/**
 * Plays a prompt to its end, or until a key of `escapeDigits`.
 * @returns the key that ended it
 * @throws AgiError with code `AGI_NO_FILE` where there is no such sound file: a question that nobody hears
 * would wait for an answer in silence
 */
export async function playPrompt(agi: Agi, prompt: Prompt, escapeDigits: string): Promise<Digit | undefined> {
  if (isList(prompt)) {
    // what stands further on is made while the caller hears what stands before
    for (const part of prompt.slice(1)) if (isSpoken(part)) void agi.prepareSpeech(part.say, voiceOf(part));
    for (const part of prompt) {
      const digit = await playPrompt(agi, part, escapeDigits);
      if (digit !== undefined) return digit;
    }
    return undefined;
  }
  if (prompt === '') return undefined;
  const heard = await play(agi, prompt, escapeDigits);
  if (heard.outcome === 'missing') throw noFile(String(prompt));
  return heard.outcome === 'digit' ? heard.digit : undefined;
}

export function noFile(file: string): AgiError {
  return new AgiError(
    'AGI_NO_FILE',
    `there is no sound file ${JSON.stringify(file)}, neither in the channel's language nor in Asterisk's own: ` +
      'name it without its extension, relative to the sounds folder, in a format that Asterisk has a module for',
  );
}

/** What is behind a prompt's first word are options of the method, which knows what there is. */
function play(
  agi: Agi,
  prompt: Exclude<Prompt, readonly Prompt[]>,
  escapeDigits: string,
): Promise<PlayOutcome | SayOutcome> {
  if (typeof prompt === 'string') return agi.streamFile(prompt, { escapeDigits });
  if (typeof prompt !== 'object' || prompt === null) throw noPrompt(prompt);
  if ('say' in prompt) {
    const { say, ...others } = prompt;
    return agi.say(say, { ...others, escapeDigits });
  }
  if ('digits' in prompt) {
    const { digits, ...others } = prompt;
    return agi.sayDigits(digits, { ...others, escapeDigits });
  }
  if ('number' in prompt) {
    const { number, ...others } = prompt;
    return agi.sayNumber(number, { ...others, escapeDigits });
  }
  if ('alpha' in prompt) {
    const { alpha, ...others } = prompt;
    return agi.sayAlpha(alpha, { ...others, escapeDigits });
  }
  if ('phonetic' in prompt) {
    const { phonetic, ...others } = prompt;
    return agi.sayPhonetic(phonetic, { ...others, escapeDigits });
  }
  if ('date' in prompt) {
    const { date, ...others } = prompt;
    return agi.sayDate(date, { ...others, escapeDigits });
  }
  if ('time' in prompt) {
    const { time, ...others } = prompt;
    return agi.sayTime(time, { ...others, escapeDigits });
  }
  if ('dateTime' in prompt) {
    const { dateTime, ...others } = prompt;
    return agi.sayDateTime(dateTime, { ...others, escapeDigits });
  }
  throw noPrompt(prompt);
}

function noPrompt(prompt: unknown): AgiArgumentError {
  const what =
    typeof prompt === 'object' && prompt !== null
      ? `has ${Object.keys(prompt).join(', ') || 'nothing in it'}`
      : `is ${prompt === null ? 'null' : typeof prompt}`;
  return new AgiArgumentError(
    `a prompt is the name of a sound file, a list of prompts, or one of { say }, { digits }, { number }, { alpha }, { phonetic }, { date }, { time } and { dateTime }, and this ${what}`,
  );
}

/** By what a text is spoken. */
export function voiceOf({ say, ...options }: SpokenPrompt): SpeechOptions {
  return options;
}

export function isSpoken(prompt: Prompt): prompt is SpokenPrompt {
  return typeof prompt === 'object' && prompt !== null && 'say' in prompt;
}

/** phpAGI's way to write a text among the names of files: `*` in front of it. */
export function withSpoken(prompt: Prompt): Prompt {
  if (isList(prompt)) return prompt.map(withSpoken);
  return typeof prompt === 'string' && prompt[0] === '*' ? { say: prompt.slice(1) } : prompt;
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}
