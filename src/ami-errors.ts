/** What can go wrong with Asterisk's manager: one class for each decision that a program makes. */
import { AgiError, type Caused } from './errors';
import type { AmiEvent, AmiResponse } from './wire/ami-message';

/** Whatever goes wrong between a program and Asterisk's manager. */
export class AmiError extends AgiError {
  static override readonly kind: string = 'AmiError';
}

/**
 * What AMI cannot carry: a newline in a value, a line too long (`AMI_ARGUMENT`); or an option that there is not
 * (`AMI_OPTION`). Nothing was sent.
 */
export class AmiArgumentError extends AmiError {
  static override readonly kind: string = 'AmiArgumentError';

  constructor(message: string, code = 'AMI_ARGUMENT') {
    super(code, message);
  }
}

/**
 * There is no connection, or none any more. `code` is `AMI_CONNECT` (none could be made), `AMI_LOST`,
 * `AMI_NOT_CONNECTED` (between two connections), `AMI_CERTIFICATE` or `AMI_CLOSED` (by `close()`).
 */
export class AmiConnectionError extends AmiError {
  static override readonly kind: string = 'AmiConnectionError';
  /** Whether trying again can help: not where a certificate is refused, or the client was closed. */
  readonly retryable: boolean;
  /**
   * Of an action that has failed by this: false where Asterisk has never seen it, true where it may have carried
   * it out. It is never sent again by itself.
   */
  readonly sent: boolean;

  constructor(code: string, message: string, options: Caused & { retryable: boolean; sent?: boolean }) {
    super(code, message, options);
    this.retryable = options.retryable;
    this.sent = options.sent ?? false;
  }
}

/** Asterisk does not let this user in. */
export class AmiLoginError extends AmiError {
  static override readonly kind: string = 'AmiLoginError';
  /** True where the next attempt may succeed (the same user is logged in elsewhere), false for a wrong secret. */
  readonly retryable: boolean;
  readonly response: AmiResponse;

  constructor(message: string, response: AmiResponse, retryable: boolean) {
    super('AMI_LOGIN', message);
    this.response = response;
    this.retryable = retryable;
  }
}

/** The other side is no manager (`AMI_NO_MANAGER`), or sends what cannot be told apart (`AMI_MESSAGE_TOO_LONG`). */
export class AmiProtocolError extends AmiError {
  static override readonly kind: string = 'AmiProtocolError';
  /** Whether trying again can help: not where something else than a manager answers. */
  readonly retryable: boolean;

  constructor(code: string, message: string) {
    super(code, message);
    this.retryable = code === 'AMI_MESSAGE_TOO_LONG';
  }
}

/** No answer in time. */
export class AmiTimeoutError extends AmiError {
  static override readonly kind: string = 'AmiTimeoutError';
  readonly retryable = true;
  /** As in `AmiConnectionError`. */
  readonly sent: boolean;

  constructor(message: string, sent = false) {
    super('AMI_TIMEOUT', message);
    this.sent = sent;
  }
}

/**
 * Asterisk has answered an action with an error. `code` is `AMI_UNKNOWN_ACTION`, `AMI_PERMISSION` (the `write`
 * classes of this user), `AMI_COMMAND` (of a CLI command, whose output is in `output`), `AMI_LIST_CANCELLED`,
 * `AMI_SHUTTING_DOWN`, or `AMI_ACTION` for all else, whose reason is in the message and in `response`.
 */
export class AmiActionError extends AmiError {
  static override readonly kind: string = 'AmiActionError';
  readonly action: string;
  readonly response: AmiResponse | AmiEvent;

  constructor(code: string, message: string, action: string, response: AmiResponse | AmiEvent) {
    super(code, message);
    this.action = action;
    this.response = response;
  }

  /** What a CLI command has printed all the same. */
  get output(): string {
    return this.response.all('Output').join('\n');
  }
}
