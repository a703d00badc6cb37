/** Whether the other side of a WebSocket is there: after so much silence it is asked, and must answer in as long again. */

export interface SilenceWatchOptions {
  /** 0: never. */
  readonly everyMs: number;
  /** Asks the other side for a sign. */
  ask(): void;
  /** None has come. */
  giveUp(): void;
}

export class SilenceWatch {
  readonly #timer: NodeJS.Timeout | undefined;
  #heard = true;
  #isOver = false;

  constructor({ everyMs, ask, giveUp }: SilenceWatchOptions) {
    if (everyMs === 0) return;
    let asked = false;
    const end = () => {
      if (this.#heard || this.#isOver) return;
      this.stop();
      giveUp();
    };
    this.#timer = setInterval(() => {
      if (this.#heard) {
        this.#heard = false;
        asked = false;
      } else if (!asked) {
        asked = true;
        ask();
      } else {
        // where it was this side that hung, the answer lies unread: timers come before sockets
        setImmediate(end);
      }
    }, everyMs);
    this.#timer.unref();
  }

  /** Something has come. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }
}
