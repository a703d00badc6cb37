/**
 * The speech of one call: text to a name that Asterisk plays. A sentence that has been said before is here; all
 * that it takes to make one is in `making`, which is read in then.
 */
import { type Stats, statSync, utimesSync } from 'node:fs';
import type { Config } from '../config';
import { signAddress } from './address';
import { findEngine } from './finding';
import type { Making } from './making';
import { readSettings, type SpeechSettings } from './settings';
import { sha256 } from './sha256';

export interface SpeechOptions {
  /** `festival`, `flite`, `espeak-ng`, `swift`, `piper` or `command`; else the configuration's. */
  readonly engine?: string;
  /** A voice of the engine's, by its own name for it. It has its own language. */
  readonly voice?: string;
  /** `de`, for an engine that knows languages, where no voice is named. */
  readonly language?: string;
  /** How fast: 1 is the voice's own way, 2 twice as fast; 0.25 to 4. */
  readonly rate?: number;
  /** Makes a file for this kind of channel alone. */
  readonly sampleRate?: 8000 | 16_000;
}

/** One text in one voice. */
export interface Sentence {
  readonly text: string;
  readonly engine: string;
  readonly voice: string | undefined;
  readonly language: string | undefined;
  readonly rate: number;
  readonly sampleRate: 8000 | 16_000 | 'both';
  /** Its files' name, of all the above. */
  readonly key: string;
  /** The file that is there once all of them are. */
  readonly file: string;
}

export class Speech {
  readonly settings: SpeechSettings;
  #found: string | undefined;
  #making: Making | undefined;

  /** @throws AgiSpeechError where the configuration makes no sense */
  constructor(config: Config) {
    this.settings = readSettings(config);
  }

  /**
   * The name under which Asterisk plays a text; at once for one that has been made before.
   * @param urgent whether somebody waits for it
   */
  name(text: string, options: SpeechOptions = {}, urgent = true): string | Promise<string> {
    const sentence = this.#sentence(text, options);
    if (this.#isMade(sentence.file)) return this.#nameOf(sentence);
    return this.#maker.make(sentence, urgent).then(() => this.#nameOf(sentence));
  }

  /** Ends what is being made, for a caller who has gone. */
  stop(reason: Error): void {
    this.#making?.stop(reason);
  }

  get #maker(): Making {
    this.#making ??= new (making().Making)(this.settings);
    return this.#making;
  }

  #sentence(given: string, options: SpeechOptions): Sentence {
    const { settings } = this;
    const text = plainText(given);
    if (text === '' || text.length > settings.maxCharacters || !isSensible(options))
      throw problems().unspeakable(settings, text, options);
    const engine = options.engine ?? settings.engine ?? this.#anyEngine();
    const voice = options.voice ?? settings.voices[engine] ?? (options.engine ? undefined : settings.voice);
    const language = voice === undefined ? (options.language ?? settings.language) : undefined;
    const rate = options.rate ?? settings.rate;
    const sampleRate = options.sampleRate ?? settings.sampleRate;
    const program = engine === 'command' ? settings.command : settings.programs[engine];
    const all = JSON.stringify([text, engine, program, voice, language, rate, sampleRate]);
    const key = sha256(Buffer.from(all)).toString('hex', 0, 16);
    const file = `${settings.cache}/${key}.${sampleRate === 16_000 ? 'wav16' : 'wav'}`;
    return { text, engine, voice, language, rate, sampleRate, key, file };
  }

  #anyEngine(): string {
    this.#found ??= findEngine(this.settings)?.name;
    if (this.#found === undefined) throw problems().noEngine(this.settings);
    return this.#found;
  }

  #isMade(file: string): boolean {
    let found: Stats | undefined;
    try {
      found = statSync(file, { throwIfNoEntry: false });
    } catch {
      // a folder that is none, or may not be looked into: who makes the file will tell
    }
    if (found === undefined) return false;
    const { cacheMs, cacheNamed } = this.settings;
    // in a folder that others can write, a file of theirs is not what was said
    if (!cacheNamed && found.uid !== process.getuid?.() && found.uid !== 0) return false;
    const now = Date.now();
    if (cacheMs > 0 && now - Math.max(found.atimeMs, found.mtimeMs) > cacheMs / 2) {
      try {
        // in use: not for the next sweep to take away
        utimesSync(file, now / 1000, now / 1000);
      } catch {
        // another user's
      }
    }
    return true;
  }

  #nameOf({ key, file }: Sentence): string {
    const { cache, url, urlSeconds, secret, copyFolder } = this.settings;
    if (url === undefined) return `${copyFolder ?? cache}/${key}`;
    return url + signAddress(secret as string, file.slice(cache.length + 1), urlSeconds, Date.now());
  }
}

/** One line without control characters: where a text breaks into lines is nothing that can be heard. */
export function plainText(text: string): string {
  return text.replace(/[\0- \x7f]+/g, ' ').trim();
}

function isSensible({ engine, voice, language, rate, sampleRate }: SpeechOptions): boolean {
  // a name that begins with a dash would be read as an option
  return (
    [engine, voice, language].every((name) => name === undefined || /^[^-\s\0][^\0]*$/.test(name)) &&
    (rate === undefined || (rate >= 0.25 && rate <= 4)) &&
    (sampleRate === undefined || sampleRate === 8000 || sampleRate === 16_000)
  );
}

// what it takes to make a sentence
const making = (): typeof import('./making') => require('./making');
// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
