/** The errors that a conversation can end in, for a session that has found out. */
import {
  AgiArgumentError,
  AgiDeadChannelError,
  AgiError,
  AgiHangupError,
  AgiProtocolError,
  AgiUnknownCommandError,
  AgiUsageError,
} from '../errors';
import type { AgiReply } from '../wire/agi-reply';

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
