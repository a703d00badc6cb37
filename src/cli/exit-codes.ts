/** What each command's exit code means: the same mishap ends all of them with the same one. See docs/exit-codes.md. */
import {
  AmiArgumentError,
  AmiConnectionError,
  AmiError,
  AmiLoginError,
  AmiTimeoutError,
} from '../ami-errors';
import { AriArgumentError, AriConnectionError, AriError, AriTimeoutError } from '../ari-errors';
import { AgiArgumentError, AgiError, AgiSpeechError, RefusedError } from '../errors';
import { exitCodes } from '../run/ending';
import { TargetError } from '../sim/target';
import { TraceError } from '../trace/reader';

export { exitCodes };

/**
 * `usage` for what is wrong whatever there is on this machine; `refused` where what was named is not there, cannot be
 * reached or lets nobody in, so that nothing was done; `failed` where something was, and went wrong.
 * @returns undefined for an error that is no mishap, but a mistake of this program's
 */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof AmiArgumentError || error instanceof AriArgumentError) return exitCodes.usage;
  if (error instanceof AgiArgumentError) return exitCodes.usage;
  if (error instanceof TargetError) return error.code === 'TARGET' ? exitCodes.usage : exitCodes.refused;
  if (error instanceof TraceError) return traceCode(error.code);
  if (error instanceof RefusedError) return error.code === 'USAGE' ? exitCodes.usage : exitCodes.refused;
  if (error instanceof AgiSpeechError) return exitCodes.refused;
  if (error instanceof AmiError || error instanceof AriError)
    return isUnreached(error) ? exitCodes.refused : exitCodes.failed;
  if (error instanceof AgiError) return exitCodes.failed;
  return undefined;
}

/** Whether Asterisk has never seen what it was asked for. */
function isUnreached(error: AmiError | AriError): boolean {
  if (error instanceof AmiLoginError) return true;
  if (['AMI_NO_MANAGER', 'ARI_NOT_HTTP', 'ARI_UNAUTHORIZED', 'ARI_OFF'].includes(error.code)) return true;
  const mayHaveArrived =
    error instanceof AmiConnectionError ||
    error instanceof AmiTimeoutError ||
    error instanceof AriConnectionError ||
    error instanceof AriTimeoutError;
  return mayHaveArrived && !error.sent;
}

function traceCode(code: string): number {
  if (code === 'TRACE_SAME_FILE') return exitCodes.usage;
  return code === 'TRACE_PAGE' ? exitCodes.failed : exitCodes.refused;
}
