/**
 * Values to a command line, the way Asterisk's parser takes it apart again (res_agi.c, parse_args):
 * only `"` toggles quoting, a backslash takes the next character literally everywhere, space and tab
 * separate words, `'` is a character like any other.
 */
import { AgiArgumentError } from '../errors';

/** The longest line, without its LF, that Asterisk reads as one command (releases after July 2025). */
export const MAX_COMMAND_BYTES = 8190;
/** The same in releases before. */
export const MAX_COMMAND_BYTES_BEFORE_2025 = 2046;
/** The most words that Asterisk splits a command into. */
export const MAX_COMMAND_WORDS = 127;

const plain = /^[A-Za-z0-9_./:@#*+,=|~^%!?-]+$/;
const controls = /[\0\r\n]/;
const controlNames: Record<string, string> = { '\0': 'a NUL', '\r': 'a carriage return', '\n': 'a newline' };

export type AgiArgument = string | number;

/**
 * One argument, quoted where it has to be.
 * @throws AgiArgumentError for a NUL, CR or LF, which no AGI argument can carry, and for a number that is
 * not finite
 */
export function encodeArgument(value: AgiArgument): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new AgiArgumentError(`${value} is no number that an AGI command can carry`);
  }
  const text = String(value);
  if (plain.test(text)) return text;
  const control = controls.exec(text);
  if (control) {
    throw new AgiArgumentError(
      `an AGI argument cannot carry ${controlNames[control[0]]} (at character ${control.index + 1} of ${describe(text)})`,
    );
  }
  return '"' + text.replace(/[\\"]/g, '\\$&') + '"';
}

/**
 * A whole line, without its LF.
 * @param name the command's own words, sent as they are: `STREAM FILE`
 * @throws AgiArgumentError for an argument that AGI cannot carry, or too many of them
 */
export function encodeCommand(name: string, args: readonly AgiArgument[] = []): string {
  const words = name.split(' ').length + args.length;
  if (words > MAX_COMMAND_WORDS) {
    throw new AgiArgumentError(`${name}: ${words} words, and Asterisk takes ${MAX_COMMAND_WORDS} at most`);
  }
  let line = name;
  for (const arg of args) line += ' ' + encodeArgument(arg);
  return line;
}

/**
 * Holds a line against what Asterisk can read; what is too long would be taken as another command.
 * @throws AgiArgumentError
 */
export function checkLine(line: string, maxBytes: number): void {
  const control = controls.exec(line);
  if (control)
    throw new AgiArgumentError(`an AGI command cannot carry ${controlNames[control[0]]}: ${describe(line)}`);
  // the cheap test first: UTF-8 has at most three bytes for each of a string's units
  if (line.length * 3 <= maxBytes) return;
  const bytes = Buffer.byteLength(line);
  if (bytes > maxBytes) {
    throw new AgiArgumentError(
      `a command of ${bytes} bytes, and this Asterisk reads ${maxBytes} at most: ${describe(line)}`,
    );
  }
}

/**
 * The longest line that an Asterisk of this version reads (`agi_version`): 8,190 bytes from 20.16,
 * 21.11, 22.6 and 23 on, 2,046 before and where the version cannot be read.
 */
export function maxCommandBytes(version: string): number {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version);
  if (!match) return MAX_COMMAND_BYTES_BEFORE_2025;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const since = major >= 23 ? 0 : { 20: 16, 21: 11, 22: 6 }[major];
  return since !== undefined && minor >= since ? MAX_COMMAND_BYTES : MAX_COMMAND_BYTES_BEFORE_2025;
}

function describe(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 60) + '…' : text);
}
