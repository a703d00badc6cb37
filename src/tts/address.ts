/**
 * Signed addresses: `/EXPIRY/SIGNATURE/NAME`. Nothing stands behind a `?`: Asterisk takes what follows the last
 * dot for the file's format, and `&` for the beginning of another file.
 */
import { hmacSha256 } from './sha256';

/**
 * @param seconds how long it is good for at least; at most it is twice that. It stays the same for that time, so
 * that Asterisk, which keeps a file under its address, fetches it once
 */
export function signAddress(secret: string, name: string, seconds: number, nowMs: number): string {
  const expiry = (Math.floor(nowMs / 1000 / seconds) + 2) * seconds;
  return `/${expiry}/${signature(secret, expiry, name)}/${name}`;
}

export function signature(secret: string, expiry: number, name: string): string {
  return hmacSha256(Buffer.from(secret), Buffer.from(`${expiry}/${name}`)).toString('base64url');
}
