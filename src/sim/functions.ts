/** The dialplan functions that call scripts commonly read and write; the user's own come first. */
import { createHash } from 'node:crypto';
import type { Channel } from './channel';
import { readVariable, type Scope } from './expressions';
import { formatTime } from './time-format';

type Reading = (argument: string, scope: Scope) => string | undefined;
type Writing = (argument: string, value: string, scope: Scope) => void;

/** A function's value; undefined where it cannot be read. */
export function readFunction(name: string, argument: string, scope: Scope): string | undefined {
  const own = Object.hasOwn(scope.functions, name) ? scope.functions[name] : undefined;
  if (own?.read) return own.read(argument, scope.channel);
  const read = readings.get(name);
  if (read) return read(argument, scope);
  scope.warn(`the simulation has no dialplan function ${name}() to read: see the option functions`);
  return undefined;
}

/** Sets a variable, or writes a function. */
export function writeVariable(name: string, value: string, scope: Scope): void {
  const call = /^([^(]+)\((.*)\)$/s.exec(name);
  if (!call) {
    scope.channel.set(name, value);
    return;
  }
  const [, fn, argument] = call as unknown as [string, string, string];
  const own = Object.hasOwn(scope.functions, fn) ? scope.functions[fn] : undefined;
  if (own?.write) own.write(argument, value, scope.channel);
  else {
    const write = writings.get(fn);
    if (write) write(argument, value, scope);
    else scope.warn(`the simulation has no dialplan function ${fn}() to write: see the option functions`);
  }
}

/** Arguments of a function, apart at commas; quotes and backslashes keep a comma. */
function split(argument: string, most = Number.POSITIVE_INFINITY): string[] {
  const parts = [''];
  let quoted = false;
  let depth = 0;
  for (let at = 0; at < argument.length; at++) {
    const char = argument.charAt(at);
    if (char === ',' && !quoted && depth === 0 && parts.length < most) {
      parts.push('');
      continue;
    }
    if (char === '"') {
      quoted = !quoted;
      continue;
    }
    if (char === '(') depth++;
    else if (char === ')') depth--;
    if (char === '\\' && at + 1 < argument.length) {
      at++;
      parts.push(`${parts.pop()}${argument.charAt(at)}`);
    } else parts.push(`${parts.pop()}${char}`);
  }
  return parts;
}

/** What CALLERID() and the like are asked for, in small letters. */
const fieldOf = (argument: string): string => (split(argument)[0] ?? '').toLowerCase();

/** What a Date can hold. */
const MAX_EPOCH_SECONDS = 8.64e12;

const flag = (yes: boolean): string => (yes ? '1' : '0');

/** Presentations by the names that the dialplan has for them (callerid.c). */
const presentations = new Map<string, number>(
  Object.entries({
    allowed_not_screened: 0,
    allowed_passed_screen: 1,
    allowed_failed_screen: 2,
    allowed: 3,
    prohib_not_screened: 32,
    prohib_passed_screen: 33,
    prohib_failed_screen: 34,
    prohib: 35,
    unavailable: 67,
  }),
);

function presentationOf({ presentation }: Channel): string {
  for (const [name, value] of presentations) if (value === presentation) return name;
  return 'unknown';
}

/** No object is looked into by a name that a script gives: it may be `__proto__`. */
function fieldTable(
  rows: Record<string, (channel: Channel) => string>,
): ReadonlyMap<string, (channel: Channel) => string> {
  return new Map(Object.entries(rows));
}

const callerFields = fieldTable({
  all: (channel) => channel.callerId,
  name: (channel) => channel.callerName ?? '',
  num: (channel) => channel.callerNumber ?? '',
  number: (channel) => channel.callerNumber ?? '',
  ani: (channel) => channel.ani || (channel.callerNumber ?? ''),
  'ani-num': (channel) => channel.ani || (channel.callerNumber ?? ''),
  dnid: (channel) => channel.dnid,
  'dnid-num': (channel) => channel.dnid,
  rdnis: (channel) => channel.rdnis,
  pres: (channel) => presentationOf(channel),
  'num-pres': (channel) => presentationOf(channel),
  'name-pres': (channel) => presentationOf(channel),
  'num-valid': (channel) => flag(channel.callerNumber !== undefined),
  'name-valid': (channel) => flag(channel.callerName !== undefined),
});

const channelFields = fieldTable({
  name: (channel) => channel.name,
  language: (channel) => channel.language,
  musicclass: (channel) => channel.musicClass,
  accountcode: (channel) => channel.accountCode,
  state: (channel) => channel.state,
  channeltype: (channel) => channel.name.split('/')[0] as string,
  uniqueid: (channel) => channel.uniqueId,
  linkedid: (channel) => channel.uniqueId,
  context: (channel) => channel.context,
  exten: (channel) => channel.extension,
  hangup: () => '0',
});

const cdrFields = fieldTable({
  src: (channel) => channel.callerNumber ?? '',
  clid: (channel) => channel.callerId,
  dst: (channel) => channel.extension,
  dcontext: (channel) => channel.context,
  channel: (channel) => channel.name,
  uniqueid: (channel) => channel.uniqueId,
  accountcode: (channel) => channel.accountCode,
});

/** The name of a list variable, its separator: CUT, FIELDQTY. */
function fields(name: string, separator: string, scope: Scope): string[] {
  return (readVariable(name, scope) ?? '').split(separator === '' ? '-' : (separator[0] as string));
}

/** `2`, `2-`, `-3`, `1&3`; it goes through the fields once, so that one further down cannot follow on one further up. */
function cutFields(parts: string[], ranges: string, separator: string): string {
  const taken: string[] = [];
  let next = 1;
  for (const range of ranges.split('&')) {
    const found = /^(\d*)(-?)(\d*)$/.exec(range);
    if (!found) continue;
    const first = found[1] === '' ? 1 : Number(found[1]);
    const last = found[2] === '' ? first : found[3] === '' ? parts.length : Number(found[3]);
    taken.push(...parts.slice(Math.max(first, next) - 1, Math.max(last, next - 1)));
    next = Math.max(next, last + 1);
  }
  return taken.join(separator[0] ?? '-');
}

/** The characters that FILTER lets through: `0-9`, `a-zA-Z_`, `\\x20`. */
function filter(allowed: string, text: string): string {
  const ranges: [from: number, to: number][] = [];
  const pattern = /(\\x[0-9A-Fa-f]{2}|\\?[\s\S])(?:-(\\x[0-9A-Fa-f]{2}|\\?[\s\S]))?/g;
  for (const [, from = '', to = from] of allowed.matchAll(pattern)) ranges.push([codeOf(from), codeOf(to)]);
  const isAllowed = (code: number) => ranges.some(([from, to]) => code >= from && code <= to);
  return Array.from(text, (char) => (isAllowed(char.codePointAt(0) ?? -1) ? char : '')).join('');
}

function codeOf(char: string): number {
  const hex = /^\\x(..)$/.exec(char)?.[1];
  return hex === undefined ? char.charCodeAt(char.length - 1) : Number.parseInt(hex, 16);
}

function replaceCharacters(text: string, from: string, to: string): string {
  return Array.from(text, (char) => (from.includes(char) ? to.slice(0, 1) : char)).join('');
}

const readings = new Map<string, Reading>(
  Object.entries({
    CALLERID: (argument, { channel, warn }) => {
      const read = callerFields.get(fieldOf(argument));
      if (!read) warn(`CALLERID(${argument}) is nothing that Asterisk knows`);
      return read?.(channel) ?? '';
    },
    CHANNEL: (argument, { channel, warn }) => {
      const read = channelFields.get(argument.toLowerCase());
      if (!read) warn(`the simulation has no CHANNEL(${argument})`);
      return read?.(channel);
    },
    CDR: (argument, { channel }) => {
      const name = split(argument)[0] as string;
      return channel.cdr.get(name) ?? cdrFields.get(name)?.(channel) ?? '';
    },
    GLOBAL: (argument, { channel }) => channel.surroundings.globals.get(argument) ?? '',
    DB: (argument, { channel }) => {
      if (!argument.includes('/')) return undefined;
      const value = channel.surroundings.database.get(argument);
      if (value !== undefined) channel.set('DB_RESULT', value);
      return value ?? '';
    },
    DB_EXISTS: (argument, { channel }) => {
      if (!argument.includes('/')) return undefined;
      const value = channel.surroundings.database.get(argument);
      if (value !== undefined) channel.set('DB_RESULT', value);
      return flag(value !== undefined);
    },
    DB_DELETE: (argument, { channel }) => {
      const value = channel.surroundings.database.get(argument) ?? '';
      channel.surroundings.database.delete(argument);
      channel.set('DB_RESULT', value);
      return value;
    },
    LEN: (argument) => String(Buffer.byteLength(argument)),
    TOUPPER: (argument) => argument.replace(/[a-z]/g, (char) => char.toUpperCase()),
    TOLOWER: (argument) => argument.replace(/[A-Z]/g, (char) => char.toLowerCase()),
    URIENCODE: (argument) =>
      Array.from(Buffer.from(argument), (byte) => {
        const char = String.fromCharCode(byte);
        return /[A-Za-z0-9\-_.~!*'()]/.test(char)
          ? char
          : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      }).join(''),
    URIDECODE: (argument) =>
      Buffer.from(
        Buffer.from(argument)
          .toString('latin1')
          .replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
        'latin1',
      ).toString(),
    BASE64_ENCODE: (argument) => Buffer.from(argument).toString('base64'),
    BASE64_DECODE: (argument) => Buffer.from(argument, 'base64').toString(),
    // of nothing they give nothing
    MD5: (argument) => (argument === '' ? undefined : createHash('md5').update(argument).digest('hex')),
    SHA1: (argument) => (argument === '' ? undefined : createHash('sha1').update(argument).digest('hex')),
    STRFTIME: (argument, { now }) => {
      const [epoch = '', zone = '', format = '%c'] = split(argument, 3);
      const seconds = Number.parseInt(epoch, 10);
      // what is no moment is this one
      const isMoment = Math.abs(seconds) <= MAX_EPOCH_SECONDS;
      return formatTime(isMoment ? seconds : now / 1000, zone, format);
    },
    IF: (argument) => {
      const [, condition = '', yes = '', no = ''] = /^([^?]*)\?([^:]*)(?::(.*))?$/s.exec(argument) ?? [];
      // with no condition it gives neither
      return condition === '' ? '' : isTruth(condition.trim()) ? yes : no;
    },
    ISNULL: (argument) => flag(argument === ''),
    EXISTS: (argument) => flag(argument !== ''),
    CUT: (argument, scope) => {
      const [name = '', separator = '-', ranges = ''] = split(argument);
      return cutFields(fields(name, separator, scope), ranges, separator);
    },
    FIELDQTY: (argument, scope) => {
      const [name = '', separator = '-'] = split(argument);
      if ((readVariable(name, scope) ?? '') === '') return '0';
      return separator === '' ? '1' : String(fields(name, separator, scope).length);
    },
    FILTER: (argument) => {
      // its backslashes are its own
      const comma = argument.indexOf(',');
      return comma === -1 ? '' : filter(argument.slice(0, comma), argument.slice(comma + 1));
    },
    REGEX: (argument, { warn }) => {
      const found = /^\s*"((?:[^"\\]|\\.)*)"\s(.*)$/s.exec(argument);
      if (!found) return undefined;
      try {
        return flag(new RegExp(found[1] as string).test(found[2] as string));
      } catch (error) {
        warn(`REGEX(${argument}): ${(error as Error).message}`);
        return undefined;
      }
    },
    MATH: (argument, { warn }) => {
      const [expression = '', type = 'float'] = split(argument);
      const value = calculate(expression);
      if (value === undefined) warn(`MATH(${argument}): one operator between two numbers is what it takes`);
      if (typeof value !== 'number') return value;
      const kind = type[0]?.toLowerCase();
      if (kind === 'i') return String(Math.trunc(value));
      if (kind === 'h') return Math.trunc(value).toString(16);
      return kind === 'c' ? String.fromCharCode(Math.trunc(value)) : value.toFixed(6);
    },
    STRREPLACE: (argument, scope) => {
      const [name = '', from = '', to = ''] = split(argument);
      const value = readVariable(name, scope) ?? '';
      return from === '' ? value : value.replaceAll(from, to);
    },
    REPLACE: (argument, scope) => {
      const [name = '', from = '', to = ''] = split(argument);
      return replaceCharacters(readVariable(name, scope) ?? '', from, to);
    },
    QUOTE: (argument) => `"${argument.replace(/["\\]/g, '\\$&')}"`,
    SET: (argument, scope) => {
      const equals = argument.indexOf('=');
      if (equals === -1) return undefined;
      writeVariable(argument.slice(0, equals), argument.slice(equals + 1), scope);
      return argument.slice(equals + 1);
    },
    TIMEOUT: (argument, { channel, now }) => {
      if (argument === 'absolute') {
        return channel.hangupAt === undefined ? '0' : ((channel.hangupAt - now) / 1000).toFixed(3);
      }
      if (argument !== 'digit' && argument !== 'response') return undefined;
      return channel.timeouts[argument].toFixed(3);
    },
    EPOCH: (_argument, { now }) => String(Math.floor(now / 1000)),
    VERSION: (_argument, { version }) => version,
    PASSTHRU: (argument) => argument,
    RAND: (argument) => {
      const [least = '', most = ''] = split(argument);
      // what is no number counts as none
      const from = Number.parseInt(least, 10) || 0;
      const to = Number.parseInt(most, 10) || 0x7fff_ffff;
      return String(from + Math.floor(Math.random() * (to - from + 1)));
    },
    ENV: () => '',
  } satisfies Record<string, Reading>),
);

