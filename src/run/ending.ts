/**
 * How a call ends: once, whatever happens. What goes as it should is `closing.ts`; all else is `trouble.ts`, which
 * such a call never loads.
 */
import type { Session } from '../agi/session';
import type { Transport } from '../agi/transport';
import type { Config } from '../config';
import type { Log } from '../log';
import type { House } from './house';
import type { ScriptFile } from './resolve';
import type { Tracing } from './tracing';
import type { Trouble } from './trouble';

export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

export class Ending {
  readonly config: Config;
  readonly log: Log;
  readonly transport: Transport;
  readonly house: House;
  session: Session | undefined;
  script: ScriptFile | undefined;
  /** Where the conversation is kept, if it is. */
  readonly tracing: Tracing | undefined;
  /** Whether the body of a script without an exported function has returned. */
  bodyHasReturned = false;
  /** Whether the end has begun: nothing can change it any more. */
  begun = false;
  /** Whether all is said. */
  over = false;
  #trouble: Trouble | undefined;

  constructor(config: Config, log: Log, transport: Transport, house: House) {
    this.config = config;
    this.log = log;
    this.transport = transport;
    this.house = house;
    if (config.sections.fastagi?.trace || log.enabled('debug'))
      this.tracing = tracing().beginTracing(config, log);
  }

  get trouble(): Trouble {
    this.#trouble ??= new (require('./trouble') as typeof import('./trouble')).Trouble(this);
    return this.#trouble;
  }

  /** Ends the call for an error: a hangup quietly, a refusal with 3, all else with 1. */
  fail(error: unknown): void {
    // an error on the way to tell an error must not begin it anew
    this.trouble.fail(error).catch(() => this.leave(exitCodes.failed));
  }

  /** The call is open: the caller may hang up from here on. */
  opened(session: Session): void {
    this.session = session;
    session.onHangup(() => {
      if (!this.begun) this.trouble.onHangup();
    });
  }

  /** The script is known: its life begins. */
  found(script: ScriptFile): void {
    this.script = script;
    this.log.subject = script.name;
    this.tracing?.tell('script', script.file);
    if (this.config.maxSeconds > 0) this.trouble.limitLife(script.name);
  }

  /** The exported function has returned: finish what is queued, close. */
  returned(): Promise<void> {
    return closing().returned(this);
  }

  /**
   * The body of a script has returned. What it has begun without awaiting it may go on, as in any program
   * of Node's, but not for ever: a forgotten timer must not hold the caller in silence.
   */
  bodyReturned(): Promise<void> {
    return closing().bodyReturned(this);
  }

  /** The event loop has run empty: nothing can happen any more but on the wire. */
  onNothingLeft(): void {
    closing().onNothingLeft(this);
  }

  /** Ends a call that went as it should. */
  finish(): Promise<void> {
    return closing().finish(this);
  }

  leave(code: number): void {
    this.over = true;
    this.tracing?.tell('end', `${code}`);
    this.#trouble?.rest();
    this.house.leave(this, code);
  }
}

// the end of a call that goes as it should, while Asterisk works on the script's last command
const closing = (): typeof import('./closing') => require('./closing');
// the lines of a conversation, for those who keep them
const tracing = (): typeof import('./tracing') => require('./tracing');
