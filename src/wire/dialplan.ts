/**
 * Arguments of dialplan applications: values to text that Asterisk takes apart into the same values again
 * (main/app.c, __ast_app_separate_args). A comma separates, unless it stands in quotes, in parentheses or in
 * brackets; a backslash takes the next character literally. Most applications take quotes and backslashes
 * away, and some leave them where they are.
 */

/** What a comma, or a value's end, could be hidden by. */
const special = /[\\",()[\]]/g;

/** A value as one argument, or a part of one, for an application that takes backslashes away. */
export function escapeArgument(value: string): string {
  return value.replace(special, '\\$&');
}

/**
 * The arguments in a text, as Asterisk splits it.
 * @param literal whether quotes and backslashes stay, as GOSUB leaves them
 */
export function splitArguments(text: string, literal = false): string[] {
  const args: string[] = [];
  let arg = '';
  let parentheses = 0;
  let brackets = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (char === ',' && parentheses === 0 && brackets === 0 && !quoted) {
      args.push(arg);
      arg = '';
      continue;
    }
    if (char === '(') parentheses++;
    else if (char === ')') parentheses = Math.max(0, parentheses - 1);
    else if (char === '[') brackets++;
    else if (char === ']') brackets = Math.max(0, brackets - 1);
    else if (char === '"') {
      quoted = !quoted;
      if (!literal) continue;
    } else if (char === '\\') {
      if (literal) arg += char;
      at++;
      arg += text[at] ?? '';
      continue;
    }
    arg += char;
  }
  args.push(arg);
  return args;
}
