/** What the master does about a process that does not do what is due. */
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaults } from '../../src/config';
import { CrewMember, type Exit } from '../../src/listen/crew-member';
import { Log } from '../../src/log';
import { makeFolder } from '../support/inet';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A process that does nothing at all. */
function start(): { member: CrewMember; ended: Promise<Exit> } {
  const starter = path.join(makeFolder({ 'idle.js': 'setInterval(() => {}, 60_000)' }), 'idle.js');
  const limits = { maxActive: 0, maxPerAddress: 0, allow: [] };
  let onExit: (how: Exit) => void;
  const ended = new Promise<Exit>((resolve) => {
    onExit = resolve;
  });
  const member = new CrewMember(
    {
      program: { starter, file: starter, errand: starter },
      compiled: undefined,
      terms: { mode: 'pool', config: defaults, syslog: false, maxCalls: 10, limits },
      politely: false,
      descriptors: [],
      log: new Log('error'),
    },
    { onReport: () => {}, onLeave: () => {}, onExit: (_, how) => onExit(how) },
  );
  return { member, ended };
}

describe('a process that does not leave', () => {
  it('is killed, also where the master was held up when its time was over', async () => {
    let nowMs = 1_000_000;
    vi.spyOn(process, 'hrtime').mockImplementation((() => [nowMs / 1000, 0]) as never);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { member, ended } = start();
    member.end('enough');
    // the whole machine stood still: the process gets as long again
    nowMs += 15_000;
    vi.advanceTimersByTime(10_000);
    nowMs += 10_000;
    vi.advanceTimersByTime(10_000);
    vi.useRealTimers();
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
