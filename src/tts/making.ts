/** A sentence that nobody has said before: an engine speaks it, and it is put where Asterisk finds it. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AgiSpeechError } from '../errors';
import { claim, release } from './claim';
import { type CommandLine, checkSpeakable, copyCommand, encodeText, engineCommand } from './command-line';
import * as problems from './problems';
import { type RunningProgram, runProgram } from './program';
import { Resampler } from './resampling';
import type { SpeechSettings } from './settings';
import type { Sentence } from './speech';
import { sweepInTime } from './sweep';
import { decodeWave, encodeWave, type Sound, WaveError } from './wave';

/** How many engines may run at once for one call: what is prepared must not slow down what is waited for. */
const AT_ONCE = 2;
/** The most of what an engine has said that is told. */
const SAID_BYTES = 2000;
/** Half an hour of sound, of any voice there is: more than that is no sentence. */
const MAX_WAVE_BYTES = 200_000_000;

interface Order {
  readonly sentence: Sentence;
  urgent: boolean;
  begin(): void;
  readonly made: Promise<void>;
}

export class Making {
  readonly #settings: SpeechSettings;
  readonly #orders = new Map<string, Order>();
  readonly #waiting: Order[] = [];
  readonly #running = new Set<RunningProgram>();
  readonly #temporary = new Set<string>();
  readonly #resamplers = new Map<string, Resampler>();
  #stopped: Error | undefined;
  #busy = 0;
  #folderIsReady = false;

  constructor(settings: SpeechSettings) {
    this.#settings = settings;
  }

