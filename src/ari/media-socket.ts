/**
 * A channel's audio as a stream both ways, over a WebSocket (channels/chan_websocket.c, Asterisk 20.16, 22.6 and
 * newer): what the caller says is read, what is written is played. The way to speech recognition and to voices.
 */
import { Duplex } from 'node:stream';
import WebSocket, { type ClientOptions } from 'ws';
import { AriConnectionError, AriTimeoutError } from '../ari-errors';
import { encodeMediaCommand, type MediaMessage, parseMediaMessage } from '../wire/media-message';
import { type AriAddress, showAddress } from './address';
import { FrameWriter } from './frame-writer';
import { SilenceWatch } from './silence-watch';

/** Asterisk reads no longer frame (res_http_websocket.c). */
const MAX_FRAME_BYTES = 32_768;
/** How much may wait in Asterisk to be played: at 20 ms a frame it takes 1,000, and throws the rest away. */
const MAX_AHEAD_FRAMES = 400;
/** How much of the caller's audio waits to be read; the newest is dropped then, for Asterisk does not wait. */
const MAX_UNREAD_BYTES = 1 << 20;
/** The longest message taken: Asterisk's are far shorter. */
const MAX_MESSAGE_BYTES = 1 << 20;

export interface MediaOptions {
  /** How long it may take until Asterisk has said what it will send; 0: without limit. */
  readonly timeoutMs: number;
  /** After so much silence Asterisk is asked whether it is there, and must answer in as long again; 0: never. */
  readonly pingEveryMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Is told what the stream was destroyed by, where nobody listens to its errors. */
  report(error: Error): void;
}

/**
 * `write` gives false, and `drain` follows, as with any stream: where Asterisk, by MEDIA_XOFF or by not reading, or the
 * time that the audio takes is slower than the writer. At most one frame of 32 kB is held beside what Node counts.
 */
export class MediaSocket extends Duplex {
  readonly #socket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #watch: SilenceWatch;
  readonly #report: (error: Error) => void;
  readonly #isJson: boolean;
  readonly #frameBytes: number;
  readonly #frameMs: number;
  /** Of what is played. @example slin16, ulaw */
  readonly format: string;
  readonly #waiting = new Map<string, (outcome: 'played' | 'flushed') => void>();
  #buffering = false;
  /** What became of what was sent, up to the last time that somebody asked. */
  #playing: Promise<'played' | 'flushed'> = Promise.resolve('played');
  /** Asterisk has said that it takes no more for now. */
  #stopped = false;
  /** The system has not taken yet what was sent last: an Asterisk that does not read is not written to. */
  #isSending = false;
  /** What is being written, as far as it is not sent. */
  #rest: { readonly chunk: Buffer; readonly done: () => void } | undefined;
  #flushing = false;
  /** When all that was sent will have been played, by the process's clock. */
  #playedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #serial = 0;
  #dropped = 0;

