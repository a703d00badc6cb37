/** `fastagi install`, as a user types it, on machines that are folders. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';

const machine = (files: Record<string, string> = {}) =>
  makeFolder({
    'etc/passwd': 'asterisk:x:101:102::/:/bin/false\n',
    'etc/xinetd.d/time': '',
    'etc/services': '',
    ...files,
  });

function install(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [executable('fastagi'), 'install', ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '' },
    },
  );
  return { code: status, stdout, stderr };
}

const done = [
  '+ /var/lib/asterisk/fastagi: the folder of the scripts, with hello.js in it',
  '+ /etc/services: the line by which xinetd knows the port',
  '+ /etc/xinetd.d/fastagi: port 4573 for 127.0.0.1 ::1; scripts run as asterisk',
  '',
].join('\n');

describe('fastagi install --root', () => {
  it('shows what there is to do, and does it, and has nothing to do', () => {
    const root = machine();
    expect(install('--root', root, '--dry-run')).toEqual({ code: 0, stdout: done, stderr: '' });
    expect(existsSync(path.join(root, 'var'))).toBe(false);
    expect(install('--root', root)).toEqual({ code: 0, stdout: done, stderr: '' });
    expect(install('--root', root)).toEqual({
      code: 0,
      stdout: done.replaceAll('+', '✓').replace(', with hello.js in it', ''),
      stderr: '',
    });
  });

  it('names the folder of the scripts as it is, and not by way of another', () => {
    const root = machine();
    expect(install('--root', root, '--basedir', '/srv/x/../calls/').stdout).toContain(
      '+ /srv/calls: the folder',
    );
    const configuration = readFileSync(path.join(root, 'etc/asterisk/fastagi.conf'), 'utf8');
    expect(configuration).toContain('basedir = /srv/calls\n');
  });

  it('leaves a file that is not its own alone, and says how to go on', () => {
    const root = machine({ 'etc/xinetd.d/fastagi': 'service fastagi\n{\n}\n' });
    const { code, stdout, stderr } = install('--root', root);
    expect(code).toBe(3);
    expect(stdout).toContain('≠ /etc/xinetd.d/fastagi');
    expect(stderr).toContain('/etc/xinetd.d/fastagi: not as it would be made. --replace');
    expect(stderr).toContain('nothing was changed');
    expect(existsSync(path.join(root, 'var'))).toBe(false);
    expect(install('--root', root, '--replace').code).toBe(0);
    expect(readFileSync(path.join(root, 'etc/xinetd.d/fastagi'), 'utf8')).toContain('--no-rehash-snapshot');
  });

  it('takes away what it has made, and nothing else', () => {
    const root = machine({ 'etc/services': 'ssh\t22/tcp\n' });
    install('--root', root);
    const service = path.join(root, 'etc/xinetd.d/fastagi');
    expect(install('--root', root, '--remove', '--dry-run').stdout).toContain('would be taken away');
    expect(existsSync(service)).toBe(true);
    expect(install('--root', root, '--remove')).toEqual({
      code: 0,
      stdout: '- /etc/services: taken away\n- /etc/xinetd.d/fastagi: taken away\n',
      stderr: '',
    });
    expect(readFileSync(path.join(root, 'etc/services'), 'utf8')).toBe('ssh\t22/tcp\n');
    expect(existsSync(service)).toBe(false);
    expect(existsSync(path.join(root, 'var/lib/asterisk/fastagi/hello.js'))).toBe(true);
    expect(install('--root', root, '--remove').stderr).toBe(
      'fastagi install: there is nothing to take away\n',
    );
  });

  it('takes away what somebody has changed only where that is asked for', () => {
    const root = machine();
    install('--root', root, '--service', 'xinetd-wait');
    const service = path.join(root, 'etc/xinetd.d/fastagi');
    writeFileSync(service, readFileSync(service, 'utf8').replace('cps\t\t= 20 1', 'cps\t\t= 5 1'));
    expect(install('--root', root, '--remove').stderr).toContain(
      'not as it would be made by these options, and stays',
    );
    expect(existsSync(service)).toBe(true);
    // xinetd has no service without it
    expect(readFileSync(path.join(root, 'etc/services'), 'utf8')).toContain('fastagi');
    expect(install('--root', root, '--remove', '--replace').code).toBe(0);
    expect(readFileSync(path.join(root, 'etc/services'), 'utf8')).toBe('');
    expect(existsSync(service)).toBe(false);
  });

  it('nothing that was made by other options, and says so', () => {
    const root = machine();
    install('--root', root, '--port', '5000');
    expect(install('--root', root, '--remove')).toMatchObject({
      code: 3,
      stderr:
        'fastagi install: /etc/xinetd.d/fastagi: not as it would be made by these options, and stays: give those that it was made by, or --replace, which takes it away however it is\n',
    });
    expect(install('--root', root, '--remove', '--replace')).toMatchObject({ code: 0 });
    expect(readFileSync(path.join(root, 'etc/services'), 'utf8')).toBe('');
  });

  it('units as well', () => {
    const root = machine({ 'run/systemd/system/x': '' });
    expect(install('--root', root, '--service', 'systemd').stdout).toContain(
      '+ /etc/systemd/system/fastagi.socket: port 4573, on 127.0.0.1\n',
    );
    expect(install('--root', root, '--remove').stdout).toBe(
      '- /etc/systemd/system/fastagi.service: taken away\n- /etc/systemd/system/fastagi.socket: taken away\n',
    );
  });

  it.each<[string[], number, string]>([
    [
      ['--from', 'pbx'],
      2,
      'fastagi install: --from takes the address of an Asterisk, or a network of them: pbx is neither',
    ],
    [['--port', '0'], 2, 'fastagi install: --port takes a whole number from 1 to 65535'],
    [['--port', 'x'], 2, 'fastagi install: --port takes a whole number from 1 to 65535'],
    [
      ['--basedir', 'here'],
      2,
      'fastagi install: --basedir takes an absolute path without spaces, quotes and semicolons: "here" is none',
    ],
    [['--basedir', '/srv/a;b'], 2, 'without spaces, quotes and semicolons: "/srv/a;b" is none'],
    [['--basedir', '/'], 2, 'fastagi install: --basedir / would make all files of the machine scripts'],
    [
      ['--basedir', '/srv/../'],
      2,
      'fastagi install: --basedir / would make all files of the machine scripts',
    ],
    [
      ['--from', '192.0.2.1', '--from', '0.0.0.0/0'],
      2,
      'fastagi install: --from 0.0.0.0/0 would let everybody run scripts: name the addresses of your Asterisk',
    ],
    [['--from', '::/0'], 2, 'fastagi install: --from ::/0 would let everybody run scripts'],
    [['--user', 'a b'], 2, 'fastagi install: --user takes a user\'s name: "a b" is none'],
    [
      ['--root', '/no/such/folder'],
      2,
      'fastagi install: --root takes a folder that is there: /no/such/folder is not',
    ],
    [['--service', 'inetd'], 2, 'Invalid values'],
    [['--user', 'jo'], 3, 'fastagi install: there is no user jo, as --user says'],
    [['--config', '/no/such/file'], 3, 'fastagi install: the configuration /no/such/file cannot be read'],
  ])('%j ends with %i', (args, code, told) => {
    const given = args.includes('--root') ? args : ['--root', machine(), ...args];
    const ended = install(...given);
    expect(ended.stderr).toContain(told);
    expect(ended.code).toBe(code);
  });
});
