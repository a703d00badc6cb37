/**
 * AsyncAGI (res_agi.c, launch_asyncagi): the dialplan's AGI(agi:async) leaves a call to the manager. Commands go as
 * actions, their replies come as events, and in between lies a pipe of Asterisk's from which it reads 1,024 bytes for
 * each command and no more. What is longer, be it the request or a reply, comes with the command that follows; so
 * NOOPs are sent until all of it is there, and their own replies are taken out again.
 */
import { randomBytes } from 'node:crypto';
import { Agi } from '../agi/agi';
import { commander } from '../agi/commander';
import { openSession } from '../agi/opening';
import type { Tracer } from '../agi/session';
import { nobody, type Receiver, type Transport } from '../agi/transport';
import { AmiActionError } from '../ami-errors';
import { AgiArgumentError } from '../errors';
import type { AmiEvent } from '../wire/ami-message';
import type { Ami } from './ami';
import { EventStream } from './event-stream';

export interface AsyncAgiOptions {
  /** How many calls wait at most for someone who takes them; one more is given back to the dialplan. 1,000. */
  readonly limit?: number;
  /** Takes no more calls; those that run go on. */
  readonly signal?: AbortSignal;
  /** Which calls are for this program: by the event AsyncAGIStart. All, where it is left out. */
  readonly accept?: (event: AmiEvent) => boolean;
  /** Sees every line of the calls' conversations. */
  readonly trace?: Tracer;
}

/** Calls, for `for await`. */
export type AsyncAgiCalls = AsyncIterableIterator<Agi> & {
  /** How many calls came that nobody took, and were given back to the dialplan. */
  readonly dropped: number;
  [Symbol.asyncDispose](): Promise<void>;
};

/** What Asterisk reads of its pipe at once. */
const PIECE_BYTES = 1024;
const noopReply = Buffer.from('200 result=0\n');
/** `Command: ` and the AGI command must fit into a line of AMI's. */
const MAX_COMMAND_BYTES = 1022 - 'Command: '.length;
/** How long a request may take to come whole. */
const limits = { headerBytes: 65_536, headerSeconds: 10 };

/** The calls of a client. */
export function asyncAgiCalls(ami: Ami, options: AsyncAgiOptions): AsyncAgiCalls {
  const { limit = 1000, signal, accept, trace } = options;
  signal?.throwIfAborted();
  const stop = new AbortController();
  const calls = new EventStream<Agi>(Number.POSITIVE_INFINITY, () => stop.abort());
  let dropped = 0;
  const stopStarts = ami.on('AsyncAGIStart', (event) => {
    if (accept && !accept(event)) return;
    const transport = new AsyncTransport(ami, event);
    if (calls.size >= limit) {
      dropped++;
      transport.close();
      return;
    }
    openSession(transport, limits, trace).then(
      (session) => calls.push(new Agi(session)),
      // what is no request of Asterisk's is no call: its channel goes on in the dialplan
      () => transport.close(),
    );
  });
  const onAbort = () => calls.end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopState = ami.onState((state) => {
    if (state === 'closed') calls.end();
  });
  stop.signal.addEventListener('abort', () => {
    stopStarts();
    stopState();
    signal?.removeEventListener('abort', onAbort);
  });
  if (ami.state === 'closed') calls.end();
  return Object.defineProperty(calls, 'dropped', { get: () => dropped }) as unknown as AsyncAgiCalls;
}

/**
 * Gives a call of `asyncAgi` back to the dialplan, once the commands that are queued have been answered; nothing where
 * it has left already, by a hangup or by `agi.asyncAgiBreak()`.
 */
export async function endCall(agi: Agi): Promise<void> {
  const { session } = agi[commander];
  await session.drain();
  if (session.ended) return;
  session.stop();
  await session.last('ASYNCAGI BREAK');
}

