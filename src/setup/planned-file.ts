/** A file or a folder that a set-up wants, held against what is there. */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';
import { whyUnread } from '../file-problems';
import { machinePath } from './machine-path';

/** How a thing that is wanted stands: it is so, it is to be made, or something else is in its place. */
export type Standing = 'there' | 'missing' | 'different';

export interface FileOptions {
  /** Whose it is to be; this process's. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** `latin1` leaves bytes as they are that are no UTF-8. */
  readonly encoding?: 'utf8' | 'latin1';
}

/**
 * The folder may be another user's, who sets links meanwhile: what was not there is made only while it is not, and no
 * link is followed that has come since.
 */
export class PlannedFile {
  readonly file: string;
  readonly text: string;
  readonly #place: string;
  readonly #there: string | undefined;
  readonly #options: FileOptions;

  /**
   * @param file as the machine will have it; below `root` until then
   * @throws RefusedError for what is there and cannot be read
   */
  constructor(file: string, text: string, root: string, options: FileOptions = {}) {
    this.file = file;
    this.text = text;
    this.#place = machinePath(root, file);
    this.#options = options;
    this.#there = textOf(this.#place, options.encoding);
  }

  get standing(): Standing {
    if (this.#there === undefined) return 'missing';
    return this.#there === this.text ? 'there' : 'different';
  }

  /** The lines that are there and not wanted, and those that are wanted and not there. */
  get difference(): string[] {
    const there = (this.#there ?? '').split('\n');
    const wanted = this.text.split('\n');
    return [
      ...there.filter((line) => !wanted.includes(line)).map((line) => `- ${line}`),
      ...wanted.filter((line) => !there.includes(line)).map((line) => `+ ${line}`),
    ];
  }

  /**
   * Puts it there, whole or not at all.
   * @param keeps whether what is in its place stays beside it
   * @returns where that is
   */
  write(keeps = false): string | undefined {
    const place = this.#place;
    makeFolder(path.dirname(place));
    const part = path.join(path.dirname(place), `.${path.basename(place)}.${randomUUID()}`);
    try {
      this.#writeTo(part);
      if (this.#there === undefined) {
        putNew(part, place);
        return undefined;
      }
      const kept = keeps ? keepBeside(place) : undefined;
      renameSync(part, place);
      return kept;
    } finally {
      rmSync(part, { force: true });
    }
  }

  /** Takes it away; it may be gone already. */
  remove(): void {
    rmSync(this.#place, { force: true });
  }

  /** A file of that name is not there: neither it nor a link. */
  #writeTo(part: string): void {
    const { owner, encoding } = this.#options;
    const fd = openSync(part, 'wx', 0o600);
    try {
      writeFileSync(fd, this.text, encoding ?? 'utf8');
      if (owner) fchownSync(fd, owner.uid, owner.gid);
      fchmodSync(fd, 0o644);
    } finally {
      closeSync(fd);
    }
  }
}

/** In the place of nothing, and of no link. */
function putNew(part: string, place: string): void {
  try {
    linkSync(part, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    // a file system without hard links
    copyFileSync(part, place, constants.COPYFILE_EXCL);
  }
}

/** xinetd passes over what has a dot in its name, and systemd over what ends otherwise than a unit. */
function keepBeside(place: string): string {
  const kept = freeName(`${place}.before-fastagi`);
  try {
    // so that there is one in its place at every moment
    linkSync(place, kept);
  } catch {
    // a file system without hard links
    renameSync(place, kept);
  }
  return kept;
}

function textOf(place: string, encoding: BufferEncoding = 'utf8'): string | undefined {
  try {
    return readFileSync(place, encoding);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new RefusedError('FILE', `${place} cannot be read: ${whyUnread(error)}`);
  }
}

/** That of nothing that is there. */
function freeName(name: string): string {
  let free = name;
  for (let count = 2; existsSync(free); count++) free = `${name}.${count}`;
  return free;
}

/** For everyone to look into, whatever the umask is; folders that are there stay as they are. */
export function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  makeFolder(path.dirname(folder));
  // not by a chmod behind it: by then it may be a link that somebody else has put there
  const before = process.umask(0o022);
  try {
    mkdirSync(folder, 0o755);
  } finally {
    process.umask(before);
  }
}

export function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
