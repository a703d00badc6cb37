/** Node, the configuration, the scripts, the log and the traces: each as it should be, and each way that it is not. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAgiBin } from '../../../src/setup/checks/agi-bin';
import { checkConfiguration } from '../../../src/setup/checks/configuration';
import { checkDisk, checkLog, checkTraces } from '../../../src/setup/checks/log';
import { checkNode, checkProgram } from '../../../src/setup/checks/node';
import { checkScripts } from '../../../src/setup/checks/scripts';
import type { Finding } from '../../../src/setup/findings';
import { type Survey, survey } from '../../../src/setup/survey';
import { root } from '../../support/inet';
import { type Layout, processFiles, surveyOf } from '../../support/laid-out-machine';

/** `undefined`: all is well. */
type Row = [what: string, layout: Layout, state: string | undefined, text: RegExp | string, remedy?: string];
type Check = (survey: Survey) => readonly Finding[] | Promise<readonly Finding[]>;

const isRoot = process.getuid?.() === 0;

function table(name: string, check: Check, rows: readonly Row[]): void {
  describe.runIf(isRoot)(name, () => {
    it.each(rows)('%s', async (_, layout, state, text, remedy) => {
      const there = surveyOf(layout);
      const found = await check(there);
      const wrong = found.filter((each) => each.state !== 'ok' && !/all else that it names/.test(each.text));
      const matching = typeof text === 'string' ? text : expect.stringMatching(text);
      if (state === undefined) {
        expect(wrong).toEqual([]);
        expect(found.map((each) => each.text)).toContainEqual(matching);
      } else {
        expect(wrong).toEqual([
          { subject: expect.any(String), state, text: matching, remedy: remedy ?? expect.any(String) },
        ]);
        await holds(check, there, wrong[0] as Finding);
      }
    });
  });
}

/** A remedy that is a command does what it promises: on the machine in its folder, what was wrong is so no more. */
async function holds(check: Check, { machine }: Survey, { text, remedy = '' }: Finding): Promise<void> {
  const command = remedy
    .replaceAll(/(-o|chown) asterisk\b/g, '$1 101')
    .replaceAll(/(-g|chgrp) asterisk\b/g, '$1 102');
  if (!/^(?:chmod|chgrp|chown|install|sed|cp|rm|echo) /.test(command) || /USER|, and /.test(command)) return;
  // what sed writes is as the machine sees it, and so is what stands behind a first line
  const inFolder = command.startsWith('sed')
    ? command.replace(/\/\S+$/, (file) => machine.at(file))
    : command.replaceAll(/(?<= )\/(?!dev\/null)\S*/g, (file) => machine.at(file));
  execFileSync('sh', ['-c', inFolder]);
  const again = survey({ machine, node: '/usr/bin/node', executable: '/usr/local/bin/fastagi' });
  expect(
    (await check(again)).map((each) => each.text),
    inFolder,
  ).not.toContain(text);
}

const conf = (text: string): Layout => ({ files: { 'etc/asterisk/fastagi.conf': text } });
const xinetd = (from: string, to: string): Layout => ({
  files: { 'etc/xinetd.d/fastagi': (text) => text.replace(from, to) },
});
const nvm = 'root/.nvm/versions/node/v22.0.0/bin/node';

