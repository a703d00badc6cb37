import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/sim/clock';

describe('a clock that is turned', () => {
  it('goes to what is due next, in order', () => {
    const clock = new VirtualClock(1000);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.after(50, note('later'));
    clock.after(10, note('first'));
    clock.after(10, note('second'));
    const cancel = clock.after(20, note('never'));
    cancel();
    expect(clock.turn()).toBe(true);
    expect(clock.now()).toBe(1010);
    expect(clock.turn(1040)).toBe(true);
    expect(clock.turn(1040)).toBe(false);
    clock.pass(100);
    expect(clock.turn()).toBe(false);
    expect(seen).toEqual([
      ['first', 1010],
      ['second', 1010],
      ['later', 1050],
    ]);
    expect(clock.now()).toBe(1110);
  });

  it('keeps what is due meanwhile', () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.after(10, () => clock.after(10, () => seen.push(clock.now())));
    clock.after(-5, () => seen.push(clock.now()));
    clock.pass(20);
    expect(seen).toEqual([0, 20]);
  });
});
