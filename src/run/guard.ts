/**
 * Keeps the wire clean: nothing but commands may reach Asterisk, be it a script's print, a warning of
 * Node's, a native abort or a child process.
 *
 * Under xinetd file descriptors 0, 1 and 2 are one socket. Descriptor 0 stays and carries both directions;
 * 1 and 2 are closed and opened again on the log. In classic AGI 0 and 1 are two pipes, and the one for
 * writing is opened anew under a number that no child inherits.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import type { Config, LogLevel } from '../config';
import type { Log } from '../log';

/** Where the log goes when nothing else is said and descriptor 2 is the wire. */
export const DEFAULT_LOG_FILE = '/var/log/asterisk/fastagi.log';
const OWN_STDERR = '/proc/self/fd/2';

/**
 * Takes descriptors 0, 1 and 2 apart into the wire and the log, before anything can print.
 * @returns the descriptor to write commands to; they are answered on 0
 */
export function guard(config: Config, log: Log, stdin = identity(0)): number {
  const stdout = identity(1);
  const output = stdin !== undefined && stdin === stdout ? 0 : reopenStdout();
  // prints must not be commands
  let misled = output === 1;
  if (config.log === 'syslog') {
    takeOver(output, '/dev/null');
    syslog().begin(config, log);
  } else if (config.log?.[0] !== '/' && hasStderr(config.log, stdin, stdout)) {
    if (!misled) misled = replace(1, OWN_STDERR) !== undefined;
    log.fd = 2;
  } else {
    const file = config.log?.[0] === '/' ? config.log : DEFAULT_LOG_FILE;
    const problem = takeOver(output, file);
    if (problem === undefined) log.fd = 2;
    else log.openLate = () => syslog().begin(config, log, `the log ${file} cannot be opened (${problem})`);
  }
  guardConsole(() => log);
  guardStdin();
  guardOutput(misled);
  return output;
}

/** Whether descriptor 2 is open, not the wire, and no daemon's, which keeps nothing of what it is told. */
function hasStderr(log: string | undefined, stdin: string | undefined, stdout: string | undefined): boolean {
  const stderr = identity(2);
  if (stderr === '/dev/null' && log === undefined) return false;
  return stderr !== undefined && stderr !== stdin && stderr !== stdout;
}

/** The console's lines become entries of the log, whichever it is by then. */
export function guardConsole(current: () => Log): void {
  const levels = { debug: 'debug', log: 'info', info: 'info', warn: 'warning', error: 'error' } as const;
  let method: keyof typeof levels;
  for (method in levels) {
    const level: LogLevel = levels[method];
    console[method] = (...values: unknown[]) => {
      const log = current();
      if (log.enabled(level)) log.write(level, process.getBuiltinModule('node:util').format(...values));
    };
  }
}

/**
 * What is printed is lost on a full disk, or where the log's reader is gone: neither may cost the call.
 * @param misled descriptor 1 does not lead to the log, as where that is the journal, a socket, which cannot be opened anew
 */
export function guardOutput(misled = false): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const from = misled ? 'stderr' : name;
    const stream = Object.getOwnPropertyDescriptor(process, from)?.get as () => NodeJS.WriteStream;
    let guarded: NodeJS.WriteStream | undefined;
    // made only when it is wanted
    Object.defineProperty(process, name, {
      configurable: true,
      enumerable: true,
      get: () => {
        guarded ??= stream.call(process).on('error', () => {});
        return guarded;
      },
    });
  }
}

/** Standard input is the wire: a script that read from it would take Asterisk's replies away. It gets an end. */
export function guardStdin(): void {
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    get: () => process.getBuiltinModule('node:stream').Readable.from([]),
  });
}

/** Node's own warnings, too. Without this they are in the log as well, but as Node writes them. */
export function guardWarnings(current: () => Log): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    // how a script is loaded is ours to know
    const level = warning.name === 'ExperimentalWarning' ? 'debug' : 'warning';
    current().write(level, warning.stack ?? String(warning));
  });
}

/** What a descriptor leads to, as a text that two of the same have in common; undefined where it is closed. */
export function identity(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return identityWithoutProc(fd);
  }
}

function identityWithoutProc(fd: number): string | undefined {
  try {
    const { dev, ino } = fstatSync(fd);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/**
 * The pipe behind descriptor 1 under a number of its own, closed in children. A socket cannot be opened
 * that way, nor anything where there is no /proc: then it stays on 1, and only the console is kept off it.
 */
function reopenStdout(): number {
  try {
    return openSync('/proc/self/fd/1', 'a');
  } catch {
    return 1;
  }
}

/** Descriptors 1 (unless it is the output) and 2 on a file; on the null device where it cannot be opened, and then the reason. */
export function takeOver(output: number, file: string): string | undefined {
  const problem = output === 1 ? undefined : replace(1, file);
  return replace(2, file) ?? problem;
}

function replace(fd: number, file: string): string | undefined {
  try {
    closeSync(fd);
  } catch {
    // it was closed before
  }
  // the lowest free number is taken: the null device must fill it, or the next file opened would
  try {
    openLogFile(file);
    return undefined;
  } catch (error) {
    openSync('/dev/null', 'a');
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** @throws Error of the system's */
export function openLogFile(file: string): number {
  // not blocking: a FIFO that nobody reads must not hold up every call
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK } = constants;
  const flags = O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK;
  if (process.getuid?.() === 0 && file !== OWN_STDERR) return rootsLog().openAsRoot(file, flags, 0o640);
  return openSync(file, flags | O_CREAT, 0o640);
}

// a log that root opens
const rootsLog = (): typeof import('./roots-log') => require('./roots-log');
// only a log in syslog wants child processes
const syslog = (): typeof import('./syslog') => require('./syslog');
