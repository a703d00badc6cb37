import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTraceFile } from '../../src/trace/folder';
import { makeFolder } from '../support/inet';

const at = new Date('2026-11-25T15:20:00.123Z');

function open(folder: string, options: { at?: Date; days?: number; uniqueId?: string } = {}): string {
  const { fd, file } = openTraceFile(folder, { at, days: 0, uniqueId: '1795620262.0', ...options });
  writeSync(fd, 'x\n');
  closeSync(fd);
  return path.relative(folder, file);
}

describe('the file of a call', () => {
  it('is named by its time and its unique id, and is its owner’s alone', () => {
    const folder = makeFolder();
    const file = open(folder);
    expect(file).toMatch(/^2026-11-25\/152000\.123-1795620262\.0-[0-9a-f]{8}\.jsonl$/);
    expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, '2026-11-25')).mode & 0o777).toBe(0o700);
  });

  it('has a name of its own, however many calls come in the same millisecond', () => {
    const folder = makeFolder();
    expect(new Set(Array.from({ length: 50 }, () => open(folder))).size).toBe(50);
  });

  it('sorts by time', () => {
    const folder = makeFolder();
    const times = ['2026-09-30T23:59:59.999Z', '2026-11-25T01:02:03.004Z', '2026-11-25T10:00:00.000Z'];
    const files = times.map((time) => open(folder, { at: new Date(time) }));
    expect([...files].reverse().sort()).toEqual(files);
  });

  it.each(['../../etc/passwd', '', 'a/b', '\0', '\u001b[31m', '.'.repeat(500)])(
    'stays in the folder for a unique id of %j',
    (uniqueId) => {
      expect(open(makeFolder(), { uniqueId })).toMatch(
        /^2026-11-25\/152000\.123-[A-Za-z0-9.]{1,40}-[0-9a-f]{8}\.jsonl$/,
      );
    },
  );
});

describe('no file is made', () => {
  it('where the folder is not there', () => {
    const folder = path.join(makeFolder(), 'none');
    expect(() => open(folder)).toThrow(`there is no such folder: install -d -m 700 -o USER ${folder}`);
    expect(existsSync(folder)).toBe(false);
  });

  it('where the folder is a link, or lies behind one', () => {
    const place = makeFolder();
    mkdirSync(path.join(place, 'real/inner'), { recursive: true });
    symlinkSync('real', path.join(place, 'link'));
    symlinkSync('real/inner', path.join(place, 'direct'));
    expect(() => open(path.join(place, 'direct'))).toThrow('it is a link or no folder');
    expect(() => open(path.join(place, 'link/inner'))).toThrow(
      `a link leads from there to ${place}/real/inner: name that folder itself`,
    );
    expect(readdirSync(path.join(place, 'real/inner'))).toEqual([]);
  });

  it('where the folder of the day is a link', () => {
    const place = makeFolder();
    mkdirSync(path.join(place, 'elsewhere'));
    mkdirSync(path.join(place, 'traces'));
    symlinkSync('../elsewhere', path.join(place, 'traces/2026-11-25'));
    expect(() => open(path.join(place, 'traces'))).toThrow('it is a link or no folder');
    expect(readdirSync(path.join(place, 'elsewhere'))).toEqual([]);
  });

  it('where others may write in the folder', () => {
    const folder = makeFolder();
    chmodSync(folder, 0o777);
    expect(() => open(folder)).toThrow(`chmod go-w ${folder}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('where it is a file', () => {
    const folder = makeFolder({ traces: '' });
    expect(() => open(path.join(folder, 'traces'))).toThrow('it is a link or no folder');
  });
});

describe('old files', () => {
  it('go after so many days, and nothing else does', () => {
    const folder = makeFolder();
    for (const day of ['2026-10-01', '2026-11-22', '2026-11-23', '2026-11-24'])
      open(folder, { at: new Date(`${day}T12:00:00.000Z`) });
    writeFileSync(path.join(folder, 'notes'), '');
    open(folder, { at: new Date('2026-10-02T12:00:00.000Z') });
    writeFileSync(path.join(folder, '2026-10-02/mine.txt'), '');
    open(folder, { days: 2 });
    expect(readdirSync(folder).sort()).toEqual([
      '2026-10-02',
      '2026-11-23',
      '2026-11-24',
      '2026-11-25',
      'notes',
    ]);
    expect(readdirSync(path.join(folder, '2026-10-02'))).toEqual(['mine.txt']);
  });

  it('stay for ever with 0', () => {
    const folder = makeFolder();
    open(folder, { at: new Date('1999-01-01T12:00:00.000Z') });
    open(folder);
    expect(readdirSync(folder).sort()).toEqual(['1999-01-01', '2026-11-25']);
  });

  it('are not looked for behind a link', () => {
    const place = makeFolder();
    mkdirSync(path.join(place, 'traces'));
    open(path.join(place, 'traces'), { at: new Date('2026-01-01T12:00:00.000Z') });
    renameSync(path.join(place, 'traces/2026-01-01'), path.join(place, 'elsewhere'));
    symlinkSync('../elsewhere', path.join(place, 'traces/2026-01-01'));
    open(path.join(place, 'traces'), { days: 1 });
    expect(readdirSync(path.join(place, 'elsewhere'))).toHaveLength(1);
  });

  it('go a part at a time, for a caller waits', () => {
    const folder = makeFolder();
    const day = path.join(folder, '2026-01-01');
    mkdirSync(day);
    for (let n = 0; n < 501; n++) writeFileSync(path.join(day, `120000.000-1.${n}-00000000.jsonl`), '');
    open(folder, { days: 1 });
    expect(readdirSync(day)).toHaveLength(1);
    open(folder, { days: 1 });
    expect(existsSync(day)).toBe(false);
    rmSync(folder, { recursive: true });
  });
});
