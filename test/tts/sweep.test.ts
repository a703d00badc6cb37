import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { sweep, sweepInTime } from '../../src/tts/sweep';
import { makeFolder, root } from '../support/inet';

const HOUR = 3600;
const DAY = 24 * HOUR;
const mark = `.swept-${process.getuid?.()}`;
const name = (digit: string, ending = 'wav') => `${digit.repeat(32)}.${ending}`;

/** Files of 1,000 bytes, by how long they have not been used, in seconds. */
function folderOf(files: Record<string, number>): string {
  const folder = makeFolder(Object.fromEntries(Object.keys(files).map((file) => [file, 'x'.repeat(1000)])));
  for (const [file, age] of Object.entries(files)) {
    const used = Date.now() / 1000 - age;
    fs.utimesSync(path.join(folder, file), used, used);
  }
  return folder;
}

const left = (folder: string) => fs.readdirSync(folder).sort();

describe('sweep', () => {
  it('removes what is unused for too long', () => {
    const folder = folderOf({ [name('a')]: 31 * DAY, [name('b', 'wav16')]: 29 * DAY, [name('c')]: 40 * DAY });
    // looked at, though made long ago
    fs.utimesSync(path.join(folder, name('c')), Date.now() / 1000, Date.now() / 1000 - 40 * DAY);
    sweep([folder, { bytes: 0, ageMs: 30 * DAY * 1000 }]);
    expect(left(folder)).toEqual([name('b', 'wav16'), name('c')]);
  });

  it('removes what is unused longest, until the rest fits', () => {
    const folder = folderOf({ [name('a')]: DAY, [name('b')]: 3 * DAY, [name('c')]: 2 * DAY, [name('d')]: 5 });
    sweep([folder, { bytes: 2500, ageMs: 0 }]);
    expect(left(folder)).toEqual([name('a'), name('d')]);
  });

  it('takes the two files of a sentence together', () => {
    const folder = folderOf({
      [name('a')]: 40 * DAY,
      [name('a', 'wav16')]: DAY,
      [name('b')]: 40 * DAY,
      [name('b', 'wav16')]: 35 * DAY,
    });
    sweep([folder, { bytes: 0, ageMs: 30 * DAY * 1000 }]);
    expect(left(folder)).toEqual([name('a'), name('a', 'wav16')]);
  });

  it('removes nothing that may be played this minute', () => {
    const folder = folderOf({ [name('a')]: 5, [name('b')]: 60 });
    sweep([folder, { bytes: 1, ageMs: 30 * DAY * 1000 }]);
    expect(left(folder)).toEqual([name('a'), name('b')]);
  });

  it('holds what lies ahead of the clock, as after one that was put back, for what is unused longest', () => {
    const temporary = `.${'d'.repeat(32)}.123-x.txt`;
    const folder = folderOf({
      [name('a')]: HOUR,
      [name('b')]: -400 * DAY,
      [name('c')]: -60,
      [temporary]: -DAY,
    });
    sweep([folder, { bytes: 2500, ageMs: 0 }]);
    expect(left(folder)).toEqual([name('a'), name('c')]);
    sweep([folder, { bytes: 0, ageMs: 30 * DAY * 1000 }]);
    expect(left(folder)).toEqual([name('a'), name('c')]);
  });

  it('may run twice at once', async () => {
    const folder = folderOf(
      Object.fromEntries(
        Array.from({ length: 200 }, (_, i) => [`${(i + 4096).toString(16).padStart(32, 'a')}.wav`, 31 * DAY]),
      ),
    );
    const program = `(${sweep})(${JSON.stringify([folder, { bytes: 0, ageMs: 30 * DAY * 1000 }])})`;
    const sweeps = [1, 2, 3].map(async () => {
      const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'inherit'] });
      return (await once(child, 'exit'))[0];
    });
    expect(await Promise.all(sweeps)).toEqual([0, 0, 0]);
    expect(left(folder)).toEqual([]);
  });

  it('removes what killed processes have left, and leaves alone what is not ours', () => {
    const temporary = `.${'a'.repeat(32)}.123-x.txt`;
    const lock = `.${'b'.repeat(32)}.lock`;
    const mine = { 'music.wav': 90 * DAY, [mark]: 90 * DAY, [`${'a'.repeat(31)}.wav`]: 90 * DAY };
    const folder = folderOf({
      [temporary]: 4 * HOUR,
      [lock]: 4 * HOUR,
      ...mine,
      [`.${'c'.repeat(32)}.1-y.wav`]: 60,
    });
    fs.symlinkSync('/etc/passwd', path.join(folder, name('d')));
    sweep([folder, { bytes: 1, ageMs: 1 }]);
    expect(left(folder)).toEqual([...Object.keys(mine), `.${'c'.repeat(32)}.1-y.wav`, name('d')].sort());
  });
});

describe('sweepInTime', () => {
  it('sweeps in a process of its own, once an hour', async () => {
    const folder = folderOf({ [name('a')]: 31 * DAY });
    const bounds = { bytes: 0, ageMs: 30 * DAY * 1000 };
    sweepInTime(folder, bounds);
    expect(left(folder)).toContain(name('a'));
    await expect.poll(() => left(folder)).toEqual([mark]);
    const marked = fs.statSync(path.join(folder, mark)).mtimeMs;
    sweepInTime(folder, bounds);
    expect(fs.statSync(path.join(folder, mark)).mtimeMs).toBe(marked);
    const old = Date.now() / 1000 - 2 * HOUR;
    fs.utimesSync(path.join(folder, mark), old, old);
    sweepInTime(folder, bounds);
    expect(fs.statSync(path.join(folder, mark)).mtimeMs).toBeGreaterThan(marked - 1000);
  });

  it('sweeps where the last one lies ahead, as after a clock that was put back', async () => {
    const folder = folderOf({ [name('a')]: 31 * DAY, [mark]: -90 * DAY });
    sweepInTime(folder, { bytes: 0, ageMs: 30 * DAY * 1000 });
    await expect.poll(() => left(folder)).toEqual([mark]);
    expect(fs.statSync(path.join(folder, mark)).mtimeMs).toBeLessThan(Date.now() + 1000);
  });

  it.skipIf(process.getuid?.() !== 0)('sweeps for each user, whoever has done so before', async () => {
    const folder = folderOf({ [name('a')]: 31 * DAY, [name('b')]: 31 * DAY, '.swept-0': HOUR / 2 });
    // as /tmp is: everybody's, but each can remove only what is his own
    fs.chmodSync(folder, 0o1777);
    fs.chmodSync(path.dirname(folder), 0o755);
    fs.chownSync(path.join(folder, name('a')), 12_345, 12_345);
    const { outputFiles } = buildSync({
      ...{ absWorkingDir: root, entryPoints: ['src/tts/sweep.ts'], write: false },
      ...{ bundle: true, platform: 'node', format: 'iife', globalName: 'room' },
    });
    const words = JSON.stringify([folder, { bytes: 0, ageMs: 30 * DAY * 1000 }]).slice(1, -1);
    const program = `${outputFiles[0]?.text}; room.sweepInTime(${words})`;
    const child = spawn(process.execPath, ['-e', program], { uid: 12_345, gid: 12_345, stdio: 'inherit' });
    expect((await once(child, 'exit'))[0]).toBe(0);
    await expect.poll(() => left(folder)).toEqual(['.swept-0', '.swept-12345', name('b')]);
  });

  it('costs a call nothing where there is no such folder', () => {
    expect(() => sweepInTime('/no/such', { bytes: 0, ageMs: 1 })).not.toThrow();
  });
});
