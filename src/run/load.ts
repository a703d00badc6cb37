/**
 * Loads a script as Node would run it: CommonJS, ES module (told apart by its syntax where the name does
 * not say), TypeScript where the running Node strips types.
 */
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
  if (file.endsWith('ts') && /\.[mc]?ts$/.test(file)) special().checkTypeScript(file);
  let exports: unknown;
  try {
    exports = requireAsMain(file);
  } catch (error) {
    exports = await special().importInstead(file, error);
  }
  return exportedFunction(exports);
}

/** `require`, but as the program that runs: `require.main === module` holds in the script. */
export function requireAsMain(file: string): unknown {
  const script = new ScriptModule(file);
  script.id = '.';
  process.mainModule = script;
  require.cache[file] = script;
  script.load(file);
  return script.exports;
}

export function exportedFunction(exports: unknown, depth = 0): ScriptFunction | undefined {
  if (typeof exports === 'function') return exports as ScriptFunction;
  // CommonJS that was compiled from `export default` has a second `default` when it is imported
  const inner = depth < 2 ? (exports as { default?: unknown } | null | undefined)?.default : undefined;
  return inner === undefined ? undefined : exportedFunction(inner, depth + 1);
}

// kinds of scripts that `require` alone does not do
const special = (): typeof import('./load-special') => require('./load-special');
