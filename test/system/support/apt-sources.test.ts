import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { aptSources } from './apt-sources';

const folder = mkdtempSync(join(tmpdir(), 'fastagi-apt-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('reads both forms that apt reads, and no other file', () => {
  mkdirSync(join(folder, 'sources.list.d'));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  write(
    'sources.list',
    '# deb http://no.test a main\ndeb-src http://src.test a main\ndeb http://one.test a main\n',
  );
  write(
    'sources.list.d/b.list',
    'deb [arch=amd64 signed-by=/k.gpg] http://two.test b-security main contrib\n',
  );
  write(
    'sources.list.d/c.sources',
    [
      '# first\nTypes: deb deb-src\nURIs: http://three.test http://spare.test\n# note\nSuites: c c-updates\n',
      'Types: deb\nEnabled: no\nURIs: http://no.test\nSuites: c\n',
      'Types: deb-src\nURIs: http://no.test\nSuites: c\n',
      'Suites:\n d\n e\nTypes: deb\nURIs:\n http://four.test\n',
    ].join('\n'),
  );
  write('sources.list.d/d.list.save', 'deb http://no.test a main\n');
  expect(aptSources(folder)).toEqual([
    { uri: 'http://one.test', suites: ['a'] },
    { uri: 'http://two.test', suites: ['b-security'] },
    { uri: 'http://three.test', suites: ['c', 'c-updates'] },
    { uri: 'http://four.test', suites: ['d', 'e'] },
  ]);
});

it('finds none where there is no apt', () => {
  expect(aptSources(join(folder, 'none'))).toEqual([]);
});
