/** Who wants which events: listeners, and streams for `for await`. */

import { EventStream, type EventStreamOptions } from '../event-stream';
import type { AmiEvent } from '../wire/ami-message';

type Listener = (event: AmiEvent) => void;

/** How many events a stream keeps unless told otherwise. */
const STREAM_LIMIT = 10_000;

export class EventHub {
  /** By the event's name in small letters; `*` for all. */
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #streams = new Set<EventStream<AmiEvent>>();
  readonly #onWait: () => void;
  #dropped = 0;

  /** @param onWait called when `awaited` may have changed */
  constructor(onWait: () => void) {
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

  on(name: string, listener: Listener): () => void {
    const key = name.toLowerCase();
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    // the same function twice is two listeners
    const own: Listener = (event) => listener(event);
    listeners.add(own);
    return () => {
      const left = this.#listeners.get(key);
      left?.delete(own);
      if (left?.size === 0) this.#listeners.delete(key);
    };
  }

  stream(names: readonly string[], options: EventStreamOptions): EventStream<AmiEvent> {
    const { limit = STREAM_LIMIT, signal } = options;
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
    const stream = new EventStream<AmiEvent>(limit, onEnd, this.#onWait);
    const onAbort = () => stream.end(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const wanted = new Set((names.length === 0 ? ['*'] : names).map((name) => name.toLowerCase()));
    for (const name of wanted) stops.push(this.on(name, (event) => stream.push(event)));
    this.#streams.add(stream);
    return stream;
  }

  emit(event: AmiEvent): void {
    const all = this.#listeners.get('*');
    if (this.#listeners.size > (all ? 1 : 0)) {
      this.#tell(this.#listeners.get(event.name.toLowerCase()), event);
    }
    this.#tell(all, event);
  }

  /** Ends all streams. */
  end(error: unknown): void {
    for (const stream of [...this.#streams]) stream.end(error);
  }

  #tell(listeners: Set<Listener> | undefined, event: AmiEvent): void {
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // as an error thrown in any other listener of Node's, but without costing the others their event
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }
}
