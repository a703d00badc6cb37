/** The engines, as rows: how each is called, and where they are on this machine. What none of them knows is how another one names things. */
import { existsSync } from 'node:fs';
import type { SpeechConfig } from './speech';

export interface Engine {
  readonly name: string;
  /** Looked for on the PATH. */
  readonly program: string;
  /** What to install where it is not there. */
  readonly install: string;
  /**
   * Its arguments. `{text}` is the text, `{file}` a file with it, where neither stands it comes on standard
   * input; `{wave}` is the file to write, where it does not stand the sound is on standard output.
   */
  readonly words: readonly string[];
  /** Added where a voice is named, `{voice}`; an engine without it has none to choose. */
  readonly voice?: readonly string[];
  /** What a voice's name must look like, where it would be read as more than a name. */
  readonly voicePattern?: RegExp;
  /** Prints the names of its voices, for an engine that takes an unknown one for its usual one. */
  readonly voices?: readonly string[];
  /** What a voice is, for an engine that has no usual one. */
  readonly voiceNeeded?: string;
  /** Added where a language is named and no voice, `{language}`. */
  readonly language?: readonly string[];
  /** Added where a rate is named: `{stretch}` is how much longer all takes, `{wpm}` the words a minute. */
  readonly rate?: readonly string[];
  /** The same, at the end of the last word. */
  readonly rateSuffix?: string;
  readonly wordsPerMinute?: number;
  /** The rate that its voices usually have, in Hz. */
  readonly usualRate: number;
  /** How it ends where its voice has no sound for a text, as for punctuation or letters of another script. */
  readonly mute?: string;
  /** For an engine from before UTF-8, where the text can be written so. */
  readonly latin1?: boolean;
  /** What it would take for something else than text. */
  readonly markup?: {
    /** Stands in every text that has any. */
    readonly sign: string;
    readonly pattern: RegExp;
    readonly plain: string;
  };
}

/** `[[…]]` is how a word sounds, for espeak-ng and what uses it. */
const phonemes = { sign: '[[', pattern: /\[(?=\[)/g, plain: '[ ' };

/** In the order in which they are looked for where none is named. */
export const engines: readonly Engine[] = [
  {
    name: 'swift',
    program: 'swift',
    install: "Cepstral's Swift and a voice of theirs",
    words: ['-m', 'text', '-f', '{file}', '-o', '{wave}', '-p', 'audio/channels=1,audio/sampling-rate=16000'],
    voice: ['-n', '{voice}'],
    rateSuffix: ',speech/rate={wpm}',
    wordsPerMinute: 170,
    usualRate: 16_000,
  },
  {
    name: 'piper',
    program: 'piper',
    install: 'Piper (piper-tts) and a model of a voice',
    words: ['-m', '{voice}', '-f', '{wave}'],
    voice: [],
    voiceNeeded: "a model's file, NAME.onnx",
    rate: ['--length_scale', '{stretch}'],
    usualRate: 22_050,
    markup: phonemes,
  },
  {
    name: 'festival',
    program: 'text2wave',
    install: 'festival and a voice (Debian: apt-get install festival festvox-kallpc16k)',
    words: ['-o', '{wave}', '{file}'],
    voice: ['-eval', '(voice_{voice})'],
    voicePattern: /^\w+$/,
    rate: ['-eval', "(Parameter.set 'Duration_Stretch {stretch})"],
    usualRate: 16_000,
    mute: 'was ended by SIGSEGV',
    latin1: true,
  },
  {
    name: 'flite',
    program: 'flite',
    install: 'flite (Debian: apt-get install flite)',
    words: ['-f', '{file}', '-o', '{wave}'],
    voice: ['-voice', '{voice}'],
    voices: ['-lv'],
    rate: ['--setf', 'duration_stretch={stretch}'],
    usualRate: 8000,
  },
  {
    name: 'espeak-ng',
    program: 'espeak-ng',
    install: 'espeak-ng (Debian: apt-get install espeak-ng)',
    words: ['-b', '1', '-f', '{file}', '-w', '{wave}'],
    voice: ['-v', '{voice}'],
    language: ['-v', '{language}'],
    rate: ['-s', '{wpm}'],
    wordsPerMinute: 175,
    usualRate: 22_050,
    markup: phonemes,
  },
];

/**
 * The engine that is used where none is named: the first that is there, in the order of their rows.
 * @throws AgiSpeechError where there is none
 */
export function findEngine({ sections, file }: SpeechConfig): string {
  const programs: Record<string, string | undefined> = {
    festival: sections.festival?.text2wave,
    swift: sections.cepstral?.swift,
  };
  for (const { name, program, voiceNeeded } of engines) {
    // without a model piper cannot speak; and Debian has another program of this name, for mice
    if (voiceNeeded && !sections.tts?.voice?.endsWith('.onnx')) continue;
    if (findProgram(programs[name] || program)) return name;
  }
  throw problems().noEngine(file);
}

/** An absolute path as it is, a name on the PATH; undefined where there is no such file. */
export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return existsSync(name) ? name : undefined;
  // xinetd may leave no PATH
  for (const folder of (process.env.PATH || standardPath).split(':')) {
    const file = `${folder}/${name}`;
    if (folder !== '' && existsSync(file)) return file;
  }
  return undefined;
}

export const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
