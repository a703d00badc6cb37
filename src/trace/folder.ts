/**
 * The folder of traces: a folder for each day, in it a file for each call. Their names sort by time, and say
 * Asterisk's unique id of the call.
 *
 * The process may be root's, and the folder in a place that others can write: so each step goes by the
 * descriptor of the one before, follows no link, and makes only what was not there.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** What the name of a trace ends in. */
export const TRACE_ENDING = '.jsonl';

/** So many old files one call removes at the most: it has a caller who waits. */
const REMOVED_AT_ONCE = 500;

/** The name of a day's folder. */
export const dayName = /^\d{4}-\d\d-\d\d$/;
const traceName = /^\d{6}\.\d{3}-.*\.jsonl$/;

export interface TraceFolderOptions {
  /** Days that files are kept; 0: for ever. */
  readonly days: number;
  /** When the call came. */
  readonly at: Date;
  /** Asterisk's unique id of the call, as it came. */
  readonly uniqueId: string | undefined;
}

/**
 * Makes the file of one call, open for appending, and removes some of those that are too old.
 * @param folder absolute; it must be there
 * @returns the descriptor, and the file's path
 * @throws Error that says what is wrong with the folder and what to do
 */
export function openTraceFile(folder: string, options: TraceFolderOptions): { fd: number; file: string } {
  const opened: number[] = [];
  try {
    const base = openFolder(folder, opened);
    checkFolder(folder, base);
    if (options.days > 0) removeOld(pathOf(base, folder), options);
    const stamp = options.at.toISOString();
    const day = stamp.slice(0, 10);
    try {
      mkdirSync(`${pathOf(base, folder)}/${day}`, 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const within = pathOf(openFolder(`${pathOf(base, folder)}/${day}`, opened), `${folder}/${day}`);
    const id = (options.uniqueId ?? '').replace(/[^A-Za-z0-9.]/g, '').slice(0, 40) || 'call';
    const random = process.getBuiltinModule('node:crypto').randomBytes(4).toString('hex');
    const name = `${stamp.slice(11, 23).replaceAll(':', '')}-${id}-${random}${TRACE_ENDING}`;
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW;
    return { fd: openSync(`${within}/${name}`, flags, 0o600), file: `${folder}/${day}/${name}` };
  } catch (error) {
    throw explained(error as NodeJS.ErrnoException, folder);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function openFolder(path: string, opened: number[]): number {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  opened.push(fd);
  return fd;
}

/** The folder behind a descriptor, whatever its name has come to mean; by its name where there is no /proc. */
function pathOf(fd: number, name: string): string {
  try {
    readlinkSync(`/proc/self/fd/${fd}`);
    return `/proc/self/fd/${fd}`;
  } catch {
    return name;
  }
}

/** @throws where anyone else may write in the folder, or a link leads to it */
function checkFolder(folder: string, fd: number): void {
  const at = pathOf(fd, folder);
  const real = at === folder ? realpathSync.native(folder) : readlinkSync(at);
  const named = folder.replace(/\/+$/, '').replace(/\/{2,}/g, '/');
  if (real !== named) throw new Error(`a link leads from there to ${real}: name that folder itself`);
  if (fstatSync(fd).mode & 0o022)
    throw new Error(`others than its owner may write there, and exchange what is kept: chmod go-w ${folder}`);
}

function explained(error: NodeJS.ErrnoException, folder: string): Error {
  const { code } = error;
  const user = process.geteuid?.();
  if (code === 'ENOENT') return new Error(`there is no such folder: install -d -m 700 -o USER ${folder}`);
  if (code === 'ENOTDIR' || code === 'ELOOP') return new Error('it is a link or no folder');
  if (code === 'EACCES') return new Error(`user ${user} may not write there: chown ${user} ${folder}`);
  return error;
}

/** The days that are over, the oldest first, a part at a time. */
function removeOld(base: string, { days, at }: TraceFolderOptions): void {
  const oldest = new Date(at.getTime() - days * 86_400_000).toISOString().slice(0, 10);
  let left = REMOVED_AT_ONCE;
  for (const day of readdirSync(base).sort()) {
    if (!dayName.test(day) || day >= oldest || left === 0) continue;
    const opened: number[] = [];
    try {
      const within = pathOf(openFolder(`${base}/${day}`, opened), `${base}/${day}`);
      const names = readdirSync(within).filter((name) => traceName.test(name));
      for (const name of names.slice(0, left)) unlinkSync(`${within}/${name}`);
      left -= Math.min(left, names.length);
      // fails where something is left in it, which is not ours then
      rmdirSync(`${base}/${day}`);
    } catch {
      // the next call tries again, or another has been quicker
    } finally {
      for (const fd of opened) closeSync(fd);
    }
  }
}