  /**
   * Resolves when the sentence's files are there. One that is being made is not made twice.
   * @throws AgiSpeechError at once for what cannot be spoken
   */
  make(sentence: Sentence, urgent: boolean): Promise<void> {
    checkSpeakable(this.#settings, sentence);
    if (this.#stopped) return Promise.reject(this.#stopped);
    let order = this.#orders.get(sentence.file);
    if (!order) {
      let begin = () => {};
      const turn = new Promise<void>((resolve) => {
        begin = resolve;
      });
      order = { sentence, urgent, begin, made: this.#fill(turn, sentence) };
      this.#orders.set(sentence.file, order);
      this.#waiting.push(order);
    }
    order.urgent ||= urgent;
    this.#next();
    return order.made;
  }

  /** Ends all that is being made or waits to be, and makes no more. */
  stop(reason: Error): void {
    this.#stopped ??= reason;
    for (const program of this.#running) program.kill();
    for (const order of this.#waiting.splice(0)) {
      this.#busy++;
      order.begin();
    }
  }

  #check(): void {
    if (this.#stopped) throw this.#stopped;
  }

  #next(): void {
    while (this.#busy < AT_ONCE && this.#waiting.length > 0) {
      const urgent = this.#waiting.findIndex((order) => order.urgent);
      const [order] = this.#waiting.splice(Math.max(urgent, 0), 1);
      this.#busy++;
      order?.begin();
    }
  }

  async #fill(turn: Promise<void>, sentence: Sentence): Promise<void> {
    await turn;
    try {
      this.#check();
      await this.#makeOnce(sentence);
    } finally {
      this.#orders.delete(sentence.file);
      this.#busy--;
      this.#next();
    }
  }

  /** Of all processes that want it, one makes it. */
  async #makeOnce(sentence: Sentence): Promise<void> {
    const { cache, timeoutMs } = this.#settings;
    const command = engineCommand(this.#settings, sentence);
    this.#readyFolder();
    const lock = `${cache}/.${sentence.key}.lock`;
    const tooLong = () => problems.claimedTooLong(timeoutMs, sentence.file);
    try {
      const ours = await claim(lock, sentence.file, {
        waitMs: timeoutMs,
        check: () => this.#check(),
        tooLong,
      });
      if (!ours) return;
      await this.#makeClaimed(command, sentence, lock);
      const { cacheBytes, cacheMs } = this.#settings;
      // when what was made is on its way
      setImmediate(sweepInTime, cache, { bytes: cacheBytes, ageMs: cacheMs });
    } catch (error) {
      // of the files: nothing else here calls the system
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw problems.badCache(this.#settings, error as NodeJS.ErrnoException);
    }
  }

  async #makeClaimed(command: CommandLine, sentence: Sentence, lock: string): Promise<void> {
    // a script that exits meanwhile leaves nothing behind
    const tidy = () => {
      for (const program of this.#running) program.kill();
      for (const file of this.#temporary) remove(file);
      release(lock);
    };
    process.setMaxListeners(process.getMaxListeners() + 1);
    process.once('exit', tidy);
    try {
      await this.#publish(await this.#speak(command, sentence), sentence);
    } finally {
      release(lock);
      process.off('exit', tidy);
      process.setMaxListeners(process.getMaxListeners() - 1);
    }
  }

  /** The folder is ours, and Asterisk's user may look into it, whatever the umask says. */
  #readyFolder(): void {
    const { cache, cacheNamed } = this.#settings;
    if (this.#folderIsReady) return;
    try {
      const made = mkdirSync(cache, { recursive: true, mode: 0o755 });
      // with all that had to be made above it
      if (made !== undefined)
        for (let folder = cache; folder.length >= made.length; folder = dirname(folder))
          chmodSync(folder, 0o755);
      const { uid } = lstatSync(cache);
      if (!cacheNamed && uid !== process.getuid?.()) throw problems.notOurs(this.#settings, uid);
    } catch (error) {
      if (error instanceof AgiSpeechError) throw error;
      throw problems.badCache(this.#settings, error as NodeJS.ErrnoException);
    }
    this.#folderIsReady = true;
  }

  async #speak(command: CommandLine, sentence: Sentence): Promise<Sound> {
    const { engine, program, args, takesFile, givesFile } = command;
    const text = this.#temporaryFile(sentence, 'txt');
    const wave = this.#temporaryFile(sentence, 'wav');
    const said = this.#temporaryFile(sentence, 'said');
    try {
      writeFileSync(text, encodeText(engine, sentence.text), { mode: 0o600 });
      const voices = this.#checkVoice(command, sentence);
      // told when the engine has ended
      voices.catch(() => {});
      const run = this.#run({
        program,
        args: args({ file: text, wave }),
        said,
        ...(takesFile ? {} : { input: text }),
        ...(givesFile ? {} : { output: wave }),
        timeoutMs: this.#settings.timeoutMs,
      });
      // an engine that is at work leaves time for what comes next
      setImmediate(() => this.#prepare(engine.usualRate, sentence));
      const { problem, timedOut } = await run;
      this.#check();
      if (timedOut) throw problems.tooSlow(engine.name, program, this.#settings.timeoutMs);
      const failed = (how: string) => problems.engineFailed(engine.name, program, how, readSaid(said));
      if (problem !== undefined) throw failed(problem);
      await voices;
      // festival and flite end with status 0 even where they have failed
      if (!existsSync(wave)) throw failed('made no sound');
      if (lstatSync(wave).size > MAX_WAVE_BYTES) throw failed('made a file without end');
      try {
        return decodeWave(readFileSync(wave));
      } catch (error) {
        if (error instanceof WaveError) throw failed(`made no sound: what it wrote ${error.message}`);
        throw error;
      }
    } finally {
      for (const file of [text, wave, said]) this.#drop(file);
    }
  }

  async #run(run: Parameters<typeof runProgram>[0]): ReturnType<typeof runProgram>['ended'] {
    const program = runProgram(run);
    this.#running.add(program);
    try {
      return await program.ended;
    } finally {
      this.#running.delete(program);
    }
  }

  /** flite takes a voice that it does not have for its usual one, and says nothing. */
  async #checkVoice({ engine, program, voice }: CommandLine, sentence: Sentence): Promise<void> {
    if (!engine.voices || voice === undefined) return;
    if (voice.includes('/')) {
      if (!existsSync(voice)) throw problems.noSuchVoice(engine, voice);
      return;
    }
    const list = this.#temporaryFile(sentence, 'voices');
    try {
      await this.#run({ program, args: engine.voices, said: list, timeoutMs: this.#settings.timeoutMs });
      const known = readSaid(list)
        .replace(/^[^:]*:/, '')
        .trim();
      if (!known.split(/\s+/).includes(voice)) throw problems.noSuchVoice(engine, voice, known);
    } finally {
      this.#drop(list);
    }
  }

  /** Makes ready the filters that this engine's sound will want, and lets V8 see what it will run. */
  #prepare(rate: number, sentence: Sentence): void {
    const silence = { rate, samples: new Int16Array(rate / 8) };
    for (const _ of this.#convert(silence, sentence));
  }

  /** The files that Asterisk chooses from, by their endings; what is wanted last comes last. */
  *#convert(sound: Sound, { options }: Sentence): Generator<[ending: string, sound: Sound]> {
    const sampleRate = options.sampleRate ?? this.#settings.sampleRate;
    let wide = sound;
    // 16,000 Hz of a voice that has no more than 8,000 would be the same twice
    if (sampleRate === 16_000 || (sampleRate === 'both' && sound.rate > 8000)) {
      wide = this.#resample(sound, 16_000);
      yield ['wav16', wide];
    }
    if (sampleRate !== 16_000) yield ['wav', this.#resample(wide, 8000)];
  }

  #resample({ rate, samples }: Sound, to: number): Sound {
    if (rate === to) return { rate, samples };
    const name = `${rate} ${to}`;
    const resampler = this.#resamplers.get(name) ?? new Resampler(rate, to);
    this.#resamplers.set(name, resampler);
    return { rate: to, samples: resampler.resample(samples) };
  }

  /** Each file appears whole, and the one that is looked for when all are there. */
  async #publish(sound: Sound, sentence: Sentence): Promise<void> {
    const { cache, copy } = this.#settings;
    const parts: [part: string, file: string][] = [];
    try {
      for (const [ending, converted] of this.#convert(sound, sentence)) {
        const part = this.#temporaryFile(sentence, ending);
        writeFileSync(part, encodeWave(converted), { mode: 0o644 });
        // the umask of a service is seldom meant for this
        chmodSync(part, 0o644);
        parts.push([part, `${cache}/${sentence.key}.${ending}`]);
      }
      if (copy !== undefined) for (const [part, file] of parts) await this.#copy(copy, part, file, sentence);
      for (const [part, file] of parts) renameSync(part, file);
    } finally {
      for (const [part] of parts) this.#drop(part);
    }
  }

  /** Takes a file to Asterisk's machine, under the name that it will be played by. */
  async #copy(copy: string, part: string, file: string, sentence: Sentence): Promise<void> {
    const said = this.#temporaryFile(sentence, 'copied');
    const { timeoutMs, copyFolder } = this.#settings;
    const name = file.slice(file.lastIndexOf('/') + 1);
    const [program = '', ...args] = copyCommand(copy, { file: part, name, folder: copyFolder as string });
    try {
      const { problem, timedOut } = await this.#run({ program, args, said, timeoutMs });
      if (timedOut)
        throw problems.notCopied(program, `took longer than ${timeoutMs / 1000} s`, readSaid(said));
      if (problem !== undefined) throw problems.notCopied(program, problem, readSaid(said));
    } finally {
      this.#drop(said);
    }
  }

  #temporaryFile({ key }: Sentence, ending: string): string {
    const chance = Math.random().toString(36).slice(2);
    const file = `${this.#settings.cache}/.${key}.${process.pid}-${chance}.${ending}`;
    this.#temporary.add(file);
    return file;
  }

  #drop(file: string): void {
    remove(file);
    this.#temporary.delete(file);
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // it was never made, or has its final name
  }
}

/** What a program has said, as far as it helps. */
function readSaid(file: string): string {
  try {
    return readFileSync(file).toString('utf8', 0, SAID_BYTES);
  } catch {
    return '';
  }
}
