/** What cannot be sent to Asterisk or cannot have come from it, and the limits that depend on its version. */
import { AgiArgumentError, AgiProtocolError } from '../errors';
import { MAX_COMMAND_BYTES, MAX_COMMAND_BYTES_BEFORE_2025, MAX_COMMAND_WORDS } from './agi-command';

const controls: Record<string, string> = { '\0': 'a NUL', '\r': 'a carriage return', '\n': 'a newline' };

/** The text itself is not shown: it may be a password. */
export function uncarriable(text: string, command?: string): AgiArgumentError {
  const at = text.search(/[\0\r\n]/);
  return new AgiArgumentError(
    `${of(command)}AGI cannot carry ${controls[text[at] as string]} (at character ${at + 1} of ${text.length})`,
  );
}

/** JavaScript lets anything through; Asterisk would be told `undefined` or `[object Promise]`. */
export function noArgument(value: unknown, command?: string): AgiArgumentError {
  const what =
    value instanceof Promise
      ? 'a Promise: is an `await` missing?'
      : typeof value === 'number'
        ? `${value}`
        : value === null
          ? 'null'
          : Array.isArray(value)
            ? 'a list'
            : typeof value;
  return new AgiArgumentError(`${of(command)}an AGI argument is a text or a number, and this is ${what}`);
}

const of = (command: string | undefined) => (command === undefined ? '' : `${command}: `);

/** @throws AgiArgumentError for a line that an Asterisk of this version does not read as one command */
export function checkLine(line: string, version: string | undefined): void {
  if (typeof line !== 'string') {
    throw new AgiArgumentError(`a line is a text, and this is ${line === null ? 'null' : typeof line}`);
  }
  if (/[\0\r\n]/.test(line)) throw uncarriable(line);
  // its name alone: an argument may be a password
  const name = /^[A-Z ]+(?= )/.exec(line)?.[0];
  const command = (size: string) => `a command of ${size}${name ? ` (${name})` : ''}`;
  const bytes = Buffer.byteLength(line);
  const most = maxCommandBytes(version);
  if (bytes > most) {
    throw new AgiArgumentError(
      `${command(`${bytes} bytes`)}, and Asterisk ${version ?? ''} reads ${most} at most`,
    );
  }
  const words = countWords(line);
  if (words > MAX_COMMAND_WORDS) {
    throw new AgiArgumentError(
      `${command(`${words} words`)}, and Asterisk takes ${MAX_COMMAND_WORDS} at most`,
    );
  }
}

/** As Asterisk counts them (res_agi.c, parse_args). */
function countWords(line: string): number {
  let words = 0;
  let inWord = false;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (!quoted && (char === ' ' || char === '\t')) {
      inWord = false;
      continue;
    }
    if (!inWord) words++;
    inWord = true;
    if (char === '"') quoted = !quoted;
    else if (char === '\\') at++;
  }
  return words;
}

/**
 * The longest line that an Asterisk of this version reads: 8,190 bytes from 20.16, 21.11, 22.6 and 23 on,
 * 2,046 before and where the version cannot be read.
 */
export function maxCommandBytes(version = ''): number {
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (!match) return MAX_COMMAND_BYTES_BEFORE_2025;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const since = major >= 23 ? 0 : { 20: 16, 21: 11, 22: 6 }[major];
  return since !== undefined && minor >= since ? MAX_COMMAND_BYTES : MAX_COMMAND_BYTES_BEFORE_2025;
}

export function lineTooLong(limitBytes: number): AgiProtocolError {
  return new AgiProtocolError(
    `a line of over ${limitBytes} bytes came in: the other side does not speak AGI`,
    'AGI_LINE_TOO_LONG',
  );
}

export function replyTooLong(limitBytes: number, text: string): AgiProtocolError {
  return new AgiProtocolError(
    `a reply of over ${limitBytes} bytes: ${text.slice(0, 60)}…`,
    'AGI_REPLY_TOO_LONG',
  );
}

export function fieldTwice(name: string): AgiProtocolError {
  return badRequest(
    `the AGI request names ${name} twice: a value of the dialplan's holds a newline, and no one can tell which is meant`,
  );
}

export function outOfPlace(name: string): AgiProtocolError {
  return badRequest(
    `the AGI request has ${name} out of its place: a value of the dialplan's holds a newline`,
  );
}

export function noRequest(line: string): AgiProtocolError {
  return badRequest(
    line === ''
      ? 'an empty line came in the place of an AGI request'
      : `the connection opened with ${JSON.stringify(line.slice(0, 60))}, which is no AGI request`,
  );
}

export function moreBehindRequest(): AgiProtocolError {
  return badRequest(
    "more came behind the AGI request's empty line: a value of the dialplan's holds a newline",
  );
}

function badRequest(text: string): AgiProtocolError {
  return new AgiProtocolError(text, 'AGI_BAD_REQUEST');
}
