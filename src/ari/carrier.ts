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

/**
 * What Asterisk does in the channel's own turn, and answers only then (res/stasis/control.c): when what it plays or records
 * is over, which may be never.
 */
export const patientOperations: ReadonlySet<string> = new Set([
  ...['answer', 'setChannelVar', 'setChannelVars', 'addChannel', 'removeChannel', 'setVideoSource'],
]);

/** The same, as they are sent. */
const patientPaths =
  /^POST \/(?:channels\/[^/]+\/(?:answer|variables?)|bridges\/[^/]+\/(?:addChannel|removeChannel|videoSource\/[^/]+))$/i;

/** Whether the answer may be a long time coming, and nothing else must wait behind it: the order that ends the wait, for one. */
export function isPatient({ method, path }: AriRequest): boolean {
  return patientPaths.test(`${method} ${path}`);
}
