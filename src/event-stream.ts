/** Events for `for await`, kept in a bounded queue until they are asked for. */

export interface EventStreamOptions {
  /** How many events wait at most; the oldest is dropped, and counted, for one more. 10,000 where it is left out. */
  readonly limit?: number | undefined;
  /** Ends the stream with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What has come waits here until `for await` takes it. To leave the loop ends it. */
export class EventStream<T> implements AsyncIterableIterator<T> {
  readonly #limit: number;
  readonly #onEnd: () => void;
  readonly #onWait: () => void;
  readonly #onForgotten: (item: T) => void;
  #items: T[] = [];
  #head = 0;
  #dropped = 0;
  #waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  #over = false;
  #error: unknown;

  /**
   * @param onEnd called once, when nothing more is wanted
   * @param onWait called when `awaited` may have changed
   * @param onForgotten called for each that waited when nobody wanted it any more
   */
  constructor(
    limit: number,
    onEnd: () => void,
    onWait: () => void = () => {},
    onForgotten: (item: T) => void = () => {},
  ) {
    this.#limit = limit;
    this.#onEnd = onEnd;
    this.#onWait = onWait;
    this.#onForgotten = onForgotten;
  }

  /** How many events were dropped since the beginning, for want of someone who takes them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** How many events wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Whether someone waits for an event. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** @internal */
  push(item: T): void {
    if (this.#over) return;
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.resolve({ done: false, value: item });
      this.#onWait();
      return;
    }
    this.#items.push(item);
    if (this.size > this.#limit) {
      this.#take();
      this.#dropped++;
    }
  }

  /**
   * Counts one that had to be dropped before it came here.
   * @internal
   */
  drop(): void {
    this.#dropped++;
  }

  /**
   * What waits is still given, and then no more: with an error where there is one.
   * @internal
   */
  end(error?: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (this.#error === undefined) resolve({ done: true, value: undefined });
      else reject(this.#error);
      this.#error = undefined;
    }
    this.#onEnd();
  }

  /** The item that has waited longest, or the next one; rejects where the stream has ended by an error. */
  next(): Promise<IteratorResult<T>> {
    if (this.size > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#over) {
      const error = this.#error;
      this.#error = undefined;
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#onWait();
    });
  }

  /** Ends it, and forgets what waits. */
  return(): Promise<IteratorResult<T>> {
    const forgotten = this.#items.slice(this.#head);
    this.#items = [];
    this.#head = 0;
    this.end();
    this.#error = undefined;
    forgotten.forEach(this.#onForgotten);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** The oldest; the list moves up only now and then. */
  #take(): T {
    const item = this.#items[this.#head] as T;
    this.#items[this.#head++] = undefined as T;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
