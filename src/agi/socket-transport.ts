/**
 * A call on a socket of Node's, for processes that serve many. What comes while nobody has asked for it is kept:
 * the socket always reads, so that one more command costs no system call to begin reading again.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { nobody, type Receiver, type Transport } from './transport';

/** How much may come unasked before the socket stops to read. */
const HELD_BYTES = 65_536;
/** How much a bare connection reads at once, where no buffer is given. */
const READ_BYTES = 4096;
/** How long what was written last may take on its way when the connection is closed. */
const FLUSH_MS = 2000;

/**
 * A connection as one process hands it to another, without the streams around it; Node's cluster module does so, and
 * Node has no public name for it.
 */
export interface BareConnection {
  close(): void;
}

export interface SocketTransportOptions {
  /** What has been read from the connection before. */
  readonly head?: Buffer;
  /** What a bare connection reads into: it may be the same for one after the other. */
  readonly buffer?: Uint8Array;
  /**
   * Runs what the receiver does where the call is at home: events of a socket know nothing of the code that waits for
   * them.
   */
  readonly within?: (work: () => void) => void;
  /**
   * Whether the connection keeps the process going for as long as it is open; else only a read that somebody waits for
   * does, as with a plain descriptor.
   */
  readonly holds?: boolean;
}

export class SocketTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  /** A read that waits is the event loop's: it holds up no exit. */
  readonly blocked = false;
  readonly arrived = false;
  /** When the first text was written, by `monotonicMs`. */
  firstWriteMs: number | undefined;
  readonly #socket: Socket;
  readonly #within: ((work: () => void) => void) | undefined;
  readonly #holds: boolean;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Whether the receiver is told, though it has not asked. */
  #overhears = false;
  #end: { error: Error | undefined } | undefined;
  #open = true;

  constructor(connection: Socket | BareConnection, options: SocketTransportOptions = {}) {
    const { head, within, holds = false } = options;
    this.#within = within;
    this.#holds = holds;
    if (head && head.length > 0) this.#keep(head);
    const isSocket = connection instanceof Socket;
    const socket = isSocket
      ? connection
      : this.#adopt(connection, options.buffer ?? Buffer.alloc(READ_BYTES));
    this.#socket = socket;
    if (isSocket) socket.on('data', (chunk: Buffer) => this.#onData(chunk, false));
    socket.on('end', () => this.#onEnd(undefined));
    socket.on('error', (error) => this.#onEnd(error));
    socket.on('close', () => this.#onEnd(undefined));
    if (!holds) socket.unref();
  }

  write(text: string): void {
    if (this.#end?.error) throw this.#end.error;
    const socket = this.#socket;
    if (!socket.writable) throw new Error('the connection is closed');
    this.firstWriteMs ??= monotonicMs();
    const fd = socket.writableLength === 0 ? descriptorOf(socket) : undefined;
    if (fd === undefined) socket.write(text);
    else this.#writeNow(fd, text);
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

  /** Its input comes into the buffer, past the queue of a stream's. */
  #adopt(handle: BareConnection, buffer: Uint8Array): Socket {
    const onread = {
      buffer,
      callback: (bytes: number): boolean => {
        this.#onData(Buffer.from(buffer.buffer, buffer.byteOffset, bytes), true);
        return true;
      },
    };
    return new Socket({ handle, readable: true, writable: true, onread } as object);
  }

  /** What the kernel takes at once, as nearly always, needs no queue. */
  #writeNow(fd: number, text: string): void {
    let sent = 0;
    try {
      sent = writeSync(fd, text);
      // all of it; a string has at least as many bytes as units
      if (sent >= text.length && sent === Buffer.byteLength(text)) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    this.#socket.write(Buffer.from(text).subarray(sent));
  }

  #listen(): void {
    if (this.#held.length > 0 || this.#end) queueMicrotask(() => this.#deliver());
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** @param isLent whether the bytes will be others when this returns */
  #onData(chunk: Buffer, isLent: boolean): void {
    if (!this.#open) return;
    if (this.#isHeard && this.#held.length === 0) {
      this.#give(chunk);
      return;
    }
    this.#keep(isLent ? Buffer.from(chunk) : chunk);
    if (this.#isHeard) this.#deliver();
    else if (this.#heldBytes > HELD_BYTES) this.#socket.pause();
  }

  get #isHeard(): boolean {
    return this.reading || this.#overhears;
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
    if (!this.#isHeard || !this.#open) return;
    const chunk = this.#held.shift();
    if (!chunk && !this.#end) return;
    this.#heldBytes -= chunk?.length ?? 0;
    this.#give(chunk);
  }

  /** @param chunk undefined: no more will come */
  #give(chunk: Buffer | undefined): void {
    if (this.reading && !this.#holds) this.#socket.unref();
    this.reading = false;
    this.#overhears = false;
    const tell = () => {
      if (chunk) this.receiver.onData(chunk);
      else this.receiver.onEnd(this.#end?.error);
    };
    if (this.#within) this.#within(tell);
    else tell();
  }
}

/** Node has no public name for it; without one, its streams write. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as { _handle?: { fd?: number } | null })._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

/** Milliseconds by a clock that all processes of the machine share, and that never goes back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
