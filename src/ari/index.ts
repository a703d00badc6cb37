/** `fastagi/ari`: the public names. */
export {
  AriArgumentError,
  AriConnectionError,
  AriError,
  AriGoneError,
  AriProtocolError,
  AriResponseError,
  AriTimeoutError,
} from '../ari-errors';
export type { EventStream, EventStreamOptions } from '../event-stream';
export type { AriValue, RawRequest } from '../wire/ari-request';
export type { AriState, Gap, ReconnectOptions, StartOptions } from './application-link';
export { Ari, type AriCounts, type AriOptions, type AriTracer } from './ari';
export { AriServer, type AriServerOptions } from './ari-server';
export type { BridgeHandle } from './bridge';
export type * from './catalog';
export type { ChannelHandle, Collected, CollectOptions, DialledOutcome } from './channel';
export type { AnyEvent, EventOf, KnownEvent, UnknownEvent } from './events';
export type { Ending, HandleKind, WaitOptions } from './handle';
export type { MediaSocket } from './media-socket';
export type { PlaybackHandle, PlaybackOutcome } from './playback';
export type { RecordingHandle, RecordingOutcome } from './recording';
export type { OperationTable, RequestOptions } from './resources';
export { ariOptions } from './settings';
export type { LostSubscription } from './subscriptions';
