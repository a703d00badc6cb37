/** What a process says to its master is looked at, for a script can say it. */
import { expect, it } from 'vitest';
import { isReport } from '../../src/listen/reports';

const done = { type: 'done', id: 1, code: 0, asked: true };
const tally = { type: 'tally', active: 0, calls: 0, refused: {}, ended: [] };

it.each<unknown>([
  done,
  { ...done, free: true, firstCommandMs: 1.5 },
  { ...tally, refused: { max_active: 2 }, ended: [{ code: 1, asked: false }] },
  { type: 'stale', why: 'it has changed' },
  { type: 'deaf', code: 'EINVAL', why: 'no such socket' },
])('%j is a report', (said) => {
  expect(isReport(said)).toBe(true);
});

it.each<unknown>([
  null,
  5,
  {},
  { type: 'told' },
  { ...done, id: 'x' },
  { ...done, firstCommandMs: 1e300 },
  { ...done, firstCommandMs: -1e300 },
  { ...done, firstCommandMs: '1' },
  { ...tally, ended: [{ firstCommandMs: 1e300 }] },
  { ...tally, active: -1 },
  { type: 'stale', why: { toString: 1, valueOf: 1 } },
  { type: 'stale' },
  { type: 'deaf', why: {} },
])('%j is none', (said) => {
  expect(isReport(said)).toBe(false);
});
