/**
 * A call on file descriptors of this process: one socket for both directions (xinetd) or two pipes
 * (classic AGI).
 *
 * Plain fs calls, because `net` and `process.stdin` cost 4 to 15 ms of every call's start. A read waits in
 * libuv's thread pool, so signals and timers go on meanwhile; but a process cannot exit while one waits
 * there (libuv joins its threads), which is why `settle` exists and why a read is only asked for when it
 * is wanted.
 */
import { closeSync, read, writeSync } from 'node:fs';
import { nobody, type Receiver, type Transport } from './transport';

const RETRY_MS = 5;

export class FdTransport implements Transport {
  receiver: Receiver = nobody;
  readonly #input: number;
  #output: number;
  readonly #buffer = Buffer.alloc(16_384);
  #reading = false;
  #open = true;

  constructor(input: number, output = input) {
    this.#input = input;
    this.#output = output;
  }

  /** The descriptor to write to, where it is known only later. */
  set output(fd: number) {
    this.#output = fd;
  }

  get reading(): boolean {
    return this.#reading;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let sent = 0; sent < bytes.length; ) {
      try {
        sent += writeSync(this.#output, bytes, sent);
      } catch (error) {
        // a descriptor that someone has made non-blocking
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        pause(RETRY_MS);
      }
    }
  }

  read(): void {
    if (this.#reading || !this.#open) return;
    this.#reading = true;
    // what `settle` looks for; no byte of AGI's text is NUL
    this.#buffer[0] = 0;
    read(this.#input, this.#buffer, 0, this.#buffer.length, null, (error, count) => {
      this.#reading = false;
      if (!this.#open) return;
      if (error?.code === 'EAGAIN') setTimeout(() => this.read(), RETRY_MS);
      else if (error) this.receiver.onEnd(error);
      else if (count === 0) this.receiver.onEnd();
      else this.receiver.onData(this.#buffer.subarray(0, count));
    });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const fd of new Set([this.#input, this.#output])) {
      try {
        closeSync(fd);
      } catch {
        // closed already by the script
      }
    }
  }

  /**
   * Frees a process that is about to exit from a read that waits: Asterisk answers a NOOP at once, even in
   * the middle of a STREAM FILE.
   * @returns whether the read has ended within `limitMs`; the thread of this process is blocked meanwhile
   */
  settle(limitMs: number): boolean {
    if (!this.#reading || !this.#open) return true;
    try {
      writeSync(this.#output, 'NOOP\n');
    } catch {
      // gone: the read ends by itself, and cannot be seen from here
      return true;
    }
    for (let waitedMs = 0; this.#buffer[0] === 0; waitedMs += RETRY_MS) {
      if (waitedMs >= limitMs) return false;
      pause(RETRY_MS);
    }
    return true;
  }
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
