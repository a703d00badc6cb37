/** `fastagi doctor`, as it is built: on machines in folders, and on the one that tests. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../src/cli/doctor';
import type { Finding } from '../../src/setup/findings';
import { executable, makeFolder } from '../support/inet';
import { type Layout, layOut, listening, processFiles } from '../support/laid-out-machine';

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const isRoot = process.getuid?.() === 0;

function doctor(
  args: readonly string[],
  options: { readonly uid?: number; readonly env?: NodeJS.ProcessEnv; readonly alone?: boolean } = {},
): Promise<Ended> {
  const { uid, env = {}, alone = false } = options;
  const words = [process.execPath, executable('fastagi'), 'doctor', ...args];
  // it sees no processes but its own: it would place a call to the servers of other tests
  const apart = alone && isRoot ? ['unshare', '--pid', '--fork', '--mount-proc'] : [];
  const become = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [program = '', ...rest] = [...apart, ...become, ...words];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** Refuses a call as fastagi does. */
async function refusing(): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write('VERBOSE "fastagi: there is no script \\"fastagi-doctor\\": looked for it" 1\n');
      socket.once('data', () => socket.end('FAILURE\n'));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

async function onMachine(layout: Layout, args: readonly string[] = []): Promise<Ended & { port: number }> {
  const server = await refusing();
  const { port } = server.address() as net.AddressInfo;
  const at: Layout = {
    ...layout,
    files: {
      'etc/services': `fastagi ${port}/tcp\n`,
      'proc/net/tcp': listening(port),
      'etc/xinetd.d/fastagi': (text) => text.replace('= 4573', `= ${port}`),
      ...layout.files,
    },
  };
  try {
    return { port, ...(await doctor(['--root', layOut(at), ...args])) };
  } finally {
    server.close();
  }
}

