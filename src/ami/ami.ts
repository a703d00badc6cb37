/** A client of Asterisk's manager. */
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AmiArgumentError, AmiConnectionError, AmiError, AmiTimeoutError } from '../ami-errors';
import { EventStream, type EventStreamOptions } from '../event-stream';
import type { AmiFields } from '../wire/ami-action';
import { type AmiEvent, AmiResponse } from '../wire/ami-message';
import { type Address, parseAddress, showAddress } from './address';
import type { AsyncAgiCalls, AsyncAgiOptions } from './async-agi';
import type { ActionName, EventName, EventOf, FieldsOf } from './catalog-types';
import { type AmiTracer, Connection } from './connection';
import { EventHub } from './event-hub';
import { keepsBack, toMask } from './event-mask';
import { checkMs, Exchanges } from './exchanges';
import { refusedAction } from './failures';
import { type ActionOptions, type AmiList, ManagerActions } from './manager-actions';
import {
  amiNames,
  asyncAgiNames,
  checkListener,
  checkNames,
  readyNames,
  reconnectNames,
  streamNames,
} from './option-names';
import { type OriginateOptions, type OriginateOutcome, originateFields, originateOutcome } from './originate';
import { leaveUncaught } from './uncaught';

/** How the connection comes back. */
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

/** Where Asterisk is, who logs in, and with what limits. */
export interface AmiOptions {
  /** `host` or `host:port`; 127.0.0.1 where it is left out. */
  readonly host?: string | undefined;
  /** 5038, or 5039 with TLS, where neither this nor `host` says otherwise. */
  readonly port?: number | undefined;
  readonly username: string;
  readonly secret: string;
  /** How to log in; `md5` keeps the secret off the wire, and is what a connection without TLS does by itself. */
  readonly auth?: 'secret' | 'md5' | undefined;
  /** TLS (`tlsenable` in manager.conf), with the options of Node's `tls.connect`: `{ ca }` trusts a certificate of your own. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** The event mask: `on`, `off`, or classes, `call,user`; `on` where it is left out. */
  readonly events?: string | undefined;
  /** How long an action waits for its answer, a list for its next item; 10,000, and 0: without limit. */
  readonly timeoutMs?: number | undefined;
  /** How long a connection may take, up to the end of the login; 10,000, and 0: without limit. */
  readonly connectTimeoutMs?: number | undefined;
  /** Whether and how to come back; true where it is left out. */
  readonly reconnect?: boolean | ReconnectOptions | undefined;
  /** After so much silence Asterisk is asked whether it is there, and must answer within `timeoutMs`; 15,000, and 0: never. */
  readonly pingEveryMs?: number | undefined;
  /** The longest message taken; 16 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Lets the process end while nothing is awaited of this client; false where it is left out. */
  readonly unref?: boolean | undefined;
  /** Closes the client. */
  readonly signal?: AbortSignal | undefined;
  /** Sees every message in both directions, secrets left out. */
  readonly trace?: AmiTracer | undefined;
}

/** Whether there is a connection: `reconnecting` is on the way to the next one, `closed` is for good. */
export type AmiState = 'connected' | 'reconnecting' | 'closed';

/** What a client has seen since it was made. */
export interface AmiCounts {
  /** Events that came, list items left out. */
  readonly events: number;
  /** Events that streams dropped, because nobody took them in time. */
  readonly dropped: number;
  /** Answers that no action waited for: one that came after its timeout, say. */
  readonly unasked: number;
  /** Connections that were lost. */
  readonly lost: number;
}

type ActionArguments<Name extends string> =
  Record<never, never> extends FieldsOf<Name>
    ? [fields?: FieldsOf<Name>, options?: ActionOptions]
    : [fields: FieldsOf<Name>, options?: ActionOptions];

/** How long a goodbye may take. */
const GOODBYE_MS = 1000;
/** How long a connection must have lasted for the next loss to begin with the shortest wait. */
const STEADY_MS = 10_000;

/**
 * A client of Asterisk's manager (main/manager.c). Actions may be sent side by side: each gets its own answer, known
 * by an ActionID that no other client can have. When the connection is lost, what was on its way is rejected and says
 * whether Asterisk can have seen it; the client comes back by itself, with the same event mask and filters, and sends
 * nothing twice.
 */