table('node', checkNode, [
  ['new enough', {}, undefined, '/usr/bin/node is v20.19.0, and user asterisk can run it'],
  [
    'too old',
    { files: { 'usr/bin/node': '#!/bin/sh\necho v18.20.4\n' } },
    'failure',
    '/usr/bin/node is v18.20.4, and fastagi needs 20.19 or newer',
    'name a newer Node in /etc/xinetd.d/fastagi (the one that runs here is /usr/bin/node)',
  ],
  [
    'too old by a little',
    { files: { 'usr/bin/node': '#!/bin/sh\necho v20.18.1\n' } },
    'failure',
    /needs 20.19 or newer/,
  ],
  [
    'not there',
    xinetd('/usr/bin/node', '/opt/node/bin/node'),
    'failure',
    '/opt/node/bin/node is not there, and /etc/xinetd.d/fastagi starts it',
    'command -v node says where yours is (this one is /usr/bin/node): name that in /etc/xinetd.d/fastagi',
  ],
  [
    'in the home of root, by nvm',
    {
      files: { [nvm]: '#!/bin/sh\necho v22.0.0\n', ...xinetd('/usr/bin/node', `/${nvm}`).files },
      modes: { [nvm]: 0o755, root: 0o700 },
    },
    'failure',
    `user asterisk cannot run /${nvm}: /root belongs to user 0, group root, mode 700, and asterisk may not go into it`,
    `install -m 755 /${nvm} /usr/local/bin/node, and name /usr/local/bin/node in /etc/xinetd.d/fastagi`,
  ],
  [
    'not executable',
    { modes: { 'usr/bin/node': 0o644 } },
    'failure',
    /^user asterisk cannot run \/usr\/bin\/node: /,
    'chmod o+rx /usr/bin/node',
  ],
  [
    'something else of its name',
    { files: { 'usr/bin/node': '#!/bin/sh\necho "no such thing" >&2\nexit 7\n' } },
    'failure',
    '/usr/bin/node --version ended with 7: no such thing',
    'name another node in /etc/xinetd.d/fastagi',
  ],
  [
    'looked for on the PATH, by the executable',
    {
      files: {
        'etc/xinetd.d/fastagi': (text) =>
          text
            .replace('/usr/bin/node', '/usr/local/bin/fastagi')
            .replace(/^\tserver_args.*\n/m, '')
            .replace(/PATH=\S+/, 'PATH=/opt/bin'),
      },
    },
    'failure',
    '/usr/local/bin/fastagi looks for node on the PATH, and in /opt/bin there is none',
    'server = /usr/bin/node and server_args = /usr/local/bin/fastagi in /etc/xinetd.d/fastagi',
  ],
]);

const waiting = fs.readFileSync(path.join(root, 'xinetd/fastagi-wait'), 'utf8');

table('node behind setpriv', checkNode, [
  [
    'there',
    {
      files: { 'etc/xinetd.d/fastagi': waiting, 'usr/bin/setpriv': '' },
      modes: { 'usr/bin/setpriv': 0o755 },
    },
    undefined,
    '/usr/bin/node is v20.19.0, and user asterisk can run it',
  ],
  [
    'not there',
    { files: { 'etc/xinetd.d/fastagi': waiting } },
    'failure',
    '/usr/bin/setpriv is not there, and /etc/xinetd.d/fastagi starts it',
    'apt-get install util-linux',
  ],
]);

table('fastagi', checkProgram, [
  ['there', {}, undefined, '/usr/local/bin/fastagi, and user asterisk can read it'],
  [
    'not there',
    xinetd('/usr/local/bin/fastagi\n', '/opt/fastagi/dist/fastagi\n'),
    'failure',
    '/opt/fastagi/dist/fastagi is not there, and /etc/xinetd.d/fastagi starts it',
    'name /usr/local/bin/fastagi in /etc/xinetd.d/fastagi',
  ],
  [
    'for root alone',
    { modes: { 'usr/local/bin/fastagi': 0o700 } },
    'failure',
    /^user asterisk cannot read \/usr\/local\/bin\/fastagi: /,
    'chmod o+r /usr/local/bin/fastagi',
  ],
  [
    'alone, where it is to stay',
    xinetd('/usr/local/bin/fastagi\n', '/usr/local/bin/fastagi listen --fd 0\n'),
    'failure',
    'user asterisk cannot read /usr/local/bin/fastagi: /usr/local/bin/fastagi-commands.mjs is not there',
    'umask 022 && npm install --global --prefix /usr/local PACKAGE-FILE, where every user can read it',
  ],
  [
    'in a clone in the home of root',
    {
      files: {
        'root/fastagi/dist/fastagi': '',
        ...xinetd('/usr/local/bin/fastagi\n', '/root/fastagi/dist/fastagi\n').files,
      },
      modes: { root: 0o700 },
    },
    'failure',
    /^user asterisk cannot read \/root\/fastagi\/dist\/fastagi: \/root belongs/,
    'umask 022 && npm install --global --prefix /usr/local PACKAGE-FILE, where every user can read it',
  ],
]);

