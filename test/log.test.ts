import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLevel } from '../src/config';
import { Log } from '../src/log';
import { makeFolder } from './support/inet';

const file = path.join(makeFolder(), 'log');
const fd = fs.openSync(file, 'a');
const written = () => fs.readFileSync(file, 'utf8');

function openLog(level: LogLevel = 'debug', more: Partial<Log> = {}): Log {
  return Object.assign(new Log(level), { fd }, more);
}

beforeEach(() => fs.ftruncateSync(fd));
afterAll(() => fs.closeSync(fd));

describe('levels', () => {
  it.each<[LogLevel, LogLevel[]]>([
    ['error', ['error']],
    ['warning', ['error', 'warning']],
    ['info', ['error', 'warning', 'info']],
    ['debug', ['error', 'warning', 'info', 'debug']],
  ])('%s lets through %j', (level, through) => {
    const log = openLog(level);
    const all: LogLevel[] = ['error', 'warning', 'info', 'debug'];
    for (const entry of all) log.write(entry, entry);
    expect([...written().matchAll(/: (\w+)\n/g)].map(([, entry]) => entry)).toEqual(through);
    expect(all.filter((entry) => log.enabled(entry))).toEqual(through);
  });
});

describe('an entry', () => {
  it('has time, level, process and what it is about', () => {
    openLog('debug', { subject: 'hello.js' }).write('warning', 'look out');
    expect(written()).toMatch(
      new RegExp(
        `^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z warning fastagi\\[${process.pid}\\] hello\\.js: look out\n$`,
      ),
    );
  });

  it('without a subject', () => {
    openLog().write('info', 'text');
    expect(written()).toContain(`info fastagi[${process.pid}]: text\n`);
  });

  it('for syslog leaves time and process to it', () => {
    openLog('debug', { syslog: true, subject: 'a.js' }).write('error', 'one\ntwo\nthree');
    expect(written()).toBe('<3>error a.js: one\n<3>    two\n<3>    three\n');
  });

  it.each<[LogLevel, string]>([
    ['error', '<3>'],
    ['warning', '<4>'],
    ['info', '<6>'],
    ['debug', '<7>'],
  ])("%s has syslog's priority %s", (level, priority) => {
    openLog('debug', { syslog: true }).write(level, 'x');
    expect(written()).toBe(`${priority}${level}: x\n`);
  });
});

describe('text', () => {
  it.each([
    ['one\ntwo', 'one\n    two'],
    ['one\n  two\n\nthree', 'one\n      two\n    \n    three'],
    ['trailing\n\n', 'trailing'],
    ['tab\there', 'tab\there'],
    ['a\r\nb', 'a\\x0d\n    b'],
    ['\x1b[2J\x07\0', '\\x1b[2J\\x07\\x00'],
    ['\x7f\x80\x9f', '\\x7f\\x80\\x9f'],
    ['\x9b31m', '\\x9b31m'],
    ['Jürgen 王 📞', 'Jürgen 王 📞'],
    ['$& $1', '$& $1'],
    ['', ''],
  ])('%j is written as %j', (text, shown) => {
    openLog().write('info', text);
    expect(written().replace(/^.*?\]: /, '')).toBe(`${shown}\n`);
  });

  it('cannot pass for another entry', () => {
    openLog().write('info', 'x\n2026-01-01T00:00:00.000Z error fastagi[1]: forged');
    expect(written().split('\n')[1]).toMatch(/^ {4}2026/);
  });
});

describe('where it goes', () => {
  it('nowhere without a descriptor', () => {
    new Log('debug').write('error', 'x');
    expect(written()).toBe('');
  });

  it('a descriptor that cannot be written costs nothing', () => {
    const reading = fs.openSync(file, 'r');
    expect(() => openLog('debug', { fd: reading }).write('error', 'x')).not.toThrow();
    fs.closeSync(reading);
  });

  it('is opened late, once, by the first entry that is let through', () => {
    const log = new Log('info');
    const openLate = vi.fn(() => {
      log.fd = fd;
      log.write('warning', 'opened');
    });
    log.openLate = openLate;
    log.write('debug', 'none');
    expect(openLate).not.toHaveBeenCalled();
    log.write('info', 'first');
    log.write('info', 'second');
    expect(openLate).toHaveBeenCalledTimes(1);
    expect([...written().matchAll(/: (\w+)\n/g)].map(([, entry]) => entry)).toEqual([
      'opened',
      'first',
      'second',
    ]);
  });
});
