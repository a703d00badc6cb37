/** Scripts that `require` does not load: ES modules that await at their top level, and files it cannot take. */
import module from 'node:module';
import { pathToFileURL } from 'node:url';
import { RefusedError } from '../errors';
import { importModule } from './importing';

/** A resident server's addresses have something behind them. */
const agiModule = /\.agi(\?|$)/;

/** @throws RefusedError where this Node does not strip types */
export function checkTypeScript(file: string): void {
  if ((process.features as { typescript?: unknown }).typescript) return;
  throw new RefusedError(
    'SCRIPT_TYPESCRIPT',
    `${file} is TypeScript, and this Node (${process.version}) cannot strip its types: ` +
      'run the service with Node 22.18 or later, or compile the script to JavaScript',
  );
}

/**
 * Imports what could not be required.
 * @param error what `require` threw, and what this throws again where importing is no remedy
 */
export async function importInstead(file: string, error: unknown): Promise<unknown> {
  if (!(error instanceof Error)) throw error;
  placeSyntaxError(error, file);
  const { code, path } = error as NodeJS.ErrnoException;
  if (path === file && (code === 'EACCES' || code === 'ENOENT')) {
    throw new RefusedError(
      'SCRIPT_UNREADABLE',
      `${file} cannot be read by user ${process.geteuid?.()}: ${error.message}`,
    );
  }
  if (code === 'EISDIR' && (path === undefined || path === file)) {
    throw new RefusedError('SCRIPT_FOLDER', `${file} is a folder, not a script`);
  }
  // only this says that a module awaits at its top level, and nothing of it has run by then
  if (code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
  delete (module as unknown as { _cache: typeof require.cache })._cache[file];
  if (file.endsWith('.agi')) allowAgiModules();
  try {
    return await importModule(pathToFileURL(file).href);
  } catch (problem) {
    placeSyntaxError(problem, file);
    throw problem;
  }
}

let agiModulesAllowed = false;

/** Node imports no file whose ending it does not know; `.agi` is JavaScript here. */
function allowAgiModules(): void {
  if (agiModulesAllowed) return;
  agiModulesAllowed = true;
  // Node 22.15 and later
  const { registerHooks } = module as {
    registerHooks?: (hooks: {
      load(url: string, context: object, next: (url: string, context: object) => unknown): unknown;
    }) => void;
  };
  if (registerHooks) {
    registerHooks({
      load: (url, context, next) =>
        next(url, agiModule.test(url) ? { ...context, format: 'module' } : context),
    });
    return;
  }
  const hook = `export async function load(url, context, next) {
    return next(url, ${agiModule}.test(url) ? { ...context, format: 'module' } : context);
  }`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

function placeSyntaxError(error: unknown, file: string): void {
  if (error instanceof SyntaxError) syntax().placeSyntaxError(error, file);
}

// for a script that is no JavaScript
const syntax = (): typeof import('./syntax') => require('./syntax');
