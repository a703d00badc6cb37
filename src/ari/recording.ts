/** What is recorded of a channel or a bridge. */
import { type LiveRecording, operations, type RecordingsOperations } from './catalog';
import type { AnyEvent } from './events';
import { bindOperations, type Ending, perform } from './handle';
import { PassingHandle } from './passing-handle';
import { isNotFound } from './refusal';
import type { Bound, RequestOptions } from './resources';

/** How a recording has ended. */
export interface RecordingOutcome {
  /** `missed` where nobody knows: events were lost, or it was in a bridge that nobody of the application is in. */
  readonly outcome: 'done' | 'failed' | 'canceled' | 'missed';
  /** Asterisk's last word of it. */
  readonly recording: LiveRecording | undefined;
}

/** What is being recorded, and then is stored by its name, which is the id here. */
export interface RecordingHandle extends Omit<Bound<RecordingsOperations, 'recordingName'>, 'cancel'> {}

const decisive = ['RecordingFinished', 'RecordingFailed'];

/** The orders that Asterisk forgets where they come before it records. */
const early: ReadonlySet<string> = new Set(['stop', 'cancel', 'pause', 'unpause', 'mute', 'unmute']);
/** How often it is asked whether it records, where it may not say so. */
const LOOK_MS = 250;
/** For so long it hears nothing where it begins with a beep, whose length it does not tell. */
const BEEP_MS = 1000;

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is bound below
export class RecordingHandle extends PassingHandle {
  readonly kind = 'recording';
  /** @internal */
  readonly decisive = decisive;
  #outcome: RecordingOutcome = { outcome: 'missed', recording: undefined };
  #canceled = false;
  /** Whether it was begun by this handle, which knows then when it hears. */
  #isPrepared = false;
  #beepMs = 0;
  #hasBegun = false;
  #hears = false;
  #beeping: NodeJS.Timeout | undefined;
  /** The orders that wait until it hears. */
  readonly #waiting = new Set<() => void>();

  /** Resolves when it is over, and never rejects. */
  get finished(): Promise<RecordingOutcome> {
    return this.ended.then(() => this.#outcome);
  }

  /** Stops it, and throws away what was recorded. */
  async cancel(parameters: Record<never, never> = {}, options: RequestOptions = {}): Promise<void> {
    const turn = this.turn('cancel', parameters, options);
    if (turn) await turn;
    // Asterisk says of a canceled one that it is done
    this.#canceled = true;
    try {
      await perform(this, 'recordings', 'cancel', { ...parameters, recordingName: this.id }, options);
    } catch (error) {
      this.#canceled = false;
      throw error;
    }
  }

  /**
   * Called before Asterisk is told to record.
   * @param beep whether it begins with one
   * @internal
   */
  prepare(beep: boolean): void {
    if (this.#isPrepared || this.known) return;
    this.#isPrepared = true;
    this.#beepMs = beep ? BEEP_MS : 0;
    this.on('RecordingStarted', () => this.#begin());
  }

  /**
   * An order that comes while the recording waits for its turn is answered, and forgotten (res_stasis_recording.c,
   * record_file); one that comes while it beeps, too, and none is taken any more then. So they wait until it hears.
   * @internal
   */
  override turn(
    operation: string,
    _parameters: Readonly<Record<string, unknown>>,
    options: RequestOptions,
  ): Promise<void> | undefined {
    const isOver = this.#hears || this.ending !== undefined;
    if (!this.#isPrepared || isOver || !early.has(operation)) return undefined;
    const { timeoutMs = this.host.timeoutMs, signal } = options;
    const what = `recording ${this.id}: ${operation} waits until it has begun, and it has not (what the channel plays comes first)`;
    return this.wait({ timeoutMs, signal }, what, (resolve) => {
      this.#waiting.add(resolve);
      void this.#look();
      const looking = setInterval(() => void this.#look(), LOOK_MS);
      return () => {
        clearInterval(looking);
        this.#waiting.delete(resolve);
      };
    });
  }

  /** @internal */
  override end(ending: Ending): void {
    clearTimeout(this.#beeping);
    super.end(ending);
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.getLive().then(() => true, isNotFound);
  }

  /** @internal */
  protected async askState(): Promise<string> {
    return (await this.getLive()).state;
  }

  /** @internal */
  protected fail(): void {
    this.#outcome = { outcome: 'failed', recording: undefined };
  }

  /** Whether it records: it may not be told. */
  async #look(): Promise<void> {
    const state = await this.state();
    if (state !== undefined && state !== 'queued') this.#begin();
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const hear = () => {
      this.#hears = true;
      for (const tell of [...this.#waiting]) tell();
    };
    if (this.#beepMs === 0) hear();
    else if (this.ending === undefined) this.#beeping = setTimeout(hear, this.#beepMs);
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    if (event.type !== 'RecordingFinished' && event.type !== 'RecordingFailed') return undefined;
    const { recording } = event as { recording: LiveRecording };
    const failed = event.type === 'RecordingFailed' || recording.state === 'failed';
    const outcome = failed
      ? 'failed'
      : this.#canceled || recording.state === 'canceled'
        ? 'canceled'
        : 'done';
    this.#outcome = { outcome, recording };
    return 'gone';
  }
}

bindOperations(RecordingHandle.prototype, 'recordings', 'recordingName', operations.recordings);
