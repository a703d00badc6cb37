/** The types of events. */
import type { Events, Message } from './catalog';

/** An event of a type that the catalogue does not know: a newer Asterisk's. It comes through as it is. */
export interface UnknownEvent extends Message {
  readonly application?: string;
  readonly timestamp?: string;
  readonly [field: string]: unknown;
}

/** An event that Asterisk 22.10 has, by its `type`. */
export type KnownEvent = Events[keyof Events];
/** Whatever comes: an event that is known, or one of another Asterisk's. */
export type AnyEvent = KnownEvent | UnknownEvent;

/** The event of this type. */
export type EventOf<Type extends string> = Type extends keyof Events
  ? Events[Type]
  : Type extends '*'
    ? AnyEvent
    : UnknownEvent;
