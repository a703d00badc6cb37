import { describe, expect, it } from 'vitest';
import { Keypad, type KeypadMode } from '../../src/agi/keypad';

function typed(mode: KeypadMode, ...entries: string[]): string {
  const keypad = new Keypad(mode);
  for (const keys of entries) keypad.enter(keys);
  return keypad.text;
}

describe('a keypad', () => {
  it.each<[KeypadMode, string, string]>([
    ['numeric', '1234', '1234'],
    ['numeric', '12*34', '1234'],
    ['numeric', '', ''],
    ['lowercase', '44*33*555*555*666', 'hello'],
    ['uppercase', '44*33*555*555*666', 'HELLO'],
    ['lowercase', '2*22*222*2222', 'abc2'],
    ['lowercase', '0*00*000*0000*00000', ' ,.?0'],
    ['lowercase', '1*11*111*1111*11111', '!:;#1'],
    ['lowercase', '7*77*777*7777*77777*9*99*999*9999*99999', 'pqrs7wxyz9'],
    ['symbol', '0*1*11*111*1111*11111', '=<([{1'],
    ['symbol', '2*22*222*2222*22222*3*33*333*3333*33333', '@$&%2>)]}3'],
    ['symbol', '4*44*444*4444*44444*5*55*555*6*66', '+-*/4\'`5"6'],
    ['symbol', '7*77*8*88*888*9*99*999', '^7\\|8_~9'],
    // a mode in mid-text
    ['numeric', '**844**5444', 'Hi'],
    ['numeric', '*844*', 'H'],
    ['lowercase', '2**612**52', 'a12a'],
    ['lowercase', '2**72', 'a@'],
    // a character, and a word
    ['lowercase', '2*22**2', 'a'],
    ['lowercase', '**2', ''],
    ['lowercase', '2*0*22*22**90*222', 'a c'],
    ['lowercase', '2*22**9', ''],
    // no such command, no such character
    ['lowercase', '2**022', 'ab'],
    ['lowercase', '22222*23*0*2', ' a'],
    ['lowercase', 'AB*2', 'a'],
  ])('%s: %s', (mode, keys, text) => {
    expect(typed(mode, keys)).toBe(text);
  });

  it("writes the sentence of phpAGI's own documentation", () => {
    expect(typed('numeric', '*844**5444*00*0*44*666*9*0*2*777*33*0*999*666*88*0000*')).toBe(
      'Hi, how are you?',
    );
  });

  it('goes on where an entry ends in **, in the mode that it has', () => {
    const keypad = new Keypad('lowercase');
    expect(keypad.enter('2**822**')).toBe(true);
    expect(keypad.enter('222')).toBe(false);
    expect(keypad.text).toBe('aBC');
  });

  it('knows no other mode', () => {
    expect(() => new Keypad('NUMERIC' as KeypadMode)).toThrow('mode is "NUMERIC", and there are');
  });
});
