/** What a channel or a bridge does for a while, and Asterisk does not always tell the end of. */
import { AriError } from '../ari-errors';
import { type Ending, Handle } from './handle';

/** When what may have been dropped is looked for; doubled each time, up to the longest. */
const FIRST_LOOK_MS = 500;
const LONGEST_LOOK_MS = 30_000;
/** The same where a look is all that there is. */
const LONGEST_UNTOLD_MS = 5_000;

/** The handle of a thing that ends by itself. */
export abstract class PassingHandle extends Handle {
  #hasBegun = false;
  /** Whether a look has found it. */
  #wasFound = false;
  /**
   * Whether its end may not be told in any case: of what is done in a bridge, only while a channel of the application is
   * in it; to a client that was never started, of nothing.
   */
  #isUntold = false;
  #mayBeDropped = false;
  /** Whether what does it has ended. */
  #isAlone = false;
  #isAwaited = false;
  #looking: NodeJS.Timeout | undefined;
  #letGo: (() => void) | undefined;
  #channelId: string | undefined;

  /**
   * Sees to it that the end comes to be known, told or not: an order that waits for its turn goes with the channel that it
   * was given to, and nothing is said of it; nor of what goes on in a bridge that nobody of the application is in.
   * @param by what does it
   * @param beginning the type of the event that tells of its beginning, where Asterisk may take the order, drop it and say
   *   nothing, whatever becomes of `by`
   * @internal
   */
  watch(by: Handle, beginning?: string): void {
    if (this.ending !== undefined) return;
    if (beginning !== undefined) {
      this.on(beginning, () => {
        this.#hasBegun = true;
      });
    }
    if (by.kind === 'channel') this.#channelId = by.id;
    this.#isUntold = by.kind === 'bridge' || this.host.isDeaf();
    this.#mayBeDropped = beginning !== undefined;
    if (this.#mayBeDropped || this.#isUntold) this.#lookAfter(FIRST_LOOK_MS, false);
    const lookAtOnce = () => {
      this.#isAlone = true;
      void this.#look(FIRST_LOOK_MS, false);
    };
    if (by.ending !== undefined) lookAtOnce();
    else this.#letGo = by.whenEnded(lookAtOnce);
  }

  /** @internal */
  override isOf(channelId: string): boolean {
    return channelId === this.#channelId;
  }

  /** See `Handle.ended`. */
  override get ended(): Promise<Ending> {
    // nothing else keeps the process of a client alive that was never started
    this.#isAwaited = true;
    this.#looking?.ref();
    return super.ended;
  }

  /** @internal */
  override end(ending: Ending): void {
    clearTimeout(this.#looking);
    this.#letGo?.();
    super.end(ending);
  }

  /**
   * What Asterisk says of its state.
   * @throws AriError with code `ARI_NOT_FOUND` where there is none
   * @internal
   */
  protected abstract askState(): Promise<string>;

  /**
   * It is over, and was not what was asked for.
   * @internal
   */
  protected abstract fail(): void;

  #lookAfter(ms: number, wasGone: boolean): void {
    if (this.ending !== undefined) return;
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => void this.#look(ms, wasGone), ms);
    if (!this.#isAwaited) this.#looking.unref();
  }

  async #look(ms: number, wasGone: boolean): Promise<void> {
    // whoever is told of nothing cannot tell this apart from one that has ended as it should
    const state = this.host.isTold() || this.host.isDeaf() ? await this.state() : undefined;
    if (this.ending !== undefined) return;
    if (state !== 'gone') {
      this.#wasFound ||= state === 'playing' || state === 'recording';
      // it is told to another application
      if (state === 'playing' && !this.#hasBegun && !this.#isAlone && !this.#isUntold) return;
      this.#lookAfter(Math.min(ms * 2, this.#isUntold ? LONGEST_UNTOLD_MS : LONGEST_LOOK_MS), false);
    } else if (!wasGone) {
      // its last word may be on its way still
      this.#lookAfter(FIRST_LOOK_MS, true);
    } else {
      // what may have been done to its end, with nobody to tell it to, has not failed
      const isUnknown = this.#isUntold && (this.#hasBegun || this.#wasFound || !this.#mayBeDropped);
      if (!isUnknown) this.fail();
      this.end('gone');
    }
  }

  /** `gone` where Asterisk has none; undefined where that cannot be known at the moment. @internal */
  protected async state(): Promise<string | undefined> {
    try {
      return await this.askState();
    } catch (error) {
      return error instanceof AriError && error.code === 'ARI_NOT_FOUND' ? 'gone' : undefined;
    }
  }
}
