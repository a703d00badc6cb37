/** The errors that a conversation can end in, for a session that has found out. */
import {
  AgiArgumentError,
  AgiCommandError,
  AgiDeadChannelError,
  AgiError,
  AgiHangupError,
  AgiProtocolError,
  AgiTimeoutError,
  AgiUnknownCommandError,
  AgiUsageError,
} from '../errors';
import { noSuchOption } from '../option-names';
import type { AgiReply } from '../wire/agi-reply';
import { moreBehindRequest } from '../wire/problems';

/** Why Asterisk's reply to a command is no success. */
export function failure(line: string, secret: boolean, reply: AgiReply): AgiError {
  const command = secret
    ? (/^[A-Z ]+(?= )/.exec(line)?.[0] ?? 'a command')
    : JSON.stringify(line.slice(0, 80));
  if (reply.code === 511) {
    return new AgiDeadChannelError(`the caller has hung up: ${command} needs a live channel`, reply);
  }
  if (reply.code === 510) {
    return new AgiUnknownCommandError(
      `this Asterisk does not know ${command}: is it misspelt, or the module that has it not loaded?`,
      reply,
    );
  }
  if (reply.code === 520) {
    const usage = reply.usage ? `\n${reply.usage}` : '';
    return new AgiUsageError(`Asterisk does not take the arguments of ${command}${usage}`, reply);
  }
  return new AgiProtocolError(
    `an answer that is no AGI reply to ${command}: ${JSON.stringify(reply.text.slice(0, 80))}`,
  );
}

/** The same error for each command that it ends, each with the stack of its own call. */
export function copyOf(error: AgiError): AgiError {
  if (error instanceof AgiHangupError)
    return new AgiHangupError(error.message, { code: error.code, cause: error.cause });
  if (error instanceof AgiProtocolError) return new AgiProtocolError(error.message, error.code);
  return error;
}

/** Whatever ends a conversation, the caller cannot be reached any more. */
export function asHangup(error: AgiError): AgiHangupError {
  return error instanceof AgiHangupError ? error : new AgiHangupError(error.message, { cause: error });
}

export function hungUp(): AgiHangupError {
  return new AgiHangupError('the caller has hung up');
}

export function scriptEnded(): AgiError {
  return new AgiError('SCRIPT_ENDED', 'the script has ended, and takes no more commands');
}

export function nested(): AgiArgumentError {
  return new AgiArgumentError('a command was sent inside another one of the same turn');
}

export function unasked(text: string): AgiProtocolError {
  return new AgiProtocolError(
    `a reply came that no command had asked for: ${JSON.stringify(text.slice(0, 80))}`,
    'AGI_UNASKED_REPLY',
  );
}

/** The connection is gone. */
export function closed(state: {
  /** Whether a hangup was told before. */
  readonly gone: boolean;
  /** Whether a reply has begun and not ended. */
  readonly inside: boolean;
  /** The command that waits for its reply, where it may be shown. */
  readonly command: string | undefined;
  readonly waits: boolean;
  readonly error: Error | undefined;
}): AgiHangupError {
  const why = state.error ? ` (${state.error.message})` : '';
  if (state.gone)
    return new AgiHangupError(`the caller has hung up, and Asterisk has closed the connection${why}`);
  const command = state.command === undefined ? '' : ` to ${JSON.stringify(state.command.slice(0, 60))}`;
  const where = state.inside
    ? `in the middle of its reply${command}`
    : state.waits
      ? `before its reply${command}`
      : 'between two commands';
  return new AgiHangupError(`Asterisk has closed the connection ${where}${why}`, {
    code: 'AGI_CLOSED',
    cause: state.error,
  });
}

export { moreBehindRequest };

export function requestTooLong(limitBytes: number): AgiProtocolError {
  return new AgiProtocolError(`an AGI request of over ${limitBytes} bytes`, 'AGI_REQUEST_TOO_LONG');
}

