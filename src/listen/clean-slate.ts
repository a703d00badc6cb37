import { isPackage } from './modules';
import { StandardDescriptors } from './standard-descriptors';

/** Node's own talk with the parent process. */
const NODES_OWN = 'internalMessage';

/** When those that are over are struck from the list of timers. */
const TIMERS = 500;

/**
 * What a script can leave in its process, put back to how it was before: globals, the environment, listeners of
 * `process`, the working folder, the file mode mask. What it has changed inside of Node's own objects, and what
 * packages keep, stays: a process of one call only (`max_calls = 1`) is the remedy for that.
 */
export class CleanSlate {
  readonly #globals = new Own(globalThis);
  readonly #console = new Own(console);
  readonly #env = process.env;
  readonly #environment = new Map(Object.entries(process.env));
  readonly #listeners = new Map<string | symbol, Set<unknown>>();
  readonly #folder = process.cwd();
  readonly #mask = process.umask();
  readonly #descriptors = new StandardDescriptors();
  /** Timers that keep no process going, which nothing else tells of. */
  readonly #quietTimers = new Set<NodeJS.Timeout>();

  /** How things are now is how they will be again. */
  constructor() {
    this.#watchQuietTimers();
    for (const event of process.eventNames()) {
      if (event === NODES_OWN) continue;
      this.#listeners.set(event, new Set(process.rawListeners(event)));
    }
  }

  /** @returns what could not be put back, by name */
  restore(): string[] {
    const left: string[] = [];
    this.#globals.restore(left);
    this.#console.restore(left);
    this.#restoreEnvironment();
    for (const event of process.eventNames()) {
      if (event === NODES_OWN) continue;
      const before = this.#listeners.get(event);
      for (const listener of process.rawListeners(event)) {
        if (!before?.has(listener)) process.removeListener(event, listener as () => void);
      }
    }
    for (const [event, listeners] of this.#listeners) {
      if (process.listenerCount(event) !== listeners.size)
        left.push(`listeners of process's ${String(event)}`);
    }
    for (const timer of this.#quietTimers) clearTimeout(timer);
    this.#quietTimers.clear();
    if (!this.#descriptors.areThere) left.push('descriptors 0 to 2');
    process.umask(this.#mask);
    process.exitCode = undefined;
    try {
      if (process.cwd() !== this.#folder) process.chdir(this.#folder);
    } catch {
      left.push('the working folder');
    }
    return left;
  }

  /**
   * `setInterval(…).unref()` would go on in the calls that follow. Packages may have such timers for what they keep,
   * a pool of connections say, and so has Node: of its fetch() all limits in time hang on one. Theirs are left alone.
   */
  #watchQuietTimers(): void {
    const first = setTimeout(() => {}, 0);
    clearTimeout(first);
    const prototype = Object.getPrototypeOf(first) as NodeJS.Timeout;
    const { unref } = prototype;
    const timers = this.#quietTimers;
    prototype.unref = function (this: NodeJS.Timeout) {
      if (isScripts(callersOf(prototype.unref))) {
        if (timers.size >= TIMERS) for (const timer of timers) if (isOver(timer)) timers.delete(timer);
        timers.add(this);
      }
      return unref.call(this);
    };
  }

  #restoreEnvironment(): void {
    if (process.env !== this.#env) process.env = this.#env;
    const { env } = process;
    let same = 0;
    for (const name of Object.keys(env)) {
      const before = this.#environment.get(name);
      if (before === undefined) delete env[name];
      else if (env[name] === before) same++;
    }
    if (same === this.#environment.size) return;
    for (const [name, value] of this.#environment) env[name] = value;
  }
}

/** The lines of a stack that say who has called. */
function callersOf(called: () => unknown): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 4;
  const at: { stack?: unknown } = {};
  Error.captureStackTrace(at, called);
  Error.stackTraceLimit = limit;
  // a script may have its own way to show stacks
  return String(at.stack).split('\n').slice(1);
}

/** Whether a timer is a script's own: not a package's, this program's, or one of those that Node keeps for all. */
function isScripts(callers: readonly string[]): boolean {
  // AbortSignal.timeout() is its caller's
  const caller = callers.find((line) => !line.includes('node:internal/abort_controller')) ?? '';
  return !isPackage(caller) && !/[( ]node:/.test(caller) && !caller.includes(__filename);
}

/** Has run, or was cleared: there is no public name for that. */
function isOver(timer: NodeJS.Timeout): boolean {
  return (timer as { _destroyed?: boolean })._destroyed !== false;
}

/** The properties of an object that every call looks at again: nearly always there is nothing to be done. */
class Own {
  readonly #object: object;
  readonly #before = new Map<PropertyKey, PropertyDescriptor>();
  /** The names in their order, and what belongs to each; to Node's own, nothing. */
  #names: PropertyKey[] = [];
  #descriptors: (PropertyDescriptor | undefined)[] = [];

  constructor(object: object) {
    this.#object = object;
    for (const name of Reflect.ownKeys(object))
      this.#before.set(name, Object.getOwnPropertyDescriptor(object, name) as PropertyDescriptor);
    this.#learnOrder();
  }

  /** @param left gets the names of what could not be put back */
  restore(left: string[]): void {
    const object = this.#object;
    const names = Reflect.ownKeys(object);
    if (!this.#areNames(names)) {
      for (const name of names) {
        if (!this.#before.has(name) && !Reflect.deleteProperty(object, name) && !isNodes(name))
          left.push(String(name));
      }
      for (const [name, before] of this.#before) {
        if (!Object.hasOwn(object, name) && !Reflect.defineProperty(object, name, before))
          left.push(String(name));
      }
      this.#learnOrder();
    }
    for (let at = 0; at < this.#names.length; at++) {
      const before = this.#descriptors[at];
      // one that is made when it is first asked for becomes a value by itself
      if (before === undefined || before.get !== undefined) continue;
      const name = this.#names[at] as PropertyKey;
      const now = Object.getOwnPropertyDescriptor(object, name);
      const isSame = Object.is(now?.value, before.value) && now?.writable === before.writable;
      if (!isSame && !Reflect.defineProperty(object, name, before)) left.push(String(name));
    }
  }

  #areNames(names: readonly PropertyKey[]): boolean {
    if (names.length !== this.#names.length) return false;
    for (let at = 0; at < names.length; at++) if (names[at] !== this.#names[at]) return false;
    return true;
  }

  #learnOrder(): void {
    this.#names = Reflect.ownKeys(this.#object);
    this.#descriptors = this.#names.map((name) => this.#before.get(name));
  }
}

/** Where Node's own fetch() keeps its connections, once something has asked for it: it cannot be deleted. */
function isNodes(name: PropertyKey): boolean {
  return typeof name === 'symbol' && name.description?.startsWith('undici.') === true;
}
