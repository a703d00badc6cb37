import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type AmiFields, encodeAction } from '../../src/wire/ami-action';

const encode = (fields: AmiFields, action = 'Ping') => encodeAction(action, fields, 'id-1');

describe('an action', () => {
  it.each<[string, AmiFields]>([
    ['', {}],
    ['', { Left: undefined }],
    ['Channel: PJSIP/alice-0001\r\n', { Channel: 'PJSIP/alice-0001' }],
    [
      'Timeout: 30000\r\nBig: 9007199254740993\r\nAsync: true\r\nNone: \r\n',
      { Timeout: 30_000, Big: 9007199254740993n, Async: true, None: '' },
    ],
    ['Filter: a\r\nFilter: b\r\n', { Filter: ['a', 'b'] }],
    ['A: Jürgen: 王\r\n', { A: 'Jürgen: 王' }],
    ['Action-000000: append\r\nfoo bar: 1\r\n', { 'Action-000000': 'append', 'foo bar': 1 }],
    [
      'Variable: a=1\r\nVariable: CALLERID(num)=2\r\n',
      { Variable: { a: 1, 'CALLERID(num)': '2', left: undefined } },
    ],
    ['Variable: a=x\\,y\\"z\\(a\\)\\[b\\]\\\\ =c\r\n', { Variable: { a: 'x,y"z(a)[b]\\ =c' } }],
    [`A: ${'x'.repeat(1019)}\r\n`, { A: 'x'.repeat(1019) }],
    [`A: ${'ö'.repeat(509)}\r\n`, { A: 'ö'.repeat(509) }],
    [`${'A: b\r\n'.repeat(126)}`, { A: Array(126).fill('b') }],
  ])('%j', (lines, fields) => {
    expect(encode(fields)).toBe(`Action: Ping\r\nActionID: id-1\r\n${lines}\r\n`);
  });
});

describe('is refused, and nothing is sent', () => {
  it.each<[string, AmiFields, string]>([
    ['a newline in a value', { A: 'x\r\nAction: Originate' }, 'A holds a newline'],
    ['an LF in a value', { A: 'x\nAction: Originate' }, 'another line of orders'],
    ['a CR in a value', { A: 'x\r' }, 'a newline'],
    ['a NUL in a value', { A: 'x\0' }, 'a NUL'],
    ['a newline in one of many', { A: ['x', 'y\n'] }, 'a newline'],
    ['a newline in a variable', { Variable: { a: 'x\n' } }, 'a newline'],
    ['a newline in a variable’s name', { Variable: { 'a\nb': 'x' } }, 'name of a variable'],
    ['a comma in a variable’s name', { Variable: { 'a,b': 'x' } }, 'name of a variable'],
    ['an = in a variable’s name', { Variable: { 'a=b': 'x' } }, 'name of a variable'],
    ['a newline in a name', { 'A\nB': 'x' }, 'name of a header'],
    ['a NUL in a name', { 'A\0': 'x' }, 'name of a header'],
    ['a colon in a name', { 'A: b\u2028Action': 'x' }, 'name of a header'],
    ['no name', { '': 'x' }, 'name of a header'],
    ['a space before a name', { ' A': 'x' }, 'name of a header'],
    ['another action', { action: 'Originate' }, 'leave it out'],
    ['an ActionID', { ACTIONID: '1' }, 'leave it out'],
    ['a line of 1,023 bytes', { A: 'x'.repeat(1020) }, '1023 bytes'],
    ['a line of 1,023 bytes in 513 characters', { A: `${'ö'.repeat(510)}` }, '1023 bytes'],
    ['129 lines', { A: Array(127).fill('b') }, '129 lines'],
    ['NaN', { A: Number.NaN }, 'A is no text and no number, but NaN'],
    ['null', { A: null as never }, 'null'],
    ['a Promise', { A: [Promise.resolve('x') as never] }, 'await it'],
    ['a function', { A: (() => {}) as never }, 'function'],
    [
      'a Promise that is a whole value',
      { A: Promise.resolve('x') as never },
      'A is no text and no number, but a Promise: await it',
    ],
    ['a Promise of a variable', { Variable: { a: Promise.resolve('x') as never } }, 'await it'],
    ['a Date', { A: new Date(0) as never }, '(Date)'],
    ['a Map', { Variable: new Map([['a', '1']]) as never }, '(Map)'],
    ['a text for headers', 'core show uptime' as never, 'action("Ping", { Header: value })'],
    ['a list for headers', ['x'] as never, 'headers in one object'],
    ['null for headers', null as never, 'headers in one object'],
  ])('%s', (_, fields, message) => {
    expect(() => encode(fields)).toThrow(
      expect.objectContaining({
        name: 'AmiArgumentError',
        code: 'AMI_ARGUMENT',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('an action’s name with a newline', () => {
    expect(() => encode({}, 'Ping\r\nAction: Originate')).toThrow(/^an action: Action holds a newline/);
  });
});

test('whatever is given, no line more is sent than there are values', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), (fields) => {
      let text: string;
      try {
        text = encode(fields);
      } catch (error) {
        expect(error).toMatchObject({ code: 'AMI_ARGUMENT' });
        return;
      }
      expect(text.split(/[\r\n]+/).length - 1).toBe(2 + Object.keys(fields).length);
      expect(text).not.toContain('\0');
    }),
    { numRuns: 300 },
  );
});

it.each([{ Action: 'Ping' }, null, 7])('%j in the place of the name is refused', (action) => {
  expect(() => encode({}, action as never)).toThrow(
    'an action has its name first and its headers in one object behind it, as in action("Ping", { Header: value })',
  );
});
