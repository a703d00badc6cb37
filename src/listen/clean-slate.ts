import { fstatSync } from 'node:fs';
import { isPackage } from './modules';

/** Node's own talk with the parent process. */
const NODES_OWN = 'internalMessage';

/** When those that are over are struck from the list of timers. */
const TIMERS = 500;

type Own = ReadonlyMap<PropertyKey, PropertyDescriptor>;

/**
 * What a script can leave in its process, put back to how it was before: globals, the environment, listeners of
 * `process`, the working folder, the file mode mask. What it has changed inside of Node's own objects, and what
 * packages keep, stays: a process of one call only (`max_calls = 1`) is the remedy for that.
 */
export class CleanSlate {
  readonly #globals: Own = ownOf(globalThis);
  readonly #console: Own = ownOf(console);
  readonly #environment = { ...process.env };
  readonly #listeners = new Map<string | symbol, Set<unknown>>();
  readonly #folder = process.cwd();
  readonly #mask = process.umask();
  readonly #descriptors = descriptorsNow();
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
    const left = [...restoreOwn(globalThis, this.#globals), ...restoreOwn(console, this.#console)];
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
    if (descriptorsNow() !== this.#descriptors) left.push('descriptors 0 to 2');
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
   * a pool of connections say: theirs are left alone.
   */
  #watchQuietTimers(): void {
    const first = setTimeout(() => {}, 0);
    clearTimeout(first);
    const prototype = Object.getPrototypeOf(first) as NodeJS.Timeout;
    const { unref } = prototype;
    const timers = this.#quietTimers;
    prototype.unref = function (this: NodeJS.Timeout) {
      const file = callerOf(prototype.unref);
      if (!isPackage(file) && !file.includes(__filename)) {
        if (timers.size >= TIMERS) for (const timer of timers) if (isOver(timer)) timers.delete(timer);
        timers.add(this);
      }
      return unref.call(this);
    };
  }

  #restoreEnvironment(): void {
    for (const name of Object.keys(process.env)) {
      if (!Object.hasOwn(this.#environment, name)) delete process.env[name];
    }
    for (const [name, value] of Object.entries(this.#environment)) {
      if (process.env[name] !== value) process.env[name] = value;
    }
  }
}

/** The line of a stack that says who has called. */
function callerOf(called: () => unknown): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  const at: { stack?: unknown } = {};
  Error.captureStackTrace(at, called);
  Error.stackTraceLimit = limit;
  // a script may have its own way to show stacks
  return String(at.stack);
}

/** Has run, or was cleared: there is no public name for that. */
function isOver(timer: NodeJS.Timeout): boolean {
  return (timer as { _destroyed?: boolean })._destroyed !== false;
}

/** What standard input, output and error are: a script that closes one would have the next call's socket there. */
function descriptorsNow(): string {
  return [0, 1, 2].map(stateOf).join();
}

function stateOf(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd);
    return `${dev} ${ino}`;
  } catch {
    return '';
  }
}

function ownOf(object: object): Own {
  return new Map(
    Reflect.ownKeys(object).map((name) => [
      name,
      Object.getOwnPropertyDescriptor(object, name) as PropertyDescriptor,
    ]),
  );
}

/** @returns the names of what could not be put back */
function restoreOwn(object: object, own: Own): string[] {
  const left: PropertyKey[] = [];
  for (const name of Reflect.ownKeys(object)) {
    const before = own.get(name);
    if (!before) {
      if (!Reflect.deleteProperty(object, name) && !isNodes(name)) left.push(name);
      // one that is made when it is first asked for has become a value by itself
    } else if (before.get === undefined) {
      const { value } = Object.getOwnPropertyDescriptor(object, name) as PropertyDescriptor;
      if (value !== before.value && !Reflect.defineProperty(object, name, before)) left.push(name);
    }
  }
  for (const [name, before] of own) {
    if (!Object.hasOwn(object, name) && !Reflect.defineProperty(object, name, before)) left.push(name);
  }
  return left.map(String);
}

/** Where Node's own fetch() keeps its connections, once something has asked for it: it cannot be deleted. */
function isNodes(name: PropertyKey): boolean {
  return typeof name === 'symbol' && name.description?.startsWith('undici.') === true;
}
