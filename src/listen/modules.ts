/**
 * Scripts loaded anew in a process that goes on, as often as one likes.
 *
 * All modules that are no packages live in an age of the process's: `renew` begins the next one, in which each
 * is loaded from its file again. What lies in a `node_modules` folder stays, with what it holds. CommonJS modules
 * of an age that is over are let go of; ES modules cannot be had out of Node's memory, so each age has its own
 * addresses for them (`?fastagi=AGE`), and what was loaded under older ones stays in memory until the process
 * is renewed.
 */
import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { importModule } from '../run/importing';
import { exportedFunction, requireAsMain, type ScriptFunction } from '../run/load';
import { keepCompiledScripts } from './compiled-scripts';

const MARK = 'fastagi';

type Resolve = (url: string, context: object, next: (url: string, context: object) => Resolved) => Resolved;
interface Resolved {
  url: string;
}
type RegisterHooks = (hooks: { resolve: Resolve }) => void;
type Compile = (this: NodeJS.Module, text: string, ...rest: unknown[]) => unknown;

export class Modules {
  /** What was there before any script: the program itself. */
  readonly #own: ReadonlySet<string> = new Set(Object.keys(require.cache));
  /** Whether the files of ES modules are known only of those that are imported: then one that was required is again. */
  readonly #imports: boolean;
  readonly #watches: boolean;
  readonly #age = new Int32Array(new SharedArrayBuffer(4));
  /** Scripts that are ES modules: `require` would give again what they exported the first time. */
  readonly #esModules = new Set<string>();
  /** ES modules that `require` has loaded, which no new address reaches. */
  readonly #fixed = new WeakSet<object>();
  /** Files of this age, with what tells one state of a file from the next; none where nobody will ask. */
  #stamps = new Map<string, string>();
  /** Gives ES modules their addresses, from a thread of its own, once there is one: see `#hookLate`. */
  #hookDue: 'when one is met' | 'now' | undefined;

  /**
   * @param options.renews whether there will be more than one age: else nothing has to be told apart
   * @param options.watches whether `changed` will be asked
   */
  constructor({ renews, watches }: { renews: boolean; watches: boolean }) {
    // where files seldom change, and are loaded again only then, there is nothing to gain
    if (renews && !watches) keepCompiledScripts((file) => !isPackage(file));
    const registerHooks = renews ? hooksInThread() : undefined;
    this.#watches = watches;
    this.#imports = watches && !registerHooks;
    if (registerHooks) this.#hookHere(registerHooks);
    else if (renews && watches) this.#hookByThread();
    else if (renews) this.#hookLate();
  }

  /** How many ages there have been, each leaving its ES modules behind. */
  get age(): number {
    return this.#age[0] as number;
  }

