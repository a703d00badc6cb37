const COUNT = 8;

/** How often processes become free again, by the last few of them. */
export class Turnover {
  readonly #times: number[] = [];

  /** One has become free. */
  add(nowMs: number): void {
    if (this.#times.push(nowMs) > COUNT) this.#times.shift();
  }

  /** From one to the next, in ms; as long as none has become free, if that is longer. */
  everyMs(nowMs: number): number {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || this.#times.length < COUNT)
      return Number.POSITIVE_INFINITY;
    return Math.max((nowMs - first) / COUNT, nowMs - last);
  }
}
