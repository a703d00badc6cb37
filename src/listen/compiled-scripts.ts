/**
 * The scripts of a process as V8 has compiled them, for the calls that load the same text again. Each call runs it anew,
 * with a module, a `require` and variables of its own: nothing but the machine's form of the text is shared. The file
 * itself is read for each call, as ever.
 */
import path from 'node:path';
import vm from 'node:vm';

/** How many files are kept: all scripts and what they require, and no endless row of names. */
const FILES = 500;

/** What Node gives to the body of a module. */
const GIVEN = ['exports', 'require', 'module', '__filename', '__dirname'];
const HEAD = `(function (${GIVEN.join(', ')}) { `;

type Compile = (this: NodeJS.Module, text: string, file: string, format?: string) => unknown;
type Body = (this: unknown, ...given: unknown[]) => unknown;

interface Kept {
  readonly text: string;
  /** Undefined until the text comes again; null where Node itself must see to it each time. */
  script: vm.Script | undefined | null;
}

/**
 * Takes the place of Node's own way to compile what `require` has read, for good.
 * @param comesAgain whether a file will be loaded again
 */
export function keepCompiledScripts(comesAgain: (file: string) => boolean): void {
  const allKept = new Map<string, Kept>();
  const { prototype } = module.constructor as unknown as { prototype: { _compile: Compile } };
  const compile = prototype._compile;
  prototype._compile = function (text, file, format) {
    // Node takes apart what is no CommonJS, and keeps the maps of what was compiled before
    const isPlain = format === undefined || format === 'commonjs';
    const isKept = isPlain && !process.sourceMapsEnabled && comesAgain(file);
    const body = isKept ? bodyOf(allKept, text, file) : undefined;
    if (!body) return compile.call(this, text, file, format);
    // Node's own function, made by itself: it knows which module asks
    const require = compile.call(this, 'return require', file, 'commonjs');
    return body.call(this.exports, this.exports, require, this, file, path.dirname(file));
  };
}

/** @returns undefined where Node is to compile it */
function bodyOf(allKept: Map<string, Kept>, text: string, file: string): Body | undefined {
  const kept = allKept.get(file);
  if (kept?.text !== text) {
    if (allKept.size >= FILES) allKept.clear();
    allKept.set(file, { text, script: undefined });
    return undefined;
  }
  if (kept.script === undefined) kept.script = compileBody(text, file);
  return kept.script?.runInThisContext();
}

/** @returns null for what Node must compile: a text that may import, or is no CommonJS by its looks */
function compileBody(text: string, file: string): vm.Script | null {
  if (/\bimport\b/.test(text)) return null;
  try {
    // a text that closes the brackets around it is whole with them, and not by itself
    vm.compileFunction(text, GIVEN, { filename: file });
    return new vm.Script(`${HEAD}${text.replace(/^#!/, '//')}\n})`, {
      filename: file,
      columnOffset: -HEAD.length,
      // for an `import` inside of `eval`
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
  } catch {
    return null;
  }
}
