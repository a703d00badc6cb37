/** The page for people who come from phpari names ours that are there, and each of its classes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Ari } from '../../src/ari';
import { operations } from '../../src/ari/catalog';
import { root } from '../support/inet';

const page = readFileSync(path.join(root, 'docs/from-phpari.md'), 'utf8');
const rows = Array.from(
  page.matchAll(/^\| `(\w+)\.(\w+)` +\| `ari\.([\w.]+)` +\|/gm),
  ([, type, theirs, ours]) => ({
    theirs: `${type}.${theirs}`,
    ours: ours as string,
  }),
);
const ari = new Ari({ username: 'u', password: 'p' });

describe('docs/from-phpari.md', () => {
  it('has every class of phpari', () => {
    expect([...new Set(rows.map(({ theirs }) => theirs.split('.')[0]))]).toEqual([
      ...[
        'asterisk',
        'applications',
        'bridges',
        'channels',
        'devicestates',
        'endpoints',
        'events',
        'mailboxes',
      ],
      ...['playbacks', 'recordings', 'sounds'],
    ]);
    expect(new Set(rows.map(({ theirs }) => theirs)).size).toBe(rows.length);
    expect(rows.length).toBe(page.match(/^\| `/gm)?.length);
  });

  it.each(rows)('$ours is there, for $theirs', ({ ours }) => {
    const [resource = '', operation] = ours.split('.');
    const place = operation === undefined ? ari : ari[resource as keyof typeof operations];
    expect(Reflect.get(place, operation ?? resource)).toBeTypeOf('function');
  });
});

describe('docs/ari.md', () => {
  it('names the codes of errors that there are', () => {
    const text = readFileSync(path.join(root, 'docs/ari.md'), 'utf8');
    const sources = [
      ...['src/wire/ari-answer.ts', 'src/ari-errors.ts', 'src/ari/http-carrier.ts'],
      'src/ari/connection-failure.ts',
    ]
      .map((file) => readFileSync(path.join(root, file), 'utf8'))
      .join();
    for (const [code] of text.matchAll(/ARI_[A-Z_]+/g)) expect(sources).toContain(code);
    expect(text).toContain(
      `${Object.values(operations).flatMap((rows) => Object.keys(rows)).length} operations`,
    );
  });
});
