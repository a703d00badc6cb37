/**
 * The WebSocket that binds applications to Asterisk, in all its lives: opened, lost and opened again with what was
 * subscribed to, for ever unless told otherwise, and given up where another client takes the applications.
 */
import { AriArgumentError, AriConnectionError, AriError, AriTimeoutError } from '../ari-errors';
import { type AriRequest, encodeQuery } from '../wire/ari-request';
import type { AriAddress } from './address';
import { EventSocket, type SocketLimits, type SocketReceiver } from './event-socket';
import type { AnyEvent } from './events';
import type { Handle, HandleKind } from './handle';
import type { HandleRegistry } from './handle-registry';
import { isAnswer } from './refusal';
import type { Resources } from './resources';
import { type RestResponse, SocketCarrier } from './socket-carrier';
import { type LostSubscription, Subscriptions } from './subscriptions';

/** How the WebSocket comes back. */
export interface ReconnectOptions {
  /** How many attempts in a row may fail; without end where it is left out. */
  readonly attempts?: number | undefined;
  /** The wait before the first attempt, doubled for each that follows; 500. Up to half of each wait is chance. */
  readonly firstDelayMs?: number | undefined;
  /** The longest wait; 30,000. */
  readonly maxDelayMs?: number | undefined;
  /** Whether the first connection is tried again, too, rather than rejected: for a service that starts before Asterisk. */
  readonly fromStart?: boolean | undefined;
}

/** `idle`: no WebSocket was asked for. `replaced`: another client has the applications. Requests work in all but `closed`. */
export type AriState = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'replaced' | 'closed';

/** What is told beside what happens in the applications. */
export interface StartOptions {
  /** Whether the applications get the events of all that Asterisk has. */
  readonly subscribeAll?: boolean | undefined;
  /** Gives the first connection up. */
  readonly signal?: AbortSignal | undefined;
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

export interface LinkOptions {
  /** Where Asterisk is; undefined where Asterisk opens the WebSocket itself. */
  readonly address: AriAddress | undefined;
  /** The value of the header Authorization. */
  readonly authorization: string;
  readonly username: string;
  readonly limits: SocketLimits;
  /** Whether and how it comes back. */
  readonly reconnect: boolean | ReconnectOptions;
  /** Whether requests may go by it. */
  readonly requestsOverSocket: boolean;
}

/** The client that has the link. */
export interface LinkOwner {
  readonly resources: Resources;
  readonly registry: HandleRegistry;
  /** A text of Asterisk's. */
  onMessage(text: string): void;
  /**
   * Called when no event will come any more: another client has the applications (requests still work), or all is
   * closed. @param error undefined where it was the client's own wish
   */
  onEnd(state: 'replaced' | 'closed', cause: Error, error: Error | undefined): void;
  report(error: unknown): void;
}

/** How long a WebSocket must have lasted for the next loss to begin with the shortest wait. */
const STEADY_MS = 10_000;

/** An Asterisk that cannot do this says nothing. */
const PROBE: AriRequest = {
  method: 'GET',
  path: '/asterisk/ping',
  query: [],
  body: undefined,
  answer: 'json',
};

/** The events that the link itself acts on. */
const ownTypes = new Set([
  ...['ApplicationReplaced', 'ApplicationRegistered', 'ChannelDestroyed', 'BridgeDestroyed'],
]);

export class ApplicationLink {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner;
  readonly #subscriptions = new Subscriptions();
  readonly #stateListeners = new Set<(state: AriState, error: Error | undefined) => void>();
  readonly #gapListeners = new Set<(gap: Gap) => void>();
  readonly #over = new AbortController();
  readonly #receiver: SocketReceiver;
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
  #lost = 0;
  /** Since when events have been lost, until `onGap` has told of it, and by what. */
  #untold: Pick<Gap, 'lostAt' | 'error'> | undefined;

