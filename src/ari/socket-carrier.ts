/**
 * Requests over the WebSocket of the events: Asterisk 20.14, 21.9, 22.4 and newer (res/ari/ari_websocket_requests.c).
 * They cost no connection of their own, and Asterisk does them in the order in which they were sent.
 */
import { AriConnectionError, AriError, AriTimeoutError } from '../ari-errors';
import { shareSignal } from '../shared-signal';
import type { AriAnswer } from '../wire/ari-answer';
import type { AriRequest } from '../wire/ari-request';
import type { Carrier, CarryOptions } from './carrier';
import { closedUnderway } from './connection-failure';
import type { EventSocket } from './event-socket';

/** The longest text that Asterisk reads in one frame (res_http_websocket.c). */
const MAX_FRAME_BYTES = 65_535;

/** Asterisk's word for an answer. */
export interface RestResponse {
  readonly type: 'RESTResponse';
  readonly request_id?: string;
  readonly status_code?: number;
  readonly content_type?: string;
  readonly message_body?: string;
}

interface Waiting {
  readonly request: AriRequest;
  resolve(answer: AriAnswer): void;
  reject(error: unknown): void;
}

export class SocketCarrier implements Carrier {
  readonly #socket: EventSocket;
  readonly #onLate: () => void;
  readonly #waiting = new Map<string, Waiting>();
  #serial = 0;

  /** @param onLate called when an answer has not come in time */
  constructor(socket: EventSocket, onLate: () => void) {
    this.#socket = socket;
    this.#onLate = onLate;
  }

  /** Whether a request can go this way: a file's bytes cannot come back by it. */
  fits(request: AriRequest): boolean {
    // a rough upper bound does: nothing near it is usual
    const bytes = (request.body?.length ?? 0) * 6 + request.query.join().length * 3 + request.path.length;
    return this.#socket.open && request.answer === 'json' && bytes < MAX_FRAME_BYTES - 1000;
  }

  carry(request: AriRequest, { timeoutMs, signal }: CarryOptions): Promise<AriAnswer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const { method, path } = request;
      const id = String(++this.#serial);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(id);
        then();
      };
      const waiting: Waiting = {
        request,
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = () => waiting.reject(signal?.reason);
      const late = () => {
        const text = `${method} ${path}: Asterisk does not answer over the WebSocket within ${timeoutMs} ms`;
        waiting.reject(new AriTimeoutError(text, { method, path, sent: true }));
        this.#onLate();
      };
      const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
      shareSignal(signal);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(id, waiting);
      this.#socket.send(encodeFrame(id, request));
    });
  }

  /** Takes an answer. */
  receive(response: RestResponse): void {
    const { request_id: id = '', status_code: status = 0, content_type = '', message_body = '' } = response;
    // one whose request was given up has nobody that waits
    this.#waiting.get(id)?.resolve({ status, contentType: content_type, body: message_body });
  }

  /** Gives up what waits: the WebSocket is gone. */
  end(cause: Error): void {
    for (const waiting of [...this.#waiting.values()]) {
      const { method, path } = waiting.request;
      if (!(cause instanceof AriError) || cause.code === 'ARI_CLOSED') {
        waiting.reject(closedUnderway(cause, { method, path }, true));
        continue;
      }
      const text = `${method} ${path}: the WebSocket was lost before the answer came: ${cause.message}`;
      waiting.reject(
        new AriConnectionError('ARI_LOST', text, { method, path, cause, retryable: true, sent: true }),
      );
    }
  }
}

function encodeFrame(id: string, { method, path, query, body }: AriRequest): string {
  return JSON.stringify({
    type: 'RESTRequest',
    transaction_id: id,
    request_id: id,
    method,
    // without the slash at its head
    uri: path.slice(1),
    ...(query.length === 0 ? {} : { query_strings: query.map(([name, value]) => ({ name, value })) }),
    ...(body === undefined ? {} : { content_type: 'application/json', message_body: body }),
  });
}
