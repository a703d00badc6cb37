/**
 * `$[…]`: the dialplan's expressions, with the operators of Asterisk's ast_expr2. A text in quotes keeps them, as a part
 * of its value: `"10"` is no number, and `"x"` is not `x`; only the operators for texts take them off.
 */

type Token = { readonly text: string; readonly isOperator: boolean };

const operators = [
  '::',
  '==',
  ':=',
  '=~',
  '~~',
  '<=',
  '>=',
  '!=',
  '?',
  ':',
  '|',
  '&',
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '!',
  '(',
  ')',
];

/** From the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['=', '==', '<', '>', '<=', '>=', '!='],
  ['+', '-'],
  ['*', '/', '%'],
  [':', '=~', '~~'],
];

/** What comes of a division by zero. */
const INT_MAX = 0x7fff_ffff;

/**
 * The value of an expression whose variables have been put in already.
 * @param warn is told of what is no expression, and is taken for 0, or for the part in front that is one
 */
export function evaluate(text: string, warn: (text: string) => void = () => {}): string {
  if (text.trim() === '') return '';
  const parser = new Parser(tokens(text));
  try {
    const value = parser.conditional();
    if (parser.rest !== undefined) warn(`$[${text}]: ${JSON.stringify(parser.rest)} is out of place`);
    return value;
  } catch (error) {
    warn(`$[${text}] is no expression: ${(error as Error).message}`);
    return '0';
  }
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] as string;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char === '"') {
      const end = text.indexOf('"', at + 1);
      const word = end === -1 ? text.slice(at) : text.slice(at, end + 1);
      found.push({ text: word, isOperator: false });
      at += word.length;
      continue;
    }
    const operator = operators.find((name) => text.startsWith(name, at));
    if (operator !== undefined) {
      found.push({ text: operator, isOperator: true });
      at += operator.length;
      continue;
    }
    const word = /^[^\s"|&=<>+\-*/%!()?:~]+/.exec(text.slice(at))?.[0] ?? char;
    found.push({ text: word, isOperator: false });
    at += word.length;
  }
  return found;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** What was not read. */
  get rest(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  conditional(): string {
    const condition = this.#binary(0);
    if (!this.#take('?')) return condition;
    const yes = this.conditional();
    if (!this.#take('::')) throw new Error(':: is missing behind ?');
    const no = this.conditional();
    return isTrue(condition) ? yes : no;
  }

  #binary(level: number): string {
    const names = levels[level];
    if (names === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = names.find((name) => this.#take(name));
      if (operator === undefined) return left;
      left = apply(operator, left, this.#binary(level + 1));
    }
  }

  #unary(): string {
    if (this.#take('!')) return number(this.#unary()) === 0 ? '1' : '0';
    if (this.#take('-')) return print(-number(this.#unary()));
    if (this.#take('+')) return this.#unary();
    if (this.#take('(')) {
      const value = this.conditional();
      if (!this.#take(')')) throw new Error(') is missing');
      return value;
    }
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('it ends too early');
    if (token.isOperator) throw new Error(`${JSON.stringify(token.text)} is out of place`);
    this.#at++;
    return token.text;
  }

  #take(operator: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token?.isOperator || token.text !== operator) return false;
    this.#at++;
    return true;
  }
}

function apply(operator: string, left: string, right: string): string {
  switch (operator) {
    case '|':
      return isTrue(left) ? left : right;
    case '&':
      return isTrue(left) && isTrue(right) ? left : '0';
    case '+':
      return print(number(left) + number(right));
    case '-':
      return print(number(left) - number(right));
    case '*':
      return print(number(left) * number(right));
    case '/':
      return print(number(right) === 0 ? INT_MAX : number(left) / number(right));
    case '%':
      return print(number(right) === 0 ? INT_MAX : Math.trunc(number(left)) % Math.trunc(number(right)));
    case '~~':
      return unquoted(left) + unquoted(right);
    case ':':
      return match(unquoted(left), unquoted(right), true);
    case '=~':
      return match(unquoted(left), unquoted(right), false);
    default:
      return compare(operator, left, right) ? '1' : '0';
  }
}

/** A regular expression: what its first group took, else how many characters it took. */
function match(text: string, pattern: string, anchored: boolean): string {
  const found = new RegExp(anchored ? `^(?:${pattern})` : pattern).exec(text);
  const grouped = /(?<!\\)\((?!\?)/.test(pattern);
  if (!found) return grouped ? '' : '0';
  return grouped ? (found[1] ?? '') : String(found[0].length);
}

function compare(operator: string, left: string, right: string): boolean {
  const order =
    isNumeric(left) && isNumeric(right)
      ? Number(left) - Number(right)
      : left < right
        ? -1
        : left > right
          ? 1
          : 0;
  switch (operator) {
    case '=':
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    default:
      return order >= 0;
  }
}

function isNumeric(text: string): boolean {
  return /^-?\d+(\.\d*)?$/.test(text);
}

function isTrue(text: string): boolean {
  return isNumeric(text) ? Number(text) !== 0 : text !== '';
}

/** What is no number counts as none. */
function number(text: string): number {
  return isNumeric(text) ? Number(text) : 0;
}

function unquoted(text: string): string {
  return text.replace(/^"|"$/g, '');
}

function print(value: number): string {
  return String(Number(value.toPrecision(16)));
}
