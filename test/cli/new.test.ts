/** `fastagi new` as it is built, with npm, and a registry of the test's own or none. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config';
import { firstScript, makeScriptFolder, type ScriptLanguage } from '../../src/setup/script-folder';
import { call } from '../support/asterisk';
import { executable, makeFolder, root } from '../support/inet';
import { blocks, fastagi, passed, run, shownCall } from '../support/new-folder';
import { Registry } from '../support/registry';

const runsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);
const ownLanguage: ScriptLanguage = runsTypeScript ? 'typescript' : 'javascript';

const tsc = (folder: string) => {
  const config = existsSync(path.join(folder, 'tsconfig.json')) ? 'tsconfig.json' : 'jsconfig.json';
  return run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', config], folder);
};

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.start({
    '@types/node': ['20.19.0', '22.18.0'],
    'undici-types': ['6.21.0'],
    typescript: ['7.0.2'],
  });
});
afterAll(() => registry.stop());

describe('with a registry', () => {
  it('makes a folder with all that tests and editors want', async () => {
    const place = makeFolder();
    const { code, stdout, stderr } = await fastagi(['new', 'calls', '--javascript'], place, registry.env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'npm install …\n' });
    const folder = path.join(place, 'calls');
    expect(stdout.split('\n', 1)[0]).toMatch(`Made ${folder}: scripts in JavaScript (`);
    expect(realpathSync(path.join(folder, 'node_modules/fastagi'))).toBe(root);
    expect(existsSync(path.join(folder, 'node_modules/@types/node/index.d.ts'))).toBe(true);
    expect(await run('npm', ['test'], folder)).toMatchObject({ code: 0, stdout: passed(3) });
  });

  it('does so where the machine is one for production', async () => {
    const place = makeFolder();
    const env = { ...registry.env, NODE_ENV: 'production' };
    expect(await fastagi(['new', '.'], place, env)).toMatchObject({ code: 0, stderr: 'npm install …\n' });
    expect(existsSync(path.join(place, 'node_modules/@types/node/index.d.ts'))).toBe(true);
  });

  it.each(['javascript', 'typescript'] as const)('has no fault in its types, in %s', async (language) => {
    const folder = path.join(makeFolder(), 'calls');
    makeScriptFolder({ folder, language, package: root });
    expect(await run('npm', ['install'], folder, registry.env)).toMatchObject({ code: 0 });
    expect(await tsc(folder)).toMatchObject({ code: 0, stdout: '' });
    // and finds one: in the call that is handed over, and in the globals
    const script = firstScript(folder, language);
    const text = readFileSync(script, 'utf8');
    writeFileSync(script, `${text.replace('agi.sayDigits(', 'agi.sayDigit(')}fastagi.anser();\n`);
    const { code, stdout } = await tsc(folder);
    expect(code).not.toBe(0);
    expect(stdout.match(/error TS\d+: .*?'(\w+)' does not exist on type '(\w+)'/g)).toEqual([
      expect.stringContaining("'sayDigit' does not exist on type 'Agi'"),
      expect.stringContaining("'anser' does not exist on type 'Agi'"),
    ]);
  });

  it('mends a folder that was made without', async () => {
    const folder = makeFolder();
    expect((await fastagi(['new', '.'], folder)).stderr).toContain('npm install');
    expect(readlinkSync(path.join(folder, 'node_modules/fastagi'))).toBe(root);
    expect(await run('npm', ['install'], folder, registry.env)).toMatchObject({ code: 0 });
    expect(realpathSync(path.join(folder, 'node_modules/fastagi'))).toBe(root);
    expect(existsSync(path.join(folder, 'node_modules/@types/node/index.d.ts'))).toBe(true);
  });
});

describe('without a network', () => {
  it('makes a folder whose tests pass and whose script runs as its README shows', async () => {
    const place = makeFolder();
    const { code, stderr } = await fastagi(['new', 'calls'], place);
    const folder = path.join(place, 'calls');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        new RegExp(
          `^npm install …\nfastagi new: "npm install" has failed with ENOTCACHED: @types/node .* missing.*: cd ${folder} && npm install\n$`,
        ),
      ),
    });
    expect(await run('npm', ['test'], folder)).toMatchObject({ code: 0, stdout: passed(3) });
    const { shown, real } = await shownCall(folder);
    expect(real).toBe(shown);
  });

  it('says so soon where a registry cannot be reached', async () => {
    const place = makeFolder();
    const env = { npm_config_offline: 'false', npm_config_registry: 'http://127.0.0.1:9/' };
    const { code, stderr } = await fastagi(['new', 'calls'], place, env);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('ECONNREFUSED: ') });
  });

  it('does so without npm', async () => {
    const place = makeFolder();
    mkdirSync(path.join(place, 'bin'));
    symlinkSync(process.execPath, path.join(place, 'bin/node'));
    const { code, stderr } = await fastagi(['new', 'calls'], place, { PATH: path.join(place, 'bin') });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('there is no npm on the PATH: '),
    });
    const folder = path.join(place, 'calls');
    const test = path.join('test', readdirSync(path.join(folder, 'test'))[0] as string);
    expect(await run(process.execPath, ['--test', test], folder)).toMatchObject({ code: 0 });
  });

  it('installs nothing where that is not wanted', async () => {
    const place = makeFolder();
    const { code, stdout, stderr } = await fastagi(['new', 'calls', '--no-install'], place);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`\n  cd ${place}/calls && npm install && npm test\n`);
    expect(readdirSync(path.join(place, 'calls'))).not.toContain('node_modules');
  });
});

describe('what it says', () => {
  it('are commands that work, wherever the folder is', async () => {
    const place = makeFolder();
    chmodSync(place, 0o755);
    const name = "Jo's calls; & more #1";
    mkdirSync(path.join(place, 'bin'));
    symlinkSync(executable('fastagi'), path.join(place, 'bin/fastagi'));
    const env = { PATH: `${place}/bin:${process.env.PATH}` };
    const { stdout } = await fastagi(['new', name], place, env);
    const [call = '', test = '', ...rest] = stdout.match(/^ {2}\S.*$/gm) ?? [];
    expect(call).toMatch(/^ {2}fastagi call '/);
    expect(await run('sh', ['-c', `${call} --digits 1234`], place, env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('EXTENSION = 1234'),
    });
    expect(await run('sh', ['-c', test], place, env)).toMatchObject({ code: 0, stdout: passed(3) });
    expect(rest[2]).toBe('  exten => 4573,1,AGI(agi://127.0.0.1/extension)');
    const file = path.join(place, 'fastagi.conf');
    writeFileSync(file, rest.slice(0, 2).join('\n'));
    expect(readConfig(file).basedir).toBe(path.join(realpathSync(place), name, 'scripts'));
  });

  it('has the command that sets the machine up, where it has no configuration', async () => {
    const { stdout } = await fastagi(['new', 'calls', '--no-install'], makeFolder(), {
      PATH: '/usr/bin:/bin',
    });
    const [, command = ''] = /^For Asterisk, as root:\n {2}(.*)$/m.exec(stdout) ?? [];
    // of another machine, which is set up in an image
    const files = { 'etc/passwd': 'asterisk:x:4101:4101::/:/bin/false\n', 'etc/xinetd.d/other': '' };
    const words = `${process.execPath} ${command} --dry-run --root ${makeFolder(files)}`;
    const planned = await run('sh', ['-c', words], makeFolder());
    expect(planned.stdout, planned.stderr).toContain(
      '\n+ /etc/asterisk/fastagi.conf: where the scripts are\n',
    );
  });

  it('is in README.md', async () => {
    const shown =
      blocks(path.join(root, 'README.md')).find((block) => block.startsWith('$ fastagi new')) ?? '';
    const place = makeFolder();
    chmodSync(place, 0o755);
    mkdirSync(path.join(place, 'bin'));
    symlinkSync(executable('fastagi'), path.join(place, 'bin/fastagi'));
    const env = { ...registry.env, PATH: `${place}/bin:${process.env.PATH}`, FASTAGI_CONFIG: '' };
    const { stdout, stderr } = await fastagi(['new', 'calls'], place, env);
    const inReadme = `${stderr}${stdout}`.replaceAll(place, '/srv');
    const language = (text: string) =>
      text.replace(/: scripts in .*/, ': scripts').replace(/extension\.(ts|mjs)/, 'extension');
    expect(language(`$ fastagi new /srv/calls\n${inReadme}`)).toBe(language(shown));
  });

  it.each([
    ['not on the PATH', 'bin'],
    ["on npx's PATH alone", 'node_modules/.bin'],
  ])('names the executable where it is %s', async (_, programs) => {
    const place = makeFolder({ 'node_modules/.bin/other': '' });
    symlinkSync(executable('fastagi'), path.join(place, 'node_modules/.bin/fastagi'));
    const env = { PATH: path.join(place, programs) };
    const { stdout } = await fastagi(['new', 'calls', '--no-install'], place, env);
    expect(stdout).toContain(`\n  ${executable('fastagi')} call `);
  });

  it('names the configuration, and nothing that it has already', async () => {
    const place = makeFolder({ 'mine.conf': '[fastagi]\n' });
    const configured = async (folder: string) =>
      (await fastagi(['new', folder, '--no-install', '--config', `${place}/mine.conf`], place)).stdout;
    const [, file = '', lines = ''] =
      /^For Asterisk, in (.*):\n((?: {2}.*\n)+)/m.exec(await configured('one; #1')) ?? [];
    expect(file).toBe(`${place}/mine.conf`);
    writeFileSync(file, lines);
    expect(readConfig(file).basedir).toBe(`${place}/one; #1/scripts`);
    // by a link, as the system sees it
    symlinkSync(`${place}/two/scripts`, `${place}/link`);
    writeFileSync(`${place}/mine.conf`, `[fastagi]\nbasedir = ${place}/link\n`);
    expect(await configured('two')).not.toContain('basedir');
    writeFileSync(`${place}/mine.conf`, '[fastagi]\nsetuid = perhaps\n');
    expect(await fastagi(['new', 'three', '--config', `${place}/mine.conf`], place)).toMatchObject({
      code: 3,
    });
    expect(existsSync(`${place}/three`)).toBe(false);
  });

  it('has the address of a script in a folder that is served whole', async () => {
    const place = makeFolder();
    writeFileSync(`${place}/mine.conf`, `[fastagi]\nbasedir = ${place}\n`);
    const folder = "team, (one's/calls";
    const { stdout } = await fastagi(
      ['new', folder, '--javascript', '--no-install', '--config', `${place}/mine.conf`],
      place,
    );
    expect(stdout).toContain(`\nIt lies in ${place}, which is served: `);
    expect(stdout).not.toContain('basedir');
    const [, script = ''] = /AGI\(agi:\/\/127\.0\.0\.1\/([^,()']+)\)/.exec(stdout) ?? [];
    expect(script).not.toBe('');
    expect(await call({ script, folder: place })).toMatchObject({ code: 0 });
  });

  it('makes what git takes whole, and a clone elsewhere works as well', async () => {
    const folder = path.join(makeFolder(), 'calls');
    await fastagi(['new', folder, '--javascript'], makeFolder(), registry.env);
    expect(existsSync(path.join(folder, 'package-lock.json'))).toBe(true);
    const git = (cwd: string, ...args: string[]) =>
      run('git', ['-c', 'user.name=Jo', '-c', 'user.email=jo@example.org', ...args], cwd, {
        HOME: '/nonexistent',
      });
    await git(folder, 'init', '--quiet');
    await git(folder, 'add', '.');
    expect((await git(folder, 'ls-files')).stdout).toBe(
      `${[
        '.gitignore',
        'README.md',
        'jsconfig.json',
        'package.json',
        'scripts/extension.mjs',
        'test/extension.test.mjs',
      ].join('\n')}\n`,
    );
    expect(await git(folder, 'commit', '--quiet', '--message', 'first')).toMatchObject({ code: 0 });
    const clone = path.join(makeFolder(), 'some/where/deeper');
    expect(await git(folder, 'clone', '--quiet', folder, clone)).toMatchObject({ code: 0 });
    expect(await run('npm', ['install'], clone, registry.env)).toMatchObject({ code: 0 });
    expect(await run('npm', ['test'], clone)).toMatchObject({ code: 0, stdout: passed(3) });
  });
});

it('does so as it is installed, which is the package that it depends on', async () => {
  const place = makeFolder();
  const packed = await run('npm', ['pack', root, '--silent', '--ignore-scripts'], place);
  const tarball = packed.stdout.trim();
  expect(await run('npm', ['install', '--global', '--prefix', place, tarball], place)).toMatchObject({
    code: 0,
  });
  const env = { PATH: `${place}/bin:${process.env.PATH}` };
  const { code, stdout } = await run('fastagi', ['new', 'calls'], place, env);
  expect(code).toBe(0);
  expect(stdout).toContain(`\n  fastagi call ${place}/calls/scripts/`);
  const folder = path.join(place, 'calls');
  const { devDependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  expect(devDependencies.fastagi).toBe(`file:${place}/lib/node_modules/fastagi`);
  expect(readdirSync(folder)).toContain('.gitignore');
  expect(await run('npm', ['test'], folder)).toMatchObject({ code: 0, stdout: passed(3) });
});

describe('the language', () => {
  it.each<[string[], ScriptLanguage]>([
    [[], ownLanguage],
    [['--javascript'], 'javascript'],
    [['--no-typescript'], 'javascript'],
    [['--no-javascript'], 'typescript'],
    [['--typescript'], 'typescript'],
  ])('of %j', async (args, language) => {
    const place = makeFolder();
    const { code, stdout, stderr } = await fastagi(['new', 'calls', '--no-install', ...args], place);
    if (language === 'typescript' && !runsTypeScript) {
      expect({ code, stdout, stderr }).toEqual({
        code: 3,
        stdout: '',
        stderr: `fastagi new: Node runs scripts in TypeScript from 22.18 on, and ${process.execPath} is ${process.version}. Scripts in JavaScript have the same types, in an editor: --javascript\n`,
      });
      expect(existsSync(path.join(place, 'calls'))).toBe(false);
    } else {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(existsSync(firstScript(path.join(place, 'calls'), language))).toBe(true);
    }
  });

  it('is one', async () => {
    expect(await fastagi(['new', 'calls', '--javascript', '--typescript'], makeFolder())).toEqual({
      code: 2,
      stdout: '',
      stderr: 'fastagi new: --typescript and --javascript: one folder is one of them\n',
    });
  });
});
