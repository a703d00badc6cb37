/** What can go wrong with Asterisk's REST interface: one class for each decision that a program makes. */
import { AgiError, type Caused } from './errors';

/** What was asked when it went wrong. The path has neither host nor query: that may hold secrets. */
export interface Asked {
  readonly method: string;
  readonly path: string;
}

/** Whatever goes wrong between a program and Asterisk's REST interface. */
export class AriError extends AgiError {
  static override readonly kind: string = 'AriError';
  /** The answer's status; undefined where there was none. */
  readonly status: number | undefined;
  readonly method: string | undefined;
  readonly path: string | undefined;

  constructor(code: string, message: string, options?: Caused & Partial<Asked> & { status?: number }) {
    super(code, message, options);
    this.status = options?.status;
    this.method = options?.method;
    this.path = options?.path;
  }
}

/**
 * What ARI cannot carry, or what the operation does not know (`ARI_ARGUMENT`); or an option that the client does not have
 * (`ARI_OPTION`). Nothing was sent.
 */
export class AriArgumentError extends AriError {
  static override readonly kind: string = 'AriArgumentError';

  constructor(message: string, code = 'ARI_ARGUMENT') {
    super(code, message);
  }
}

/**
 * Asterisk has answered with an error. `code` is `ARI_UNAUTHORIZED` (401), `ARI_READ_ONLY`, `ARI_FORBIDDEN` (403),
 * `ARI_NO_RESOURCE` (a module is not loaded, or this Asterisk is older), `ARI_OFF` (there is no ARI at this place),
 * `ARI_NOT_FOUND` (404), `ARI_BAD_PARAMETER` (400, 422), `ARI_CONFLICT` (409), `ARI_STATE` (412), `ARI_TOO_LARGE`
 * (413), `ARI_BUSY` (503), `ARI_SERVER` (other 5xx), or `ARI_REFUSED` for all else.
 */
export class AriResponseError extends AriError {
  static override readonly kind: string = 'AriResponseError';
  declare readonly status: number;
  declare readonly method: string;
  declare readonly path: string;
  /** Asterisk's own words, of `message` or of `error`; empty where it has none. */
  readonly reason: string;
  /** The whole answer: what was JSON as a value, all else as text. */
  readonly body: unknown;

  constructor(
    code: string,
    message: string,
    options: Asked & { status: number; reason: string; body: unknown },
  ) {
    super(code, message, options);
    this.reason = options.reason;
    this.body = options.body;
  }
}

/**
 * There is no connection, or none any more. `code` is `ARI_CONNECT` (none could be made), `ARI_LOST`, `ARI_CERTIFICATE`,
 * `ARI_REPLACED` (another client has taken the application) or `ARI_CLOSED` (by `close()`).
 */
export class AriConnectionError extends AriError {
  static override readonly kind: string = 'AriConnectionError';
  /** Whether trying again can help: not where a certificate is refused, or the client was closed. */
  readonly retryable: boolean;
  /**
   * Of a request that has failed by this: false where Asterisk has never seen it, true where it may have carried it
   * out. Only what reads (GET) is sent again by itself.
   */
  readonly sent: boolean;

  constructor(
    code: string,
    message: string,
    options: Caused & Partial<Asked> & { retryable: boolean; sent?: boolean },
  ) {
    super(code, message, options);
    this.retryable = options.retryable;
    this.sent = options.sent ?? false;
  }
}

/** No answer in time. */
export class AriTimeoutError extends AriError {
  static override readonly kind: string = 'AriTimeoutError';
  readonly retryable = true;
  /** As in `AriConnectionError`. */
  readonly sent: boolean;

  constructor(message: string, options: Partial<Asked> & { sent?: boolean } = {}) {
    super('ARI_TIMEOUT', message, options);
    this.sent = options.sent ?? false;
  }
}

/**
 * What came is not what an Asterisk sends: `ARI_NOT_JSON`, `ARI_NOT_HTTP`, `ARI_NOT_WEBSOCKET`, `ARI_TOO_LONG`,
 * `ARI_NO_DESCRIPTION`, `ARI_MEDIA`, `ARI_EVENT`.
 */
export class AriProtocolError extends AriError {
  static override readonly kind: string = 'AriProtocolError';
  readonly retryable = false;
}

/** The channel, bridge, playback or recording that was waited for is gone: the caller has hung up, for one. */
export class AriGoneError extends AriError {
  static override readonly kind: string = 'AriGoneError';

  constructor(message: string) {
    super('ARI_GONE', message);
  }
}
