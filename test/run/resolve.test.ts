import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveFile, resolveRequest } from '../../src/run/resolve';
import { makeFolder } from '../support/inet';

const place = makeFolder({
  'base/hello.js': '',
  'base/plain': '',
  'base/typed.ts': '',
  'base/module.mjs': '',
  'base/old.agi': '',
  'base/both': '',
  'base/both.js': '',
  'base/v1.2.js': '',
  'base/dir/inner.js': '',
  'base/dir.js': '',
  'base/only/inner.js': '',
  'base/notes.txt': '',
  'base/a b.js': '',
  'base/100%.js': '',
  'base/Jürgen.js': '',
  'base/query.js?x': '',
  'base/.hidden.js': '',
  'base/.git/hook.js': '',
  'base/node_modules/pkg/index.js': '',
  'base/.js': '',
  'base/shown..js': '',
  'base-2/secret.js': '',
  'outside/secret.js': '',
  'outside/deep/secret.js': '',
});
const base = path.join(place, 'base');
const link = (target: string, name: string) => fs.symlinkSync(target, path.join(base, name));
link('hello.js', 'inside.js');
link(path.join(base, 'dir'), 'dir-link');
link('../outside/secret.js', 'out.js');
link('../outside', 'out');
link('../outside/secret.js', 'bare');
link('/etc/passwd', 'passwd');
link('notes.txt', 'disguised.js');
link('.hidden.js', 'unhidden.js');
link('nowhere.js', 'broken.js');
link('loop.js', 'loop.js');
execFileSync('mkfifo', [path.join(base, 'pipe')]);

describe('is served', () => {
  it.each([
    ['hello.js', 'hello.js'],
    ['hello', 'hello.js'],
    ['hello?x=1', 'hello.js'],
    ['hello.js?x=../../etc/passwd', 'hello.js'],
    ['hello.js?%zz', 'hello.js'],
    ['./hello.js', 'hello.js'],
    ['dir/../hello.js', 'hello.js'],
    ['plain', 'plain'],
    ['typed', 'typed.ts'],
    ['module', 'module.mjs'],
    ['old', 'old.agi'],
    ['both', 'both'],
    ['v1.2', 'v1.2.js'],
    ['dir', 'dir.js'],
    ['dir/inner', 'dir/inner.js'],
    ['dir//inner', 'dir/inner.js'],
    ['hello%2ejs', 'hello.js'],
    ['%68ello', 'hello.js'],
    ['dir%2Finner', 'dir/inner.js'],
    ['a%20b', 'a b.js'],
    ['a b', 'a b.js'],
    ['100%25', '100%.js'],
    ['J%C3%BCrgen', 'Jürgen.js'],
    ['Jürgen', 'Jürgen.js'],
    ['shown.', 'shown..js'],
    ['inside', 'hello.js'],
    ['dir-link/inner', 'dir/inner.js'],
    ['../base/hello.js', 'hello.js'],
    [`${base}/hello.js`, 'hello.js'],
  ])('%s → %s', (asked, name) => {
    expect(resolveRequest(asked, base)).toEqual({ file: path.join(base, name), name });
  });

  it('out of a folder that is itself behind a link', () => {
    const door = path.join(place, 'door');
    fs.symlinkSync(base, door);
    const hello = { file: path.join(base, 'hello.js'), name: 'hello.js' };
    expect(resolveRequest('hello', door)).toEqual(hello);
    expect(resolveRequest('hello', `${base}/`)).toEqual(hello);
    expect(resolveRequest('hello', `${place}/outside/../base/.`)).toEqual(hello);
  });

  it('a folder that is made to be the root', () => {
    expect(resolveRequest(path.join(base, 'hello.js').slice(1), '/').file).toBe(path.join(base, 'hello.js'));
  });
});

