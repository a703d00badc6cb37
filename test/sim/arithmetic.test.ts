/** `$[…]`, beyond what the table of conversations holds against Asterisk. */
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/sim/arithmetic';

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['-3 - -4', '1'],
    ['10 / 4', '2.5'],
    ['0.1 + 0.2', '0.3'],
    ['1 > 2 | 3', '3'],
    ['1 & "yes"', '1'],
    ['"" & 1', '0'],
    ['!0', '1'],
    ['"abc" < "abd"', '1'],
    ['9 < 10', '1'],
    ['"9" >= "10"', '0'],
    ['a != b', '1'],
    ['1 ? a :: b', 'a'],
    ['0 ? a :: 1 ? b :: c', 'b'],
    ['"5551234" =~ "^555"', '3'],
    ['"5551234" : "555(.*)"', '1234'],
    ['"x" =~ "y"', '0'],
    ['"a b" ~~ "c"', 'a bc'],
  ])('%s', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  it.each(['', '1 +', '* 2', '(1', '1 2', '"open', '1 / 0', 'a + 1', '1 ? 2', ')'])('%s is none', (text) => {
    expect(() => evaluate(text)).toThrow();
  });

  it('takes linear time', () => {
    expect(evaluate(`${'1 + '.repeat(2000)}1`)).toBe('2001');
    expect(() => evaluate('('.repeat(1000))).toThrow();
  });
});
