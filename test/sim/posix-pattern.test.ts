/** Regular expressions of POSIX; what of them the table of conversations shows is held against Asterisk there. */
import { describe, expect, it } from 'vitest';
import { posixPattern } from '../../src/sim/posix-pattern';

describe('a pattern', () => {
  it.each([
    ['[[:digit:]]+', 'a12', '12'],
    ['^[[:alpha:]_]+$', 'a_b', 'a_b'],
    ['[^[:space:]]', ' x', 'x'],
    ['[]a]+', 'b]a', ']a'],
    ['[a-]', '-', '-'],
    ['[\\]', '\\', '\\'],
    ['[.]', 'a.', '.'],
    ['\\d', 'd1', 'd'],
    ['\\w+', '-a1', 'a1'],
    ['\\bx\\b', 'ax x', 'x'],
    ['\\<b', 'ab b', 'b'],
    ['\\.', 'a.', '.'],
    ['a{2}', 'aaa', 'aa'],
    ['a{2,}', 'aaa', 'aaa'],
    ['a{,2}', 'aaa', 'aa'],
    ['o*?', 'oo', 'oo'],
    ['a**', 'aa', 'aa'],
    ['(a)(b)\\2', 'abb', 'abb'],
    [')', ')', ')'],
    ['a|b', 'b', 'b'],
    ['a|ab', 'xab', 'ab'],
    ['(a|ab)(c|bcd)', 'abcd', 'abcd'],
    ['a|ab$', 'abc', 'a'],
    ['^1|^10', '100', '10'],
    ['a|', 'ba', ''],
    ['', 'x', ''],
    ['/', 'a/', '/'],
    ['.', '\n', '\n'],
  ])('%s in %j takes %j', (pattern, text, taken) => {
    const found = posixPattern(pattern).match(text);
    expect(found && text.slice(found.at, found.at + found.length)).toBe(taken);
  });

  it('counts bytes', () => {
    expect(posixPattern('^..$').match('ä')).toEqual({ at: 0, length: 2, group: undefined });
    expect(posixPattern('(ä)').match('xä')).toEqual({ at: 1, length: 2, group: 'ä' });
  });

  it('tells of its groups', () => {
    expect(posixPattern('(x)?a')).toMatchObject({ hasGroups: true });
    expect(posixPattern('(x)?a').match('a')?.group).toBeUndefined();
    expect(posixPattern('\\(').hasGroups).toBe(false);
  });

  it.each(['(', '*', '+a', 'a|*', '(?:a)', 'a{', 'a{x}', '[a', '[b-a]', '[[:no:]]', '\\', '(a)\\2'])(
    '%s is none',
    (pattern) => {
      expect(() => posixPattern(pattern)).toThrow(SyntaxError);
    },
  );
});
