/**
 * How a call ends in this process: once, whatever happens, with its error told, its last commands read by
 * Asterisk and the right exit code.
 */

import type { FdTransport } from '../agi/fd-transport';
import type { Session } from '../agi/session';
import type { Config } from '../config';
import { AgiError, AgiHangupError, AgiTimeoutError, RefusedError } from '../errors';
import type { Log } from '../log';
import { encodeCommand } from '../wire/agi-command';
import { describeError, summarizeError } from './report';
import type { ScriptFile } from './resolve';

export const exitCodes = { done: 0, failed: 1, usage: 2, refused: 3 } as const;

/** phpAGI's limit, too. */
const MAILS_A_CALL = 5;
/** How long Asterisk may take for the last lines. */
const FAREWELL_MS = 2000;
/** How long a read may hold up the exit. */
const SETTLE_MS = 1000;
const MONITOR_MS = 20;
/** How long nothing may be seen to happen before nothing is taken to be left. */
const CERTAIN_MS = 1000;

export class Ending {
  readonly #config: Config;
  readonly #log: Log;
  readonly #transport: FdTransport;
  #session: Session | undefined;
  #script: ScriptFile | undefined;
  #begun = false;
  #left = false;
  #mails: Promise<void>[] = [];
  #monitor: NodeJS.Timeout | undefined;
  #bodyReturned = false;
  #quietSince = 0;

