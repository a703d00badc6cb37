/** What the configuration says of speech: `[tts]`, and phpAGI's `[festival]` and `[cepstral]`. */
import { speechKeys } from '../section-keys';
import { signAddress } from './address';
import { given } from './given';
import type { SpeechConfig } from './speech';

export interface SpeechSettings {
  /** The configuration's file, for messages. */
  readonly file: string | undefined;
  /** The engine's name; undefined: the first that is found. */
  readonly engine: string | undefined;
  /** Engine to program, where it is not looked for on the PATH. */
  readonly programs: Readonly<Record<string, string | undefined>>;
  /** The command line of the engine `command`. */
  readonly command: string | undefined;
  /** Engine to voice: a voice is one engine's own. */
  readonly voices: Readonly<Record<string, string | undefined>>;
  /** A voice for whatever engine is found. */
  readonly voice: string | undefined;
  readonly language: string | undefined;
  /** How fast to speak; 1 is the voice's own way. */
  readonly rate: number;
  /** The files that are made: for one kind of channel, or for both, of which Asterisk takes the one that fits. */
  readonly sampleRate: 8000 | 16_000 | 'both';
  readonly maxCharacters: number;
  readonly timeoutMs: number;
  readonly cache: string;
  /** Whether the folder is the administrator's choice, who may share it between users. */
  readonly cacheNamed: boolean;
  /** 0: no limit. */
  readonly cacheBytes: number;
  /** 0: no limit. */
  readonly cacheMs: number;
  /** Where Asterisk fetches files from, with no `/` at the end. */
  readonly url: string | undefined;
  readonly urlSeconds: number;
  readonly secret: string | undefined;
  /** The command line that takes a file to Asterisk. */
  readonly copy: string | undefined;
  /** Where Asterisk finds it then. */
  readonly copyFolder: string | undefined;
}

/**
 * @param folder where spoken files are kept
 * @throws AgiSpeechError with code `SPEECH_CONFIG` that names file, section and key
 */
export function readSettings({ sections, file }: SpeechConfig, folder: string): SpeechSettings {
  const read = (section: string, key: string) => given(sections[section]?.[key]);
  const text = (key: string) => read('tts', key);
  const wrong = (key: string, due: string) =>
    // a secret is not for the log, not even a bad one
    problems().setting(file, key, key === 'secret' ? '…' : (sections.tts?.[key] ?? ''), due);
  const number = (key: string, usual: number, least: number, most: number) => {
    const value = sections.tts?.[key];
    if (value === undefined || value === '') return usual;
    if (!/^\d+(\.\d+)?$/.test(value) || Number(value) < least || Number(value) > most)
      throw wrong(key, `a number from ${least} to ${most}`);
    return Number(value);
  };
  for (const key in sections.tts) {
    // as of any other section; in a call it is in the log
    if (!speechKeys.includes(key)) process.emitWarning(problems().unknownKey(file, key, speechKeys));
  }
  const engine = text('engine');
  const voice = text('voice');
  const program = text('program');
  const url = text('url')?.replace(/\/+$/, '');
  const secret = text('secret');
  const copy = text('copy');
  const copyFolder = text('copy_folder')?.replace(/\/+$/, '');
  const sampleRate = text('sample_rate');
  const cache = text('cache');
  if (sampleRate !== undefined && !/^(8000|16000|both)$/.test(sampleRate))
    throw wrong('sample_rate', '8000, 16000 or both');
  if (cache !== undefined && cache[0] !== '/') throw wrong('cache', 'an absolute path');
  if (program !== undefined && engine === undefined) throw wrong('program', 'beside an engine that it is of');
  if (url !== undefined) {
    if (!/^https?:\/\/[\w.:[\]-]+(\/[\w./~-]*)?$/.test(url)) throw wrong('url', 'http://HOST:PORT');
    if (copy !== undefined) throw wrong('copy', 'left out where there is a url, which does the same');
    if (sampleRate === 'both') throw wrong('sample_rate', '8000 or 16000 beside a url, which is of one file');
    if (secret === undefined || secret.length < 16)
      throw wrong('secret', 'of 16 characters or more for a url');
  }
  if ((copy === undefined) !== (copyFolder === undefined))
    throw wrong(copy === undefined ? 'copy' : 'copy_folder', 'set, as copy and copy_folder need each other');
  return {
    file,
    engine,
    programs: {
      festival: read('festival', 'text2wave'),
      swift: read('cepstral', 'swift'),
      ...(engine === undefined || program === undefined ? undefined : { [engine]: program }),
    },
    command: text('command'),
    voices: {
      swift: read('cepstral', 'voice'),
      ...(engine === undefined || voice === undefined ? undefined : { [engine]: voice }),
    },
    voice: engine === undefined ? voice : undefined,
    language: text('language'),
    rate: number('rate', 1, 0.25, 4),
    sampleRate: sampleRate === '16000' ? 16_000 : sampleRate === '8000' || url !== undefined ? 8000 : 'both',
    maxCharacters: number('max_characters', 4000, 1, 1_000_000),
    timeoutMs: number('timeout_seconds', 20, 0.1, 3600) * 1000,
    cache: folder,
    cacheNamed: cache !== undefined,
    cacheBytes: number('cache_megabytes', 200, 0, 1_000_000) * 1_000_000,
    cacheMs: number('cache_days', 30, 0, 20_000) * 86_400_000,
    url,
    urlSeconds: number('url_seconds', 600, 10, 604_800),
    secret,
    copy,
    copyFolder,
  };
}

/** What Asterisk on another machine plays a file by. */
export function remoteName(settings: SpeechSettings, key: string, file: string): string {
  const { cache, copyFolder, url, urlSeconds, secret } = settings;
  if (url === undefined) return `${copyFolder}/${key}`;
  return url + signAddress(secret as string, file.slice(cache.length + 1), urlSeconds, Date.now());
}

// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
