/**
 * A call on a socket of Node's, for processes that serve many. What comes while nobody has asked for it is kept:
 * the socket always reads, so that one more command costs no system call to begin reading again.
 */
import type { Socket } from 'node:net';
import { nobody, type Receiver, type Transport } from './transport';

/** How much may come unasked before the socket stops to read. */
const HELD_BYTES = 65_536;
/** How long what was written last may take on its way when the connection is closed. */
const FLUSH_MS = 2000;

export class SocketTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  /** A read that waits is the event loop's: it holds up no exit. */
  readonly blocked = false;
  readonly arrived = false;
  /** When the first text was written, by `monotonicMs`. */
  firstWriteMs: number | undefined;
  readonly #socket: Socket;
  readonly #within: (work: () => void) => void;
  readonly #holds: boolean;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Whether the receiver is told, though it has not asked. */
  #overhears = false;
  #end: { error: Error | undefined } | undefined;
  #open = true;

  /**
   * @param options.head what has been read from the socket before
   * @param options.within runs what the receiver does where the call is at home: events of a socket know nothing
   * of the code that waits for them
   * @param options.holds whether the connection keeps the process going for as long as it is open; else only a read
   * that somebody waits for does, as with a plain descriptor
   */
  constructor(
    socket: Socket,
    options: { head?: Buffer; within?: (work: () => void) => void; holds?: boolean } = {},
  ) {
    const { head, within = (work) => work(), holds = false } = options;
    this.#socket = socket;
    this.#holds = holds;
    this.#within = within;
    if (head && head.length > 0) this.#keep(head);
    socket.on('data', (chunk: Buffer) => {
      this.#keep(chunk);
      if (this.reading || this.#overhears) this.#deliver();
      else if (this.#heldBytes > HELD_BYTES) socket.pause();
    });
    socket.on('end', () => this.#onEnd(undefined));
    socket.on('error', (error) => this.#onEnd(error));
    socket.on('close', () => this.#onEnd(undefined));
    if (!holds) socket.unref();
  }

  write(text: string): void {
    if (this.#end?.error) throw this.#end.error;
    if (!this.#socket.writable) throw new Error('the connection is closed');
    this.firstWriteMs ??= monotonicMs();
    this.#socket.write(text);
  }

  read(): void {
    if (this.reading || !this.#open) return;
    this.reading = true;
    if (!this.#holds) this.#socket.ref();
    this.#listen();
  }

  overhear(): void {
    if (this.reading || this.#overhears || !this.#open) return;
    this.#overhears = true;
    this.#listen();
  }

  #listen(): void {
    if (this.#held.length > 0 || this.#end) queueMicrotask(() => this.#deliver());
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.reading = false;
    this.receiver = nobody;
    this.#held = [];
    const socket = this.#socket;
    if (socket.writableLength === 0) {
      socket.destroy();
      return;
    }
    socket.ref();
    socket.end(() => socket.destroy());
    socket.setTimeout(FLUSH_MS, () => socket.destroy());
  }

  #keep(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
  }

  #onEnd(error: Error | undefined): void {
    if (this.#end) return;
    this.#end = { error };
    this.#deliver();
  }

  #deliver(): void {
    if (!(this.reading || this.#overhears) || !this.#open) return;
    const chunk = this.#held.shift();
    if (!chunk && !this.#end) return;
    if (this.reading && !this.#holds) this.#socket.unref();
    this.reading = false;
    this.#overhears = false;
    this.#within(() => {
      if (!chunk) return this.receiver.onEnd(this.#end?.error);
      this.#heldBytes -= chunk.length;
      this.receiver.onData(chunk);
    });
  }
}

/** Milliseconds by a clock that all processes of the machine share, and that never goes back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
