/** A sound that is played on a channel or in a bridge. */
import { AriError } from '../ari-errors';
import { operations, type PlaybacksOperations } from './catalog';
import type { AnyEvent } from './events';
import { bindOperations, type Ending, Handle } from './handle';
import { isNotFound } from './refusal';
import type { Bound } from './resources';

/** `done`; `failed` where the file is missing or the caller hung up; `missed` where nobody knows: events were lost. */
export type PlaybackOutcome = 'done' | 'failed' | 'missed';

export interface PlaybackHandle extends Bound<PlaybacksOperations, 'playbackId'> {}

const decisive = ['PlaybackFinished'];

/** What Asterisk tells the end of, whatever comes of it. */
const told = /^(?:sound|digits|characters|tone):/;
/** When what may have been dropped is looked for; doubled each time, up to the longest. */
const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 30_000;

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: what the interface promises is bound below
export class PlaybackHandle extends Handle {
  readonly kind = 'playback';
  /** @internal */
  readonly decisive = decisive;
  #outcome: PlaybackOutcome = 'missed';
  #isTold = false;
  #looking: NodeJS.Timeout | undefined;

  /** Resolves when it is over, and never rejects. */
  get finished(): Promise<PlaybackOutcome> {
    return this.ended.then(() => this.#outcome);
  }

  /** @internal */
  async exists(): Promise<boolean> {
    return this.get().then(() => true, isNotFound);
  }

  /**
   * A recording that there is not, a number that is none and a scheme that it does not know Asterisk takes, drops, and
   * says nothing of (res_stasis_playback.c, play_on_channel). So where it may be such a one it is looked for.
   * @internal
   */
  watch(media: string | readonly string[]): void {
    const items = typeof media === 'string' ? media.split(',') : media;
    if (items.every((item) => told.test(item))) return;
    this.on('PlaybackStarted', () => {
      this.#isTold = true;
    });
    this.#lookAfter(FIRST_LOOK_MS, false);
  }

  /** @internal */
  override end(ending: Ending): void {
    clearTimeout(this.#looking);
    super.end(ending);
  }

  #lookAfter(ms: number, wasGone: boolean): void {
    if (this.ending !== undefined) return;
    this.#looking = setTimeout(() => void this.#look(ms, wasGone), ms);
    this.#looking.unref();
  }

  async #look(ms: number, wasGone: boolean): Promise<void> {
    // whoever is told of nothing cannot tell this apart from a playback that has ended as it should
    const state = this.host.isTold() ? await this.#state() : undefined;
    if (this.ending !== undefined) return;
    if (state !== 'gone') {
      // it is told to another application
      if (state === 'playing' && !this.#isTold) return;
      this.#lookAfter(Math.min(ms * 2, LONGEST_LOOK_MS), false);
    } else if (!wasGone) {
      // its last word may be on its way still
      this.#lookAfter(FIRST_LOOK_MS, true);
    } else {
      this.#outcome = 'failed';
      this.end('gone');
    }
  }

  /** `gone` where Asterisk has none; undefined where that cannot be known at the moment. */
  async #state(): Promise<string | undefined> {
    try {
      return (await this.get()).state;
    } catch (error) {
      return error instanceof AriError && error.code === 'ARI_NOT_FOUND' ? 'gone' : undefined;
    }
  }

  protected endingBy(event: AnyEvent): Ending | undefined {
    if (event.type !== 'PlaybackFinished') return undefined;
    const { state } = (event as { playback: { state: string } }).playback;
    this.#outcome = state === 'done' ? 'done' : 'failed';
    return 'gone';
  }
}

bindOperations(PlaybackHandle.prototype, 'playbacks', 'playbackId', operations.playbacks);