describe('is refused', () => {
  it.each<[string | undefined, string]>([
    ['../outside/secret.js', 'SCRIPT_OUTSIDE'],
    ['../outside/secret', 'SCRIPT_OUTSIDE'],
    ['dir/../../outside/secret.js', 'SCRIPT_OUTSIDE'],
    ['%2e%2e/outside/secret.js', 'SCRIPT_OUTSIDE'],
    ['..%2foutside%2fsecret.js', 'SCRIPT_OUTSIDE'],
    ['%2E%2E%2Foutside%2Fsecret', 'SCRIPT_OUTSIDE'],
    ['%252e%252e/outside/secret.js', 'SCRIPT_MISSING'],
    ['..%252foutside%252fsecret.js', 'SCRIPT_HIDDEN'],
    ['..\\outside\\secret.js', 'SCRIPT_HIDDEN'],
    ['/etc/passwd', 'SCRIPT_OUTSIDE'],
    ['%2fetc%2fpasswd', 'SCRIPT_OUTSIDE'],
    ['//etc/passwd', 'SCRIPT_OUTSIDE'],
    ['../nowhere', 'SCRIPT_OUTSIDE'],
    ['..', 'SCRIPT_OUTSIDE'],
    ['../base-2/secret.js', 'SCRIPT_OUTSIDE'],
    [`${base}-2/secret.js`, 'SCRIPT_OUTSIDE'],
    ['out.js', 'SCRIPT_OUTSIDE'],
    ['out/secret.js', 'SCRIPT_OUTSIDE'],
    ['out/deep/secret', 'SCRIPT_OUTSIDE'],
    ['out/../outside/secret.js', 'SCRIPT_MISSING'],
    ['bare', 'SCRIPT_OUTSIDE'],
    ['passwd', 'SCRIPT_OUTSIDE'],
    ['nowhere', 'SCRIPT_MISSING'],
    ['hello.ts', 'SCRIPT_MISSING'],
    ['hello.js/', 'SCRIPT_MISSING'],
    ['hello.js/inner', 'SCRIPT_MISSING'],
    ['HELLO.js', 'SCRIPT_MISSING'],
    ['broken', 'SCRIPT_MISSING'],
    ['loop', 'SCRIPT_MISSING'],
    ['x'.repeat(5000), 'SCRIPT_MISSING'],
    ['only', 'SCRIPT_FOLDER'],
    ['only/', 'SCRIPT_FOLDER'],
    ['.', 'SCRIPT_FOLDER'],
    ['notes.txt', 'SCRIPT_KIND'],
    ['disguised.js', 'SCRIPT_KIND'],
    ['pipe', 'SCRIPT_KIND'],
    ['.hidden.js', 'SCRIPT_HIDDEN'],
    ['.hidden', 'SCRIPT_HIDDEN'],
    ['.git/hook.js', 'SCRIPT_HIDDEN'],
    ['dir/../.git/hook', 'SCRIPT_HIDDEN'],
    ['node_modules/pkg/index.js', 'SCRIPT_HIDDEN'],
    ['.js', 'SCRIPT_HIDDEN'],
    ['hello.js%00.txt', 'SCRIPT_NAME'],
    ['hello\0', 'SCRIPT_NAME'],
    ['100%', 'SCRIPT_NAME'],
    ['%zz', 'SCRIPT_NAME'],
    ['%c0%ae%c0%ae/outside/secret.js', 'SCRIPT_NAME'],
    ['J%FCrgen', 'SCRIPT_NAME'],
    ['', 'SCRIPT_UNNAMED'],
    ['?x=1', 'SCRIPT_UNNAMED'],
    [undefined, 'SCRIPT_UNNAMED'],
  ])('%j: %s', (asked, code) => {
    expect(() => resolveRequest(asked, base)).toThrow(
      expect.objectContaining({ name: 'RefusedError', code }),
    );
  });

  it('by a link to what is hidden', () => {
    expect(() => resolveRequest('unhidden.js', base)).toThrow(
      expect.objectContaining({ name: 'RefusedError' }),
    );
  });

  it.each(['none', 'base/hello.js'])('whatever is asked for, where basedir is %s', (name) => {
    const basedir = path.join(place, name);
    expect(() => resolveRequest('hello', basedir)).toThrow(
      expect.objectContaining({ code: 'BASEDIR', message: expect.stringContaining(`basedir = ${basedir} `) }),
    );
  });

  it('in one line that says what was asked for, and where it was looked for', () => {
    expect(() => resolveRequest('a\nb', base)).toThrow(
      expect.objectContaining({
        code: 'SCRIPT_MISSING',
        message: expect.stringMatching(/^there is no script "a\\nb"/),
      }),
    );
  });
});

describe('the file of a command line', () => {
  it.each([
    ['base/hello', 'hello.js'],
    ['outside/secret.js', 'secret.js'],
    ['base/.hidden.js', '.hidden.js'],
    ['base/out.js', 'secret.js'],
  ])('%s may lie anywhere', (named, name) => {
    const file = fs.realpathSync(path.join(place, named === 'base/hello' ? 'base/hello.js' : named));
    expect(resolveFile(path.join(place, named))).toEqual({ file, name });
  });

  it.each([
    ['base/nowhere', 'SCRIPT_MISSING'],
    ['base/only', 'SCRIPT_FOLDER'],
    ['base/notes.txt', 'SCRIPT_KIND'],
    ['base/pipe', 'SCRIPT_KIND'],
  ])('%s: %s', (named, code) => {
    expect(() => resolveFile(path.join(place, named))).toThrow(
      expect.objectContaining({ name: 'RefusedError', code }),
    );
  });
});
