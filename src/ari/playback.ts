/** A sound that is played on a channel or in a bridge. */
import { operations, type PlaybacksOperations } from './catalog';
import type { AnyEvent } from './events';
import { bindOperations, type Ending, Handle } from './handle';
import { isNotFound } from './refusal';
import type { Bound } from './resources';

/** `done`; `failed` where the file is missing or the caller hung up; `missed` where nobody knows: events were lost. */
export type PlaybackOutcome = 'done' | 'failed' | 'missed';

export interface PlaybackHandle extends Bound<PlaybacksOperations, 'playbackId'> {}

const decisive = ['PlaybackFinished'];

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is bound below
export class PlaybackHandle extends Handle {
  readonly kind = 'playback';
  /** @internal */
  readonly decisive = decisive;
  #outcome: PlaybackOutcome = 'missed';

  /** Resolves when it is over, and never rejects. */
  get finished(): Promise<PlaybackOutcome> {
    return this.ended.then(() => this.#outcome);
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.get().then(() => true, isNotFound);
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    if (event.type !== 'PlaybackFinished') return undefined;
    const { state } = (event as { playback: { state: string } }).playback;
    this.#outcome = state === 'done' ? 'done' : 'failed';
    return 'gone';
  }
}

bindOperations(PlaybackHandle.prototype, 'playbacks', 'playbackId', operations.playbacks);
