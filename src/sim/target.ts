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

/** A target that makes no sense, or is not there. */
export class TargetError extends AgiError {
  static override readonly kind: string = 'TargetError';

  constructor(message: string) {
    super('TARGET', message);
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
  if (!exists(name)) throw new TargetError(`there is no file ${path.resolve(name)}`);
  const file = realpathSync(name);
  if (!statSync(file).isFile()) throw new TargetError(`${file} is no file`);
  const byItself = isExecutable(file);
  if (!byItself && !ours.test(file)) {
    throw new TargetError(`${file} cannot be run: chmod +x, and a first line such as #!/usr/bin/env agi`);
  }
  return { type: 'file', file, query, byItself };
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Executable, and not by its mode alone: a file that was copied from elsewhere may have any. */
function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    return false;
  }
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(4);
    readSync(fd, start, 0, 4, 0);
    return start.toString('latin1').startsWith('#!') || start.toString('latin1') === '\x7fELF';
  } finally {
    closeSync(fd);
  }
}
