/** The names of the REST client's options, and the bounds of their times. */
import { AriArgumentError } from '../ari-errors';
import type { EventStreamOptions } from '../event-stream';
import { listenerProblem, noSuchOption, type OptionNames, strangerIn } from '../option-names';
import type { RawRequest } from '../wire/ari-request';
import type { ReconnectOptions, StartOptions } from './application-link';
import type { AriOptions } from './ari';
import type { AriServerOptions } from './ari-server';
import type { CollectOptions } from './channel';
import type { WaitOptions } from './handle';
import type { RequestOptions } from './resources';

export const ariNames = {
  host: true,
  port: true,
  prefix: true,
  username: true,
  password: true,
  tls: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  reconnect: true,
  pingEveryMs: true,
  maxMessageBytes: true,
  maxAnswerBytes: true,
  requestsOverSocket: true,
  operations: true,
  signal: true,
  trace: true,
  onError: true,
} as const satisfies OptionNames<AriOptions>;

const reconnectNames = {
  attempts: true,
  firstDelayMs: true,
  maxDelayMs: true,
  fromStart: true,
} as const satisfies OptionNames<ReconnectOptions>;

export const startNames = { subscribeAll: true, signal: true } as const satisfies OptionNames<StartOptions>;

export const streamNames = { limit: true, signal: true } as const satisfies OptionNames<EventStreamOptions>;

/** Of a request, too. */
export const waitNames = { timeoutMs: true, signal: true } as const satisfies OptionNames<
  WaitOptions & RequestOptions
>;

/** Of a request of one's own making. */
export const requestNames = {
  query: true,
  body: true,
  binary: true,
  ...waitNames,
} as const satisfies OptionNames<RawRequest & RequestOptions>;

export const collectNames = {
  ...waitNames,
  media: true,
  maxDigits: true,
  terminators: true,
  betweenMs: true,
} as const satisfies OptionNames<CollectOptions>;

const serverNames = {
  host: true,
  port: true,
  username: true,
  password: true,
  tls: true,
  timeoutMs: true,
  pingEveryMs: true,
  maxMessageBytes: true,
  trace: true,
  onError: true,
  operations: true,
  onConnection: true,
} as const satisfies OptionNames<AriServerOptions>;

/** @throws AriArgumentError with code `ARI_OPTION` for an option that there is not */
export function checkAriNames(options: AriOptions): void {
  checkNames('new Ari', options, ariNames);
  if (typeof options.reconnect === 'object')
    checkNames('new Ari: reconnect', options.reconnect, reconnectNames);
}

/** @throws AriArgumentError as above */
export function checkServerNames(options: AriServerOptions): void {
  checkNames('AriServer.listen', options, serverNames);
}

/** @throws AriArgumentError as above */
export function checkNames(what: string, options: object, names: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const text = `${what}: its options are one object, as in ${what}({ name: value })`;
    throw new AriArgumentError(text, 'ARI_OPTION');
  }
  const name = strangerIn(options, names);
  if (name !== undefined) throw new AriArgumentError(noSuchOption(what, name, names), 'ARI_OPTION');
}

/** The longest that Node's timers can count. */
const MAX_MS = 0x7fff_ffff;

/** @throws AriArgumentError for what no timer can count */
export function checkMs(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= MAX_MS)) {
    throw new AriArgumentError(`${name} is ${ms}, and must be a number of milliseconds, 0 to ${MAX_MS}`);
  }
}

/** @throws AriArgumentError for what is no function to call, or no name of what it is for */
export function checkListener(what: string, name: unknown, listener: unknown): void {
  const problem = listenerProblem(what, name, listener);
  if (problem !== undefined) throw new AriArgumentError(problem);
}
