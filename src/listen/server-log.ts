/** The log of a server that goes on, and of the processes that it starts. */
import { closeSync, existsSync } from 'node:fs';
import type { Config } from '../config';
import type { Log } from '../log';
import { DEFAULT_LOG_FILE, identity, openLogFile, takeOver } from '../run/guard';
import { begin as beginSyslog } from '../run/syslog';

/**
 * Descriptors 1 and 2, and so those of every serving process, on the log, wherever it is now. Where descriptor 2 is
 * the listening socket, as under xinetd, nothing may be written to it.
 */
export function openServerLog(log: Log, config: Config | undefined, fd: string | undefined): void {
  log.openLate = undefined;
  log.syslog = false;
  const isSocket = fd !== undefined && identity(Number(fd)) === identity(2);
  const stderr = identity(2) !== undefined && !isSocket;
  if (config?.log === 'syslog') {
    if (stderr) openSyslogOrStderr(log, config);
    else beginSyslog(config, log);
    return;
  }
  if (config?.log?.[0] !== '/' && stderr) {
    log.fd = 2;
    return;
  }
  const file = config?.log?.[0] === '/' ? config.log : DEFAULT_LOG_FILE;
  if (config && stderr) {
    try {
      closeSync(openLogFile(file));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      openSyslogOrStderr(log, config, `the log ${file} cannot be opened (${code ?? message})`);
      return;
    }
  }
  const problem = takeOver(0, file);
  if (problem === undefined) log.fd = 2;
  else if (config)
    log.openLate = () => beginSyslog(config, log, `the log ${file} cannot be opened (${problem})`);
}

/** Descriptor 2 stays what it is where `logger` would have nowhere to go. @param why not a file */
function openSyslogOrStderr(log: Log, config: Config, why?: string): void {
  if (existsSync('/dev/log')) beginSyslog(config, log, why);
  if (log.syslog) return;
  log.fd = 2;
  const whyNot = 'syslog cannot be had (logger and /dev/log): entries go to standard error';
  log.write('warning', why === undefined ? whyNot : `${why}, and ${whyNot}`);
}
