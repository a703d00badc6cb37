/**
 * What standard input, output and error lead to: where a script closes one of them, the next connection or file that is
 * opened has its number, and gets what is meant for the log.
 */
import { fstatSync, type Stats } from 'node:fs';

const STANDARD = [0, 1, 2];

export class StandardDescriptors {
  readonly #before = STANDARD.map(stateOf);

  /** Whether they lead to where they led when this was made. */
  get areThere(): boolean {
    return STANDARD.every((fd) => {
      const before = this.#before[fd];
      const { dev, ino } = stateOf(fd);
      return dev === before?.dev && ino === before.ino;
    });
  }
}

function stateOf(fd: number): Pick<Stats, 'dev' | 'ino'> {
  try {
    return fstatSync(fd);
  } catch {
    return { dev: -1, ino: -1 };
  }
}
