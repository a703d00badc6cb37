/**
 * Loads a script as Node would run it: CommonJS, ES module (told apart by its syntax where the name does
 * not say), TypeScript where the running Node strips types.
 */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';

export type ScriptFunction = (call: unknown) => unknown;

/** Node's own class of modules: what `require('node:module')` gives too, but that costs 1.3 ms. */
const ScriptModule = module.constructor as unknown as {
  new (file: string): NodeJS.Module & { load(file: string): void };
};

/**
 * Runs the body of a script, and gives the function that it exports, if it exports one.
 * @throws whatever the body throws
 * @throws RefusedError where the file cannot be read, or this Node cannot load its kind
 */
export async function load(file: string): Promise<ScriptFunction | undefined> {
  const extension = path.extname(file);
  if (['.ts', '.mts', '.cts'].includes(extension) && !stripsTypes()) {
    throw new RefusedError(
      'SCRIPT_TYPESCRIPT',
      `${path.basename(file)} is TypeScript, and this Node (${process.version}) cannot strip its types: ` +
        'run the service with Node 22.18 or later, or compile the script to JavaScript',
    );
  }
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new RefusedError(
      'SCRIPT_UNREADABLE',
      `${file} cannot be read by user ${process.getuid?.()}: ${(error as Error).message}`,
    );
  }
  try {
    return exportedFunction(requireAsMain(file));
  } catch (error) {
    // only this says that a module awaits at its top level, and nothing of it has run by then
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
  }
  delete require.cache[file];
  if (extension === '.agi') allowAgiModules();
  return exportedFunction(await import(fileUrl(file)));
}

function stripsTypes(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

/** `require`, but as the program that runs: `require.main === module` holds in the script. */
function requireAsMain(file: string): unknown {
  const script = new ScriptModule(file);
  script.id = '.';
  process.mainModule = script;
  require.cache[file] = script;
  script.load(file);
  return script.exports;
}

function exportedFunction(exports: unknown): ScriptFunction | undefined {
  for (const candidate of [exports, (exports as { default?: unknown } | undefined)?.default]) {
    if (typeof candidate === 'function') return candidate as ScriptFunction;
    // a CommonJS module that was compiled from `export default`, seen through import()
    const inner = (candidate as { default?: unknown } | undefined)?.default;
    if (typeof inner === 'function') return inner as ScriptFunction;
  }
  return undefined;
}

function fileUrl(file: string): string {
  return process.getBuiltinModule('node:url').pathToFileURL(file).href;
}

/** Node imports no file whose ending it does not know; `.agi` is JavaScript here. */
function allowAgiModules(): void {
  const hook = `export async function load(url, context, next) {
    return next(url, url.endsWith('.agi') ? { ...context, format: 'module' } : context);
  }`;
  process.getBuiltinModule('node:module').register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
