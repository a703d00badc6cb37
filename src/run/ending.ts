/**
 * How a call ends: once, whatever happens. What goes as it should is here; all else is `trouble.ts`, which such
 * a call never loads.
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

/** How long a script that has returned may go on unwatched. */
const LOOK_AFTER_MS = 20;

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
  async returned(): Promise<void> {
    await this.session?.drain();
    await this.finish();
  }

  /**
   * The body of a script has returned. What it has begun without awaiting it may go on, as in any program
   * of Node's, but not for ever: a forgotten timer must not hold the caller in silence.
   */
  async bodyReturned(): Promise<void> {
    await this.session?.drain();
    if (this.begun) return;
    // without a read that waits, Node itself tells when nothing is left: `beforeExit`
    this.session?.rest();
    this.bodyHasReturned = true;
    setTimeout(() => {
      if (!this.begun) this.trouble.watchLeftovers();
    }, LOOK_AFTER_MS).unref();
  }

  /** The event loop has run empty: nothing can happen any more but on the wire. */
  onNothingLeft(): void {
    if (this.begun) return;
    const { session } = this;
    if (this.bodyHasReturned) void this.finish();
    // only a hangup can wake the script now, where it has asked to be told
    else if (session?.watched && !session.ended && !session.gone) this.transport.read();
    else this.trouble.stuck();
  }

  /** Ends a call that went as it should. */
  async finish(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    const { session, transport } = this;
    if (session && !session.ended) {
      session.stop();
      // a read that waits may hold up the exit; a NOOP ends it
      if (session.busy || transport.blocked) await this.trouble.leaveQuietly(session);
    }
    this.leave(exitCodes.done);
  }

  leave(code: number): void {
    this.over = true;
    this.tracing?.tell('end', `${code}`);
    this.#trouble?.rest();
    this.house.leave(this, code);
  }
}

// the lines of a conversation, for those who keep them
const tracing = (): typeof import('./tracing') => require('./tracing');
