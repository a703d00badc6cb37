/** MATH(): one operator between two numbers (func_math.c). */
import { toInt32 } from './c-numbers';

/** In the order in which Asterisk looks for them, wherever they stand: so `1+2*3` is 1 times 3. */
const operators: readonly (readonly [
  sign: string,
  work: (left: number, right: number) => number | boolean,
])[] = [
  ['*', (left, right) => left * right],
  ['/', (left, right) => (right <= 0 ? 0 : left / right)],
  ['%', (left, right) => (toInt32(right) === 0 ? 0 : toInt32(left) % toInt32(right))],
  ['^', (left, right) => left ** right],
  ['AND', (left, right) => toInt32(left) & toInt32(right)],
  ['XOR', (left, right) => toInt32(left) ^ toInt32(right)],
  ['OR', (left, right) => toInt32(left) | toInt32(right)],
  ['>', (left, right) => left > right],
  ['<', (left, right) => left < right],
  ['=', () => Number.NaN],
  ['+', (left, right) => left + right],
  ['-', (left, right) => left - right],
];

/** What makes another operator of one that is followed by it. */
const longer: Record<string, (left: number, right: number) => number | boolean> = {
  '>=': (left, right) => left >= right,
  '>>': (left, right) => toInt32(left) >> toInt32(right),
  '<=': (left, right) => left <= right,
  '<<': (left, right) => toInt32(left) << toInt32(right),
  '==': (left, right) => left === right,
};

const kinds: Record<string, (value: number) => string> = {
  f: (value) => value.toFixed(6),
  i: (value) => String(toInt32(value)),
  h: (value) => (toInt32(value) >>> 0).toString(16),
  c: (value) => String.fromCharCode(toInt32(value) & 255),
};

const names: Record<string, string> = { float: 'f', int: 'i', hex: 'h', char: 'c' };

/** @returns undefined where it makes no sense */
export function calculate(expression: string, type: string | undefined): string | undefined {
  const negative = expression.startsWith('-');
  const text = negative ? expression.slice(1) : expression;
  const kind = (type ?? 'f').toLowerCase();
  const print = kinds[names[kind] ?? kind];
  const found = operators.find(([sign]) => text.includes(sign));
  if (!found || !print) return undefined;
  const [sign] = found;
  const at = text.indexOf(sign);
  const whole = text.slice(at, at + 2);
  const work = longer[whole] ?? found[1];
  const left = scanFloat(text.slice(0, at));
  const right = scanFloat(text.slice(at + (longer[whole] ? 2 : sign.length)));
  if (left === undefined || right === undefined) return undefined;
  const value = work(negative ? -left : left, right);
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return sign === '=' ? undefined : print(value);
}

/** As sscanf("%lf") does. */
function scanFloat(text: string): number | undefined {
  const found = /^\s*([+-]?)(0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i.exec(text);
  if (!found) return undefined;
  return Number(found[2]) * (found[1] === '-' ? -1 : 1);
}
