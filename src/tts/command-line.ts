/** The words of a command line: an engine's row, or a template of the configuration's, filled in. */
import { type Engine, engines } from './engines';
import { findProgram } from './finding';
import type { SpeechSettings } from './settings';
import type { Sentence } from './speech';

export interface CommandLine {
  readonly engine: Engine;
  /** With its folder. */
  readonly program: string;
  readonly voice: string | undefined;
  /** Whether the text is in an argument or in a file; else it is due on standard input. */
  readonly takesFile: boolean;
  /** Whether it writes a file; else the sound is on standard output. */
  readonly givesFile: boolean;
  args(files: { readonly file: string; readonly wave: string }): string[];
}

/** @throws AgiSpeechError where the engine is unknown or not installed, or cannot do what is asked of it */
export function engineCommand(settings: SpeechSettings, sentence: Sentence): CommandLine {
  const { engine: name, options } = sentence;
  // a voice is one engine's own, and has its own language
  const voice = options.voice ?? settings.voices[name] ?? (options.engine ? undefined : settings.voice);
  const language = voice === undefined ? (options.language ?? settings.language) : undefined;
  const rate = options.rate ?? settings.rate;
  const engine = name === 'command' ? templateEngine(settings) : engines.find((row) => row.name === name);
  if (!engine) throw problems().unknownEngine(name);
  const words = [...engine.words];
  if (rate !== 1) {
    if (engine.rateSuffix !== undefined) words.push(words.pop() + engine.rateSuffix);
    else if (engine.rate) words.push(...engine.rate);
    else throw problems().noSuchOption(name, 'rate', '');
  }
  if (engine.voiceNeeded && voice === undefined) throw problems().voiceWanted(engine);
  if (voice !== undefined) {
    if (!engine.voice) throw problems().noSuchOption(name, 'voice', '');
    if (engine.voicePattern && !engine.voicePattern.test(voice)) throw problems().noSuchVoice(engine, voice);
    words.push(...engine.voice);
  }
  if (language !== undefined) {
    if (!engine.language) throw problems().noSuchOption(name, 'language', ': name a voice that speaks it');
    words.push(...engine.language);
  }
  const values: Record<string, string> = {
    text: sentence.text.startsWith('-') ? ` ${sentence.text}` : sentence.text,
    voice: voice ?? '',
    language: language ?? '',
    rate: String(rate),
    stretch: (1 / rate).toFixed(3),
    wpm: String(Math.round((engine.wordsPerMinute ?? 0) * rate)),
  };
  const uses = (placeholder: string) => words.some((word) => word.includes(placeholder));
  const wanted = settings.programs[name] ?? engine.program;
  const program = findProgram(wanted);
  if (program === undefined) throw problems().notInstalled(engine, wanted, wanted !== engine.program);
  return {
    engine,
    program,
    voice,
    takesFile: uses('{file}') || uses('{text}'),
    givesFile: uses('{wave}'),
    args: (files) => words.map((word) => fill(word, { ...values, ...files })),
  };
}

/** @throws AgiSpeechError for a text, or a way to have it, that no engine is given */
export function checkSpeakable(settings: SpeechSettings, { text, options }: Sentence): void {
  const { engine, voice, language, rate, sampleRate } = options;
  const isSensible =
    // a name that begins with a dash would be read as an option
    [engine, voice, language].every(
      (name) => name === undefined || (typeof name === 'string' && /^[^-\s\0][^\0]*$/.test(name)),
    ) &&
    (rate === undefined || (typeof rate === 'number' && rate >= 0.25 && rate <= 4)) &&
    (sampleRate === undefined || sampleRate === 8000 || sampleRate === 16_000);
  if (text === '' || text.length > settings.maxCharacters || !isSensible)
    throw problems().unspeakable(settings, text, options);
}

/** What an engine is given to read. */
export function encodeText({ latin1, markup }: Engine, text: string): Buffer {
  const plain = markup ? text.replace(...markup) : text;
  const old = latin1 && /^[\0-\xff]*$/.test(plain);
  return Buffer.from(`${plain}\n`, old ? 'latin1' : 'utf8');
}

/** The command of the configuration's that takes a file to Asterisk, without a shell, too. */
export function copyCommand(
  template: string,
  values: { readonly file: string; readonly name: string; readonly folder: string },
): string[] {
  return splitWords(template).map((word) => fill(word, values));
}

/** The engine that `[tts] command` is. */
function templateEngine(settings: SpeechSettings): Engine {
  if (settings.command === undefined) throw problems().noCommand(settings);
  const [program = '', ...words] = splitWords(settings.command);
  const uses = (placeholder: string) => words.some((word) => word.includes(placeholder));
  return {
    name: 'command',
    program,
    install: 'what [tts] command names',
    words,
    ...(uses('{voice}') ? { voice: [], voiceNeeded: '[tts] command has {voice} in it' } : {}),
    ...(uses('{language}') ? { language: [] } : {}),
    ...(uses('{rate}') || uses('{stretch}') ? { rate: [] } : {}),
    usualRate: 22_050,
  };
}

/** At spaces, but for those between quotes of either kind. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s"']|"[^"]*"?|'[^']*'?)+/g))
    words.push(word.replace(/"([^"]*)"?|'([^']*)'?/g, (_, double = '', single = '') => double + single));
  return words;
}

/** Values are not looked into again: `{file}` in a text is text. */
function fill(word: string, values: Readonly<Record<string, string>>): string {
  return word.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] as string) : whole,
  );
}

// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
