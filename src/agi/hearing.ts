/**
 * Asterisk's side of a conversation: what it answers, what that means for the command that waits, hangups, and the
 * conversation's end. Read in when the first command is on its way, or when something comes in its stead.
 */
import type { AgiError, AgiHangupError } from '../errors';
import { type AgiReply, ReplyDecoder } from '../wire/agi-reply';
import { LineDecoder, MAX_LINE_BYTES } from '../wire/lines';
import type { Ask, AskOptions, Session } from './session';

/** How long a call may do nothing before its end is watched for; a read that waits costs a NOOP at the end. */
const IDLE_MS = 20;
/** How often, at most, it is seen whether the event loop rests before the end is watched for all the same. */
const LOOKS = 5;

/** So many refused commands of a caller who is gone are what a script asks that does not see it. */
export const MAX_REFUSALS = 1000;

/** The event loop's own: a test may put another in its place, which nobody turns for the call. */
const nextTurn = setImmediate;

/** The command that Asterisk works on, and who waits for its reply. */
interface Asked {
  readonly line: string;
  readonly secret: boolean;
  resolve(reply: AgiReply): void;
  reject(error: Error): void;
}

/** Whose turn has not come. */
interface Waiting {
  begin(): void;
  reject(error: Error): void;
}

export class Hearing {
  readonly #session: Session;
  readonly #lines = new LineDecoder(MAX_LINE_BYTES);
  readonly #replies = new ReplyDecoder();
  #asked: Asked | undefined;
  readonly #waiting: Waiting[] = [];
  /** Of the last command: what comes behind its reply may be the rest of a value. */
  #secret = false;
  #usageMayFollow = false;
  #resting = false;
  #idleTimer: NodeJS.Timeout | undefined;
  /** What the event loop had rested when the last was said, where the transport overhears; else there is a timer. */
  #restedMs = Number.POSITIVE_INFINITY;
  #drained: (() => void)[] = [];
  #refusals = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  get signal(): AbortSignal {
    const session = this.#session;
    if (!session.controller) {
      session.controller = new AbortController();
      if (session.hangup) session.controller.abort(session.hangup);
    }
    return session.controller.signal;
  }

  async drain(): Promise<void> {
    const session = this.#session;
    do {
      if (session.busy) await new Promise<void>((resolve) => this.#drained.push(resolve));
      await new Promise(nextTurn);
    } while (session.busy);
  }

  rest(): void {
    this.#resting = true;
    clearTimeout(this.#idleTimer);
  }

  hungUp(reason: AgiHangupError = failures().hungUp()): void {
    const session = this.#session;
    if (session.hangup) return;
    session.hangup = reason;
    clearTimeout(this.#idleTimer);
    session.controller?.abort(reason);
    for (const listener of session.onGone.splice(0)) listener();
  }

  stop(reason?: AgiError): void {
    const session = this.#session;
    session.stopped = true;
    session.ended ??= reason;
    clearTimeout(this.#idleTimer);
    session.waiting = 0;
    for (const { reject } of this.#waiting.splice(0)) reject(this.refusal());
  }

  /** Why no command is taken. */
  refusal(): AgiError {
    const { ended } = this.#session;
    return ended ? failures().copyOf(ended) : failures().scriptEnded();
  }

  /** No command is taken. Not told at once: a script that tries again and again must let the event loop turn. */
  async turnAway(): Promise<never> {
    const refusal = this.refusal();
    await new Promise(nextTurn);
    await this.#refused();
    throw refusal;
  }

  /** A command needs a caller who is gone. @returns what the script waits for before it is told so */
  #refused(): Promise<void> | undefined {
    const { onCircles } = this.#session;
    if (++this.#refusals < MAX_REFUSALS || onCircles === undefined) return undefined;
    if (this.#refusals === MAX_REFUSALS) onCircles();
    return new Promise(() => {});
  }

  /** Why a command is not sent while another is under way. */
  nested(): AgiError {
    return failures().nested();
  }

  async last(line: string): Promise<AgiReply | undefined> {
    if (this.#session.asking) return undefined;
    try {
      return await this.#session.put(line);
    } catch {
      return undefined;
    }
  }

  /** A command is on its way, or could not be sent for `problem`: its reply is to come. */
  reply(line: string, { secret = false, mark }: AskOptions = {}, problem?: Error): Promise<AgiReply> {
    clearTimeout(this.#idleTimer);
    this.#secret = secret;
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject, line, secret };
      if (problem === undefined) this.#replies.expect(line, mark);
      // a line that this way of a call's cannot carry: nothing was sent
      else if ((problem as AgiError).code === 'AGI_ARGUMENT') this.#refuse(problem);
      else this.onEnd(problem);
    });
  }

  /** A reply as what it means: one that refuses the command is an error. */
  async judged(sent: Promise<AgiReply>, line: string, secret = false): Promise<AgiReply> {
    const reply = await sent;
    // the stray usage text ends where the reply to a NOOP begins
    if (this.#usageMayFollow) await this.#session.put('NOOP');
    if (reply.code === 200) return reply;
    if (reply.code === 511) {
      this.hungUp();
      await this.#refused();
    }
    throw failures().failure(line, secret, reply);
  }

  /** Begins a turn when those before it have ended. */
  wait<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const session = this.#session;
    if (session.stopped) return this.turnAway();
    return new Promise<T>((resolve, reject) => {
      const begin = () => {
        session.inTurn = true;
        resolve(this.turn(work(session.ask)));
      };
      this.#waiting.push({ begin, reject });
      session.waiting++;
    });
  }

  /** A turn that has begun: the next one follows on its end. */
  turn<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      result.then(resolve, reject).then(() => this.#endTurn());
    });
  }

  #endTurn(): void {
    const session = this.#session;
    session.inTurn = false;
    const next = this.#waiting.shift();
    if (next) {
      session.waiting--;
      next.begin();
      return;
    }
    for (const resolve of this.#drained.splice(0)) resolve();
    this.watchWhileIdle();
  }

  watchWhileIdle(): void {
    const { asking, gone, stopped, transport } = this.#session;
    clearTimeout(this.#idleTimer);
    if (asking || stopped || this.#resting || gone) return;
    if (transport.overhear) {
      this.#restedMs = restedMs();
      transport.overhear();
      return;
    }
    // unreferenced: where nothing else is left, the end is told by `beforeExit`
    this.#idleTimer = setTimeout(() => this.#readWhenIdle(restedMs(), LOOKS), IDLE_MS / 2).unref();
  }

  /**
   * Where the event loop has rested meanwhile: what has taken the processor for a while may have left nothing behind. Who
   * is always at work is to learn of a hangup, too.
   */
  #readWhenIdle(beganMs: number, looks: number): void {
    this.#idleTimer = setTimeout(() => {
      if (looks <= 1 || restedMs() - beganMs > IDLE_MS / 4) this.#session.transport.read();
      else this.#readWhenIdle(beganMs, looks - 1);
    }, IDLE_MS / 2).unref();
  }

  /** Whether it has been silent for so long that the script is at something else. */
  get idles(): boolean {
    return restedMs() - this.#restedMs > IDLE_MS;
  }

  onData(chunk: Buffer): void {
    const session = this.#session;
    try {
      for (const line of this.#lines.push(chunk)) this.#onLine(line);
    } catch (error) {
      this.#fail(error as AgiError);
      return;
    }
    if (session.asking) session.transport.read();
    else this.watchWhileIdle();
  }

  #onLine(line: string): void {
    const session = this.#session;
    const asked = this.#asked;
    session.trace?.('<', line, this.#secret);
    const input = this.#replies.push(line);
    if (!input) return;
    if (input.type === 'hangup') {
      this.hungUp();
      return;
    }
    // a line that is no reply: the end of a value with a newline in it, say
    if (input.type === 'junk') {
      session.strays++;
      return;
    }
    if (this.#usageMayFollow) {
      if (input.reply.code === 520) return;
      this.#usageMayFollow = false;
    }
    if (!asked) {
      throw failures().unasked(this.#secret ? '…' : input.reply.text);
    }
    this.#asked = undefined;
    session.asking = false;
    // an application that returns 1: res_agi.c takes it for its own RESULT_SHOWUSAGE, and sends a 520 too
    this.#usageMayFollow = input.reply.text === '200 result=1' && /^\s*EXEC\s/i.test(asked.line);
    asked.resolve(input.reply);
  }

  onEnd(error?: Error): void {
    const asked = this.#asked;
    this.#fail(
      failures().closed({
        gone: this.#session.gone,
        inside: this.#replies.inside || this.#lines.heldBytes > 0,
        command: asked?.secret ? undefined : asked?.line,
        waits: asked !== undefined,
        error,
      }),
    );
  }

  /** The conversation is over: nothing can be sent, and nothing more is read. */
  #fail(error: AgiError): void {
    const session = this.#session;
    session.ended ??= error;
    this.hungUp(failures().asHangup(error));
    this.#refuse(failures().copyOf(error));
    this.stop(error);
  }

  /** The command under way has no reply. */
  #refuse(error: Error): void {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#session.asking = false;
    asked?.reject(error);
  }
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');

/** How long this process has waited for something to happen: on a machine that has much to do, time goes by without. */
const restedMs = (): number => performance.nodeTiming.idleTime;
