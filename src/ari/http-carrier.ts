/**
 * Requests over HTTP. Asterisk counts each connection against `sessionlimit` (100), idle ones too, and closes one
 * that is idle for 15 s (main/http.c): so there are eight at most, and ours go first. What waits for a channel has others.
 */
import http from 'node:http';
import https from 'node:https';
import { AriConnectionError, AriProtocolError, AriTimeoutError, type Asked } from '../ari-errors';
import { connectionText } from '../connection-problems';
import { shareSignal } from '../shared-signal';
import type { AriAnswer } from '../wire/ari-answer';
import { type AriRequest, encodeQuery } from '../wire/ari-request';
import type { AriAddress } from './address';
import { type Carrier, type CarryOptions, isPatient } from './carrier';
import { closedUnderway, connectionFailure, notHttp } from './connection-failure';

const MAX_SOCKETS = 8;
/** For what waits until a channel has its turn. */
const MAX_PATIENT_SOCKETS = 32;
const IDLE_MS = 10_000;
/** How often what only reads is sent again, and how long to wait before. */
const RETRY_DELAYS_MS = [0, 200, 1000];

export interface HttpCarrierOptions {
  readonly address: AriAddress;
  /** The value of the header Authorization. */
  readonly authorization: string;
  /** The largest answer taken. */
  readonly maxAnswerBytes: number;
}

export class HttpCarrier implements Carrier {
  readonly #options: HttpCarrierOptions;
  readonly #agent: http.Agent;
  readonly #patientAgent: http.Agent;
  readonly #where: string;
  /** What ends each request that is on its way with an error. */
  readonly #underway = new Set<(cause: Error) => void>();

  constructor(options: HttpCarrierOptions) {
    this.#options = options;
    const { tls, host, port } = options.address;
    this.#where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    // an idle socket of the agent's is unref'd, and closed by its timeout
    const kept = { keepAlive: true, maxFreeSockets: MAX_SOCKETS, timeout: IDLE_MS };
    const agentOf = (maxSockets: number) =>
      tls
        ? new https.Agent({ ...tls, ...kept, maxSockets } as https.AgentOptions)
        : new http.Agent({ ...kept, maxSockets });
    this.#agent = agentOf(MAX_SOCKETS);
    this.#patientAgent = agentOf(MAX_PATIENT_SOCKETS);
  }

  async carry(request: AriRequest, { timeoutMs, signal }: CarryOptions): Promise<AriAnswer> {
    signal?.throwIfAborted();
    const asked = { method: request.method, path: request.path };
    const abort = new AbortController();
    const progress = { sent: false };
    const end = (cause: Error) => abort.abort(closedUnderway(cause, asked, progress.sent));
    this.#underway.add(end);
    const late = () =>
      abort.abort(
        new AriTimeoutError(
          `${asked.method} ${asked.path}: Asterisk at ${this.#where} does not answer within ${timeoutMs} ms${
            isPatient(request) ? ' (it does this when what the channel plays or records is over)' : ''
          }`,
          { ...asked, ...progress },
        ),
      );
    const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
    const onAbort = () => abort.abort(signal?.reason);
    shareSignal(signal);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for (let tries = 0; ; tries++) {
        try {
          return await this.#send(request, progress, abort.signal);
        } catch (error) {
          const delayMs = RETRY_DELAYS_MS[tries];
          const again =
            error instanceof AriConnectionError && error.retryable && request.method === 'GET' && error.sent;
          if (!again || delayMs === undefined || abort.signal.aborted) throw error;
          await pause(delayMs, abort.signal);
        }
      }
    } finally {
      clearTimeout(timer);
      this.#underway.delete(end);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Ends the connections, and what is on its way with this error. */
  close(error: Error): void {
    for (const end of this.#underway) end(error);
    this.#agent.destroy();
    this.#patientAgent.destroy();
  }

  /** @param progress is told when Asterisk may have seen the request */
  #send(request: AriRequest, progress: { sent: boolean }, signal: AbortSignal): Promise<AriAnswer> {
    const { address, authorization, maxAnswerBytes } = this.#options;
    const { method, path, body } = request;
    const asked: Asked = { method, path };
    return new Promise((resolve, reject) => {
      let sent = false;
      const onSent = () => {
        sent = true;
        progress.sent = true;
      };
      const fail = (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
        outgoing.destroy();
      };
      const onAbort = () => fail(signal.reason);
      const outgoing = (address.tls ? https : http).request({
        agent: isPatient(request) ? this.#patientAgent : this.#agent,
        host: address.host,
        port: address.port,
        method,
        path: address.prefix + path + encodeQuery(request.query),
        headers: {
          authorization,
          accept: 'application/json, */*',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.on('socket', (socket) => {
        // on a socket that is still connecting nothing has gone out
        if (!socket.connecting) onSent();
        else socket.once(address.tls ? 'secureConnect' : 'connect', onSent);
      });
      outgoing.on('error', (error) => fail(this.#broken(error, asked, sent)));
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= maxAnswerBytes) chunks.push(chunk);
          else fail(tooLong(asked, maxAnswerBytes));
        });
        response.on('error', (error) => fail(this.#broken(error, asked, true)));
        response.on('end', () => {
          signal.removeEventListener('abort', onAbort);
          const { 'content-type': contentType = '', location } = response.headers;
          resolve({
            status: response.statusCode ?? 0,
            contentType,
            body: Buffer.concat(chunks),
            location,
          });
        });
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      outgoing.end(body);
    });
  }

  #broken(error: NodeJS.ErrnoException, asked: Asked, sent: boolean): Error {
    const what = `${asked.method} ${asked.path}`;
    const other = notHttp(what, this.#options.address, asked, error);
    if (other) return other;
    if (sent) {
      const text = `${what}: the connection to ${this.#where} was lost before the answer was whole: ${connectionText(error)}`;
      return new AriConnectionError('ARI_LOST', text, { ...asked, cause: error, retryable: true, sent });
    }
    return connectionFailure(`${what}: no connection`, this.#options.address, asked, error);
  }
}

function tooLong(asked: Asked, maxBytes: number): AriProtocolError {
  const text = `${asked.method} ${asked.path}: the answer is longer than ${maxBytes} bytes (maxAnswerBytes)`;
  return new AriProtocolError('ARI_TOO_LONG', text, asked);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
