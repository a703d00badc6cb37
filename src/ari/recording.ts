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

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is bound below
export class RecordingHandle extends PassingHandle {
  readonly kind = 'recording';
  /** @internal */
  readonly decisive = decisive;
  #outcome: RecordingOutcome = { outcome: 'missed', recording: undefined };
  #canceled = false;

  /** Resolves when it is over, and never rejects. */
  get finished(): Promise<RecordingOutcome> {
    return this.ended.then(() => this.#outcome);
  }

  /** Stops it, and throws away what was recorded. */
  async cancel(parameters: Record<never, never> = {}, options: RequestOptions = {}): Promise<void> {
    // Asterisk says of a canceled one that it is done
    this.#canceled = true;
    try {
      await perform(this, 'recordings', 'cancel', { ...parameters, recordingName: this.id }, options);
    } catch (error) {
      this.#canceled = false;
      throw error;
    }
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