export function requestTimeout(seconds: number): AgiTimeoutError {
  return new AgiTimeoutError(
    `no whole AGI request came within ${seconds} s ([fastagi] header_seconds)`,
    'AGI_REQUEST_TIMEOUT',
  );
}

/** Others are there who would say what they want. */
export function requestCrowdedOut(ms: number): AgiTimeoutError {
  return new AgiTimeoutError(
    `no whole AGI request came within ${(ms / 1000).toFixed(1)} s, and a call wants its place ([listen] max_active)`,
    'AGI_REQUEST_TIMEOUT',
  );
}

/** The server stops, and waits for nobody who asks for nothing. */
export function requestTooLate(ms: number): AgiTimeoutError {
  return new AgiTimeoutError(
    `no whole AGI request came within ${(ms / 1000).toFixed(1)} s, and the server stops`,
    'AGI_REQUEST_TIMEOUT',
  );
}

/** The connection ended before the request did. */
export function requestCut(bytes: number, error: Error | undefined): AgiProtocolError {
  const why = error ? ` (${error.message})` : '';
  return bytes === 0
    ? new AgiProtocolError(`the connection was closed before an AGI request came${why}`, 'AGI_NO_REQUEST')
    : new AgiProtocolError(
        `the connection was closed in the middle of the AGI request${why}`,
        'AGI_CUT_REQUEST',
      );
}

/** A command's own failure on a live channel. */
export function commandFailed(command: string, reply: AgiReply, code?: string): AgiCommandError {
  return new AgiCommandError(
    `${command} failed on a live channel: ${JSON.stringify(reply.text)}`,
    reply,
    code,
  );
}

export function noApplication(application: string, reply: AgiReply): AgiCommandError {
  const text = `Asterisk has no application ${JSON.stringify(application)}: is its module loaded?`;
  return new AgiCommandError(text, reply, 'AGI_NO_APPLICATION');
}

/** The caller has hung up, as the reply to a command shows. */
export function hungUpDuring(reply: AgiReply): AgiHangupError {
  return new AgiHangupError('the caller has hung up', { reply });
}

/** A script does not see that its caller is gone. */
export function inCircles(name: string, times: number): AgiTimeoutError {
  return new AgiTimeoutError(
    `${name} has asked ${times} times for what a caller who has hung up cannot have, and is ended: a catch in a loop must let AgiHangupError through`,
    'SCRIPT_AFTER_HANGUP',
  );
}

export function isHangup(error: unknown): boolean {
  return error instanceof AgiHangupError;
}

export function outOfRange(what: string, value: unknown, least: number, most: number): AgiArgumentError {
  const due = `must be a whole number from ${least} to ${most}`;
  // a number of the configuration's, of a database or of the script's address is one to the eye
  if (typeof value === 'string') {
    const hint = Number.isInteger(Number(value)) && value !== '' ? ': Number(…) makes one of it' : '';
    return new AgiArgumentError(
      `${what} is ${JSON.stringify(value.slice(0, 80))}, a text, and ${due}${hint}`,
    );
  }
  return new AgiArgumentError(`${what} is ${value}, and ${due}`);
}

export function noOptions(method: string, options: unknown, names: object): AgiArgumentError {
  const what = options === null ? 'null' : Array.isArray(options) ? 'a list' : `a ${typeof options}`;
  return new AgiArgumentError(
    `${method}: its options are one object, { name: value, … }, and this is ${what}; it has ${Object.keys(names).join(', ')}`,
  );
}

export function noOption(method: string, name: string, names: object): AgiArgumentError {
  return new AgiArgumentError(noSuchOption(method, name, names), 'AGI_OPTION');
}

export function noNumber(reply: AgiReply): AgiProtocolError {
  return new AgiProtocolError(
    `a number was due in Asterisk's reply: ${JSON.stringify(reply.text.slice(0, 80))}`,
  );
}
