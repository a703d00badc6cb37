/**
 * Where Asterisk calls: an outbound WebSocket (ari.conf `type = outbound_websocket`, Asterisk 20.15, 22.5 and newer)
 * brings the events of its applications and takes requests, with no port open on Asterisk's side.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { WebSocketServer } from 'ws';
import { AriArgumentError } from '../ari-errors';
import { Ari, type AriOptions } from './ari';
import { EventSocket } from './event-socket';
import { checkServerNames } from './option-names';

/** Where to listen, and who may connect. */
export interface AriServerOptions
  extends Pick<
    AriOptions,
    'timeoutMs' | 'pingEveryMs' | 'maxMessageBytes' | 'trace' | 'onError' | 'operations'
  > {
  /** 127.0.0.1 where it is left out. */
  readonly host?: string | undefined;
  /** 0, one that is free, where it is left out. */
  readonly port?: number | undefined;
  /** As in websocket_client.conf, where Asterisk says who it is. */
  readonly username: string;
  readonly password: string;
  /** A key and a certificate, as of Node's `tls.createServer`: for `uri = wss://…`. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Called with a client for each WebSocket that Asterisk opens, before its first event: the place for `onCall` and
   * `on`. It is closed when Asterisk closes the WebSocket, which opens a new one by itself. What it throws or rejects
   * goes to `onError`, and ends this WebSocket; so does `ari.close()`.
   */
  readonly onConnection: (ari: Ari) => unknown;
}

/** The codes of a WebSocket's end that is as it should be, and for a mishap of one's own (RFC 6455, 7.4.1). */
const NORMAL = 1000;
const FAILED = 1011;

/**
 * For Asterisk's outbound WebSockets (22, websocket_client.conf): it connects to us, and each WebSocket is a
 * client.
 */
export class AriServer {
  readonly #server: http.Server | https.Server;
  readonly #webSockets: WebSocketServer;
  readonly #clients = new Set<Ari>();
  /** All, those too that have said nothing yet. */
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | undefined;

  private constructor(options: AriServerOptions) {
    checkServerNames(options);
    const { username, password, tls, maxMessageBytes = 16 << 20, pingEveryMs = 15_000 } = options;
    if (!username || !password)
      throw new AriArgumentError('a server of ARI lets nobody in without username and password');
    // what no client could be made with is said now, and not to the first Asterisk that calls
    void new Ari({ ...options, tls: false }, true).close();
    this.#webSockets = new WebSocketServer({
      noServer: true,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      autoPong: false,
      // as in what this side opens
      skipUTF8Validation: true,
      handleProtocols: (protocols) => protocols.has('ari') && 'ari',
    });
    const refuse: http.RequestListener = (_request, response) =>
      response.writeHead(426).end('a WebSocket is wanted\n');
    this.#server = tls ? https.createServer(tls, refuse) : http.createServer(refuse);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    const due = digest(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
    this.#server.on('upgrade', (request: http.IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {});
      if (!timingSafeEqual(digest(request.headers.authorization ?? ''), due)) {
        // one that stays would keep the server from its end
        socket.end(
          'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="ari"\r\nContent-Length: 0\r\n\r\n',
          () => socket.destroy(),
        );
        return;
      }
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const ari = new Ari({ ...options, tls: false }, true);
        this.#clients.add(ari);
        ari.onState((state) => {
          if (state === 'closed') this.#clients.delete(ari);
        });
        let code = NORMAL;
        // it costs this connection, and no other
        const fail = (error: unknown) => {
          code = FAILED;
          void ari.close();
          (options.onError ?? console.error)(error, undefined);
        };
        try {
          const result = options.onConnection(ari);
          if (result instanceof Promise) result.catch(fail);
        } catch (error) {
          fail(error);
        }
        if (ari.state === 'closed') {
          // what still comes by it is nobody's
          webSocket.on('error', () => {});
          webSocket.close(code);
          return;
        }
        const where = request.socket.remoteAddress ?? 'an unknown place';
        const limits = { connectTimeoutMs: 0, pingEveryMs, maxMessageBytes };
        const peer = { where, isSecure: tls !== undefined };
        ari.adopt((receiver) => new EventSocket(webSocket, peer, limits, receiver));
      });
    });
  }

  /**
   * Resolves when Asterisk can call.
   * @throws AriArgumentError for an option or a limit that is none; the system's error where the port is taken
   */
  static async listen(options: AriServerOptions): Promise<AriServer> {
    const server = new this(options);
    server.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** The port that is listened on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The clients of the WebSockets that are open. */
  get clients(): ReadonlySet<Ari> {
    return this.#clients;
  }

  /** Closes all of them, and listens no more. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    await Promise.all(Array.from(this.#clients, (ari) => ari.close()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Of one length, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
