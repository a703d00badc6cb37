/** A new folder of scripts: what is in it, and what it is refused for. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../src/errors';
import { firstScript, makeScriptFolder, type ScriptLanguage } from '../../src/setup/script-folder';
import { call } from '../support/asterisk';
import { makeFolder, root } from '../support/inet';

const languages = ['javascript', 'typescript'] as const;

const make = (folder: string, language: ScriptLanguage = 'javascript') =>
  makeScriptFolder({ folder, language, package: root });

/** Every file of a folder, by its name in it. */
const namesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

describe.each(languages)('a folder of scripts in %s', (language) => {
  const [ending, config] = language === 'typescript' ? ['ts', 'tsconfig.json'] : ['mjs', 'jsconfig.json'];
  const folder = path.join(makeFolder(), 'calls');
  make(folder, language);

  it('has these files', () => {
    expect(namesIn(folder)).toEqual(
      [
        '.gitignore',
        'README.md',
        'package.json',
        config,
        `scripts/extension.${ending}`,
        `test/extension.test.${ending}`,
      ].sort(),
    );
    expect(firstScript(folder, language)).toBe(path.join(folder, `scripts/extension.${ending}`));
  });

  it('is the template, with the place of fastagi', () => {
    const template = path.join(root, 'templates', language);
    for (const name of namesIn(folder).filter((each) => each !== 'package.json'))
      expect(readFileSync(path.join(folder, name), 'utf8')).toBe(
        readFileSync(path.join(template, name.replace('.gitignore', 'gitignore')), 'utf8'),
      );
    const manifest = (place: string) => JSON.parse(readFileSync(path.join(place, 'package.json'), 'utf8'));
    const expected = manifest(template);
    expected.devDependencies.fastagi = `file:${root}`;
    expect(manifest(folder)).toEqual(expected);
  });
});

it('asks for the versions that the templates are tested with', () => {
  const manifest = (place: string) =>
    JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8'));
  const ours = manifest('.');
  const [javascript, typescript] = languages.map((language) => manifest(`templates/${language}`));
  expect(javascript.engines).toEqual(ours.engines);
  expect(typescript.devDependencies.typescript).toBe(`^${ours.devDependencies.typescript}`);
  for (const { engines, devDependencies } of [javascript, typescript])
    expect(devDependencies['@types/node']).toBe(`^${engines.node.replace('>=', '')}.0`);
});

describe('what may be called in it', () => {
  const folder = path.join(makeFolder(), 'calls');
  make(folder);
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/fastagi'));
  const scripts = path.join(folder, 'scripts');

  it.each(['extension', 'extension.mjs', `${scripts}/extension`])('%s', async (script) => {
    expect(await call({ script, folder: scripts })).toMatchObject({ code: 0 });
  });

  it.each([
    'test/extension.test',
    '../test/extension.test',
    '../test/extension.test.mjs',
    '..%2ftest%2fextension.test.mjs',
    `${folder}/test/extension.test.mjs`,
    '../package.json',
    '../README.md',
    '../jsconfig.json',
    '../.gitignore',
    '../node_modules/fastagi/dist/index.js',
    '../node_modules/fastagi/examples/sample.js',
    `${root}/examples/sample.js`,
  ])('not %s', async (script) => {
    const { code, log } = await call({ script, folder: scripts });
    expect(code, log).toBe(3);
  });
});

describe('a folder that is there', () => {
  it.each<[string, Record<string, string>]>([
    ['empty', {}],
    ['a repository', { '.git/HEAD': 'ref: refs/heads/main\n' }],
    ['a worktree of one', { '.git': 'gitdir: elsewhere\n' }],
    ['one that an editor has been in', { '.vscode/settings.json': '{}' }],
  ])('%s, is taken', (_, files) => {
    const folder = makeFolder(files);
    make(folder);
    expect(namesIn(folder)).toEqual(expect.arrayContaining([...Object.keys(files), 'package.json']));
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
  });

  it.each<[Record<string, string>, string]>([
    [{ 'hello.js': '' }, 'it has hello.js.'],
    [{ '.gitignore': 'mine\n', '.git/HEAD': '' }, 'it has .gitignore.'],
    [{ 'b.js': '', 'a.js': '', 'scripts/extension.mjs': 'mine' }, 'it has a.js, b.js, scripts.'],
    [{ d: '', b: '', a: '', e: '', c: '' }, 'it has a, b, c and 2 more.'],
  ])('with %o is refused, and stays as it is', (files, told) => {
    const folder = makeFolder(files);
    expect(() => make(folder)).toThrow(`${folder} is not empty, and nothing is written over: ${told}`);
    expect(namesIn(folder)).toEqual(Object.keys(files).sort());
    for (const [name, text] of Object.entries(files))
      expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text);
  });
});

describe('a folder that cannot be made', () => {
  const place = makeFolder({ file: 'mine' });
  symlinkSync('nowhere', path.join(place, 'link'));

  it.each<[string, string]>([
    [`${place}/file`, `${place}/file is no folder`],
    [`${place}/file/calls/deep`, `${place}/file is no folder`],
    [`${place}/link`, `${place}/link is no folder`],
    [`${place}/link/calls`, `${place}/link is no folder`],
    [`${place}/new/${'x'.repeat(300)}`, 'its name is too long'],
    ['/proc/calls', 'no folder can be made there'],
    [`${place}/new\nbasedir = x`, 'its name has a control character'],
    [`${place}/\u001b[31mred`, 'its name has a control character'],
  ])('%s', (folder, why) => {
    let error: unknown;
    try {
      make(folder);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      code: 'FOLDER_UNWRITABLE',
      message: `${folder} cannot be made: ${why}`,
    });
    expect(readdirSync(place).sort()).toEqual(['file', 'link']);
    expect(readFileSync(`${place}/file`, 'utf8')).toBe('mine');
  });

  it('for want of permission', () => {
    // readable for whoever it is
    const open = makeFolder();
    cpSync(path.join(root, 'templates'), path.join(open, 'templates'), { recursive: true });
    const closed = path.join(open, 'closed');
    mkdirSync(closed);
    chmodSync(open, 0o755);
    chmodSync(closed, 0o555);
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      for (const folder of [closed, `${closed}/calls`]) {
        expect(() => makeScriptFolder({ folder, language: 'javascript', package: open })).toThrow(
          `${folder} cannot be made: user ${process.getuid?.()} may not write there`,
        );
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect(namesIn(closed)).toEqual([]);
  });

  it('for want of a template', () => {
    const elsewhere = makeFolder();
    const folder = path.join(elsewhere, 'calls');
    expect(() => makeScriptFolder({ folder, language: 'javascript', package: elsewhere })).toThrow(
      `${elsewhere}/templates/javascript cannot be read: there is no such file`,
    );
    expect(namesIn(elsewhere)).toEqual([]);
  });
});
