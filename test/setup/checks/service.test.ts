import { describe, expect, it } from 'vitest';
import { checkPort } from '../../../src/setup/checks/port';
import { checkService } from '../../../src/setup/checks/service';
import { type Change, type Layout, listening, processFiles, surveyOf } from '../../support/laid-out-machine';

const file = 'etc/xinetd.d/fastagi';
const set =
  (key: string, value: string): ((text: string) => string) =>
  (text) =>
    text.replace(new RegExp(`^(\\t${key}\\s*=).*$`, 'm'), `$1 ${value}`);
const without =
  (key: string): ((text: string) => string) =>
  (text) =>
    text.replace(new RegExp(`^\\t${key}\\s*=.*\n`, 'm'), '');
const xinetd = (change: Change, more: Record<string, Change> = {}): Layout => ({
  files: { [file]: change, ...more },
});

type Row = [what: string, layout: Layout, state: string, text: RegExp, remedy: string | undefined];

describe('a file of xinetd’s', () => {
  it('as it is shipped, and all is well', async () => {
    expect(await checkService(surveyOf())).toEqual([
      {
        subject: 'service',
        state: 'ok',
        text: 'xinetd, process 200, serves by /etc/xinetd.d/fastagi, as user asterisk',
      },
    ]);
  });

  it.each<Row>([
    [
      'disable = yes',
      xinetd(set('disable', 'yes')),
      'failure',
      /turned off: disable = yes/,
      'disable = no in /etc/xinetd.d/fastagi, and then: service xinetd restart',
    ],
    [
      'disabled in the defaults',
      { files: { 'etc/xinetd.conf': 'defaults\n{\ndisabled = fastagi\n}\nincludedir /etc/xinetd.d\n' } },
      'failure',
      /turned off: by enabled or disabled in the defaults of \/etc\/xinetd.conf/,
      'take fastagi out of disabled, or add it to enabled, in the defaults of /etc/xinetd.conf, and then: service xinetd restart',
    ],
    [
      'not among the enabled',
      { files: { 'etc/xinetd.conf': 'defaults\n{\nenabled = http\n}\nincludedir /etc/xinetd.d\n' } },
      'failure',
      /turned off/,
      'take fastagi out of disabled, or add it to enabled, in the defaults of /etc/xinetd.conf, and then: service xinetd restart',
    ],
    [
      'a dot in its name',
      {
        files: {
          [file]: undefined,
          'etc/xinetd.d/fastagi.conf': 'service fastagi\n{\nserver = /usr/local/bin/fastagi\n}\n',
        },
      },
      'failure',
      /\/etc\/xinetd.d\/fastagi.conf has a dot in its name, and xinetd passes such files over/,
      'mv /etc/xinetd.d/fastagi.conf /etc/xinetd.d/fastagi && service xinetd restart',
    ],
    [
      'in a folder that is not read',
      { files: { 'etc/xinetd.conf': 'defaults\n{\n}\n' } },
      'failure',
      /\/etc\/xinetd.d\/fastagi is not read: \/etc\/xinetd.conf has no line includedir/,
      "echo 'includedir /etc/xinetd.d' >> /etc/xinetd.conf && service xinetd restart",
    ],
    [
      'no socket_type',
      xinetd(without('socket_type')),
      'failure',
      /has no socket_type/,
      'socket_type = stream in /etc/xinetd.d/fastagi',
    ],
    [
      'no user',
      xinetd(without('user')),
      'failure',
      /has no user/,
      'user = asterisk in /etc/xinetd.d/fastagi',
    ],
    [
      'a user that there is not',
      xinetd(set('user', 'nobody-here')),
      'failure',
      /there is no user nobody-here/,
      'user = asterisk in /etc/xinetd.d/fastagi',
    ],
    [
      'a name that nobody knows',
      { files: { 'etc/services': 'http 80/tcp\n# fastagi 4573/tcp\n' } },
      'failure',
      /\/etc\/services does not know fastagi/,
      "echo 'fastagi 4573/tcp' >> /etc/services && service xinetd restart",
    ],
    [
      'another port than the name has',
      xinetd(set('port', '4574')),
      'failure',
      /says port 4574, and \/etc\/services has 4573 for fastagi/,
      'port = 4573 in /etc/xinetd.d/fastagi, or type = UNLISTED',
    ],
    [
      'wait = yes, and a process for each call',
      xinetd(set('wait', 'yes')),
      'failure',
      /with wait = yes fastagi gets the listening socket/,
      'wait = no in /etc/xinetd.d/fastagi',
    ],
    [
      'wait = no, and a server for all',
      xinetd(set('server_args', '/usr/local/bin/fastagi listen --fd 0')),
      'failure',
      /fastagi listen wants the listening socket/,
      'wait = yes in /etc/xinetd.d/fastagi',
    ],
    [
      '--no-rehash-snapshot in a server for all',
      xinetd((text) =>
        set(
          'wait',
          'yes',
        )(set('server_args', '--no-rehash-snapshot /usr/local/bin/fastagi listen --fd 0')(text)),
      ),
      'warning',
      /a seed that everybody knows/,
      'take --no-rehash-snapshot away from server_args in /etc/xinetd.d/fastagi',
    ],
    [
      'no only_from',
      xinetd(without('only_from')),
      'warning',
      /whoever reaches port 4573 of this machine can run every script: it has no only_from/,
      'only_from = 127.0.0.1 ::1 in /etc/xinetd.d/fastagi (the addresses of your Asterisk), and then: service xinetd restart',
    ],
    [
      'only_from = 0.0.0.0/0',
      xinetd(set('only_from', '0.0.0.0/0')),
      'warning',
      /only_from = 0.0.0.0\/0 is everybody/,
      'only_from = 127.0.0.1 ::1 in /etc/xinetd.d/fastagi (the addresses of your Asterisk), and then: service xinetd restart',
    ],
    [
      'only_from with nothing',
      xinetd(set('only_from', '')),
      'failure',
      /only_from is empty, and so nobody may connect/,
      'only_from = 127.0.0.1 ::1 in /etc/xinetd.d/fastagi',
    ],
    [
      'NODE_OPTIONS in env',
      xinetd(set('env', 'PATH=/usr/bin NODE_OPTIONS=--inspect')),
      'warning',
      /sets NODE_OPTIONS in env/,
      'take NODE_OPTIONS out of env in /etc/xinetd.d/fastagi, and then: service xinetd restart',
    ],
    [
      'NODE_OPTIONS in the environment of xinetd, which is handed on',
      xinetd(
        without('passenv'),
        processFiles(200, ['/usr/sbin/xinetd'], { env: 'A=1\0NODE_OPTIONS=--inspect\0' }),
      ),
      'warning',
      /xinetd was started with NODE_OPTIONS/,
      'passenv = (nothing behind it) in /etc/xinetd.d/fastagi, and then: service xinetd restart',
    ],
    [
      'xinetd does not run',
      { files: { 'proc/200/stat': undefined } },
      'failure',
      /xinetd does not run/,
      'service xinetd start',
    ],
    [
      'xinetd is not installed',
      { files: { 'proc/200/stat': undefined, 'usr/sbin/xinetd': undefined } },
      'failure',
      /xinetd is not installed/,
      'apt-get install xinetd',
    ],
    [
      'root, and no setuid',
      xinetd(set('user', 'root')),
      'warning',
      /every script runs with root's rights/,
      'user = asterisk in /etc/xinetd.d/fastagi; or setuid = on below [fastagi] in /etc/asterisk/fastagi.conf',
    ],
    [
      'setuid, and not root',
      { files: { 'etc/asterisk/fastagi.conf': '[fastagi]\nsetuid=on\n' } },
      'warning',
      /setuid is on, and \/etc\/xinetd.d\/fastagi runs as user asterisk/,
      'user = root in /etc/xinetd.d/fastagi; or setuid = off below [fastagi] in /etc/asterisk/fastagi.conf',
    ],
    [
      'two for one port',
      {
        files: {
          'etc/xinetd.d/other': (_) =>
            'service fastagi\n{\nuser=asterisk\nwait=no\nsocket_type=stream\nport=4573\nonly_from=127.0.0.1\npassenv=\nserver=/usr/local/bin/fastagi\n}\n',
        },
      },
      'failure',
      /\/etc\/xinetd.d\/fastagi and \/etc\/xinetd.d\/other are both for port 4573/,
      'disable = yes in /etc/xinetd.d/other, and then: service xinetd restart',
    ],
    [
      'nothing that serves',
      { files: { [file]: undefined } },
      'failure',
      /nothing serves agi:\/\//,
      'fastagi install',
    ],
    [
      'nothing that serves, and classic scripts',
      { files: { [file]: undefined, 'var/lib/asterisk/agi-bin/a.agi': '#!/bin/sh\n' } },
      'warning',
      /nothing serves agi:\/\//,
      'fastagi install',
    ],
  ])('%s', async (_, layout, state, text, remedy) => {
    const found = await checkService(surveyOf(layout));
    expect(found.filter((each) => each.state !== 'ok' && each.state !== 'skipped')).toEqual([
      { subject: 'service', state, text: expect.stringMatching(text), remedy },
    ]);
  });

  it.each<[string, Layout]>([
    ['UNLISTED needs no name', xinetd(set('flags', 'KEEPALIVE\n\ttype = UNLISTED'), { 'etc/services': '' })],
    [
      'another port for an UNLISTED one',
      xinetd((text) => set('port', '4599')(set('flags', 'KEEPALIVE\n\ttype = UNLISTED')(text)), {
        'proc/net/tcp': listening(4599),
      }),
    ],
    ['bound to this machine alone', xinetd(set('only_from', '0.0.0.0/0\n\tbind = 127.0.0.1'))],
    [
      'only_from of the defaults',
      xinetd(without('only_from'), {
        'etc/xinetd.conf': 'defaults\n{\nonly_from = 127.0.0.1\n}\nincludedir /etc/xinetd.d\n',
      }),
    ],
    [
      'another file that is turned off',
      {
        files: {
          'etc/xinetd.d/other': 'service fastagi\n{\ndisable = yes\nserver=/usr/local/bin/fastagi\n}\n',
        },
      },
    ],
    [
      'passenv with other names',
      xinetd(
        set('passenv', 'LANG'),
        processFiles(200, ['/usr/sbin/xinetd'], { env: 'NODE_OPTIONS=--inspect\0' }),
      ),
    ],
  ])('%s: all is well', async (_, layout) => {
    const survey = surveyOf(layout);
    const states = [...(await checkService(survey)), ...checkPort(survey)].map(({ state }) => state);
    expect(states).not.toContain('failure');
    expect(states).not.toContain('warning');
    expect(states).toContain('ok');
  });

  it('a user that another place knows', async () => {
    const layout = xinetd(set('user', 'remote'), { 'usr/bin/getent': '#!/bin/sh\n[ "$2" = remote ]\n' });
    const found = await checkService(surveyOf({ ...layout, modes: { 'usr/bin/getent': 0o755 } }));
    expect(found.map(({ state }) => state)).toEqual(['ok']);
  });

  it('changed behind the start of xinetd: it may have been told, or not', async () => {
    const files = processFiles(200, ['/usr/sbin/xinetd'], { startedS: 100 });
    expect(await checkService(surveyOf({ files }))).toMatchObject([
      {
        state: 'ok',
        text: 'xinetd, process 200, serves by /etc/xinetd.d/fastagi, as user asterisk; /etc/xinetd.d/fastagi was changed after xinetd was started: if xinetd has not been told since, service xinetd restart',
      },
    ]);
    expect(checkPort(surveyOf({ files: { ...files, 'proc/net/tcp': '' } }))).toMatchObject([
      {
        state: 'failure',
        text: 'nobody listens on port 4573, where /etc/xinetd.d/fastagi is to serve; /etc/xinetd.d/fastagi was changed after xinetd was started',
        remedy: expect.stringMatching(/^service xinetd restart/),
      },
    ]);
  });

  it('a child of xinetd’s is not xinetd', async () => {
    const files = processFiles(1000, ['/usr/sbin/xinetd'], { parent: 200, startedS: 100 });
    expect((await checkService(surveyOf({ files })))[0]?.text).toMatch(
      /^xinetd, process 200, .*as user asterisk$/,
    );
  });

  it('the main file is the one that xinetd was started with', async () => {
    const layout = {
      files: {
        [file]: undefined,
        'opt/x.conf': `service fastagi\n{\nserver = /usr/local/bin/fastagi\n}\n`,
        ...processFiles(200, ['/usr/sbin/xinetd', '-f', '/opt/x.conf']),
      },
    };
    expect((await checkService(surveyOf(layout)))[0]?.text).toContain('/opt/x.conf has no socket_type');
  });
});

