/** What takes a request to Asterisk and brings the answer: HTTP, or the WebSocket of the events. */
import type { AriAnswer } from '../wire/ari-answer';
import type { AriRequest } from '../wire/ari-request';

export interface CarryOptions {
  /** How long all of it may take; 0: without limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Carrier {
  /**
   * @throws AriConnectionError, AriTimeoutError whose `sent` says whether Asterisk may have carried it out;
   * AriProtocolError; the signal's reason
   */
  carry(request: AriRequest, options: CarryOptions): Promise<AriAnswer>;
}
