/** Connections whose request is not whole yet: they have no process, and may have to go before they get one. */
import { requestCrowdedOut, requestTooLate } from '../agi/failures';
import { monotonicMs } from '../agi/socket-transport';
import type { Arrival } from './arrival';
import { SILENT_MS } from './reception';

export class Unheard {
  /** Who came first is the first. */
  readonly #arrivals = new Set<Arrival>();
  /** To be called when there are none of these. */
  #onNone: (() => void) | undefined;

  add(arrival: Arrival): void {
    this.#arrivals.add(arrival);
  }

  /** It is heard, or gone. */
  strike(arrival: Arrival): void {
    this.#arrivals.delete(arrival);
    if (this.#arrivals.size === 0) this.#onNone?.();
  }

  /** @returns whether one that has been silent for long has been let go */
  makeRoom(): boolean {
    const [first] = this.#arrivals;
    if (!first || monotonicMs() - first.acceptedMs < SILENT_MS) return false;
    first.cut(requestCrowdedOut);
    return true;
  }

  /**
   * No more will come: who is in may still say what it wants, for a while. Who says nothing must not keep the server from
   * stopping.
   */
  async hearOut(withinMs: number, hurry: AbortSignal): Promise<void> {
    if (this.#arrivals.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, hurry.aborted ? 0 : withinMs);
      this.#onNone = () => {
        clearTimeout(timer);
        resolve();
      };
      hurry.addEventListener('abort', this.#onNone, { once: true });
    });
    for (const arrival of this.#arrivals) arrival.cut(requestTooLate);
  }
}
