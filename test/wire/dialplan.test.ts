// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeArgument, openExpression, splitArguments } from '../../src/wire/dialplan';

describe('splitArguments', () => {
  // what Asterisk 16 and 22 made of these, by MSet() and GOSUB
  it.each<[text: string, args: string[], literal: string[]]>([
    ['', [''], ['']],
    ['a', ['a'], ['a']],
    ['a,b', ['a', 'b'], ['a', 'b']],
    [' a ,,b ', [' a ', '', 'b '], [' a ', '', 'b ']],
    ['a\\,b', ['a,b'], ['a\\,b']],
    ['a\\\\,b', ['a\\', 'b'], ['a\\\\', 'b']],
    ['"c,d",e', ['c,d', 'e'], ['"c,d"', 'e']],
    ['e\\"f,g', ['e"f', 'g'], ['e\\"f', 'g']],
    ['a)b,c', ['a)b', 'c'], ['a)b', 'c']],
    ['f(a,b),c', ['f(a,b)', 'c'], ['f(a,b)', 'c']],
    ['\\[a,b', ['[a', 'b'], ['\\[a', 'b']],
    ['[a,b],c', ['[a,b]', 'c'], ['[a,b]', 'c']],
    ['(a,b', ['(a,b'], ['(a,b']],
    ['a\\', ['a'], ['a\\']],
  ])('%j', (text, args, literal) => {
    expect(splitArguments(text)).toEqual(args);
    expect(splitArguments(text, true)).toEqual(literal);
  });
});

describe('escapeArgument', () => {
  it('leaves plain text alone', () => {
    expect(escapeArgument('PJSIP/alice@trunk-1&b;c=$')).toBe('PJSIP/alice@trunk-1&b;c=$');
  });
  it('any values come out of their arguments as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'a\\",()[] ') }), { minLength: 1 }),
        (values) => {
          expect(splitArguments(values.map(escapeArgument).join(','))).toEqual(values);
        },
      ),
    );
  });
});

describe('openExpression', () => {
  it.each<[string, '}' | ']' | undefined]>([
    ['', undefined],
    ['$', undefined],
    ['{[', undefined],
    ['${X}', undefined],
    ['${X} $[1+1]', undefined],
    ['${X', '}'],
    ['$[1+${X}', ']'],
    ['${A(${B})}', undefined],
    // brackets of its own kind count, of the other kind do not
    ['$["a[" = "a["]', ']'],
    ['$["[a]" = "', ']'],
    ['${REGEX("[0-9]{3}" ', '}'],
    ['${REGEX("[0-9]{3" 12)}', '}'],
    ['$[ ${ [ } ]', ']'],
    ['${X}] }', undefined],
  ])('%j', (text, closing) => {
    expect(openExpression(text)).toBe(closing);
  });
});