const unit = `[Service]\nUser=asterisk\nExecStart=/usr/bin/node /usr/local/bin/fastagi listen\n`;
const socket = '[Socket]\nListenStream=127.0.0.1:4573\n';
const states = (more: Record<string, string> = {}, of = 'fastagi.socket') => {
  const block = (name: string) =>
    Object.entries({
      Id: name,
      LoadState: 'loaded',
      ActiveState: 'active',
      UnitFileState: 'enabled',
      NeedDaemonReload: 'no',
      Result: 'success',
      ...(name === of ? more : {}),
    })
      .map(([key, value]) => `echo ${key}=${value}`)
      .join('\n');
  return `#!/bin/sh\n${block('fastagi.socket')}\necho\n${block('fastagi.service')}\n`;
};
const systemd = (systemctl: string, more: Record<string, Change> = {}): Layout => ({
  files: {
    [file]: undefined,
    'etc/systemd/system/fastagi.service': unit,
    'etc/systemd/system/fastagi.socket': socket,
    'run/systemd/system/.keep': '',
    'usr/bin/systemctl': systemctl,
    ...more,
  },
  modes: { 'usr/bin/systemctl': 0o755 },
  links: { 'etc/systemd/system/sockets.target.wants/fastagi.socket': '../fastagi.socket' },
});

