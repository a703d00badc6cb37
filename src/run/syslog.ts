/**
 * The log in syslog, through the system's `logger`. Descriptors 1 and 2 become a pipe into it, so that it
 * also gets what no code of ours can catch: a native abort, the prints of child processes.
 */
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { acceptCodeCache } from '../code-cache';
import type { Config } from '../config';
import type { Log } from '../log';

// xinetd may leave no PATH
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
/** Where nobody but root can move away what is root's. */
const ROOTS_PLACES = ['/run', '/tmp'];

/** Sends the log to syslog; entries go nowhere where that cannot be. */
export function begin(config: Config, log: Log, why?: string): void {
  if (!openSyslog(config.tempdir)) return;
  log.fd = 2;
  log.syslog = true;
  if (why !== undefined) log.write('warning', why);
}

/**
 * @returns whether descriptors 1 and 2 lead to syslog now; otherwise they are as they were
 */
function openSyslog(tempdir: string): boolean {
  acceptCodeCache();
  const { spawn, spawnSync } = process.getBuiltinModule('node:child_process');
  // `tempdir` is Asterisk's user's: by a link in the place of the folder he would have root write where he likes
  const folder = makeFolder(process.geteuid?.() === 0 ? ROOTS_PLACES : [tempdir, tmpdir()]);
  if (folder === undefined) return false;
  const fifo = `${folder}/log`;
  try {
    if (spawnSync('mkfifo', ['-m', '600', fifo], { env, stdio: 'ignore' }).status !== 0) return false;
    // opened for both, or opening the end for reading would wait for a writer
    const both = openSync(fifo, 'r+');
    const reader = openSync(fifo, 'r');
    const logger = spawn(
      'logger',
      ['--tag', 'fastagi', `--id=${process.pid}`, '--priority', 'daemon.info', '--prio-prefix'],
      { env, stdio: [reader, 'ignore', 'ignore'], detached: true },
    );
    logger.on('error', () => {});
    logger.unref();
    if (logger.pid !== undefined) {
      for (const fd of [1, 2]) {
        closeSync(fd);
        openSync(fifo, 'a');
      }
    }
    closeSync(both);
    closeSync(reader);
    return logger.pid !== undefined;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(parents: readonly string[]): string | undefined {
  for (const parent of parents) {
    try {
      return mkdtempSync(`${parent}/fastagi-`);
    } catch {
      // the next one
    }
  }
  return undefined;
}
