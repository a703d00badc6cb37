/** The types of events. */
import type { Events, Message } from './catalog';

/** An event of a type that the catalogue does not know: a newer Asterisk's. It comes through as it is. */
export interface UnknownEvent extends Message {
  readonly application?: string;
  readonly timestamp?: string;
  readonly [field: string]: unknown;
}

export type KnownEvent = Events[keyof Events];
export type AnyEvent = KnownEvent | UnknownEvent;

export type EventOf<Type extends string> = Type extends keyof Events
  ? Events[Type]
  : Type extends '*'
    ? AnyEvent
    : UnknownEvent;
