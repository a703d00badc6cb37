/** How many processes are booted, and when. */
import { describe, expect, it } from 'vitest';
import { bootsDue } from '../../src/listen/boots-due';
import { Turnover } from '../../src/listen/turnover';

const bounds = { most: 10, spare: 4, cores: 2 };
const crew = {
  idle: 0,
  busy: 0,
  booting: 0,
  starting: 0,
  waiting: 0,
  sinceLastCallMs: 1000,
  freeEveryMs: Number.POSITIVE_INFINITY,
};

describe('boots that are due', () => {
  it.each([
    ['at the start: on all processors', {}, { now: 2, urgent: false }],
    ['half of the spare ones are there: one at a time', { idle: 2 }, { now: 1, urgent: false }],
    ['and it boots already', { idle: 2, booting: 1 }, { now: 0, urgent: false }],
    ['all are there', { idle: 4 }, { now: 0, urgent: false }],
    [
      'a call was there a moment ago',
      { idle: 3, sinceLastCallMs: 10 },
      { now: 0, urgent: false, againMs: 30 },
    ],
    ['the quiet behind it is over', { idle: 3, sinceLastCallMs: 40 }, { now: 1, urgent: false }],
    ['one that is last is no time to be quiet', { idle: 1, sinceLastCallMs: 0 }, { now: 1, urgent: false }],
    ['calls wait: on all processors', { busy: 4, waiting: 5 }, { now: 2, urgent: true }],
    ['as many boot already', { busy: 4, waiting: 5, booting: 2 }, { now: 0, urgent: true }],
    [
      'one call waits, and one boots: the next ones are made ready',
      { waiting: 1, booting: 1 },
      { now: 1, urgent: false },
    ],
    ['there is room for one', { busy: 9, waiting: 5 }, { now: 1, urgent: true }],
    ['there is none', { busy: 10, waiting: 5 }, { now: 0, urgent: true }],
    ['there is none, and nobody waits', { busy: 10 }, { now: 0, urgent: false }],
    [
      'calls wait, and those that are there are free again before one could be booted',
      { busy: 4, waiting: 5, freeEveryMs: 15 },
      { now: 0, urgent: false, againMs: 8 },
    ],
    ['calls wait longer than that', { busy: 4, waiting: 5, freeEveryMs: 16 }, { now: 2, urgent: true }],
    [
      'none is spare, but will be before one could be booted',
      { busy: 4, freeEveryMs: 19 },
      { now: 0, urgent: false, againMs: 8 },
    ],
    ['none is spare, nor will be soon', { busy: 4, freeEveryMs: 20 }, { now: 2, urgent: false }],
    [
      'calls wait, and nobody is there who could become free',
      { waiting: 1, freeEveryMs: 1 },
      { now: 1, urgent: true },
    ],
    ['all are spare, and often used', { idle: 4, freeEveryMs: 1 }, { now: 0, urgent: false }],
    [
      'each starts with its call: no more at a time than there are processors',
      { starting: 2, waiting: 5 },
      { now: 0, urgent: true },
    ],
  ])('%s', (_, now, due) => {
    expect(bootsDue({ ...crew, ...now }, bounds)).toEqual(due);
  });

  it('of a large pool that a burst has half used up, the missing ones boot in a breath', () => {
    const large = { most: 100, spare: 32, cores: 4 };
    expect(bootsDue({ ...crew, idle: 10, busy: 22, sinceLastCallMs: 2 }, large)).toEqual({
      now: 0,
      urgent: false,
      againMs: 6,
    });
    expect(bootsDue({ ...crew, idle: 10, busy: 22, sinceLastCallMs: 8 }, large)).toEqual({
      now: 4,
      urgent: false,
    });
    expect(bootsDue({ ...crew, idle: 15, busy: 17, sinceLastCallMs: 8 }, large)).toEqual({
      now: 1,
      urgent: false,
    });
  });
});

describe('how often processes become free', () => {
  /** With the last one at that time. */
  function every(ms: number, lastMs: number): Turnover {
    const turnover = new Turnover();
    for (let free = 15; free >= 0; free--) turnover.add(lastMs - free * ms);
    return turnover;
  }

  it('is told from the last sixteen', () => {
    const turnover = new Turnover();
    for (let nowMs = 1000; nowMs < 1150; nowMs += 10) turnover.add(nowMs);
    expect(turnover.everyMs(1150)).toBe(Number.POSITIVE_INFINITY);
    turnover.add(1150);
    expect(turnover.everyMs(1150)).toBe(10);
    for (let nowMs = 5000; nowMs < 5016; nowMs++) turnover.add(nowMs);
    expect(turnover.everyMs(5016)).toBe(1);
  });

  it('grows while none does, once that is no hiccup of the machine', () => {
    const turnover = every(1, 1000);
    expect(turnover.everyMs(1040)).toBe(1);
    expect(turnover.everyMs(1041)).toBe(41);
    expect(turnover.everyMs(1800)).toBe(800);
    expect(every(100, 1000).everyMs(1050)).toBe(100);
  });

  it('knows no time in which none was busy', () => {
    const turnover = every(2, 1000);
    turnover.resume(60_000);
    expect(turnover.everyMs(60_040)).toBe(2);
    turnover.add(60_002);
    expect(turnover.everyMs(60_002)).toBe(2);
    // calls that go on for long have taken the place of short ones
    expect(turnover.everyMs(60_100)).toBe(98);
  });

  it('is told by none that has served nobody yet', () => {
    const turnover = new Turnover();
    turnover.resume(1000);
    expect(turnover.everyMs(1000)).toBe(Number.POSITIVE_INFINITY);
  });
});
