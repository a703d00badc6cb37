/** The commands that Asterisk could not read, and the limits that depend on its version. */
import { AgiArgumentError } from '../errors';
import { MAX_COMMAND_BYTES, MAX_COMMAND_BYTES_BEFORE_2025, MAX_COMMAND_WORDS } from './agi-command';

const controls: Record<string, string> = { '\0': 'a NUL', '\r': 'a carriage return', '\n': 'a newline' };

export function uncarriable(text: string): AgiArgumentError {
  const at = text.search(/[\0\r\n]/);
  return new AgiArgumentError(
    `AGI cannot carry ${controls[text[at] as string]} (at character ${at + 1} of ${describe(text)})`,
  );
}

/** @throws AgiArgumentError where there are more words than Asterisk takes */
export function checkWords(name: string, args: number): void {
  const words = name.split(' ').length + args;
  if (words <= MAX_COMMAND_WORDS) return;
  throw new AgiArgumentError(`${name}: ${words} words, and Asterisk takes ${MAX_COMMAND_WORDS} at most`);
}

/** @throws AgiArgumentError for a line that an Asterisk of this version does not read as one command */
export function checkLine(line: string, version: string | undefined): void {
  if (/[\0\r\n]/.test(line)) throw uncarriable(line);
  const bytes = Buffer.byteLength(line);
  const most = maxCommandBytes(version);
  if (bytes <= most) return;
  throw new AgiArgumentError(
    `a command of ${bytes} bytes, and Asterisk ${version ?? ''} reads ${most} at most: ${describe(line)}`,
  );
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

function describe(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
