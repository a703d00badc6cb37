/**
 * A thing that lives in Asterisk and has an id of ours: listeners stand before its first event. A handle is disposed
 * by itself when the thing ends; `release` does it before.
 */
import { setMaxListeners } from 'node:events';
import { AriArgumentError, AriGoneError, AriTimeoutError } from '../ari-errors';
import { shareSignal } from '../shared-signal';
import type { Channel } from './catalog';
import { EventHub } from './event-hub';
import type { AnyEvent, EventOf } from './events';
import type { HandleRegistry } from './handle-registry';
import type { MediaSocket } from './media-socket';
import { checkListener, checkMs, checkNames, waitNames } from './option-names';
import type { PlaybackHandle } from './playback';
import type { RecordingHandle } from './recording';
import { isConflict, isLost, isRefusal } from './refusal';
import { operationsWith, type RequestOptions, type Resources } from './resources';

/** What there are handles of. */
export type HandleKind = 'channel' | 'bridge' | 'playback' | 'recording';

/**
 * How it ended: `gone`, Asterisk said so; `left`, the channel left the application and may live on in the dialplan;
 * `missed`, it was there before the connection was lost and not after; `refused`, it has never been; `closed`, the
 * client was closed or another has its application; `released`, by `release()`.
 */
export type Ending = 'gone' | 'left' | 'missed' | 'refused' | 'closed' | 'released';

/** What handles need of the client. */
export interface HandleHost {
  readonly resources: Resources;
  readonly registry: HandleRegistry;
  /** How long an answer may take where nothing else is said. */
  readonly timeoutMs: number;
  /** Whether all requests go by one WebSocket, each behind the one before it. */
  readonly isSingleFile: boolean;
  playback(id?: string): PlaybackHandle;
  recording(name?: string): RecordingHandle;
  /** Opens the media WebSocket of a channel that waits for it. */
  openMedia(connectionId: string, options: RequestOptions): Promise<MediaSocket>;
  /** Whether events come. */
  isTold(): boolean;
  /** Whether none have ever come: the client was not started. */
  isDeaf(): boolean;
  reportError(error: unknown, event: AnyEvent | undefined): void;
}

/** How long to wait. */
export interface WaitOptions {
  /** How long to wait; without limit where it is left out. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export abstract class Handle {
  abstract readonly kind: HandleKind;
  /** The types of events that `endingBy` looks at. @internal */
  abstract readonly decisive: readonly string[];
  /** Asterisk's own; of a recording, its name. */
  readonly id: string;
  /** @internal */
  readonly host: HandleHost;
  readonly #hub: EventHub<AnyEvent>;
  readonly #onEnd = new Set<(ending: Ending) => void>();
  #abort: AbortController | undefined;
  #ending: Ending | undefined;
  #known = false;
  #made = false;
  #unsure = false;

  constructor(host: HandleHost, id: string) {
    this.host = host;
    this.id = id;
    this.#hub = new EventHub((error, event) => host.reportError(error, event), host.registry.interest);
  }

