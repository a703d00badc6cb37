/** What a server reads of its configuration. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { showPlace } from '../../src/listen/doors';
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

const settingsOf = (text: string) =>
  readSettings(path.join(makeFolder({ 'fastagi.conf': `[listen]\n${text}\n` }), 'fastagi.conf')).settings;

it.each([
  ['[::1]', '::1'],
  ['::1', '::1'],
  ['127.0.0.1', '127.0.0.1'],
  ['pbx.example.net', 'pbx.example.net'],
])('host = %s', (text, host) => {
  expect(settingsOf(`host = ${text}`).host).toBe(host);
});

it.each(['', '[]', 'a b', '127.0.0.1:4573', 'pbx:4573', '[::1]:4573'])('host = %s is none', (text) => {
  expect(() => settingsOf(`host = ${text}`)).toThrow(
    `[listen] host is ${JSON.stringify(text)}, and must be an address or a host name, and no port, which is a key of its own`,
  );
});

it.each([
  ['127.0.0.1', '127.0.0.1:9573'],
  ['localhost', 'localhost:9573'],
  ['::1', '[::1]:9573'],
])('a place is told as it stands in a URL: %s', (host, told) => {
  expect(showPlace(host, 9573)).toBe(told);
});

it('a key takes the largest number that it names', () => {
  expect(settingsOf('max_calls = 1000000000').maxCalls).toBe(1e9);
  expect(() => settingsOf('max_calls = 1000000001')).toThrow('a whole number from 1 to 1000000000');
});
