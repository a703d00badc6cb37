/** Asterisk's REST interface, played: what it answers and what it sends is the test's to say. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export class PlayedAri {
  /** `GET /ari/channels`, in the order of arrival. */
  readonly requests: string[] = [];
  /** Every socket that was opened. */
  readonly sockets: Socket[] = [];
  /** The path of each WebSocket. */
  readonly opened: string[] = [];
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #arrivals: ((socket: WebSocket) => void)[] = [];
  readonly #unclaimed: WebSocket[] = [];
  /** Whether a WebSocket is let in; else the answer's status. */
  admit: () => number | undefined = () => undefined;

  private constructor(handler: Handler) {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => handler(request, response, body));
    });
    this.#server.on('connection', (socket) => this.sockets.push(socket));
    this.#server.on('upgrade', (request, socket, head) => {
      const refused = this.admit();
      if (refused !== undefined) {
        socket.end(
          `HTTP/1.1 ${refused} No\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"message":"no"}`,
        );
        return;
      }
      this.opened.push(request.url ?? '');
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const waiting = this.#arrivals.shift();
        if (waiting) waiting(webSocket);
        else this.#unclaimed.push(webSocket);
      });
    });
  }

  static async start(
    handler: Handler = (_request, response) => json(response, 200, []),
    port = 0,
  ): Promise<PlayedAri> {
    const played = new PlayedAri(handler);
    played.#server.listen(port, '127.0.0.1');
    await once(played.#server, 'listening');
    return played;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next WebSocket that a client has opened. */
  webSocket(): Promise<WebSocket> {
    const unclaimed = this.#unclaimed.shift();
    if (unclaimed) return Promise.resolve(unclaimed);
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#webSockets.clients) client.terminate();
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