const secret = '[asmanager]\nusername=jo\nsecret=s3cret\n';

table('configuration', checkConfiguration, [
  ['there', {}, undefined, '/etc/asterisk/fastagi.conf, and user asterisk can read it'],
  [
    'none',
    { files: { 'etc/asterisk/fastagi.conf': undefined } },
    undefined,
    'there is none (/etc/asterisk/fastagi.conf), and the defaults hold',
  ],
  [
    'beside phpAGI’s',
    { files: { 'etc/asterisk/phpagi.conf': '' } },
    undefined,
    '/etc/asterisk/fastagi.conf, and user asterisk can read it; /etc/asterisk/phpagi.conf beside it is not read',
  ],
  [
    'phpAGI’s',
    { files: { 'etc/asterisk/fastagi.conf': undefined, 'etc/asterisk/phpagi.conf': '' } },
    undefined,
    '/etc/asterisk/phpagi.conf, and user asterisk can read it',
  ],
  [
    'named by the service',
    {
      files: {
        'etc/my.conf': '',
        'etc/xinetd.d/fastagi': (text) => text.replace(/(server_args.*)/, '$1 --config /etc/my.conf'),
      },
    },
    undefined,
    '/etc/my.conf (named by /etc/xinetd.d/fastagi), and user asterisk can read it',
  ],
  [
    'named by the service, and not there',
    {
      files: {
        'etc/xinetd.d/fastagi': (text) => text.replace(/(server_args.*)/, '$1 --config /etc/my.conf'),
      },
    },
    'failure',
    'the configuration /etc/my.conf cannot be read: there is no such file',
    'write it, or take its name out of the service: /etc/my.conf',
  ],
  [
    'another than the service reads',
    { files: { 'etc/my.conf': '' }, config: '/etc/my.conf' },
    'warning',
    '/etc/my.conf was looked at, and /etc/xinetd.d/fastagi reads /etc/asterisk/fastagi.conf',
    'fastagi doctor --config /etc/asterisk/fastagi.conf',
  ],
  [
    'a wrong value',
    conf('[fastagi]\nsetuid=perhaps\n'),
    'failure',
    /^\/etc\/asterisk\/fastagi.conf: \[fastagi\] setuid is "perhaps", and must be on or off/,
    'mend that line in /etc/asterisk/fastagi.conf: docs/configuration.md has every key',
  ],
  [
    'a wrong value of [listen]',
    conf('[listen]\nport=x\n'),
    'failure',
    /^\/etc\/asterisk\/fastagi.conf: \[listen\] port is "x"/,
  ],
  [
    'an unknown key',
    conf('[fastagi]\nbasdir=/x\n'),
    'warning',
    /\[fastagi\].*basdir.*basedir/,
    'mend that line in /etc/asterisk/fastagi.conf',
  ],
  [
    'setuid in shared processes',
    {
      files: {
        'etc/asterisk/fastagi.conf': '[fastagi]\nsetuid=on\n[listen]\nmode=shared\n',
        'etc/xinetd.d/fastagi': (text) =>
          text.replace(/(server_args\s*=).*/, '$1 /usr/local/bin/fastagi listen --fd 0'),
      },
    },
    'failure',
    /setuid is on, and a process that serves many calls cannot be many users/,
    'setuid = off below [fastagi], or mode = pool below [listen], in /etc/asterisk/fastagi.conf',
  ],
  [
    'closed to the scripts’ user',
    { modes: { 'etc/asterisk/fastagi.conf': 0o600 } },
    'failure',
    /^user asterisk cannot read \/etc\/asterisk\/fastagi.conf: .* mode 600/,
    'chgrp asterisk /etc/asterisk/fastagi.conf && chmod g+r /etc/asterisk/fastagi.conf',
  ],
  [
    'in a closed folder',
    { modes: { 'etc/asterisk': 0o700 } },
    'failure',
    /^user asterisk cannot read \/etc\/asterisk\/fastagi.conf: \/etc\/asterisk belongs/,
    'chmod o+x /etc/asterisk',
  ],
  [
    'open to a group of his, which xinetd does not give him',
    {
      files: { 'etc/xinetd.d/fastagi': (text) => text.replace(/^\tgroups.*\n/m, '') },
      owners: { 'etc/asterisk/fastagi.conf': [0, 1500] },
      modes: { 'etc/asterisk/fastagi.conf': 0o640 },
    },
    'failure',
    /group pbx, mode 640, and asterisk may not read it: he is in a group that may, and xinetd gives a server his own group alone$/,
    'groups = yes in /etc/xinetd.d/fastagi, and then: service xinetd restart',
  ],
  [
    'open to a group of his, which xinetd is told to give him',
    {
      owners: { 'etc/asterisk/fastagi.conf': [0, 1500] },
      modes: { 'etc/asterisk/fastagi.conf': 0o640 },
    },
    undefined,
    /user asterisk can read it/,
  ],
  [
    'open to the group that xinetd is told to give him',
    {
      files: { 'etc/xinetd.d/fastagi': (text) => text.replace('\tumask', '\tgroup = pbx\n\tumask') },
      owners: { 'etc/asterisk/fastagi.conf': [0, 1500] },
      modes: { 'etc/asterisk/fastagi.conf': 0o640 },
    },
    undefined,
    /user asterisk can read it/,
  ],
  [
    'open to a group of his, under systemd',
    {
      files: {
        'etc/xinetd.d/fastagi': undefined,
        'etc/systemd/system/fastagi.service':
          '[Service]\nUser=asterisk\nExecStart=/usr/bin/node /usr/local/bin/fastagi listen\n',
      },
      owners: { 'etc/asterisk/fastagi.conf': [0, 1500] },
      modes: { 'etc/asterisk/fastagi.conf': 0o640 },
    },
    undefined,
    /user asterisk can read it/,
  ],
  [
    'a secret that everybody could read, in a folder that nobody else can enter',
    { ...conf(secret), owners: { 'etc/asterisk': [0, 102] }, modes: { 'etc/asterisk': 0o750 } },
    undefined,
    /user asterisk can read it/,
  ],
  [
    'a secret for everybody',
    conf(secret),
    'warning',
    'everybody on this machine can read /etc/asterisk/fastagi.conf, and [asmanager] secret stands in it',
    'chgrp asterisk /etc/asterisk/fastagi.conf && chmod 640 /etc/asterisk/fastagi.conf',
  ],
  [
    'a secret for the scripts’ user alone',
    {
      ...conf(secret),
      modes: { 'etc/asterisk/fastagi.conf': 0o640 },
      owners: { 'etc/asterisk/fastagi.conf': [0, 102] },
    },
    undefined,
    /user asterisk can read it/,
  ],
]);

