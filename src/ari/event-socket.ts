/** One WebSocket to Asterisk, from the first byte to the last: text messages both ways, and a deadline for silence. */
import WebSocket, { type ClientOptions } from 'ws';
import { AriConnectionError, type AriError, AriProtocolError, AriTimeoutError } from '../ari-errors';
import { connectionText } from '../connection-problems';
import { readAnswer } from '../wire/ari-answer';
import { type AriAddress, showAddress } from './address';
import { connectionFailure, notHttp } from './connection-failure';
import { FrameWriter, type Written } from './frame-writer';
import { SilenceWatch } from './silence-watch';

export interface SocketReceiver {
  /** A text message. */
  onMessage(text: string): void;
  /** Called once, when no more will come. */
  onEnd(error: AriError): void;
}

export interface SocketLimits {
  /** How long it may take until the WebSocket is open. */
  readonly connectTimeoutMs: number;
  /** After so much silence Asterisk is asked whether it is there, and must answer in as long again; 0: never. */
  readonly pingEveryMs: number;
  readonly maxMessageBytes: number;
}

export interface SocketTarget {
  readonly address: AriAddress;
  readonly authorization: string;
  readonly username: string;
  /** Below the interface's own, with the query: `/events?app=hello`. */
  readonly path: string;
}

const NORMAL_CLOSURE = 1000;
/** How long a goodbye may take. */
const GOODBYE_MS = 1000;

export class EventSocket {
  readonly #socket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #where: string;
  readonly #receiver: SocketReceiver;
  #ended = false;
  readonly #watch: SilenceWatch;

  /**
   * Takes a WebSocket that is open.
   * @param where whom it leads to, for messages
   * @internal the package's types may not speak of ws, which nobody has who installs it
   */
  constructor(
    socket: WebSocket,
    { where, isSecure }: { readonly where: string; readonly isSecure: boolean },
    limits: SocketLimits,
    receiver: SocketReceiver,
  ) {
    this.#socket = socket;
    this.#writer = new FrameWriter(socket, isSecure);
    this.#where = where;
    this.#receiver = receiver;
    // the texts come as buffers; Asterisk sends no binary ones here
    socket.on('message', (data: Buffer) => {
      this.#watch.heard();
      if (!this.#ended) receiver.onMessage(data.toString());
    });
    const onSign = () => this.#watch.heard();
    socket.on('pong', onSign);
    socket.on('ping', onSign);
    socket.on('error', (error) => this.#end(this.#broken(error)));
    socket.on('close', (code, reason) => this.#end(this.#closed(code, String(reason))));
    const { pingEveryMs } = limits;
    this.#watch = new SilenceWatch({
      everyMs: pingEveryMs,
      ask: () => this.#writer.ping(),
      giveUp: () => {
        this.#end(new AriTimeoutError(`Asterisk at ${where} has not answered a ping for ${pingEveryMs} ms`));
        socket.terminate();
      },
    });
  }

  /**
   * Resolves when the WebSocket is open, which is when Asterisk has registered the applications.
   * @param onOpen called at that very moment: an event may stand behind the answer, in the same packet
   * @throws AriConnectionError, AriResponseError, AriTimeoutError; the signal's reason
   */
  static async connect(
    target: SocketTarget,
    limits: SocketLimits,
    receiver: SocketReceiver,
    signal: AbortSignal,
    onOpen: (socket: EventSocket) => void,
  ): Promise<void> {
    const where = showAddress(target.address);
    const isSecure = target.address.tls !== undefined;
    const socket = new WebSocket(urlOf(target), {
      ...(target.address.tls as ClientOptions | undefined),
      headers: { authorization: target.authorization },
      maxPayload: limits.maxMessageBytes,
      // Asterisk has no compression, and a client that offers it pays for it
      perMessageDeflate: false,
      autoPong: false,
      // one byte that is no UTF-8, in a caller's name, must not cost the connection
      skipUTF8Validation: true,
      followRedirects: false,
    });
    await opened(socket, target, where, limits.connectTimeoutMs, signal, () =>
      onOpen(new EventSocket(socket, { where, isSecure }, limits, receiver)),
    );
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a text. */
  send(text: string, onWritten?: Written): void {
    this.#writer.send(text, onWritten);
  }

  /** Says goodbye, and resolves when the other side has, or after a second. */
  close(): Promise<void> {
    this.#stop();
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve();
      const timer = setTimeout(() => this.#socket.terminate(), GOODBYE_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.close(NORMAL_CLOSURE);
    });
  }

  /** Ends it at once. */
  terminate(): void {
    this.#stop();
    this.#socket.terminate();
  }

  #stop(): void {
    this.#ended = true;
    this.#watch.stop();
  }

  #end(error: AriError): void {
    if (this.#ended) return;
    this.#stop();
    this.#receiver.onEnd(error);
  }

  #closed(code: number, reason: string): AriError {
    const words = reason ? `${code}, ${JSON.stringify(reason.slice(0, 80))}` : code;
    return new AriConnectionError(
      'ARI_LOST',
      `Asterisk at ${this.#where} has closed the WebSocket (${words})`,
      {
        retryable: true,
      },
    );
  }

  #broken(error: NodeJS.ErrnoException): AriError {
    const text = `the WebSocket to Asterisk at ${this.#where} is broken: ${connectionText(error)}`;
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
      return new AriProtocolError('ARI_TOO_LONG', `${text} (maxMessageBytes)`, { cause: error });
    }
    return new AriConnectionError('ARI_LOST', text, { cause: error, retryable: true });
  }
}

function urlOf({ address, path }: SocketTarget): string {
  return showAddress(address).replace(/^http/, 'ws') + path;
}

function opened(
  socket: WebSocket,
  { address, username, path }: SocketTarget,
  where: string,
  timeoutMs: number,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const asked = { method: 'GET', path: path.replace(/\?.*/, '') };
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      then();
    };
    const fail = (error: unknown) =>
      settle(() => {
        reject(error);
        // what comes of it is known
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.terminate();
      });
    const onAbort = () => fail(signal.reason);
    const late = () => {
      const text = `no WebSocket to ${where} within ${timeoutMs} ms`;
      fail(new AriTimeoutError(text, asked));
    };
    const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('open', () =>
      settle(() => {
        socket.removeAllListeners();
        onOpen();
        resolve();
      }),
    );
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      const done = () => {
        const answer = {
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body,
          location: response.headers.location,
        };
        try {
          readAnswer(answer, asked, 'json', username);
          fail(new AriProtocolError('ARI_NOT_WEBSOCKET', `${where} answers, but opens no WebSocket`, asked));
        } catch (error) {
          fail(error);
        }
      };
      response.setEncoding('utf8').on('data', (chunk: string) => {
        if (body.length < 10_000) body += chunk;
      });
      response.on('end', done).on('error', done);
    });
    socket.once('error', (error) => {
      const what = 'no WebSocket';
      fail(notHttp(what, address, asked, error) ?? connectionFailure(what, address, asked, error));
    });
  });
}
