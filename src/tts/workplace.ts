/** What a sentence has on the disk and among the processes while it is being made: gone when that ends, however it does. */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { release } from './claim';
import { type ProgramEnd, type ProgramRun, type RunningProgram, runProgram } from './program';

/** A file that is open for writing. */
export interface Begun {
  readonly file: string;
  readonly fd: number;
}

export class Workplace {
  readonly #prefix: string;
  #lock: string | undefined;
  readonly #files: string[] = [];
  readonly #running: RunningProgram[] = [];
  readonly #onExit = () => {
    this.kill();
    this.clear();
  };

  /** @param lock the claim on the sentence, which is ours */
  constructor(cache: string, key: string, lock: string) {
    // a name that no other process has, nor another call of this one
    this.#prefix = `${cache}/.${key}.${process.pid}-${Math.random().toString(36).slice(2)}.`;
    this.#lock = lock;
  }

  /** @param ending another one for each file */
  file(ending: string): string {
    const file = this.#prefix + ending;
    this.#files.push(file);
    return file;
  }

  begin(ending: string, mode: number): Begun {
    const file = this.file(ending);
    return { file, fd: openSync(file, 'wx', mode) };
  }

  fill({ fd }: Begun, contents: Uint8Array): void {
    // all at once, but on a disk that is nearly full
    for (let at = 0; at < contents.length; ) at += writeSync(fd, contents, at);
  }

  /** @returns the file's name */
  write(ending: string, contents: Uint8Array): string {
    const begun = this.begin(ending, 0o600);
    try {
      this.fill(begun, contents);
    } finally {
      closeSync(begun.fd);
    }
    return begun.file;
  }

  /** Starts a program. @returns how it ended */
  run(run: ProgramRun): Promise<ProgramEnd> {
    const program = runProgram(run);
    if (this.#running.length === 0) {
      // a script that exits meanwhile leaves nothing behind
      allowListeners(1);
      process.once('exit', this.#onExit);
    }
    this.#running.push(program);
    return program.ended;
  }

  /** Ends what runs. */
  kill(): void {
    for (const program of this.#running) program.kill();
  }

  /** Gives the claim back: the sentence is there, or somebody else may try. */
  release(): void {
    if (this.#lock !== undefined) release(this.#lock);
    this.#lock = undefined;
  }

  /** Gives the claim back, and removes all files that have not got another name. */
  clear(): void {
    if (this.#running.length > 0) {
      process.off('exit', this.#onExit);
      allowListeners(-1);
    }
    for (const file of this.#files) remove(file);
    this.release();
  }
}

/** More of our own are no leak that anybody has to be warned of. 0 stands for no limit, and is left alone. */
function allowListeners(more: number): void {
  const most = process.getMaxListeners();
  if (most > 0) process.setMaxListeners(most + more);
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // it was never made, or has its final name
  }
}
