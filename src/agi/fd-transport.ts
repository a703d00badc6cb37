/**
 * A call on file descriptors of this process: one socket for both directions (xinetd) or two pipes
 * (classic AGI).
 *
 * Plain fs calls, because `net` and `process.stdin` cost 4 to 15 ms of every call's start. A read waits in
 * libuv's thread pool, so signals and timers go on meanwhile; but a process cannot exit while one waits
 * there (libuv joins its threads), so a read is only asked for when it is wanted.
 */
import { closeSync, readv, writeSync } from 'node:fs';
import { nobody, type Receiver, type Transport } from './transport';

const RETRY_MS = 5;

export class FdTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  /** The descriptor to write to. */
  output: number;
  readonly #input: number;
  // the first Buffer of a process costs four times as much
  readonly #buffer = new Uint8Array(16_384);
  #open = true;

  constructor(input: number, output = input) {
    this.#input = input;
    this.output = output;
  }

  write(text: string): void {
    let sent = 0;
    try {
      sent = writeSync(this.output, text);
      // all of it, as ever; a string has at least as many bytes as units
      if (sent >= text.length && sent === Buffer.byteLength(text)) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    pressure().writeRest(this.output, Buffer.from(text).subarray(sent));
  }

  read(): void {
    if (this.reading || !this.#open) return;
    this.reading = true;
    this.#buffer[0] = 0;
    // half the work of `read`, which looks at more kinds of arguments
    readv(this.#input, [this.#buffer], (error, count) => {
      this.reading = false;
      if (!this.#open) return;
      if (error) {
        if (error.code === 'EAGAIN') setTimeout(() => this.read(), RETRY_MS);
        else this.receiver.onEnd(error);
      } else if (count === 0) this.receiver.onEnd();
      else this.receiver.onData(Buffer.from(this.#buffer.buffer, 0, count));
    });
  }

  get blocked(): boolean {
    return this.reading;
  }

  /** Whether bytes have come that the event loop has not told of yet; no byte of AGI's text is NUL. */
  get arrived(): boolean {
    return this.#buffer[0] !== 0;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      closeSync(this.#input);
      if (this.output !== this.#input) closeSync(this.output);
    } catch {
      // closed already by the script
    }
  }
}

// a reader that is slow
const pressure = (): typeof import('./pressure') => require('./pressure');