/** One call. The conversation's bytes come in pieces, as out of the pipe in Asterisk. */
class AsyncTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  readonly arrived = false;
  readonly #ami: Ami;
  readonly #channel: string;
  readonly #stops: (() => void)[];
  /** Of this stay in AsyncAGI, and of this client: others may send commands to the same channel. */
  readonly #id = randomBytes(9).toString('base64url');
  #serial = 0;
  /** Pieces that have come and were not asked for yet. */
  #incoming: (Buffer | Error | 'end')[] = [];
  /** Pieces of what is not whole yet, and how many NOOPs were sent for its rest. */
  #pieces: Buffer[] = [];
  #noops = 0;
  #over = false;
  /** Whether the end was asked for. */
  #broken = false;

  constructor(ami: Ami, start: AmiEvent) {
    this.#ami = ami;
    this.#channel = start.get('Channel') ?? '';
    this.#stops = [
      ami.on('AsyncAGIExec', (event) => {
        if (event.get('Channel') === this.#channel) this.#onResult(event);
      }),
      ami.on('AsyncAGIEnd', (event) => {
        if (event.get('Channel') === this.#channel) this.#onEnd();
      }),
      ami.onState((state, error) => {
        if (state !== 'connected') this.#deliverEnd(error ?? new Error('the manager was closed'));
      }),
    ];
    this.#onPiece(decode(start.get('Env') ?? ''), (bytes) => bytes.subarray(-2).equals(Buffer.from('\n\n')));
  }

  write(text: string): void {
    const command = text.slice(0, -1);
    if (Buffer.byteLength(command) > MAX_COMMAND_BYTES) {
      throw new AgiArgumentError(
        `the command has ${Buffer.byteLength(command)} bytes, and AsyncAGI takes ${MAX_COMMAND_BYTES} at most: nothing was sent`,
      );
    }
    // Asterisk would take it into its queue, and run it should the channel come to AsyncAGI again
    if (this.#over || this.#broken) throw new Error('the call has left AsyncAGI');
    this.#broken = /^\s*ASYNCAGI\s+BREAK\s*$/i.test(command);
    this.#send(command);
  }

  read(): void {
    this.reading = true;
    queueMicrotask(() => this.#deliver());
  }

  /** The dialplan goes on. */
  close(): void {
    if (!this.#over && !this.#broken) {
      // whether it comes too late for the channel makes no difference to anyone
      this.#action('ASYNCAGI BREAK').catch(() => {});
    }
    this.#finish();
    this.receiver = nobody;
  }

  #action(command: string): Promise<unknown> {
    const id = `${this.#id}-${++this.#serial}`;
    return this.#ami.action('AGI', { Channel: this.#channel, Command: command, CommandID: id });
  }

  #send(command: string): void {
    this.#action(command).catch((error) => {
      // refused because the channel is gone: what is on its way from it has come before this
      this.#deliverEnd(error instanceof AmiActionError ? undefined : error);
    });
  }

  #onResult(event: AmiEvent): void {
    // another client's command
    if (event.get('CommandId') !== `${this.#id}-${this.#serial}`) return;
    this.#onPiece(decode(event.get('Result') ?? ''), (bytes) => bytes.at(-1) === 0x0a);
  }

  /** @param isWhole whether bytes that fill no whole piece end as they should */
  #onPiece(piece: Buffer, isWhole: (bytes: Buffer) => boolean): void {
    this.#pieces.push(piece);
    // a whole piece: more may lie in the pipe
    if (piece.length >= PIECE_BYTES || (this.#noops === 0 && !isWhole(piece))) {
      this.#noops++;
      this.#send('NOOP');
      return;
    }
    let bytes: Buffer = Buffer.concat(this.#pieces);
    for (; this.#noops > 0; this.#noops--) bytes = withoutNoop(bytes);
    this.#pieces = [];
    this.#incoming.push(bytes);
    this.#deliver();
  }

  #onEnd(): void {
    // a hangup, as Asterisk tells it over FastAGI; nothing can be asked any more
    this.#incoming.push(Buffer.from('HANGUP\n'));
    this.#deliverEnd(undefined);
  }

  #deliverEnd(error: Error | undefined): void {
    if (this.#over) return;
    this.#finish();
    this.#incoming.push(error ?? 'end');
    // it must not wait for someone who reads: nothing else will wake the session
    this.reading = true;
    this.#deliver();
  }

  #finish(): void {
    this.#over = true;
    for (const stop of this.#stops) stop();
  }

  #deliver(): void {
    while (this.reading) {
      const next = this.#incoming.shift();
      if (next === undefined) return;
      // after the end whatever was left before it is read
      this.reading = this.#over && this.#incoming.length > 0;
      if (next === 'end') this.receiver.onEnd();
      else if (next instanceof Error) this.receiver.onEnd(next);
      else this.receiver.onData(next);
    }
  }
}

/** `200%20result%3D1%0A`, as bytes: a piece may end inside of a character. */
function decode(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function withoutNoop(bytes: Buffer): Buffer {
  const end = bytes.length - noopReply.length;
  return end >= 0 && bytes.subarray(end).equals(noopReply) ? bytes.subarray(0, end) : bytes;
}
