/** A client of Asterisk's REST interface. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AriArgumentError, AriConnectionError, AriGoneError, AriProtocolError } from '../ari-errors';
import type { EventStream, EventStreamOptions } from '../event-stream';
import { readAnswer } from '../wire/ari-answer';
import { admitOwn } from '../wire/ari-filter';
import { redactAriAnswer, redactAriRequest } from '../wire/ari-redact';
import { type AriRequest, encodeRaw, type RawRequest } from '../wire/ari-request';
import { type AriAddress, parseAddress, showAddress } from './address';
import {
  ApplicationLink,
  type AriState,
  type Gap,
  type ReconnectOptions,
  type StartOptions,
} from './application-link';
import type { BridgeHandle } from './bridge';
import { isPatient } from './carrier';
import type { StasisStart } from './catalog';
import type { ChannelHandle } from './channel';
import { EventHub } from './event-hub';
import { EventIntake } from './event-intake';
import type { EventSocket, SocketReceiver } from './event-socket';
import type { AnyEvent, EventOf } from './events';
import type { Handle, HandleHost, HandleKind } from './handle';
import { HandleRegistry } from './handle-registry';
import { type HandleTypes, handleTypes } from './handle-types';
import { HttpCarrier } from './http-carrier';
import { MediaSocket } from './media-socket';
import {
  checkAriNames,
  checkListener,
  checkMs,
  checkNames,
  requestNames,
  startNames,
  streamNames,
  waitNames,
} from './option-names';
import type { PlaybackHandle } from './playback';
import type { RecordingHandle } from './recording';
import { isAnswer } from './refusal';
import { makeResources, type OperationTable, type RequestOptions, type Resources } from './resources';

/** Sees requests (`>`), answers and events (`<`), what looks like a secret left out. */
export type AriTracer = (direction: '>' | '<', text: string) => void;

/** Where Asterisk is, who asks, and with what limits. */
export interface AriOptions {
  /** `host` or `host:port`; 127.0.0.1 where it is left out. */
  readonly host?: string | undefined;
  /** 8088, or 8089 with TLS, where neither this nor `host` says otherwise. */
  readonly port?: number | undefined;
  /** The path of the interface; `/ari`, and with `prefix = pbx` in http.conf `/pbx/ari`. */
  readonly prefix?: string | undefined;
  readonly username: string;
  readonly password: string;
  /** TLS (`tlsenable` in http.conf), with the options of Node's `tls.connect`: `{ ca }` trusts a certificate of your own. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** How long an answer may take; 10,000, and 0: without limit. */
  readonly timeoutMs?: number | undefined;
  /** How long the opening of the WebSocket may take; 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Whether and how the WebSocket comes back; true where it is left out. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** After so much silence Asterisk is asked whether it is there, and must answer in as long again; 15,000, and 0: never. */
  readonly pingEveryMs?: number | undefined;
  /** The longest event taken; 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** The longest answer taken, such as a recording; 256 MiB. */
  readonly maxAnswerBytes?: number | undefined;
  /** Whether requests go by the WebSocket, where there is one and Asterisk (22.4) can; true. */
  readonly requestsOverSocket?: boolean | undefined;
  /** The operations of a server of another version, made by `fastagi ari --describe`: the client's, and its handles'. */
  readonly operations?: OperationTable | undefined;
  /** Closes the client. */
  readonly signal?: AbortSignal | undefined;
  readonly trace?: AriTracer | undefined;
  /**
   * What a listener throws, and what cannot be told to anybody else. Where it is left out that is written to the
   * console, and so is what it throws itself.
   */
  readonly onError?: ((error: unknown, event: AnyEvent | undefined) => void) | undefined;
}

/** What a client has seen since it was made. */
export interface AriCounts {
  /** Those that nobody listens to, too. */
  readonly events: number;
  /** Events that streams dropped, because nobody took them in time. */
  readonly dropped: number;
  /** Messages that were no events. One of a type that nobody listens to is not looked at so closely. */
  readonly unreadable: number;
  /** WebSockets that were lost. */
  readonly lost: number;
  /** Handles that live. */
  readonly handles: number;
}

/** How long the word that the caller has gone may come behind the one that another has. */
const GOING_MS = 1000;

