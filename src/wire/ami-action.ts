/**
 * An action of the manager's as text. A line ends where an LF is, whatever stands before it, so whoever can put one
 * into a value gives orders to Asterisk: CR, LF and NUL are refused, never taken out in silence.
 */
import { AmiArgumentError } from '../ami-errors';
import { escapeArgument } from './dialplan';

/** What a field of an action may hold. */
export type AmiValue = string | number | bigint | boolean;

/**
 * Header to value. A list sends the header once for each; an object sends `name=value` once for each, escaped, as
 * `Variable` of Originate wants it; what is undefined is left out.
 */
export interface AmiFields {
  readonly [name: string]:
    | AmiValue
    | readonly AmiValue[]
    | Readonly<Record<string, AmiValue | undefined>>
    | undefined;
}

/** manager.c reads a line into 1,025 bytes, its CRLF included. */
const MAX_LINE_BYTES = 1022;
/** AST_MAX_MANHEADERS in asterisk/manager.h. */
const MAX_HEADERS = 128;

/**
 * @throws AmiArgumentError for what AMI cannot carry
 */
export function encodeAction(action: string, fields: AmiFields, actionId: string): string {
  if (typeof action !== 'string' || !isPlain(fields)) {
    const name = typeof action === 'string' ? oneLine(action) : 'Ping';
    throw new AmiArgumentError(
      `an action has its name first and its headers in one object behind it, as in action(${JSON.stringify(name)}, { Header: value })`,
    );
  }
  const lines = [headerLine(action, 'Action', action), `ActionID: ${actionId}`];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    checkName(action, name);
    if (Array.isArray(value)) {
      for (const one of value) lines.push(headerLine(action, name, one));
    } else if (isPlain(value)) {
      for (const [variable, one] of Object.entries(value as Record<string, AmiValue | undefined>)) {
        if (one !== undefined) lines.push(headerLine(action, name, encodeVariable(action, variable, one)));
      }
    } else lines.push(headerLine(action, name, value as AmiValue));
  }
  if (lines.length > MAX_HEADERS) {
    throw new AmiArgumentError(
      `${action} has ${lines.length} lines, and Asterisk reads ${MAX_HEADERS} of an action at most`,
    );
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Not a Promise, a Date or a Map, which have no entries of this kind: the header would be left out in silence. */
function isPlain(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

function checkName(action: string, name: string): void {
  if (name === '' || /[\0\r\n:]|^\s|\s$/.test(name)) {
    throw new AmiArgumentError(`${action}: ${JSON.stringify(name)} cannot be the name of a header`);
  }
  if (/^action(?:id)?$/i.test(name)) {
    throw new AmiArgumentError(
      `${action}: ${name} is set by this library, by which it knows the answer: leave it out`,
    );
  }
}

function headerLine(action: string, name: string, value: unknown): string {
  const text = textOf(action, name, value);
  if (/[\0\r\n]/.test(text)) {
    const what = text.includes('\0') ? 'a NUL' : 'a newline';
    throw new AmiArgumentError(
      `${oneLine(action)}: ${name} holds ${what}, which would begin another line of orders: ${JSON.stringify(text.slice(0, 60))}`,
    );
  }
  const line = `${name}: ${text}`;
  // three bytes a unit at most
  if (line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(line) > MAX_LINE_BYTES) {
    throw new AmiArgumentError(
      `${oneLine(action)}: the line of ${name} has ${Buffer.byteLength(line)} bytes, and Asterisk reads ${MAX_LINE_BYTES} at most`,
    );
  }
  return line;
}

function textOf(action: string, name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  const what =
    value instanceof Promise
      ? 'a Promise: await it first'
      : value === null
        ? 'null'
        : typeof value === 'object'
          ? `an object that is none of names and values (${Object.prototype.toString.call(value).slice(8, -1)})`
          : typeof value === 'number'
            ? String(value)
            : typeof value;
  throw new AmiArgumentError(`${oneLine(action)}: ${name} is no text and no number, but ${what}`);
}

/** `Variable: name=value` is split at commas, with quotes, brackets and parentheses in their meaning (main/app.c). */
function encodeVariable(action: string, name: string, value: unknown): string {
  if (name === '' || /[\0\r\n=,"'\\]/.test(name)) {
    throw new AmiArgumentError(`${action}: ${JSON.stringify(name)} cannot be the name of a variable`);
  }
  return `${name}=${escapeArgument(textOf(action, name, value))}`;
}

function oneLine(action: string): string {
  return /[\0\r\n]/.test(action) ? 'an action' : action;
}
