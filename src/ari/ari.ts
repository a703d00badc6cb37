/**
 * A client of Asterisk's REST interface (res/res_ari.c) and its Stasis applications. Requests need no connection that
 * stands and no description that is loaded; `start` opens the WebSocket that the events come by, in the order in which
 * Asterisk sends them. When that is lost the client comes back by itself, asks for its subscriptions again, and tells
 * what it has missed.
 */
import { randomUUID } from 'node:crypto';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AriArgumentError, AriConnectionError, AriError, AriGoneError, AriTimeoutError } from '../ari-errors';
import type { EventStream, EventStreamOptions } from '../event-stream';
import { readAnswer } from '../wire/ari-answer';
import { redactAriText } from '../wire/ari-redact';
import { type AriRequest, encodeQuery, encodeRaw, type RawRequest } from '../wire/ari-request';
import { type AriAddress, parseAddress, showAddress } from './address';
import { BridgeHandle } from './bridge';
import type { StasisStart } from './catalog';
import { ChannelHandle } from './channel';
import { EventHub } from './event-hub';
import { EventSocket, type SocketLimits } from './event-socket';
import type { AnyEvent, EventOf } from './events';
import type { Handle, HandleHost, HandleKind } from './handle';
import { HandleRegistry } from './handle-registry';
import { HttpCarrier } from './http-carrier';
import { MediaSocket } from './media-socket';
import { checkAriNames } from './option-names';
import { PlaybackHandle } from './playback';
import { RecordingHandle } from './recording';
import { isAnswer } from './refusal';
import { makeResources, type OperationTable, type RequestOptions, type Resources } from './resources';
import { type RestResponse, SocketCarrier } from './socket-carrier';
import { type LostSubscription, Subscriptions } from './subscriptions';

export interface ReconnectOptions {
  /** How many attempts in a row may fail; without end where it is left out. */
  readonly attempts?: number;
  /** The wait before the first attempt, doubled for each that follows; 500. Up to half of each wait is chance. */
  readonly firstDelayMs?: number;
  /** The longest wait; 30,000. */
  readonly maxDelayMs?: number;
  /** Whether the first connection is tried again, too, rather than rejected: for a service that starts before Asterisk. */
  readonly fromStart?: boolean;
}

/** Sees requests (`>`), answers and events (`<`), what looks like a secret left out. */
export type AriTracer = (direction: '>' | '<', text: string) => void;

export interface AriOptions {
  /** `host` or `host:port`; 127.0.0.1 where it is left out. */
  readonly host?: string;
  /** 8088, or 8089 with TLS, where neither this nor `host` says otherwise. */
  readonly port?: number;
  /** The path of the interface; `/ari`, and with `prefix = pbx` in http.conf `/pbx/ari`. */
  readonly prefix?: string;
  readonly username: string;
  readonly password: string;
  /** TLS (`tlsenable` in http.conf), with the options of Node's `tls.connect`: `{ ca }` trusts a certificate of your own. */
  readonly tls?: boolean | TlsOptions;
  /** How long an answer may take; 10,000, and 0: without limit. */
  readonly timeoutMs?: number;
  /** How long the opening of the WebSocket may take; 10,000. */
  readonly connectTimeoutMs?: number;
  /** Whether and how the WebSocket comes back; true where it is left out. */
  readonly reconnect?: boolean | ReconnectOptions;
  /** After so much silence Asterisk is asked whether it is there, and must answer in as long again; 15,000, and 0: never. */
  readonly pingEveryMs?: number;
  /** The longest event taken; 16 MiB. */
  readonly maxMessageBytes?: number;
  /** The longest answer taken, such as a recording; 256 MiB. */
  readonly maxAnswerBytes?: number;
  /** Whether requests go by the WebSocket, where there is one and Asterisk (22.4) can; true. */
  readonly requestsOverSocket?: boolean;
  /** The operations of a server of another version, made by `fastagi ari --describe`. */
  readonly operations?: OperationTable;
  /** Closes the client. */
  readonly signal?: AbortSignal;
  readonly trace?: AriTracer;
  /** What a listener throws, and what cannot be told to anybody else; written to the console where it is left out. */
  readonly onError?: (error: unknown, event: AnyEvent | undefined) => void;
}

