/** Why there is no connection to Asterisk, in words for whoever has to mend it. */
import { AriConnectionError, AriProtocolError, type Asked } from '../ari-errors';
import { connectionText } from '../connection-problems';
import { type AriAddress, showAddress } from './address';

/**
 * What answers is another server.
 * @param what was to be had: `no WebSocket`, `GET /channels`
 * @returns undefined where the error says no such thing
 */
export function notHttp(
  what: string,
  { host, port }: AriAddress,
  asked: Asked,
  error: NodeJS.ErrnoException,
): AriProtocolError | undefined {
  if (!error.code?.startsWith('HPE_')) return undefined;
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const text = `${what}: what answers at ${where} does not speak HTTP (${error.message}): is it bindport of http.conf, or tlsbindaddr's?`;
  return new AriProtocolError('ARI_NOT_HTTP', text, { ...asked, cause: error });
}

/** @param what was to be had: `no WebSocket`, `GET /channels: no connection` */
export function connectionFailure(
  what: string,
  address: AriAddress,
  asked: Asked,
  error: NodeJS.ErrnoException,
): AriConnectionError {
  const where = showAddress(address);
  const code = error.code ?? '';
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/.test(code)) {
    const text = `${what} to ${where}: its certificate is not accepted: ${error.message} (the option tls: { ca } names the authority to trust)`;
    return new AriConnectionError('ARI_CERTIFICATE', text, { ...asked, cause: error, retryable: false });
  }
  const advice =
    code === 'ECONNREFUSED'
      ? ' (enabled, bindaddr and bindport in http.conf say where it listens)'
      : address.tls && /^EPROTO$|^ERR_SSL/.test(code)
        ? ' (does TLS listen there? tlsenable and tlsbindaddr in http.conf)'
        : !address.tls && code === 'ECONNRESET'
          ? ' (does TLS listen there? Then the option tls is wanted, or protocol = https in [ari])'
          : '';
  const text = `${what} to ${where}: ${connectionText(error)}${advice}`;
  return new AriConnectionError('ARI_CONNECT', text, { ...asked, cause: error, retryable: true });
}

/**
 * What a request is rejected by that was on its way when the client was closed.
 * @param sent whether Asterisk may have seen it
 */
export function closedUnderway(cause: Error, asked: Asked, sent: boolean): Error {
  if (!(cause instanceof AriConnectionError)) return cause;
  const { code, message, retryable } = cause;
  return new AriConnectionError(code, `${asked.method} ${asked.path}: ${message}`, {
    ...asked,
    cause,
    retryable,
    sent,
  });
}
