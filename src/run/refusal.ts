/** Says why a request is not served; `resolve.ts` has decided that it is not. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { RefusedError } from '../errors';
import { isHidden, isInside, isScriptName, requestedPath, scriptExtensions } from './resolve';

const endings = () => scriptExtensions.join(' ');

/** The command line is wrong: exit code 2. */
export function wrongUse(text: string): RefusedError {
  return new RefusedError('USAGE', text);
}

export function explainRequest(requested: string | undefined, basedir: string): RefusedError {
  const asked = requestedPath(requested);
  if (asked === undefined) {
    return new RefusedError(
      'SCRIPT_NAME',
      `${show(requested)} is no valid address: % must stand before two hexadecimal digits of UTF-8 text, and NUL has no place in it`,
    );
  }
  if (asked === '') {
    return new RefusedError(
      'SCRIPT_UNNAMED',
      'the request names no script: the dialplan must say AGI(agi://HOST/SCRIPT)',
    );
  }
  let base: string;
  try {
    base = realpathSync.native(basedir);
    readdirSync(base);
  } catch (error) {
    return new RefusedError(
      'BASEDIR',
      `[fastagi] basedir = ${basedir} cannot be opened by user ${user()}: ${(error as Error).message}`,
    );
  }
  const wanted = resolve(base, asked);
  const real = realPath(wanted);
  const leadsOut = (file: string) => file !== base && !isInside(file, base);
  if (leadsOut(wanted) || (real !== undefined && leadsOut(real))) {
    return new RefusedError(
      'SCRIPT_OUTSIDE',
      `${show(asked)} lies outside of [fastagi] basedir = ${base}, and only what lies inside is served`,
    );
  }
  if (isHidden(wanted.slice(base.length + 1))) {
    return new RefusedError(
      'SCRIPT_HIDDEN',
      `${show(asked)} is no script to call: hidden files and node_modules are never served`,
    );
  }
  return explainFile(wanted, asked);
}

export function explainFile(wanted: string, asked = wanted): RefusedError {
  let isFolder = false;
  for (const ending of ['', ...scriptExtensions]) {
    try {
      const file = realpathSync.native(resolve(wanted) + ending);
      const stat = statSync(file);
      isFolder ||= stat.isDirectory();
      if (stat.isDirectory()) continue;
      // a script, but asked for as a folder: with a slash behind it
      if (stat.isFile() && isScriptName(basename(file))) break;
      if (stat.isFile()) {
        return new RefusedError(
          'SCRIPT_KIND',
          `${show(asked)} is no script: it ends in ${extname(file)}, and a script in ${endings()} or nothing`,
        );
      }
      return new RefusedError(
        'SCRIPT_KIND',
        `${show(asked)} is no file that can be run, but a device, a pipe or a socket (${file})`,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') {
        return new RefusedError(
          'SCRIPT_UNREADABLE',
          `${show(asked)} cannot be looked at by user ${user()}: ${(error as Error).message}`,
        );
      }
    }
  }
  if (isFolder) {
    return new RefusedError('SCRIPT_FOLDER', `${show(asked)} is a folder, not a script (${resolve(wanted)})`);
  }
  return new RefusedError(
    'SCRIPT_MISSING',
    `there is no script ${show(asked)}: looked for ${resolve(wanted)}, as it is and with ${endings()}`,
  );
}

function realPath(wanted: string): string | undefined {
  for (const ending of ['', ...scriptExtensions]) {
    try {
      return realpathSync.native(wanted + ending);
    } catch {
      // the next one
    }
  }
  return undefined;
}

function user(): string {
  return String(process.geteuid?.());
}

function show(text = ''): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
