/**
 * One call's conversation: commands go out one at a time in the order they were called, replies come back
 * to the command that asked, and a hangup is told at once.
 */
import type { AgiError, AgiHangupError } from '../errors';
import { checkLine } from '../wire/agi-command';
import type { AgiReply, ReplyDecoder } from '../wire/agi-reply';
import type { AgiRequest } from '../wire/agi-request';
import type { LineDecoder } from '../wire/lines';
import type { Transport } from './transport';

/** Sends one line and gives its reply; only while the turn that it belongs to lasts. */
export type Ask = (line: string, options?: AskOptions) => Promise<AgiReply>;

export interface AskOptions {
  /** Keeps the command's arguments and its reply out of the log. */
  readonly secret?: boolean;
  /** What the value of the reply ends in, where it may hold anything before. */
  readonly mark?: string;
}

/** Sees every line of the conversation; `secret` lines hold what should not be written down. */
export type Tracer = (direction: '>' | '<', line: string, secret: boolean) => void;

/** How long a call may do nothing before its end is watched for; a read that waits costs a NOOP at the end. */
const IDLE_MS = 20;

export class Session {
  readonly #fields: ReadonlyMap<string, string>;
  #request: AgiRequest | undefined;
  readonly #transport: Transport;
  readonly #lines: LineDecoder;
  #replies: ReplyDecoder | undefined;
  readonly #trace: Tracer | undefined;
  #gone: AgiHangupError | undefined;
  #onHangup: (() => void)[] = [];
  // made when a script asks for it: an AbortController costs a millisecond
  #controller: AbortController | undefined;
  #waiting: { begin(): void; reject(error: Error): void }[] = [];
  #inTurn = false;
  #asked:
    | { resolve(reply: AgiReply): void; reject(error: Error): void; line: string; secret: boolean }
    | undefined;
  /** Of the last command: what comes behind its reply may be the rest of a value. */
  #secret = false;
  #sent = 0;
  #strays = 0;
  #ended: AgiError | undefined;
  #stopped = false;
  #usageMayFollow = false;
  #resting = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];

