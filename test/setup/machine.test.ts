/** What /proc and the files of a machine say, as it is read. */
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loopbackAmong } from '../../src/setup/addresses';
import { readAsteriskConf } from '../../src/setup/asterisk-conf';
import { Machine } from '../../src/setup/machine';
import { readCommand } from '../../src/setup/service';
import { parseStream, readUnit, wordsOf } from '../../src/setup/systemd-unit';
import { makeFolder } from '../support/inet';
import { layOut, listening, processFiles } from '../support/laid-out-machine';

const row = (address: string) => listening(4573, address);

describe('listeners', () => {
  it.each([
    ['tcp', '0100007F', '127.0.0.1'],
    ['tcp', '00000000', '0.0.0.0'],
    ['tcp6', '00000000000000000000000000000000', '::'],
    ['tcp6', '00000000000000000000000001000000', '::1'],
    ['tcp6', 'B80D0120000000000000000001000000', '2001:db8::1'],
    ['tcp6', '0000000000000000FFFF00000100007F', '127.0.0.1'],
  ])('of %s: %s is %s', (table, address, host) => {
    const machine = new Machine(
      makeFolder({ [`proc/net/${table}`]: `  sl  local_address\n${row(address)}` }),
    );
    expect(machine.listeners()).toEqual([{ host, port: 4573, inode: '4711' }]);
  });

  it('are not those that are connected', () => {
    const text = row('0100007F').replace(' 0A ', ' 01 ');
    expect(new Machine(makeFolder({ 'proc/net/tcp': text })).listeners()).toEqual([]);
  });

  it('of the machine that tests, with this very one', async () => {
    const { createServer } = await import('node:net');
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    try {
      const machine = new Machine();
      const listener = machine.listeners().find((each) => each.port === port);
      expect(listener?.host).toBe('127.0.0.1');
      const holders = machine.holders(listener?.inode ?? '', machine.processes());
      expect(holders.map(({ pid }) => pid)).toContain(process.pid);
    } finally {
      server.close();
    }
  });
});

describe('processes', () => {
  it('are read, whatever their name', () => {
    const files = processFiles(300, ['a) S 1 (b', '-x', '']);
    const [found] = new Machine(makeFolder({ 'proc/stat': 'btime 1000\n', ...files })).processes();
    expect(found).toMatchObject({ pid: 300, parent: 1, name: 'a) S 1 (b', uid: 0, startedMs: 3_000_000 });
  });

  it('have the groups that they have, whatever a file says', () => {
    const machine = new Machine(layOut({ files: processFiles(300, ['a'], { uid: 101, groups: [7, 8] }) }));
    const process = machine.processes().find(({ pid }) => pid === 300);
    expect(process && machine.accountOf(process)).toMatchObject({
      name: 'asterisk',
      gid: 102,
      groups: new Set([102, 7, 8]),
    });
  });

  it('have an environment, where it may be read', () => {
    const machine = new Machine(makeFolder(processFiles(300, ['a'], { env: 'A=1\0PATH=/x=y\0' })));
    expect([machine.variable(300, 'PATH'), machine.variable(300, 'P'), machine.variable(1, 'A')]).toEqual([
      '/x=y',
      undefined,
      undefined,
    ]);
  });

  it('of the machine that tests, with this very one', () => {
    const own = new Machine().processes().find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ parent: process.ppid, uid: process.getuid?.() });
    expect(Math.abs((own?.startedMs ?? 0) - (Date.now() - process.uptime() * 1000))).toBeLessThan(60_000);
  });
});

describe('a program that is run', () => {
  const program = (text: string) => {
    const folder = makeFolder({ 'bin/x': `#!/bin/sh\n${text}\n`, 'proc/stat': '' });
    // where root looks, it is run by nobody
    chmodSync(folder, 0o755);
    chmodSync(path.join(folder, 'bin/x'), 0o755);
    return new Machine(folder).run('/bin/x', ['a']);
  };

  it.each<[string, string, object]>([
    ['says something', 'echo $1; echo b >&2', { code: 0, output: 'a\nb\n', problem: undefined }],
    ['fails', 'exit 7', { code: 7, problem: undefined }],
    ['hangs', 'exec sleep 60', { code: undefined, problem: 'took longer than 3 s' }],
    ['leaves one behind that hangs', 'sleep 60 & echo $!', { code: 0, problem: undefined }],
  ])('%s', async (_, text, ended) => {
    const run = await program(text);
    expect(run).toMatchObject(ended);
    const left = Number(/^\d+$/m.exec(run.output)?.[0] ?? 0);
    if (left > 1) process.kill(left, 'SIGKILL');
  });

  it.runIf(process.getuid?.() === 0)(
    'has nobody’s rights, where it is not the machine’s own root',
    async () => {
      expect((await program('id -u')).output).toBe('65534\n');
    },
  );

  it('of an image is not run at all', async () => {
    const folder = makeFolder({ 'bin/x': '#!/bin/sh\n' });
    chmodSync(path.join(folder, 'bin/x'), 0o755);
    expect(await new Machine(folder).run('/bin/x', [])).toMatchObject({ problem: 'is not run in an image' });
  });

  it('is not there', async () => {
    expect(await new Machine().run('/bin/no-such-program', [])).toMatchObject({ problem: 'ENOENT' });
  });
});

