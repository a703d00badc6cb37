/**
 * Asterisk's side of a conversation: what it answers, what that means for the command that waits, hangups, and the
 * conversation's end. Read in when the first command is on its way, or when something comes in its stead.
 */
import type { AgiError, AgiHangupError } from '../errors';
import { type AgiReply, ReplyDecoder } from '../wire/agi-reply';
import type { Session } from './session';

/** How long a call may do nothing before its end is watched for; a read that waits costs a NOOP at the end. */
const IDLE_MS = 20;

export class Hearing {
  readonly #session: Session;
  readonly #replies = new ReplyDecoder();
  /** Of the last command: what comes behind its reply may be the rest of a value. */
  #secret = false;
  #usageMayFollow = false;
  #resting = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];

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
      await new Promise(setImmediate);
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
    for (const { reject } of session.turns.splice(0)) reject(this.refusal());
  }

  /** Why no command is taken. */
  refusal(): AgiError {
    const { ended } = this.#session;
    return ended ? failures().copyOf(ended) : failures().scriptEnded();
  }

  /** Why a command is not sent while another is under way. */
  nested(): AgiError {
    return failures().nested();
  }

  async last(line: string): Promise<AgiReply | undefined> {
    if (this.#session.asked) return undefined;
    try {
      return await this.#session.put(line);
    } catch {
      return undefined;
    }
  }

  /** A command is on its way: its reply is to come. */
  expect(line: string, secret: boolean, mark: string | undefined): void {
    clearTimeout(this.#idleTimer);
    this.#secret = secret;
    this.#replies.expect(line, mark);
  }

  /** A reply as what it means: one that refuses the command is an error. */
  async judged(sent: Promise<AgiReply>, line: string, secret = false): Promise<AgiReply> {
    const reply = await sent;
    // the stray usage text ends where the reply to a NOOP begins
    if (this.#usageMayFollow) await this.#session.put('NOOP');
    if (reply.code === 200) return reply;
    if (reply.code === 511) this.hungUp();
    throw failures().failure(line, secret, reply);
  }

  endTurn(): void {
    const session = this.#session;
    session.inTurn = false;
    const next = session.turns.shift();
    if (next) {
      next.begin();
      return;
    }
    for (const resolve of this.#drained.splice(0)) resolve();
    this.watchWhileIdle();
  }

  watchWhileIdle(): void {
    const { busy, gone, stopped, transport } = this.#session;
    clearTimeout(this.#idleTimer);
    if (busy || stopped || this.#resting || gone) return;
    // unreferenced: where nothing else is left, the end is told by `beforeExit`
    this.#idleTimer = setTimeout(() => transport.read(), IDLE_MS).unref();
  }

  onData(chunk: Buffer): void {
    const session = this.#session;
    try {
      for (const line of session.lines.push(chunk)) this.#onLine(line);
    } catch (error) {
      this.#fail(error as AgiError);
      return;
    }
    if (session.asked) session.transport.read();
    else this.watchWhileIdle();
  }

  #onLine(line: string): void {
    const session = this.#session;
    const { asked } = session;
    session.trace?.('<', line, this.#secret);
    const input = this.#replies.push(line);
    if (!input) return;
    if (input.type === 'hangup') {
      this.hungUp();
      return;
    }
    // a line that is no reply: the end of a value with a newline in it, say
    if (input.type === 'junk') return;
    if (this.#usageMayFollow) {
      if (input.reply.code === 520) return;
      this.#usageMayFollow = false;
    }
    if (!asked) {
      throw failures().unasked(this.#secret ? '…' : input.reply.text);
    }
    session.asked = undefined;
    // an application that returns 1: res_agi.c takes it for its own RESULT_SHOWUSAGE, and sends a 520 too
    this.#usageMayFollow = input.reply.text === '200 result=1' && /^\s*EXEC\s/i.test(asked.line);
    asked.resolve(input.reply);
  }

  onEnd(error?: Error): void {
    const { asked, gone, lines } = this.#session;
    this.#fail(
      failures().closed({
        gone,
        inside: this.#replies.inside || lines.heldBytes > 0,
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
    const { asked } = session;
    session.asked = undefined;
    asked?.reject(failures().copyOf(error));
    this.stop(error);
  }
}

// the words for what went wrong
const failures = (): typeof import('./failures') => require('./failures');
