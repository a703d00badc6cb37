/**
 * The program of the serving processes, compiled once by the master for all of them: of a boot's processor time, what
 * V8 takes to read and compile it is a fifth.
 */
import { closeSync, openSync, readFileSync, readSync, unlinkSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import { importModule } from '../run/importing';

/** Where processes read it: text and machine's form, one behind the other, so that both are of one version. */
export interface CompiledProgram {
  /** A file that has no name any more. */
  readonly fd: number;
  readonly textBytes: number;
  readonly bytes: number;
}

/** @returns undefined where there is no place for it: processes compile by themselves then */
export function compileProgram(file: string): CompiledProgram | undefined {
  const name = path.join(os.tmpdir(), `fastagi-${process.pid}-${process.hrtime.bigint().toString(36)}`);
  let fd: number | undefined;
  try {
    const text = readFileSync(file);
    const compiled = compileAll(text.toString(), file);
    // opened once: by its name it may be another file already, in a folder where others may put theirs
    fd = openSync(name, 'wx+', 0o600);
    unlinkSync(name);
    const whole = Buffer.concat([text, compiled]);
    if (writeSync(fd, whole) === whole.length) return { fd, textBytes: text.length, bytes: whole.length };
  } catch {
    // no room on the disk, or no right to write there
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

/** Every function of it; V8 otherwise leaves each alone until it is called. */
function compileAll(text: string, file: string): Buffer {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--no-lazy');
  try {
    const script = makeScript(text, file);
    // what is compiled is for processes that run without the flag
    setFlagsFromString('--lazy');
    return script.createCachedData();
  } finally {
    setFlagsFromString('--lazy');
  }
}

/**
 * Runs the program in a process that has been given it.
 * @param compiled undefined: it is compiled here
 * @returns what it exports
 */
export function runProgram(file: string, compiled: CompiledProgram | undefined): unknown {
  const script = (compiled && takeCompiled(file, compiled)) ?? makeScript(readFileSync(file, 'utf8'), file);
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file), importModule);
  return module.exports;
}

/** @returns undefined where not all of it is there */
function takeCompiled(file: string, { fd, textBytes, bytes }: CompiledProgram): vm.Script | undefined {
  const whole = Buffer.allocUnsafeSlow(bytes);
  // all processes share one position
  const read = readSync(fd, whole, 0, bytes, 0);
  // what scripts start must not have it
  closeSync(fd);
  if (read !== bytes) return undefined;
  // by another V8, or with other flags, it is compiled here all the same
  return makeScript(whole.toString('utf8', 0, textBytes), file, whole.subarray(textBytes));
}

function makeScript(text: string, file: string, cachedData?: Buffer): vm.Script {
  // as Node does with the file of a module, but for `import()`
  const given = 'exports, require, module, __filename, __dirname, givenImport';
  return new vm.Script(`(function (${given}) {${text}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
}
