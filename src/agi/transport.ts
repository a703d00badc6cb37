/** Asterisk's end of a call, as the session sees it. */
export interface Transport {
  /**
   * Sends text whole and in order.
   * @throws the system's error where the connection is gone
   */
  write(text: string): void;
  /** Asks for the next piece of input. It reaches `receiver` once; asking again while one is due does nothing. */
  read(): void;
  /**
   * Tells of the next piece of input, too, but keeps no process going for it: nothing is asked for. Left out where only a
   * read can tell, and one that waits has its price.
   */
  overhear?(): void;
  /** Whether a piece of input has been asked for and has not come. */
  readonly reading: boolean;
  /** Whether a read waits that would keep the process from its exit. */
  readonly blocked: boolean;
  /** Whether a piece of input has come that `receiver` has not been told of yet; false where that is unknown. */
  readonly arrived: boolean;
  receiver: Receiver;
  /** Closes the connection; nothing more reaches the receiver. */
  close(): void;
}

export interface Receiver {
  /** The bytes may be reused after the call returns. */
  onData(chunk: Buffer): void;
  /** No more will come; `error` where it did not end in good order. */
  onEnd(error?: Error): void;
}

export const nobody: Receiver = { onData() {}, onEnd() {} };
