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
  let writer: number | undefined;
  try {
    const text = readFileSync(file);
    const compiled = compileAll(text.toString(), file);
    writer = openSync(name, 'wx', 0o600);
    try {
      const fd = openSync(name, 'r');
      const whole = Buffer.concat([text, compiled]);
      if (writeSync(writer, whole) === whole.length)
        return { fd, textBytes: text.length, bytes: whole.length };
      closeSync(fd);
    } finally {
      unlinkSync(name);
    }
  } catch {
    // no room on the disk, or no right to write there
  } finally {
    if (writer !== undefined) closeSync(writer);
  }
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
  let script: vm.Script;
  if (compiled) {
    const { fd, textBytes, bytes } = compiled;
    const whole = Buffer.allocUnsafeSlow(bytes);
    // all processes share one position
    readSync(fd, whole, 0, bytes, 0);
    // what scripts start must not have it
    closeSync(fd);
    // by another V8, or with other flags, it is compiled here all the same
    script = makeScript(whole.toString('utf8', 0, textBytes), file, whole.subarray(textBytes));
  } else script = makeScript(readFileSync(file, 'utf8'), file);
  script.runInThisContext()(module.exports, require, module, file, path.dirname(file), importModule);
  return module.exports;
}

function makeScript(text: string, file: string, cachedData?: Buffer): vm.Script {
  // as Node does with the file of a module, but for `import()`
  const given = 'exports, require, module, __filename, __dirname, givenImport';
  return new vm.Script(`(function (${given}) {${text}\n})`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
}
