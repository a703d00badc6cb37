/** Standard output and standard error: who speaks there, and where they may fail: a reader that has seen enough, a full disk. */

import { printable } from '../log-entry';

/** What a command says to who asked, or to his log: a line on standard error, behind its name. */
export function sayAs(command: string): (text: string) => void {
  return (text) => void process.stderr.write(`fastagi ${command}: ${printable(text)}\n`);
}

/**
 * JSON that a terminal takes no orders from: beside what JSON escapes anyway there are the control characters that
 * a caller's name in an old encoding is full of.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

/**
 * From now on a command whose output goes nowhere ends at once: quietly, with 0, where the reader has closed its end
 * (`fastagi ami --events | head -1`); with a line on standard error, and 1, where it cannot be written. What a command
 * must not leave behind, such as a script's process or a terminal in raw mode, it ends on the process's `exit`.
 * @param command its name in that line: `fastagi ami`
 */
export function endWithOutput(command: string): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`${command}: standard output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  // there is nobody left to tell
  process.stderr.on('error', () => {});
}