  constructor(options: LinkOptions, owner: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#receiver = {
      onMessage: (text) => owner.onMessage(text),
      onEnd: (error) => this.#onLost(error),
    };
  }

  get state(): AriState {
    return this.#state;
  }

  get applicationNames(): readonly string[] {
    return this.#applications;
  }

  /** WebSockets that were lost. */
  get lost(): number {
    return this.#lost;
  }

  /** What it was closed by; undefined while it is not. */
  get closed(): Error | undefined {
    return this.#closed;
  }

  /** What a request can go by, once Asterisk has shown that it can; where nothing else leads there, before that. */
  get carrier(): SocketCarrier | undefined {
    return this.#proven || !this.#options.address ? this.#carrier : undefined;
  }

  /** See `Ari.start`. */
  async start(applications: string | readonly string[], options: StartOptions): Promise<void> {
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
    const sources = [this.#over.signal, ...(signal ? [signal] : [])];
    for (const source of sources) source.addEventListener('abort', onAbort);
    try {
      signal?.throwIfAborted();
      await this.#establish(either.signal).catch((error: unknown) => this.#insist(error, either.signal));
    } catch (error) {
      if (this.#closed) throw this.#closed;
      this.#setState('idle', undefined);
      throw error;
    } finally {
      for (const source of sources) source.removeEventListener('abort', onAbort);
    }
  }

  /** Takes a WebSocket that Asterisk has opened. */
  adopt(open: (receiver: SocketReceiver) => EventSocket): void {
    this.#setState('connecting', undefined);
    this.#take(open(this.#receiver));
  }

  /** See `Ari.onState`. */
  onState(listener: (state: AriState, error: Error | undefined) => void): () => void {
    const own = (state: AriState, error: Error | undefined) => listener(state, error);
    this.#stateListeners.add(own);
    return () => void this.#stateListeners.delete(own);
  }

  /** See `Ari.onGap`. */
  onGap(listener: (gap: Gap) => void): () => void {
    const own = (gap: Gap) => listener(gap);
    this.#gapListeners.add(own);
    return () => void this.#gapListeners.delete(own);
  }

  /** Takes note of an operation on applications that has been done: it is done again on the next WebSocket. */
  noteOperation(operation: string, parameters: Readonly<Record<string, unknown>>): void {
    this.#subscriptions.note(operation, parameters);
  }

  /** Whether events of this type concern the link itself. */
  wants(type: string): boolean {
    return ownTypes.has(type);
  }

  /** Takes note of an event. */
  noteEvent(event: AnyEvent): void {
    // what is sent may lack anything
    const { application, channel, bridge } = event as {
      readonly application?: string;
      readonly channel?: { readonly id: string } | null;
      readonly bridge?: { readonly id: string } | null;
    };
    switch (event.type) {
      case 'ApplicationReplaced':
        if (application !== undefined) this.#onReplaced(application);
        break;
      case 'ApplicationRegistered':
        if (application !== undefined) this.#onRegistered(application);
        break;
      case 'ChannelDestroyed':
        this.#subscriptions.forget(`channel:${channel?.id}`);
        break;
      case 'BridgeDestroyed':
        this.#subscriptions.forget(`bridge:${bridge?.id}`);
    }
  }

  /** Takes the answer to a request that went by the WebSocket. */
  receiveAnswer(answer: RestResponse): void {
    this.#carrier?.receive(answer);
  }

  /** The end of it all, with the error that everything which waits is rejected by. May be called twice. */
  async close(error: Error): Promise<void> {
    const socket = this.#socket;
    this.#finish(error);
    await socket?.close();
  }

  get #reconnect(): ReconnectOptions | undefined {
    const { reconnect } = this.#options;
    return reconnect === true ? {} : reconnect || undefined;
  }

  async #establish(signal: AbortSignal): Promise<void> {
    const query: [string, string][] = [['app', this.#applications.join(',')]];
    if (this.#subscribeAll) query.push(['subscribeAll', 'true']);
    const { address, authorization, username, limits } = this.#options;
    const path = `/events${encodeQuery(query)}`;
    const target = { address: address as AriAddress, authorization, username, path };
    await EventSocket.connect(target, limits, this.#receiver, signal, (socket) => this.#take(socket));
  }

  #take(socket: EventSocket): void {
    this.#socket = socket;
    this.#connectedAt = performance.now();
    this.#proven = false;
    if (this.#options.requestsOverSocket) {
      // an answer that does not come may be kept back by a filter of events: then none will
      const carrier = new SocketCarrier(socket, () => {
        if (this.#carrier === carrier) this.#proven = false;
      });
      this.#carrier = carrier;
      // until Asterisk has answered, requests go by HTTP
      carrier.carry(PROBE, { timeoutMs: 0, signal: undefined }).then(
        () => {
          if (this.#carrier === carrier) this.#proven = true;
        },
        () => {},
      );
    }
    this.#setState('connected', undefined);
  }

  /** Over a WebSocket that Asterisk has opened, this is how an application becomes known. */
  #onRegistered(application: string): void {
    if (!this.#options.address && !this.#applications.includes(application)) {
      this.#applications.push(application);
    }
  }

  /** The socket stays open and silent: to fight for the application would take it from the other, in turn. */
  #onReplaced(application: string): void {
    if (!this.#applications.includes(application)) return;
    this.#applications = this.#applications.filter((name) => name !== application);
    this.#subscriptions.forgetApplication(application);
    const error = new AriConnectionError(
      'ARI_REPLACED',
      `another client of Asterisk's has taken the application ${JSON.stringify(application)}: this one stops listening to it`,
      { retryable: false },
    );
    if (this.#applications.length > 0 || this.#stateListeners.size === 0) this.#owner.report(error);
    if (this.#applications.length > 0) return;
    const socket = this.#socket;
    this.#drop(error);
    this.#owner.onEnd('replaced', error, error);
    this.#setState('replaced', error);
    void socket?.close();
  }

  #onLost(error: AriError): void {
    this.#untold ??= { lostAt: new Date(), error };
    this.#lost++;
    this.#drop(error);
    if (this.#state !== 'connected') return;
    if (performance.now() - this.#connectedAt >= STEADY_MS) this.#failures = 0;
    if (!this.#options.address || !this.#reconnect) {
      this.#finish(error);
      return;
    }
    this.#setState('reconnecting', error);
    void this.#comeBack(error, this.#over.signal).then(
      () => this.#recover(),
      () => {},
    );
  }

  #drop(error: Error): void {
    this.#socket = undefined;
    this.#carrier?.end(error);
    this.#carrier = undefined;
    this.#proven = false;
  }

  /** The first WebSocket, after an attempt that has failed. */
  async #insist(error: unknown, signal: AbortSignal): Promise<void> {
    if (!this.#reconnect?.fromStart || signal.aborted || !canMend(error)) throw error;
    this.#failures = 1;
    await this.#comeBack(error as Error, signal, canMend);
  }

  /**
   * Resolves when there is a WebSocket again; rejects where there never will be.
   * @param goesOn whether another attempt is made after one that has failed by this
   */
  async #comeBack(
    problem: Error,
    signal: AbortSignal,
    goesOn: (error: unknown) => boolean = () => true,
  ): Promise<void> {
    const { attempts = Number.POSITIVE_INFINITY } = this.#reconnect ?? {};
    let error = problem;
    for (let tried = 0; tried < attempts; tried++) {
      await pause(this.#delayMs(this.#failures++), signal);
      if (this.#closed) throw this.#closed;
      signal.throwIfAborted();
      try {
        await this.#establish(signal);
        return;
      } catch (failure) {
        if (this.#closed) throw this.#closed;
        signal.throwIfAborted();
        if (!goesOn(failure)) throw failure;
        error = failure as Error;
        this.#setState(this.#state, error);
      }
    }
    this.#finish(error);
    throw error;
  }

  /** What was asked for is asked for again, what has a handle is looked for, and all that is told. */
  async #recover(): Promise<void> {
    const backAt = new Date();
    const untold = this.#untold;
    const socket = this.#socket;
    if (!untold) return;
    // what has begun since then is told by events
    const before = this.#owner.registry.all().filter((handle) => handle.known);
    let missed: Handle[] = [];
    let lost: LostSubscription[] = [];
    for (let tried = 0; ; tried++) {
      let problem: unknown;
      try {
        lost = await this.#subscriptions.replay(this.#owner.resources, isAnswer);
        missed = await this.#missing(before);
      } catch (error) {
        problem = error;
        if (isPassing(error)) await pause(this.#delayMs(tried), this.#over.signal);
      }
      // lost again: the next recovery does it all, and speaks of this gap, too
      if (this.#socket !== socket || this.#closed) return;
      if (problem !== undefined) this.#owner.report(problem);
      if (!isPassing(problem)) break;
    }
    this.#untold = undefined;
    this.#subscriptions.giveUp(lost);
    for (const handle of missed) handle.end('missed');
    const gap: Gap = { ...untold, backAt, missed: missed.map(({ kind, id }) => ({ kind, id })), lost };
    for (const tell of [...this.#gapListeners]) this.#call(() => tell(gap));
  }

  /** Those of the handles whose things Asterisk does not have. */
  async #missing(handles: readonly Handle[]): Promise<Handle[]> {
    const { resources } = this.#owner;
    const channels = new Map((await resources.channels.list()).map((channel) => [channel.id, channel]));
    const bridges = new Set((await resources.bridges.list()).map(({ id }) => id));
    const missing: Handle[] = [];
    await Promise.all(
      handles.map(async (handle) => {
        const there =
          handle.kind === 'channel'
            ? channels.has(handle.id)
            : handle.kind === 'bridge'
              ? bridges.has(handle.id)
              : await handle.exists();
        if (!there && handle.ending === undefined) missing.push(handle);
        const channel = handle.kind === 'channel' ? channels.get(handle.id) : undefined;
        if (channel) handle.find(channel);
      }),
    );
    return missing;
  }

  #delayMs(failures: number): number {
    const { firstDelayMs = 500, maxDelayMs = 30_000 } = this.#reconnect ?? {};
    const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(failures, 30));
    // many clients of one Asterisk must not all come back at the same moment
    return delayMs / 2 + (Math.random() * delayMs) / 2;
  }

  #setState(state: AriState, error: Error | undefined): void {
    this.#state = state;
    for (const tell of [...this.#stateListeners]) {
      this.#call(() => tell(state, error));
      // one that has closed it: the others have been told of what is later
      if (this.#state !== state) return;
    }
  }

  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#owner.report(error);
    }
  }

  /** Nothing is sent, nothing comes. */
  #finish(cause: Error): void {
    if (this.#closed) return;
    this.#closed = cause;
    const error = cause instanceof AriError && cause.code === 'ARI_CLOSED' ? undefined : cause;
    this.#drop(cause);
    this.#over.abort(cause);
    this.#owner.onEnd('closed', cause, error);
    this.#setState('closed', error);
  }
}

/** Whether another attempt to open the WebSocket may succeed: Asterisk is not there yet, or not ready. */
function canMend(error: unknown): boolean {
  return (
    isPassing(error) ||
    (error instanceof AriError && ['ARI_OFF', 'ARI_NO_RESOURCE', 'ARI_BUSY'].includes(error.code))
  );
}

/** Whether it is the connection's fault. */
function isPassing(error: unknown): boolean {
  return error instanceof AriTimeoutError || (error instanceof AriConnectionError && error.retryable);
}

/** Resolves after so long, or when the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // one that has aborted already does not say so again
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
