/**
 * How a call ends in this process: once, whatever happens. What goes as it should is here; all else is
 * `trouble.ts`, which such a call never loads.
 */
import type { FdTransport } from '../agi/fd-transport';
import type { Session } from '../agi/session';
import type { Config } from '../config';
import type { Log } from '../log';
import type { ScriptFile } from './resolve';
import type { Tracing } from './tracing';
import type { Trouble } from './trouble';

export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

/** How long a script that has returned may go on unwatched. */
const LOOK_AFTER_MS = 20;

export class Ending {
  readonly config: Config;
  readonly log: Log;
  readonly transport: FdTransport;
  session: Session | undefined;
  script: ScriptFile | undefined;
  tracing: Tracing | undefined;
  /** Whether the body of a script without an exported function has returned. */
  bodyHasReturned = false;
  /** Whether the end has begun: nothing can change it any more. */
  begun = false;
  /** Whether the process may exit: all is said. */
  over = false;
  #trouble: Trouble | undefined;

  constructor(config: Config, log: Log, transport: FdTransport) {
    this.config = config;
    this.log = log;
    this.transport = transport;
    process.on('uncaughtException', (error) => this.fail(error));
    process.on('unhandledRejection', (error) => this.fail(error));
    process.on('beforeExit', () => this.onNothingLeft());
    process.on('exit', (code) => {
      if (!this.over) this.trouble.onExit(code);
    });
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
      // a read that waits would hold up the exit; a NOOP ends it
      if (session.busy || transport.reading) await this.trouble.leaveQuietly(session);
    }
    this.leave(exitCodes.done);
  }

  leave(code: number): void {
    this.over = true;
    this.tracing?.tell('end', `${code}`);
    if (this.transport.reading) this.trouble.leaveByForce(code);
    // closed by us, Asterisk need not wait for the end of the process
    this.transport.close();
    // Node waits for its threads: what is at work there must not keep the process for ever
    if (process.getActiveResourcesInfo().length > 0) this.trouble.leaveInTime(code);
    else process.exit(code);
  }
}
