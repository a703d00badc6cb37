/** What `fastagi install` finds, makes and leaves alone, on machines that are folders. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config';
import { readSettings } from '../../src/listen/settings';
import { type InstallOptions, planInstallation } from '../../src/setup/installation';
import { executable, makeFolder, root as repository } from '../support/inet';

const passwd = 'root:x:0:0::/root:/bin/sh\nasterisk:x:101:102::/:/bin/false\npbx:x:103:104::/:/bin/false\n';

const plan = (files: Record<string, string>, options: Partial<InstallOptions> = {}) => {
  const root = makeFolder({ 'etc/passwd': passwd, ...files });
  const all: InstallOptions = {
    executable: executable('fastagi'),
    config: undefined,
    kind: undefined,
    user: undefined,
    from: ['127.0.0.1', '::1'],
    port: 4573,
    basedir: undefined,
    root,
    ...options,
  };
  const installation = planInstallation(all);
  return {
    ...installation,
    root,
    again: () => planInstallation(all),
    standings: installation.steps.map(({ subject, standing }) => `${standing} ${subject}`),
    make: () => installation.steps.map((step) => (step.standing === 'there' ? undefined : step.make())),
    read: (file: string) => readFileSync(path.join(root, file), 'utf8'),
  };
};

describe('a machine with xinetd', () => {
  const files = { 'etc/xinetd.d/time': '', 'etc/services': 'ssh\t22/tcp\n' };

  it('gets a folder, a line, and a service file', () => {
    const { kind, obstacles, standings, make, read, root } = plan(files);
    expect([kind, obstacles]).toEqual(['xinetd', []]);
    expect(standings).toEqual([
      'missing /var/lib/asterisk/fastagi',
      'missing /etc/services',
      'missing /etc/xinetd.d/fastagi',
    ]);
    make();
    expect(read('/etc/services')).toBe(
      'ssh\t22/tcp\nfastagi\t\t4573/tcp\t\t\t# call scripts for Asterisk (FastAGI)\n',
    );
    expect(readdirSync(path.join(root, 'var/lib/asterisk/fastagi'))).toEqual(['hello.js']);
    const shipped = readFileSync(path.join(repository, 'xinetd/fastagi'), 'utf8').split('\n');
    const changed = read('/etc/xinetd.d/fastagi')
      .split('\n')
      .filter((line, at) => line !== shipped[at]);
    expect(changed.every((line) => /^\tserver(_args)?\t/.test(line))).toBe(true);
  });

  it('that is everyone’s to read, whatever the umask is', () => {
    const before = process.umask(0o077);
    try {
      const { make, root } = plan(files);
      make();
      const modes = [
        'var/lib/asterisk/fastagi',
        'var/lib/asterisk/fastagi/hello.js',
        'etc/xinetd.d/fastagi',
        'etc/services',
      ];
      expect(modes.map((file) => statSync(path.join(root, file)).mode & 0o777)).toEqual([
        0o755, 0o644, 0o644, 0o644,
      ]);
    } finally {
      process.umask(before);
    }
  });

  it('has nothing left to do the second time', () => {
    const { make, again } = plan(files);
    make();
    expect(again().steps.map(({ standing }) => standing)).toEqual(['there', 'there', 'there']);
  });

  it('keeps a service file of its own beside the new one, and that of before, too', () => {
    const { steps, standings, make, again, read } = plan({
      ...files,
      'etc/xinetd.d/fastagi': 'service fastagi\n{\n\tport = 99\n}\n',
    });
    expect(standings.at(-1)).toBe('different /etc/xinetd.d/fastagi');
    expect(steps.at(-1)?.difference).toContain('- \tport = 99');
    expect(steps.at(-1)?.difference).toContain('+ \tport\t\t= 4573');
    expect(make().at(-1)).toMatch(/\/etc\/xinetd\.d\/fastagi\.before-fastagi$/);
    expect(read('/etc/xinetd.d/fastagi.before-fastagi')).toContain('port = 99');
    expect(again().steps.at(-1)?.standing).toBe('there');
  });

  it('leaves scripts, and a line of /etc/services, as they are', () => {
    const { standings } = plan({
      ...files,
      'etc/services': 'fastagi 4573/tcp # mine\n',
      'var/lib/asterisk/fastagi/own.js': '',
    });
    expect(standings.slice(0, 2)).toEqual(['there /var/lib/asterisk/fastagi', 'there /etc/services']);
  });

  it('writes through a link, and not in its place', () => {
    const { again, root } = plan({ 'etc/xinetd.d/time': '', 'real/services': 'ssh 22/tcp' });
    symlinkSync('../real/services', path.join(root, 'etc/services'));
    for (const step of again().steps) step.make();
    expect(readFileSync(path.join(root, 'real/services'), 'utf8')).toMatch(/^ssh 22\/tcp\nfastagi\t/);
  });

  it.each<[string, Record<string, string>, Partial<InstallOptions>, string]>([
    [
      'another port by that name',
      { 'etc/services': 'fastagi 99/tcp\n' },
      {},
      '/etc/services has fastagi at 99/tcp, and this is to be 4573/tcp: change that line, or say --port 99',
    ],
    [
      'no user of Asterisk’s',
      { 'etc/passwd': 'root:x:0:0::/:\n' },
      {},
      'there is no user asterisk, the usual one: name whom',
    ],
    [
      'Asterisk that is root',
      { 'etc/passwd': 'root:x:0:0::/:\n', 'etc/asterisk/asterisk.conf': 'runuser=root' },
      {},
      "Asterisk's user is root, as /etc/asterisk/asterisk.conf says, and scripts should not be",
    ],
    ['no user of that name', {}, { user: 'jo' }, 'there is no user jo, as --user says'],
    [
      'setuid without root',
      { 'etc/asterisk/fastagi.conf': '[fastagi]\nsetuid = on\n' },
      { user: 'pbx' },
      'which takes --user root',
    ],
    [
      'another folder',
      { 'etc/asterisk/fastagi.conf': '[fastagi]\nbasedir = /srv/a\n' },
      { basedir: '/srv/b' },
      'has basedir = /srv/a: set it to /srv/b',
    ],
    [
      'an open door',
      {},
      { kind: 'xinetd-wait', from: ['192.0.2.1'] },
      'put allow = 192.0.2.1 into [listen] of /etc/asterisk/fastagi.conf first',
    ],
    [
      'units on the same port',
      { 'etc/systemd/system/fastagi.socket': '' },
      {},
      'fastagi install --remove --service systemd first',
    ],
    [
      'xinetd’s file on the same port',
      { 'etc/xinetd.d/fastagi': '' },
      { kind: 'systemd' },
      'fastagi install --remove --service xinetd first',
    ],
    [
      'an open door by systemd',
      {},
      { kind: 'systemd', from: ['192.0.2.1'] },
      'with systemd it is the server that says who may connect',
    ],
  ])('says what is in the way: %s', (_, more, options, told) => {
    expect(plan({ ...files, ...more }, options).obstacles).toEqual([expect.stringContaining(told)]);
  });

  it.each<[string, Record<string, string>, Partial<InstallOptions>, RegExp]>([
    ['whom Asterisk runs as', { 'etc/asterisk/asterisk.conf': 'runuser = pbx\n' }, {}, /^\tuser\t\t= pbx$/m],
    [
      'root, for setuid',
      { 'etc/asterisk/phpagi.conf': '[fastagi]\nsetuid = on\n' },
      {},
      /^\tuser\t\t= root$/m,
    ],
    ['nobody’s root', { 'etc/asterisk/asterisk.conf': 'runuser = root\n' }, {}, /^\tuser\t\t= asterisk$/m],
    [
      'where Asterisk is',
      {},
      { from: ['192.0.2.1', '2001:db8::/32'] },
      /^\tonly_from\t= 192\.0\.2\.1 2001:db8::\/32$/m,
    ],
    ['the port', {}, { port: 5000 }, /^\tport\t\t= 5000$/m],
    [
      'a configuration of one’s own',
      {},
      { config: '/dev/null' },
      /^\tserver_args\t= --no-rehash-snapshot \S+\/fastagi --config \/dev\/null$/m,
    ],
    [
      'a server that stays',
      {},
      { kind: 'xinetd-wait' },
      /^\tserver_args\t= --pdeathsig TERM \S+\/node \S+\/fastagi listen --fd 0 --idle-seconds 3600$/m,
    ],
    [
      'a server that stays, for others',
      { 'etc/asterisk/fastagi.conf': '[listen]\nallow = 192.0.2.1\n' },
      { kind: 'xinetd-wait', from: ['192.0.2.1'] },
      /^\tbind\t\t= 0\.0\.0\.0$/m,
    ],
    [
      'a server that stays, for others by IPv6',
      { 'etc/asterisk/fastagi.conf': '[listen]\nallow = 2001:db8::/32\n' },
      { kind: 'xinetd-wait', from: ['2001:db8::/32'] },
      /^\tbind\t\t= ::$/m,
    ],
  ])('the service file names %s', (_, more, options, line) => {
    const { make, read, obstacles } = plan({ ...files, ...more }, options);
    expect(obstacles).toEqual([]);
    make();
    expect(read('/etc/xinetd.d/fastagi')).toMatch(line);
  });
});

describe('a machine with systemd', () => {
  it('gets units that name its Node, and no line', () => {
    const { kind, obstacles, standings, make, read } = plan({ 'run/systemd/system/x': '' });
    expect([kind, obstacles]).toEqual(['systemd', []]);
    expect(standings).toEqual([
      'missing /var/lib/asterisk/fastagi',
      'missing /etc/systemd/system/fastagi.service',
      'missing /etc/systemd/system/fastagi.socket',
    ]);
    make();
    expect(read('/etc/systemd/system/fastagi.service')).toMatch(/^User=asterisk$/m);
    expect(read('/etc/systemd/system/fastagi.service')).toMatch(
      /^ExecStart=\/\S+\/node \/\S+\/fastagi listen$/m,
    );
    expect(read('/etc/systemd/system/fastagi.socket')).toMatch(/^ListenStream=127\.0\.0\.1:4573$/m);
  });

  it('listens for others where the configuration says for whom', () => {
    const { make, read, obstacles } = plan(
      { 'run/systemd/system/x': '', 'etc/asterisk/fastagi.conf': '[listen]\nallow = 192.0.2.1\n' },
      { from: ['192.0.2.1'], port: 5000 },
    );
    expect(obstacles).toEqual([]);
    make();
    expect(read('/etc/systemd/system/fastagi.socket')).toMatch(/^ListenStream=5000$/m);
  });
});

describe('the folder of the scripts', () => {
  it('is the configuration’s', () => {
    const { basedir, make, root } = plan({
      'etc/asterisk/fastagi.conf': '[fastagi]\nbasedir = /srv/calls\n',
    });
    make();
    expect(basedir).toBe('/srv/calls');
    expect(existsSync(path.join(root, 'srv/calls/hello.js'))).toBe(true);
  });

  it('is put into a configuration where there is none', () => {
    const { make, root } = plan({}, { basedir: '/srv/calls' });
    make();
    const file = path.join(root, 'etc/asterisk/fastagi.conf');
    expect(readConfig(file)).toMatchObject({ basedir: '/srv/calls', warnings: [] });
    expect(readSettings(file).config.warnings).toEqual([]);
  });

  it('takes the place of another, and says so', () => {
    const { steps } = plan({ 'var/lib/asterisk/fastagi/own.js': '' }, { basedir: '/srv/calls' });
    expect(steps[1]?.text).toBe(
      'where the scripts are; those in /var/lib/asterisk/fastagi are served no more',
    );
  });

  it.each(['/srv/calls', '/srv/calls/further'])('is refused where a file is: %s', (basedir) => {
    expect(() => plan({ 'srv/calls': '' }, { basedir })).toThrow('/srv/calls is no folder');
  });

  it('gets no script where it has any', () => {
    const { make, root } = plan({ 'var/lib/asterisk/fastagi/own.js': '' });
    make();
    expect(readdirSync(path.join(root, 'var/lib/asterisk/fastagi'))).toEqual(['own.js']);
  });
});

it('says what is in the way: a configuration that a service cannot name', () => {
  const config = path.join(makeFolder({ 'a b.conf': '' }), 'a b.conf');
  expect(plan({}, { config }).obstacles).toEqual([
    `a service cannot name ${config}: it takes a path without spaces, quotes, and the signs \\ % ; $`,
  ]);
});

it('refuses a broken configuration with the words that a call would have', () => {
  expect(() => plan({ 'etc/asterisk/fastagi.conf': '[fastagi]\nmax_seconds = soon\n' })).toThrow(
    '[fastagi] max_seconds',
  );
});

describe('an image whose links are absolute', () => {
  const outside = () => makeFolder({ services: 'outside 1/tcp\n', 'xinetd.d/time': '', 'lib/x': '' });

  it('is set up inside, where the machine will find it, and nothing outside', () => {
    const host = outside();
    const before = readdirSync(host, { recursive: true });
    const { again, root } = plan({});
    for (const [link, target] of [
      ['etc/services', 'services'],
      ['etc/xinetd.d', 'xinetd.d'],
      ['var', ''],
    ] as const)
      symlinkSync(path.join(host, target), path.join(root, link));
    mkdirSync(path.join(root, host, 'xinetd.d'), { recursive: true });
    writeFileSync(path.join(root, host, 'services'), 'inside 2/tcp\n');
    for (const step of again().steps) step.make();
    expect(readdirSync(host, { recursive: true })).toEqual(before);
    expect(readFileSync(path.join(host, 'services'), 'utf8')).toBe('outside 1/tcp\n');
    expect(readFileSync(path.join(root, host, 'services'), 'utf8')).toMatch(/^inside 2\/tcp\nfastagi\t/);
    expect(existsSync(path.join(root, host, 'xinetd.d/fastagi'))).toBe(true);
    expect(existsSync(path.join(root, host, 'lib/asterisk/fastagi/hello.js'))).toBe(true);
    expect(again().steps.map(({ standing }) => standing)).toEqual(['there', 'there', 'there']);
    for (const step of again().steps) step.unmake?.();
    expect(readFileSync(path.join(root, host, 'services'), 'utf8')).toBe('inside 2/tcp\n');
    expect(existsSync(path.join(root, host, 'xinetd.d/fastagi'))).toBe(false);
  });

  it('has users and a configuration of its own', () => {
    const host = makeFolder({
      passwd: 'host:x:1:1::/:\n',
      'fastagi.conf': '[fastagi]\nbasedir = /srv/host\n',
    });
    const { again, root } = plan({ 'etc/asterisk/x': '' });
    for (const [link, target] of [
      ['etc/passwd', 'passwd'],
      ['etc/asterisk/fastagi.conf', 'fastagi.conf'],
    ] as const) {
      rmSync(path.join(root, link), { force: true });
      symlinkSync(path.join(host, target), path.join(root, link));
    }
    expect(again()).toMatchObject({
      basedir: '/var/lib/asterisk/fastagi',
      obstacles: [expect.stringContaining('there is no user asterisk')],
    });
  });

  it('leads out by no number of dots', () => {
    const host = outside();
    const { again, root } = plan({});
    const up = '../'.repeat(root.split('/').length + 3);
    symlinkSync(`${up}${host}/services`, path.join(root, 'etc/services'));
    expect(() => again()).toThrow('is a link that leads to nothing');
    mkdirSync(path.join(root, host), { recursive: true });
    writeFileSync(path.join(root, host, 'services'), '');
    again().steps[1]?.make();
    expect(readFileSync(path.join(host, 'services'), 'utf8')).toBe('outside 1/tcp\n');
    expect(readFileSync(path.join(root, host, 'services'), 'utf8')).toContain('(FastAGI)');
  });

  it.each([
    ['to nothing', 'etc/services', '/nowhere/services'],
    ['to nothing', 'srv', '/nowhere'],
    ['in a circle', 'etc/services', 'services'],
  ])('is refused for a link that leads %s: %s', (where, link, target) => {
    const { again, root } = plan({}, { basedir: '/srv/calls' });
    symlinkSync(target, path.join(root, link));
    expect(() => again()).toThrow(`${root}/${link} is a link that leads ${where}`);
  });
});

describe("what Asterisk's user has put in the way, whose folders these are", () => {
  it('a link by the name of what is written first is not followed', () => {
    const { steps, root } = plan({ secret: 'root:hash\n', 'etc/asterisk/x': '' }, { basedir: '/srv/calls' });
    chmodSync(path.join(root, 'secret'), 0o600);
    for (const name of ['.fastagi.conf.part', 'fastagi.conf.part'])
      symlinkSync('../../secret', path.join(root, 'etc/asterisk', name));
    steps[1]?.make();
    expect(readFileSync(path.join(root, 'secret'), 'utf8')).toBe('root:hash\n');
    expect(statSync(path.join(root, 'secret')).mode & 0o777).toBe(0o600);
    expect(lstatSync(path.join(root, 'etc/asterisk/fastagi.conf')).isFile()).toBe(true);
  });

  it('what has come since the plan was made is not written over, nor through', () => {
    const { steps, root } = plan({ secret: 'root:hash\n', 'etc/asterisk/x': '' }, { basedir: '/srv/calls' });
    symlinkSync('../../secret', path.join(root, 'etc/asterisk/fastagi.conf'));
    expect(() => steps[1]?.make()).toThrow('EEXIST');
    mkdirSync(path.join(root, 'srv/calls'), { recursive: true });
    symlinkSync('../../secret', path.join(root, 'srv/calls/hello.js'));
    expect(() => steps[0]?.make()).toThrow('EEXIST');
    expect(readFileSync(path.join(root, 'secret'), 'utf8')).toBe('root:hash\n');
    expect(readdirSync(path.join(root, 'etc/asterisk')).sort()).toEqual(['fastagi.conf', 'x']);
  });
});

it('the bytes of /etc/services stay as they are', () => {
  const { again, root } = plan({ 'etc/xinetd.d/time': '' });
  const file = path.join(root, 'etc/services');
  const before = Buffer.concat([
    Buffer.from('tcpmux\t1/tcp\t\t# caf\xe9\r\n', 'latin1'),
    Buffer.from(`${'x 1/udp\n'.repeat(12_000)}ssh 22/tcp # no newline behind`),
  ]);
  writeFileSync(file, before);
  again().steps[1]?.make();
  const line = 'fastagi\t\t4573/tcp\t\t\t# call scripts for Asterisk (FastAGI)\n';
  expect(readFileSync(file).equals(Buffer.concat([before, Buffer.from(`\n${line}`)]))).toBe(true);
  again().steps[1]?.unmake?.();
  expect(readFileSync(file).equals(Buffer.concat([before, Buffer.from('\n')]))).toBe(true);
});
