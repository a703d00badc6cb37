/** A string in a text of JSON that is not taken apart. */

const SLASH = 0x5c;

/** @param start of its first quote. @returns where its last one is; -1 where it does not end */
export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === SLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}
