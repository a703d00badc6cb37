/**
 * A sentence that nobody has said before: an engine speaks it, and it is put where Asterisk finds it. Here is what it
 * takes to start the engine; the rest is read in while it speaks.
 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { claim } from './claim';
import { type CommandLine, checkSpeakable, copyCommand, encodeText, engineCommand } from './command-line';
import type { Converter, Following, WaveFiles } from './conversion';
import type { SpeechSettings } from './settings';
import type { Sentence } from './speech';
import { Workplace } from './workplace';

/** How many engines may run at once for one call: what is prepared must not slow down what is waited for. */
const AT_ONCE = 2;
/** Of a file without a sample. */
const WAVE_HEAD_BYTES = 44;
/** The most of what an engine has said that is told. */
const SAID_BYTES = 2000;

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
  readonly #workplaces = new Set<Workplace>();
  #converter: Converter | undefined;
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

  /**
   * Ends all that is being made or waits to be, and makes no more.
   * @returns what resolves when nothing of it is left; undefined where there is nothing
   */
  stop(reason: Error): Promise<unknown> | undefined {
    this.#stopped ??= reason;
    if (this.#orders.size === 0) return undefined;
    const made = Array.from(this.#orders.values(), (order) => order.made);
    for (const workplace of this.#workplaces) workplace.kill();
    for (const order of this.#waiting.splice(0)) {
      this.#busy++;
      order.begin();
    }
    return Promise.allSettled(made);
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
    const lock = `${cache}/.${sentence.key}.lock`;
    const tooLong = () => problems().claimedTooLong(timeoutMs, sentence.file);
    try {
      this.#readyFolder();
      const ours = await claim(lock, sentence.file, {
        waitMs: timeoutMs,
        check: () => this.#check(),
        tooLong,
      });
      if (!ours) return;
      await this.#makeClaimed(command, sentence, new Workplace(cache, sentence.key, lock));
      const { cacheBytes, cacheMs } = this.#settings;
      // when what was made is on its way
      setImmediate(() => sweeping().sweepInTime(cache, { bytes: cacheBytes, ageMs: cacheMs }));
    } catch (error) {
      // of the files: nothing else here calls the system
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw problems().badCache(this.#settings, code ?? message);
    }
  }

  async #makeClaimed(command: CommandLine, sentence: Sentence, workplace: Workplace): Promise<void> {
    this.#workplaces.add(workplace);
    try {
      const files = await this.#speak(command, sentence, workplace);
      await this.#publish(files, sentence, workplace);
      workplace.release();
      // when what was made is on its way
      setImmediate(() => workplace.clear());
    } catch (error) {
      // another program than the one that has failed may still run
      workplace.kill();
      workplace.clear();
      throw error;
    } finally {
      this.#workplaces.delete(workplace);
    }
  }

  /** The folder is ours, and Asterisk's user may look into it, whatever the umask says. */
  #readyFolder(): void {
    const { cache, cacheNamed } = this.#settings;
    if (this.#folderIsReady) return;
    makeFolder(cache);
    if (!cacheNamed) {
      const { uid } = lstatSync(cache);
      if (uid !== process.getuid?.()) throw problems().notOurs(this.#settings, uid);
    }
    this.#folderIsReady = true;
  }

  async #speak(command: CommandLine, sentence: Sentence, workplace: Workplace): Promise<WaveFiles> {
    const { engine, program, args, takesFile, givesFile } = command;
    const { timeoutMs } = this.#settings;
    const text = workplace.file('txt');
    const wave = workplace.file('wav');
    const said = workplace.file('said');
    const failed = (how: string) =>
      // nor could it say so there
      isFull(this.#settings.cache)
        ? problems().badCache(this.#settings, 'ENOSPC, the disk is full')
        : problems().engineFailed(engine.name, program, how, readSaid(said));
    writeFileSync(text, encodeText(engine, sentence.text), { mode: 0o600 });
    const voices = this.#checkVoice(command, workplace);
    // told when the engine has ended
    voices.catch(() => {});
    const run = workplace.run({
      program,
      args: args({ file: text, wave }),
      said,
      ...(takesFile ? {} : { input: text }),
      ...(givesFile ? {} : { output: wave }),
      timeoutMs,
    });
    let tooMuch: string | undefined;
    let following: Following | undefined;
    const follow = () => {
      this.#converter ??= new (conversion().Converter)();
      const wanted = sentence.options.sampleRate ?? this.#settings.sampleRate;
      return this.#converter.follow({ wave, said }, engine.usualRate, wanted, (problem) => {
        tooMuch ??= problem;
        workplace.kill();
      });
    };
    // an engine that is at work leaves time for what comes next
    const early = setImmediate(() => {
      try {
        following = follow();
      } catch {
        // what cannot be read now is told of when the engine has ended
      }
    });
    try {
      const { problem, timedOut } = await run;
      this.#check();
      if (tooMuch !== undefined) throw failed(tooMuch);
      if (timedOut) throw problems().tooSlow(engine.name, program, timeoutMs);
      if (problem !== undefined) throw failed(problem);
      await voices;
      following ??= follow();
      const files = await following.finish();
      if (typeof files === 'string') throw failed(files);
      // as flite for a text in letters that its voice does not know; of an ellipsis nobody expects a sound
      if (files.every(hasNoSample) && /[\p{L}\p{N}]/u.test(sentence.text))
        throw failed('has no sound for this text');
      return files;
    } finally {
      clearImmediate(early);
      following?.stop();
    }
  }

  /** flite takes a voice that it does not have for its usual one, and says nothing. */
  async #checkVoice({ engine, program, voice }: CommandLine, workplace: Workplace): Promise<void> {
    if (!engine.voices || voice === undefined) return;
    if (voice.includes('/')) {
      if (!existsSync(voice)) throw problems().noSuchVoice(engine, voice);
      return;
    }
    const list = workplace.file('voices');
    await workplace.run({ program, args: engine.voices, said: list, timeoutMs: this.#settings.timeoutMs });
    const known = readSaid(list)
      .replace(/^[^:]*:/, '')
      .trim();
    if (!known.split(/\s+/).includes(voice)) throw problems().noSuchVoice(engine, voice, known);
  }

  /** Each file appears whole, and the one that is looked for when all are there. */
  async #publish(files: WaveFiles, sentence: Sentence, workplace: Workplace): Promise<void> {
    const { cache, copy } = this.#settings;
    const parts: [part: string, file: string][] = [];
    for (const [ending, contents] of files) {
      const part = workplace.file(ending);
      writeFileSync(part, contents, { mode: 0o644 });
      // the umask of a service is seldom meant for this
      chmodSync(part, 0o644);
      parts.push([part, `${cache}/${sentence.key}.${ending}`]);
    }
    if (copy !== undefined) for (const [part, file] of parts) await this.#copy(copy, part, file, workplace);
    for (const [part, file] of parts) renameSync(part, file);
  }

  /** Takes a file to Asterisk's machine, under the name that it will be played by. */
  async #copy(copy: string, part: string, file: string, workplace: Workplace): Promise<void> {
    // what is made is converted in slices, and the call may have ended between them
    this.#check();
    const said = workplace.file('copied');
    const { timeoutMs, copyFolder } = this.#settings;
    const name = file.slice(file.lastIndexOf('/') + 1);
    const [program = '', ...args] = copyCommand(copy, { file: part, name, folder: copyFolder as string });
    const { problem, timedOut } = await workplace.run({ program, args, said, timeoutMs });
    this.#check();
    if (timedOut)
      throw problems().notCopied(program, `took longer than ${timeoutMs / 1000} s`, readSaid(said));
    if (problem !== undefined) throw problems().notCopied(program, problem, readSaid(said));
  }
}

/**
 * With all that has to be made above it. Node's own way to do that goes round in circles for ever where a system says
 * ENOENT below a folder that is there, as /proc does.
 */
function makeFolder(folder: string): void {
  if (folder === '' || existsSync(folder)) return;
  makeFolder(folder.slice(0, folder.lastIndexOf('/')));
  try {
    mkdirSync(folder, 0o755);
    chmodSync(folder, 0o755);
  } catch (error) {
    // another call has made it meanwhile
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !existsSync(folder)) throw error;
  }
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

// the sound: while the engine speaks
const conversion = (): typeof import('./conversion') => require('./conversion');
// when what was made is on its way
const sweeping = (): typeof import('./sweep') => require('./sweep');
// the words for what went wrong
const problems = (): typeof import('./problems') => require('./problems');
