/**
 * A sentence that nobody has said before: an engine speaks it, and it is put where Asterisk finds it. Here is what it
 * takes to start the engine, and nothing else; `finishing` is read in while it speaks.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { claim } from './claim';
import { checkSpeakable, encodeText, engineCommand } from './command-line';
import type { Finisher } from './finishing';
import type { SpeechSettings } from './settings';
import type { Sentence } from './speech';
import { Workplace } from './workplace';

/** How many engines may run at once for one call: what is prepared must not slow down what is waited for. */
const AT_ONCE = 2;

interface Order {
  urgent: boolean;
  readonly made: Promise<void>;
  /** Of one that waits for its turn. */
  readonly begin?: () => void;
}

export class Making {
  readonly #settings: SpeechSettings;
  readonly #orders = new Map<string, Order>();
  readonly #waiting: Order[] = [];
  readonly #workplaces = new Set<Workplace>();
  readonly #check = () => {
    if (this.#stopped) throw this.#stopped;
  };
  #finisher: Finisher | undefined;
  #stopped: Error | undefined;
  #busy = 0;
  #folderIsReady = false;

  constructor(settings: SpeechSettings) {
    this.#settings = settings;
  }

  /**
   * Resolves when the sentence's files are there. One that is being made is not made twice. Where there is nothing
   * to wait for, its engine runs when this returns.
   * @throws AgiSpeechError at once for what cannot be spoken
   */
  make(sentence: Sentence, urgent: boolean): Promise<void> {
    checkSpeakable(this.#settings, sentence);
    const known = this.#orders.get(sentence.file);
    if (known) {
      known.urgent ||= urgent;
      return known.made;
    }
    const order =
      this.#busy < AT_ONCE ? { urgent, made: this.#fill(sentence) } : this.#wait(sentence, urgent);
    this.#orders.set(sentence.file, order);
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
    for (const order of this.#waiting.splice(0)) order.begin?.();
    return Promise.allSettled(made);
  }

  #wait(sentence: Sentence, urgent: boolean): Order {
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const order = { urgent, begin, made: turn.then(() => this.#fill(sentence)) };
    this.#waiting.push(order);
    return order;
  }

  #next(): void {
    const urgent = this.#waiting.findIndex((order) => order.urgent);
    const [order] = this.#waiting.splice(Math.max(urgent, 0), 1);
    order?.begin?.();
  }

  async #fill(sentence: Sentence): Promise<void> {
    this.#busy++;
    try {
      this.#check();
      await this.#makeOnce(sentence);
    } catch (error) {
      // of the files: nothing else here calls the system
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw problems().badCache(this.#settings, code ?? message);
    } finally {
      this.#orders.delete(sentence.file);
      this.#busy--;
      if (this.#waiting.length > 0) this.#next();
    }
  }

  /** Of all processes that want it, one makes it. */
  async #makeOnce(sentence: Sentence): Promise<void> {
    const { cache, timeoutMs } = this.#settings;
    const command = engineCommand(this.#settings, sentence);
    const lock = `${cache}/.${sentence.key}.lock`;
    if (!this.#folderIsReady || !existsSync(cache)) this.#readyFolder();
    const ours = claim(lock, sentence.file, {
      waitMs: timeoutMs,
      check: this.#check,
      tooLong: () => problems().claimedTooLong(timeoutMs, sentence.file),
    });
    if (ours !== true && !(await ours)) return;
    const workplace = new Workplace(cache, sentence.key, lock);
    this.#workplaces.add(workplace);
    try {
      const { engine, program, takesFile, givesFile } = command;
      const text = workplace.write('txt', encodeText(engine, sentence.text));
      const wave = workplace.file('wav');
      const said = workplace.file('said');
      const run = workplace.run({
        program,
        args: command.args({ file: text, wave }),
        said,
        ...(takesFile ? undefined : { input: text }),
        ...(givesFile ? undefined : { output: wave }),
        timeoutMs,
      });
      // at once: a process that sleeps meanwhile may wake on the processor that has the engine by then
      this.#finisher ??= new (finishing().Finisher)(this.#settings, this.#check);
      await this.#finisher.finish({ command, sentence, workplace, run, wave, said });
      workplace.release();
      // when what was made is on its way
      setImmediate(() => finishing().tidy(this.#settings, workplace));
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
    makeFolder(cache);
    if (!cacheNamed) {
      const { uid } = lstatSync(cache);
      if (uid !== process.getuid?.()) throw problems().notOurs(this.#settings, uid);
    }
    this.#folderIsReady = true;
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

// all that is left to do while the engine speaks
const finishing = (): typeof import('./finishing') => require('./finishing');
// the words for what went wrong
const problems = (): typeof import('./problems') => require('./problems');
