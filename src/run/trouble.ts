/**
 * All that can go wrong with a call, and limits on how long it may take to: errors are told, Asterisk is
 * given a last word, and the call ends with the right exit code.
 */
import { inCircles } from '../agi/failures';
import { MAX_REFUSALS } from '../agi/hearing';
import type { Session } from '../agi/session';
import { AgiError, AgiHangupError, AgiTimeoutError, RefusedError } from '../errors';
import { printable } from '../log-entry';
import { encodeCommand } from '../wire/agi-command';
import { type Ending, exitCodes } from './ending';
import { sendMail } from './mail';
import { inTime } from './patience';
import { describeError, summarizeError } from './report';

/** phpAGI's limit, too. */
const MAILS_A_CALL = 5;
/** How long Asterisk may take for the last lines. */
const FAREWELL_MS = 2000;
const LOOK_EVERY_MS = 20;
/** How long nothing may be seen to happen before nothing is taken to be left. */
const CERTAIN_MS = 1000;

export class Trouble {
  readonly #ending: Ending;
  readonly #mails: Promise<void>[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #monitor: NodeJS.Timeout | undefined;
  /** By a clock that no script puts, and nobody else. */
  #quietSince = 0;
  /** Commands that had been sent at the last look. */
  #sent = 0;

  constructor(ending: Ending) {
    this.#ending = ending;
  }

  async fail(thrown: unknown): Promise<void> {
    const { begun, log, script } = this.#ending;
    const error = tangible(thrown);
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
    this.#after(maxSeconds, end);
    this.#ending.house.watch?.(
      maxSeconds,
      `error fastagi[${process.pid}] ${name}: ${text} by force: it never let the event loop turn [SCRIPT_TIMEOUT]\n`,
    );
  }

  onHangup(): void {
    const { session, tracing } = this.#ending;
    // FastAGI has a line for it
    if (tracing && !session?.request.network) tracing.tell('hangup', 'the caller hung up');
    const { hangupSeconds } = this.#ending.config;
    const name = this.#ending.script?.name ?? 'the script';
    if (session) session.onCircles = () => void this.fail(inCircles(name, MAX_REFUSALS));
    if (hangupSeconds > 0) {
      const text = `${name} still runs ${hangupSeconds} s after its caller hung up, the limit of [fastagi] hangup_seconds, and is ended`;
      this.#after(hangupSeconds, () => void this.fail(new AgiTimeoutError(text, 'SCRIPT_AFTER_HANGUP')));
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
      if (this.#ending.transport.blocked) await session.last('NOOP');
    };
    await inTime(quiet(), FAREWELL_MS);
  }

  /** The call is over: nothing is watched for any more. */
  rest(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    clearInterval(this.#monitor);
  }

  #after(seconds: number, act: () => void): void {
    this.#timers.push(setTimeout(act, seconds * 1000).unref());
  }

  #report(error: unknown): void {
    const { config, log, script, session } = this.#ending;
    const details = describeError(error);
    // a health check opens a connection and closes it: a line of it is enough
    if (error instanceof AgiError && error.code === 'AGI_NO_REQUEST')
      log.write('info', `${error.message} [${error.code}]`);
    else log.write('error', details);
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
      await this.#sayFarewell(session, farewell);
    }
    await Promise.all(this.#mails);
    ending.leave(code);
  }

  /**
   * One line for the console; over FastAGI then a word that makes AGISTATUS=FAILURE, as a process's exit
   * code does in classic AGI, and on which Asterisk closes the connection. Sent into the middle of a STREAM FILE the
   * first ends it at once. The second waits for an answer: Asterisk reads through a buffer, and would not see a line that
   * came together with another, but when the connection is closed. So where it is at an application that nothing ends,
   * both wait there.
   */
  async #sayFarewell(session: Session, text: string): Promise<void> {
    const { transport, tracing } = this.#ending;
    const { network } = session.request;
    const words = [encodeCommand('VERBOSE', [printable(text).replaceAll('\n', ' '), 1])];
    if (network) words.push('FAILURE');
    const sayNext = () => {
      const word = words.shift();
      if (word === undefined) return;
      tracing?.line('>', word, false);
      transport.write(`${word}\n`);
    };
    const said = new Promise<void>((resolve) => {
      const say = (answer?: Buffer) => {
        for (const line of answer?.toString().trimEnd().split('\n') ?? []) tracing?.line('<', line, false);
        if (words.length === 0 && !network) return resolve();
        try {
          sayNext();
          transport.read();
        } catch {
          resolve();
        }
      };
      transport.receiver = { onData: say, onEnd: () => resolve() };
      say();
    });
    await inTime(said, FAREWELL_MS);
    try {
      sayNext();
    } catch {
      // gone
    }
  }

  #startMonitor(): void {
    if (this.#monitor || !this.#ending.house.alive) return;
    this.#quietSince = performance.now();
    this.#monitor = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  #look(): void {
    const ending = this.#ending;
    if (ending.begun) return;
    const { busy, sent } = ending.session ?? { busy: false, sent: 0 };
    if (busy || sent !== this.#sent) {
      this.#quietSince = performance.now();
      this.#sent = sent;
      return;
    }
    const quietMs = performance.now() - this.#quietSince;
    const others = ending.house.alive?.(ending.transport) ?? [];
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

/** A proxy that is revoked, or throws, cannot even be asked what it is. */
function tangible(error: unknown): unknown {
  try {
    asHangup(error);
    return error;
  } catch {
    return new AgiError('SCRIPT_ERROR', 'a script threw what cannot be looked at: a proxy');
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
