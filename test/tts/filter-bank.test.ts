import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterBank, QuickFilterBank } from '../../src/tts/filter-bank';
import { STOP_DB, windowSeries } from '../../src/tts/filter-design';
import { PlainFilterBank } from '../../src/tts/plain-filter-bank';
import { root } from '../support/inet';

describe('a filter bank', () => {
  it('is the quick one here', () => {
    expect(filterBank({ phases: 1, step: 1, half: 8, turns: 0.5 })).toBeInstanceOf(QuickFilterBank);
  });

  it('gives in WebAssembly what it gives in JavaScript', () => {
    const filters = fc.record({
      phases: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(320)),
      step: fc.integer({ min: 1, max: 120 }),
      half: fc.integer({ min: 1, max: 6 }).map((eighth) => eighth * 8),
      turns: fc.double({ min: 0.1, max: 1, noNaN: true }),
    });
    const sound = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 3000 });
    fc.assert(
      fc.property(filters, fc.array(sound, { maxLength: 3 }), fc.nat(), (filter, pieces, chance) => {
        const { phases, step, half } = filter;
        const banks = [QuickFilterBank, PlainFilterBank].map((Bank) => new Bank(filter));
        for (const piece of pieces) {
          const places = Math.max(piece.length - half * 2 + 1, 0);
          const phase = chance % phases;
          const count = Math.max(Math.ceil((places * phases - phase) / step), 0);
          const [quick, plain] = banks.map((bank) => {
            bank.input(piece.length).set(piece);
            return bank.run(count, phase);
          }) as [Int16Array, Int16Array];
          expect(quick).toHaveLength(count);
          // the one adds floats of 32 bits, the other of 64
          quick.forEach((sample, i) => {
            expect(Math.abs(sample - (plain[i] as number))).toBeLessThanOrEqual(1);
          });
        }
      }),
    );
  });

  it.each([QuickFilterBank, PlainFilterBank])('%o goes no further than the ends', (Bank) => {
    const bank = new Bank({ phases: 1, step: 2, half: 32, turns: 0.4 });
    // what is cut off at a square's corners would go beyond
    const square = Int16Array.from({ length: 1000 }, (_, i) => (i % 200 < 100 ? 32_767 : -32_768));
    bank.input(1000).set(square);
    const made = bank.run(400, 0);
    expect([Math.max(...made), Math.min(...made)]).toEqual([32_767, -32_768]);
    const turns = made.filter((sample, i) => i > 0 && Math.abs(sample - (made[i - 1] as number)) > 40_000);
    // one for each of its own; a sample that was turned around would add two
    expect(turns).toHaveLength(8);
  });

  it("has J. F. Kaiser's window", () => {
    const beta = 0.1102 * (STOP_DB - 8.7);
    const height = (inside: number) => windowSeries().reduce((sum, term) => sum * inside + term);
    for (let t = 0; t <= 1; t += 1 / 64)
      expect(height(1 - t ** 2) / height(1)).toBeCloseTo(
        bessel(beta * Math.sqrt(1 - t ** 2)) / bessel(beta),
        6,
      );
  });

  it('has the code that its script says', () => {
    const script = path.join(root, 'scripts/filter-bank.mjs');
    const made = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    expect(readFileSync(path.join(root, 'src/tts/filter-bank-code.ts'), 'utf8')).toBe(made);
  });
});

/** The modified Bessel function of the first kind and order 0, as the integral that it is. */
function bessel(x: number): number {
  const steps = 1000;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.exp(x * Math.cos(((i + 0.5) * Math.PI) / steps));
  return sum / steps;
}
