/** What a caller is told or asked by: a sound file, something said, or several of them. */
import { AgiError } from '../errors';
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
  | { readonly number: number; readonly gender?: string }
  | { readonly alpha: string }
  | { readonly phonetic: string }
  | { readonly date: Date | number }
  | { readonly time: Date | number }
  | { readonly dateTime: Date | number; readonly format?: string; readonly timezone?: string }
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
    for (const part of prompt.slice(1)) if (isSpoken(part)) void agi.prepareSpeech(part.say, part);
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

function play(
  agi: Agi,
  prompt: Exclude<Prompt, readonly Prompt[]>,
  escapeDigits: string,
): Promise<PlayOutcome | SayOutcome> {
  const options = { escapeDigits };
  if (typeof prompt === 'string') return agi.streamFile(prompt, options);
  if ('say' in prompt) return agi.say(prompt.say, { ...prompt, ...options });
  if ('digits' in prompt) return agi.sayDigits(prompt.digits, options);
  if ('number' in prompt) return agi.sayNumber(prompt.number, { ...options, ...optionsOf(prompt, 'gender') });
  if ('alpha' in prompt) return agi.sayAlpha(prompt.alpha, options);
  if ('phonetic' in prompt) return agi.sayPhonetic(prompt.phonetic, options);
  if ('date' in prompt) return agi.sayDate(prompt.date, options);
  if ('time' in prompt) return agi.sayTime(prompt.time, options);
  return agi.sayDateTime(prompt.dateTime, { ...options, ...optionsOf(prompt, 'format', 'timezone') });
}

function optionsOf<T extends object, K extends keyof T>(prompt: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(
    names.filter((name) => prompt[name] !== undefined).map((name) => [name, prompt[name]]),
  ) as Pick<T, K>;
}

export function isSpoken(prompt: Prompt): prompt is SpokenPrompt {
  return typeof prompt === 'object' && 'say' in prompt;
}

/** phpAGI's way to write a text among the names of files: `*` in front of it. */
export function withSpoken(prompt: Prompt): Prompt {
  if (isList(prompt)) return prompt.map(withSpoken);
  return typeof prompt === 'string' && prompt[0] === '*' ? { say: prompt.slice(1) } : prompt;
}

function isList(prompt: Prompt): prompt is readonly Prompt[] {
  return Array.isArray(prompt);
}
