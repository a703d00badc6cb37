/** A file or a folder that a set-up wants, held against what is there. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** How a thing that is wanted stands: it is so, it is to be made, or something else is in its place. */
export type Standing = 'there' | 'missing' | 'different';

export class PlannedFile {
  readonly file: string;
  readonly text: string;
  readonly #root: string;

  /** @param file as the machine will have it; below `root` until then */
  constructor(file: string, text: string, root: string) {
    this.file = file;
    this.text = text;
    this.#root = root;
  }

  get standing(): Standing {
    const text = this.#read();
    if (text === undefined) return 'missing';
    return text === this.text ? 'there' : 'different';
  }

  /** The lines that are there and not wanted, and those that are wanted and not there. */
  get difference(): string[] {
    const there = (this.#read() ?? '').split('\n');
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
    // xinetd passes over what has a dot in its name, and systemd over what ends otherwise than a unit
    const kept = keeps && this.#read() !== undefined ? freeName(`${place}.before-fastagi`) : undefined;
    if (kept !== undefined) renameSync(place, kept);
    const part = path.join(path.dirname(place), `.${path.basename(place)}.part`);
    try {
      writeFileSync(part, this.text, { mode: 0o644 });
      chmodSync(part, 0o644);
      renameSync(part, place);
    } finally {
      rmSync(part, { force: true });
    }
    return kept;
  }

  /** Takes it away; it may be gone already. */
  remove(): void {
    rmSync(path.join(this.#root, this.file), { force: true });
  }

  /** Where it is, also if a link leads there. */
  get #place(): string {
    const place = path.join(this.#root, this.file);
    try {
      return realpathSync(place);
    } catch {
      return place;
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#place, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
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
  mkdirSync(folder);
  chmodSync(folder, 0o755);
}

export function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}
