/** What docs/call.md and docs/testing.md show is what happens. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { executable, makeFolder, root } from '../support/inet';

const run = promisify(execFile);
const page = (name: string) => readFileSync(path.join(root, 'docs', name), 'utf8');
const blocks = (text: string) =>
  [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => block as string);
const fastagi = (...args: string[]) => run(process.execPath, [executable('fastagi'), ...args], { cwd: root });

/** Without times, and without what is different in every log. */
const timeless = (text: string) =>
  text
    .replace(/^ +\d+\.\d s {2}/gm, '')
    .replace(/Done: \d+\.\d s/, 'Done: T')
    .replace(/≡ \S+ info fastagi\[\d+\]/, '≡ info');

describe('docs/call.md', () => {
  const text = page('call.md');

  it('shows a call', async () => {
    const [command, ...shown] = (blocks(text)[0] as string).split('\n');
    const args = (command as string).replace('$ fastagi ', '').split(' ');
    expect(timeless((await fastagi(...args)).stdout)).toBe(timeless(shown.join('\n')));
  });

  it('names every option, and no other', async () => {
    const { stdout } = await fastagi('call', '--help');
    const names = (from: string, pattern: RegExp) =>
      [...new Set([...from.matchAll(pattern)].map(([name]) => name.trim()))].sort();
    const told = names(text, /--[a-z][a-z-]+/g);
    const there = names(stdout, /--[a-z][a-z-]+/g).filter(
      (name) => name !== '--help' && name !== '--version',
    );
    expect(told).toEqual(there);
  });
});

describe('what docs/call.md has for programs', () => {
  const [, table = ''] = /^\| `type` +\|.*\n((?:\|.*\n)+)/m.exec(page('call.md')) ?? [];
  const told = Array.from(table.matchAll(/^\| `(\w+)` +\|.*?\|(.*)\|$/gm), ([, type, beside = '']) => ({
    type,
    fields: beside.match(/`\w+`/g)?.map((name) => name.slice(1, -1)) ?? [],
  }));

  it('is every event there is, with all that is beside it', () => {
    const source = readFileSync(path.join(root, 'src/sim/events.ts'), 'utf8');
    const happenings = source.split('export type CallHappening =')[1]?.split('export type')[0] ?? '';
    const there = happenings
      .split("readonly type: '")
      .slice(1)
      .map((row) => ({
        type: row.split("'", 1)[0],
        fields: Array.from(row.matchAll(/readonly (\w+):/g), ([, name]) => name as string),
      }));
    expect(there.length).toBeGreaterThan(15);
    const words = (fields: string[]) => [...new Set(fields)].sort();
    for (const { type, fields } of there) {
      const row = told.find((row) => row.type === type);
      expect(row, type).toBeDefined();
      // the words that a field may have stand there, too
      expect(words(row?.fields ?? []), type).toEqual(expect.arrayContaining(words(fields)));
    }
    expect(told.slice(there.length).map(({ type }) => type)).toEqual(['log', 'note', 'summary']);
    expect(told.length).toBe(there.length + 3);
  });
});

describe('docs/testing.md', () => {
  const text = page('testing.md');

  it('begins with tests that pass', async () => {
    const folder = makeFolder({ 'extension.test.mjs': blocks(text)[0] as string });
    copyFileSync(path.join(root, 'demo/scripts/extension.mjs'), path.join(folder, 'extension.mjs'));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(root, path.join(folder, 'node_modules/fastagi'));
    const { stdout } = await run(process.execPath, ['--test', 'extension.test.mjs'], { cwd: folder });
    expect(stdout).toMatch(/pass 2\n/);
  });

  it('names everything that can be looked at', async () => {
    const types = readFileSync(path.join(root, 'dist/types/testing/test-call.d.ts'), 'utf8');
    const members = [...types.matchAll(/^ {4}(?:get )?([a-z]\w+)\(/gm)].map(([, name]) => name as string);
    const told = new Set(text.match(/\w+/g));
    expect(members.filter((name) => !told.has(name) && name !== 'close')).toEqual([]);
    expect(members.length).toBeGreaterThan(30);
  });
});
