/** The streams that one source of events feeds: opened, counted and ended together. */
import { EventStream, type EventStreamOptions } from './event-stream';
import { shareSignal } from './shared-signal';

/** How many events a stream keeps unless told otherwise. */
const STREAM_LIMIT = 10_000;

export class EventStreams<T> {
  readonly #streams = new Set<EventStream<T>>();
  readonly #onWait: () => void;
  #dropped = 0;

  /** @param onWait called when `awaited` may have changed */
  constructor(onWait: () => void = () => {}) {
    this.#onWait = onWait;
  }

  /** How many events were dropped in streams that have ended, and in those that go on. */
  get dropped(): number {
    let sum = this.#dropped;
    for (const stream of this.#streams) sum += stream.dropped;
    return sum;
  }

  /** Whether someone waits for an event. */
  get awaited(): boolean {
    for (const stream of this.#streams) if (stream.awaited) return true;
    return false;
  }

  /**
   * @param types of events; all where there are none. Each is listened to once
   * @param listen feeds the stream with the events of a type, `*` for all; returns what ends that
   */
  open(
    types: readonly string[],
    { limit = STREAM_LIMIT, signal }: EventStreamOptions,
    listen: (type: string, push: (event: T) => void) => () => void,
  ): EventStream<T> {
    if (!(limit >= 1)) throw new RangeError(`a stream of events keeps at least one: limit is ${limit}`);
    signal?.throwIfAborted();
    const stops: (() => void)[] = [];
    const onEnd = () => {
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', onAbort);
      this.#dropped += stream.dropped;
      this.#streams.delete(stream);
      this.#onWait();
    };
    const stream = new EventStream<T>(limit, onEnd, this.#onWait);
    const onAbort = () => stream.end(signal?.reason);
    shareSignal(signal);
    signal?.addEventListener('abort', onAbort, { once: true });
    for (const type of new Set(types.length === 0 ? ['*'] : types)) {
      stops.push(listen(type, (event) => stream.push(event)));
    }
    this.#streams.add(stream);
    return stream;
  }

  /** Ends all of them. */
  end(error?: unknown): void {
    for (const stream of [...this.#streams]) stream.end(error);
  }
}