const base = 'var/lib/asterisk/fastagi';
const script = (name: string, text: string): Layout => ({ files: { [`${base}/${name}`]: text } });
const owned = (layout: Layout): Layout => ({
  ...layout,
  files: { 'etc/asterisk/fastagi.conf': '[fastagi]\nsetuid=on\n', ...layout.files },
});
const asRoot = { 'etc/xinetd.d/fastagi': (text: string) => text.replace('= asterisk', '= root') };

table('scripts', checkScripts, [
  ['one', {}, undefined, `1 script in /${base}, and user asterisk can read it`],
  ['a module', script('a.mjs', 'await agi.answer();\n'), undefined, /^2 scripts/],
  [
    'a module that its syntax makes one',
    script('a.js', 'import fs from "node:fs";\nawait 1;\n'),
    undefined,
    /^2 scripts/,
  ],
  ['a body with return', script('a.js', 'return 1;\n'), undefined, /^2 scripts/],
  ['a first line', script('a.agi', '#!/usr/bin/env agi\nlet x = 1;\n'), undefined, /^2 scripts/],
  ['of another language', script('a.agi', '#!/usr/bin/perl\nmy $x = 1;\n'), undefined, /^2 scripts/],
  ['a README', script('README', 'This is not a script (at all).\n'), undefined, /^2 scripts/],
  ['what is never served', script('node_modules/a/a.js', 'let x = ;'), undefined, /^1 script /],
  [
    'no folder',
    conf('[fastagi]\nbasedir=/srv/calls\n'),
    'failure',
    '[fastagi] basedir = /srv/calls is not there, and scripts are served from nowhere else',
    'install -d -m 755 /srv/calls',
  ],
  [
    'a file in its place',
    conf('[fastagi]\nbasedir=/usr/bin/node\n'),
    'failure',
    '[fastagi] basedir = /usr/bin/node is no folder',
    'basedir = /var/lib/asterisk/fastagi below [fastagi] in /etc/asterisk/fastagi.conf',
  ],
  [
    'a closed folder',
    { modes: { [base]: 0o700 } },
    'failure',
    /^user asterisk cannot read \[fastagi\] basedir = \/var\/lib\/asterisk\/fastagi: .* mode 700/,
    `chmod o+rx /${base}`,
  ],
  [
    'an empty folder',
    { files: { [`${base}/hello.js`]: undefined, [`${base}/.keep`]: '' } },
    'warning',
    `there is no script in /${base} yet`,
    `echo "agi.verbose('hello');" > /${base}/hello.js`,
  ],
  [
    'a closed script',
    { modes: { [`${base}/hello.js`]: 0o600 } },
    'failure',
    `user asterisk cannot read /${base}/hello.js: /${base}/hello.js belongs to user 0, group root, mode 600, and asterisk may not read it`,
    `chmod o+r /${base}/hello.js`,
  ],
  [
    'a folder of scripts, closed',
    {
      files: { [`${base}/a/1.js`]: '', [`${base}/a/2.js`]: '' },
      modes: { [`${base}/a`]: 0o700 },
    },
    'failure',
    /^user asterisk cannot read 1.js, 2.js in \/var\/lib\/asterisk\/fastagi\/a: /,
    `chmod o+x /${base}/a`,
  ],
  [
    'a link that leads out',
    { files: { 'srv/away.js': '' }, links: { [`${base}/away.js`]: '../../../../srv/away.js' } },
    'failure',
    `away.js is a link that leads out of /${base}, to /srv/away.js, and is never served`,
    `cp --remove-destination /srv/away.js /${base}/away.js`,
  ],
  [
    'a link that leads nowhere',
    { links: { [`${base}/gone.js`]: 'nothing.js' } },
    'failure',
    `/${base}/gone.js is a link that leads nowhere`,
    `rm /${base}/gone.js`,
  ],
  [
    'no valid syntax',
    script('bad.js', 'agi.answer();\nlet x = ;\n'),
    'failure',
    `/${base}/bad.js, line 2: SyntaxError: Unexpected token ';'`,
    `mend line 2 of /${base}/bad.js`,
  ],
  [
    'no valid syntax, in a module',
    script('bad.mjs', 'await agi.answer();\nlet x = ;\n'),
    'failure',
    `/${base}/bad.mjs, line 2: SyntaxError: Unexpected token ';'`,
  ],
  [
    'no valid syntax, in what its syntax makes a module',
    script('bad.js', 'import fs from "node:fs";\n\nlet x = ;\n'),
    'failure',
    `/${base}/bad.js, line 3: SyntaxError: Unexpected token ';'`,
  ],
  [
    'no valid syntax, in a script by its first line',
    script('bad', '#!/usr/bin/env agi\nlet x = ;\n'),
    'failure',
    `/${base}/bad, line 2: SyntaxError: Unexpected token ';'`,
  ],
  [
    'writable for everybody',
    { modes: { [`${base}/hello.js`]: 0o666 } },
    'warning',
    `everybody on this machine can write to /${base}/hello.js, and so decide what calls do`,
    `chmod o-w /${base}/hello.js`,
  ],
  [
    'setuid: an owner',
    owned({ files: asRoot, owners: { [`${base}/hello.js`]: [1000, 1000] } }),
    undefined,
    `1 script in /${base}, each of an owner that it may run as`,
  ],
  [
    'setuid: root’s',
    owned({ files: asRoot }),
    'failure',
    "hello.js belongs to root, and [fastagi] setuid never runs a script with root's rights",
    `chown USER:GROUP /${base}/hello.js (those that it should run as)`,
  ],
  [
    'setuid: another may exchange it',
    owned({
      files: asRoot,
      owners: { [`${base}/hello.js`]: [1000, 1000] },
      modes: { [base]: 0o777 },
    }),
    'failure',
    /^\/var\/lib\/asterisk\/fastagi can be written by others than its owner/,
    `chmod go-w /${base}`,
  ],
  [
    'setuid: an owner that nobody knows',
    owned({ files: asRoot, owners: { [`${base}/hello.js`]: [4711, 4711] } }),
    'failure',
    /belongs to user 4711, whom this machine does not know/,
    `chown USER:GROUP /${base}/hello.js`,
  ],
]);

