/** The arguments of a dialplan function, taken apart as Asterisk does (app.c, __ast_app_separate_args). */

export interface Taking {
  /** What stands between them; a comma. */
  readonly at?: string;
  /** How many there are at most: the last is the rest, as it stands. */
  readonly most?: number;
  /** Leaves quotes and backslashes where they are; what they keep together stays so. */
  readonly raw?: boolean;
}

/** Quotes, a backslash and brackets keep what stands between two arguments. */
export function takeApart(
  text: string,
  { at: between = ',', most = Number.POSITIVE_INFINITY, raw = false }: Taking = {},
): string[] {
  const parts = [''];
  const add = (more: string) => parts.push(`${parts.pop()}${more}`);
  let quoted = false;
  let round = 0;
  let square = 0;
  for (let at = 0; at < text.length; at++) {
    if (parts.length === most) {
      add(text.slice(at));
      break;
    }
    const char = text.charAt(at);
    if (char === between && !quoted && round === 0 && square === 0) parts.push('');
    else if (char === '"') {
      quoted = !quoted;
      if (raw) add(char);
    } else if (char === '\\') {
      at++;
      add((raw ? char : '') + text.charAt(at));
    } else {
      if (char === '(') round++;
      else if (char === ')') round = Math.max(0, round - 1);
      else if (char === '[') square++;
      else if (char === ']') square = Math.max(0, square - 1);
      add(char);
    }
  }
  return parts;
}

const letters: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** The first character of a text, which may be told as `\x2c`, `\n` or `\,` (app.c, ast_get_encoded_char). */
export function firstCharacter(text: string): { readonly char: string; readonly length: number } | undefined {
  const found = /^(?:\\x([0-9A-Fa-f]{2})|\\([^x])|([^\\]))/s.exec(text);
  if (!found) return undefined;
  const [whole, hex, escaped, plain] = found;
  if (hex !== undefined) return { char: String.fromCharCode(Number.parseInt(hex, 16)), length: whole.length };
  const char = escaped === undefined ? (plain as string) : (letters[escaped] ?? escaped);
  return { char, length: whole.length };
}
