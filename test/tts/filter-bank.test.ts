import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterBank, PlainFilterBank, QuickFilterBank } from '../../src/tts/filter-bank';
import { root } from '../support/inet';

describe('a filter bank', () => {
  it('is the quick one here', () => {
    const filter = { phases: 1, step: 1, width: 8, taps: new Float32Array(8) };
    expect(filterBank(filter)).toBeInstanceOf(QuickFilterBank);
  });

  it('gives in WebAssembly what it gives in JavaScript', () => {
    const filters = fc.record({
      phases: fc.integer({ min: 1, max: 50 }),
      step: fc.integer({ min: 1, max: 120 }),
      groups: fc.integer({ min: 1, max: 6 }),
      chance: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(
        filters,
        fc.array(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 3000 }), { maxLength: 3 }),
        ({ phases, step, groups, chance }, pieces) => {
          const width = groups * 8;
          // as those of a filter: their sum is no more than one and a half
          const taps = Float32Array.from(
            { length: phases * width },
            (_, i) => ((((i * chance) % 97) - 48) / 48 / width) * 3,
          );
          const banks = [QuickFilterBank, PlainFilterBank].map(
            (Bank) => new Bank({ phases, step, width, taps }),
          );
          for (const piece of pieces) {
            const places = Math.max(piece.length - width + 1, 0);
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
        },
      ),
    );
  });

  it.each([QuickFilterBank, PlainFilterBank])('%o goes no further than the ends', (Bank) => {
    const bank = new Bank({ phases: 1, step: 8, width: 8, taps: new Float32Array(8).fill(1) });
    bank.input(24).set([...Array(8).fill(32_767), ...Array(8).fill(-32_768), ...Array(8).fill(0.125)]);
    expect([...bank.run(3, 0)]).toEqual([32_767, -32_768, 1]);
  });

  it('has the code that its script says', () => {
    const script = path.join(root, 'scripts/filter-bank.mjs');
    const made = execFileSync(process.execPath, [script, '--print'], { encoding: 'utf8' });
    expect(readFileSync(path.join(root, 'src/tts/filter-bank-code.ts'), 'utf8')).toBe(made);
  });
});
