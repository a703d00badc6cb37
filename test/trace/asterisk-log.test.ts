import { describe, expect, it, test } from 'vitest';
import { elapsedMs, parseClock, parseLogLine } from '../../src/trace/asterisk-log';

const channel = 'Local/a@b-00000000;1';

describe('a line of the log', () => {
  it.each([
    [
      `[Nov 25 15:24:22] VERBOSE[26771][C-00000002] res_agi.c: <${channel}>AGI Rx << ANSWER`,
      ['Nov 25 15:24:22', '26771 C-00000002', channel, '>', 'ANSWER'],
    ],
    [
      `[Nov 25 15:24:22] VERBOSE[26771][C-00000002] res_agi.c: AGI Tx >> agi_network: yes`,
      ['Nov 25 15:24:22', '26771 C-00000002', '', '<', 'agi_network: yes'],
    ],
    [
      `[2026-11-25 15:24:22.123] VERBOSE[1] res_agi.c: <${channel}>AGI Tx >> `,
      ['2026-11-25 15:24:22.123', '1 ', channel, '<', ''],
    ],
    [
      `[15:24:22.123] VERBOSE[1][C-0000000a] res_agi.c:1234 in agi_handle_command: <${channel}>AGI Rx << NOOP`,
      ['15:24:22.123', '1 C-0000000a', channel, '>', 'NOOP'],
    ],
    [
      `[Nov 25 15:24:22] VERBOSE[1][C-1] res_agi.c: <${channel}>AGI Script agi://h/x completed, returning 0`,
      ['Nov 25 15:24:22', '1 C-1', channel, 'end', 'returning 0'],
    ],
    [`<${channel}>AGI Rx << VERBOSE "AGI Tx >> x" 1`, ['', '', channel, '>', 'VERBOSE "AGI Tx >> x" 1']],
    [`    -- <${channel}>AGI Tx >> 200 result=1`, ['', '', channel, '<', '200 result=1']],
    [`\u001b[1;32m<${channel}>AGI Tx >> 200 result=1\u001b[0m`, ['', '', channel, '<', '200 result=1']],
    [`vm*CLI> \r\u001b[0K<${channel}>AGI Rx << NOOP`, ['', '', channel, '>', 'NOOP']],
    [`[Nov 25 15:24:22] <${channel}>AGI Tx >> 510 x`, ['Nov 25 15:24:22', '', channel, '<', '510 x']],
  ])('%j', (text, [clock, thread, of, dir, line]) => {
    expect(parseLogLine(text)).toEqual({ clock, thread, channel: of, dir, line });
  });

  it.each([
    '',
    'AGI ',
    '[Nov 25 15:24:22] VERBOSE[1][C-1] res_agi.c: Launched AGI Script /x',
    '[Nov 25 15:24:22] VERBOSE[1][C-1] res_agi.c: AGI Script Executing Application: (Set) Options: (X=1)',
    `[Nov 25 15:24:22] VERBOSE[1][C-1] app_verbose.c: he said: <${channel}>AGI Rx << ANSWER`,
    `[Nov 25 15:24:22] VERBOSE[1][C-1] res_agi.c: agi://h/x: AGI Rx << ANSWER`,
  ])('%j tells of no call', (text) => {
    expect(parseLogLine(text)).toBeUndefined();
  });
});

describe('times', () => {
  it.each([
    ['Nov 25 15:24:22', 'Nov 25 15:24:24', 2000],
    ['2026-11-25 15:24:22.123', '2026-11-25 15:24:22.456', 333],
    ['2026-11-25T15:24:22,5', '2026-11-25T15:24:23,25', 750],
    ['23:59:59.900', '00:00:00.100', 200],
    ['Dec 31 23:59:59', 'Jan  1 00:00:01', 2000],
    ['Feb 29 23:59:59', 'Mar  1 00:00:00', 1000],
    // the clock was set back in the middle of a call
    ['Nov 25 15:24:24', 'Nov 25 15:24:22', 0],
    ['no time', 'Nov 25 15:24:22', 0],
  ])('from %s to %s: %i ms', (from, to, ms) => {
    expect(elapsedMs(from, to)).toBeCloseTo(ms, 6);
  });

  it.each(['', 'AGI', '1795620262', '15:24', 'C-00000001'])('%j is none', (clock) => {
    expect(parseClock(clock)).toBeUndefined();
  });
});

test.each(['[', 'AGI ', '<', ' ', 'A', '1', 'VERBOSE[', '\u001b[', 'res_agi.c:', '.', '-- '])(
  'a long line of %j is done with at once',
  (unit) => {
    const long = unit.repeat(200_000 / unit.length);
    for (const line of [`${long}AGI `, `[${long}AGI Tx >> x`, `<${long}AGI Script ${long} completed, x`])
      expect(parseLogLine(line)).toBeUndefined();
  },
);
