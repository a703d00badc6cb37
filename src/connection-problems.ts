/** The system's errors with connections, in words. */

/**
 * A host with several addresses fails with an error of no message that holds the others; OpenSSL's own words are of
 * numbers and source files, with the reason in the middle: by itself where it was found by reading, and else not.
 */
export function connectionText(error: Error): string {
  const { reason, errors } = error as Error & { reason?: unknown; errors?: unknown[] };
  if (/^EPROTO$|^ERR_SSL/.test((error as NodeJS.ErrnoException).code ?? '')) {
    const words =
      typeof reason === 'string' ? reason : /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
    if (words) return words;
  }
  const inner = errors?.[0];
  return error.message || (inner instanceof Error ? inner.message : String(error));
}
