const COUNT = 8;

/** How often processes become free again, by the last few of them. */
export class Turnover {
  readonly #times: number[] = [];

  /** One has become free. */
  add(nowMs: number): void {
    if (this.#times.push(nowMs) > COUNT) this.#times.shift();
  }

  /** From one to the next, in ms; it grows while none becomes free. */
  everyMs(nowMs: number): number {
    const [first] = this.#times;
    if (first === undefined || this.#times.length < COUNT) return Number.POSITIVE_INFINITY;
    return (nowMs - first) / COUNT;
  }
}
