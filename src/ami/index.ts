/** `fastagi/ami`: the public names. */
export {
  AmiActionError,
  AmiArgumentError,
  AmiConnectionError,
  AmiError,
  AmiLoginError,
  AmiProtocolError,
  AmiTimeoutError,
} from '../ami-errors';
export type { EventStream, EventStreamOptions } from '../event-stream';
export type { AmiFields, AmiValue } from '../wire/ami-action';
export type { AmiEvent, AmiMessage, AmiObject, AmiResponse } from '../wire/ami-message';
export { Ami, type AmiCounts, type AmiOptions, type AmiState, type ReconnectOptions } from './ami';
export { managerOptions } from './asmanager';
export { type AsyncAgiCalls, type AsyncAgiOptions, endCall } from './async-agi';
export type { AmiActions, AmiEvents } from './catalog';
export type { ActionName, EventName, EventOf, FieldsOf } from './catalog-types';
export type { AmiTracer } from './connection';
export type { ActionOptions, AmiList, ExtensionStatus, MailboxCount } from './manager-actions';
export type { OriginateOptions, OriginateOutcome } from './originate';
