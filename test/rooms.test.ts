/** The rooms that travel as text in the executables: each whole, each once. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { call } from './support/asterisk';
import { executable, makeFolder } from './support/inet';

/** Asks for each of them in a call, as the executable itself does. */
const fetchAll = `
const fetchRoom = globalThis[Symbol.for('fastagi.rooms')];
const text = require('node:fs').readFileSync(fetchRoom.place, 'utf8');
const names = new Set(text.match(/(?<=")src\\/[\\w./-]+\\.ts(?=")/g));
for (const name of names) {
  const exported = Object.entries(fetchRoom(name) ?? {});
  const missing = exported.filter(([, value]) => value === undefined);
  if (exported.length === 0 || missing.length > 0) throw new Error(name + ' gives ' + missing);
}
agi.verbose(names.size + ' rooms');`;

describe.each(['fastagi', 'agi'] as const)('dist/%s', (name) => {
  it('holds no text twice', () => {
    const text = readFileSync(executable(name), 'utf8');
    const classes = [...text.matchAll(/=class extends Error\{static kind="AgiError"/g)];
    expect(classes).toHaveLength(1);
    const holders = [...text.matchAll(/"(src\/[\w./-]+\.ts)":function\(\)/g)].map(([, room]) => room);
    expect(holders.length).toBeGreaterThan(30);
    expect(new Set(holders).size).toBe(holders.length);
  });
});

it('every room can be fetched, and gives what it promises', async () => {
  const folder = makeFolder({ 'fetch.js': fetchAll });
  expect(await call({ script: 'fetch', folder })).toMatchObject({
    code: 0,
    commands: [expect.stringMatching(/^VERBOSE "\d\d rooms" 1$/)],
    log: '',
  });
});

it('a script that puts its own toString() into functions takes no room away', async () => {
  const folder = makeFolder({
    'own.js': "Function.prototype.toString = () => 'mine'; module.exports = (agi) => agi.sayDigits('12');",
  });
  expect(await call({ script: 'own', folder })).toMatchObject({ code: 0, commands: ['SAY DIGITS 12 ""'] });
});