/** `idle`: no WebSocket was asked for. `replaced`: another client has the applications. Requests work in all but `closed`. */
export type AriState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'replaced' | 'closed';

export interface StartOptions {
  /** Whether the applications get the events of all that Asterisk has. */
  readonly subscribeAll?: boolean;
  /** Gives the first connection up. */
  readonly signal?: AbortSignal;
}

/** The time in which events were lost, told once Asterisk is there again and what has become of it all is known. */
export interface Gap {
  readonly lostAt: Date;
  readonly backAt: Date;
  /** What the WebSocket was lost by. */
  readonly error: Error;
  /** Things with a handle that were there before, and are not now; their handles have ended. */
  readonly missed: readonly { readonly kind: HandleKind; readonly id: string }[];
  /** Subscriptions and filters that could not be had again. */
  readonly lost: readonly LostSubscription[];
}

export interface AriCounts {
  readonly events: number;
  /** Events that streams dropped, because nobody took them in time. */
  readonly dropped: number;
  /** Messages that were no events. */
  readonly unreadable: number;
  /** WebSockets that were lost. */
  readonly lost: number;
  /** Handles that live. */
  readonly handles: number;
}

/** How long a WebSocket must have lasted for the next loss to begin with the shortest wait. */
const STEADY_MS = 10_000;
/** The longest that Node's timers can count. */
const MAX_MS = 0x7fff_ffff;