const writings = new Map<string, Writing>(
  Object.entries({
    CALLERID: (argument, value, { channel }) => {
      const name = fieldOf(argument);
      if (name === 'all') channel.callerId = value;
      else if (name === 'name') channel.callerName = value;
      else if (name === 'num' || name === 'number') channel.callerNumber = value;
      else if (name === 'dnid' || name === 'dnid-num') channel.dnid = value;
      else if (name === 'rdnis') channel.rdnis = value;
      else if (name.startsWith('ani')) channel.ani = value;
      else if (name.endsWith('pres')) channel.presentation = presentations.get(value) ?? (Number(value) || 0);
    },
    CHANNEL: (argument, value, { channel, warn }) => {
      if (argument === 'language') channel.language = value;
      else if (argument === 'musicclass') channel.musicClass = value;
      else if (argument === 'accountcode') channel.accountCode = value;
      else warn(`the simulation does not set CHANNEL(${argument})`);
    },
    CDR: (argument, value, { channel }) => {
      channel.cdr.set(split(argument)[0] as string, value);
    },
    GLOBAL: (argument, value, { channel }) => {
      channel.surroundings.globals.set(argument, value);
    },
    DB: (argument, value, { channel }) => {
      channel.surroundings.database.set(argument, value);
    },
    TIMEOUT: (argument, value, { channel, now }) => {
      const seconds = Number.parseFloat(value) || 0;
      if (argument === 'absolute') channel.hangupAt = seconds > 0 ? now + seconds * 1000 : undefined;
      else if (argument === 'digit' || argument === 'response') channel.timeouts[argument] = seconds;
    },
    ENV: () => {},
  } satisfies Record<string, Writing>),
);

