/**
 * What is left to do once an engine speaks: to follow its sound and convert it, and to put that where Asterisk finds
 * it. All that can be done before the engine has ended is done by then, and what comes after it has run before: a
 * function that runs for the first time takes ten times as long.
 */
import { closeSync, existsSync, fchmodSync, readFileSync, renameSync, statfsSync } from 'node:fs';
import type { CommandLine } from './command-line';
import { Converter, type Ending, type Following, type WaveFiles } from './conversion';
import type { ProgramEnd } from './program';
import type { SpeechSettings } from './settings';
import type { Sentence } from './speech';
import type { Begun, Workplace } from './workplace';

/** Of a file without a sample. */
const WAVE_HEAD_BYTES = 44;
/** The most of what an engine has said that is told. */
const SAID_BYTES = 2000;

/** An engine that speaks. */
export interface Work {
  readonly command: CommandLine;
  readonly sentence: Sentence;
  readonly workplace: Workplace;
  readonly run: Promise<ProgramEnd>;
  /** Its file. */
  readonly wave: string;
  /** What it says of its errors. */
  readonly said: string;
}

/** Finishes what the engines of one call begin. */
export class Finisher {
  readonly #settings: SpeechSettings;
  readonly #check: () => void;
  readonly #converter = new Converter();

  /** @param check throws where nobody waits any more */
  constructor(settings: SpeechSettings, check: () => void) {
    this.#settings = settings;
    this.#check = check;
  }

  /** @throws AgiSpeechError for all that an engine, a voice or a disk can do wrong */
  async finish(work: Work): Promise<void> {
    const { command, sentence, workplace, run, wave, said } = work;
    const { engine, program } = command;
    const { timeoutMs, sampleRate, cache } = this.#settings;
    const failed = (how: string) =>
      // nor could it say so there
      isFull(cache)
        ? problems().badCache(this.#settings, 'ENOSPC, the disk is full')
        : problems().engineFailed(engine.name, program, how, readSaid(said));
    const voices = this.#checkVoice(command, workplace);
    // told when the engine has ended
    voices?.catch(() => {});
    const wanted = sentence.options.sampleRate ?? sampleRate;
    let tooMuch: string | undefined;
    let following: Following | undefined;
    const parts = new Map<Ending, Begun>();
    const follow = () =>
      this.#converter.follow({ wave, said }, engine.usualRate, wanted, (problem) => {
        tooMuch ??= problem;
        workplace.kill();
      });
    try {
      try {
        following = follow();
        for (const ending of following.usualEndings) parts.set(ending, beginPart(workplace, ending));
      } catch {
        // what cannot be had now is told of when the engine has ended
      }
      const { problem, timedOut } = await run;
      this.#check();
      if (tooMuch !== undefined) throw failed(tooMuch);
      if (timedOut) throw problems().tooSlow(engine.name, program, timeoutMs);
      // of an ellipsis nobody expects a sound
      const isWords = /[\p{L}\p{N}]/u.test(sentence.text);
      const isMute = problem !== undefined && problem === engine.mute;
      if (isMute && isWords) throw failed(`${problem}, as it is where its voice has no sound for a text`);
      if (problem !== undefined && !isMute) throw failed(problem);
      if (voices) await voices;
      following ??= follow();
      const files = isMute ? await following.silence() : await following.finish();
      if (typeof files === 'string') throw failed(files);
      // as flite for a text in letters that its voice does not know
      if (isWords && files.every(hasNoSample)) throw failed('has no sound for this text');
      for (const [ending, contents] of files) {
        const part = parts.get(ending) ?? beginPart(workplace, ending);
        parts.set(ending, part);
        workplace.fill(part, contents);
      }
      if (this.#settings.copy !== undefined) await this.#copy(files, sentence, parts, workplace);
      // each appears whole, and the one that is looked for when all are there
      for (const [ending] of files)
        renameSync((parts.get(ending) as Begun).file, `${cache}/${sentence.key}.${ending}`);
    } finally {
      following?.stop();
      for (const { fd } of parts.values()) closeSync(fd);
    }
  }

  /** flite takes a voice that it does not have for its usual one, and says nothing. */
  #checkVoice({ engine, program, voice }: CommandLine, workplace: Workplace): Promise<void> | undefined {
    if (!engine.voices || voice === undefined) return undefined;
    const list = workplace.file('voices');
    const { timeoutMs } = this.#settings;
    return (async () => {
      if (voice.includes('/')) {
        if (!existsSync(voice)) throw problems().noSuchVoice(engine, voice);
        return;
      }
      await workplace.run({ program, args: engine.voices as readonly string[], said: list, timeoutMs });
      const known = readSaid(list)
        .replace(/^[^:]*:/, '')
        .trim();
      if (!known.split(/\s+/).includes(voice)) throw problems().noSuchVoice(engine, voice, known);
    })();
  }

  /** Takes the files to Asterisk's machine, under the names that they will be played by. */
  async #copy(
    files: WaveFiles,
    { key }: Sentence,
    parts: ReadonlyMap<Ending, Begun>,
    workplace: Workplace,
  ): Promise<void> {
    const { copy, copyFolder, timeoutMs } = this.#settings;
    for (const [ending] of files) {
      // what is made is converted in slices, and the call may have ended between them
      this.#check();
      const said = workplace.file(`copied.${ending}`);
      const { file } = parts.get(ending) as Begun;
      const values = { file, name: `${key}.${ending}`, folder: copyFolder as string };
      const [program = '', ...args] = template().copyCommand(copy as string, values);
      const { problem, timedOut } = await workplace.run({ program, args, said, timeoutMs });
      this.#check();
      if (timedOut)
        throw problems().notCopied(program, `took longer than ${timeoutMs / 1000} s`, readSaid(said));
      if (problem !== undefined) throw problems().notCopied(program, problem, readSaid(said));
    }
  }
}

/** When what was made is on its way. */
export function tidy({ cache, cacheBytes, cacheMs }: SpeechSettings, workplace: Workplace): void {
  workplace.clear();
  sweeping().sweepInTime(cache, { bytes: cacheBytes, ageMs: cacheMs });
}

function beginPart(workplace: Workplace, ending: Ending): Begun {
  const part = workplace.begin(`made.${ending}`, 0o644);
  // the umask of a service is seldom meant for this
  fchmodSync(part.fd, 0o644);
  return part;
}

/** Whether there is no room for a second of sound. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 16_000;
  } catch {
    // the folder itself is gone
    return false;
  }
}

function hasNoSample([, file]: WaveFiles[number]): boolean {
  return file.length <= WAVE_HEAD_BYTES;
}

/** What a program has said, as far as it helps. */
function readSaid(file: string): string {
  try {
    return readFileSync(file).toString('utf8', 0, SAID_BYTES);
  } catch {
    return '';
  }
}

// a command line of the configuration's
const template = (): typeof import('./template') => require('./template');
// once an hour
const sweeping = (): typeof import('./sweep') => require('./sweep');
// the words for what went wrong
const problems = (): typeof import('./problems') => require('./problems');