describe.runIf(process.getuid?.() === 0)('a machine', () => {
  it('on which all is well', async () => {
    const { code, stdout, stderr, port } = await onMachine({});
    expect(stdout.replace(/within \d+ ms/, 'within 1 ms')).toBe(`\
skipped  asterisk       there is no Asterisk on this machine: what it does with a call is to be looked at where it is
ok       service        xinetd, process 200, serves by /etc/xinetd.d/fastagi, as user asterisk
ok       port           somebody listens on 127.0.0.1:${port}
ok       node           /usr/bin/node is v20.19.0, and user asterisk can run it
ok       fastagi        /usr/local/bin/fastagi, and user asterisk can read it
ok       configuration  /etc/asterisk/fastagi.conf, and user asterisk can read it
ok       scripts        1 script in /var/lib/asterisk/fastagi, and user asterisk can read it
ok       log            /var/log/asterisk/fastagi.log, and user asterisk can write it
ok       disk           there is room in /var/log/asterisk, /var/spool/asterisk/tmp
ok       call           a call to 127.0.0.1:${port} was taken, and refused as it should be, within 1 ms

All well: nothing stands in a call's way.
`);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('on which two things are to be mended, and one to be looked at', async () => {
    const { code, stdout } = await onMachine({
      files: { 'var/lib/asterisk/fastagi/bad.js': 'let x = ;\n' },
      modes: { 'usr/local/bin/fastagi': 0o700 },
      owners: { 'var/log/asterisk/fastagi.log': [0, 0] },
    });
    expect(stdout).toContain(`
wrong    fastagi        user asterisk cannot read /usr/local/bin/fastagi: /usr/local/bin/fastagi belongs to user 0, group root, mode 700, and asterisk may not read it
                        → chmod o+r /usr/local/bin/fastagi
`);
    expect(stdout).toContain(`
wrong    scripts        /var/lib/asterisk/fastagi/bad.js, line 1: SyntaxError: Unexpected token ';'
                        → mend line 1 of /var/lib/asterisk/fastagi/bad.js
warning  log            user asterisk cannot write /var/log/asterisk/fastagi.log: `);
    expect(stdout).toMatch(/\n\n2 things to mend, 1 to look at\.\n$/);
    expect(code).toBe(1);
  });

  it('with a configuration that cannot be used', async () => {
    const { code, stdout } = await onMachine({
      files: { 'etc/asterisk/fastagi.conf': '[fastagi]\nsetuid=perhaps\n' },
    });
    expect(stdout).toContain('[fastagi] setuid is "perhaps"');
    // nothing is said of defaults that no call gets
    expect(stdout).not.toMatch(/^\w+ +(?:scripts|log|disk)/m);
    expect(code).toBe(3);
  });

  it('with warnings only', async () => {
    const { code, stdout } = await onMachine({ modes: { 'var/lib/asterisk/fastagi/hello.js': 0o666 } });
    expect(stdout).toMatch(/All well: nothing stands in a call's way, 1 to look at\.\n$/);
    expect(code).toBe(0);
  });

  it('for programs', async () => {
    const { code, stdout } = await onMachine({ modes: { 'usr/bin/node': 0o700 } }, ['--json']);
    const told = JSON.parse(stdout) as { code: number; findings: Finding[] };
    expect([code, told.code]).toEqual([1, 1]);
    expect(told.findings).toContainEqual({
      subject: 'node',
      state: 'failure',
      text: expect.stringMatching(/^user asterisk cannot run \/usr\/bin\/node: /),
      remedy: 'chmod o+rx /usr/bin/node',
    });
    for (const { state } of told.findings) expect(['ok', 'warning', 'failure', 'skipped']).toContain(state);
  });

  it('keeps secrets to itself', async () => {
    const { stdout } = await onMachine({
      files: {
        'etc/asterisk/fastagi.conf':
          '[asmanager]\nport=1\nusername=jo\nsecret=hunter2\n[ari]\nport=1\nusername=jo\npassword=hunter3\n[tts]\nurl=http://127.0.0.1:1\nsecret=hunter4\n',
      },
    });
    expect(stdout).toMatch(/warning {2}manager/);
    expect(stdout).toMatch(/warning {2}ari/);
    expect(stdout).toMatch(/wrong {4}speech/);
    expect(stdout).not.toMatch(/hunter\d/);
  });
});

/** A folder of a machine that does not run. */
const image = (files: Layout['files'] = {}): Layout => ({
  files: {
    'proc/stat': undefined,
    'proc/net/tcp': undefined,
    ...Object.fromEntries(Object.keys(processFiles(200, ['x'])).map((name) => [name, undefined])),
    ...files,
  },
});

/** What a server that stays has beside the executable. */
const besides = Object.fromEntries(
  ['commands.mjs', 'process.js', 'serving.js', 'errand.js'].map((name) => [
    `usr/local/bin/fastagi-${name}`,
    '',
  ]),
);

describe.runIf(process.getuid?.() === 0)('an image', () => {
  it('has nothing started and nobody asked', async () => {
    const folder = layOut(
      image({
        'usr/bin/node': '#!/bin/sh\ntouch "$0.was-run"\n',
        'etc/asterisk/fastagi.conf': '[asmanager]\nport=1\nusername=jo\nsecret=x\n',
      }),
    );
    const { code, stdout } = await doctor(['--root', folder]);
    expect(stdout).toContain(`
ok       service        xinetd is to serve by /etc/xinetd.d/fastagi, as user asterisk
ok       node           /usr/bin/node, and user asterisk can run it; its version was not looked at, for an image's programs are not run
`);
    expect(stdout).not.toMatch(/^\w+ +(?:port|call|manager)/m);
    expect(existsSync(`${folder}/usr/bin/node.was-run`)).toBe(false);
    expect(code).toBe(0);
  });

  it('with a unit of systemd’s, too', async () => {
    const folder = layOut(
      image({
        'etc/xinetd.d/fastagi': undefined,
        ...besides,
        'run/systemd/system/.keep': '',
        'etc/systemd/system/fastagi.service':
          '[Service]\nUser=asterisk\nExecStart=/usr/bin/node /usr/local/bin/fastagi listen\n',
      }),
    );
    const { code, stdout } = await doctor(['--root', folder]);
    expect(stdout).toContain('systemd is to serve by fastagi.service, as user asterisk');
    expect(code).toBe(0);
  });
});

it('a pipe in the place of a file holds nothing up', async () => {
  const folder = layOut();
  for (const name of ['etc/xinetd.d/pipe', 'var/lib/asterisk/fastagi/pipe.js', 'etc/modules'])
    execFileSync('mkfifo', [`${folder}/${name}`]);
  const { code } = await doctor(['--root', folder]);
  // nobody listens on the port of this machine
  expect(code).toBe(1);
});

it('what holds it up for good ends it, with a word', async () => {
  const folder = makeFolder();
  execFileSync('mkfifo', [`${folder}/conf`]);
  const { code, stdout, stderr } = await doctor(['--config', `${folder}/conf`]);
  expect([code, stdout]).toEqual([null, '']);
  expect(stderr).toMatch(/fastagi doctor: ended after 15 s, in which a file could not be read/);
}, 60_000);

it('output that cannot be written is told', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [executable('fastagi'), 'doctor', '--root', makeFolder()], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
  expect(said).toMatch(/^fastagi doctor: standard output cannot be written: ENOSPC/);
});

it('a machine with nothing', async () => {
  const { code, stdout, stderr } = await doctor(['--root', makeFolder()]);
  expect(stdout).toMatch(/^wrong {4}service {8}nothing serves agi:\/\//m);
  expect(stdout).toContain('→ fastagi install');
  expect([code, stderr]).toEqual([1, '']);
});

it('this machine, whatever it has', async () => {
  const { code, stdout, stderr } = await doctor(['--json'], { alone: true });
  expect(stderr).toBe('');
  expect((JSON.parse(stdout) as { code: number }).code).toBe(code);
  expect([0, 1, 3]).toContain(code);
});

it.runIf(isRoot)('this machine, as somebody who may see little of it', async () => {
  // where the tests lie may be closed to others: then Node says so, and nothing of ours
  const { code, stdout, stderr } = await doctor(['--json'], { uid: 65_534, alone: true });
  if (stdout === '') expect(stderr).toMatch(/EACCES|Cannot find module/);
  else expect([0, 1, 3]).toContain(code);
});

describe('wrong use', () => {
  it.each<[string[], number, RegExp]>([
    [['--no-such'], 2, /there is no option --no-such/],
    [['what'], 2, /"what" is more than it takes/],
    [
      ['--root', '/no/such/folder'],
      3,
      /^fastagi doctor: --root \/no\/such\/folder: there is no such folder\n$/,
    ],
  ])('%j', async (args, code, said) => {
    const ended = await doctor(args);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(said);
  });

  it('a configuration that is not there', async () => {
    const { code, stdout } = await doctor(['--root', makeFolder(), '--config', '/etc/none.conf']);
    expect(stdout).toContain('the configuration /etc/none.conf cannot be read: there is no such file');
    expect(code).toBe(3);
  });
});

it('on a terminal it has signs and colours', () => {
  const findings: Finding[] = [
    { subject: 'a', state: 'ok', text: 'one' },
    { subject: 'long', state: 'failure', text: 'two\x1b[2J', remedy: 'three' },
    { subject: 'b', state: 'warning', text: 'four' },
    { subject: 'c', state: 'skipped', text: 'five' },
  ];
  expect(textOf(findings, true)).toBe(
    `\x1b[32m✓\x1b[0m  a     one
\x1b[31m✗\x1b[0m  long  two\\x1b[2J
         → three
\x1b[33m!\x1b[0m  b     four
\x1b[2m-\x1b[0m  c     five

1 thing to mend, 1 to look at.
`,
  );
});

it('says in its help that it calls the port', async () => {
  const { stdout } = await doctor(['--help']);
  expect(stdout).toContain('It calls the port and asks for a script that there is not, fastagi-doctor: that');
});
