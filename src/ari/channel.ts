/** A channel: a caller, or someone who is called. */
import { AriArgumentError, AriGoneError, AriProtocolError } from '../ari-errors';
import { patientOperations } from './carrier';
import {
  type Channel,
  type ChannelsOperations,
  type LiveRecording,
  operations,
  type Playback,
  type StasisStart,
} from './catalog';
import type { AnyEvent } from './events';
import { awaitedLater, bindOperations, type Ending, Handle, perform, type WaitOptions } from './handle';
import type { MediaSocket } from './media-socket';
import { checkMs, checkNames, collectNames, waitNames } from './option-names';
import { isDoubtful, type PlaybackHandle } from './playback';
import type { RecordingHandle } from './recording';
import { isNotFound } from './refusal';
import type { Bound, RequestOptions } from './resources';

/** What became of a call that was dialled: `ANSWER`, or why not. `HANGUP`: the channel is gone, and nobody said why. */
export interface DialledOutcome {
  readonly status:
    | 'ANSWER'
    | 'BUSY'
    | 'CANCEL'
    | 'CHANUNAVAIL'
    | 'CONGESTION'
    | 'NOANSWER'
    | 'DONTCALL'
    | 'TORTURE'
    | 'HANGUP';
}

/** How keys are collected. */
export interface CollectOptions extends WaitOptions {
  /** What is played meanwhile, `sound:vm-extension`; the first key ends it, or, while digits are said, what follows them. */
  readonly media?: string | readonly string[] | undefined;
  /** 1 or more; as many as the caller likes where it is left out. */
  readonly maxDigits?: number | undefined;
  /** The keys that end the entry; `#`. */
  readonly terminators?: string | undefined;
  /** For the first key, from the end of what is played; 6,000, and 0: without limit. */
  readonly timeoutMs?: number | undefined;
  /** For each key behind the first; 2,000, and 0: without limit. */
  readonly betweenMs?: number | undefined;
}

/** The keys that the caller has typed. */
export interface Collected {
  /** `complete`: `maxDigits` of them, or a terminator; else `timeout`. */
  readonly outcome: 'complete' | 'timeout';
  /** Without the terminator. */
  readonly digits: string;
  /** The key that has ended it, where one has. */
  readonly terminator: string | undefined;
}

type Given<Name extends keyof ChannelsOperations> = ChannelsOperations[Name] extends [
  infer Parameters,
  unknown,
]
  ? Omit<Parameters, 'channelId'>
  : never;

/** A channel, and what can be asked of it: the operations that name one have its id already. */
export interface ChannelHandle
  extends Omit<
    Bound<ChannelsOperations, 'channelId'>,
    'create' | 'dial' | 'hangup' | 'play' | 'playWithId' | 'record'
  > {}

const statuses: ReadonlySet<string> = new Set<DialledOutcome['status']>([
  ...(['ANSWER', 'BUSY', 'CANCEL', 'CHANUNAVAIL', 'CONGESTION', 'NOANSWER', 'DONTCALL', 'TORTURE'] as const),
]);

/** By Q.850's causes (include/asterisk/causes.h). */
const causes = new Map<number, DialledOutcome['status']>([
  [17, 'BUSY'],
  [18, 'NOANSWER'],
  [19, 'NOANSWER'],
  [20, 'CHANUNAVAIL'],
  [34, 'CONGESTION'],
  [42, 'CONGESTION'],
]);

/** How long a channel that was made may take to its application. */
const ENTER_MS = 10_000;
/** How long the word that a channel is gone may come behind the one that it has left. */
const DESTROYED_MS = 10_000;
/** When a channel whose end nobody may tell is looked for. */
const LOOK_MS = 500;

const decisive = ['ChannelDestroyed', 'ChannelHangupRequest', 'StasisStart', 'StasisEnd'];

