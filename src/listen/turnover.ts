const COUNT = 16;
/** Shorter than this, nothing at all may happen on a machine that has much to do, and it means nothing. */
const STALL_MS = 40;

/** How often processes that are busy become free again, by the last few of them. */
export class Turnover {
  #times: number[] = [];

  /** One has become free. */
  add(nowMs: number): void {
    if (this.#times.push(nowMs) > COUNT) this.#times.shift();
  }

  /** None was busy until now, so that none could become free: as if that time had not been. */
  resume(nowMs: number): void {
    const idleMs = nowMs - (this.#times.at(-1) ?? nowMs);
    this.#times = this.#times.map((timeMs) => timeMs + idleMs);
  }

  /** From one to the next, in ms; as long as none has become free, if that is longer, and no mere hiccup. */
  everyMs(nowMs: number): number {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || this.#times.length < COUNT)
      return Number.POSITIVE_INFINITY;
    const sinceMs = nowMs - last;
    const everyMs = (last - first) / (COUNT - 1);
    return sinceMs > STALL_MS ? Math.max(everyMs, sinceMs) : everyMs;
  }
}
