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

export class Log {
  #fd: number | undefined;
  #level: LogLevel;
  #syslog = false;
  #openLate: (() => number | undefined) | undefined;
  /** What the entries are about: the script, once it is known. */
  subject = '';

  constructor(fd: number | undefined, level: LogLevel) {
    this.#fd = fd;
    this.#level = level;
  }

  /** Entries go to this descriptor from now on. */
  redirect(fd: number, options: { level?: LogLevel; syslog?: boolean } = {}): void {
    this.#fd = fd;
    this.#level = options.level ?? this.#level;
    this.#syslog = options.syslog ?? false;
    this.#openLate = undefined;
  }

  /** The log is opened by the first entry that wants it. */
  openLate(open: () => number | undefined, level: LogLevel): void {
    this.#openLate = open;
    this.#level = level;
    this.#syslog = true;
    this.#fd = undefined;
  }

  enabled(level: LogLevel): boolean {
    return logLevels.indexOf(level) <= logLevels.indexOf(this.#level);
  }

  error(text: string): void {
    this.write('error', text);
  }

  warning(text: string): void {
    this.write('warning', text);
  }

  info(text: string): void {
    this.write('info', text);
  }

  debug(text: string): void {
    this.write('debug', text);
  }

  write(level: LogLevel, text: string): void {
    if (!this.enabled(level)) return;
    if (this.#openLate) {
      const open = this.#openLate;
      this.#openLate = undefined;
      this.#fd = open();
    }
    if (this.#fd === undefined) return;
    const subject = this.subject === '' ? '' : ` ${this.subject}`;
    const head = this.#syslog
      ? `${syslogPriorities[level]}${level}${subject}: `
      : `${new Date().toISOString()} ${level} fastagi[${process.pid}]${subject}: `;
    const next = this.#syslog ? `\n${syslogPriorities[level]}    ` : '\n    ';
    try {
      writeSync(this.#fd, head + printable(text).replaceAll('\n', next) + '\n');
    } catch {
      // a full disk, or a reader that is gone, must not cost the call
    }
  }
}

/** Control characters from a hostile value must not reach a terminal that shows the log; newlines are indented. */
function printable(text: string): string {
  return text
    .trimEnd()
    .replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, (char) =>
      char === '\t' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