/**
 * A client of Asterisk's REST interface (res/res_ari.c) and its Stasis applications. Requests need no connection that
 * stands and no description that is loaded; `start` opens the WebSocket that the events come by, in the order in which
 * Asterisk sends them. When that is lost the client comes back by itself, asks for its subscriptions again, and tells
 * what it has missed.
 */
export interface Ari extends Resources {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns what the interface promises
export class Ari {
  readonly #options: AriOptions;
  readonly #address: AriAddress | undefined;
  readonly #trace: AriTracer | undefined;
  readonly #timeoutMs: number;
  readonly #http: HttpCarrier | undefined;
  readonly #hub = new EventHub<AnyEvent>((error, event) => this.#report(error, event));
  readonly #registry = new HandleRegistry();
  readonly #types: HandleTypes;
  readonly #host: HandleHost;
  readonly #link: ApplicationLink;
  readonly #intake: EventIntake;
  readonly #onAbort = () => void this.close();

  /** @throws AriArgumentError for an address or a limit that is none */
  constructor(options: AriOptions, /** @internal */ socketOnly = false) {
    // a server's client has the server's options, which have been looked at
    if (!socketOnly) checkAriNames(options);
    const { timeoutMs = 10_000, connectTimeoutMs = 10_000, pingEveryMs = 15_000 } = options;
    for (const [name, ms] of Object.entries({ timeoutMs, connectTimeoutMs, pingEveryMs })) checkMs(name, ms);
    for (const name of ['username', 'password'] as const) {
      if (typeof options[name] !== 'string')
        throw new AriArgumentError(`${name} is needed: it is that of ari.conf`);
    }
    if (options.username.includes(':')) throw new AriArgumentError('a user name of ARI cannot hold a colon');
    this.#options = options;
    const { trace } = options;
    this.#trace = trace && ((direction, text) => this.#tell(trace, direction, text));
    this.#timeoutMs = timeoutMs;
    const { username, password, reconnect = true, requestsOverSocket = true } = options;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    if (!socketOnly) {
      this.#address = parseAddress(options);
      const maxAnswerBytes = options.maxAnswerBytes ?? 256 << 20;
      this.#http = new HttpCarrier({ address: this.#address, authorization, maxAnswerBytes });
    }
    const resources = makeResources(
      (resource, operation, request, parameters, given) =>
        this.#perform(resource, operation, request, parameters, given),
      options.operations,
    );
    Object.assign(this, resources);
    this.#types = handleTypes(options.operations);
    this.#host = {
      resources,
      registry: this.#registry,
      timeoutMs,
      isSingleFile: socketOnly,
      playback: (id) => this.playback(id),
      recording: (name) => this.recording(name),
      openMedia: (id, { timeoutMs = this.#timeoutMs, signal }) => {
        const report = (error: Error) => this.#report(error, undefined);
        const given = { timeoutMs, pingEveryMs, signal, report };
        if (this.#address) return MediaSocket.connect(this.#address, id, given);
        const text = `the media WebSocket ${id}: it is not known where the Asterisk that has called takes it`;
        return Promise.reject(new AriConnectionError('ARI_CONNECT', text, { retryable: false }));
      },
      isTold: () => this.#link.state === 'connected',
      isDeaf: () => this.#link.state === 'idle',
      reportError: (error, event) => this.#report(error, event),
    };
    const { signal } = options;
    const limits = { connectTimeoutMs, pingEveryMs, maxMessageBytes: options.maxMessageBytes ?? 16 << 20 };
    this.#link = new ApplicationLink(
      { address: this.#address, authorization, username, limits, reconnect, requestsOverSocket },
      {
        resources,
        registry: this.#registry,
        onMessage: (text) => this.#intake.receive(text),
        onEnd: (state, cause, error) => this.#onEnd(state, cause, error),
        report: (error) => this.#report(error, undefined),
      },
    );
    this.#intake = new EventIntake(this.#hub, this.#registry, this.#link, this.#trace);
    if (signal?.aborted) void this.close();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Where Asterisk is, `http://127.0.0.1:8088/ari`. */
  get address(): string {
    return this.#address ? showAddress(this.#address) : 'the Asterisk that has called';
  }

  /** The state of the WebSocket. */
  get state(): AriState {
    return this.#link.state;
  }

  /** The applications that this client has. */
  get applicationNames(): readonly string[] {
    return this.#link.applicationNames;
  }

  /** What has come and gone. */
  get counts(): AriCounts {
    return {
      events: this.#intake.events,
      dropped: this.#hub.dropped,
      unreadable: this.#intake.unreadable,
      lost: this.#link.lost,
      handles: this.#registry.size,
    };
  }

  /**
   * Opens the WebSocket, and resolves when Asterisk has registered the applications: from here on channels that enter
   * them, by `Stasis(name)` in the dialplan, are told.
   * @throws AriConnectionError, AriResponseError, AriTimeoutError as they say; where `reconnect.fromStart` is set,
   * only those that no other attempt can mend
   */
  async start(applications: string | readonly string[], options: StartOptions = {}): Promise<void> {
    checkNames('start', options, startNames);
    return this.#link.start(applications, options);
  }

  /**
   * Calls the listener for each event of this type, or with `*` for all, in the order in which they came. What it
   * throws goes to `onError` and keeps no other listener from its event.
   * @returns what ends that
   */
  on<Type extends string>(type: Type, listener: (event: EventOf<Type>) => unknown): () => void {
    checkListener('on', type, listener);
    return this.#hub.on(type, listener as (event: AnyEvent) => unknown);
  }

  /**
   * Calls the listener for each channel that enters an application of this client's. When the caller hangs up what
   * the listener waits for is rejected with an `AriGoneError`, which may go through. One of another thing, such as a
   * channel that was called, goes to `onError` where the caller is still there: nobody else would know of him.
   * @returns what ends that
   */
  onCall(listener: (channel: ChannelHandle, event: StasisStart) => unknown): () => void {
    checkListener('onCall', null, listener);
    return this.on('StasisStart', async (event) => {
      const id: unknown = event.channel?.id;
      if (typeof id !== 'string') throw new AriProtocolError('ARI_EVENT', 'a StasisStart names no channel');
      const channel = this.channel(id);
      try {
        await listener(channel, event);
      } catch (error) {
        const isGone = error instanceof AriGoneError;
        // the two legs of a call go together, and one of them is told first
        if (isGone && channel.ending === undefined)
          await Promise.race([channel.ended, setTimeout(GOING_MS, undefined, { ref: false })]);
        const isQuiet = channel.ending !== undefined && (isGone || isAnswer(error));
        if (!isQuiet) throw error;
      }
    });
  }

  /** Events for `for await`, of these types, or of all. */
  stream<Type extends string = '*'>(
    types: Type | readonly Type[] = [],
    options: EventStreamOptions = {},
  ): EventStream<EventOf<Type>> {
    checkNames('stream', options, streamNames);
    const wanted = typeof types === 'string' ? [types] : types;
    return this.#hub.stream(wanted, options) as unknown as EventStream<EventOf<Type>>;
  }

  /**
   * Calls the listener whenever the state changes, and for each attempt to come back that has failed, with the error
   * that it was by.
   * @returns what ends that
   */
  onState(listener: (state: AriState, error: Error | undefined) => void): () => void {
    checkListener('onState', null, listener);
    return this.#link.onState(listener);
  }

  /** Calls the listener when the WebSocket is there again: events were lost in between. @returns what ends that */
  onGap(listener: (gap: Gap) => void): () => void {
    checkListener('onGap', null, listener);
    return this.#link.onGap(listener);
  }

  /** The handle of a channel; of a new one with an id of ours where none is given. */
  channel(id: string = randomUUID()): ChannelHandle {
    return this.#handle('channel', id, this.#types.channel);
  }

  /** The handle of a bridge; of a new one with an id of ours where none is given. */
  bridge(id: string = randomUUID()): BridgeHandle {
    return this.#handle('bridge', id, this.#types.bridge);
  }

  /** The handle of a playback; of a new one with an id of ours where none is given. */
  playback(id: string = randomUUID()): PlaybackHandle {
    return this.#handle('playback', id, this.#types.playback);
  }

  /** The handle of a live recording, by its name; of a new one with a name of ours where none is given. */
  recording(name: string = randomUUID()): RecordingHandle {
    return this.#handle('recording', name, this.#types.recording);
  }

  /**
   * Sends a request of your own making.
   * @param path below the interface's own, `/channels`, encoded as it is to be sent
   * @returns what the answer's JSON holds; a Buffer with `binary`; undefined where it is empty
   * @throws as every operation
   */
  request(method: string, path: string, options: RawRequest & RequestOptions = {}): Promise<unknown> {
    try {
      checkNames('request', options, requestNames);
      const { query, body, binary } = options;
      return this.#send(encodeRaw(method, path, { query, body, binary }), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends the WebSocket and all connections; what waits is rejected, handles end. May be called twice. */
  async close(): Promise<void> {
    await this.#link.close(
      new AriConnectionError('ARI_CLOSED', 'this client was closed', { retryable: false }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Takes a WebSocket that Asterisk has opened.
   * @internal
   */
  adopt(open: (receiver: SocketReceiver) => EventSocket): void {
    this.#link.adopt(open);
  }

  #handle<T extends Handle>(kind: HandleKind, id: string, type: new (host: HandleHost, id: string) => T): T {
    const known = this.#registry.get(kind, id);
    if (known) return known as T;
    const handle = new type(this.#host, id);
    if (this.#link.closed || this.#link.state === 'replaced') handle.end('closed');
    else this.#registry.add(handle);
    return handle;
  }

  async #perform(
    resource: string,
    operation: string,
    request: AriRequest,
    parameters: Readonly<Record<string, unknown>>,
    options: RequestOptions,
  ): Promise<unknown> {
    checkNames(`${resource}.${operation}`, options, waitNames);
    const value = await this.#send(request, options);
    if (resource === 'applications') this.#link.noteOperation(operation, parameters);
    return value;
  }

  async #send(wanted: AriRequest, { timeoutMs = this.#timeoutMs, signal }: RequestOptions): Promise<unknown> {
    if (this.#link.closed) throw this.#link.closed;
    checkMs('timeoutMs', timeoutMs);
    const request = admitOwn(wanted);
    const { username } = this.#options;
    const trace = this.#trace;
    const asked = { method: request.method, path: request.path };
    trace?.('>', redactAriRequest(request));
    const answer = await this.#carry(request, timeoutMs, signal);
    trace?.('<', redactAriAnswer(request, answer));
    return readAnswer(answer, asked, request.answer, username);
  }

  async #carry(request: AriRequest, timeoutMs: number, signal: AbortSignal | undefined) {
    // whoever is told that Asterisk has called may ask at once: the WebSocket is taken in this very turn
    if (!this.#http && this.#link.state === 'idle') await undefined;
    const { carrier } = this.#link;
    // by the WebSocket all go one behind the other
    const mayHoldUp = this.#http !== undefined && isPatient(request);
    if (!mayHoldUp && carrier?.fits(request)) {
      try {
        return await carrier.carry(request, { timeoutMs, signal });
      } catch (error) {
        const again = error instanceof AriConnectionError && error.retryable && request.method === 'GET';
        if (!again || !this.#http) throw error;
      }
    }
    if (this.#http) return this.#http.carry(request, { timeoutMs, signal });
    const { method, path } = request;
    throw new AriConnectionError(
      'ARI_LOST',
      `${method} ${path}: ${this.address} is not connected, or cannot carry this`,
      {
        method,
        path,
        retryable: true,
      },
    );
  }

  /** Nobody is told of events any more. */
  #onEnd(state: 'replaced' | 'closed', cause: Error, error: Error | undefined): void {
    for (const handle of this.#registry.all()) handle.end('closed');
    this.#hub.end(error);
    if (state === 'replaced') return;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#http?.close(cause);
  }

  /** What the tracer throws is not the request's mishap, nor the event's. */
  #tell(trace: AriTracer, direction: '>' | '<', text: string): void {
    try {
      trace(direction, text);
    } catch (error) {
      this.#report(error, undefined);
    }
  }

  #report(error: unknown, event: AnyEvent | undefined): void {
    const { onError } = this.#options;
    // in a script, the console is the log
    const write = (problem: unknown) =>
      console.error(event ? `in a listener for ${event.type}:` : 'ari:', problem);
    try {
      (onError ?? write)(error, event);
    } catch (thrown) {
      // there is nobody left to tell, and the WebSocket's reader must not be torn in two
      write(thrown);
    }
  }
}
