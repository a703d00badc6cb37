/**
 * All that can go wrong with a call, and limits on how long it may take to: errors are told, Asterisk is
 * given a last word, and the process ends with the right exit code.
 */
import type { FdTransport } from '../agi/fd-transport';
import type { Session } from '../agi/session';
import { AgiError, AgiHangupError, AgiTimeoutError, RefusedError } from '../errors';
import { printable } from '../log';
import { encodeCommand } from '../wire/agi-command';
import { type Ending, exitCodes } from './ending';
import { sendMail } from './mail';
import { describeError, summarizeError } from './report';
import { startWatchdog } from './watchdog';

/** phpAGI's limit, too. */
const MAILS_A_CALL = 5;
/** How long Asterisk may take for the last lines. */
const FAREWELL_MS = 2000;
/** How long a read may hold up the exit. */
const SETTLE_MS = 1000;
const LOOK_EVERY_MS = 20;
/** How long work in Node's threads may hold up the exit. */
const LEAVE_MS = 5000;
/** How long nothing may be seen to happen before nothing is taken to be left. */
const CERTAIN_MS = 1000;

export class Trouble {
  readonly #ending: Ending;
  readonly #mails: Promise<void>[] = [];
  #monitor: NodeJS.Timeout | undefined;
  #quietSince = 0;
  /** Commands that had been sent at the last look. */
  #sent = 0;

  constructor(ending: Ending) {
    this.#ending = ending;
  }

  async fail(error: unknown): Promise<void> {
    const { begun, log, script } = this.#ending;
    const hangup = asHangup(error);
    if (hangup) {
      if (begun) return;
      if (hangup.code === 'AGI_CLOSED') log.write('warning', `${hangup.message} [AGI_CLOSED]`);
      else log.write('debug', hangup.message);
      return this.#ending.finish();
    }
    this.#report(error);
    const summary = summarizeError(error, script);
    this.#ending.tracing?.tell('error', summary);
    if (begun) return;
    await this.#finish(this.#exitCodeOf(error), summary);
  }

