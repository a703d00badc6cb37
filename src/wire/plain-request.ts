/** The request header as nearly every one is; all others, and what is wrong with them, are `RequestDecoder`'s. */

/**
 * The fields of a header that came whole and with nothing behind it, each on a line of its own and once;
 * undefined for any other.
 */
export function readPlainRequest(text: string): Map<string, string> | undefined {
  // U+FFFD: bytes that are not UTF-8
  if (!text.endsWith('\n\n') || text.includes('\ufffd')) return undefined;
  const fields = new Map<string, string>();
  let last = '';
  for (const line of text.slice(0, -2).split('\n')) {
    const colon = line.startsWith('agi_') ? line.indexOf(': ') : -1;
    const name = line.slice(0, colon);
    if (colon === -1 || fields.has(name)) return undefined;
    if (name === 'agi_network_script' && last !== 'agi_network') return undefined;
    fields.set(name, line.slice(colon + 2));
    last = name;
  }
  return fields;
}
