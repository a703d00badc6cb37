/** The words of an engine's command line: its row, filled in. */
import { type Engine, engines, findProgram } from './engines';
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
  const engine =
    name === 'command' ? template().templateEngine(settings) : engines.find((row) => row.name === name);
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
    isName(engine) &&
    isName(voice) &&
    isName(language) &&
    (rate === undefined || (typeof rate === 'number' && rate >= 0.25 && rate <= 4)) &&
    (sampleRate === undefined || sampleRate === 8000 || sampleRate === 16_000);
  if (text === '' || text.length > settings.maxCharacters || !isSensible)
    throw problems().unspeakable(settings, text, options);
}

/** One that begins with a dash would be read as an option. */
function isName(name: unknown): boolean {
  if (name === undefined) return true;
  if (typeof name !== 'string' || name === '' || name[0] === '-') return false;
  return !name.includes('\0') && name.trimStart() === name;
}

/** What an engine is given to read. */
export function encodeText({ latin1, markup }: Engine, text: string): Buffer {
  const plain = markup && text.includes(markup.sign) ? text.replace(markup.pattern, markup.plain) : text;
  const old = latin1 && /^[\0-\xff]*$/.test(plain);
  return Buffer.from(`${plain}\n`, old ? 'latin1' : 'utf8');
}

/** Most words are a value, or have none: a regular expression costs a process that has just started more than those. */
function fill(word: string, values: Readonly<Record<string, string>>): string {
  if (!word.includes('{')) return word;
  const name = word.slice(1, -1);
  if (word === `{${name}}` && Object.hasOwn(values, name)) return values[name] as string;
  return template().fill(word, values);
}

// a command of the configuration's, and words that are more than a value
const template = (): typeof import('./template') => require('./template');
// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