it('a link of the machine’s that leads out of its folder leads nowhere', () => {
  const machine = new Machine(layOut({ links: { 'usr/bin/nodejs': 'node', 'srv/out': '/etc/passwd' } }));
  expect([machine.realPath('/usr/bin/nodejs'), machine.realPath('/srv/out')]).toEqual([
    '/usr/bin/node',
    undefined,
  ]);
});

describe('readCommand', () => {
  it.each<[string, object | undefined]>([
    [
      '/usr/bin/node --no-rehash-snapshot /usr/local/bin/fastagi --config /x',
      {
        program: '/usr/bin/node',
        flags: ['--no-rehash-snapshot'],
        executable: '/usr/local/bin/fastagi',
        args: ['--config', '/x'],
        listens: false,
      },
    ],
    ['/usr/local/bin/fastagi listen', { program: '/usr/local/bin/fastagi', flags: [], listens: true }],
    [
      '/usr/bin/setpriv --pdeathsig TERM /usr/bin/node --x /usr/local/bin/fastagi listen --fd 0',
      {
        launcher: '/usr/bin/setpriv',
        program: '/usr/bin/node',
        flags: ['--x'],
        executable: '/usr/local/bin/fastagi',
        listens: true,
      },
    ],
    [
      '/usr/bin/setpriv --pdeathsig TERM /usr/local/bin/fastagi listen',
      { launcher: '/usr/bin/setpriv', program: '/usr/local/bin/fastagi', flags: [] },
    ],
    ['/opt/node-22/bin/node22 /opt/fastagi', { launcher: undefined, program: '/opt/node-22/bin/node22' }],
    ['/usr/bin/php /srv/phpagi-fastagi.php', undefined],
    ['', undefined],
  ])('%s', (line, command) => {
    const read = readCommand(line.split(' '));
    if (command === undefined) expect(read).toBeUndefined();
    else expect(read).toMatchObject(command);
  });
});

describe('systemd', () => {
  it('an empty value takes those before away, a drop-in adds, a backslash goes on', () => {
    const machine = new Machine(
      makeFolder({
        'etc/systemd/system/a.service': '[Service]\n# x\nExecStart=/bin/a \\\n  b\nUser=jo\n',
        'etc/systemd/system/a.service.d/10-x.conf': '[Service]\nExecStart=\nExecStart=/bin/c\n',
        'usr/lib/systemd/system/a.service': '[Service]\nUser=ann\n',
      }),
    );
    const unit = readUnit(machine, 'a.service');
    expect(unit?.file).toBe('/etc/systemd/system/a.service');
    expect(Object.fromEntries(unit?.values ?? [])).toEqual({
      'Service.ExecStart': ['/bin/c'],
      'Service.User': ['jo'],
    });
    expect(readUnit(machine, 'b.service')).toBeUndefined();
  });

  it.each<[string, string[]]>([
    ['/bin/a b', ['/bin/a', 'b']],
    ['-+/bin/a "b c" \'d e\'', ['/bin/a', 'b c', 'd e']],
  ])('%s', (line, words) => expect(wordsOf(line)).toEqual(words));

  it.each([
    ['4573', { host: '::', port: 4573 }],
    ['127.0.0.1:4573', { host: '127.0.0.1', port: 4573 }],
    ['[::1]:4573', { host: '::1', port: 4573 }],
    ['/run/fastagi.sock', undefined],
  ])('%s', (text, stream) => expect(parseStream(text)).toEqual(stream));
});

describe('loopbackAmong', () => {
  const [v4, v6] = ['127.0.0.1', '::1'];
  it.each<[string[], string[]]>([
    [['127.0.0.1'], [v4]],
    [['10.0.0.1', '::1'], [v6]],
    [['localhost'], [v4, v6]],
    [['0.0.0.0/0'], [v4]],
    [['0.0.0.0'], [v4]],
    [['127.0.0.0'], [v4]],
    [
      ['127.0.0.0/8', '::'],
      [v4, v6],
    ],
    [['10.0.0.0'], []],
    [['192.0.2.1', '2001:db8::1'], []],
    [['.example.org', '127.0.0.1/x'], []],
    [[], []],
  ])('%j', (words, own) => expect(loopbackAmong(words)).toEqual(own));
});

describe('readAsteriskConf', () => {
  it.each<[string, string, object | undefined]>([
    ['sections', '[a]\nB = c ; d\ne => f\n[g]\n', { a: { b: 'c', e: 'f' }, g: {} }],
    ['the last value', '[a]\nb=1\nb=2\n', { a: { b: '2' } }],
    ['a semicolon in a value', '[a]\nb=1\\;2\n', { a: { b: '1;2' } }],
    ['a comment of lines', '[a]\n;-- b=1\n--;c=2\n', { a: { c: '2' } }],
    ['made of others', '[a]\n#include x.conf\n', undefined],
    ['a template', '[a](!)\nb=1\n', undefined],
  ])('%s', (_, text, conf) => {
    const read = readAsteriskConf(text);
    expect(
      read && Object.fromEntries([...read].map(([name, keys]) => [name, Object.fromEntries(keys)])),
    ).toEqual(conf);
  });
});
