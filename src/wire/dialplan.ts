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

/** Whether the text ends inside of parentheses, where an application may split by rules of its own. */
export function isInParentheses(text: string): boolean {
  const argument = splitArguments(text, true).at(-1) as string;
  let depth = 0;
  for (let at = 0; at < argument.length; at++) {
    if (argument[at] === '\\') at++;
    else if (argument[at] === '(') depth++;
    else if (argument[at] === ')') depth = Math.max(0, depth - 1);
  }
  return depth > 0;
}

/**
 * What closes the `${…}` or `$[…]` that is open at the text's end; undefined where none is. Asterisk counts the brackets of
 * the outermost expression's own kind, and no others (pbx_variables.c, pbx_substitute_variables_helper_full).
 */
export function openExpression(text: string): '}' | ']' | undefined {
  for (let at = 0; at < text.length; ) {
    const opening = text[at] === '$' ? text[at + 1] : undefined;
    if (opening !== '{' && opening !== '[') {
      at++;
      continue;
    }
    const closing = opening === '{' ? '}' : ']';
    let depth = 1;
    for (at += 2; at < text.length && depth > 0; at++) {
      if (text[at] === opening) depth++;
      else if (text[at] === closing) depth--;
    }
    if (depth > 0) return closing;
  }
  return undefined;
}