table('log', checkLog, [
  ['there', {}, undefined, '/var/log/asterisk/fastagi.log, and user asterisk can write it'],
  [
    'not there yet',
    { files: { 'var/log/asterisk/fastagi.log': undefined, 'var/log/asterisk/full': '' } },
    undefined,
    '/var/log/asterisk/fastagi.log, and user asterisk can write it',
  ],
  [
    'of somebody else',
    { owners: { 'var/log/asterisk/fastagi.log': [0, 0] } },
    'warning',
    /^user asterisk cannot write \/var\/log\/asterisk\/fastagi.log: .* entries are lost, for there is no system's log/,
    'chown asterisk /var/log/asterisk/fastagi.log',
  ],
  [
    'in a folder of somebody else',
    {
      files: { 'var/log/asterisk/fastagi.log': undefined, 'var/log/asterisk/full': '' },
      owners: { 'var/log/asterisk': [0, 0] },
    },
    'warning',
    /^user asterisk cannot write \/var\/log\/asterisk\/fastagi.log: \/var\/log\/asterisk belongs/,
    'install -m 640 -o asterisk -g asterisk /dev/null /var/log/asterisk/fastagi.log',
  ],
  [
    'of somebody else, where there is a system’s log',
    {
      files: { 'usr/bin/logger': '', 'dev/log': '' },
      owners: { 'var/log/asterisk/fastagi.log': [0, 0] },
    },
    'warning',
    /entries go to the system's log \(journalctl -t fastagi\)$/,
    'chown asterisk /var/log/asterisk/fastagi.log',
  ],
  [
    'in a folder that he may not enter',
    { modes: { 'var/log': 0o750 } },
    'warning',
    /\/var\/log belongs to user 0, group root, mode 750, and asterisk may not go into it/,
    'chmod o+x /var/log',
  ],
  [
    'in no folder',
    conf('[fastagi]\nlog=/var/log/calls/log\n'),
    'warning',
    /there is no folder \/var\/log\/calls/,
    'install -d -m 750 -o asterisk -g asterisk /var/log/calls',
  ],
  [
    'a folder',
    conf('[fastagi]\nlog=/var/log/asterisk\n'),
    'warning',
    /is a folder/,
    'log = /var/log/asterisk/fastagi.log below [fastagi] in /etc/asterisk/fastagi.conf',
  ],
  [
    'a link, for root',
    {
      files: { ...asRoot, 'var/log/asterisk/fastagi.log': undefined, 'var/log/other': '' },
      links: { 'var/log/asterisk/fastagi.log': '../other' },
    },
    'warning',
    /is a link, and root writes no log through one/,
    'log = /var/log/other below [fastagi] in /etc/asterisk/fastagi.conf',
  ],
  [
    'syslog',
    { files: { ...conf('[fastagi]\nlog=syslog\n').files, 'usr/bin/logger': '', 'dev/log': '' } },
    undefined,
    'syslog: journalctl -t fastagi shows it',
  ],
  [
    'syslog without logger',
    conf('[fastagi]\nlog=syslog\n'),
    'warning',
    /there is no logger/,
    'apt-get install bsdutils',
  ],
  [
    'syslog that nobody reads',
    { files: { ...conf('[fastagi]\nlog=syslog\n').files, 'usr/bin/logger': '' } },
    'warning',
    /nobody reads \/dev\/log/,
    'apt-get install rsyslog',
  ],
]);

