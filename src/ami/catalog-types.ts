/** The catalog of names, for whoever writes an action or reads an event: known names complete, others are free. */
import type { AmiFields } from '../wire/ami-action';
import type { AmiEvent } from '../wire/ami-message';
import type { AmiActions, AmiEvents } from './catalog';

/** A known action, or any other. */
export type ActionName = keyof AmiActions | (string & {});

/** What an action needs and may have. */
export type FieldsOf<Name extends string> = Name extends keyof AmiActions
  ? AmiActions[Name] & AmiFields
  : AmiFields;

/** A known event, any other, or `*`. */
export type EventName = keyof AmiEvents | '*' | (string & {});

/** An event whose headers are known. */
export type EventOf<Name extends string> = Name extends keyof AmiEvents
  ? AmiEvent<Name, AmiEvents[Name]>
  : AmiEvent;