export interface Ari extends Resources {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns what the interface promises
export class Ari {
  readonly #options: AriOptions;
  readonly #address: AriAddress | undefined;
  readonly #authorization: string;
  readonly #timeoutMs: number;
  readonly #limits: SocketLimits;
  readonly #http: HttpCarrier | undefined;
  readonly #hub = new EventHub<AnyEvent>((error, event) => this.#report(error, event));
  readonly #registry = new HandleRegistry();
  readonly #subscriptions = new Subscriptions();
  readonly #host: HandleHost;
  readonly #stateListeners = new Set<(state: AriState, error: Error | undefined) => void>();
  readonly #gapListeners = new Set<(gap: Gap) => void>();
  readonly #abort = new AbortController();
  #applications: string[] = [];
  #subscribeAll = false;
  #socket: EventSocket | undefined;
  #carrier: SocketCarrier | undefined;
  /** Whether Asterisk has answered a request over this WebSocket. */
  #proven = false;
  #state: AriState = 'idle';
  #closed: Error | undefined;
  #failures = 0;
  #connectedAt = 0;
  #events = 0;
  #unreadable = 0;
  #lost = 0;

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
    this.#timeoutMs = timeoutMs;
    this.#limits = { connectTimeoutMs, pingEveryMs, maxMessageBytes: options.maxMessageBytes ?? 16 << 20 };
    const login = Buffer.from(`${options.username}:${options.password}`).toString('base64');
    this.#authorization = `Basic ${login}`;
    if (!socketOnly) {
      this.#address = parseAddress(options);
      const maxAnswerBytes = options.maxAnswerBytes ?? 256 << 20;
      this.#http = new HttpCarrier({
        address: this.#address,
        authorization: this.#authorization,
        maxAnswerBytes,
      });
    }
    const resources = makeResources(
      (resource, operation, request, parameters, given) =>
        this.#perform(resource, operation, request, parameters, given),
      options.operations,
    );
    Object.assign(this, resources);
    this.#host = {
      resources,
      registry: this.#registry,
      playback: (id) => this.playback(id),
      recording: (name) => this.recording(name),
      openMedia: (id, { timeoutMs = this.#timeoutMs }) => {
        if (this.#address) return MediaSocket.connect(this.#address, id, timeoutMs);
        const text = `the media WebSocket ${id}: it is not known where the Asterisk that has called takes it`;
        return Promise.reject(new AriConnectionError('ARI_CONNECT', text, { retryable: false }));
      },
      reportError: (error, event) => this.#report(error, event),
    };
    const { signal } = options;
    if (signal?.aborted) this.#finish('closed', signal.reason);
    const onAbort = () => void this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#abort.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort));
  }

  /** Where Asterisk is, `http://127.0.0.1:8088/ari`. */
  get address(): string {
    return this.#address ? showAddress(this.#address) : 'the Asterisk that has called';
  }

  /** The state of the WebSocket. */
  get state(): AriState {
    return this.#state;
  }

  /** The applications that this client has. */
  get applicationNames(): readonly string[] {
    return this.#applications;
  }

  get counts(): AriCounts {
    return {
      events: this.#events,
      dropped: this.#hub.dropped,
      unreadable: this.#unreadable,
      lost: this.#lost,
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
    if (this.#closed) throw this.#closed;
    if (this.#state !== 'idle') {
      throw new AriArgumentError(
        `start: this client is ${this.#state} already; give it all its applications at once`,
      );
    }
    const names = typeof applications === 'string' ? [applications] : [...applications];
    if (names.length === 0 || names.some((name) => typeof name !== 'string' || !/^[^,\0]+$/.test(name))) {
      throw new AriArgumentError('start: the name of an application is a text without a comma');
    }
    this.#applications = names;
    this.#subscribeAll = options.subscribeAll ?? false;
    this.#setState('connecting', undefined);
    const { signal } = options;
    // not AbortSignal.any: what hangs on a signal that lives long is never let go of by Node 20
    const either = new AbortController();
    const onAbort = () => either.abort(signal?.aborted ? signal.reason : this.#closed);
    const sources = [this.#abort.signal, ...(signal ? [signal] : [])];
    for (const source of sources) source.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      await this.#establish(either.signal);
    } catch (error) {
      if (this.#closed) throw this.#closed;
      if (!this.#reconnect?.fromStart || signal?.aborted || !canMend(error)) {
        this.#setState('idle', undefined);
        throw error;
      }
      this.#failures = 1;
      await this.#comeBack(error as Error, either.signal);
    } finally {
      for (const source of sources) source.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Calls the listener for each event of this type, or with `*` for all, in the order in which they came. What it
   * throws goes to `onError` and keeps no other listener from its event.
   * @returns what ends that
   */
  on<Type extends string>(type: Type, listener: (event: EventOf<Type>) => unknown): () => void {
    return this.#hub.on(type, listener as (event: AnyEvent) => unknown);
  }

  /**
   * Calls the listener for each channel that enters an application of this client's. When the caller hangs up what
   * the listener waits for is rejected with an `AriGoneError`, which may go through.
   * @returns what ends that
   */
  onCall(listener: (channel: ChannelHandle, event: StasisStart) => unknown): () => void {
    return this.on('StasisStart', async (event) => {
      const channel = this.channel(event.channel.id);
      try {
        await listener(channel, event);
      } catch (error) {
        const quiet = error instanceof AriGoneError || (channel.ending !== undefined && isAnswer(error));
        if (!quiet) throw error;
      }
    });
  }

  /** Events for `for await`, of these types, or of all. */
  stream<Type extends string = '*'>(
    types: Type | readonly Type[] = [],
    options: EventStreamOptions = {},
  ): EventStream<EventOf<Type>> {
    const wanted = typeof types === 'string' ? [types] : types;
    return this.#hub.stream(wanted, options) as unknown as EventStream<EventOf<Type>>;
  }

  /**
   * Calls the listener whenever the state changes, and for each attempt to come back that has failed, with the error
   * that it was by.
   * @returns what ends that
   */
  onState(listener: (state: AriState, error: Error | undefined) => void): () => void {
    const own = (state: AriState, error: Error | undefined) => listener(state, error);
    this.#stateListeners.add(own);
    return () => void this.#stateListeners.delete(own);
  }

  /** Calls the listener when the WebSocket is there again: events were lost in between. @returns what ends that */
  onGap(listener: (gap: Gap) => void): () => void {
    const own = (gap: Gap) => listener(gap);
    this.#gapListeners.add(own);
    return () => void this.#gapListeners.delete(own);
  }

  /** The handle of a channel; of a new one with an id of ours where none is given. */
  channel(id: string = randomUUID()): ChannelHandle {
    return this.#handle('channel', id, ChannelHandle);
  }

  /** The handle of a bridge; of a new one with an id of ours where none is given. */
  bridge(id: string = randomUUID()): BridgeHandle {
    return this.#handle('bridge', id, BridgeHandle);
  }

  /** The handle of a playback; of a new one with an id of ours where none is given. */
  playback(id: string = randomUUID()): PlaybackHandle {
    return this.#handle('playback', id, PlaybackHandle);
  }

  /** The handle of a live recording, by its name; of a new one with a name of ours where none is given. */
  recording(name: string = randomUUID()): RecordingHandle {
    return this.#handle('recording', name, RecordingHandle);
  }

  /**
   * Sends a request of your own making.
   * @param path below the interface's own, `/channels`, encoded as it is to be sent
   * @returns what the answer's JSON holds; a Buffer with `binary`; undefined where it is empty
   * @throws as every operation
   */
  request(
    method: string,
    path: string,
    { query, body, binary, ...options }: RawRequest & RequestOptions = {},
  ): Promise<unknown> {
    try {
      return this.#send(encodeRaw(method, path, { query, body, binary }), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends the WebSocket and all connections; what waits is rejected, handles end. May be called twice. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#finish(
      'closed',
      new AriConnectionError('ARI_CLOSED', 'this client was closed', { retryable: false }),
    );
    await socket?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Takes a WebSocket that Asterisk has opened.
   * @internal
   */
  adopt(
    open: (receiver: { onMessage(text: string): void; onEnd(error: AriError): void }) => EventSocket,
  ): void {
    this.#setState('connecting', undefined);
    this.#take(open({ onMessage: (text) => this.#onMessage(text), onEnd: (error) => this.#onLost(error) }));
  }

  get #reconnect(): ReconnectOptions | undefined {
    const { reconnect = true } = this.#options;
    return reconnect === true ? {} : reconnect || undefined;
  }

  #handle<T extends Handle>(kind: HandleKind, id: string, type: new (host: HandleHost, id: string) => T): T {
    const known = this.#registry.get(kind, id);
    if (known) return known as T;
    const handle = new type(this.#host, id);
    if (this.#closed || this.#state === 'replaced') handle.end('closed');
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
    const value = await this.#send(request, options);
    if (resource === 'applications') this.#subscriptions.note(operation, parameters);
    return value;
  }

  async #send(
    request: AriRequest,
    { timeoutMs = this.#timeoutMs, signal }: RequestOptions,
  ): Promise<unknown> {
    if (this.#closed) throw this.#closed;
    checkMs('timeoutMs', timeoutMs);
    const { trace, username } = this.#options;
    const asked = { method: request.method, path: request.path };
    trace?.(
      '>',
      redactAriText(`${request.method} ${request.path}${encodeQuery(request.query)}`, request.body),
    );
    const answer = await this.#carry(request, timeoutMs, signal);
    trace?.('<', redactAriText(`${answer.status} ${asked.method} ${asked.path}`, answer.body));
    return readAnswer(answer, asked, request.answer, username);
  }

  async #carry(request: AriRequest, timeoutMs: number, signal: AbortSignal | undefined) {
    const carrier = this.#carrier;
    if (carrier && (this.#proven || !this.#http) && carrier.fits(request)) {
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

  async #establish(signal: AbortSignal): Promise<void> {
    const query: [string, string][] = [['app', this.#applications.join(',')]];
    if (this.#subscribeAll) query.push(['subscribeAll', 'true']);
    const target = {
      address: this.#address as AriAddress,
      authorization: this.#authorization,
      username: this.#options.username,
      path: `/events${encodeQuery(query)}`,
    };
    const receiver = {
      onMessage: (text: string) => this.#onMessage(text),
      onEnd: (error: AriError) => this.#onLost(error),
    };
    await EventSocket.connect(target, this.#limits, receiver, signal, (socket) => this.#take(socket));
  }

  #take(socket: EventSocket): void {
    this.#socket = socket;
    this.#connectedAt = Date.now();
    this.#proven = false;
    if (this.#options.requestsOverSocket ?? true) {
      const carrier = new SocketCarrier(socket);
      this.#carrier = carrier;
      // an Asterisk that cannot do this says nothing; until it has answered, requests go by HTTP
      const probe: AriRequest = {
        method: 'GET',
        path: '/asterisk/ping',
        query: [],
        body: undefined,
        answer: 'json',
      };
      carrier.carry(probe, { timeoutMs: 0, signal: undefined }).then(
        () => {
          if (this.#carrier === carrier) this.#proven = true;
        },
        () => {},
      );
    }
    this.#setState('connected', undefined);
  }

  #onMessage(text: string): void {
    this.#options.trace?.('<', redactAriText('', text));
    let event: AnyEvent;
    try {
      event = JSON.parse(text);
      if (typeof event?.type !== 'string') throw new SyntaxError('it has no type');
    } catch {
      this.#unreadable++;
      return;
    }
    if (event.type === 'RESTResponse') {
      this.#carrier?.receive(event as unknown as RestResponse);
      return;
    }
    this.#events++;
    this.#hub.emit(event);
    this.#registry.deliver(event);
    switch (event.type) {
      case 'ApplicationReplaced':
        this.#onReplaced((event as EventOf<'ApplicationReplaced'>).application);
        break;
      case 'ApplicationRegistered':
        this.#onRegistered((event as EventOf<'ApplicationRegistered'>).application);
        break;
      case 'ChannelDestroyed':
        this.#subscriptions.forget(`channel:${(event as EventOf<'ChannelDestroyed'>).channel.id}`);
        break;
      case 'BridgeDestroyed':
        this.#subscriptions.forget(`bridge:${(event as EventOf<'BridgeDestroyed'>).bridge.id}`);
    }
  }

  /** Over a WebSocket that Asterisk has opened, this is how an application becomes known. */
  #onRegistered(application: string): void {
    if (!this.#http && !this.#applications.includes(application)) this.#applications.push(application);
  }

  /** The socket stays open and silent: to fight for the application would take it from the other, in turn. */
  #onReplaced(application: string): void {
    this.#applications = this.#applications.filter((name) => name !== application);
    this.#subscriptions.forgetApplication(application);
    const error = new AriConnectionError(
      'ARI_REPLACED',
      `another client of Asterisk's has taken the application ${JSON.stringify(application)}: this one stops listening to it`,
      { retryable: false },
    );
    if (this.#applications.length > 0 || this.#stateListeners.size === 0) this.#report(error, undefined);
    if (this.#applications.length > 0) return;
    const socket = this.#socket;
    this.#drop(error);
    this.#hub.end(error);
    for (const handle of this.#registry.all()) handle.end('closed');
    this.#setState('replaced', error);
    void socket?.close();
  }

  #onLost(error: AriError): void {
    const lostAt = new Date();
    this.#lost++;
    this.#drop(error);
    if (this.#state !== 'connected') return;
    if (Date.now() - this.#connectedAt >= STEADY_MS) this.#failures = 0;
    if (!this.#http || !this.#reconnect) {
      this.#finish('closed', error);
      return;
    }
    this.#setState('reconnecting', error);
    void this.#comeBack(error, this.#abort.signal).then(
      () => this.#recover(lostAt, error),
      () => {},
    );
  }

  #drop(error: Error): void {
    this.#socket = undefined;
    this.#carrier?.end(error);
    this.#carrier = undefined;
    this.#proven = false;
  }

  /** Resolves when there is a WebSocket again; rejects where there never will be. */
  async #comeBack(problem: Error, signal: AbortSignal): Promise<void> {
    const {
      attempts = Number.POSITIVE_INFINITY,
      firstDelayMs = 500,
      maxDelayMs = 30_000,
    } = this.#reconnect ?? {};
    let error = problem;
    for (let tried = 0; tried < attempts; tried++) {
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(this.#failures++, 30));
      // many clients of one Asterisk must not all come back at the same moment
      await pause(delayMs / 2 + (Math.random() * delayMs) / 2, signal);
      if (this.#closed) throw this.#closed;
      signal.throwIfAborted();
      try {
        await this.#establish(signal);
        return;
      } catch (failure) {
        if (this.#closed) throw this.#closed;
        signal.throwIfAborted();
        error = failure as Error;
        this.#setState(this.#state, error);
      }
    }
    this.#finish('closed', error);
    throw error;
  }

  /** What was asked for is asked for again, and what has a handle is looked for. */
  async #recover(lostAt: Date, error: Error): Promise<void> {
    const backAt = new Date();
    // what has begun since then is told by events
    const before = this.#registry.all().filter((handle) => handle.known);
    const socket = this.#socket;
    const missed: Handle[] = [];
    let lost: LostSubscription[] = [];
    try {
      lost = await this.#subscriptions.replay(this.#host.resources, isAnswer);
      const channels = new Set((await this.#host.resources.channels.list()).map(({ id }) => id));
      const bridges = new Set((await this.#host.resources.bridges.list()).map(({ id }) => id));
      await Promise.all(
        before.map(async (handle) => {
          const there =
            handle.kind === 'channel'
              ? channels.has(handle.id)
              : handle.kind === 'bridge'
                ? bridges.has(handle.id)
                : await handle.exists();
          if (!there && handle.ending === undefined) missed.push(handle);
        }),
      );
    } catch (problem) {
      // lost again: the next recovery does it all, and speaks of this gap, too
      if (this.#socket !== socket || this.#closed) return;
      this.#report(problem, undefined);
    }
    for (const handle of missed) handle.end('missed');
    const gap: Gap = { lostAt, backAt, error, missed: missed.map(({ kind, id }) => ({ kind, id })), lost };
    for (const tell of [...this.#gapListeners]) this.#call(() => tell(gap));
  }

  #setState(state: AriState, error: Error | undefined): void {
    this.#state = state;
    for (const tell of [...this.#stateListeners]) this.#call(() => tell(state, error));
  }

  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#report(error, undefined);
    }
  }

  #report(error: unknown, event: AnyEvent | undefined): void {
    const { onError } = this.#options;
    if (onError) onError(error, event);
    // in a script, the console is the log
    else console.error(event ? `in a listener for ${event.type}:` : 'ari:', error);
  }

  /** The end: nothing is sent, nothing comes. */
  #finish(state: 'closed', error: Error): void {
    if (this.#closed) return;
    this.#closed = error;
    const own = error instanceof AriError && error.code === 'ARI_CLOSED';
    this.#drop(error);
    this.#abort.abort(error);
    for (const handle of this.#registry.all()) handle.end('closed');
    this.#hub.end(own ? undefined : error);
    this.#setState(state, own ? undefined : error);
    this.#http?.close(error);
  }
}

/** Whether another attempt to open the WebSocket may succeed: Asterisk is not there yet, or not ready. */
function canMend(error: unknown): boolean {
  if (error instanceof AriConnectionError) return error.retryable;
  if (error instanceof AriTimeoutError) return true;
  return error instanceof AriError && ['ARI_OFF', 'ARI_NO_RESOURCE', 'ARI_BUSY'].includes(error.code);
}

function checkMs(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= MAX_MS)) {
    throw new AriArgumentError(`${name} is ${ms}, and must be a number of milliseconds, 0 to ${MAX_MS}`);
  }
}

/** Resolves after so long, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
