/**
 * The speech of one call: text to a name that Asterisk plays. A sentence that has been said before is found here,
 * by what the configuration says, unread; all that it takes to make one is in `making`, which is read in then.
 */
import { existsSync, lstatSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import type { Config } from '../config';
import { given } from './given';
import type { Making } from './making';
import type { SpeechSettings } from './settings';
import { sha256Hex } from './sha256';

/** By what a text is spoken; else as the configuration says in `[tts]`. */
export interface SpeechOptions {
  /** `festival`, `flite`, `espeak-ng`, `swift`, `piper` or `command`; else the configuration's. */
  readonly engine?: string | undefined;
  /** A voice of the engine's, by its own name for it. It has its own language. */
  readonly voice?: string | undefined;
  /** `de`, for an engine that knows languages, where no voice is named. */
  readonly language?: string | undefined;
  /** How fast: 1 is the voice's own way, 2 twice as fast; 0.25 to 4. */
  readonly rate?: number | undefined;
  /** Makes a file for this kind of channel alone. */
  readonly sampleRate?: 8000 | 16_000 | undefined;
}

/** One text in one voice. */
export interface Sentence {
  readonly text: string;
  readonly options: SpeechOptions;
  /** The name of its engine, as far as it has been named. */
  readonly engine: string;
  /** Its files' name: of the text, the options, and all of the configuration that has a say in its sound. */
  readonly key: string;
  /** The file that is there once all of them are. */
  readonly file: string;
}

/** How long a file in use may look unused: a sweep leaves it alone for ten minutes more than that. */
const KEEP_YOUNG_MS = 300_000;
/** The part of its time in the folder that what was taken to Asterisk's machine is relied on to be there. */
const RELIED_ON = 0.9;

/** What has a say in a sentence's sound or its files, of the options and of the configuration's sections. */
const heardOptions = [
  ...['voice', 'language', 'rate', 'sampleRate', 'sample_rate', 'program', 'command'],
  ...['copy', 'copy_folder', 'swift', 'text2wave'],
];

/** The part of the configuration that speech reads. */
export type SpeechConfig = Pick<Config, 'file' | 'sections' | 'tempdir'>;

export class Speech {
  readonly #config: SpeechConfig;
  readonly #folder: string;
  #settings: SpeechSettings | undefined;
  #found: string | undefined;
  #making: Making | undefined;
  #stopped: Error | undefined;
  #isOurs: boolean;

  constructor(config: SpeechConfig) {
    this.#config = config;
    const named = given(config.sections.tts?.cache);
    this.#isOurs = named !== undefined;
    this.#folder = trimSlash(named ?? `${trimSlash(config.tempdir)}/speech-${process.getuid?.() ?? 0}`);
  }

  /** @throws AgiSpeechError with code `SPEECH_CONFIG` where the configuration makes no sense */
  get settings(): SpeechSettings {
    this.#settings ??= reading().readSettings(this.#config, this.#folder);
    return this.#settings;
  }

  /**
   * The name under which Asterisk plays a text; at once for one that has been made before.
   * @param urgent whether somebody waits for it
   */
  name(text: string, options: SpeechOptions = {}, urgent = true): string | Promise<string> {
    const sentence = this.#sentence(text, options);
    if (existsSync(sentence.file) && this.#folderIsOurs()) {
      const isCopied = given(this.#config.sections.tts?.copy_folder) !== undefined;
      // a file in use is not for the next sweep to take away; but now somebody waits for it
      if (!isCopied) setImmediate(keepYoung, sentence.file);
      if (!isCopied || this.#isStillThere(sentence)) return this.#nameOf(sentence);
    }
    return this.#make(sentence, urgent);
  }

  /** What was taken to Asterisk's machine does not stay there for longer than here, however often it is asked for. */
  #isStillThere({ file }: Sentence): boolean {
    const { cacheMs } = this.settings;
    try {
      if (cacheMs === 0 || Math.abs(Date.now() - statSync(file).mtimeMs) < cacheMs * RELIED_ON) return true;
      unlinkSync(file);
    } catch {
      // swept away just now, or another user's
    }
    return false;
  }

  #make(sentence: Sentence, urgent: boolean): Promise<string> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    this.#making ??= new (making().Making)(this.settings);
    return this.#making.make(sentence, urgent).then(() => this.#nameOf(sentence));
  }

  /**
   * Ends what is being made, for a call that is over, and makes no more.
   * @returns what resolves when nothing of it is left; undefined where there is nothing
   */
  stop(reason: Error): Promise<unknown> | undefined {
    this.#stopped ??= reason;
    return this.#making?.stop(reason);
  }

  #sentence(raw: string, options: SpeechOptions): Sentence {
    const text = isPlain(raw) ? raw : plainText(raw);
    const { tts = {}, cepstral, festival } = this.#config.sections;
    const engine =
      options.engine ?? given(tts.engine) ?? (given(tts.command) ? 'command' : this.#anyEngine());
    // as it stands there: what it means is only read where there is something to make. What is not given is left
    // out, for each 64 bytes cost another round
    const parts = [text, engine, options, tts, cepstral, festival];
    // an address is of one file, and what is made for it not the whole of what others want
    if (given(tts.url)) parts.push('url');
    const heard = JSON.stringify(parts, heardOptions);
    const key = sha256Hex(Buffer.from(heard)).slice(0, 32);
    const rate = String(options.sampleRate ?? tts.sample_rate);
    return {
      text,
      options,
      engine,
      key,
      file: `${this.#folder}/${key}.${rate === '16000' ? 'wav16' : 'wav'}`,
    };
  }

  #anyEngine(): string {
    this.#found ??= engines().findEngine(this.#config);
    return this.#found;
  }

  /** In a folder that was not named and that others could have made, a file of theirs is not what was said. */
  #folderIsOurs(): boolean {
    this.#isOurs ||= lstatSync(this.#folder).uid === process.getuid?.();
    return this.#isOurs;
  }

  #nameOf({ key, file }: Sentence): string {
    const { tts } = this.#config.sections;
    if (given(tts?.url ?? tts?.copy_folder)) return reading().remoteName(this.settings, key, file);
    return `${this.#folder}/${key}`;
  }
}

function keepYoung(file: string): void {
  const now = Date.now();
  try {
    if (Math.abs(now - statSync(file).mtimeMs) > KEEP_YOUNG_MS) utimesSync(file, now / 1000, now / 1000);
  } catch {
    // swept away just now, or another user's
  }
}

function trimSlash(path: string): string {
  return path.endsWith('/') ? path.replace(/\/+$/, '') : path;
}

/** Whether a text is one line without control characters, as nearly all are; a regular expression costs more. */
function isPlain(text: string): boolean {
  let before = 32;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32 || code === 127 || (code === 32 && before === 32)) return false;
    before = code;
  }
  return before !== 32 && text === text.trim();
}

/** Where a text breaks into lines is nothing that can be heard. */
export function plainText(text: string): string {
  return text.replace(/[\0- \x7f]+/g, ' ').trim();
}

// what it takes to make a sentence
const making = (): typeof import('./making') => require('./making');
// the configuration, read in full
const reading = (): typeof import('./settings') => require('./settings');
// where the engines are
const engines = (): typeof import('./engines') => require('./engines');
