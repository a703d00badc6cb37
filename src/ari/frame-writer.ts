/**
 * What goes out by a WebSocket to Asterisk. Over TLS each frame must be a record of its own, and the next one must
 * wait for it: Asterisk waits for bytes on the socket (res_http_websocket.c) while a second frame of the same record
 * lies decrypted in its memory, and so hears it only when something else comes.
 */
import type WebSocket from 'ws';

/** Called when the system has it, or with what it failed by. */
export type Written = (error?: Error) => void;

export class FrameWriter {
  readonly #socket: WebSocket;
  readonly #isSecure: boolean;
  readonly #waiting: ((written: Written) => void)[] = [];
  #isWriting = false;
  /** What the last ping held, whose pong waits: one of several may stand for them all (RFC 6455, 5.5.3). */
  #pong: Buffer | undefined;

  /** @param socket where it is over TLS, made with `autoPong: false`: pongs go this way, too */
  constructor(socket: WebSocket, isSecure: boolean) {
    this.#socket = socket;
    this.#isSecure = isSecure;
    if (isSecure) socket.on('ping', (data) => this.#answer(data));
  }

  send(data: string | Buffer, onWritten?: Written): void {
    if (!this.#isSecure) this.#socket.send(data, onWritten);
    else {
      // whoever has written it may use its memory again
      const kept = this.#isWriting && typeof data !== 'string' ? Buffer.from(data) : data;
      this.#write((written) =>
        this.#socket.send(kept, (error) => {
          written();
          onWritten?.(error);
        }),
      );
    }
  }

  ping(): void {
    if (!this.#isSecure) this.#socket.ping();
    else this.#write((written) => this.#socket.ping(undefined, undefined, written));
  }

  #answer(data: Buffer): void {
    const isWaiting = this.#pong !== undefined;
    // a copy: what ws gives is a piece of all that was read
    this.#pong = Buffer.from(data);
    if (isWaiting) return;
    this.#write((written) => {
      const latest = this.#pong;
      this.#pong = undefined;
      this.#socket.pong(latest, undefined, written);
    });
  }

  #write(write: (written: Written) => void): void {
    this.#waiting.push(write);
    if (!this.#isWriting) this.#next();
  }

  #next(): void {
    const write = this.#waiting.shift();
    this.#isWriting = write !== undefined;
    write?.(() => this.#next());
  }
}