  #exitCodeOf(error: unknown): number {
    if (error instanceof RefusedError) return error.code === 'USAGE' ? exitCodes.usage : exitCodes.refused;
    return this.#ending.session === undefined ? exitCodes.refused : exitCodes.failed;
  }

  stuck(): void {
    void this.fail(
      new AgiError(
        'SCRIPT_STUCK',
        'the script never returned: it awaits something that can no longer happen',
      ),
    );
  }

  /** `max_seconds`, from now on. */
  limitLife(name: string): void {
    const { maxSeconds } = this.#ending.config;
    const text = `${name} has run for ${maxSeconds} s, the limit of [fastagi] max_seconds, and is ended`;
    const end = () => void this.fail(new AgiTimeoutError(text, 'SCRIPT_TIMEOUT'));
    setTimeout(end, maxSeconds * 1000).unref();
    startWatchdog(
      maxSeconds,
      `error fastagi[${process.pid}] ${name}: ${text} by force: it never let the event loop turn [SCRIPT_TIMEOUT]\n`,
    );
  }

  onHangup(): void {
    const { hangupSeconds } = this.#ending.config;
    if (hangupSeconds > 0) {
      const name = this.#ending.script?.name ?? 'the script';
      const text = `${name} still runs ${hangupSeconds} s after its caller hung up, the limit of [fastagi] hangup_seconds, and is ended`;
      setTimeout(
        () => void this.fail(new AgiTimeoutError(text, 'SCRIPT_AFTER_HANGUP')),
        hangupSeconds * 1000,
      ).unref();
    }
    this.#startMonitor();
  }

  /** A body has returned and something of it goes on. */
  watchLeftovers(): void {
    this.#startMonitor();
  }

  /** Commands that are under way are finished, and a read that waits is ended. */
  async leaveQuietly(session: Session): Promise<void> {
    const quiet = async () => {
      await session.drain();
      if (this.#ending.transport.reading) await session.last('NOOP');
    };
    await Promise.race([quiet(), elapsed(FAREWELL_MS)]);
  }

  /** Where a read still waits: Node would wait for it, too. */
  leaveByForce(code: number): void {
    const { session, transport } = this.#ending;
    // who has sent no request has no commands to answer
    const free = !transport.reading || (session !== undefined && settle(transport));
    if (!free) exitByForce(code);
    transport.close();
  }

  /** Gives what the script has left behind a moment, and then no more: a read of a dead file system, say. */
  leaveInTime(code: number): void {
    const begun = Date.now();
    const look = () => {
      const work = process.getActiveResourcesInfo().filter((kind) => /Req|Job/.test(kind));
      if (work.length === 0) process.exit(code);
      if (Date.now() - begun < LEAVE_MS) return;
      this.#ending.log.write(
        'warning',
        `the script has left something that does not end (${work.join(', ')}): the process is cut [SCRIPT_LEFTOVERS]`,
      );
      exitByForce(code);
    };
    look();
    setInterval(look, LOOK_EVERY_MS);
  }

  /** process.exit() in a script, or an end that Node makes by itself. */
  onExit(code: number): void {
    const lost = this.#ending.session?.waiting ?? 0;
    if (lost > 0) {
      const what = lost === 1 ? 'a command that waited' : `${lost} commands that waited`;
      this.#ending.log.write(
        'warning',
        `process.exit() has dropped ${what}: await them first, or just return [SCRIPT_EXIT]`,
      );
    }
    this.#ending.tracing?.tell('end', `${code}`);
    this.leaveByForce(code);
  }

  #report(error: unknown): void {
    const { config, log, script, session } = this.#ending;
    const details = describeError(error);
    // a health check opens a connection and closes it
    log.write(
      (error as { code?: unknown } | undefined)?.code === 'AGI_NO_REQUEST' ? 'info' : 'error',
      details,
    );
    // what a stranger can bring about by asking sends no mail
    if (session === undefined || error instanceof RefusedError) return;
    if (!config.errorHandler || config.admin === undefined || this.#mails.length >= MAILS_A_CALL) return;
    const letter = { summary: summarizeError(error, script), details, request: session.request };
    this.#mails.push(
      sendMail(config, letter).then((problem) => {
        if (problem) log.write('warning', problem);
      }),
    );
  }

  async #finish(code: number, farewell: string): Promise<void> {
    const ending = this.#ending;
    ending.begun = true;
    clearInterval(this.#monitor);
    const { session } = ending;
    if (session && !session.ended) {
      session.stop();
      await Promise.race([this.#sayFarewell(session, farewell), elapsed(FAREWELL_MS)]);
    }
    await Promise.all(this.#mails);
    ending.leave(code);
  }

  /**
   * One line for the console; over FastAGI then a word that makes AGISTATUS=FAILURE, as a process's exit
   * code does in classic AGI, and on which Asterisk closes the connection. Sent into the middle of a STREAM FILE the first ends it at once. The second waits for an
   * answer: Asterisk reads through a buffer, and would not see a line that came together with another.
   */
  #sayFarewell(session: Session, text: string): Promise<void> {
    const { transport, tracing } = this.#ending;
    const words = [encodeCommand('VERBOSE', [printable(text).replaceAll('\n', ' '), 1])];
    if (session.request.network) words.push('FAILURE');
    return new Promise((resolve) => {
      const say = (answer?: Buffer) => {
        for (const line of answer?.toString().trimEnd().split('\n') ?? []) tracing?.line('<', line, false);
        const word = words.shift();
        if (word === undefined && !session.request.network) return resolve();
        try {
          if (word !== undefined) {
            tracing?.line('>', word, false);
            transport.write(`${word}\n`);
          }
          transport.read();
        } catch {
          resolve();
        }
      };
      transport.receiver = { onData: say, onEnd: () => resolve() };
      say();
    });
  }

  #startMonitor(): void {
    if (this.#monitor) return;
    this.#quietSince = Date.now();
    this.#monitor = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    const ending = this.#ending;
    if (ending.begun) return;
    const { busy, sent } = ending.session ?? { busy: false, sent: 0 };
    if (busy || sent !== this.#sent) {
      this.#quietSince = Date.now();
      this.#sent = sent;
      return;
    }
    const quietMs = Date.now() - this.#quietSince;
    const others = othersAlive(ending.transport);
    // what Node counts is not all there is (its threads at work, say), so one look is not enough
    if (others.length === 0 && ending.transport.reading && quietMs > CERTAIN_MS) {
      if (ending.bodyHasReturned) void ending.finish();
      else this.stuck();
      return;
    }
    const { lingerSeconds } = ending.config;
    if (!ending.bodyHasReturned || quietMs < lingerSeconds * 1000) return;
    ending.log.write(
      'warning',
      `the script has returned, and ${lingerSeconds} s later ([fastagi] linger_seconds) something of it still waits (${others.join(', ') || 'a worker, or a thread at work'}): ` +
        'the call is ended. Close what is left open, or await it at the top level or in an exported function [SCRIPT_LEFTOVERS]',
    );
    void ending.finish();
  }
}

/**
 * The hangup that an error tells of, if it does: by itself, as the cause of the AbortError that Node's own
 * functions throw for `agi.signal`, or as the end of a script that has had its last word.
 */
function asHangup(error: unknown): AgiError | undefined {
  if (error instanceof AgiHangupError) return error;
  if (error instanceof AgiError) return error.code === 'SCRIPT_ENDED' ? error : undefined;
  if (!(error instanceof Error) || error.name !== 'AbortError') return undefined;
  return error.cause instanceof AgiHangupError ? error.cause : undefined;
}

/** What keeps the event loop alive beside our own read. */
function othersAlive(transport: FdTransport): string[] {
  const alive = process.getActiveResourcesInfo();
  const own = transport.reading ? alive.indexOf('FSReqCallback') : -1;
  if (own !== -1) alive.splice(own, 1);
  return alive;
}

/**
 * Frees the process from a read that waits: Asterisk answers a NOOP at once, even in the middle of a STREAM
 * FILE.
 */
function settle(transport: FdTransport): boolean {
  try {
    transport.write('NOOP\n');
  } catch {
    // gone: the read ends by itself, and cannot be seen from here
    return true;
  }
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += 5) {
    if (transport.arrived) return true;
    Atomics.wait(clock, 0, 0, 5);
  }
  return false;
}

/** Where nothing answers the NOOP either, the process has to be cut. */
function exitByForce(code: number): never {
  try {
    // Node 22.15 and later: another program in our place, which is free to choose its exit code; it takes
    // over descriptors 0 to 2, which must be open for that
    (process as { execve?: (file: string, args: string[]) => never }).execve?.('/bin/sh', [
      '/bin/sh',
      '-c',
      `exit ${code}`,
    ]);
  } catch {
    // no shell
  }
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
