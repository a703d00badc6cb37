/** One line of the log an entry, on a file descriptor. It is written at once, so that nothing is lost at the end. */
import { writeSync } from 'node:fs';
import type { LogLevel } from './config';
import type { Log } from './log';

/** What stands before a line for syslog's `logger --prio-prefix`. */
const syslogPriorities: Record<LogLevel, string> = {
  error: '<3>',
  warning: '<4>',
  info: '<6>',
  debug: '<7>',
};

/** The most of one entry that is written, in characters. */
const MAX_ENTRY = 65_536;

export function writeEntry(log: Log, level: LogLevel, text: string): void {
  const { openLate } = log;
  log.openLate = undefined;
  openLate?.();
  if (log.fd === undefined) return;
  const subject = log.subject === '' ? '' : ` ${printable(log.subject).replaceAll('\n', '\\n')}`;
  const head = log.syslog
    ? `${syslogPriorities[level]}${level}${subject}: `
    : `${new Date().toISOString()} ${level} fastagi[${process.pid}]${subject}: `;
  const next = log.syslog ? `\n${syslogPriorities[level]}    ` : '\n    ';
  try {
    writeSync(log.fd, `${head}${printable(text).replaceAll('\n', next)}\n`);
  } catch {
    // a full disk, or a reader that is gone, must not cost the call
  }
}

/** Control characters from a hostile value must not reach a terminal that shows the log or Asterisk's console. */
export function printable(text: string): string {
  return (text.length > MAX_ENTRY ? `${text.slice(0, MAX_ENTRY)}…` : text)
    .trimEnd()
    .replace(
      /[\0-\x08\x0b-\x1f\x7f-\x9f]/g,
      (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
