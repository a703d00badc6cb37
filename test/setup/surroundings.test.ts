import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { asteriskUser, isConsole, packageFile } from '../../src/setup/surroundings';
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
