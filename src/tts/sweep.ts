/**
 * Keeps the folder of spoken files in its bounds, in a process of its own and of low priority: no call waits
 * for it.
 */
import { closeSync, openSync, statSync, utimesSync } from 'node:fs';
import { acceptCodeCache } from '../code-cache';

const EVERY_MS = 3_600_000;

export interface Bounds {
  /** 0: no limit. */
  readonly bytes: number;
  /** How long a file may go unused; 0: no limit. */
  readonly ageMs: number;
}

/** Begins a sweep where this user's last one is an hour ago. */
export function sweepInTime(folder: string, bounds: Bounds): void {
  // each user's own: a folder of several may be one where nobody can touch, or remove, what is another's
  const mark = `${folder}/.swept-${process.getuid?.() ?? 0}`;
  try {
    const last = statSync(mark, { throwIfNoEntry: false });
    const now = Date.now();
    const passed = now - (last?.mtimeMs ?? 0);
    // a clock that was put back does not put off the next one until it has caught up
    if (passed >= 0 && passed < EVERY_MS) return;
    closeSync(openSync(mark, 'a', 0o644));
    utimesSync(mark, now / 1000, now / 1000);
    // of the calls that come here, few get this far
    acceptCodeCache();
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn(process.execPath, ['-e', `(${sweep})(${JSON.stringify([folder, bounds])})`], {
      stdio: 'ignore',
      detached: true,
      env: {},
    });
    child.on('error', () => {});
    child.unref();
    const { constants, setPriority } = process.getBuiltinModule('node:os');
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // a folder that cannot be swept must not cost the call; the next sentence tells what is wrong with it
  }
}

/**
 * Removes what has not been used for too long, and then what has gone unused longest until the rest fits. Its text
 * is what the process of its own runs, so that nothing outside of it can be named here.
 */
export function sweep([folder, { bytes, ageMs }]: [string, Bounds]): void {
  const fs = process.getBuiltinModule('node:fs');
  const now = Date.now();
  // a file that was asked for ten minutes ago may be about to be played, and may look unused for five minutes more
  const graceMs = 900_000;
  // the files of a sentence come and go together
  const sentences = new Map<string, { paths: string[]; size: number; used: number }>();
  const remove = (path: string) => {
    try {
      fs.unlinkSync(path);
    } catch {
      // another sweep was quicker
    }
  };
  for (const name of fs.readdirSync(folder)) {
    const path = `${folder}/${name}`;
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    const latest = Math.max(found.mtimeMs, found.atimeMs);
    // from before the clock was put back: when that was nobody can tell, and for ever it must not stay
    const used = latest > now + graceMs ? 0 : latest;
    // what a process that was killed has left
    if (/^\.[0-9a-f]{32}\./.test(name)) {
      if (now - used > graceMs * 12) remove(path);
    } else if (/^[0-9a-f]{32}\.wav(16)?$/.test(name)) {
      const key = name.slice(0, 32);
      const sentence = sentences.get(key) ?? { paths: [], size: 0, used: 0 };
      sentence.paths.push(path);
      sentence.size += found.size;
      sentence.used = Math.max(sentence.used, used);
      sentences.set(key, sentence);
    }
  }
  const all = [...sentences.values()].sort((a, b) => a.used - b.used);
  let total = all.reduce((sum, { size }) => sum + size, 0);
  for (const { paths, size, used } of all) {
    const tooOld = ageMs > 0 && now - used > ageMs;
    const tooMuch = bytes > 0 && total > bytes && now - used > graceMs;
    if (!tooOld && !tooMuch) break;
    paths.forEach(remove);
    total -= size;
  }
}
