/** What a call is placed to: a FastAGI address, or a script file of any language. */
import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { AgiError } from '../errors';

export const FASTAGI_PORT = 4573;

export type Target =
  | {
      readonly type: 'address';
      readonly host: string;
      readonly port: number;
      /** The path and the query, as Asterisk sends them. */
      readonly networkScript: string;
      readonly request: string;
    }
  | {
      readonly type: 'file';
      readonly file: string;
      /** What is behind `?`; the script is then told that it came over FastAGI. */
      readonly query: string | undefined;
      /** Whether the file is run by its own first line; else by `agi`. */
      readonly byItself: boolean;
    };

/** A target that makes no sense (`TARGET`), or is a file that is not there or cannot be run (`TARGET_FILE`). */
export class TargetError extends AgiError {
  static override readonly kind: string = 'TargetError';

  constructor(message: string, code: 'TARGET' | 'TARGET_FILE' = 'TARGET') {
    super(code, message);
  }
}

const ours = /\.(?:[mc]?[jt]s|agi)$/;

/** @throws TargetError for what is neither */
export function parseTarget(text: string): Target {
  const scheme = /^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'agi') return parseAddress(text);
  if (scheme !== undefined) {
    throw new TargetError(
      `${text}: a target is agi://HOST[:PORT]/SCRIPT or a file, and ${scheme}:// is neither`,
    );
  }
  return parseFile(text);
}

/** `agi://host[:port][/path[?query]]`, as Asterisk takes it apart: what is behind the host goes as it is. */
function parseAddress(text: string): Target {
  const found = /^agi:\/\/(\[[^\]]*\]|[^/:?]*)(?::([^/?]*))?(?:\/?(.*))?$/is.exec(text);
  const host = found?.[1]?.replace(/^\[|\]$/g, '') ?? '';
  const port = found?.[2] === undefined ? FASTAGI_PORT : Number(found[2] || Number.NaN);
  if (!found || host === '')
    throw new TargetError(`${text}: the host is missing, as in agi://127.0.0.1/hello.js`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TargetError(`${text}: ${found[2]} is no port, which is a number from 1 to 65535`);
  }
  if (/[\r\n\0]/.test(text)) throw new TargetError('an address with a line break in it');
  return { type: 'address', host, port, networkScript: found[3] ?? '', request: text };
}

function parseFile(text: string): Target {
  let name = text;
  let query: string | undefined;
  if (!exists(name) && name.includes('?')) {
    query = name.slice(name.indexOf('?') + 1);
    name = name.slice(0, name.indexOf('?'));
  }
  if (!exists(name)) throw new TargetError(`there is no file ${path.resolve(name)}`, 'TARGET_FILE');
  const file = realpathSync(name);
  if (!statSync(file).isFile()) throw new TargetError(`${file} is no file`, 'TARGET_FILE');
  const byItself = isExecutable(file);
  if (!byItself && !ours.test(file)) {
    throw new TargetError(
      `${file} cannot be run: chmod +x, and a first line such as #!/usr/bin/env agi`,
      'TARGET_FILE',
    );
  }
  return { type: 'file', file, query, byItself };
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Executable, and not by its mode alone: a file that was copied from elsewhere may have any.
 * @throws TargetError for a first line that no system can run
 */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return false;
  }
  const start = beginningOf(file);
  if (!start.startsWith('#!')) return start.startsWith('\x7fELF');
  const line = start.split('\n', 1)[0] as string;
  if (line.endsWith('\r')) {
    throw new TargetError(
      `${file} cannot be run: its lines end as on Windows, and the system looks for a program whose name ends with the carriage return of its first line, ${JSON.stringify(line)}: sed -i 's/\\r$//' ${file}`,
      'TARGET_FILE',
    );
  }
  return true;
}

function beginningOf(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(256);
    return start.toString('latin1', 0, readSync(fd, start, 0, start.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Why the system has not run an executable file. */
export function whyNotRun(file: string, error: NodeJS.ErrnoException): string {
  const [, program = ''] = /^#! *(\S+)/.exec(beginningOf(file)) ?? [];
  if (error.code === 'ENOENT') return `there is no program ${program}, which its first line names`;
  if (error.code === 'EACCES') return `user ${process.getuid?.()} may not run it, or ${program}`;
  return error.message;
}
