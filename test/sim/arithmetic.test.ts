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
    ['"abc" < "abd"', '1'],
    ['9 < 10', '1'],
    ['0 ? a :: 1 ? b :: c', 'b'],
    ['"5551234" =~ "^555"', '3'],
    ['"5551234" : "555(.*)"', '1234'],
    ['"a b" ~~ "c"', 'a bc'],
    ['7 % 0', '0'],
  ])('%s', (text, value) => {
    expect(evaluate(text, { warn: (warning) => expect.unreachable(warning) })).toBe(value);
  });

  it.each([
    ['1 +', '0'],
    ['* 2', ''],
    [' = 5', ''],
    ['+ 5', ''],
    ['(1', '0'],
    ['1 2', '1'],
    ['1 ? 2', '0'],
    ['1 := 1', '0'],
    [')', ''],
    ['"a" =~ "("', ''],
    ['POW(1)', '0'],
    ['FLOOR()', '0'],
  ])('%s is none', (text, value) => {
    const warnings: string[] = [];
    expect(evaluate(text, { warn: (warning) => warnings.push(warning) })).toBe(value);
    expect(warnings).toHaveLength(1);
  });

  it('passes over what has no meaning', () => {
    expect(evaluate('{a}')).toBe('a');
    expect(evaluate('"open')).toBe('open');
  });

  it('calls what it does not know', () => {
    const calls: string[] = [];
    const call = (name: string, argument: string) => {
      calls.push(`${name}(${argument})`);
      return name === 'LEN' ? '3' : undefined;
    };
    expect(evaluate('LEN(abc) + 1', { call })).toBe('4');
    expect(evaluate('NOSUCH(1, 2)', { call })).toBe('0');
    expect(calls).toEqual(['LEN(abc)', 'NOSUCH(1,2)']);
  });

  it('takes linear time', () => {
    expect(evaluate(`${'1 + '.repeat(2000)}1`)).toBe('2001');
    expect(evaluate('('.repeat(1000))).toBe('0');
  });
});
