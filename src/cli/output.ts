/** Standard output and standard error, where they may fail: a reader that has seen enough, a full disk. */

/**
 * From now on a command whose output goes nowhere ends at once: quietly, with 0, where the reader has closed its end
 * (`fastagi ami --events | head -1`); with a line on standard error, and 1, where it cannot be written. What a command
 * must not leave behind, such as a script's process or a terminal in raw mode, it ends on the process's `exit`.
 */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`fastagi: standard output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  // there is nobody left to tell
  process.stderr.on('error', () => {});
}
