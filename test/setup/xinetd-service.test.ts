import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readServices, withAttributes } from '../../src/setup/xinetd-service';
import { root } from '../support/inet';

const shape = (text: string) =>
  readServices(text).map(({ name, attributes }) => [name, Object.fromEntries(attributes)]);

describe('readServices', () => {
  it.each<[string, string, unknown]>([
    ['an attribute', 'service a\n{\n\tuser = jo\n}', [['a', { user: ['jo'] }]]],
    [
      'words',
      'service a\n{\nonly_from = 10.0.0.1  10.0.0.2\n}',
      [['a', { only_from: ['10.0.0.1', '10.0.0.2'] }]],
    ],
    [
      'added and taken away',
      'service a\n{\nonly_from = a b\nonly_from += c\nonly_from -= a\n}',
      [['a', { only_from: ['b', 'c'] }]],
    ],
    ['nothing', 'service a\n{\nonly_from =\n}', [['a', { only_from: [] }]]],
    ['a comment', '# service b\nservice a\n{\n # user = x\n}', [['a', {}]]],
    ['the bracket on the line of the name', 'service a {\n user = jo\n}', [['a', { user: ['jo'] }]]],
    [
      'two, and the defaults',
      'defaults\n{\n cps = 1 2\n}\nservice a\n{\n}\n',
      [
        ['defaults', { cps: ['1', '2'] }],
        ['a', {}],
      ],
    ],
    ['no end', 'service a\n{\n user = jo\n', []],
    ['another file', 'hello = world\n', []],
  ])('%s', (_, text, services) => {
    expect(shape(text)).toEqual(services);
  });

  it.each(readdirSync(path.join(root, 'xinetd')))('reads xinetd/%s', (file) => {
    const [[name, attributes] = []] = shape(readFileSync(path.join(root, 'xinetd', file), 'utf8'));
    expect(name).toBe('fastagi');
    expect(attributes).toMatchObject({
      port: ['4573'],
      user: ['asterisk'],
      server: [expect.stringMatching(/^\/usr\/bin\/\w+$/)],
    });
  });
});

describe('withAttributes', () => {
  const text = readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');

  it('changes these values, and nothing else', () => {
    const changed = withAttributes(text, { user: 'jo', server: '/opt/$&/node' });
    expect(shape(changed)).toEqual([
      ['fastagi', { ...(shape(text)[0]?.[1] as object), user: ['jo'], server: ['/opt/$&/node'] }],
    ]);
    const lines = changed.split('\n').filter((line, at) => line !== text.split('\n')[at]);
    expect(lines).toEqual(['\tuser\t\t= jo', '\tserver\t\t= /opt/$&/node']);
  });

  it('refuses what the file does not have', () => {
    expect(() => withAttributes(text, { nice: '10' })).toThrow('no nice');
  });
});
