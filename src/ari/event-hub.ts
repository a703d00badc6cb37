/** Who wants which events: listeners, and streams for `for await`. */
import type { EventStream, EventStreamOptions } from '../event-stream';
import { EventStreams } from '../event-streams';
import type { Interest } from './interest';

type Listener<Event> = (event: Event) => void;

export class EventHub<Event extends { readonly type: string }> {
  /** By the event's type; `*` for all. A list is never changed while it is told. */
  readonly #listeners = new Map<string, readonly Listener<Event>[]>();
  readonly #streams = new EventStreams<Event>();
  readonly #onError: (error: unknown, event: Event) => void;
  readonly #interest: Interest | undefined;
  /** Set when no event will come any more. */
  #over: { readonly error: unknown } | undefined;

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
    return this.#streams.dropped;
  }

  on(type: string, listener: Listener<Event>): () => void {
    // nobody would forget it
    if (this.#over) return () => {};
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
    const stream = this.#streams.open(types, options, (type, push) => this.on(type, push));
    // nobody else would end it
    if (this.#over) stream.end(this.#over.error);
    return stream;
  }

  emit(event: Event): void {
    if (this.#listeners.size === 0) return;
    // who listens from now on is told of the next one
    const listeners = this.#listeners.get(event.type);
    const all = this.#listeners.get('*');
    if (listeners) for (const tell of listeners) tell(event);
    // of one whose type is `*` they are the same
    if (all && all !== listeners) for (const tell of all) tell(event);
  }

  /** Whether anyone wants events of this type. */
  wants(type: string): boolean {
    return this.#listeners.has(type) || this.#listeners.has('*');
  }

  /** Ends all streams, those that are opened later too, and forgets all listeners. */
  end(error?: unknown): void {
    this.#over ??= { error };
    this.#streams.end(error);
    for (const [type, listeners] of this.#listeners) {
      for (const _ of listeners) this.#interest?.remove(type);
    }
    this.#listeners.clear();
  }
}
