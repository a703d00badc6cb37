/**
 * Who has started the server by hand, and looks on until it listens: standard error as it was before the log took its
 * descriptor, where that is a terminal or a pipe. Under xinetd it is a socket, which is Asterisk's or nobody's.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { printable } from '../log-entry';
import { identity } from '../run/guard';

export class Onlooker {
  #fd: number | undefined;

  /** To be made before the log is opened. */
  constructor() {
    try {
      if (!isatty(2) && !fstatSync(2).isFIFO()) return;
      // not blocking: who does not read must not hold up the server
      const { O_WRONLY, O_APPEND, O_NOCTTY, O_NONBLOCK } = constants;
      this.#fd = openSync('/proc/self/fd/2', O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK);
    } catch {
      // closed, or of another user's: there is nobody
    }
  }

  /** What is in the log, too; not where the onlooker sees the log itself. */
  say(text: string): void {
    if (this.#fd === undefined || identity(this.#fd) === identity(2)) return;
    try {
      writeSync(this.#fd, `fastagi listen: ${printable(text)}\n`);
    } catch {
      // gone
    }
  }

  /** A pipe that a server held for all its life would never end for its reader. */
  leave(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