export class ChannelHandle extends Handle {
  readonly kind = 'channel';
  /** @internal */
  readonly decisive = decisive;
  #hungUp = false;
  /** The application that it has entered, where that was seen. */
  #application: string | undefined;
  /** What waits for the channel's answer, and may have missed it. */
  readonly #dialling = new Set<() => void>();
  #leaving: NodeJS.Timeout | undefined;
  #looking: NodeJS.Timeout | undefined;

  /**
   * Makes the channel without dialling it; resolves when it is in the application, and takes orders.
   * @throws AriTimeoutError where it does not get there in time, because the application is not this client's
   */
  async create(parameters: Given<'create'>, options: RequestOptions = {}): Promise<Channel> {
    const { timeoutMs = ENTER_MS, signal } = options;
    let giveUp: (error: unknown) => void = () => {};
    // it may be there before the answer to the request
    const entered = this.wait<StasisStart>(
      { timeoutMs, signal },
      `channel ${this.id}: no StasisStart`,
      (resolve, reject) => {
        giveUp = reject;
        return this.on('StasisStart', resolve);
      },
    );
    entered.catch(() => {});
    const given = { ...parameters, channelId: this.id };
    try {
      const channel = (await this.making(() =>
        perform(this, 'channels', 'create', given, options),
      )) as Channel;
      await entered;
      return channel;
    } finally {
      giveUp(undefined);
    }
  }

