/**
 * `$[…]`: the dialplan's expressions, with the operators of Asterisk's ast_expr2. A text in quotes keeps them, as a part
 * of its value: `"10"` is no number, and `"x"` is not `x`; only the operators for texts take them off.
 */
import { posixPattern } from './posix-pattern';

type Token = { readonly text: string; readonly isOperator: boolean };

/** Who is told of what cannot be evaluated, and what else there is to call. */
export interface Help {
  warn?(text: string): void;
  /** A function of the dialplan's. */
  call?(name: string, argument: string): string | undefined;
}

const operators = [
  '::',
  '||',
  '&&',
  '==',
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
  ',',
];

/** Those with another name for the same. */
const sameAs: Record<string, string> = { '||': '|', '&&': '&', '==': '=' };

/** From the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['=', '<', '>', '<=', '>=', '!='],
  ['+', '-'],
  ['*', '/', '%'],
  [':', '=~', '~~'],
];

/** What binds tighter than `!` and `-` in front of a value. */
const TIGHTEST = levels.length - 1;

/** What comes of a division by zero. */
const INT_MAX = 0x7fff_ffff;

/** The functions for numbers: how many of them each takes. */
const mathematics = new Map<string, (...numbers: number[]) => number>(
  Object.entries({
    COS: (x: number) => Math.cos(x),
    SIN: (x: number) => Math.sin(x),
    TAN: (x: number) => Math.tan(x),
    ACOS: (x: number) => Math.acos(x),
    ASIN: (x: number) => Math.asin(x),
    ATAN: (x: number) => Math.atan(x),
    ATAN2: (x: number, y: number) => Math.atan2(x, y),
    POW: (x: number, y: number) => x ** y,
    SQRT: (x: number) => Math.sqrt(x),
    FLOOR: (x: number) => Math.floor(x),
    CEIL: (x: number) => Math.ceil(x),
    ROUND: (x: number) => Math.sign(x) * Math.round(Math.abs(x)),
    RINT: (x: number) => toEven(x),
    TRUNC: (x: number) => Math.trunc(x),
    ABS: (x: number) => Math.abs(x),
    EXP: (x: number) => Math.exp(x),
    EXP2: (x: number) => 2 ** x,
    EXP10: (x: number) => 10 ** x,
    LOG: (x: number) => Math.log(x),
    LOG2: (x: number) => Math.log2(x),
    LOG10: (x: number) => Math.log10(x),
    REMAINDER: (x: number, y: number) => x - toEven(x / y) * y,
  }),
);

function toEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * The value of an expression whose variables have been put in already. What is no expression is told, and taken for 0,
 * for the part in front that is one, or for nothing at all where not even its first word can stand there.
 */