  /** @internal */
  constructor(
    socket: WebSocket,
    address: AriAddress,
    start: MediaMessage,
    { pingEveryMs, report }: Pick<MediaOptions, 'pingEveryMs' | 'report'>,
  ) {
    super({ allowHalfOpen: false });
    this.#report = report;
    const isSecure = address.tls !== undefined;
    this.#socket = socket;
    this.#writer = new FrameWriter(socket, isSecure);
    this.#isJson = start.isJson;
    this.format = start.fields.format ?? '';
    this.#frameBytes = Number(start.fields.optimal_frame_size) || 160;
    this.#frameMs = Number(start.fields.ptime) || 20;
    // whoever only listens would wait for ever for one who has gone without a word
    this.#watch = new SilenceWatch({
      everyMs: pingEveryMs,
      ask: () => this.#writer.ping(),
      giveUp: () => {
        const where = showAddress(address);
        this.destroy(
          new AriTimeoutError(
            `the media WebSocket of ${where} has not answered a ping for ${pingEveryMs} ms`,
          ),
        );
        socket.terminate();
      },
    });
    const onSign = () => this.#watch.heard();
    socket.on('pong', onSign);
    socket.on('ping', onSign);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#watch.heard();
      if (isBinary) this.#onAudio(data);
      else this.#onText(data.toString());
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.#onClose());
  }

  /**
   * Resolves when Asterisk has said what it will send.
   * @internal
   */
  static connect(
    address: AriAddress,
    id: string,
    { timeoutMs, signal, ...options }: MediaOptions,
  ): Promise<MediaSocket> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    // beside the REST interface, not below it
    const root = { ...address, prefix: address.prefix.replace(/\/ari$/, '') };
    const where = showAddress(root);
    const socket = new WebSocket(`${where.replace(/^http/, 'ws')}/media/${encodeURIComponent(id)}`, 'media', {
      ...(address.tls as ClientOptions | undefined),
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      autoPong: false,
    });
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
      };
      const fail = (error: unknown) => {
        settle();
        socket.on('error', () => {});
        socket.terminate();
        reject(error);
      };
      const late = () => fail(new AriTimeoutError(`no media WebSocket to ${where} within ${timeoutMs} ms`));
      const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
      const broken = (cause: Error) => {
        const text = `no media WebSocket to ${where}: ${cause.message} (are chan_websocket.so and res_http_websocket.so loaded?)`;
        fail(new AriConnectionError('ARI_CONNECT', text, { cause, retryable: true }));
      };
      socket.once('error', broken);
      socket.once('close', () => broken(new Error('it was closed at once')));
      socket.once('message', (data: Buffer) => {
        try {
          const start = parseMediaMessage(data.toString());
          settle();
          resolve(new this(socket, root, start, options));
        } catch (error) {
          fail(error);
        }
      });
      const onAbort = () => fail(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Bytes of the caller's audio that nobody has read in time. */
  get droppedBytes(): number {
    return this.#dropped;
  }

  /** How many bytes are 20 ms, or whatever a frame is here. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  /**
   * Resolves when all that was written so far has been played, or thrown away: by `flush`, or because the channel
   * is gone.
   */
  async played(): Promise<'played' | 'flushed'> {
    // what Node holds back must be on its way first; behind the end nothing can be written, and the end waits for it all
    if (this.writableEnded) await this.#isOver();
    else if (this.writableLength > 0 && !this.destroyed)
      await new Promise<void>((resolve) => this.write(Buffer.alloc(0), () => resolve()));
    return this.#playOut();
  }

  /** What `played` gives, of what has left Node. */
  #playOut(): Promise<'played' | 'flushed'> {
    // whoever asks while nothing has been added waits for the same
    if (!this.#buffering) return this.#playing;
    this.#buffering = false;
    const id = String(++this.#serial);
    this.#playing = new Promise((resolve) => {
      if (this.#socket.readyState !== WebSocket.OPEN) return resolve('flushed');
      this.#waiting.set(id, (outcome) => {
        this.#waiting.delete(id);
        resolve(outcome);
      });
      this.#command('STOP_MEDIA_BUFFERING', id);
    });
    return this.#playing;
  }

  /** Resolves when all that was written has been played, or never will be. */
  #isOver(): Promise<void> {
    if (this.writableFinished || this.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.once('finish', resolve);
      this.once('close', resolve);
    });
  }

  /** Throws away what was written and has not been played: the caller speaks. */
  flush(): void {
    this.#command('FLUSH_MEDIA');
    if (this.#buffering) this.#playing = Promise.resolve('flushed');
    this.#buffering = false;
    this.#stopped = false;
    this.#playedAt = 0;
    for (const settle of [...this.#waiting.values()]) settle('flushed');
    if (this.writableLength > 0 && !this.writableEnded) {
      // what Node still holds back goes, up to here
      this.#flushing = true;
      this.write(Buffer.alloc(0), () => {
        this.#flushing = false;
      });
    }
    this.#giveUp();
  }

  /** Hangs the media channel up; both streams end. */
  hangup(): void {
    this.#command('HANGUP');
  }

  override _read(): void {
    // it comes when it comes
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // a caller who has hung up hears nothing more, which is no error
    if (this.#socket.readyState !== WebSocket.OPEN || this.#flushing || chunk.length === 0) {
      done();
      return;
    }
    this.#rest = { chunk, done };
    this.#goOn();
  }

  /** Sends what is being written, as far as Asterisk, the system and the clock let it. */
  #goOn(): void {
    clearTimeout(this.#timer);
    if (!this.#rest || this.#stopped || this.#isSending) return;
    const now = performance.now();
    const aheadMs = this.#playedAt - now - MAX_AHEAD_FRAMES * this.#frameMs;
    if (aheadMs > 0) {
      this.#timer = setTimeout(() => this.#goOn(), aheadMs);
      return;
    }
    const { chunk, done } = this.#rest;
    const head = chunk.subarray(0, MAX_FRAME_BYTES);
    this.#rest = head.length === chunk.length ? undefined : { chunk: chunk.subarray(head.length), done };
    this.#send(head);
    this.#playedAt = Math.max(this.#playedAt, now) + (head.length / this.#frameBytes) * this.#frameMs;
    if (!this.#rest) done();
  }

  #send(frame: Buffer): void {
    if (!this.#buffering) {
      this.#buffering = true;
      // from here on Asterisk cuts what comes into frames itself
      this.#command('START_MEDIA_BUFFERING');
    }
    this.#isSending = true;
    this.#writer.send(frame, () => {
      this.#isSending = false;
      this.#goOn();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    void this.#playOut().then(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // what has not been played by now will not be
    if (this.#buffering || this.#rest) this.#playing = Promise.resolve('flushed');
    this.#buffering = false;
    this.#giveUp();
    this.#watch.stop();
    this.#socket.close();
    // one caller's audio that is lost must not end the process with all the others
    const isHeard = this.listenerCount('error') > 0;
    if (error && !isHeard) this.#report(error);
    done(isHeard ? error : null);
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.done();
  }

  #onAudio(data: Buffer): void {
    if (this.readableLength > MAX_UNREAD_BYTES) this.#dropped += data.length;
    else this.push(data);
  }

  #onText(text: string): void {
    let message: MediaMessage;
    try {
      message = parseMediaMessage(text);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    switch (message.event) {
      case 'MEDIA_XOFF':
        this.#stopped = true;
        break;
      case 'MEDIA_XON':
        this.#stopped = false;
        this.#goOn();
        break;
      case 'MEDIA_BUFFERING_COMPLETED':
        this.#waiting.get(message.fields.correlation_id ?? '')?.('played');
        break;
      default:
        this.emit('control', message);
    }
  }

  #onClose(): void {
    this.push(null);
    this.#giveUp();
    this.end();
    for (const settle of [...this.#waiting.values()]) settle('flushed');
  }

  #command(name: string, correlationId?: string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#writer.send(encodeMediaCommand(name, this.#isJson, correlationId));
  }
}
