import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { asteriskUser, isConsole, packageFile, processNamed } from '../../src/setup/surroundings';
import { executable, makeFolder, root } from '../support/inet';

const passwd = 'asterisk:x:101:102:,,,:/:/bin/false\npbx:x:103:104::/:/bin/false\n';

describe('asteriskUser', () => {
  it.each<[string, Record<string, string>, object]>([
    [
      'asterisk.conf',
      { 'etc/asterisk/asterisk.conf': '[options]\nrunuser = pbx ; who\n' },
      { name: 'pbx', source: 'as /etc/asterisk/asterisk.conf says' },
    ],
    ['asterisk.conf with an arrow', { 'etc/asterisk/asterisk.conf': 'runuser => pbx\n' }, { name: 'pbx' }],
    [
      'a comment in asterisk.conf',
      { 'etc/asterisk/asterisk.conf': ';runuser = pbx\n' },
      { name: 'asterisk', source: 'the usual one' },
    ],
    [
      'Debian’s file',
      { 'etc/default/asterisk': 'AST_USER="pbx"\n' },
      { name: 'pbx', source: 'as /etc/default/asterisk says' },
    ],
    ['nothing', {}, { name: 'asterisk', account: { uid: 101 } }],
  ])('%s', (_, files, user) => {
    expect(asteriskUser(makeFolder({ 'etc/passwd': passwd, ...files }))).toMatchObject(user);
  });

  it('a user that there is not', () => {
    expect(
      asteriskUser(makeFolder({ 'etc/asterisk/asterisk.conf': 'runuser = nobody-here\n' })),
    ).toMatchObject({
      name: 'nobody-here',
      account: undefined,
    });
  });
});

describe('isConsole', () => {
  it.each([
    ['asterisk -rvvv', true],
    ['/usr/sbin/asterisk -vvvr', true],
    ['asterisk -rx core', true],
    ['asterisk -R', true],
    ['/usr/sbin/asterisk -f -U asterisk', false],
    ['/usr/sbin/asterisk -C /etc/asterisk/a.conf', false],
    ['asterisk', false],
  ])('%s', (line, is) => expect(isConsole(line.split(' '))).toBe(is));
});

describe('packageFile', () => {
  it('is found beside the folder of the executable, by a link as well', () => {
    const folder = makeFolder();
    symlinkSync(executable('fastagi'), path.join(folder, 'fastagi'));
    expect(packageFile(path.join(folder, 'fastagi'), 'xinetd/fastagi')).toBe(
      path.join(root, 'xinetd/fastagi'),
    );
    expect(packageFile(path.join(folder, 'fastagi'), 'nothing')).toBeUndefined();
  });
});

describe.skipIf(process.getuid?.() !== 0)('processNamed', () => {
  /** A process that says so when it is there. */
  async function start(program: string, title = ''): Promise<ChildProcess> {
    const script =
      'if (process.argv[1]) process.title = process.argv[1]; console.log(1); setInterval(() => {}, 1000)';
    const child = spawn(program, ['-e', script, ...(title ? [title] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    return child;
  }
  async function end(child: ChildProcess) {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }

  it.each<[string, number, boolean]>([
    ["root's program by its name", 0, true],
    ["not somebody else's, who would be taken for Asterisk's user", 65534, false],
  ])('finds %s', async (_, owner, isFound) => {
    const name = `pbx${process.pid}-${owner}`.slice(0, 15);
    const program = path.join(makeFolder(), name);
    copyFileSync(process.execPath, program);
    chownSync(program, owner, 0);
    const child = await start(program);
    try {
      expect(processNamed(name)?.pid).toBe(isFound ? child.pid : undefined);
    } finally {
      await end(child);
    }
  });

  it('finds none that only says it is', async () => {
    const name = `pbx${process.pid}-t`;
    const child = await start(process.execPath, name);
    try {
      expect(processNamed(name)).toBeUndefined();
    } finally {
      await end(child);
    }
  });
});
