/** An AbortSignal of the user's: a program has one for all that it does at once. */
import { setMaxListeners } from 'node:events';

/** Keeps Node from taking it for a leak where more than ten wait for the same signal. */
export function shareSignal(signal: AbortSignal | undefined): void {
  if (signal) setMaxListeners(0, signal);
}
