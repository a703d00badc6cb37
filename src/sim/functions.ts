/** The dialplan functions that call scripts commonly read and write; the user's own come first. */
import { createHash } from 'node:crypto';
import { evaluate } from './arithmetic';
import type { Channel } from './channel';
import { readVariable, type Scope } from './expressions';
import { formatTime } from './time-format';

type Reading = (argument: string, scope: Scope) => string | undefined;
type Writing = (argument: string, value: string, scope: Scope) => void;

/** A function's value; undefined where it cannot be read. */
export function readFunction(name: string, argument: string, scope: Scope): string | undefined {
  const own = scope.functions[name];
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
  const own = scope.functions[fn];
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

const flag = (yes: boolean): string => (yes ? '1' : '0');

const callerFields: Record<string, (channel: Channel) => string> = {
  all: (channel) => channel.callerId,
  name: (channel) => channel.callerName,
  num: (channel) => channel.callerNumber,
  number: (channel) => channel.callerNumber,
  ani: (channel) => channel.ani || channel.callerNumber,
  'ani-num': (channel) => channel.ani || channel.callerNumber,
  dnid: (channel) => channel.dnid,
  'dnid-num': (channel) => channel.dnid,
  rdnis: (channel) => channel.rdnis,
  pres: (channel) => String(channel.presentation),
  'num-valid': (channel) => flag(channel.callerPresent),
  'name-valid': (channel) => flag(channel.callerName !== ''),
};

const channelFields: Record<string, (channel: Channel) => string> = {
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
};

const cdrFields: Record<string, (channel: Channel) => string> = {
  src: (channel) => channel.callerNumber,
  clid: (channel) => channel.callerId,
  dst: (channel) => channel.extension,
  dcontext: (channel) => channel.context,
  channel: (channel) => channel.name,
  uniqueid: (channel) => channel.uniqueId,
  accountcode: (channel) => channel.accountCode,
};

/** The name of a list variable, its separator: CUT, FIELDQTY. */
function fields(name: string, separator: string, scope: Scope): string[] {
  return (readVariable(name, scope) ?? '').split(separator === '' ? '-' : (separator[0] as string));
}

/** `2`, `2-`, `-3`, `1&3`. */
function cutFields(parts: string[], ranges: string, separator: string): string {
  const taken: string[] = [];
  for (const range of ranges.split('&')) {
    const found = /^(\d*)(-?)(\d*)$/.exec(range);
    if (!found) continue;
    const first = found[1] === '' ? 1 : Number(found[1]);
    const last = found[2] === '' ? first : found[3] === '' ? parts.length : Number(found[3]);
    taken.push(...parts.slice(first - 1, last));
  }
  return taken.join(separator[0] ?? '-');
}

/** The characters that FILTER lets through: `0-9`, `a-zA-Z`, `\x20`. */
function filter(allowed: string, text: string): string {
  const pattern = allowed.replace(/[\]^]/g, '\\$&');
  return text.replace(new RegExp(`[^${pattern}]`, 'g'), '');
}

function replaceCharacters(text: string, from: string, to: string): string {
  return Array.from(text, (char) => (from.includes(char) ? to.slice(0, 1) : char)).join('');
}

const readings = new Map<string, Reading>(
  Object.entries({
    CALLERID: (argument, { channel, warn }) => {
      const read = callerFields[fieldOf(argument)];
      if (!read) warn(`CALLERID(${argument}) is nothing that Asterisk knows`);
      return read?.(channel) ?? '';
    },
    CHANNEL: (argument, { channel, warn }) => {
      const read = channelFields[argument.toLowerCase()];
      if (!read) warn(`the simulation has no CHANNEL(${argument})`);
      return read?.(channel);
    },
    CDR: (argument, { channel }) => {
      const name = split(argument)[0] as string;
      return channel.cdr.get(name) ?? cdrFields[name]?.(channel) ?? '';
    },
    GLOBAL: (argument, { channel }) => channel.surroundings.globals.get(argument) ?? '',
    DB: (argument, { channel }) => {
      const value = channel.surroundings.database.get(argument);
      if (value !== undefined) channel.set('DB_RESULT', value);
      return value ?? '';
    },
    DB_EXISTS: (argument, { channel }) => {
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
    MD5: (argument) => createHash('md5').update(argument).digest('hex'),
    SHA1: (argument) => createHash('sha1').update(argument).digest('hex'),
    STRFTIME: (argument, { now }) => {
      const [epoch = '', zone = '', format = '%c'] = split(argument, 3);
      return formatTime(epoch === '' ? now / 1000 : Number(epoch), zone, format);
    },
    IF: (argument) => {
      const [, condition = '', yes = '', no = ''] = /^([^?]*)\?([^:]*)(?::(.*))?$/s.exec(argument) ?? [];
      return isTruth(condition) ? yes : no;
    },
    ISNULL: (argument) => flag(argument === ''),
    EXISTS: (argument) => flag(argument !== ''),
    CUT: (argument, scope) => {
      const [name = '', separator = '-', ranges = ''] = split(argument);
      return cutFields(fields(name, separator, scope), ranges, separator);
    },
    FIELDQTY: (argument, scope) => {
      const [name = '', separator = '-'] = split(argument);
      return String((readVariable(name, scope) ?? '') === '' ? 0 : fields(name, separator, scope).length);
    },
    FILTER: (argument) => {
      const [allowed = '', text = ''] = split(argument, 2);
      return filter(allowed, text);
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
      try {
        const value = Number(evaluate(expression));
        return type.startsWith('i') ? String(Math.trunc(value)) : value.toFixed(6);
      } catch (error) {
        warn(`MATH(${argument}): ${(error as Error).message}`);
        return undefined;
      }
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
      const [from, to] = [Number(least || 0), Number(most || 0x7fff_ffff)];
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
      else if (name === 'pres') channel.presentation = Number(value) || 0;
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

/** As the dialplan takes a condition (pbx_checkcondition): a number other than 0, or a text. */
function isTruth(condition: string): boolean {
  return /^-?\d/.test(condition) ? Number.parseInt(condition, 10) !== 0 : condition !== '';
}
