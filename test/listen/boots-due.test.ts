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
  it('is told from the last eight, and grows while none does', () => {
    const turnover = new Turnover();
    for (let nowMs = 1000; nowMs < 1070; nowMs += 10) turnover.add(nowMs);
    expect(turnover.everyMs(1070)).toBe(Number.POSITIVE_INFINITY);
    turnover.add(1070);
    expect(turnover.everyMs(1080)).toBe(10);
    // calls that go on for long have taken the place of short ones
    expect(turnover.everyMs(1100)).toBe(30);
    expect(turnover.everyMs(1800)).toBe(730);
    for (let nowMs = 5000; nowMs < 5008; nowMs++) turnover.add(nowMs);
    expect(turnover.everyMs(5008)).toBe(1);
  });
});
