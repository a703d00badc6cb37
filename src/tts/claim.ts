/** Who makes a file: one of all the processes that want it. */
import { closeSync, existsSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';

const LOOK_EVERY_MS = 15;

interface Limits {
  readonly waitMs: number;
  /** Throws where nobody waits any more. */
  readonly check: () => void;
  readonly tooLong: () => Error;
}

/**
 * Claims a file's making, by a file beside it that nobody else can have made. Where another has it, waits until
 * that one is done. A claim whose process is gone, or which is older than anything lasts, is taken over, or passed
 * over where it cannot be; should two do that at once, both make the file, which costs time and nothing else.
 * @returns whether it is ours to make, at once where nobody else wants it; false: it has been made
 */
export function claim(lock: string, file: string, limits: Limits): boolean | Promise<boolean> {
  if (!take(lock)) return claimAfter(lock, file, limits);
  if (!existsSync(file)) return true;
  // made between the look for the file and the claim
  release(lock);
  return false;
}

async function claimAfter(lock: string, file: string, limits: Limits): Promise<boolean> {
  const begunMs = performance.now();
  for (;;) {
    while (existsSync(lock) && !isStale(lock, limits.waitMs)) {
      if (performance.now() - begunMs > limits.waitMs) throw limits.tooLong();
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      limits.check();
    }
    if (existsSync(file)) return false;
    // another user's, in a folder with the sticky bit: it would stand in the way for ever
    if (!release(lock)) return true;
    if (take(lock)) {
      if (!existsSync(file)) return true;
      release(lock);
      return false;
    }
  }
}

/** @returns whether it is gone, be it that somebody else has taken it over */
export function release(lock: string): boolean {
  try {
    unlinkSync(lock);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
  return true;
}

function take(lock: string): boolean {
  let fd: number;
  try {
    fd = openSync(lock, 'wx', 0o644);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    writeSync(fd, String(process.pid));
  } catch (error) {
    // on a full disk there is room for its name alone: the next call must not wait for it
    release(lock);
    throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

function isStale(lock: string, longestMs: number): boolean {
  const found = statSync(lock, { throwIfNoEntry: false });
  if (!found) return false;
  // it makes its file in this time or not at all; one that lies ahead is from before the clock was put back
  if (Math.abs(Date.now() - found.mtimeMs) > longestMs * 2 + 1000) return true;
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid > 0) process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  return false;
}
