/** What every command does alike: a turn of the conversation, and the question whether the caller is still there. */
import { type AgiArgument, encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { Ask, Session } from './session';

/** Where a call keeps its commander, out of scripts' sight; registered, since each room that travels as text has its own copy. */
export const commander = Symbol.for('fastagi.commander');

export class Commander {
  readonly session: Session;
  /** Whether all that it sends and hears is kept out of the log. */
  readonly secret: boolean;

  constructor(session: Session, secret = false) {
    this.session = session;
    this.secret = secret;
  }

  /**
   * Sends a command and makes of its reply what the script gets.
   * @param secret keeps the command's arguments and its reply out of the log
   */
  run<T>(
    name: string,
    args: readonly AgiArgument[],
    outcome: (reply: AgiReply, ask: Ask) => T | Promise<T>,
    secret = this.secret,
  ): Promise<T> {
    return this.session.turn(async (ask) => outcome(await ask(encodeCommand(name, args), { secret }), ask));
  }

  /** What an application returned. @throws AgiCommandError, code `AGI_NO_APPLICATION`, where there is none */
  executed(application: string, reply: AgiReply, ask: Ask): Promise<number> {
    return verdicts().executed(this.session, application, reply, ask);
  }

  /**
   * Asks Asterisk whether the caller is still there, where a reply leaves it open.
   * @throws AgiHangupError
   */
  assertAlive(reply: AgiReply, ask: Ask): Promise<void> {
    return verdicts().assertAlive(this.session, reply, ask);
  }

  /** @throws AgiHangupError where the caller is gone, AgiCommandError where the command has failed by itself */
  failed(command: string, reply: AgiReply, ask: Ask): Promise<never> {
    return verdicts().failed(this.session, command, reply, ask);
  }
}

/**
 * Options are one object: in phpAGI's way, one behind the other, they would be passed over in silence.
 * @throws AgiArgumentError
 */
export function checkOptions(method: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) throw failures().noOptions(method, options);
}

/** @throws AgiArgumentError for what is no whole number of the range */
export function inRange(what: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw failures().outOfRange(what, value, least, most);
  }
}

/** A view of the call that keeps what it sends and hears out of the log. */
export function secretly<T extends { readonly [commander]: Commander }>(agi: T): T {
  return Object.create(agi, { [commander]: { value: new Commander(agi[commander].session, true) } });
}

/** Variables that, by their name, hold what no log should: passwords, PINs, card numbers. */
export function isSecretName(name: string): boolean {
  // the usual name is told by a look
  return /pass|pwd|secret|token|pin|card|cv[vc]/i.test(name) && secrets().isSecretName(name);
}

// what names speak of secrets
const secrets = (): typeof import('../wire/redact') => require('../wire/redact');
// what replies mean for the call
const verdicts = (): typeof import('./verdicts') => require('./verdicts');
// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
