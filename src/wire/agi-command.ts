/**
 * Values to a command line, the way Asterisk's parser takes it apart again (res_agi.c, parse_args):
 * only `"` toggles quoting, a backslash takes the next character literally everywhere, space and tab
 * separate words, `'` is a character like any other.
 */
/** The longest line, without its LF, that Asterisk reads as one command (releases after July 2025). */
export const MAX_COMMAND_BYTES = 8190;
/** The same in releases before. */
export const MAX_COMMAND_BYTES_BEFORE_2025 = 2046;
/** The most words that Asterisk splits a command into. */
export const MAX_COMMAND_WORDS = 127;

const plain = /^[A-Za-z0-9_./:@#*+,=|~^%!?-]+$/;

/** What a command's argument may be. */
export type AgiArgument = string | number;

/**
 * One argument, quoted where it has to be.
 * @param command whose argument it is, for the error
 * @throws AgiArgumentError for a NUL, CR or LF, which no AGI argument can carry, and for what is neither text nor a finite number
 */
export function encodeArgument(value: AgiArgument, command?: string): string {
  checkArgument(value, command);
  const text = String(value);
  // the first use of a regular expression costs a call's start more than all that is looked for here
  if (typeof value === 'number' || (!text.includes(' ') && plain.test(text))) return text;
  if (hasControls(text)) throw problems().uncarriable(text, command);
  return `"${text.includes('"') || text.includes('\\') ? text.replace(/[\\"]/g, '\\$&') : text}"`;
}

/** @throws AgiArgumentError for what is neither text nor a finite number: JavaScript lets anything through */
export function checkArgument(value: AgiArgument, command?: string): void {
  if (typeof value !== 'string' && !Number.isFinite(value)) throw problems().noArgument(value, command);
}

function hasControls(text: string): boolean {
  return text.includes('\n') || text.includes('\r') || text.includes('\0');
}

/**
 * A whole line, without its LF.
 * @param name the command's own words, sent as they are: `STREAM FILE`
 * @throws AgiArgumentError for an argument that AGI cannot carry
 */
export function encodeCommand(name: string, args: readonly AgiArgument[] = []): string {
  let line = name;
  for (const arg of args) line += ' ' + encodeArgument(arg, name);
  return line;
}

/**
 * Holds a line against what Asterisk can read; what is too long would be taken as another command.
 * @param version `agi_version`
 * @throws AgiArgumentError
 */
export function checkLine(line: string, version: string | undefined): void {
  // too short for too many words, and for too many bytes
  if (line?.length < 2 * MAX_COMMAND_WORDS && !hasControls(line)) return;
  problems().checkLine(line, version);
}

// what ordinary arguments never need
const problems = (): typeof import('./problems') => require('./problems');
