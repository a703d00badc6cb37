/** Text of any origin, for a terminal and for a page. */

/** Controls, and what turns the direction of text, hides, or ends a line: none may reach a terminal or mislead a reader. */
const unseen =
  /[\0-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\udb40[\udc00-\udfff]/g;

/**
 * The text in one line, with what cannot be seen as `\x1b` or `\u202e`.
 * @param most so many characters are shown
 */
export function visible(text: string, most = Number.POSITIVE_INFINITY): string {
  const part = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text;
  return part.replace(unseen, (char) => {
    if (char === '\n') return '⏎';
    const code = char.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** `0.3 ms`, `31 ms`, `3.20 s`, `2 min 05 s`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** `0:01.234`, since the beginning of the call. */
export function clock(ms: number): string {
  const whole = Math.round(ms);
  const seconds = Math.floor(whole / 1000);
  const text = `${String(seconds % 60).padStart(2, '0')}.${String(whole % 1000).padStart(3, '0')}`;
  return `${Math.floor(seconds / 60)}:${text}`;
}

/** `1 command`, `2 commands`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
