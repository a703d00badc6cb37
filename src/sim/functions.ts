/** The dialplan functions that call scripts commonly read and write; the user's own come first. */
import { createHash } from 'node:crypto';
import { cutBytes, FIELD_BYTES } from './buffers';
import { atoi, scan } from './c-numbers';
import { type Channel, type Surroundings, tellsOf } from './channel';
import { type Scope, substitute } from './expressions';
import { firstCharacter, takeApart } from './function-arguments';
import { calculate } from './math-function';
import { posixPattern } from './posix-pattern';
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

/** What CALLERID() and the like are asked for, in small letters. */
const fieldOf = (argument: string): string => (takeApart(argument)[0] ?? '').toLowerCase();

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

function presentationName(presentation: number): string {
  for (const [name, value] of presentations) if (value === presentation) return name;
  return 'unknown';
}

/** @returns undefined for what is none, and is not set */
function presentationNamed(text: string): number | undefined {
  return presentations.get(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined);
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
  ani: (channel) => channel.ani,
  'ani-num': (channel) => channel.ani,
  dnid: (channel) => channel.dnid,
  'dnid-num': (channel) => channel.dnid,
  rdnis: (channel) => channel.rdnis,
  pres: (channel) => presentationName(channel.presentation),
  'num-pres': (channel) => presentationName(channel.numberPresentation),
  'name-pres': (channel) => presentationName(channel.namePresentation),
  'num-valid': (channel) => flag(channel.callerNumber !== undefined),
  'name-valid': (channel) => flag(channel.callerName !== undefined),
  ton: () => '0',
  'num-plan': () => '0',
  'dnid-num-plan': () => '0',
  ani2: () => '0',
  'name-charset': () => 'iso8859-1',
});

const channelFields = fieldTable({
  name: (channel) => channel.name,
  language: (channel) => channel.language,
  musicclass: (channel) => channel.musicClass,
  accountcode: (channel) => channel.accountCode,
  userfield: (channel) => channel.userField,
  state: (channel) => channel.state,
  channeltype: (channel) => channel.name.split('/')[0] as string,
  uniqueid: (channel) => channel.uniqueId,
  linkedid: (channel) => channel.uniqueId,
  context: (channel) => channel.context,
  exten: (channel) => channel.extension,
  hangup: () => '0',
});

type CdrField = (channel: Channel, now: number, options: string) => string;

/** Seconds since a moment; with `f` and their fractions. */
function secondsSince(from: number | undefined, now: number, options: string): string {
  const seconds = from === undefined ? 0 : Math.max(0, now - from) / 1000;
  return options.includes('f') ? seconds.toFixed(6) : String(Math.floor(seconds));
}

/** A moment, `2026-11-25 15:58:16`; with `u` in seconds since 1970. */
function momentOf(at: number | undefined, options: string): string {
  if (options.includes('u')) return ((at ?? 0) / 1000).toFixed(6);
  return at === undefined ? '' : formatTime(at / 1000, '', '%Y-%m-%d %H:%M:%S');
}

const cdrFields: ReadonlyMap<string, CdrField> = new Map(
  Object.entries({
    src: (channel) => channel.callerNumber ?? '',
    clid: (channel) => channel.callerId,
    dst: (channel) => channel.extension,
    dcontext: (channel) => channel.context,
    channel: (channel) => channel.name,
    uniqueid: (channel) => channel.uniqueId,
    linkedid: (channel) => channel.uniqueId,
    accountcode: (channel) => channel.accountCode,
    disposition: (channel) => (channel.answered ? 'ANSWERED' : 'NO ANSWER'),
    duration: (channel, now, options) => secondsSince(channel.beganAt, now, options),
    billsec: (channel, now, options) => secondsSince(channel.answeredAt, now, options),
    start: (channel, _now, options) => momentOf(channel.beganAt, options),
    answer: (channel, _now, options) => momentOf(channel.answeredAt, options),
    end: (_channel, _now, options) => momentOf(undefined, options),
    amaflags: () => 'DOCUMENTATION',
    lastapp: () => 'AGI',
  } satisfies Record<string, CdrField>),
);

