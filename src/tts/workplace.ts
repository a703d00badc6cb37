/** What a sentence has on the disk and among the processes while it is being made: gone when that ends, however it does. */
import { unlinkSync } from 'node:fs';
import { release } from './claim';
import { type ProgramEnd, type ProgramRun, type RunningProgram, runProgram } from './program';

export class Workplace {
  readonly #prefix: string;
  #lock: string | undefined;
  readonly #files: string[] = [];
  readonly #running = new Set<RunningProgram>();
  readonly #onExit = () => {
    this.kill();
    this.clear();
  };

  /** @param lock the claim on the sentence, which is ours */
  constructor(cache: string, key: string, lock: string) {
    this.#prefix = `${cache}/.${key}.${process.pid}-`;
    this.#lock = lock;
    // a script that exits meanwhile leaves nothing behind
    allowListeners(1);
    process.once('exit', this.#onExit);
  }

  /** A name that no other process has. */
  file(ending: string): string {
    const file = `${this.#prefix}${Math.random().toString(36).slice(2)}.${ending}`;
    this.#files.push(file);
    return file;
  }

  async run(run: ProgramRun): Promise<ProgramEnd> {
    const program = runProgram(run);
    this.#running.add(program);
    try {
      return await program.ended;
    } finally {
      this.#running.delete(program);
    }
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
    process.off('exit', this.#onExit);
    allowListeners(-1);
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
