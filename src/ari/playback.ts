/** A sound that is played on a channel or in a bridge. */
import { operations, type PlaybacksOperations } from './catalog';
import type { AnyEvent } from './events';
import { bindOperations, type Ending, perform } from './handle';
import { PassingHandle } from './passing-handle';
import { isNotFound } from './refusal';
import type { Bound, RequestOptions } from './resources';

/**
 * `done`; `failed` where the file is missing or the caller hung up; `missed` where nobody knows: events were
 * lost, or it was in a bridge that nobody of the application is in.
 */
export type PlaybackOutcome = 'done' | 'failed' | 'missed';

/** What plays on a channel or in a bridge, until it is over. */
export interface PlaybackHandle extends Omit<Bound<PlaybacksOperations, 'playbackId'>, 'stop'> {}

const decisive = ['PlaybackFinished'];

/** What Asterisk tells the end of, whatever comes of it. */
const told = /^(?:sound|digits|characters|tone):/;

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is bound below
export class PlaybackHandle extends PassingHandle {
  readonly kind = 'playback';
  /** @internal */
  readonly decisive = decisive;
  #outcome: PlaybackOutcome = 'missed';
  #isUnwanted = false;

  /** Resolves when it is over, and never rejects. */
  get finished(): Promise<PlaybackOutcome> {
    return this.ended.then(() => this.#outcome);
  }

  /**
   * Stops it, and what follows it in the list. Digits, a number and characters that are being said are heard to their end:
   * Asterisk cannot stop them, and does not always say so.
   * @throws AriResponseError with code `ARI_SERVER` where it says so; what follows in the list is stopped all the same
   */
  async stop(parameters: Record<never, never> = {}, options: RequestOptions = {}): Promise<void> {
    const again = () => perform(this, 'playbacks', 'stop', { ...parameters, playbackId: this.id }, options);
    if (!this.#isUnwanted) this.on('PlaybackContinuing', () => void again().catch(() => {}));
    this.#isUnwanted = true;
    await again();
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.get().then(() => true, isNotFound);
  }

  /** @internal */
  protected async askState(): Promise<string> {
    return (await this.get()).state;
  }

  /** @internal */
  protected fail(): void {
    this.#outcome = 'failed';
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    if (event.type !== 'PlaybackFinished') return undefined;
    const { state } = (event as { playback: { state: string } }).playback;
    this.#outcome = state === 'done' ? 'done' : 'failed';
    return 'gone';
  }
}

bindOperations(PlaybackHandle.prototype, 'playbacks', 'playbackId', operations.playbacks);

/**
 * A recording that there is not, a number that is none and a scheme that it does not know Asterisk takes, drops, and
 * says nothing of (res_stasis_playback.c, play_on_channel).
 */
export function isDoubtful(media: string | readonly string[]): boolean {
  const items = typeof media === 'string' ? media.split(',') : media;
  return !items.every((item) => told.test(item));
}
