import { describe, expect, it } from 'vitest';
import { parseCallerId } from '../../src/wire/caller-id';

const none = { name: '', protocol: '', username: '', host: '', port: '' };

describe('parseCallerId', () => {
  it.each([
    ['', {}],
    ['5551234', { username: '5551234' }],
    ['<5551234>', { username: '5551234' }],
    ['"Jo Do" <123>', { name: 'Jo Do', username: '123' }],
    ['Jo Do <123>', { name: 'Jo Do', username: '123' }],
    ['  "Jo"   <123>  ', { name: 'Jo', username: '123' }],
    ['"" <123>', { username: '123' }],
    ['"a \\"b\\" \\\\c" <1>', { name: 'a "b" \\c', username: '1' }],
    [
      '"Jo" <sip:100@pbx.example:5060>',
      { name: 'Jo', protocol: 'sip', username: '100', host: 'pbx.example', port: '5060' },
    ],
    ['sip:100@pbx.example', { protocol: 'sip', username: '100', host: 'pbx.example' }],
    ['tel:+4930123', { protocol: 'tel', username: '+4930123' }],
    ['<sip:a@b@c>', { protocol: 'sip', username: 'a@b', host: 'c' }],
    ['<sip:1@[2001:db8::1]:5061>', { protocol: 'sip', username: '1', host: '[2001:db8::1]', port: '5061' }],
    ['"never ends', { username: '"never ends' }],
    ["'Jo Do' <123>", { name: 'Jo Do', username: '123' }],
    ['"x" 123', { name: 'x', username: '123' }],
  ])('%j', (text, parts) => {
    expect(parseCallerId(text)).toEqual({ ...none, ...parts });
  });

  it('takes no longer than its text for hostile ones', () => {
    for (const text of [
      '"'.repeat(50_000),
      '<'.repeat(50_000),
      '"\\'.repeat(50_000),
      ' '.repeat(50_000),
      'a'.repeat(50_000) + '@',
      `x${' '.repeat(50_000)}x`,
    ])
      expect(parseCallerId(text)).toHaveProperty('name');
  });
});