  constructor(config: Config, log: Log, transport: FdTransport) {
    this.#config = config;
    this.#log = log;
    this.#transport = transport;
    process.on('uncaughtException', (error) => void this.fail(error));
    process.on('unhandledRejection', (error) => void this.fail(error));
    process.on('beforeExit', () => this.#onNothingLeft());
    process.on('exit', (code) => this.#onExit(code));
  }

  /** Limits that go with a call, from here on. */
  watch(session: Session): void {
    this.#session = session;
    session.onHangup(() => this.#onHangup());
  }

  set script(script: ScriptFile) {
    this.#script = script;
    this.#log.subject = script.name;
    const { maxSeconds } = this.#config;
    if (maxSeconds === 0) return;
    const text = `${script.name} has run for ${maxSeconds} s, the limit of [fastagi] max_seconds, and is ended`;
    setTimeout(() => void this.fail(new AgiTimeoutError(text, 'SCRIPT_TIMEOUT')), maxSeconds * 1000).unref();
    startWatchdogLazily(
      maxSeconds,
      `error ${text} by force: it never let the event loop turn [SCRIPT_TIMEOUT]\n`,
    );
  }

  /** The exported function has returned: finish what is queued, close. */
  async returned(): Promise<void> {
    await this.#session?.drain();
    await this.#finish(exitCodes.done);
  }

  /**
   * The body of a script has returned. What it has begun without awaiting it may go on, as in any program
   * of Node's, but not for ever: a forgotten timer must not hold the caller in silence.
   */
  async bodyReturned(): Promise<void> {
    const session = this.#session;
    await session?.drain();
    if (this.#begun) return;
    // without a read that waits, Node itself tells when nothing is left: `beforeExit`
    session?.rest();
    this.#bodyReturned = true;
    this.#startMonitor();
  }

  /** Ends the call for an error: a hangup quietly, a refusal with 3, all else with 1. */
  async fail(error: unknown): Promise<void> {
    const hangup = error instanceof AgiHangupError;
    if (hangup || (error instanceof AgiError && error.code === 'SCRIPT_ENDED')) {
      if (this.#begun) return;
      const closed = (error as AgiError).code === 'AGI_CLOSED';
      if (closed) this.#log.warning(`${(error as Error).message} [AGI_CLOSED]`);
      else this.#log.debug((error as Error).message);
      return this.#finish(exitCodes.done);
    }
    this.#report(error);
    if (this.#begun) return;
    const code =
      error instanceof RefusedError || this.#session === undefined ? exitCodes.refused : exitCodes.failed;
    await this.#finish(code, summarizeError(error, this.#script));
  }

  #report(error: unknown): void {
    const details = describeError(error);
    // a health check opens a connection and closes it
    this.#log.write(
      (error as { code?: unknown } | undefined)?.code === 'AGI_NO_REQUEST' ? 'info' : 'error',
      details,
    );
    const { errorHandler, admin } = this.#config;
    // what a stranger can bring about by asking sends no mail
    if (this.#session === undefined || error instanceof RefusedError) return;
    if (!errorHandler || admin === undefined || this.#mails.length >= MAILS_A_CALL) return;
    const letter = { summary: summarizeError(error, this.#script), details, request: this.#session?.request };
    this.#mails.push(
      sendMailLazily(this.#config, letter).then((problem) => {
        if (problem) this.#log.warning(problem);
      }),
    );
  }

  async #finish(code: number, farewell?: string): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    clearInterval(this.#monitor);
    const session = this.#session;
    const gone = session?.ended !== undefined;
    session?.stop(new AgiError('SCRIPT_ENDED', 'the script has ended, and takes no more commands'));
    if (session && !gone) {
      const closing = farewell === undefined ? this.#leaveQuietly(session) : this.#sayFarewell(farewell);
      await Promise.race([closing, elapsed(FAREWELL_MS)]);
    }
    await Promise.all(this.#mails);
    this.#leave(code);
  }

  /** A read that waits would hold up the exit: a NOOP ends it. */
  async #leaveQuietly(session: Session): Promise<void> {
    await session.drain();
    if (this.#transport.reading) await session.last('NOOP');
  }

  /**
   * One line for the console, and a word that makes AGISTATUS=FAILURE, on which Asterisk closes the
   * connection. Sent into the middle of a STREAM FILE they end it at once.
   */
  #sayFarewell(text: string): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#transport.receiver = { onData: () => this.#transport.read(), onEnd: () => resolve() };
    });
    try {
      this.#transport.write(`${encodeCommand('VERBOSE', [text.replace(/[\0\r\n]/g, ' '), 1])}\nFAILURE\n`);
    } catch {
      return Promise.resolve();
    }
    this.#transport.read();
    return closed;
  }

  #leave(code: number): void {
    this.#left = true;
    const free = this.#transport.settle(SETTLE_MS);
    // closed by us, Asterisk need not wait for the end of the process
    this.#transport.close();
    if (!free) exitByForce(code);
    process.exit(code);
  }

  #onHangup(): void {
    if (this.#begun) return;
    const { hangupSeconds } = this.#config;
    if (hangupSeconds > 0) {
      const text = `the caller hung up ${hangupSeconds} s ago, the limit of [fastagi] hangup_seconds, and ${this.#script?.name ?? 'the script'} still runs: it is ended`;
      setTimeout(
        () => void this.fail(new AgiTimeoutError(text, 'SCRIPT_AFTER_HANGUP')),
        hangupSeconds * 1000,
      ).unref();
    }
    this.#startMonitor();
  }

  /** The event loop has run empty: nothing can happen any more but on the wire. */
  #onNothingLeft(): void {
    if (this.#begun) return;
    const session = this.#session;
    if (this.#bodyReturned) void this.#finish(exitCodes.done);
    else if (session && !session.ended && !session.gone) this.#transport.read();
    else void this.fail(this.#stuck());
  }

  #startMonitor(): void {
    this.#quietSince = Date.now();
    this.#monitor ??= setInterval(() => this.#look(), MONITOR_MS).unref();
  }

  #look(): void {
    if (this.#session?.busy) {
      this.#quietSince = Date.now();
      return;
    }
    const others = this.#othersAlive();
    // what Node counts is not all there is (its threads at work, say), so one look is not enough
    if (others.length === 0 && this.#transport.reading && Date.now() - this.#quietSince > CERTAIN_MS) {
      this.#onNothingLeft();
      return;
    }
    if (!this.#bodyReturned) return;
    if (Date.now() - this.#quietSince < this.#config.lingerSeconds * 1000) return;
    this.#log.warning(
      `the script has returned, and after ${this.#config.lingerSeconds} s ([fastagi] linger_seconds) something of it still waits (${others.join(', ')}): ` +
        'the call is ended. Close what is left open, or await it at the top level or in an exported function [SCRIPT_LEFTOVERS]',
    );
    void this.#finish(exitCodes.done);
  }

  #stuck(): AgiError {
    return new AgiError(
      'SCRIPT_STUCK',
      'the script never returned: it awaits something that can no longer happen',
    );
  }

  /** What keeps the event loop alive beside our own read. */
  #othersAlive(): string[] {
    const alive = process.getActiveResourcesInfo();
    if (this.#transport.reading) {
      const at = alive.indexOf('FSReqCallback');
      if (at !== -1) alive.splice(at, 1);
    }
    return alive;
  }

  /** process.exit() in a script, or an end that Node makes by itself. */
  #onExit(code: number): void {
    if (this.#left) return;
    const session = this.#session;
    const lost = session?.waiting ?? 0;
    if (lost > 0) {
      this.#log.warning(
        `process.exit() has dropped ${lost} ${lost === 1 ? 'command' : 'commands'} that waited: await them first, or just return [SCRIPT_EXIT]`,
      );
    }
    const free = this.#transport.settle(SETTLE_MS);
    this.#transport.close();
    if (!free) exitByForce(code);
  }
}

/** Node waits for reads that wait; where Asterisk does not answer either, the process has to be cut. */
function exitByForce(code: number): never {
  const { execve } = process as { execve?: (file: string, args: string[]) => never };
  try {
    execve?.('/bin/sh', ['/bin/sh', '-c', `exit ${code}`]);
  } catch {
    // no shell
  }
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// child processes, threads: loaded by the few calls that want them
const sendMailLazily: typeof import('./mail').sendMail = (...args) =>
  (require('./mail') as typeof import('./mail')).sendMail(...args);
const startWatchdogLazily: typeof import('./watchdog').startWatchdog = (...args) =>
  (require('./watchdog') as typeof import('./watchdog')).startWatchdog(...args);
