/** From the path that Asterisk asks for to the file of a script, which must lie inside `basedir`. */
import { realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';

/** What a script's name may end in; it may be left off when asking, and a script may have none. */
export const scriptExtensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.agi'] as const;

export interface ScriptFile {
  /** The real path: no link is left in it. */
  readonly file: string;
  /** Its place inside `basedir`, or its file name: what the log calls it. */
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * @param requested `agi_network_script` as it came: cut at `?` and decoded once here
 * @throws RefusedError for what is not a script inside `basedir`
 */
export function resolveRequest(requested: string | undefined, basedir: string): ScriptFile {
  const asked = decode((requested ?? '').split('?', 1)[0] as string);
  if (asked === '') {
    throw new RefusedError(
      'SCRIPT_UNNAMED',
      'the request names no script: the dialplan must say AGI(agi://HOST/SCRIPT)',
    );
  }
  let base: string;
  try {
    base = realpathSync.native(basedir);
  } catch (error) {
    throw new RefusedError(
      'BASEDIR_MISSING',
      `[fastagi] basedir = ${basedir} cannot be opened: ${(error as Error).message}`,
    );
  }
  // an absolute path leads out, unless it happens to lead in
  const wanted = path.resolve(base, asked);
  if (!isInside(wanted, base)) throw outside(asked, base);
  const found = findFile(wanted, asked);
  if (!isInside(found.file, base)) throw outside(asked, base);
  const name = path.relative(base, found.file);
  const parts = name.split(path.sep);
  if (parts.some((part) => part.startsWith('.') || part === 'node_modules')) {
    throw new RefusedError(
      'SCRIPT_HIDDEN',
      `${show(asked)} is no script to call: hidden files and node_modules are never served`,
    );
  }
  return { ...found, name };
}

/**
 * The script that a command line names; it may lie anywhere.
 * @throws RefusedError where there is none
 */
export function resolveFile(named: string): ScriptFile {
  const found = findFile(path.resolve(named), named);
  return { ...found, name: path.basename(found.file) };
}

function findFile(wanted: string, asked: string): Omit<ScriptFile, 'name'> {
  let folder = false;
  let unreadable = false;
  for (const ending of ['', ...scriptExtensions]) {
    let file: string;
    let stat: Stats;
    try {
      file = realpathSync.native(wanted + ending);
      stat = statSync(file);
    } catch (error) {
      unreadable ||= (error as NodeJS.ErrnoException).code === 'EACCES';
      continue;
    }
    if (stat.isFile()) {
      const extension = path.extname(file);
      if (extension !== '' && !(scriptExtensions as readonly string[]).includes(extension)) {
        throw new RefusedError(
          'SCRIPT_KIND',
          `${show(asked)} is no script: it ends in ${extension}, and a script in ${scriptExtensions.join(', ')} or nothing`,
        );
      }
      return { file, uid: stat.uid, gid: stat.gid };
    }
    folder ||= stat.isDirectory();
  }
  if (unreadable)
    throw new RefusedError(
      'SCRIPT_UNREADABLE',
      `${show(asked)}: user ${process.getuid?.()} may not look into its folder`,
    );
  if (folder) throw new RefusedError('SCRIPT_FOLDER', `${show(asked)} is a folder, not a script (${wanted})`);
  throw new RefusedError(
    'SCRIPT_MISSING',
    `there is no script ${show(asked)}: looked for ${wanted}, as it is and with ${scriptExtensions.join(' ')}`,
  );
}

function isInside(file: string, base: string): boolean {
  return file.startsWith(base.endsWith(path.sep) ? base : base + path.sep);
}

function outside(asked: string, base: string): RefusedError {
  return new RefusedError(
    'SCRIPT_OUTSIDE',
    `${show(asked)} lies outside of [fastagi] basedir = ${base}, and only what lies inside is served`,
  );
}

function decode(text: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw new RefusedError(
      'SCRIPT_NAME',
      `${show(text)} is no valid address: % must stand before two hexadecimal digits of UTF-8 text`,
    );
  }
  if (decoded.includes('\0')) throw new RefusedError('SCRIPT_NAME', `${show(text)} holds a NUL`);
  return decoded;
}

function show(text: string): string {
  return JSON.stringify(text.length > 120 ? text.slice(0, 120) + '…' : text);
}