/** The value of what CUT and the others are given the name of, which may have `:offset:length` behind it. */
const named = (name: string, scope: Scope): string => substitute(`\${${name}}`, scope);

/** `2`, `2-`, `-3`, `1-2`; undefined for what is none of them. */
function fieldRange(text: string): readonly [first: number, last: number] | undefined {
  const both = /^\s*(\d+)-\s*(\d+)/.exec(text);
  if (both) return [Number(both[1]), Number(both[2])];
  const upTo = /^-\s*(\d+)/.exec(text);
  if (upTo) return [1, Number(upTo[1])];
  const from = /^\s*(\d+)(-?)/.exec(text);
  if (!from) return undefined;
  return [Number(from[1]), from[2] === '' ? Number(from[1]) : Number.POSITIVE_INFINITY];
}

/** It goes through the fields once, so that one further down cannot follow on one further up (func_cut.c). */
function cutFields(parts: string[], ranges: string, separator: string): string | undefined {
  const taken: string[] = [];
  let next = 1;
  for (const text of ranges.split('&')) {
    const range = fieldRange(text);
    if (!range) return undefined;
    const [first, last] = range;
    taken.push(...parts.slice(Math.max(first, next, 1) - 1, Math.max(last, next - 1)));
    next = Math.max(next, last + 1);
  }
  return taken.join(separator);
}

/** The characters that FILTER lets through: `0-9`, `a-zA-Z_`, `\x20`. A range may go over the end of the table. */
function filter(allowed: string, text: string): string {
  const bytes = new Set<number>();
  let rest = Buffer.from(allowed).toString('latin1');
  const take = (): number | undefined => {
    const first = firstCharacter(rest);
    rest = first ? rest.slice(first.length) : '';
    return first?.char.charCodeAt(0);
  };
  for (let from = take(); from !== undefined; from = take()) {
    bytes.add(from);
    if (!rest.startsWith('-')) continue;
    const isEnd = rest === '-';
    rest = rest.slice(1);
    const to = isEnd ? undefined : take();
    if (to === undefined) continue;
    for (let code = from; code !== to; code = (code + 1) % 256) bytes.add(code);
    bytes.add(to);
  }
  return Buffer.from(Buffer.from(text).filter((byte) => bytes.has(byte))).toString();
}

/** The arguments of CALLERID(): what of it, and of which caller where it is not the channel's. */
function callerOf(argument: string, channel: Channel): readonly [field: string, told: Channel] {
  const [field = '', text] = takeApart(argument, { most: 2 });
  return [field.toLowerCase(), text === undefined ? channel : tellsOf(text)];
}

/** The rows of Asterisk's database right below a place. */
function keysBelow(place: string, { database }: Surroundings): string[] {
  const start = place === '' ? '' : `${place}/`;
  const below = [...database.keys()].filter((key) => key.startsWith(start));
  return [...new Set(below.map((key) => key.slice(start.length).split('/')[0] as string))].sort();
}