describe('a unit of systemd’s', () => {
  it('runs', async () => {
    expect(await checkService(surveyOf(systemd(states())))).toEqual([
      {
        subject: 'service',
        state: 'ok',
        text: 'systemd serves by fastagi.socket and fastagi.service, as user asterisk',
      },
    ]);
  });

  it.each<Row>([
    [
      'does not run',
      systemd(states({ ActiveState: 'inactive' })),
      'failure',
      /^fastagi.socket does not run$/,
      'systemctl enable --now fastagi.socket',
    ],
    [
      'will not after a restart',
      systemd(states({ UnitFileState: 'disabled' })),
      'warning',
      /fastagi.socket runs, and will not after a restart of the machine/,
      'systemctl enable fastagi.socket',
    ],
    [
      'has failed',
      systemd(states({ ActiveState: 'failed', Result: 'exit-code' }, 'fastagi.service')),
      'failure',
      /^fastagi.service has failed \(exit-code\)$/,
      'journalctl -u fastagi.service -n 20, mend what it says, and then: systemctl reset-failed fastagi.service && systemctl start fastagi.socket',
    ],
    [
      'a reload forgotten',
      systemd(states({ NeedDaemonReload: 'yes' })),
      'warning',
      /was changed, and systemd has not read it again/,
      'systemctl daemon-reload && systemctl restart fastagi.socket fastagi.service',
    ],
    [
      'a user that there is not, in a drop-in',
      systemd(states(), { 'etc/systemd/system/fastagi.service.d/user.conf': '[Service]\nUser=pbx\n' }),
      'failure',
      /there is no user pbx/,
      'User=asterisk in /etc/systemd/system/fastagi.service',
    ],
    [
      'beside a file of xinetd’s',
      systemd(states(), {
        [file]: (text) =>
          text ||
          'service fastagi\n{\nuser=asterisk\nwait=no\nsocket_type=stream\nport=4573\nonly_from=127.0.0.1\npassenv=\nserver=/usr/local/bin/fastagi\n}\n',
      }),
      'failure',
      /\/etc\/xinetd.d\/fastagi and \/etc\/systemd\/system\/fastagi.service are both for port 4573/,
      'systemctl disable --now fastagi.socket fastagi.service',
    ],
  ])('%s', async (_, layout, state, text, remedy) => {
    const found = await checkService(surveyOf(layout));
    expect(found.filter((each) => each.state !== 'ok')).toEqual([
      { subject: 'service', state, text: expect.stringMatching(text), remedy },
    ]);
  });

  it('is turned off, and xinetd serves', async () => {
    const systemctl = states({ ActiveState: 'inactive' }).replaceAll(
      'ActiveState=active',
      'ActiveState=inactive',
    );
    const { links: _, ...layout } = systemd(systemctl, { [file]: (text) => text });
    expect(await checkService(surveyOf(layout))).toMatchObject([
      { state: 'ok', text: expect.stringContaining('serves by /etc/xinetd.d/fastagi') },
      { state: 'skipped', text: '/etc/systemd/system/fastagi.service is turned off' },
    ]);
  });

  it('is passed over where systemd does not run', async () => {
    const found = await checkService(surveyOf(systemd(states(), { 'run/systemd/system/.keep': undefined })));
    expect(found.map(({ state }) => state)).toEqual(['skipped']);
  });

  it('a systemctl that hangs is ended', async () => {
    const found = await checkService(surveyOf(systemd('#!/bin/sh\nexec sleep 60\n')));
    expect(found).toMatchObject([
      { state: 'skipped', text: expect.stringContaining('took longer than 3 s') },
    ]);
  });
});