export class Ami extends ManagerActions {
  readonly #options: AmiOptions;
  readonly #address: Address;
  readonly #timeoutMs: number;
  readonly #hub = new EventHub(() => this.#hold());
  readonly #exchanges: Exchanges;
  readonly #filters: AmiFields[] = [];
  readonly #stateListeners = new Set<(state: AmiState, error: Error | undefined) => void>();
  readonly #leavers = new Set<() => void>();
  readonly #abort = new AbortController();
  #mask: string;
  #connection: Connection | undefined;
  #state: AmiState = 'reconnecting';
  #closed: unknown;
  #closing: Promise<void> | undefined;
  #everConnected = false;
  #failures = 0;
  #connectedAt = 0;
  /** Whether anything has come since the last look. */
  #heard = false;
  #pinging = false;
  #pingTimer: NodeJS.Timeout | undefined;
  #events = 0;
  #strays = 0;
  #lost = 0;
  #ready: { resolve(): void; reject(error: unknown): void }[] = [];

  private constructor(options: AmiOptions) {
    super();
    checkNames('Ami.connect', options, amiNames);
    for (const name of ['username', 'secret'] as const) {
      if (typeof options[name] !== 'string')
        throw new AmiArgumentError(`Ami.connect: ${name} is needed: it is that of a user in manager.conf`);
    }
    if (typeof options.reconnect === 'object')
      checkNames('Ami.connect: reconnect', options.reconnect, reconnectNames);
    const { timeoutMs = 10_000, connectTimeoutMs = 10_000, pingEveryMs = 15_000, tls, host, port } = options;
    for (const [name, ms] of Object.entries({ timeoutMs, connectTimeoutMs, pingEveryMs })) checkMs(name, ms);
    this.#options = options;
    this.#address = parseAddress(host ?? '127.0.0.1', port, tls ? 5039 : 5038);
    this.#timeoutMs = timeoutMs;
    this.#exchanges = new Exchanges({
      timeoutMs,
      connectionFor: (action) => this.#connectionFor(action),
      onChange: () => this.#hold(),
    });
    this.#mask = toMask(options.events ?? 'on');
  }

  /**
   * Resolves when the user is logged in.
   * @throws AmiLoginError, AmiConnectionError, AmiProtocolError, AmiTimeoutError as they say; where
   * `reconnect.fromStart` is set, only those that no other attempt can mend
   */
  static async connect(options: AmiOptions): Promise<Ami> {
    const ami = new this(options);
    const { signal } = options;
    signal?.throwIfAborted();
    const onAbort = () => {
      ami.#leave();
      ami.#finish(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    ami.#abort.signal.addEventListener('abort', () => signal?.removeEventListener('abort', onAbort));
    try {
      await ami.#establish();
    } catch (error) {
      if (!(ami.#reconnect?.fromStart && isRetryable(error) && ami.#state !== 'closed')) {
        ami.#finish(error);
        throw error;
      }
      ami.#failures = 1;
      void ami.#comeBack(error);
      await ami.ready();
    }
    return ami;
  }

  /** Where Asterisk is, `127.0.0.1:5038`. */
  get address(): string {
    return showAddress(this.#address);
  }

  /** `connected`: actions are taken. `reconnecting`: they are rejected at once. `closed`: for good. */
  get state(): AmiState {
    return this.#state;
  }

  /** The protocol's version, `11.0.0` of Asterisk 22. */
  get version(): string {
    return this.#connection?.version ?? '';
  }

  /** What has come and gone. */
  get counts(): AmiCounts {
    const strays = this.#strays + (this.#connection?.strays ?? 0);
    return {
      events: this.#events,
      dropped: this.#hub.dropped,
      unasked: this.#exchanges.unasked + strays,
      lost: this.#lost,
    };
  }

  /**
   * Calls the listener whenever the connection is lost, is there again, or the client is closed, with the error that
   * it was by. An error that the listener throws is an uncaught one.
   * @returns what ends that
   */
  onState(listener: (state: AmiState, error: Error | undefined) => void): () => void {
    checkListener('onState', null, listener);
    this.#stateListeners.add(listener);
    return () => void this.#stateListeners.delete(listener);
  }

  /**
   * Calls the listener when the client is about to be closed, while it can still send.
   * @internal
   */
  onLeaving(listener: () => void): () => void {
    this.#leavers.add(listener);
    return () => void this.#leavers.delete(listener);
  }

  /** Resolves when the client is connected: at once, or when it has come back. Rejects where it never will. */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkNames('ready', options, readyNames);
    if (this.#state === 'closed') throw this.#refusal();
    if (this.#state === 'connected') return;
    const { signal } = options;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = () => waiting.reject(signal?.reason);
      const settle = (then: () => void) => {
        signal?.removeEventListener('abort', onAbort);
        this.#ready = this.#ready.filter((other) => other !== waiting);
        then();
      };
      const waiting = {
        resolve: () => settle(resolve),
        reject: (error: unknown) => settle(() => reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#ready.push(waiting);
    });
  }

  /**
   * Sends an action and gives its answer.
   * @throws AmiArgumentError, before sending, for what AMI cannot carry
   * @throws AmiActionError where Asterisk answers with an error
   * @throws AmiTimeoutError, AmiConnectionError whose `sent` says whether Asterisk may have carried it out
   * @throws the signal's reason where that aborts; what was sent stays sent
   */
  action<Name extends ActionName>(name: Name, ...args: ActionArguments<Name>): Promise<AmiResponse> {
    const [fields, options] = args;
    return new Promise((resolve, reject) => {
      this.#exchanges.begin(name, fields, options, {
        onResponse: (response) => {
          if (response.ok) resolve(response);
          else reject(refusedAction(name, response));
          return true;
        },
        reject,
      });
    });
  }

  /**
   * Sends an action whose answer is a list, and gives it whole; an empty one where Asterisk says that there is nothing.
   * @throws as `action`, and AmiActionError with code `AMI_LIST_CANCELLED` where Asterisk breaks off
   */
  list<Name extends ActionName>(name: Name, ...args: ActionArguments<Name>): Promise<AmiList> {
    const [fields, options] = args;
    return new Promise((resolve, reject) => {
      const items: AmiEvent[] = [];
      this.#exchanges.beginList(name, fields, options, {
        onItem: (item) => items.push(item),
        onEnd: (response, complete) => resolve({ response, items, complete }),
        reject,
      });
    });
  }

  /**
   * Sends an action whose answer is a list, and gives each item as it comes, for `for await`. What has come waits
   * without limit: a list has an end.
   */
  listStream<Name extends ActionName>(name: Name, ...args: ActionArguments<Name>): EventStream<AmiEvent> {
    const [fields, options] = args;
    const controller = new AbortController();
    const { signal } = options ?? {};
    // AbortSignal.any would stay with a signal that outlives many lists
    const onAbort = () => controller.abort(signal?.reason);
    const stream = new EventStream<AmiEvent>(Number.POSITIVE_INFINITY, () => {
      signal?.removeEventListener('abort', onAbort);
      controller.abort();
    });
    if (signal?.aborted) onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#exchanges.beginList(
      name,
      fields,
      { ...options, signal: controller.signal },
      {
        onItem: (item) => stream.push(item),
        onEnd: () => stream.end(),
        reject: (error) => stream.end(error),
      },
    );
    return stream;
  }

  /**
   * Sends any action, and gives all that comes back: the answer, also one that says no, and the items where it is a list.
   * @throws as `action`, but for AmiActionError
   */
  ask(name: string, fields: AmiFields = {}, options: ActionOptions = {}): Promise<AmiList> {
    return new Promise((resolve, reject) => {
      const items: AmiEvent[] = [];
      this.#exchanges.beginList(name, fields, options, {
        onItem: (item) => items.push(item),
        onEnd: (response, complete) => resolve({ response, items, complete }),
        onRefusal: (response) => resolve({ response, items, complete: undefined }),
        reject,
      });
    });
  }

  /**
   * Calls someone, and resolves when it is known what became of that. On the wire it is asynchronous, so that it holds
   * up nothing else. It needs events of the class `call`: both `read` in manager.conf and the event mask must have it.
   * @throws as `action`; AmiArgumentError where the mask has not; AmiTimeoutError where Asterisk does not tell in time what became of it
   */
  originate(options: OriginateOptions): Promise<OriginateOutcome> {
    return new Promise((resolve, reject) => {
      let fields: AmiFields;
      try {
        fields = originateFields(options);
        if (keepsBack(this.#mask, 'call')) throw outcomeUnheard(this.#mask);
      } catch (error) {
        return reject(error);
      }
      const { timeoutMs = 30_000, signal } = options;
      const overall = timeoutMs + (this.#timeoutMs || 10_000);
      let taken = false;
      this.#exchanges.begin('Originate', fields, signal ? { signal } : {}, {
        onResponse: (response) => {
          taken = true;
          if (!response.ok) reject(refusedAction('Originate', response));
          return !response.ok;
        },
        onEvent: (event) => {
          if (event.name !== 'OriginateResponse') return false;
          resolve(originateOutcome(event));
          return true;
        },
        reject,
        patienceMs: () => overall,
        late: (sent) =>
          taken
            ? new AmiTimeoutError(
                `Asterisk has taken the order to call ${options.channel} and does not tell what became of it within ${overall} ms: does this user have "call" in its read line in manager.conf, and is it in the event mask?`,
                true,
              )
            : new AmiTimeoutError(`no answer to Originate within ${this.#timeoutMs} ms`, sent),
      });
    });
  }

  /**
   * Calls the listener for each event of this name, `*` for all, until what this gives back is called. An error that
   * the listener throws is an uncaught one, as in any other listener.
   */
  on<Name extends EventName>(name: Name, listener: (event: EventOf<Name>) => void): () => void {
    checkListener('on', name, listener);
    return this.#hub.on(name, listener as (event: AmiEvent) => void);
  }

  /**
   * The events of these names, of all where none is given, for `for await`; from now on, not from the first `next`.
   * They wait in a queue that is bounded: see `EventStreamOptions.limit`, and `dropped` of what this gives. The stream
   * lasts over lost connections, and ends when the client is closed.
   */
  events<Name extends EventName>(
    names: Name | readonly Name[] = [],
    options: EventStreamOptions = {},
  ): EventStream<EventOf<Name>> {
    checkNames('events', options, streamNames);
    const list = typeof names === 'string' ? [names as string] : (names as readonly string[]);
    const stream = this.#hub.stream(list, options);
    if (this.#state === 'closed')
      stream.end(this.#closed instanceof AmiError && isOwnClose(this.#closed) ? undefined : this.#refusal());
    return stream as unknown as EventStream<EventOf<Name>>;
  }

  /**
   * Chooses the events that Asterisk sends: `on`, `off`, or classes, `call,user`. Set again after each reconnect.
   * Without `call`, `originate` does not learn what became of a call; without `agi`, `asyncAgi` gets none.
   */
  async setEvents(mask: string, options?: ActionOptions): Promise<void> {
    const wanted = toMask(mask);
    await this.action('Events', { EventMask: wanted }, options);
    this.#mask = wanted;
  }

  /**
   * Adds a filter of events, in Asterisk's own words: `Event: Hangup`, `!Event: VarSet`. Set again after each reconnect.
   * @param matchCriteria for Asterisk 20.10, 21.5, 22 and later: see eventfilter in manager.conf
   */
  async addFilter(filter: string, matchCriteria?: string, options?: ActionOptions): Promise<void> {
    const fields = { Operation: 'Add', Filter: filter, MatchCriteria: matchCriteria };
    await this.action('Filter', fields, options);
    this.#filters.push(fields);
  }

  /**
   * The calls that come by `AGI(agi:async)` in the dialplan, each as the `Agi` that a script over FastAGI gets.
   * It needs `agi` in both the `read` and the `write` line of the user in manager.conf.
   */
  asyncAgi(options: AsyncAgiOptions = {}): AsyncAgiCalls {
    checkNames('asyncAgi', options, asyncAgiNames);
    return asyncAgi().asyncAgiCalls(this, options);
  }

  /**
   * Logs off and closes; answers that are on their way still come. Actions that wait for longer are rejected with
   * `AMI_CLOSED`, streams of events end. May be called twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#logOff();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #reconnect(): ReconnectOptions | undefined {
    const { reconnect = true } = this.#options;
    return reconnect === true ? {} : reconnect || undefined;
  }

  async #logOff(): Promise<void> {
    if (this.#state === 'closed') return;
    if (this.#connection) {
      this.#leave();
      const signal = AbortSignal.timeout(GOODBYE_MS);
      // whatever it says: this is the end
      await this.action('Logoff', {}, { signal }).catch(() => {});
    }
    this.#finish(closedByUser(this.address));
  }

  #leave(): void {
    for (const leave of [...this.#leavers]) leave();
  }

  // — One connection after the other

  async #establish(): Promise<void> {
    const { tls, username, secret, auth, connectTimeoutMs = 10_000, maxMessageBytes, trace } = this.#options;
    const connection = await Connection.open(
      {
        address: this.#address,
        tls: tls === true ? {} : tls || undefined,
        username,
        secret,
        auth: auth ?? (tls ? 'secret' : 'md5'),
        // none before the filters are there
        events: this.#filters.length > 0 ? 'off' : this.#mask,
        timeoutMs: connectTimeoutMs,
        maxMessageBytes,
        trace,
      },
      this.#abort.signal,
    );
    if (this.#state === 'closed') {
      connection.destroy();
      throw this.#refusal();
    }
    this.#connection = connection;
    this.#connectedAt = performance.now();
    this.#exchanges.reset();
    const start = () =>
      connection.start({
        onMessage: (message) => this.#onMessage(message),
        onEnd: (error) => this.#onLost(connection, error),
      });
    // who has just connected listens from the next line on, and misses nothing that came with the login
    if (this.#everConnected) start();
    else setImmediate(start);
    this.#everConnected = true;
    if (this.#filters.length > 0) {
      try {
        for (const filter of this.#filters) await this.action('Filter', filter);
        await this.action('Events', { EventMask: this.#mask });
      } catch (error) {
        connection.destroy();
        // Asterisk may be on its way down again: the next attempt may find it as it was
        throw filtersRefused(this.address, error as Error);
      }
    }
    if (this.#connection !== connection) throw connectionGone(this.address);
    this.#setState('connected', undefined);
    for (const { resolve } of [...this.#ready]) resolve();
    this.#watch();
    this.#hold();
  }

  #onLost(connection: Connection, error: AmiError): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#strays += connection.strays;
    this.#lost++;
    clearInterval(this.#pingTimer);
    this.#exchanges.end(error);
    // the login is still under way: whoever does that goes on
    if (this.#state !== 'connected') return;
    if (this.#closing) this.#finish(closedByUser(this.address));
    else if (!this.#reconnect || !isRetryable(error)) this.#finish(error);
    else {
      if (performance.now() - this.#connectedAt > STEADY_MS) this.#failures = 0;
      void this.#comeBack(error);
    }
  }

  async #comeBack(lost: unknown): Promise<void> {
    let error = lost;
    this.#setState('reconnecting', error);
    const {
      attempts = Number.POSITIVE_INFINITY,
      firstDelayMs = 500,
      maxDelayMs = 30_000,
    } = this.#reconnect ?? {};
    for (let tried = 0; tried < attempts; tried++) {
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(this.#failures++, 30));
      // many clients of one Asterisk must not all come back at the same moment
      await this.#pause(delayMs / 2 + (Math.random() * delayMs) / 2);
      if (this.#state === 'closed') return;
      try {
        await this.#establish();
        return;
      } catch (problem) {
        if ((this.#state as AmiState) === 'closed') return;
        error = problem;
        if (!isRetryable(problem)) break;
      }
    }
    this.#finish(error);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#abort;
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      if (this.#options.unref) timer.unref();
      signal.addEventListener('abort', end);
    });
  }

  /** The end: nothing is sent, nothing comes. */
  #finish(error: unknown): void {
    if (this.#state === 'closed') return;
    this.#closed = error;
    const own = isOwnClose(error);
    this.#setState('closed', own ? undefined : error);
    clearInterval(this.#pingTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection) this.#strays += connection.strays;
    connection?.destroy();
    this.#exchanges.end(error);
    for (const { reject } of [...this.#ready]) reject(this.#refusal());
    this.#hub.end(own ? undefined : this.#refusal());
    this.#abort.abort(error);
  }

  /** Why no action is taken, with the stack of whoever asks. */
  #refusal(): unknown {
    const error = this.#closed;
    if (!(error instanceof AmiError)) return error;
    if (isOwnClose(error)) return closedByUser(this.address);
    const text = `the client of ${this.address} has ended: ${error.message}`;
    return new AmiConnectionError('AMI_CLOSED', text, { cause: error, retryable: false });
  }

  #setState(state: AmiState, error: unknown): void {
    this.#state = state;
    for (const listener of [...this.#stateListeners]) {
      try {
        listener(state, error as Error | undefined);
      } catch (thrown) {
        // whoever is coming back, or closing, goes on
        leaveUncaught(thrown);
      }
      // one that has closed the client: the others have been told of what is later
      if (this.#state !== state) return;
    }
  }

  // — Is anyone there?

  #watch(): void {
    const { pingEveryMs = 15_000 } = this.#options;
    this.#pinging = false;
    if (pingEveryMs === 0) return;
    this.#pingTimer = setInterval(() => this.#ping(), pingEveryMs).unref();
  }

  #ping(): void {
    // who waits for an answer finds out by that; an action that Asterisk carries out before it reads on holds up a ping
    const heard = this.#heard;
    this.#heard = false;
    if (heard) this.#exchanges.heard();
    if (heard || this.#pinging || this.#exchanges.waits) return;
    const connection = this.#connection;
    this.#pinging = true;
    this.action('Ping', {}, { timeoutMs: this.#timeoutMs || 10_000 }).then(
      () => {
        this.#pinging = false;
      },
      (error) => {
        this.#pinging = false;
        // an answer that says no is one
        if (!(error instanceof AmiTimeoutError) || this.#connection !== connection) return;
        const text = `Asterisk's manager at ${this.address} has stopped answering: no answer to Ping within ${this.#timeoutMs || 10_000} ms`;
        connection?.destroy(new AmiConnectionError('AMI_LOST', text, { cause: error, retryable: true }));
      },
    );
  }

  /** Where the process may end meanwhile, it must not while something is awaited. */
  #hold(): void {
    if (!this.#options.unref) return;
    this.#connection?.hold(this.#exchanges.size > 0 || this.#hub.awaited);
  }

  // — Actions and what comes back

  #connectionFor(action: string): Connection {
    if (this.#state === 'closed') throw this.#refusal();
    if (this.#closing && action !== 'Logoff') throw closedByUser(this.address);
    if (!this.#connection) throw notConnected(action, this.address);
    return this.#connection;
  }

  #onMessage(message: AmiEvent | AmiResponse): void {
    this.#heard = true;
    if (message instanceof AmiResponse) this.#exchanges.onResponse(message);
    else this.#onEvent(message);
  }

  #onEvent(event: AmiEvent): void {
    if (!this.#exchanges.onEvent(event)) return;
    this.#events++;
    this.#hub.emit(event);
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof AmiError && (error as { retryable?: boolean }).retryable === true;
}

function isOwnClose(error: unknown): boolean {
  return error instanceof AmiConnectionError && error.code === 'AMI_CLOSED' && error.cause === undefined;
}

function closedByUser(where: string): AmiConnectionError {
  return new AmiConnectionError('AMI_CLOSED', `this client of ${where} was closed by close()`, {
    retryable: false,
  });
}

function connectionGone(where: string): AmiConnectionError {
  return new AmiConnectionError('AMI_LOST', `the connection to ${where} was lost again at once`, {
    retryable: true,
  });
}

function filtersRefused(where: string, cause: Error): AmiConnectionError {
  const text = `the connection to ${where} was given up: the event filters could not be set again: ${cause.message}`;
  return new AmiConnectionError('AMI_LOST', text, { cause, retryable: true });
}

function outcomeUnheard(mask: string): AmiArgumentError {
  return new AmiArgumentError(
    `originate: with the event mask ${JSON.stringify(mask)} nobody learns what becomes of the call: it lacks the class call (action('Originate', …) asks for no outcome)`,
  );
}

function notConnected(action: string, where: string): AmiConnectionError {
  return new AmiConnectionError(
    'AMI_NOT_CONNECTED',
    `${action} was not sent: there is no connection to ${where} at the moment (ready() waits for the next)`,
    { retryable: true },
  );
}

// a call's whole conversation, for those who lead one by the manager
const asyncAgi = (): typeof import('./async-agi') => require('./async-agi');
