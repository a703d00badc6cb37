/**
 * One call's conversation: commands go out one at a time in the order they were called, replies come back
 * to the command that asked, and a hangup is told at once.
 */
import {
  AgiArgumentError,
  AgiDeadChannelError,
  type AgiError,
  AgiHangupError,
  AgiProtocolError,
  AgiUnknownCommandError,
  AgiUsageError,
} from '../errors';
import { checkLine, maxCommandBytes } from '../wire/agi-command';
import { type AgiReply, MAX_REPLY_BYTES, ReplyDecoder } from '../wire/agi-reply';
import { type AgiRequest, RequestDecoder } from '../wire/agi-request';
import { LineDecoder } from '../wire/lines';
import type { Transport } from './transport';

/** Sends one line and gives its reply; only while the turn that it belongs to lasts. */
export type Ask = (line: string, options?: { secret?: boolean }) => Promise<AgiReply>;

/** Sees every line of the conversation; `secret` lines hold what should not be written down. */
export type Tracer = (direction: '>' | '<', line: string, secret: boolean) => void;

/** How long a call may do nothing before its end is watched for; a read that waits costs a NOOP at the end. */
const IDLE_MS = 20;

export class Session {
  readonly request: AgiRequest;
  readonly #transport: Transport;
  readonly #lines: LineDecoder;
  readonly #replies = new ReplyDecoder();
  readonly #maxCommandBytes: number;
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
  #ended: AgiError | undefined;
  #usageMayFollow = false;
  #resting = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];

