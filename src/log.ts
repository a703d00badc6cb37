/** The log: what of it is written, and where it goes. */
import { type LogLevel, logLevels } from './config';

export class Log {
  /** The least of what is written. */
  level: LogLevel;
  /** Where entries go; nowhere while undefined. */
  fd: number | undefined;
  /** Whether a reader of syslog's, or the journal, is behind `fd`, which knows the time and the process by itself. */
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
    if (this.enabled(level)) entries().writeEntry(this, level, text);
  }
}

// most calls have nothing to say
const entries = (): typeof import('./log-entry') => require('./log-entry');