describe('a server by hand', () => {
  const byHand = (args: readonly string[] = [], address?: string): Layout => ({
    files: {
      [file]: undefined,
      'proc/net/tcp': listening(4573, address),
      ...processFiles(300, ['node', '/usr/local/bin/fastagi', 'listen', ...args], { uid: 101 }),
    },
  });

  it('is told', async () => {
    expect(await checkService(surveyOf(byHand()))).toEqual([
      {
        subject: 'service',
        state: 'ok',
        text: 'fastagi listen, started by hand: process 300, user asterisk',
      },
    ]);
  });

  it('listens on the port that it holds, whatever its command line says', () => {
    const layout = byHand(['--port', '0']);
    const files = { ...layout.files, 'proc/net/tcp': listening(4999) };
    const survey = surveyOf({ files, links: { 'proc/300/fd/20': 'socket:[4711]' } });
    expect(checkPort(survey)).toMatchObject([
      { state: 'ok', text: 'node, process 300, listens on 127.0.0.1:4999' },
    ]);
  });

  it('listens on all addresses, for everybody', () => {
    const layout = byHand(['--host', '0.0.0.0'], '00000000');
    expect(checkPort(surveyOf(layout)).at(-1)).toEqual({
      subject: 'port',
      state: 'warning',
      text: 'whoever reaches 0.0.0.0:4573 can run every script: [listen] allow names nobody, and so everybody may',
      remedy:
        'allow = 127.0.0.1, ::1 below [listen] in /etc/asterisk/fastagi.conf (the addresses of your Asterisk)',
    });
  });

  it('listens on all addresses, for those that it names', () => {
    const layout = byHand(['--allow', '10.0.0.1'], '00000000');
    expect(checkPort(surveyOf(layout)).map(({ state }) => state)).toEqual(['ok']);
  });
});

