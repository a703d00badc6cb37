/** The log: one line an entry, on a file descriptor. It is written at once, so that nothing is lost at the end. */
import { writeSync } from 'node:fs';
import { type LogLevel, logLevels } from './config';

/** What stands before a line for syslog's `logger --prio-prefix`. */
const syslogPriorities: Record<LogLevel, string> = {
  error: '<3>',
  warning: '<4>',
  info: '<6>',
  debug: '<7>',
};

/** The most of one entry that is written, in characters. */
const MAX_ENTRY = 65_536;

export class Log {
  /** The least of what is written. */
  level: LogLevel;
  /** Where entries go; nowhere while undefined. */
  fd: number | undefined;
  /** Whether a reader of syslog's is behind `fd`, which knows the time and the process by itself. */
  syslog = false;
  /** Opens the log when the first entry wants it. */
  openLate: (() => void) | undefined;
  /** What the entries are about: the script, once it is known. */
  subject = '';

  constructor(level: LogLevel) {
    this.level = level;
  }

  enabled(level: LogLevel): boolean {
    return logLevels.indexOf(level) <= logLevels.indexOf(this.level);
  }

  write(level: LogLevel, text: string): void {
    if (!this.enabled(level)) return;
    const { openLate } = this;
    this.openLate = undefined;
    openLate?.();
    if (this.fd === undefined) return;
    const subject = this.subject === '' ? '' : ` ${printable(this.subject).replaceAll('\n', '\\n')}`;
    const head = this.syslog
      ? `${syslogPriorities[level]}${level}${subject}: `
      : `${new Date().toISOString()} ${level} fastagi[${process.pid}]${subject}: `;
    const next = this.syslog ? `\n${syslogPriorities[level]}    ` : '\n    ';
    try {
      writeSync(this.fd, `${head}${printable(text).replaceAll('\n', next)}\n`);
    } catch {
      // a full disk, or a reader that is gone, must not cost the call
    }
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
