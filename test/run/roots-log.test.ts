import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openAsRoot } from '../../src/run/roots-log';
import { makeFolder } from '../support/inet';

const { O_APPEND, O_WRONLY } = fs.constants;

function openLog(file: string): { uid: number; gid: number; mode: number } {
  const fd = openAsRoot(file, O_WRONLY | O_APPEND, 0o640);
  const { uid, gid, mode } = fs.fstatSync(fd);
  fs.writeSync(fd, 'a line\n');
  fs.closeSync(fd);
  return { uid, gid, mode: mode & 0o777 };
}

describe.runIf(process.getuid?.() === 0)('a log that root opens', () => {
  it("is its folder's owner's where root has made it", () => {
    const folder = makeFolder();
    fs.chownSync(folder, 1, 2);
    expect(openLog(path.join(folder, 'log'))).toEqual({ uid: 1, gid: 2, mode: 0o640 & ~process.umask() });
  });

  it('stays whose it was', () => {
    const folder = makeFolder({ log: 'first\n' });
    fs.chownSync(folder, 1, 2);
    fs.chownSync(path.join(folder, 'log'), 3, 4);
    expect(openLog(path.join(folder, 'log'))).toMatchObject({ uid: 3, gid: 4 });
    expect(fs.readFileSync(path.join(folder, 'log'), 'utf8')).toBe('first\na line\n');
  });

  it.each(['to a file', 'to nothing'])('is not behind a link %s', (where) => {
    const folder = makeFolder(where === 'to a file' ? { other: 'as it was' } : {});
    fs.symlinkSync(path.join(folder, 'other'), path.join(folder, 'log'));
    expect(() => openLog(path.join(folder, 'log'))).toThrow();
    expect(fs.existsSync(path.join(folder, 'other'))).toBe(where === 'to a file');
  });
});