const readings = new Map<string, Reading>(
  Object.entries({
    CALLERID: (argument, { channel, warn }) => {
      if (argument === '') return undefined;
      const [field, told] = callerOf(argument, channel);
      const read = callerFields.get(field);
      if (!read) warn(`the simulation has no CALLERID(${argument})`);
      return cutBytes(read?.(told) ?? '', FIELD_BYTES);
    },
    CHANNEL: (argument, { channel, warn }) => {
      const read = channelFields.get(argument.toLowerCase());
      if (!read) warn(`the simulation has no CHANNEL(${argument})`);
      return read?.(channel);
    },
    CDR: (argument, { channel, now }) => {
      const [name = '', options = ''] = takeApart(argument, { most: 2 });
      const known = name.toLowerCase();
      const value = cdrFields.get(known)?.(channel, now, options) ?? channel.cdr.get(known) ?? '';
      return known === 'userfield' ? cutBytes(value, FIELD_BYTES) : value;
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
      if (!argument.includes('/')) return undefined;
      const value = channel.surroundings.database.get(argument) ?? '';
      channel.surroundings.database.delete(argument);
      channel.set('DB_RESULT', value);
      return value;
    },
    DB_KEYS: (argument, { channel }) => keysBelow(argument, channel.surroundings).join(','),
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
    // of nothing these give nothing
    BASE64_ENCODE: (argument) => (argument === '' ? undefined : Buffer.from(argument).toString('base64')),
    BASE64_DECODE: (argument) => (argument === '' ? undefined : Buffer.from(argument, 'base64').toString()),
    MD5: (argument) => (argument === '' ? undefined : createHash('md5').update(argument).digest('hex')),
    SHA1: (argument) => (argument === '' ? undefined : createHash('sha1').update(argument).digest('hex')),
    STRFTIME: (argument, { now }) => {
      const [epoch = '', zone = '', format = '%c'] = takeApart(argument, { most: 3 });
      const seconds = Number.parseFloat(epoch);
      // what is no moment is this one
      const isMoment = Math.abs(seconds) <= MAX_EPOCH_SECONDS;
      return formatTime(isMoment ? seconds : now / 1000, zone, format);
    },
    IF: (argument) => {
      const [condition = '', outcomes = ''] = takeApart(argument, { at: '?', most: 2 });
      const [yes = '', no = ''] = takeApart(outcomes, { at: ':', most: 2 });
      // with no condition it gives neither
      return condition === '' ? '' : (isTruth(condition.trim()) ? yes : no).trim();
    },
    ISNULL: (argument) => flag(argument === ''),
    EXISTS: (argument) => flag(argument !== ''),
    CUT: (argument, scope) => {
      const [name = '', separator = '', ranges] = takeApart(argument, { most: 3 });
      if (ranges === undefined) return undefined;
      const between = firstCharacter(separator)?.char ?? '-';
      return cutFields(named(name, scope).split(between), ranges, between);
    },
    FIELDQTY: (argument, scope) => {
      const [name = '', separator = ''] = takeApart(argument, { raw: true });
      const value = named(name, scope);
      const between = firstCharacter(separator)?.char;
      return value === '' ? '0' : between === undefined ? '1' : String(value.split(between).length);
    },
    FILTER: (argument) => {
      const [allowed = '', text] = takeApart(argument, { most: 2, raw: true });
      return text === undefined ? '' : filter(allowed, text);
    },
    REGEX: (argument, { warn }) => {
      // what follows on a backslash loses it here, before the expression is read
      const [, source, text] = takeApart(argument, { at: '"', most: 3 });
      if (source === undefined || text === undefined) return undefined;
      try {
        return flag(posixPattern(source).match(text.replace(/^[ \t]/, '')) !== undefined);
      } catch (error) {
        warn(`REGEX(${argument}) has no regular expression: ${(error as Error).message}`);
        return undefined;
      }
    },
    MATH: (argument, { warn }) => {
      const [expression = '', type] = takeApart(argument, { most: 2 });
      const value = calculate(expression, type);
      if (value === undefined) warn(`MATH(${argument}): one operator between two numbers is what it takes`);
      return value;
    },
    STRREPLACE: (argument, scope) => {
      const [name = '', from = '', to = '', count] = takeApart(argument, { most: 4 });
      if (from === '') return undefined;
      let left = scan(count) ?? 0;
      if (left <= 0) left = Number.POSITIVE_INFINITY;
      return named(name, scope).replaceAll(from, () => (left-- > 0 ? to : from));
    },
    REPLACE: (argument, scope) => {
      const [name = '', from = '', to = ''] = takeApart(argument, { raw: true, most: 3 });
      const replaced = new Set<string>();
      for (let rest = from, next = firstCharacter(rest); next; next = firstCharacter(rest)) {
        replaced.add(next.char);
        rest = rest.slice(next.length);
      }
      if (replaced.size === 0) return undefined;
      const by = firstCharacter(to)?.char ?? '';
      return Array.from(named(name, scope), (char) => (replaced.has(char) ? by : char)).join('');
    },
    QUOTE: (argument) => `"${argument.replace(/["\\]/g, '\\$&')}"`,
    SET: (argument, scope) => {
      const equals = argument.indexOf('=');
      if (equals === -1) return undefined;
      writeVariable(argument.slice(0, equals), argument.slice(equals + 1), scope);
      return argument.slice(equals + 1);
    },
    TIMEOUT: (argument, { channel, now }) => {
      const name = argument.toLowerCase();
      if (name === 'absolute') {
        return channel.hangupAt === undefined ? '0' : ((channel.hangupAt - now) / 1000).toFixed(3);
      }
      return name === 'digit' || name === 'response' ? channel.timeouts[name].toFixed(3) : undefined;
    },
    VERSION: (argument, { version }) => {
      if (argument !== 'ASTERISK_VERSION_NUM') return version;
      const [major = 0, minor = 0, patch = 0] = version.split(/\D+/).map(Number);
      return String(major * 10_000 + minor * 100 + patch);
    },
    PASSTHRU: (argument) => argument,
    RAND: (argument) => {
      const [least, most] = takeApart(argument, { most: 2 });
      // what is no number counts as none
      const from = scan(least) ?? 0;
      const to = scan(most) || 0x7fff_ffff;
      return String(from + Math.floor(Math.random() * (to - from + 1)));
    },
    ENV: (argument, { channel }) => channel.surroundings.environment.get(argument) ?? '',
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
      else if (name.endsWith('-valid')) setValidity(channel, name, atoi(value) !== 0);
      else if (name.endsWith('pres')) {
        const presentation = presentationNamed(value);
        if (presentation === undefined) return;
        if (name !== 'name-pres') channel.numberPresentation = presentation;
        if (name !== 'num-pres') channel.namePresentation = presentation;
      }
    },
    CHANNEL: (argument, value, { channel, warn }) => {
      switch (argument.toLowerCase()) {
        case 'language':
          channel.language = value;
          break;
        case 'musicclass':
          channel.musicClass = value;
          break;
        case 'accountcode':
          channel.accountCode = value;
          break;
        case 'userfield':
          channel.userField = value;
          break;
        default:
          warn(`the simulation does not set CHANNEL(${argument})`);
      }
    },
    CDR: (argument, value, { channel, warn }) => {
      const name = (takeApart(argument)[0] as string).toLowerCase();
      if (name === 'accountcode') channel.accountCode = value;
      else if (cdrFields.has(name)) warn(`CDR(${name}) is Asterisk's own, and is not set`);
      else channel.cdr.set(name, value);
    },
    GLOBAL: (argument, value, { channel }) => {
      channel.surroundings.globals.set(argument, value);
    },
    DB: (argument, value, { channel }) => {
      channel.surroundings.database.set(argument, value);
    },
    TIMEOUT: (argument, value, { channel, now }) => {
      const name = argument.toLowerCase();
      const seconds = Math.max(0, Number.parseFloat(value) || 0);
      if (name === 'absolute') channel.hangupAt = seconds > 0 ? now + seconds * 1000 : undefined;
      else if (name === 'digit' || name === 'response') channel.timeouts[name] = seconds;
    },
    ENV: (argument, value, { channel }) => {
      channel.surroundings.environment.set(argument, value);
    },
  } satisfies Record<string, Writing>),
);

/** What a line does not tell keeps no text here, so that telling it is telling an empty one. */
function setValidity(channel: Channel, field: string, valid: boolean): void {
  if (field === 'num-valid') channel.callerNumber = valid ? (channel.callerNumber ?? '') : undefined;
  else if (field === 'name-valid') channel.callerName = valid ? (channel.callerName ?? '') : undefined;
}

/** As the dialplan takes a condition (pbx_checkcondition): a number other than 0, or a text. */
export function isTruth(condition: string): boolean {
  return /^[+-]?\d/.test(condition) ? Number.parseInt(condition, 10) !== 0 : condition !== '';
}
