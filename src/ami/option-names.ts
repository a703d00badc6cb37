/** The names of the manager's options, and what is said of one that is none of them. */
import { AmiArgumentError } from '../ami-errors';
import type { EventStreamOptions } from '../event-stream';
import { listenerProblem, noSuchOption, type OptionNames, strangerIn } from '../option-names';
import type { AmiOptions, ReconnectOptions } from './ami';
import type { AsyncAgiOptions } from './async-agi';
import type { ActionOptions } from './manager-actions';
import type { OriginateOptions } from './originate';

export const amiNames = {
  host: true,
  port: true,
  username: true,
  secret: true,
  auth: true,
  tls: true,
  events: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  reconnect: true,
  pingEveryMs: true,
  maxMessageBytes: true,
  unref: true,
  signal: true,
  trace: true,
} as const satisfies OptionNames<AmiOptions>;

export const reconnectNames = {
  attempts: true,
  firstDelayMs: true,
  maxDelayMs: true,
  fromStart: true,
} as const satisfies OptionNames<ReconnectOptions>;

export const actionNames = { timeoutMs: true, signal: true } as const satisfies OptionNames<ActionOptions>;

export const readyNames = { signal: true };

export const endNames = { failed: true };

export const streamNames = { limit: true, signal: true } as const satisfies OptionNames<EventStreamOptions>;

export const asyncAgiNames = {
  limit: true,
  signal: true,
  accept: true,
  namesScript: true,
  config: true,
  trace: true,
} as const satisfies OptionNames<AsyncAgiOptions>;

export const originateNames = {
  channel: true,
  context: true,
  extension: true,
  priority: true,
  application: true,
  data: true,
  timeoutMs: true,
  callerId: true,
  variables: true,
  account: true,
  codecs: true,
  earlyMedia: true,
  channelId: true,
  otherChannelId: true,
  signal: true,
} as const satisfies OptionNames<OriginateOptions>;

/** @throws AmiArgumentError with code `AMI_OPTION` for an option that is none of these */
export function checkNames(what: string, options: object, names: object): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new AmiArgumentError(
      `${what}: its options are one object, as in ${what}({ name: value })`,
      'AMI_OPTION',
    );
  const name = strangerIn(options, names);
  if (name !== undefined) throw new AmiArgumentError(noSuchOption(what, name, names), 'AMI_OPTION');
}

/** @throws AmiArgumentError for what is no function to call, or no name of what it is for */
export function checkListener(what: string, name: unknown, listener: unknown): void {
  const problem = listenerProblem(what, name, listener);
  if (problem !== undefined) throw new AmiArgumentError(problem);
}