const operators: Record<string, (left: number, right: number) => number | boolean> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? 0 : left / right),
  '%': (left, right) => (Math.trunc(right) === 0 ? 0 : Math.trunc(left) % Math.trunc(right)),
  '^': (left, right) => left ** right,
  '<<': (left, right) => left << right,
  '>>': (left, right) => left >> right,
  AND: (left, right) => left & right,
  OR: (left, right) => left | right,
  XOR: (left, right) => left ^ right,
  '<=': (left, right) => left <= right,
  '>=': (left, right) => left >= right,
  '==': (left, right) => left === right,
  '<': (left, right) => left < right,
  '>': (left, right) => left > right,
};

/** MATH(): one operator between two numbers, which is `TRUE` or `FALSE` where it compares. */
function calculate(expression: string): number | string | undefined {
  const found =
    /^\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(<<|>>|<=|>=|==|AND|XOR|OR|[-+*/%^<>])\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*$/.exec(
      expression,
    );
  if (!found) return undefined;
  const [, left, operator, right] = found as unknown as [string, string, string, string];
  const value = operators[operator]?.(Number(left), Number(right));
  return typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : value;
}

/** As the dialplan takes a condition (pbx_checkcondition): a number other than 0, or a text. */
function isTruth(condition: string): boolean {
  return /^-?\d/.test(condition) ? Number.parseInt(condition, 10) !== 0 : condition !== '';
}