  /**
   * Runs the body of a script as this age has it, and gives the function that it exports, if it exports one.
   * @throws whatever the body throws
   * @throws RefusedError where the file cannot be read, or this Node cannot load its kind
   */
  async load(file: string): Promise<ScriptFunction | undefined> {
    if (/\.[mc]?ts$/.test(file)) special().checkTypeScript(file);
    this.#stamp(file);
    try {
      return exportedFunction(await this.#run(file));
    } finally {
      // what it is made of, as it is now
      this.#stampModules();
    }
  }

  async #run(file: string): Promise<unknown> {
    if (this.#esModules.has(file) || (this.#imports && /\.m[jt]s$/.test(file))) return this.#import(file);
    let exports: unknown;
    try {
      exports = requireAsMain(file);
    } catch (error) {
      exports = await special().importInstead(file, error);
    }
    if (types.isModuleNamespaceObject(exports)) {
      this.#meetModule();
      this.#esModules.add(file);
      delete require.cache[file];
      if (this.#imports) return this.#import(file);
      // the file was CommonJS, has become an ES module, and was one before that
      if (this.#fixed.has(exports as object)) exports = await this.#import(file);
      else this.#fixed.add(exports as object);
    }
    return exports;
  }

  /**
   * Begins the next age.
   * @returns whether nothing of the last one is left that a script could meet again
   */
  renew(): boolean {
    let clean = true;
    for (const file in require.cache) {
      if (!this.#isRenewed(file)) continue;
      if (types.isModuleNamespaceObject(require.cache[file]?.exports)) clean = false;
      delete require.cache[file];
    }
    this.#stamps = new Map();
    Atomics.add(this.#age, 0, 1);
    return clean;
  }

  /** What has to be made ready before the next age, and takes its time; undefined: nothing. */
  get preparation(): (() => void) | undefined {
    if (this.#hookDue !== 'now') return undefined;
    return () => {
      this.#hookDue = undefined;
      this.#hookByThread();
    };
  }

  /** Whether a file of this age is another one now. */
  changed(): boolean {
    // some are loaded only when a call comes to where they are wanted
    this.#stampModules();
    for (const [file, stamp] of this.#stamps) if (stampOf(file) !== stamp) return true;
    return false;
  }

  #stampModules(): void {
    if (!this.#watches) return;
    for (const file in require.cache) if (this.#isRenewed(file)) this.#stamp(file);
  }

  #isRenewed(file: string): boolean {
    return !this.#own.has(file) && !isPackage(file) && !file.endsWith('.node');
  }

  #stamp(file: string): void {
    if (this.#watches && !this.#stamps.has(file)) this.#stamps.set(file, stampOf(file));
  }

  #import(file: string): Promise<unknown> {
    return importModule(`${pathToFileURL(file).href}?${MARK}=${this.age}`);
  }

  /** Gives all that ES modules import, but packages, the address of its age. */
  #hookHere(registerHooks: RegisterHooks): void {
    registerHooks({
      resolve: (url, context, next) => {
        const resolved = next(url, context);
        return { ...resolved, url: this.#addressed(resolved.url) };
      },
    });
  }

  /**
   * That thread costs a boot as much as all the rest of it, and most scripts have no ES module. What the first age
   * loads needs no address: it is the next one that must not meet it. So the thread is started at the end of the
   * first age that has loaded an ES module, or might have: any text that is compiled may hold an `import()`.
   */
  #hookLate(): void {
    this.#hookDue = 'when one is met';
    const { prototype } = module.constructor as unknown as { prototype: { _compile: Compile } };
    const compile = prototype._compile;
    const meetModule = () => this.#meetModule();
    prototype._compile = function (text, ...rest) {
      if (/\bimport\b/.test(text)) {
        meetModule();
        prototype._compile = compile;
      }
      return compile.call(this, text, ...rest);
    };
  }

  #meetModule(): void {
    if (this.#hookDue !== undefined) this.#hookDue = 'now';
  }

  /** Older Nodes: a thread of its own gives the addresses, and tells of the files when it gets to it. */
  #hookByThread(): void {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', (file: string) => this.#stamp(file));
    port1.unref();
    const hook = `let age, port;
      export function initialize(given) { age = given.age; port = given.port; }
      export async function resolve(url, context, next) {
        const resolved = await next(url, context);
        if (!resolved.url.startsWith('file:') || resolved.url.includes('/node_modules/') || resolved.url.includes('?')) return resolved;
        port.postMessage(decodeURIComponent(new URL(resolved.url).pathname));
        return { ...resolved, url: resolved.url + '?${MARK}=' + age[0] };
      }`;
    process.getBuiltinModule('node:module').register(`data:text/javascript,${encodeURIComponent(hook)}`, {
      data: { age: this.#age, port: port2 },
      transferList: [port2],
    });
  }

  #addressed(url: string): string {
    if (!url.startsWith('file:') || isPackage(url) || url.includes('?')) return url;
    this.#stamp(decodeURIComponent(new URL(url).pathname));
    return `${url}?${MARK}=${this.age}`;
  }
}

/** Node 22.15 and later. */
function hooksInThread(): RegisterHooks | undefined {
  return (process.getBuiltinModule('node:module') as { registerHooks?: RegisterHooks }).registerHooks;
}

/** Also of a line that names a file. */
export function isPackage(file: string): boolean {
  return file.includes('/node_modules/');
}

/** Two states of a file that look alike here are taken for one. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.ctimeMs} ${stat.size} ${stat.ino}` : '';
}

// kinds of scripts that `require` alone does not do
const special = (): typeof import('../run/load-special') => require('../run/load-special');