  constructor(fields: ReadonlyMap<string, string>, transport: Transport, lines: LineDecoder, trace?: Tracer) {
    this.#fields = fields;
    this.#transport = transport;
    this.#lines = lines;
    this.#trace = trace;
    transport.receiver = { onData: (chunk) => this.#onData(chunk), onEnd: (error) => this.#onEnd(error) };
  }

  /** FastAGI: the path that was asked for, with its query, nothing decoded. */
  get networkScript(): string | undefined {
    return this.#fields.get('agi_network_script');
  }

  /** What Asterisk said of the call when it asked for the script. */
  get request(): AgiRequest {
    this.#request ??= meaning().toRequest(this.#fields);
    return this.#request;
  }

  /** Aborts when the caller hangs up, with an AgiHangupError as its reason. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#gone) this.#controller.abort(this.#gone);
    }
    return this.#controller.signal;
  }

  /** Whether the conversation is written down: `debug` is on. */
  get traced(): boolean {
    return this.#trace !== undefined;
  }

  /** Whether the caller is known to have gone. */
  get gone(): boolean {
    return this.#gone !== undefined;
  }

  /** Whether a command is under way or waiting. */
  get busy(): boolean {
    return this.#inTurn || this.#waiting.length > 0;
  }

  /** How many commands have been sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many lines have come that were no part of a reply, as the rest of a value that seemed to end before. */
  get strays(): number {
    return this.#strays;
  }

  /** Whether a hangup would be told to anyone. */
  get watched(): boolean {
    return this.#controller !== undefined;
  }

  /** How many commands wait for those before them. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** What has ended the conversation from the other side; undefined while Asterisk listens. */
  get ended(): AgiError | undefined {
    return this.#ended;
  }

  /**
   * Takes the conversation for one or more commands that belong together: nothing else is sent before
   * `work` has ended. Turns come in the order called. Where nobody else has the turn, the first command is
   * on the wire before this returns.
   */
  turn<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#stopped) return reject(this.#refusal());
      const begin = () => {
        this.#inTurn = true;
        work((line, options) => this.#ask(line, options))
          .then(resolve, reject)
          .then(() => this.#endTurn());
      };
      if (this.#inTurn) this.#waiting.push({ begin, reject });
      else begin();
    });
  }

  /** Resolves once no command is under way and none waits, after what follows on their replies has run. */
  async drain(): Promise<void> {
    do {
      if (this.busy) await new Promise<void>((resolve) => this.#drained.push(resolve));
      await new Promise(setImmediate);
    } while (this.busy);
  }

  /** Reads no more between two commands, so that no read holds up the end. */
  rest(): void {
    this.#resting = true;
    clearTimeout(this.#idleTimer);
  }

  /** Tells a hangup that reached the process by another way than the wire (SIGHUP in classic AGI). */
  hungUp(reason: AgiHangupError = failures().hungUp()): void {
    if (this.#gone) return;
    this.#gone = reason;
    clearTimeout(this.#idleTimer);
    this.#controller?.abort(reason);
    for (const listener of this.#onHangup.splice(0)) listener();
  }

  /** Calls the listener once, when the caller hangs up; at once where that has happened. */
  onHangup(listener: () => void): void {
    if (this.#gone) listener();
    else this.#onHangup.push(listener);
  }

  /** Takes no more commands: those that wait, and all that come, are rejected. The one under way goes on. */
  stop(reason?: AgiError): void {
    this.#stopped = true;
    this.#ended ??= reason;
    clearTimeout(this.#idleTimer);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#refusal());
  }

  /** Why no command is taken. */
  #refusal(): AgiError {
    return this.#ended ? failures().copyOf(this.#ended) : failures().scriptEnded();
  }

  /** Sends a last command past `stop`; resolves with its reply, or with nothing where none can come. */
  async last(line: string): Promise<AgiReply | undefined> {
    if (this.#asked) return undefined;
    try {
      return await this.#put(line, false);
    } catch {
      return undefined;
    }
  }

  #ask(line: string, { secret = false, mark }: AskOptions = {}): Promise<AgiReply> {
    if (this.#stopped) return Promise.reject(this.#refusal());
    try {
      checkLine(line, this.#fields.get('agi_version'));
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#put(line, secret, mark).then(async (reply) => {
      // the stray usage text ends where the reply to a NOOP begins
      if (this.#usageMayFollow) await this.#put('NOOP', false);
      if (reply.code === 200) return reply;
      if (reply.code === 511) this.hungUp();
      throw failures().failure(line, secret, reply);
    });
  }

  #put(line: string, secret: boolean, mark?: string): Promise<AgiReply> {
    // even to clear no timer costs the first command something
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#asked) return Promise.reject(failures().nested());
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject, line, secret };
      this.#secret = secret;
      this.#sent++;
      this.#trace?.('>', line, secret);
      try {
        this.#transport.write(line + '\n');
      } catch (error) {
        // a line that this way of a call's cannot carry: nothing was sent
        if ((error as AgiError).code === 'AGI_ARGUMENT') {
          this.#asked = undefined;
          reject(error);
        } else this.#onEnd(error as Error);
        return;
      }
      this.#transport.read();
      this.#decoder.expect(line, mark);
    });
  }

  /** Read in while Asterisk works on the first command. */
  get #decoder(): ReplyDecoder {
    this.#replies ??= new (replies().ReplyDecoder)();
    return this.#replies;
  }

  #endTurn(): void {
    this.#inTurn = false;
    const next = this.#waiting.shift();
    if (next) {
      next.begin();
      return;
    }
    for (const resolve of this.#drained.splice(0)) resolve();
    this.watchWhileIdle();
  }

  /** A script, or a turn, that does something else still learns of a hangup: Asterisk writes it between two replies. */
  watchWhileIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#asked || this.#stopped || this.#resting || this.#gone) return;
    // unreferenced: where nothing else is left, the end is told by `beforeExit`
    this.#idleTimer = setTimeout(() => this.#transport.read(), IDLE_MS).unref();
  }

  #onData(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#onLine(line);
    } catch (error) {
      this.#fail(error as AgiError);
      return;
    }
    if (this.#asked) this.#transport.read();
    else this.watchWhileIdle();
  }

  #onLine(line: string): void {
    const asked = this.#asked;
    this.#trace?.('<', line, this.#secret);
    const input = this.#decoder.push(line);
    if (!input) return;
    if (input.type === 'hangup') {
      this.hungUp();
      return;
    }
    // a line that is no reply: the end of a value with a newline in it, say
    if (input.type === 'junk') {
      this.#strays++;
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
    // an application that returns 1: res_agi.c takes it for its own RESULT_SHOWUSAGE, and sends a 520 too
    this.#usageMayFollow = input.reply.text === '200 result=1' && /^\s*EXEC\s/i.test(asked.line);
    asked.resolve(input.reply);
  }

  #onEnd(error?: Error): void {
    const asked = this.#asked;
    this.#fail(
      failures().closed({
        gone: this.gone,
        inside: this.#replies?.inside || this.#lines.heldBytes > 0,
        command: asked?.secret ? undefined : asked?.line,
        waits: asked !== undefined,
        error,
      }),
    );
  }

  /** The conversation is over: nothing can be sent, and nothing more is read. */
  #fail(error: AgiError): void {
    this.#ended ??= error;
    this.hungUp(failures().asHangup(error));
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(failures().copyOf(error));
    this.stop(error);
  }
}

// what Asterisk answers
const replies = (): typeof import('../wire/agi-reply') => require('../wire/agi-reply');
// what the request means, for the scripts that ask, and the words for what went wrong
const meaning = (): typeof import('../wire/agi-request') => require('../wire/agi-request');
const failures = (): typeof import('./failures') => require('./failures');
