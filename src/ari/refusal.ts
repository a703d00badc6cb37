/** What an error says of the thing that was asked for. */
import {
  AriArgumentError,
  AriConnectionError,
  AriError,
  AriResponseError,
  AriTimeoutError,
} from '../ari-errors';

/** Whether Asterisk has answered. */
export function isAnswer(error: unknown): error is AriResponseError {
  return error instanceof AriResponseError;
}

/**
 * That there is no such thing, as the answer to whether there is one.
 * @returns false
 * @throws every other error
 */
export function isNotFound(error: unknown): false {
  if (error instanceof AriError && error.code === 'ARI_NOT_FOUND') return false;
  throw error;
}

/** Whether something is in the way, such as another of the same id or name. */
export function isConflict(error: unknown): boolean {
  return isAnswer(error) && error.status === 409;
}

/** Whether Asterisk says that it has no such thing itself, and not what was asked for of it. */
export function isLost(error: unknown, kind: string): boolean {
  return isAnswer(error) && error.status === 404 && error.reason.toLowerCase() === `${kind} not found`;
}

/** Whether a thing was not made. One of the same id that is there already (409) is none of ours to end. */
export function isRefusal(error: unknown): boolean {
  if (isAnswer(error)) return error.status !== 409;
  if (error instanceof AriConnectionError || error instanceof AriTimeoutError) return !error.sent;
  return error instanceof AriArgumentError;
}
