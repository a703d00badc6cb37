/** What a server reads of its configuration. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { readSettings } from '../../src/listen/settings';
import { makeFolder } from '../support/inet';

it.each([
  ['a slip', '[listne]\nmode=shared\n', '[listne]'],
  ['another spelling', '[Listen]\nallow="10.0.0.0/8"\n', '[Listen]'],
])('a section that is meant for it and misspelt is told of: %s', (_, text, section) => {
  const file = path.join(makeFolder({ 'fastagi.conf': text }), 'fastagi.conf');
  const { config, settings } = readSettings(file);
  expect(config.warnings).toEqual([
    `${file}: ${section}: there is no such section (did you mean [listen]?), and what it says is passed over`,
  ]);
  expect(settings).toMatchObject({ mode: 'pool', allow: [] });
});

it.each([
  ['it has none of the keys', '[listens]\nto=x\n'],
  ['the other one is there, too', '[listen]\nmode=pool\n[listen2]\nmode=shared\n'],
  ['it is far from that', '[line]\nhost=x\nport=1\n[agi]\ndebug=off\n'],
])("a section of the user's own is none of its: %s", (_, text) => {
  const file = path.join(makeFolder({ 'fastagi.conf': text }), 'fastagi.conf');
  expect(readSettings(file).config.warnings).toEqual([]);
});