const traced = conf('[fastagi]\ntrace=/var/spool/traces\n');
const traces = (more: Layout = {}): Layout => ({
  ...more,
  files: { ...traced.files, 'var/spool/traces/.keep': '', ...more.files },
});

table('traces', checkTraces, [
  [
    'kept',
    traces({ owners: { 'var/spool/traces': [101, 102] } }),
    undefined,
    'traces are kept in /var/spool/traces',
  ],
  [
    'no folder',
    traced,
    'warning',
    '[fastagi] trace = /var/spool/traces is not there, and no call is traced',
    'install -d -m 700 -o asterisk /var/spool/traces',
  ],
  [
    'of somebody else',
    traces(),
    'warning',
    /^user asterisk cannot write to \[fastagi\] trace = \/var\/spool\/traces: /,
    'chown asterisk /var/spool/traces',
  ],
  [
    'open to others',
    traces({ owners: { 'var/spool/traces': [101, 102] }, modes: { 'var/spool/traces': 0o770 } }),
    'warning',
    /others than its owner may write there/,
    'chmod go-w /var/spool/traces',
  ],
  [
    'behind a link',
    {
      ...traced,
      files: { ...traced.files, 'srv/traces/.keep': '' },
      links: { 'var/spool/traces': '../../srv/traces' },
    },
    'warning',
    /a link leads from/,
    'trace = /srv/traces in /etc/asterisk/fastagi.conf',
  ],
  [
    'a value that makes no sense',
    conf('[fastagi]\ntrace=traces\n'),
    'warning',
    /\[fastagi\] trace is "traces"/,
  ],
]);