  constructor(request: AgiRequest, transport: Transport, lines: LineDecoder, trace?: Tracer) {
    this.request = request;
    this.#transport = transport;
    this.#lines = lines;
    this.#trace = trace;
    this.#maxCommandBytes = maxCommandBytes(request.version ?? '');
    transport.receiver = { onData: (chunk) => this.#onData(chunk), onEnd: (error) => this.#onEnd(error) };
  }

  /** Aborts when the caller hangs up, with an AgiHangupError as its reason. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#gone) this.#controller.abort(this.#gone);
    }
    return this.#controller.signal;
  }

  /** Whether the caller is known to have gone. */
  get gone(): boolean {
    return this.#gone !== undefined;
  }

  /** Whether a command is under way or waiting. */
  get busy(): boolean {
    return this.#inTurn || this.#waiting.length > 0;
  }

  /** How many commands wait for those before them. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Why no command can be sent any more; undefined while one can. */
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
      if (this.#ended) return reject(copyOf(this.#ended));
      const begin = () => {
        this.#inTurn = true;
        work((line, options) => this.#ask(line, options?.secret ?? false))
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
  hungUp(reason = new AgiHangupError('the caller has hung up')): void {
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

  /**
   * Takes no more commands: those that wait, and all that come, are rejected with `reason`. The one under
   * way goes on to its reply.
   */
  stop(reason: AgiError): void {
    this.#ended ??= reason;
    clearTimeout(this.#idleTimer);
    for (const { reject } of this.#waiting.splice(0)) reject(copyOf(reason));
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

  #ask(line: string, secret: boolean): Promise<AgiReply> {
    if (this.#ended) return Promise.reject(copyOf(this.#ended));
    try {
      checkLine(line, this.#maxCommandBytes);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#put(line, secret).then(async (reply) => {
      // the stray usage text ends where the reply to a NOOP begins
      if (this.#usageMayFollow) await this.#put('NOOP', false);
      if (reply.code === 200) return reply;
      if (reply.code === 511) this.hungUp();
      throw failure(line, secret, reply);
    });
  }

  #put(line: string, secret: boolean): Promise<AgiReply> {
    clearTimeout(this.#idleTimer);
    if (this.#asked)
      return Promise.reject(new AgiArgumentError('a command was sent inside another one of the same turn'));
    return new Promise((resolve, reject) => {
      this.#replies.expect(line);
      this.#asked = { resolve, reject, line, secret };
      this.#trace?.('>', line, secret);
      try {
        this.#transport.write(line + '\n');
      } catch (error) {
        this.#onEnd(error as Error);
        return;
      }
      this.#transport.read();
    });
  }

  #endTurn(): void {
    this.#inTurn = false;
    const next = this.#waiting.shift();
    if (next) {
      next.begin();
      return;
    }
    for (const resolve of this.#drained.splice(0)) resolve();
    this.#watchWhileIdle();
  }

  /** A script that does something else still learns of a hangup: Asterisk writes it between two replies. */
  #watchWhileIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#ended || this.#resting || this.#gone) return;
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
    else if (!this.busy) this.#watchWhileIdle();
  }

  #onLine(line: string): void {
    const asked = this.#asked;
    this.#trace?.('<', line, asked?.secret ?? false);
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
      throw new AgiProtocolError(
        `a reply came that no command had asked for: ${JSON.stringify(input.reply.text.slice(0, 80))}`,
        'AGI_UNASKED_REPLY',
      );
    }
    this.#asked = undefined;
    // an application that returns 1: res_agi.c takes it for its own RESULT_SHOWUSAGE, and sends a 520 too
    this.#usageMayFollow = input.reply.text === '200 result=1' && /^\s*EXEC\s/i.test(asked.line);
    asked.resolve(input.reply);
  }

  #onEnd(error?: Error): void {
    const inside = this.#replies.inside || this.#lines.heldBytes > 0;
    const command =
      this.#asked && !this.#asked.secret ? ` to ${JSON.stringify(this.#asked.line.slice(0, 60))}` : '';
    const where = inside
      ? `in the middle of its reply${command}`
      : this.#asked
        ? `before its reply${command}`
        : 'between two commands';
    const why = error ? ` (${error.message})` : '';
    this.#fail(
      this.#gone
        ? new AgiHangupError(`the caller has hung up, and Asterisk has closed the connection${why}`)
        : new AgiHangupError(`Asterisk has closed the connection ${where}${why}`, {
            code: 'AGI_CLOSED',
            cause: error,
          }),
    );
  }

  /** The conversation is over: nothing can be sent, and nothing more is read. */
  #fail(error: AgiError): void {
    this.#ended ??= error;
    this.hungUp(
      error instanceof AgiHangupError ? error : new AgiHangupError(error.message, { cause: error }),
    );
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(copyOf(error));
    this.stop(error);
  }
}

/** Reads the request with which a call opens; what follows it in the same bytes goes to the session. */
export function openSession(
  transport: Transport,
  limits: { headerBytes: number },
  trace: Tracer | undefined,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const lines = new LineDecoder(limits.headerBytes);
    const request = new RequestDecoder();
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        const incoming = lines.push(chunk);
        for (const [index, line] of incoming.entries()) {
          trace?.('<', line, false);
          const complete = request.push(line);
          if (!complete) continue;
          const rest = incoming.slice(index + 1);
          if (rest.some((line) => line !== 'HANGUP') || lines.heldBytes > 0) {
            throw new AgiProtocolError(
              "more came behind the AGI request's empty line: a value of the dialplan's holds a newline",
              'AGI_BAD_REQUEST',
            );
          }
          const session = new Session(complete, transport, new LineDecoder(MAX_REPLY_BYTES), trace);
          if (rest.length > 0) session.hungUp();
          resolve(session);
          return;
        }
        if (bytes > limits.headerBytes) {
          throw new AgiProtocolError(
            `an AGI request of over ${limits.headerBytes} bytes`,
            'AGI_REQUEST_TOO_LONG',
          );
        }
      } catch (error) {
        reject(error);
        return;
      }
      transport.read();
    };
    const onEnd = (error?: Error) => {
      const why = error ? ` (${error.message})` : '';
      reject(
        bytes === 0
          ? new AgiProtocolError(
              `the connection was closed before an AGI request came${why}`,
              'AGI_NO_REQUEST',
            )
          : new AgiProtocolError(
              `the connection was closed in the middle of the AGI request${why}`,
              'AGI_CUT_REQUEST',
            ),
      );
    };
    transport.receiver = { onData, onEnd };
    transport.read();
  });
}

function failure(line: string, secret: boolean, reply: AgiReply): AgiError {
  const command = secret
    ? (/^[A-Z ]+(?= )/.exec(line)?.[0] ?? 'a command')
    : JSON.stringify(line.slice(0, 80));
  if (reply.code === 511) {
    return new AgiDeadChannelError(`the caller has hung up: ${command} needs a live channel`, reply);
  }
  if (reply.code === 510) {
    return new AgiUnknownCommandError(
      `this Asterisk does not know ${command}: is it misspelt, or the module that has it not loaded?`,
      reply,
    );
  }
  if (reply.code === 520) {
    const usage = reply.usage ? `\n${reply.usage}` : '';
    return new AgiUsageError(`Asterisk does not take the arguments of ${command}${usage}`, reply);
  }
  return new AgiProtocolError(
    `an answer that is no AGI reply to ${command}: ${JSON.stringify(reply.text.slice(0, 80))}`,
  );
}

/** The same error for each command that it ends, each with the stack of its own call. */
function copyOf(error: AgiError): AgiError {
  if (error instanceof AgiHangupError)
    return new AgiHangupError(error.message, { code: error.code, cause: error.cause });
  if (error instanceof AgiProtocolError) return new AgiProtocolError(error.message, error.code);
  return error;
}
