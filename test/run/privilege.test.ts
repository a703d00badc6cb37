import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { becomeOwnerOf } from '../../src/run/privilege';
import { makeFolder, root } from '../support/inet';

const folder = makeFolder({ 'mine.js': '', 'theirs.js': '' });
const isRoot = process.getuid?.() === 0;
const refused = (words: string) =>
  expect.objectContaining({
    name: 'RefusedError',
    code: 'PRIVILEGES',
    message: expect.stringContaining(words),
  });

it("a script of root's is refused, whoever asks", () => {
  expect(() => becomeOwnerOf({ file: '/etc/passwd', name: 'passwd' }, '/etc')).toThrow(
    refused('passwd belongs to root'),
  );
});

describe.runIf(isRoot)("with root's rights", () => {
  // in a process of its own: there is no way back
  const program = path.join(folder, 'program.cjs');
  buildSync({
    stdin: {
      contents: `import { becomeOwnerOf } from './src/run/privilege';
        import { statSync, readFileSync } from 'node:fs';
        const [file, base, uid, gid] = process.argv.slice(2);
        if (uid) { process.setgroups([]); process.setgid(Number(gid)); process.setuid(Number(uid)); }
        try {
          becomeOwnerOf({ file, name: 'theirs.js' }, base);
          const { HOME, USER, LOGNAME, SHOWS } = process.env;
          if (SHOWS === 'env') { console.log(HOME, USER, LOGNAME, require('node:os').homedir()); process.exit(); }
          const ids = /^Uid.*|^Gid.*|^Groups.*/gm;
          console.log(readFileSync('/proc/self/status', 'utf8').match(ids).map((line) => line.trim().replace(/\\s+/g, ' ')).join(', '));
        } catch (error) { console.log(error.code, error.message); }`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    outfile: program,
  });
  fs.chmodSync(folder, 0o755);
  const theirs = path.join(folder, 'theirs.js');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, theirs, folder, ...args], { encoding: 'utf8' }).stdout.trim();

  it("all ids are the owner's, with the groups of that user, and none of root's is left", () => {
    fs.chownSync(theirs, 1, 54_322);
    const [own, ...groups] = execFileSync('id', ['-G', execFileSync('id', ['-un', '1']).toString().trim()])
      .toString()
      .trim()
      .split(' ');
    expect(own).not.toBe('0');
    const due = [...new Set([...groups, '54322'])].sort((a, b) => Number(a) - Number(b));
    expect(run()).toBe(`Uid: 1 1 1 1, Gid: 54322 54322 54322 54322, Groups: ${due.join(' ')}`);
  });

  it('its home and its name are the owner’s, by which programs find what is his', () => {
    fs.chownSync(theirs, 1, 54_322);
    const [name, , , , , home] = execFileSync('getent', ['passwd', '1']).toString().split(':');
    const env = { ...process.env, HOME: '/root', USER: 'root', LOGNAME: 'root', SHOWS: 'env' };
    const { stdout } = spawnSync(process.execPath, [program, theirs, folder], { encoding: 'utf8', env });
    expect(stdout.trim()).toBe([home, name, name, home].join(' '));
  });

  it("a file of root's group is refused: chown alone leaves one behind", () => {
    fs.chownSync(theirs, 1, 0);
    expect(run()).toMatch(/^PRIVILEGES theirs\.js belongs to root's group, .* chown USER:GROUP/);
  });

  it.each([0o666, 0o664, 0o646])('a file of mode %o is refused', (mode) => {
    fs.chownSync(theirs, 1, 1);
    fs.chmodSync(theirs, mode);
    expect(run()).toMatch(/^PRIVILEGES .*theirs\.js can be written by others .* chmod go-w/);
    fs.chmodSync(theirs, 0o644);
  });

  it("a file in another's folder is refused: its owner could put another in its place", () => {
    fs.chownSync(theirs, 1, 1);
    fs.chownSync(folder, 2, 2);
    expect(run()).toMatch(
      /^PRIVILEGES .* belongs to user 2, who could put another file in the place of theirs\.js/,
    );
    fs.chownSync(folder, 1, 1);
    expect(run()).toMatch(/^Uid: 1 1 1 1/);
    fs.chownSync(folder, 0, 0);
  });

  it('an owner that the system does not know', () => {
    fs.chownSync(theirs, 54_321, 54_322);
    expect(run()).toMatch(/^PRIVILEGES theirs\.js: cannot become its owner, user 54321, group 54322: /);
  });

  it("given up before: the owner's own script runs, another's does not", () => {
    fs.chownSync(theirs, 54_321, 54_322);
    expect(run('54321', '54322')).toBe('Uid: 54321 54321 54321 54321, Gid: 54322 54322 54322 54322, Groups:');
    expect(run('54321', '1')).toMatch(
      /^PRIVILEGES theirs\.js belongs to user 54321, group 54322, and this process is user 54321, group 1:/,
    );
    expect(run('1', '54322')).toMatch(/^PRIVILEGES .* needs user = root/);
  });
});
