/** `fastagi install` on a Debian with nothing but xinetd and Node, up to the first call. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';
import { freePort } from './support/free-port';
import { missingParts, systemdTool } from './support/parts';
import { inDebian } from './support/plain-debian';

const missing = missingParts();
const run = promisify(execFile);

describe.skipIf(missing)(`fastagi install${missing ? ` (${missing})` : ''}`, () => {
  it('sets a machine up, tries it, and has nothing to do the second time', async () => {
    const port = String(await freePort());
    const install = [
      '/usr/bin/node',
      '/usr/local/bin/fastagi',
      'install',
      '--user',
      'daemon',
      '--port',
      port,
    ];
    const [first, second, call, taken, replaced, third, removed, fourth] = await inDebian([
      install,
      install,
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'call', `agi://127.0.0.1:${port}/hello`],
      [...install, '--from', '192.0.2.1'],
      [...install, '--from', '192.0.2.1', '--replace'],
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'call', `agi://127.0.0.1:${port}/hello`],
      [...install, '--from', '192.0.2.1', '--remove'],
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'call', `agi://127.0.0.1:${port}/hello`],
    ]);
    expect(first?.text.replaceAll(port, 'PORT').replace(/process \d+/, 'process PID')).toBe(
      [
        '+ /var/lib/asterisk/fastagi: the folder of the scripts, with hello.js in it',
        '+ /etc/services: the line by which xinetd knows the port',
        '+ /etc/xinetd.d/fastagi: port PORT for 127.0.0.1 ::1; scripts run as daemon',
        '+ the service: xinetd, process PID, reads its configuration again',
        '✓ a call to hello.js: cool, the FastAGI server has been called!',
        '',
        'Scripts lie in /var/lib/asterisk/fastagi. In /etc/asterisk/extensions.conf:',
        '',
        '  exten => 4573,1,AGI(agi://127.0.0.1:PORT/hello.js)',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: that is the dialplan's
        '   same => n,Verbose(1,AGISTATUS is ${AGISTATUS}, test is ${test})',
        '',
        "then asterisk -rx 'dialplan reload', and dial 4573 in that context.",
        '',
      ].join('\n'),
    );
    expect(first?.code).toBe(0);
    expect(second?.text.match(/^[✓+≠!] \S+/gm)).toEqual([
      '✓ /var/lib/asterisk/fastagi:',
      '✓ /etc/services:',
      '✓ /etc/xinetd.d/fastagi:',
      '✓ a',
    ]);
    expect(call).toMatchObject({ code: 0, text: expect.stringContaining('test = 1111') });
    expect(taken).toMatchObject({ code: 3, text: expect.stringContaining('nothing was changed') });
    expect(replaced).toMatchObject({ code: 0, text: expect.stringContaining('fastagi.before-fastagi') });
    // whom the service does not name it does not serve
    expect(third?.code).not.toBe(0);
    expect(removed).toMatchObject({
      code: 0,
      text: expect.stringMatching(
        /^- \/etc\/services: taken away\n- \/etc\/xinetd\.d\/fastagi: taken away\n- the service: xinetd, /,
      ),
    });
    expect(fourth).toMatchObject({ code: 3, text: expect.stringContaining('nothing listens there') });
  }, 180_000);

  it('names a script that is there, and calls none that it has not made', async () => {
    const port = String(await freePort());
    const install = ['install', '--user', 'daemon', '--port', port, '--basedir', '/srv/calls'];
    const write =
      "const fs = require('fs'); fs.mkdirSync('/srv/calls', { recursive: true }); fs.writeFileSync('/srv/calls/own.mjs', '')";
    const [, made] = await inDebian([
      ['/usr/bin/node', '-e', write],
      ['/usr/bin/node', '/usr/local/bin/fastagi', ...install],
    ]);
    expect(made?.code).toBe(0);
    expect(made?.text).not.toContain('a call to');
    expect(made?.text).toContain('+ /etc/asterisk/fastagi.conf: where the scripts are');
    expect(made?.text).toContain(`AGI(agi://127.0.0.1:${port}/own.mjs)`);
  }, 180_000);

  it('makes the files of an image, and starts nothing', async () => {
    const port = String(await freePort());
    const [made, call] = await inDebian([
      [
        '/usr/bin/node',
        '/usr/local/bin/fastagi',
        'install',
        '--user',
        'daemon',
        '--port',
        port,
        '--no-start',
      ],
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'call', `agi://127.0.0.1:${port}/hello`],
    ]);
    expect(made).toMatchObject({ code: 0, text: expect.stringMatching(/scripts run as daemon\n$/) });
    expect(call).toMatchObject({ code: 3, text: expect.stringContaining('nothing listens there') });
  }, 180_000);

  it('says what is in the way, and changes nothing', async () => {
    const [nobody, off] = await inDebian([
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'install', '--user', 'no-such-user'],
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'install', '--user', 'daemon', '--service', 'systemd'],
    ]);
    expect(nobody).toMatchObject({ code: 3, text: expect.stringContaining('there is no user no-such-user') });
    expect(off).toMatchObject({
      code: 3,
      text: expect.stringContaining('systemd does not run on this machine'),
    });
    expect(off?.text).toContain(
      '+ /var/lib/asterisk/fastagi: the folder of the scripts, with hello.js in it',
    );
  }, 180_000);

  it('leaves what was there where the disk is full', async () => {
    const machine = makeFolder({ 'etc/passwd': 'pbx:x:0:0::/:/bin/sh\n', 'etc/xinetd.d/x': '' });
    const script =
      'mount -t tmpfs -o size=4k none etc/xinetd.d && echo mine > etc/xinetd.d/fastagi && { "$@"; code=$?; ' +
      'grep -r "" etc/xinetd.d; exit $code; }';
    const install = [executable('fastagi'), 'install', '--root', machine, '--user', 'pbx', '--replace'];
    const enclosed = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', process.execPath];
    const failed = run('unshare', [...enclosed, ...install], { cwd: machine });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/\netc\/xinetd.d\/fastagi:mine\n$/),
      stderr:
        'fastagi install: /etc/xinetd.d/fastagi cannot be made: the disk is full. What is above it has been, and stays\n',
    });
  });

  it('makes a first script that setuid does not refuse', async () => {
    const port = String(await freePort());
    const write =
      "const fs = require('fs'); fs.mkdirSync('/etc/asterisk'); fs.writeFileSync('/etc/asterisk/phpagi.conf', '[fastagi]\\nsetuid = on\\n');" +
      "fs.writeFileSync('/etc/asterisk/asterisk.conf', '[options]\\nrunuser = daemon\\n')";
    const [, made] = await inDebian([
      ['/usr/bin/node', '-e', write],
      ['/usr/bin/node', '/usr/local/bin/fastagi', 'install', '--port', port],
    ]);
    expect(made).toMatchObject({
      code: 0,
      text: expect.stringContaining('✓ a call to hello.js: cool, the FastAGI server has been called!'),
    });
    expect(made?.text).toContain('scripts run as root');
  }, 180_000);

  it('makes units in which systemd finds nothing amiss', async () => {
    const machine = makeFolder({ 'etc/passwd': 'pbx:x:0:0::/:/bin/sh\n', 'run/systemd/system/x': '' });
    const install = [
      executable('fastagi'),
      'install',
      '--root',
      machine,
      '--user',
      'pbx',
      '--service',
      'systemd',
    ];
    await run(process.execPath, install);
    const [analyze, ...before] = (await systemdTool('systemd-analyze')) as [string, ...string[]];
    const units = ['fastagi.service', 'fastagi.socket'].map((unit) =>
      path.join(machine, 'etc/systemd/system', unit),
    );
    expect(await run(analyze, [...before, 'verify', '--man=no', ...units])).toEqual({
      stdout: '',
      stderr: '',
    });
  }, 120_000);
});