describe('the port', () => {
  it.each<[string, Layout, object[]]>([
    ['somebody', {}, [{ state: 'ok', text: expect.stringContaining('somebody listens on 127.0.0.1:4573') }]],
    [
      'who holds it',
      { links: { 'proc/200/fd/5': 'socket:[4711]' } },
      [{ state: 'ok', text: 'xinetd, process 200, listens on 127.0.0.1:4573' }],
    ],
    [
      'another program',
      {
        files: processFiles(300, ['/usr/sbin/apache2']),
        links: { 'proc/300/fd/5': 'socket:[4711]' },
      },
      [
        {
          state: 'failure',
          text: 'apache2, process 300, listens on 127.0.0.1:4573, where /etc/xinetd.d/fastagi is to serve, and so that cannot',
          remedy: 'end it, or have it listen elsewhere, and then: service xinetd restart',
        },
      ],
    ],
    [
      'of IPv6',
      { files: { 'proc/net/tcp': '', 'proc/net/tcp6': listening(4573, '00000000000000000000000001000000') } },
      [{ state: 'ok', text: expect.stringContaining('[::1]:4573') }],
    ],
    [
      'nobody',
      { files: { 'proc/net/tcp': listening(80) } },
      [
        {
          state: 'failure',
          text: 'nobody listens on port 4573, where /etc/xinetd.d/fastagi is to serve',
          remedy:
            'service xinetd restart, and then: journalctl -t xinetd -n 20 says why it leaves the service out',
        },
      ],
    ],
    [
      'nobody, and nobody is to',
      { files: { 'proc/net/tcp': '', [file]: undefined } },
      [{ state: 'skipped', text: 'nobody listens on port 4573' }],
    ],
  ])('%s', (_, layout, findings) => {
    expect(checkPort(surveyOf(layout))).toMatchObject(findings);
  });
});
