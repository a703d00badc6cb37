/** The master, as a process that serves calls sees it, and what that process is told of itself. */
import os from 'node:os';
import type { Report, Terms } from './messages';

/** How long work in Node's threads may go on when a process leaves. */
const WORK_MS = 5000;
const LOOK_EVERY_MS = 20;

export class Headquarters {
  readonly terms: Terms;
  /** Node's own: scripts may meet another one. */
  #unsent = 0;
  readonly #exit = process.exit.bind(process);
  readonly #send = process.send?.bind(process);

  constructor(terms: Terms) {
    this.terms = terms;
    // the line is no script's: many programs say `process.send?.('ready')`, and under wait = no there is nothing to say it to
    process.send = undefined as never;
  }

  report(report: Report): void {
    // gone: there is nobody to tell
    if (!process.connected) return;
    this.#unsent++;
    this.#send?.(report, undefined, undefined, () => this.#unsent--);
  }

  /** From now on it is not the master that keeps the process going. */
  standBack(): void {
    process.channel?.unref();
  }

  /** For the next order. */
  wait(): void {
    if (process.connected) process.channel?.ref();
    else this.#exit();
  }

  /** Exits, once what was reported is on its way, and what is at work in Node's threads is done. */
  leave(): void {
    standBehindCalls();
    const begun = performance.now();
    const look = () => {
      const work = process.getActiveResourcesInfo().filter((kind) => /^(?!Pipe).*(Req|Job)/.test(kind));
      const isAtWork = this.#unsent > 0 || work.length > 0;
      // the exit itself may wait for a thread that never ends: then the master ends the process
      if (!isAtWork || performance.now() - begun > WORK_MS) this.#exit();
    };
    setInterval(look, LOOK_EVERY_MS);
    setImmediate(look);
  }
}

/** An exit takes as long as a call does, and nobody waits for it: of a burst, those that are served go first. */
function standBehindCalls(): void {
  try {
    os.setPriority(Math.min(19, os.getPriority() + 10));
  } catch {
    // some containers forbid even that
  }
}