const bin = 'var/lib/asterisk/agi-bin';
const classic = (text: string, more: Layout = {}): Layout => ({
  ...more,
  files: { [`${bin}/a.js`]: text, 'usr/local/bin/agi': '#!/usr/bin/env node\n', ...more.files },
  modes: { [`${bin}/a.js`]: 0o755, 'usr/local/bin/agi': 0o755, ...more.modes },
});
const env = '#!/usr/bin/env agi\nagi.answer();\n';

table('agi-bin', checkAgiBin, [
  [
    'by env',
    classic(env),
    undefined,
    /^1 script in \/usr\/share\/asterisk\/agi-bin and \/var\/lib\/asterisk\/agi-bin that user asterisk can run$/,
  ],
  ['by paths', classic('#!/usr/bin/node /usr/local/bin/agi\n'), undefined, /^1 script/],
  ['by agi alone', classic('#!/usr/local/bin/agi\n'), undefined, /^1 script/],
  [
    'in the folder that asterisk.conf names',
    {
      files: { 'etc/asterisk/asterisk.conf': 'astagidir => /srv/agi\n', 'srv/agi/a': '#!/usr/bin/node\n' },
      modes: { 'srv/agi/a': 0o755 },
    },
    undefined,
    '1 script in /srv/agi that user asterisk can run',
  ],
  [
    'lines as on Windows',
    classic('#!/usr/bin/env agi\r\nagi.answer();\r\n'),
    'failure',
    `/${bin}/a.js: its lines end as on Windows, and Linux looks for a program "agi\\r"`,
    `sed -i 's/\\r$//' /${bin}/a.js`,
  ],
  [
    'lines as on Windows, by node',
    classic('#!/usr/bin/node\r\n'),
    'failure',
    /looks for a program "node\\r"/,
    `sed -i 's/\\r$//' /${bin}/a.js`,
  ],
  [
    'a byte order mark',
    classic(`\ufeff${env}`),
    'failure',
    /a byte order mark stands in front of #!/,
    `sed -i '1s/^\\xef\\xbb\\xbf//' /${bin}/a.js`,
  ],
  [
    'no first line',
    classic('agi.answer();\n'),
    'failure',
    /has no first line that says what runs it/,
    `sed -i '1i #!/usr/bin/env agi' /${bin}/a.js`,
  ],
  [
    'not executable',
    classic(env, { modes: { [`${bin}/a.js`]: 0o644 } }),
    'failure',
    /^user asterisk, who runs Asterisk, cannot run \/var\/lib\/asterisk\/agi-bin\/a.js/,
    `chmod 755 /${bin}/a.js`,
  ],
  [
    'options behind env',
    classic('#!/usr/bin/env node --no-warnings\n'),
    'failure',
    /env looks for a program "node --no-warnings"/,
    `sed -i '1s|.*|#!/usr/bin/env -S node --no-warnings|' /${bin}/a.js`,
  ],
  ['options behind env -S', classic('#!/usr/bin/env -S node --no-warnings\n'), undefined, /^1 script/],
  [
    'no agi on the PATH of Asterisk',
    classic(env, {
      files: processFiles(500, ['/usr/sbin/asterisk', '-f'], { uid: 101, env: 'PATH=/usr/bin:/bin\0' }),
    }),
    'failure',
    `/${bin}/a.js needs agi, and Asterisk does not find it in /usr/bin:/bin (the PATH of process 500)`,
    `sed -i '1s|.*|#!/usr/bin/node /usr/local/bin/agi|' /${bin}/a.js`,
  ],
  [
    'no node on the PATH of Asterisk',
    classic(env, {
      files: processFiles(500, ['/usr/sbin/asterisk', '-f'], { uid: 101, env: 'PATH=/usr/local/bin\0' }),
    }),
    'failure',
    `/${bin}/a.js needs node, and Asterisk does not find it in /usr/local/bin (the PATH of process 500)`,
    'install -m 755 /usr/bin/node /usr/local/bin/node',
  ],
  [
    'another node in the first line',
    classic('#!/opt/node /usr/local/bin/agi\n'),
    'failure',
    `/${bin}/a.js is run by /opt/node, which is not there`,
    `sed -i '1s|/opt/node|/usr/bin/node|' /${bin}/a.js`,
  ],
]);

it('of agi-bin, programs of others and libraries are nobody’s business', () => {
  const layout = {
    files: {
      [`${bin}/perl.agi`]: '#!/usr/bin/perl\r\n',
      [`${bin}/library.js`]: 'module.exports = (agi) => agi.answer();\n',
      [`${bin}/tool.js`]: 'console.log(1)\n',
    },
    modes: { [`${bin}/tool.js`]: 0o755 },
  };
  expect(checkAgiBin(surveyOf(layout))).toEqual([]);
});

it('the disk has room here, or it says so', async () => {
  const survey = surveyOf();
  fs.chmodSync(path.join(survey.machine.root, 'var'), 0o755);
  expect(await checkDisk(survey)).toMatchObject([
    { subject: 'disk', text: expect.stringMatching(/\/var\/log\/asterisk/) },
  ]);
});