export function evaluate(text: string, help: Help = {}): string {
  const parser = new Parser(tokens(text), help);
  if (parser.rest === undefined) return '';
  const warn = (reason: string) => help.warn?.(`$[${text}] ${reason}`);
  if (!parser.begins) {
    warn(`is no expression: ${JSON.stringify(parser.rest)} cannot stand in front, so its value is empty`);
    return '';
  }
  try {
    const value = parser.conditional();
    if (parser.rest !== undefined) warn(`ends at ${JSON.stringify(parser.rest)}, which is out of place`);
    return value;
  } catch (error) {
    warn(`is no expression: ${(error as Error).message}`);
    return '0';
  }
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const quoted = /^"[^"]*"/.exec(rest)?.[0];
    const operator = operators.find((name) => rest.startsWith(name));
    const word = quoted ?? /^(?:[\w.';\\^#@\u0080-\uffff]|\$[^{])+/.exec(rest)?.[0];
    if (word !== undefined) {
      found.push({ text: word, isOperator: false });
      at += word.length;
    } else if (operator !== undefined) {
      found.push({ text: sameAs[operator] ?? operator, isOperator: true });
      at += operator.length;
    } else {
      // spaces, and whatever else has no meaning here
      at++;
    }
  }
  return found;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #help: Help;
  #at = 0;

  constructor(tokens: readonly Token[], help: Help) {
    this.#tokens = tokens;
    this.#help = help;
  }

  /** What was not read. */
  get rest(): string | undefined {
    return this.#tokens[this.#at]?.text;
  }

  /** Whether what comes next can be the first word of an expression. */
  get begins(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && (!token.isOperator || ['!', '-', '('].includes(token.text));
  }

  conditional(): string {
    let value = this.#binary(0);
    while (this.#take('?')) {
      const yes = this.conditional();
      if (!this.#take('::')) throw new Error(':: is missing behind ?');
      const no = this.#binary(0);
      // unlike & and |, it takes an empty text in quotes for one
      value = isTrue(value) && value !== '""' ? yes : no;
    }
    return value;
  }

  #binary(level: number): string {
    const names = levels[level];
    if (names === undefined) return this.#operand();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = names.find((name) => this.#take(name));
      if (operator === undefined) return left;
      left = this.#apply(operator, left, this.#binary(level + 1));
    }
  }

  #operand(): string {
    if (this.#take('!')) return number(this.#binary(TIGHTEST)) === 0 ? '1' : '0';
    if (this.#take('-')) {
      const value = this.#binary(TIGHTEST);
      return isNumeric(value) ? print(-Number(value)) : '0';
    }
    if (this.#take('(')) {
      const value = this.conditional();
      if (!this.#take(')')) throw new Error(') is missing');
      return value;
    }
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('it ends too early');
    if (token.isOperator) throw new Error(`${JSON.stringify(token.text)} is out of place`);
    this.#at++;
    return this.#take('(') ? this.#call(token.text) : token.text;
  }

  #call(name: string): string {
    const args: string[] = [];
    do args.push(this.conditional());
    while (this.#take(','));
    if (!this.#take(')')) throw new Error(`) is missing behind the arguments of ${name}`);
    const work = mathematics.get(name);
    if (!work) return this.#help.call?.(name, args.join(',')) || '0';
    if (work.length === args.length) return print(work(...args.map(number)));
    this.#help.warn?.(`${name}() in an expression takes ${work.length} and not ${args.length} numbers`);
    return '0';
  }

  #apply(operator: string, left: string, right: string): string {
    if (operator !== ':' && operator !== '=~') return apply(operator, left, right);
    try {
      return match(unquoted(left), unquoted(right), operator === ':');
    } catch (error) {
      this.#help.warn?.(`${right} is no regular expression: ${(error as Error).message}`);
      return '';
    }
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
      return isTrue(left) ? plain(left) : right;
    case '&':
      return isTrue(left) && isTrue(right) ? plain(left) : '0';
    case '+':
      return print(number(left) + number(right));
    case '-':
      return print(number(left) - number(right));
    case '*':
      return print(number(left) * number(right));
    case '/':
      if (!isNumeric(left)) return '0';
      return print(number(right) === 0 ? INT_MAX : number(left) / number(right));
    case '%':
      return print(number(right) === 0 ? 0 : number(left) % number(right));
    case '~~':
      return unquoted(left) + unquoted(right);
    default:
      return compare(operator, left, right) ? '1' : '0';
  }
}

/**
 * A regular expression: what its first group took, else how many bytes it took.
 * @throws SyntaxError Where it is none.
 */
function match(text: string, source: string, anchored: boolean): string {
  const pattern = posixPattern(source);
  const found = pattern.match(text);
  if (!found || (anchored && found.at > 0)) return pattern.hasGroups ? '' : '0';
  return found.group ?? String(found.length);
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
  return /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text);
}

/** A text is true where it is not empty. */
function isTrue(text: string): boolean {
  return isNumeric(text) ? Number(text) !== 0 : text !== '';
}

/** What is no number counts as none. */
function number(text: string): number {
  return isNumeric(text) ? Number(text) : 0;
}

/** A number as one, `007` as 7. */
function plain(text: string): string {
  return isNumeric(text) ? print(Number(text)) : text;
}

function unquoted(text: string): string {
  return text.replace(/^"|"$/g, '');
}

/** As printf("%.18Lg") does, with the digits that a double has for sure. */
function print(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const isExact = Number.isInteger(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (isExact || !Number.isFinite(value))
    return String(value).replace('Infinity', 'inf').replace('NaN', 'nan');
  const [digits = '', exponent = ''] = value.toExponential(14).split('e');
  const power = Number(exponent);
  const mantissa = digits.replace(/\.?0+$/, '');
  if (power < -4 || power >= 18) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const plain = Number(`${mantissa}e${power}`);
  return power < 0
    ? plain.toFixed(Math.max(0, mantissa.replace(/\D/g, '').length - 1 - power))
    : String(plain);
}
