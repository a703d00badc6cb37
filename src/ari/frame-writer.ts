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
  /** What the last ping held; undefined where it is answered. */
  #pinged: Buffer | undefined;
  #isAnswering = false;

  /**
   * @param socket made with `autoPong: false`: pongs go this way, too
   * @internal as that of EventSocket
   */
  constructor(socket: WebSocket, isSecure: boolean) {
    this.#socket = socket;
    this.#isSecure = isSecure;
    socket.on('ping', (data) => {
      // a copy: what ws gives is a piece of all that was read
      this.#pinged = Buffer.from(data);
      if (!this.#isAnswering) this.#answer();
    });
  }

  send(data: string | Buffer, onWritten?: Written): void {
    // whoever has written it may use its memory again
    const kept = this.#isWriting && typeof data !== 'string' ? Buffer.from(data) : data;
    this.#write((written) => this.#socket.send(kept, written), onWritten);
  }

  ping(): void {
    this.#write((written) => this.#socket.ping(undefined, undefined, written));
  }

  /** One pong may stand for several pings (RFC 6455, 5.5.3): whoever sends many and reads none fills no memory. */
  #answer(): void {
    const data = this.#pinged;
    this.#pinged = undefined;
    this.#isAnswering = data !== undefined;
    if (!data) return;
    this.#write(
      (written) => this.#socket.pong(data, undefined, written),
      () => this.#answer(),
    );
  }

  #write(write: (written: Written) => void, onWritten: Written = () => {}): void {
    if (!this.#isSecure) {
      write(onWritten);
      return;
    }
    this.#waiting.push((next) =>
      write((error) => {
        next();
        onWritten(error);
      }),
    );
    if (!this.#isWriting) this.#next();
  }

  #next(): void {
    const write = this.#waiting.shift();
    this.#isWriting = write !== undefined;
    write?.(() => this.#next());
  }
}
