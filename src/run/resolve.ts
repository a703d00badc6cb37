/** From the path that Asterisk asks for to the file of a script, which must lie inside `basedir`. */
import { realpathSync, statSync } from 'node:fs';

/** What a script's name may end in; it may be left off when asking, and a script may have none. */
export const scriptExtensions: readonly string[] = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.agi'];

export interface ScriptFile {
  /** The real path: no link is left in it. */
  readonly file: string;
  /** Its place inside `basedir`, or its file name: what the log calls it. */
  readonly name: string;
}

/**
 * @param requested `agi_network_script` as it came: cut at `?` and decoded once here
 * @throws RefusedError for what is not a script inside `basedir`
 */
export function resolveRequest(requested: string | undefined, basedir: string): ScriptFile {
  const asked = requestedPath(requested);
  try {
    if (asked) {
      // an absolute path leads out, unless it happens to lead in
      const found = findScript(asked[0] === '/' ? asked : `${basedir}/${asked}`);
      // what begins with the folder as it is written lies there, since no link is left in it
      const base = found && isInside(found.file, basedir) ? basedir : realpathSync.native(basedir);
      if (found && isInside(found.file, base)) {
        found.name = found.file.slice(base === '/' ? 1 : base.length + 1);
        if (!isHidden(found.name)) return found;
      }
    }
  } catch {
    // the folder itself cannot be opened
  }
  throw refusal().explainRequest(requested, basedir);
}

/**
 * The script that a command line names; it may lie anywhere.
 * @throws RefusedError where there is none
 */
export function resolveFile(named: string): ScriptFile {
  const found = findScript(named);
  if (!found) throw refusal().explainFile(named);
  return found;
}

/** The path as it is meant: decoded once, undefined where that fails. */
export function requestedPath(requested = ''): string | undefined {
  const query = requested.indexOf('?');
  const path = query === -1 ? requested : requested.slice(0, query);
  try {
    const decoded = path.includes('%') ? decodeURIComponent(path) : path;
    return decoded.includes('\0') ? undefined : decoded;
  } catch {
    return undefined;
  }
}

function findScript(wanted: string): { file: string; name: string } | undefined {
  for (const ending of ['', ...scriptExtensions]) {
    let file: string;
    try {
      file = realpathSync.native(wanted + ending);
    } catch {
      continue;
    }
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (ending === '' && !name.endsWith('.js')) {
      const kind = statSync(file);
      // where a folder has the name, a script beside it may be meant
      if (kind.isDirectory()) continue;
      if (!kind.isFile()) return undefined;
    }
    return isScriptName(name) ? { file, name } : undefined;
  }
  return undefined;
}

/** By the ending of its name, whether a file is a script. */
export function isScriptName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  return dot < 1 || scriptExtensions.includes(name.slice(dot));
}

export function isInside(file: string, base: string): boolean {
  return file.startsWith(base === '/' ? base : `${base}/`);
}

/** Hidden files and installed packages are nothing to call. */
export function isHidden(name: string): boolean {
  const path = `/${name}/`;
  return path.includes('/.') || path.includes('/node_modules/');
}

// words for what is not served
const refusal = (): typeof import('./refusal') => require('./refusal');
