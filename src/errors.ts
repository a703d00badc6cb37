/**
 * Every error that this library throws on purpose: one base class, one class for each decision that a
 * script makes, and a stable `code` on each.
 *
 * A script file and the executable that runs it may hold two copies of these classes (the executable is
 * one bundled file, the script has its own `node_modules`). `instanceof` works across copies: it goes by
 * a brand on the instance, not by the identity of the class.
 */
import type { AgiReply } from './wire/agi-reply';

/** Error's own options, by a name that there is in TypeScript's libraries older than ES2022, too. */
export interface Caused {
  cause?: unknown;
}

const brand = Symbol.for('fastagi.error');

/** Whatever goes wrong in a call. By its `code`, a program tells one from another without an import. */
export class AgiError extends Error {
  static readonly kind: string = 'AgiError';
  /** Names the failure for programs; never changes once released. */
  readonly code: string;

  constructor(code: string, message: string, options?: Caused) {
    super(message, options);
    this.code = code;
    const kinds: string[] = [];
    for (let type = new.target; 'kind' in type; type = Object.getPrototypeOf(type)) kinds.push(type.kind);
    Object.defineProperty(this, brand, { value: kinds });
    Object.defineProperty(this, 'name', { value: new.target.kind, configurable: true, writable: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    if (!Object.hasOwn(this, 'kind')) return Function.prototype[Symbol.hasInstance].call(this, value);
    const kinds: unknown = (value as Record<symbol, unknown>)[brand];
    return Array.isArray(kinds) && kinds.includes(this.kind);
  }
}

/** The caller has hung up, or Asterisk has closed the connection. Uncaught, it ends the script quietly. */
export class AgiHangupError extends AgiError {
  static override readonly kind: string = 'AgiHangupError';
  /** Asterisk's last word to the command that was running, where there was one. */
  readonly reply: AgiReply | undefined;

  constructor(message: string, options?: Caused & { code?: string; reply?: AgiReply }) {
    super(options?.code ?? 'AGI_HANGUP', message, options);
    this.reply = options?.reply;
  }
}

/** Reply 511: the channel is dead, and the command needs a live one. */
export class AgiDeadChannelError extends AgiHangupError {
  static override readonly kind: string = 'AgiDeadChannelError';

  constructor(message: string, reply?: AgiReply) {
    super(message, reply ? { code: 'AGI_DEAD_CHANNEL', reply } : { code: 'AGI_DEAD_CHANNEL' });
  }
}

/** Reply 510: this Asterisk does not have the command (a module is not loaded, or it is misspelt). */
export class AgiUnknownCommandError extends AgiError {
  static override readonly kind: string = 'AgiUnknownCommandError';
  readonly reply: AgiReply;

  constructor(message: string, reply: AgiReply) {
    super('AGI_UNKNOWN_COMMAND', message);
    this.reply = reply;
  }
}

/** Reply 520: the command's arguments are wrong. */
export class AgiUsageError extends AgiError {
  static override readonly kind: string = 'AgiUsageError';
  readonly reply: AgiReply;
  /** Asterisk's own usage text of the command; empty where it sent none. */
  readonly usage: string;

  constructor(message: string, reply: AgiReply) {
    super('AGI_USAGE', message);
    this.reply = reply;
    this.usage = reply.usage ?? '';
  }
}

/**
 * An argument that AGI cannot carry (`AGI_ARGUMENT`), or an option that the method does not have (`AGI_OPTION`). It is
 * thrown before anything is sent.
 */
export class AgiArgumentError extends AgiError {
  static override readonly kind: string = 'AgiArgumentError';

  constructor(message: string, code = 'AGI_ARGUMENT') {
    super(code, message);
  }
}

/** The command ran and failed on a live channel. */
export class AgiCommandError extends AgiError {
  static override readonly kind: string = 'AgiCommandError';
  readonly reply: AgiReply;

  constructor(message: string, reply: AgiReply, code = 'AGI_COMMAND') {
    super(code, message);
    this.reply = reply;
  }
}

/** The other side does not speak AGI, or what it says can no longer be told apart. */
export class AgiProtocolError extends AgiError {
  static override readonly kind: string = 'AgiProtocolError';

  constructor(message: string, code = 'AGI_PROTOCOL') {
    super(code, message);
  }
}

/** A limit on time has passed: of the request header, or of the script's life (`max_seconds`). */
export class AgiTimeoutError extends AgiError {
  static override readonly kind: string = 'AgiTimeoutError';

  constructor(message: string, code = 'AGI_TIMEOUT') {
    super(code, message);
  }
}

/** A text that could not be spoken: no engine, one that failed or took too long, a text or a setting it cannot take. */
export class AgiSpeechError extends AgiError {
  static override readonly kind: string = 'AgiSpeechError';
}

/** The call is refused before its script runs: exit code 3. */
export class RefusedError extends AgiError {
  static override readonly kind: string = 'RefusedError';
}
