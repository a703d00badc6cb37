/** `${…}` and `$[…]` in a text of the dialplan's (pbx_variables.c). */
import { evaluate, type Help } from './arithmetic';
import type { Channel } from './channel';
import { readFunction } from './functions';
import { priorityToTell } from './place';

/** What the values of an expression come from, and who is told of what cannot be evaluated. */
export interface Scope {
  readonly channel: Channel;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly version: string;
  readonly functions: Readonly<Record<string, FunctionStandIn>>;
  warn(text: string): void;
}

/** A dialplan function of the user's own. */
export interface FunctionStandIn {
  read?(argument: string, channel: Channel): string | undefined;
  write?(argument: string, value: string, channel: Channel): void;
}

/** How deep expressions may stand in one another; Asterisk's own stack ends somewhere, too. */
const MAX_DEPTH = 64;

/** The text with every expression replaced by its value. */
export function substitute(text: string, scope: Scope, depth = 0): string {
  if (depth > MAX_DEPTH) {
    scope.warn(`an expression of over ${MAX_DEPTH} levels is taken for an empty text`);
    return '';
  }
  let result = '';
  let at = 0;
  for (;;) {
    const start = nextExpression(text, at);
    if (start === -1) return result + text.slice(at);
    result += text.slice(at, start);
    const open = text[start + 1] as '{' | '[';
    const end = matching(text, start + 2, open);
    const inner = substitute(text.slice(start + 2, end), scope, depth + 1);
    result += open === '{' ? variable(inner, scope) : evaluate(inner, helpOf(scope));
    at = end + 1;
  }
}

function helpOf(scope: Scope): Help {
  return {
    warn: (text) => scope.warn(text),
    call: (name, argument) => readFunction(name, argument, scope),
  };
}

function nextExpression(text: string, from: number): number {
  for (let at = text.indexOf('$', from); at !== -1; at = text.indexOf('$', at + 1)) {
    if (text[at + 1] === '{' || text[at + 1] === '[') return at;
  }
  return -1;
}

/** Where the bracket closes; the end of the text where it does not. */
function matching(text: string, from: number, open: '{' | '['): number {
  const close = open === '{' ? '}' : ']';
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at;
  }
  return text.length;
}

/** `NAME`, `NAME:offset:length`, `FUNCTION(argument)`. */
function variable(text: string, scope: Scope): string {
  const colon = outsideParentheses(text, ':');
  const name = colon === -1 ? text : text.slice(0, colon);
  // what stands behind the bracket that closes is passed over
  const value = readVariable(name.replace(/^([^(]*\(.*\))[^)]*$/s, '$1'), scope) ?? '';
  return colon === -1 ? value : cut(value, text.slice(colon + 1));
}

function outsideParentheses(text: string, wanted: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === wanted && depth <= 0) return at;
  }
  return -1;
}

/** `offset:length`; from the end where they are negative. Both count bytes. */
function cut(value: string, range: string): string {
  const found = /^\s*([+-]?\d+)(?::\s*([+-]?\d+))?/.exec(range);
  if (!found) return value;
  const bytes = Buffer.from(value);
  const offset = Number(found[1]);
  const start = offset < 0 ? Math.max(0, bytes.length + offset) : Math.min(offset, bytes.length);
  const length = found[2] === undefined ? bytes.length : Number(found[2]);
  const end = length < 0 ? bytes.length + length : start + length;
  return bytes.subarray(start, Math.max(start, end)).toString();
}

/** The value of a variable or a function; undefined where there is none. */
export function readVariable(name: string, scope: Scope): string | undefined {
  const call = /^([^(]+)\((.*)\)$/s.exec(name);
  if (call) return readFunction(call[1] as string, call[2] as string, scope);
  const { channel } = scope;
  switch (name) {
    case 'CONTEXT':
      return channel.context;
    case 'EXTEN':
      return channel.extension;
    case 'PRIORITY':
      return String(priorityToTell(channel));
    case 'CHANNEL':
      return channel.name;
    case 'UNIQUEID':
      return channel.uniqueId;
    case 'HANGUPCAUSE':
      return String(channel.hangupCause);
    case 'CALLINGPRES':
      return String(channel.presentation);
    case 'CALLINGANI2':
    case 'CALLINGTON':
    case 'CALLINGTNS':
      return '0';
    case 'EPOCH':
      return String(Math.floor(scope.now / 1000));
    case 'SYSTEMNAME':
      return '';
    default:
      return channel.variables.get(name) ?? channel.surroundings.globals.get(name);
  }
}
