/** Calls that no process has yet, in the order in which they came. */
import { monotonicMs } from '../agi/socket-transport';
import type { Arrival } from './arrival';

/** How long a call may wait for a process that boots, and for one that another call may leave. */
const WAIT_MS = 10_000;
const GRACE_MS = 250;

interface Waiting {
  readonly arrival: Arrival;
  readonly sinceMs: number;
  readonly timer: NodeJS.Timeout;
}

export class WaitingLine {
  readonly #line: Waiting[] = [];
  readonly #isComing: () => boolean;
  readonly #onOver: (arrival: Arrival) => void;

  /**
   * @param isComing whether a process boots, or could: one that will be there is worth waiting for; where all are busy
   * with other calls, none may be for long
   * @param onOver a call has waited long enough, and is in the line no more
   */
  constructor(isComing: () => boolean, onOver: (arrival: Arrival) => void) {
    this.#isComing = isComing;
    this.#onOver = onOver;
  }

  get length(): number {
    return this.#line.length;
  }

  /** @param first it has waited before */
  add(arrival: Arrival, first = false): void {
    const sinceMs = monotonicMs();
    const timer = setInterval(() => {
      if (this.#isComing() && arrival.waitedMs + monotonicMs() - sinceMs < WAIT_MS) return;
      this.drop(arrival);
      this.#onOver(arrival);
    }, GRACE_MS);
    const waiting = { arrival, sinceMs, timer };
    if (first) this.#line.unshift(waiting);
    else this.#line.push(waiting);
  }

  /** @returns who has waited longest, and waits no more */
  next(): Arrival | undefined {
    const waiting = this.#line.shift();
    if (!waiting) return undefined;
    const { arrival, sinceMs, timer } = waiting;
    clearInterval(timer);
    arrival.waitedMs += monotonicMs() - sinceMs;
    return arrival;
  }

  /** It waits no more. */
  drop(arrival: Arrival): void {
    const at = this.#line.findIndex((waiting) => waiting.arrival === arrival);
    if (at !== -1) clearInterval(this.#line.splice(at, 1)[0]?.timer);
  }
}
