/**
 * One call's conversation: commands go out one at a time in the order they were called, replies come back
 * to the command that asked, and a hangup is told at once.
 */
import type { AgiError, AgiHangupError } from '../errors';
import { checkLine } from '../wire/agi-command';
import type { AgiReply } from '../wire/agi-reply';
import type { AgiRequest } from '../wire/agi-request';
import type { Hearing } from './hearing';
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

/**
 * What the first command needs is here; all that comes after it, Asterisk's side above all, is `Hearing`, which is
 * read in while Asterisk works on that command. What the two share is public, and nobody else's to change.
 */
export class Session {
  readonly transport: Transport;
  readonly trace: Tracer | undefined;
  /** Why the caller is gone. */
  hangup: AgiHangupError | undefined;
  /** What has ended the conversation from the other side; undefined while Asterisk listens. */
  ended: AgiError | undefined;
  /** Whether no more commands are taken. */
  stopped = false;
  /** Whether Asterisk works on a command. */
  asking = false;
  /** Whether a turn is under way. */
  inTurn = false;
  /** How many turns wait for those before them. */
  waiting = 0;
  /** How many commands have been sent. */
  sent = 0;
  /** How many lines have come that were no part of a reply, as the rest of a value that seemed to end before. */
  strays = 0;
  onGone: (() => void)[] = [];
  /** Called where a script asks again and again for what a caller who is gone cannot have; from then on it has no answer. */
  onCircles: (() => void) | undefined;
  // made when a script asks for it: an AbortController costs a millisecond
  controller: AbortController | undefined;
  readonly #fields: ReadonlyMap<string, string>;
  #request: AgiRequest | undefined;
  #hearing: Hearing | undefined;

  constructor(fields: ReadonlyMap<string, string>, transport: Transport, trace?: Tracer) {
    this.#fields = fields;
    this.transport = transport;
    this.trace = trace;
    transport.receiver = {
      onData: (chunk) => this.hearing.onData(chunk),
      onEnd: (error) => this.hearing.onEnd(error),
    };
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
    return this.hearing.signal;
  }

  /** Whether the caller is known to have gone. */
  get gone(): boolean {
    return this.hangup !== undefined;
  }

  /** Whether a command is under way or waiting. */
  get busy(): boolean {
    return this.inTurn || this.waiting > 0;
  }

  /** Asterisk's side of the conversation. */
  get hearing(): Hearing {
    this.#hearing ??= new (later().Hearing)(this);
    return this.#hearing;
  }

  /**
   * Takes the conversation for one or more commands that belong together: nothing else is sent before
   * `work` has ended. Turns come in the order called. Where nobody else has the turn, the first command is
   * on the wire before this returns.
   */
  turn<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    if (this.inTurn || this.stopped) return this.hearing.wait(work);
    this.inTurn = true;
    // the command first, and then the room that hears its reply
    const result = work(this.ask);
    return this.hearing.turn(result);
  }

  readonly ask: Ask = (line, options) => {
    if (this.stopped) return this.hearing.turnAway();
    try {
      checkLine(line, this.#fields.get('agi_version'));
    } catch (error) {
      return Promise.reject(error);
    }
    const reply = this.put(line, options);
    return this.hearing.judged(reply, line, options?.secret);
  };

  /** Sends a line; its reply is not judged. */
  put(line: string, options?: AskOptions): Promise<AgiReply> {
    if (this.asking) return Promise.reject(this.hearing.nested());
    this.asking = true;
    this.sent++;
    this.trace?.('>', line, options?.secret === true);
    let problem: unknown;
    try {
      this.transport.write(line + '\n');
      this.transport.read();
    } catch (error) {
      problem = error;
    }
    return this.hearing.reply(line, options, problem as Error | undefined);
  }

  /** Resolves once no command is under way and none waits, after what follows on their replies has run. */
  drain(): Promise<void> {
    return this.hearing.drain();
  }

  /** Reads no more between two commands, so that no read holds up the end. */
  rest(): void {
    this.hearing.rest();
  }

  /** A script, or a turn, that does something else still learns of a hangup: Asterisk writes it between two replies. */
  watchWhileIdle(): void {
    this.hearing.watchWhileIdle();
  }

  /** Whether it has been silent for so long that the script is at something else, and only overheard is a hangup. */
  get idles(): boolean {
    return this.hearing.idles;
  }

  /** Tells a hangup that reached the process by another way than the wire (SIGHUP in classic AGI). */
  hungUp(reason?: AgiHangupError): void {
    this.hearing.hungUp(reason);
  }

  /** Calls the listener once, when the caller hangs up; at once where that has happened. */
  onHangup(listener: () => void): void {
    if (this.hangup) listener();
    else this.onGone.push(listener);
  }

  /** Takes no more commands: those that wait, and all that come, are rejected. The one under way goes on. */
  stop(reason?: AgiError): void {
    this.hearing.stop(reason);
  }

  /** Sends a last command past `stop`; resolves with its reply, or with nothing where none can come. */
  last(line: string): Promise<AgiReply | undefined> {
    return this.hearing.last(line);
  }
}

// all that comes after the first command
const later = (): typeof import('./hearing') => require('./hearing');
// what the request means, for the scripts that ask
const meaning = (): typeof import('../wire/agi-request') => require('../wire/agi-request');