  /** How it ended; undefined while it lives, or has not begun. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Resolves at the end, and never rejects. */
  get ended(): Promise<Ending> {
    if (this.#ending !== undefined) return Promise.resolve(this.#ending);
    return new Promise((resolve) => this.#onEnd.add(resolve));
  }

  /** Aborts at the end; its reason is an `AriGoneError`. Works with fetch, timers, streams … */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      // it is handed to as many as like
      setMaxListeners(0, this.#abort.signal);
      if (this.#ending !== undefined) this.#abort.abort(this.goneError());
    }
    return this.#abort.signal;
  }

  /**
   * Calls the listener for each event of this type that concerns this thing; `*` for all.
   * @returns what ends that
   */
  on<Type extends string>(type: Type, listener: (event: EventOf<Type>) => unknown): () => void {
    checkListener('on', type, listener);
    return this.#hub.on(type, listener as (event: AnyEvent) => unknown);
  }

  /**
   * The next event of this type. It may be asked for before the order that brings it about, and awaited behind that.
   * @throws AriGoneError where the thing ends before; AriTimeoutError; the signal's reason
   */
  next<Type extends string>(type: Type, options: WaitOptions = {}): Promise<EventOf<Type>> {
    try {
      checkListener('next', type, () => {});
      checkNames('next', options, waitNames);
      checkMs('next: timeoutMs', options.timeoutMs ?? 0);
    } catch (error) {
      return Promise.reject(error);
    }
    return awaitedLater(
      this.wait(options, `${this.kind} ${this.id}: no ${type}`, (resolve) => this.on(type, resolve)),
    );
  }

  /** Forgets the thing and its listeners; in Asterisk nothing changes. */
  release(): void {
    this.end('released');
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @internal Whether Asterisk has told of it, or has not answered whether it has made it. */
  get known(): boolean {
    return this.#known || this.#unsure;
  }

  /** @internal Whether it was made by this handle. */
  get made(): boolean {
    return this.#made;
  }

  /** @internal */
  deliver(event: AnyEvent): void {
    this.meet();
    this.#hub.emit(event);
    const ending = this.endingBy(event);
    if (ending !== undefined) this.end(ending);
  }

  /** Called before anybody is told that it has entered an application. @internal */
  enter(_application: string | undefined): void {}

  /** @internal */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.host.registry.delete(this);
    this.#hub.end();
    for (const tell of [...this.#onEnd]) tell(ending);
    this.#onEnd.clear();
    this.#abort?.abort(this.goneError());
  }

  /** Asterisk has answered that there is no such thing, which it may have told of or not. @internal */
  lose(): void {}

  /** What an order has to wait for; undefined where it need not. @internal */
  turn(
    _operation: string,
    _parameters: Readonly<Record<string, unknown>>,
    _options: RequestOptions,
  ): Promise<void> | undefined {
    return undefined;
  }

  /** Whether it is what this channel does for a while. @internal */
  isOf(_channelId: string): boolean {
    return false;
  }

  /**
   * Resolves when these channels do nothing that an order would wait for in Asterisk. Where there is nothing but one
   * WebSocket it waits here: there, nothing behind it would be heard, not even the order that ends what they play.
   * @returns undefined where they do nothing, or all else can go another way
   * @internal
   */
  protected quiet(channelIds: readonly string[], what: string, options: RequestOptions) {
    if (!this.host.isSingleFile) return undefined;
    const busy = this.host.registry.all().filter((handle) => channelIds.some((id) => handle.isOf(id)));
    if (busy.length === 0) return undefined;
    const { timeoutMs = this.host.timeoutMs, signal } = options;
    const text = `${this.kind} ${this.id}: ${what} waits until what the channel plays or records is over, which it is not`;
    return this.wait<void>({ timeoutMs, signal }, text, (resolve) => {
      const left = new Set(busy);
      const offs = busy.map((handle) =>
        handle.whenEnded(() => {
          left.delete(handle);
          if (left.size === 0) resolve();
        }),
      );
      return () => {
        for (const off of offs) off();
      };
    });
  }

  /** Called with the channel as it is behind a time in which events were lost. @internal */
  find(_channel: Channel): void {}

  /** Asterisk has told of it. @internal */
  meet(): void {
    if (this.#known) return;
    this.#known = true;
    this.host.registry.meet(this);
  }

  /** Calls when it ends. @returns what takes that back @internal */
  whenEnded(tell: () => void): () => void {
    this.#onEnd.add(tell);
    return () => this.#onEnd.delete(tell);
  }

  /** Asks Asterisk whether it is there. @internal */
  abstract exists(): Promise<boolean>;

  /** How this event ends it; undefined where it does not. */
  protected abstract endingBy(event: AnyEvent): Ending | undefined;

  protected goneError(): AriGoneError {
    const how = {
      gone: 'is gone',
      left: 'has left the application',
      missed: 'went away while the connection was lost',
      refused: 'was not made',
      closed: 'is no longer followed: the client was closed, or another has its application',
      released: 'was released',
    }[this.#ending ?? 'gone'];
    return new AriGoneError(`${this.kind} ${this.id} ${how}`);
  }

  /**
   * Waits for something that `begin` looks out for, no longer than the thing lives.
   * @param begin is given what to call with the outcome; returns what ends the looking out
   * @internal
   */
  protected wait<T>(
    { timeoutMs = 0, signal }: WaitOptions,
    what: string,
    begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ending !== undefined) return reject(this.goneError());
      if (signal?.aborted) return reject(signal.reason);
      let stop = () => {};
      const settle = (then: () => void) => {
        clearTimeout(timer);
        stop();
        this.#onEnd.delete(onEnd);
        signal?.removeEventListener('abort', onAbort);
        then();
      };
      const fail = (error: unknown) => settle(() => reject(error));
      const onEnd = () => fail(this.goneError());
      const onAbort = () => fail(signal?.reason);
      const late = () => fail(new AriTimeoutError(`${what} within ${timeoutMs} ms`));
      const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
      shareSignal(signal);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#onEnd.add(onEnd);
      stop = begin((value) => settle(() => resolve(value)), fail);
    });
  }

  /** @internal What makes the thing: where it was not made, the handle is over. */
  async making<T>(make: () => Promise<T>): Promise<T> {
    // nobody would hear of it; a client whose application another has is deaf, and can ask all the same
    if (this.#ending !== undefined && this.#ending !== 'closed') throw this.goneError();
    try {
      const result = await make();
      this.meet();
      this.#made = true;
      return result;
    } catch (error) {
      // one of the same id may be there, another's; but a busy channel and a name in the store are in the way, too
      const isThere = isConflict(error) && (this.#known || (await this.exists().catch(() => true)));
      if (isThere || !(isConflict(error) || isRefusal(error))) this.#unsure = true;
      else if (!this.#known) this.end('refused');
      throw error;
    }
  }
}

/**
 * For what is waited for before the order is given that brings it about: where that fails, whoever has asked never comes
 * to the await, and a rejection that nobody waits for ends the whole process, with all its calls.
 */
export function awaitedLater<T>(waiting: Promise<T>): Promise<T> {
  waiting.catch(() => {});
  return waiting;
}

/**
 * Gives a handle's class the operations of a resource that concern one thing.
 * @param rows of the table that the client has
 * @param makers those that make it
 */
export function bindOperations(
  prototype: Handle,
  resource: keyof Resources,
  key: string,
  rows: Readonly<Record<string, string>>,
  makers: readonly string[] = [],
): void {
  for (const name of operationsWith(rows, key)) {
    // those of its own do more
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Handle, parameters: Readonly<Record<string, unknown>> = {}, options: RequestOptions = {}) {
        const done = () => perform(this, resource, name, { ...parameters, [key]: this.id }, options);
        return makers.includes(name) ? this.making(done) : done();
      },
    });
  }
}

/** Does an operation by its name. @throws AriArgumentError where the client's own table has none of that name */
export async function perform(
  handle: Handle,
  resource: keyof Resources,
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  options: RequestOptions = {},
): Promise<unknown> {
  const methods = handle.host.resources[resource] as unknown as
    | Record<string, (parameters: object, options: RequestOptions) => Promise<unknown>>
    | undefined;
  const method = methods?.[name];
  if (!method) {
    const text = `${resource}.${name}: the table of operations that this client was given has no such operation`;
    throw new AriArgumentError(text);
  }
  const turn = handle.turn(name, parameters, options);
  if (turn) await turn;
  const value = await method(parameters, options).catch((error: unknown) => {
    if (handle.known && isLost(error, handle.kind)) handle.lose();
    throw error;
  });
  // what is stored is there without the recording
  if (!name.includes('Stored')) handle.meet();
  return value;
}
