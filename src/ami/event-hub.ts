/** Who wants which events: listeners, and streams for `for await`. */

import type { EventStream, EventStreamOptions } from '../event-stream';
import { EventStreams } from '../event-streams';
import type { AmiEvent } from '../wire/ami-message';
import { leaveUncaught } from './uncaught';

type Listener = (event: AmiEvent) => void;

export class EventHub {
  /** By the event's name in small letters; `*` for all. */
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #streams: EventStreams<AmiEvent>;

  /** @param onWait called when `awaited` may have changed */
  constructor(onWait: () => void) {
    this.#streams = new EventStreams(onWait);
  }

  /** How many events were dropped in streams that have ended, and in those that go on. */
  get dropped(): number {
    return this.#streams.dropped;
  }

  /** Whether someone waits for an event. */
  get awaited(): boolean {
    return this.#streams.awaited;
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
    const keys = names.map((name) => name.toLowerCase());
    return this.#streams.open(keys, options, (key, push) => this.on(key, push));
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
    this.#streams.end(error);
  }

  #tell(listeners: Set<Listener> | undefined, event: AmiEvent): void {
    if (!listeners) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        // the others are to have their event
        leaveUncaught(error);
      }
    }
  }
}
