/** The log of a server that goes on, and of the processes that it starts. */
import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Config } from '../config';
import type { Log } from '../log';
import { DEFAULT_LOG_FILE, identity, openLogFile, takeOver } from '../run/guard';
import { begin as beginSyslog } from '../run/syslog';

/**
 * Descriptors 1 and 2, and so those of every serving process, on the log, wherever it is now. Where descriptor 2 is
 * the listening socket, as under xinetd, nothing may be written to it.
 * @returns the file that they lead to, where it is one that was opened here
 */
export function openServerLog(
  log: Log,
  config: Config | undefined,
  fd: string | undefined,
): string | undefined {
  log.openLate = undefined;
  log.syslog = false;
  const isSocket = fd !== undefined && identity(Number(fd)) === identity(2);
  const stderr = identity(2) !== undefined && !isSocket;
  if (config?.log === 'syslog') {
    if (stderr) openSyslogOrStderr(log, config);
    else beginSyslog(config, log);
    return undefined;
  }
  if (config?.log?.[0] !== '/' && stderr) {
    if (config?.setuid) closeTerminal();
    log.fd = 2;
    log.syslog = isJournal();
    return undefined;
  }
  const file = config?.log?.[0] === '/' ? config.log : DEFAULT_LOG_FILE;
  if (config && stderr) {
    try {
      closeSync(openLogFile(file));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      openSyslogOrStderr(log, config, `the log ${file} cannot be opened (${code ?? message})`);
      return undefined;
    }
  }
  const problem = takeOver(0, file);
  if (problem === undefined) {
    log.fd = 2;
    return file;
  }
  if (config) log.openLate = () => beginSyslog(config, log, `the log ${file} cannot be opened (${problem})`);
  return undefined;
}

/**
 * Whether the log's name is that of another file by now, or of none, as after logrotate has moved it away: a file of that
 * name is there then.
 */
export function hasMoved(file: string): boolean {
  try {
    const fd = openLogFile(file);
    const { dev, ino } = fstatSync(fd);
    closeSync(fd);
    const now = fstatSync(2);
    return dev !== now.dev || ino !== now.ino;
  } catch {
    // better the old one than none
    return false;
  }
}

/** Whether descriptor 2 leads to systemd's journal, which takes levels as syslog does (systemd.exec(5)). */
function isJournal(): boolean {
  const { dev, ino } = fstatSync(2);
  return process.env.JOURNAL_STREAM === `${dev}:${ino}`;
}

/** A terminal is there to write the log to: by what is open for both, a script's owner could read what root types. */
function closeTerminal(): void {
  const { O_WRONLY, O_APPEND, O_NOCTTY } = constants;
  for (const fd of [1, 2]) {
    if (!isatty(fd) || !existsSync(`/proc/self/fd/${fd}`)) continue;
    const other = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NOCTTY);
    closeSync(fd);
    // the lowest free number is taken
    openSync(`/proc/self/fd/${other}`, O_WRONLY | O_APPEND | O_NOCTTY);
    closeSync(other);
  }
}

/** Descriptor 2 stays what it is where `logger` would have nowhere to go. @param why not a file */
function openSyslogOrStderr(log: Log, config: Config, why?: string): void {
  if (existsSync('/dev/log')) beginSyslog(config, log, why);
  if (log.syslog) return;
  log.fd = 2;
  const whyNot = 'syslog cannot be had (logger and /dev/log): entries go to standard error';
  log.write('warning', why === undefined ? whyNot : `${why}, and ${whyNot}`);
}
