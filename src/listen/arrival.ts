/**
 * A connection on its way to a process of the pool. The master waits for its request, so that one which brings none
 * costs no process: it is read here, and goes along with the socket.
 */
import type { Socket } from 'node:net';
import { requestCut, requestTimeout } from '../agi/failures';
import { monotonicMs } from '../agi/socket-transport';
import type { AgiError } from '../errors';

const BEGINNING = 'agi_';

/** What a socket is made of. */
interface Reading {
  readonly fd?: number;
  readStart?(): void;
  readStop?(): void;
  setBlocking?(isBlocking: boolean): void;
}

export class Arrival {
  readonly socket: Socket;
  readonly address: string;
  readonly acceptedMs = monotonicMs();
  /** To be called once, when the connection is done with. */
  readonly release: () => void;
  #head = '';
  #whole = false;
  #gone = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #leave: (why: () => AgiError) => void;
  /** How long it has waited for a process so far, those times aside in which it was promised to one. */
  waitedMs = 0;

  /**
   * @param limits.headerSeconds how long the request may take; 0: no limit
   * @param onWhole the request is there, or so much of what is none that a process can say so
   * @param onGone nobody is there any more, or no request came; not called once it has been handed over
   */
  constructor(
    socket: Socket,
    release: () => void,
    limits: { readonly headerSeconds: number; readonly headerBytes: number },
    on: {
      readonly whole: (arrival: Arrival) => void;
      readonly gone: (arrival: Arrival, why: AgiError) => void;
    },
  ) {
    this.socket = socket;
    this.address = socket.remoteAddress ?? '';
    this.release = release;
    // each connection closes one day, and most of them when they have been handed over
    const leave = (why: () => AgiError) => {
      if (this.#gone) return;
      this.#gone = true;
      clearTimeout(this.#timer);
      socket.destroy();
      on.gone(this, why());
    };
    this.#leave = leave;
    socket.on('data', (chunk: Buffer) => {
      if (this.#gone) return;
      // one that was promised to a process which has died, and is promised to another, may say more meanwhile
      const from = Math.max(0, this.#head.length - 2);
      this.#head += chunk.toString('latin1');
      if (this.#whole) {
        if (this.#head.length > 2 * limits.headerBytes) socket.pause();
        return;
      }
      if (!isWhole(this.#head, from) && this.#head.length <= limits.headerBytes) return;
      this.#whole = true;
      clearTimeout(this.#timer);
      on.whole(this);
    });
    const cut = (error?: Error) => leave(() => requestCut(this.#head.length, error));
    socket.on('end', () => cut());
    socket.on('close', () => cut());
    socket.on('error', cut);
    if (limits.headerSeconds > 0) {
      this.#timer = setTimeout(
        () => leave(() => requestTimeout(limits.headerSeconds)),
        limits.headerSeconds * 1000,
      );
    }
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Whether a whole request has come, and it only waits for a process. */
  get whole(): boolean {
    return this.#whole;
  }

  /** It has had time enough to say what it wants. */
  cut(why: (afterMs: number) => AgiError): void {
    this.#leave(() => why(monotonicMs() - this.acceptedMs));
  }

  /**
   * Reads no more from here on, and gives what has been read. Between two processes that read one socket,
   * bytes would get lost; a pause of the stream is none of the socket, and this has no public name.
   */
  giveUp(): string {
    (this.socket as { _handle?: Reading | null })._handle?.readStop?.();
    return this.#head;
  }

  /**
   * What a process is started with: the number, for Node would stop the stream of a socket, and the stream begin to read
   * again a moment later, away from under that process.
   */
  get fd(): number {
    return (this.socket as { _handle?: Reading | null })._handle?.fd ?? -1;
  }

  /** The process that it was promised to has died. */
  resume(): void {
    const handle = (this.socket as { _handle?: Reading | null })._handle;
    // as a descriptor of a process's first three it is a blocking one
    handle?.setBlocking?.(false);
    handle?.readStart?.();
  }

  /** Leaves the socket to somebody else: what happens to it from here on is no news. */
  letGo(): Socket {
    this.#gone = true;
    return this.socket;
  }
}

/** What does not begin like a request is for a process to refuse. */
function isWhole(head: string, from: number): boolean {
  if (!head.startsWith(BEGINNING.slice(0, head.length))) return true;
  return head.includes('\n\n', from) || head.includes('\n\r\n', from);
}
