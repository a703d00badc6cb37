/** Who wants which events: listeners, and streams for `for await`. */
import { EventStream, type EventStreamOptions } from '../event-stream';
import type { Interest } from './interest';

type Listener<Event> = (event: Event) => void;

/** How many events a stream keeps unless told otherwise. */
const STREAM_LIMIT = 10_000;

export class EventHub<Event extends { readonly type: string }> {
  /** By the event's type; `*` for all. A list is never changed while it is told. */
  readonly #listeners = new Map<string, readonly Listener<Event>[]>();
  readonly #streams = new Set<EventStream<Event>>();
  readonly #onError: (error: unknown, event: Event) => void;
  readonly #interest: Interest | undefined;
  #dropped = 0;

  /**
   * @param onError gets what a listener throws, or what its promise is rejected with
   * @param interest is told of each listener's type
   */
  constructor(onError: (error: unknown, event: Event) => void, interest?: Interest) {
    this.#onError = onError;
    this.#interest = interest;
  }

  /** How many events were dropped in streams that have ended, and in those that go on. */
  get dropped(): number {
    let sum = this.#dropped;
    for (const stream of this.#streams) sum += stream.dropped;
    return sum;
  }

  /** How many listeners there are, streams among them. */
  get size(): number {
    let sum = 0;
    for (const listeners of this.#listeners.values()) sum += listeners.length;
    return sum;
  }

  on(type: string, listener: Listener<Event>): () => void {
    // one of its own for each: the same function twice is two listeners
    const tell: Listener<Event> = (event) => {
      try {
        const result: unknown = (listener as (event: Event) => unknown)(event);
        if (result instanceof Promise) result.catch((error: unknown) => this.#onError(error, event));
      } catch (error) {
        // it costs the others nothing
        this.#onError(error, event);
      }
    };
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), tell]);
    this.#interest?.add(type);
    return () => {
      const before = this.#listeners.get(type) ?? [];
      const left = before.filter((other) => other !== tell);
      if (left.length === before.length) return;
      this.#interest?.remove(type);
      if (left.length > 0) this.#listeners.set(type, left);
      else this.#listeners.delete(type);
    };
  }

  stream(types: readonly string[], options: EventStreamOptions): EventStream<Event> {
    const { limit = STREAM_LIMIT, signal } = options;
    if (!(limit >= 1)) throw new RangeError(`a stream of events keeps at least one: limit is ${limit}`);
    signal?.throwIfAborted();
    const stops: (() => void)[] = [];
    const onEnd = () => {
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', onAbort);
      this.#dropped += stream.dropped;
      this.#streams.delete(stream);
    };
    const stream = new EventStream<Event>(limit, onEnd);
    const onAbort = () => stream.end(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const wanted = new Set(types.length === 0 ? ['*'] : types);
    for (const type of wanted) stops.push(this.on(type, (event) => stream.push(event)));
    this.#streams.add(stream);
    return stream;
  }

  emit(event: Event): void {
    if (this.#listeners.size === 0) return;
    const listeners = this.#listeners.get(event.type);
    if (listeners) for (const tell of listeners) tell(event);
    const all = this.#listeners.get('*');
    if (all) for (const tell of all) tell(event);
  }

  /** Whether anyone wants events of this type. */
  wants(type: string): boolean {
    return this.#listeners.has(type) || this.#listeners.has('*');
  }

  /** Ends all streams, and forgets all listeners. */
  end(error?: unknown): void {
    for (const stream of [...this.#streams]) stream.end(error);
    for (const [type, listeners] of this.#listeners) {
      for (const _ of listeners) this.#interest?.remove(type);
    }
    this.#listeners.clear();
  }
}
