/** What every command does alike: a turn of the conversation, and the question whether the caller is still there. */
import type { Ami } from '../ami/ami';
import type { Ari } from '../ari/ari';
import type { Config } from '../config';
import type { Speech } from '../tts/speech';
import { type AgiArgument, encodeCommand } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { Ask, Session } from './session';

/** Where a call keeps its commander, out of scripts' sight; registered, since each room that travels as text has its own copy. */
export const commander = Symbol.for('fastagi.commander');

/** What a call has beside its conversation. */
export interface Belongings {
  /** The defaults where it is left out. */
  readonly config?: Config | undefined;
  /** What speaks for this call, once something has. */
  speech?: Speech;
  /** The call's client of the manager, once it has been asked for. */
  manager?: Promise<Ami>;
  /** The call's client of the REST interface, once it has been asked for. */
  ari?: Ari;
}

export class Commander {
  readonly session: Session;
  /** Whether all that it sends and hears is kept out of the log. */
  readonly secret: boolean;
  readonly belongings: Belongings;

  constructor(session: Session, secret = false, belongings: Belongings = {}) {
    this.session = session;
    this.secret = secret;
    this.belongings = belongings;
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
    let line: string;
    let problem: unknown;
    try {
      // now, for an error says where the script has called; when its turn comes that is forgotten
      line = encodeCommand(name, args);
    } catch (error) {
      problem = error;
    }
    return this.session.turn(async (ask) => {
      if (problem) throw problem;
      return outcome(await ask(line, { secret }), ask);
    });
  }

  /** What an application returned. @throws AgiCommandError, code `AGI_NO_APPLICATION`, where there is none */
  executed(application: string, reply: AgiReply, ask: Ask): Promise<number> {
    return verdicts().executed(this.session, application, reply, ask);
  }

  /** Asks Asterisk whether the caller is still there, where a reply leaves it open. */
  isAlive(ask: Ask): Promise<boolean> {
    return verdicts().isAlive(this.session, ask);
  }

  /** @throws AgiHangupError where the caller is gone */
  assertAlive(reply: AgiReply, ask: Ask): Promise<void> {
    return verdicts().assertAlive(this.session, reply, ask);
  }

  /** @throws AgiHangupError where the caller is gone, AgiCommandError where the command has failed by itself */
  failed(command: string, reply: AgiReply, ask: Ask): Promise<never> {
    return verdicts().failed(this.session, command, reply, ask);
  }
}

/** A view of the call that keeps what it sends and hears out of the log. */
export function secretly<T extends { readonly [commander]: Commander }>(agi: T): T {
  const { session, belongings } = agi[commander];
  return Object.create(agi, { [commander]: { value: new Commander(session, true, belongings) } });
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