  /**
   * Dials a channel that was made by `create`, and resolves when it is known what became of that.
   * @param parameters.timeout in seconds; 0: without limit
   * @throws AriArgumentError for a client that was never started: nobody would tell it; for a second order meanwhile
   */
  async dial(parameters: Given<'dial'> = {}, options: RequestOptions = {}): Promise<DialledOutcome> {
    let giveUp: (error: unknown) => void = () => {};
    let cause: number | undefined;
    checkNames('channels.dial', options, waitNames);
    if (this.host.isDeaf())
      throw new AriArgumentError('dial: what becomes of a call is told by events: start() comes first');
    if (this.#dialling.size > 0)
      throw new AriArgumentError('dial: this channel is being dialled, and a second order kills Asterisk 16');
    const beganAt = performance.now();
    const waiting = this.wait<DialledOutcome>({ signal: options.signal }, '', (resolve, reject) => {
      giveUp = reject;
      const offs = [
        this.on('Dial', ({ peer, dialstatus }) => {
          if (peer.id === this.id && statuses.has(dialstatus))
            resolve({ status: dialstatus as DialledOutcome['status'] });
        }),
        this.on('ChannelDestroyed', (event) => {
          cause = event.cause;
        }),
      ];
      const onUp = () => resolve({ status: 'ANSWER' });
      this.#dialling.add(onUp);
      offs.push(() => this.#dialling.delete(onUp));
      return () => {
        for (const off of offs) off();
      };
    });
    // the request itself may fail, and the outcome be known before its answer
    waiting.catch(() => {});
    try {
      await perform(this, 'channels', 'dial', { ...parameters, channelId: this.id }, options);
      return await waiting;
    } catch (error) {
      if (!(error instanceof AriGoneError && cause !== undefined)) throw error;
      // of a call that nobody takes in time nothing else is told, and by Asterisk 16 no cause either
      const { timeout = 0 } = parameters;
      const isLate = timeout > 0 && performance.now() - beganAt >= timeout * 1000;
      return { status: causes.get(cause) ?? (isLate ? 'NOANSWER' : 'HANGUP') };
    } finally {
      giveUp(undefined);
    }
  }

  /** Hangs the channel up. */
  async hangup(parameters: Given<'hangup'> = {}, options: RequestOptions = {}): Promise<void> {
    const before = this.#hungUp;
    // its last word may come before the answer
    this.#hungUp = true;
    try {
      await perform(this, 'channels', 'hangup', { ...parameters, channelId: this.id }, options);
    } catch (error) {
      this.#hungUp = before;
      throw error;
    }
    // where the channel is not in the application nothing is told
    this.#expectEnd();
  }

  /**
   * Plays sounds, one after the other; resolves when Asterisk has taken the order. What is played ends by itself,
   * see `finished` of the handle.
   */
  async play(parameters: Given<'play'>, options: RequestOptions = {}): Promise<PlaybackHandle> {
    const playback = this.host.playback(parameters.playbackId);
    const given = { ...parameters, channelId: this.id, playbackId: playback.id };
    await playback.making(() => perform(this, 'channels', 'play', given, options) as Promise<Playback>);
    playback.watch(this, isDoubtful(given.media) ? 'PlaybackStarted' : undefined);
    return playback;
  }

  /**
   * Records the channel; resolves when Asterisk has taken the order. What it plays comes first; an order to stop, cancel,
   * pause or mute waits until it records, and until its beep is over.
   * @param parameters.name chosen where it is left out
   */
  async record(
    parameters: Omit<Given<'record'>, 'name'> & { name?: string | undefined },
    options: RequestOptions = {},
  ): Promise<RecordingHandle> {
    const recording = this.host.recording(parameters.name);
    const given = { ...parameters, channelId: this.id, name: recording.id };
    recording.prepare(given.beep ?? false);
    await recording.making(
      () => perform(this, 'channels', 'record', given, options) as Promise<LiveRecording>,
    );
    recording.watch(this);
    return recording;
  }

  /**
   * Makes this a channel of media, and opens its audio as a stream both ways: put it into a bridge, and what is said
   * there is read, what is written is heard. A bridge takes it once it has entered the application: await its
   * StasisStart, listened for before. Where its audio cannot be had it is hung up. Asterisk 22.6 and newer, with the
   * module chan_websocket.
   * @param parameters.format what is read and written: `slin16`, 16-bit samples at 16 kHz; `slin`, `ulaw` …
   */
  async openMedia(
    parameters: { app: string; format: string; variables?: Record<string, unknown> | undefined },
    options: RequestOptions = {},
  ): Promise<MediaSocket> {
    const { channelvars } = await this.externalMedia(
      {
        ...parameters,
        external_host: 'INCOMING',
        transport: 'websocket',
        encapsulation: 'none',
        connection_type: 'server',
      },
      options,
    );
    const id = (channelvars as Record<string, unknown> | undefined)?.MEDIA_WEBSOCKET_CONNECTION_ID;
    try {
      if (typeof id === 'string') {
        const media = await this.host.openMedia(id, options);
        // another application's channel, or nobody's, is told to nobody
        media.once('close', () => this.lose());
        return media;
      }
      const text = `channel ${this.id}: Asterisk gives no id of a media WebSocket`;
      throw new AriProtocolError('ARI_MEDIA', text);
    } catch (error) {
      // it would wait in Asterisk for a WebSocket that does not come
      this.hangup().catch(() => {});
      throw error;
    }
  }

  /**
   * Collects keys, from now on.
   * @throws AriGoneError where the caller hangs up; the signal's reason
   */
  collect(options: CollectOptions = {}): Promise<Collected> {
    try {
      checkCollect(options);
    } catch (error) {
      return Promise.reject(error);
    }
    return awaitedLater(this.#collect(options));
  }

  async #collect({
    media,
    maxDigits = 1023,
    terminators = '#',
    timeoutMs = 6000,
    betweenMs = 2000,
    signal,
  }: CollectOptions): Promise<Collected> {
    let playback: PlaybackHandle | undefined;
    let pressed = false;
    let wait: (ms: number) => void = () => {};
    let giveUp: (error: unknown) => void = () => {};
    const collecting = this.wait<Collected>({ signal }, '', (resolve, reject) => {
      giveUp = reject;
      let digits = '';
      let timer: NodeJS.Timeout | undefined;
      const finish = (outcome: Collected['outcome'], terminator?: string) =>
        resolve({ outcome, digits, terminator });
      wait = (ms) => {
        clearTimeout(timer);
        timer = ms > 0 ? setTimeout(finish, ms, 'timeout') : undefined;
      };
      if (media === undefined) wait(timeoutMs);
      const off = this.on('ChannelDtmfReceived', ({ digit }) => {
        if (!pressed) stopQuietly(playback);
        pressed = true;
        if (terminators.includes(digit)) return finish('complete', digit);
        digits += digit;
        if (digits.length >= maxDigits) finish('complete');
        else wait(betweenMs);
      });
      return () => {
        clearTimeout(timer);
        off();
      };
    });
    if (media === undefined) return collecting;
    // it may be over before what is played has begun
    collecting.catch(() => {});
    try {
      playback = await this.play({ media }, { signal });
      if (pressed) stopQuietly(playback);
      else
        void playback.ended.then(() => {
          if (!pressed) wait(timeoutMs);
        });
      return await collecting;
    } catch (error) {
      // nobody collects any more
      giveUp(error);
      stopQuietly(playback);
      throw error;
    }
  }

  /** @internal */
  override turn(
    operation: string,
    _parameters: Readonly<Record<string, unknown>>,
    options: RequestOptions,
  ): Promise<void> | undefined {
    return patientOperations.has(operation) ? this.quiet([this.id], operation, options) : undefined;
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.get().then(() => true, isNotFound);
  }

  /** @internal */
  override find({ state }: Channel): void {
    if (state === 'Up') for (const tell of [...this.#dialling]) tell();
  }

  /** @internal */
  override enter(application: string | undefined): void {
    if (this.#application !== undefined && this.#application !== application) this.end('left');
  }

  /** @internal */
  override end(ending: Ending): void {
    clearTimeout(this.#leaving);
    clearTimeout(this.#looking);
    super.end(ending);
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    const { channel, application } = event as { channel?: { id: string }; application?: string };
    if (channel?.id !== this.id) return undefined;
    if (event.type === 'StasisStart') this.#application = application;
    if (event.type === 'ChannelDestroyed') return 'gone';
    if (event.type === 'ChannelHangupRequest') this.#hungUp = true;
    if (event.type !== 'StasisEnd') return undefined;
    // the last word of the application that it was in before may come behind the first of this one
    if (this.#application !== undefined && this.#application !== application) return undefined;
    const isDialled = this.#dialling.size > 0;
    if (!this.#hungUp && !isDialled) return 'left';
    // of one that came in by Stasis() this is the last word; of one that the application has made the cause follows
    if (!this.made && !isDialled) return 'gone';
    this.#expectEnd();
    return undefined;
  }

  #expectEnd(): void {
    if (this.ending !== undefined) return;
    this.#leaving ??= setTimeout(() => this.end('gone'), DESTROYED_MS).unref();
    this.lose();
  }

  /** Ends where Asterisk has no such channel any more, and no word of that comes. @internal */
  override lose(): void {
    if (this.ending !== undefined) return;
    this.#looking ??= setTimeout(async () => {
      const isThere = await this.exists().catch(() => true);
      this.#looking = undefined;
      // its last word may be on its way still
      if (!isThere && this.ending === undefined)
        this.#looking = setTimeout(() => this.end('gone'), LOOK_MS).unref();
    }, LOOK_MS).unref();
  }
}

bindOperations(ChannelHandle.prototype, 'channels', 'channelId', operations.channels, [
  ...['originate', 'originateWithId', 'externalMedia'],
]);

/** @throws AriArgumentError for what is no option, or none that can be meant */
function checkCollect(options: CollectOptions): void {
  checkNames('collect', options, collectNames);
  const { timeoutMs = 0, betweenMs = 0, maxDigits = 1 } = options;
  checkMs('collect: timeoutMs', timeoutMs);
  checkMs('collect: betweenMs', betweenMs);
  if (!Number.isInteger(maxDigits) || maxDigits < 1) {
    throw new AriArgumentError(`collect: maxDigits is ${maxDigits}, and must be a whole number from 1 on`);
  }
}

/** What is played may be over already. */
function stopQuietly(playback: PlaybackHandle | undefined): void {
  if (playback && playback.ending === undefined) playback.stop().catch(() => {});
}
