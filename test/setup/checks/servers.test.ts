/** What is asked over a connection: the port, Asterisk's console, its manager, its REST interface, the server of speech. */
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkAri } from '../../../src/setup/checks/ari';
import { checkAsterisk } from '../../../src/setup/checks/asterisk';
import { checkCall } from '../../../src/setup/checks/call';
import { checkDialplan, readAgiSteps } from '../../../src/setup/checks/dialplan';
import { checkManager } from '../../../src/setup/checks/manager';
import { checkSpeech } from '../../../src/setup/checks/speech';
import { json, PlayedAri } from '../../support/ari-server';
import { type Layout, layOut, listening, processFiles, surveyOf } from '../../support/laid-out-machine';
import { FakeManager, first, ordinary, refuse, success } from '../../support/manager';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(
  onConnection: (socket: net.Socket) => void,
  place: string | number = 0,
): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(server);
  server.on('close', () => {});
  const close = server.close.bind(server);
  server.close = (callback) => {
    for (const socket of sockets) socket.destroy();
    return close(callback);
  };
  await new Promise<void>((done) =>
    typeof place === 'number' ? server.listen(place, '127.0.0.1', done) : server.listen(place, done),
  );
  return typeof place === 'number' ? (server.address() as net.AddressInfo).port : 0;
}

/** A port that nothing listens on any more. */
async function nobody(): Promise<number> {
  const port = await serve(() => {});
  await new Promise((done) => servers.pop()?.close(done));
  return port;
}

const at = (port: number, more: Layout = {}): Layout => ({
  ...more,
  files: {
    'etc/xinetd.d/fastagi': (text) => text.replace('= 4573', `= ${port}`),
    'proc/net/tcp': listening(port),
    ...more.files,
  },
});

describe('a call to the port', () => {
  it.each<[string, (socket: net.Socket) => void, string, RegExp, RegExp | undefined]>([
    [
      'fastagi’s refusal',
      (socket) =>
        socket
          .once('data', () =>
            socket.write('VERBOSE "fastagi: there is no script \\"fastagi-doctor\\": looked for it" 1\n'),
          )
          .on('data', () => socket.end('FAILURE\n')),
      'ok',
      /was taken, and refused as it should be, within \d+ ms/,
      undefined,
    ],
    [
      'a folder that cannot be read',
      (socket) =>
        socket.end(
          'VERBOSE "fastagi: [fastagi] basedir = /x cannot be opened by user 101: EACCES" 1\nFAILURE\n',
        ),
      'failure',
      /is refused: \[fastagi\] basedir = \/x cannot be opened by user 101: EACCES/,
      /tail .*says more/,
    ],
    [
      'not let in',
      (socket) => socket.end('FAILURE\n'),
      'failure',
      /lets no call in: \[listen\] allow/,
      /says more/,
    ],
    [
      'another server',
      (socket) => socket.end('SSH-2.0-x\r\n'),
      'failure',
      /is another server than fastagi: it said "SSH-2.0-x/,
      /^ss -ltnp 'sport = :\d+'/,
    ],
    [
      'another FastAGI server',
      (socket) => socket.end('ANSWER\n'),
      'failure',
      /is another server than fastagi: it said "ANSWER/,
      /^ss -ltnp/,
    ],
    [
      'closed at once',
      (socket) => socket.destroy(),
      'failure',
      /closes it without a word/,
      /^journalctl -t xinetd -t fastagi -n 20, and by hand: su -s \/bin\/sh asterisk -c '\/usr\/bin\/node --no-rehash-snapshot \/usr\/local\/bin\/fastagi <\/dev\/null'$/,
    ],
    ['silence', () => {}, 'failure', /says nothing for 3 s/, /service xinetd restart/],
    [
      'a flood without end',
      (socket) => {
        const flood = () => {
          if (socket.destroyed) return;
          socket.write('x'.repeat(65_536));
          setImmediate(flood);
        };
        flood();
      },
      'failure',
      /is another server than fastagi/,
      /^ss/,
    ],
  ])('%s', async (_, play, state, text, remedy) => {
    const found = await checkCall(surveyOf(at(await serve(play))));
    expect(found).toMatchObject([{ state, text: expect.stringMatching(text) }]);
    if (remedy) expect(found[0]?.remedy).toMatch(remedy);
  });

  it('that only other machines may make', async () => {
    const layout = at(await serve(() => {}), {
      files: {
        'etc/xinetd.d/fastagi': (text) => text.replace('127.0.0.1 ::1', '192.0.2.1'),
        'proc/net/tcp': listening(4573),
      },
    });
    expect(await checkCall(surveyOf(layout))).toMatchObject([
      { state: 'skipped', text: expect.stringContaining('does not let this machine in') },
    ]);
  });

  it('that the server’s own list does not let in', async () => {
    const layout: Layout = {
      files: {
        'etc/xinetd.d/fastagi': (text) =>
          text
            .replace('= no\n', '= yes\n')
            .replace(/(server_args\s*=).*/, '$1 /usr/local/bin/fastagi listen --fd 0'),
        'etc/asterisk/fastagi.conf': '[listen]\nallow = 192.0.2.1\n',
      },
    };
    expect(await checkCall(surveyOf(layout))).toMatchObject([
      { state: 'skipped', text: expect.stringContaining('[listen] allow does not let this machine in') },
    ]);
  });

  it('that has gone meanwhile', async () => {
    expect(await checkCall(surveyOf(at(await nobody())))).toMatchObject([
      { state: 'failure', text: expect.stringContaining('ECONNREFUSED'), remedy: 'service xinetd restart' },
    ]);
  });
});

/** Asterisk's console, with an answer to each command. */
async function withConsole(answers: Record<string, string>, more: Layout = {}): Promise<Layout> {
  // a socket's path must be short
  const folder = layOut();
  await serve(
    (socket) => {
      socket.write('pbx/500/22.10.1\n');
      socket.once('data', (data) => {
        const command = String(data).replace(/^cli quit after (.*)\0$/, '$1');
        socket.end(answers[command] ?? `No such command '${command}'\n`);
      });
    },
    path.join(folder, 'asterisk.ctl'),
  );
  return {
    ...more,
    files: { ...processFiles(500, ['/usr/sbin/asterisk', '-f'], { uid: 101 }), ...more.files },
    links: { 'var/run/asterisk/asterisk.ctl': path.join(folder, 'asterisk.ctl'), ...more.links },
  };
}

const modules = (...names: string[]) =>
  names.map((name) => `${name}.so    Something          1   Running     core\n`).join('');

describe('Asterisk', () => {
  it('runs, and has AGI', async () => {
    const layout = await withConsole({ 'module show': modules('res_agi') });
    expect(await checkAsterisk(surveyOf(layout))).toEqual([
      { subject: 'asterisk', state: 'ok', text: 'Asterisk 22.10.1 runs as user asterisk, process 500' },
      { subject: 'asterisk', state: 'ok', text: 'res_agi.so is loaded: the dialplan has AGI()' },
    ]);
  });

  it.each<[string, Record<string, string>, Layout, RegExp, string]>([
    [
      'res_agi.so is not loaded',
      { 'module show': 'res_agi.so   Something   0   Not Running   core\n' },
      { files: { 'etc/asterisk/modules.conf': '[modules]\nautoload = yes\nnoload => res_agi.so\n' } },
      /no AGI\(\): \/etc\/asterisk\/modules.conf, line 3, says so$/,
      "asterisk -rx 'module load res_agi.so'",
    ],
    [
      'a script recognises speech, and res_speech.so is not loaded',
      { 'module show': modules('res_agi') },
      { files: { 'var/lib/asterisk/fastagi/ear.js': 'await agi.speechCreate("x");\n' } },
      /^ear.js recognises speech/,
      "asterisk -rx 'module load res_speech.so'",
    ],
  ])('%s', async (_, answers, more, text, remedy) => {
    const found = await checkAsterisk(surveyOf(await withConsole(answers, more)));
    expect(found.filter(({ state }) => state !== 'ok')).toEqual([
      { subject: 'asterisk', state: 'failure', text: expect.stringMatching(text), remedy },
    ]);
  });

  it('is not on this machine', async () => {
    expect(await checkAsterisk(surveyOf())).toMatchObject([
      { state: 'skipped', text: expect.stringContaining('there is no Asterisk on this machine') },
    ]);
  });

  it('is installed, and does not run', async () => {
    expect(await checkAsterisk(surveyOf({ files: { 'usr/sbin/asterisk': '' } }))).toMatchObject([
      {
        state: 'failure',
        text: '/usr/sbin/asterisk is installed, and does not run',
        remedy: 'service asterisk start',
      },
    ]);
  });

  it('runs, and its console cannot be found', async () => {
    const files = processFiles(500, ['/usr/sbin/asterisk'], { uid: 101 });
    expect((await checkAsterisk(surveyOf({ files }))).map(({ state }) => state)).toEqual(['ok', 'skipped']);
  });

  it('a console of its own is no Asterisk', async () => {
    const files = processFiles(500, ['/usr/sbin/asterisk', '-rvvv'], { uid: 0 });
    expect((await checkAsterisk(surveyOf({ files }))).map(({ state }) => state)).toEqual(['skipped']);
  });

  it('does not answer', async () => {
    const folder = layOut();
    await serve(() => {}, path.join(folder, 'ctl'));
    const layout: Layout = {
      files: processFiles(500, ['/usr/sbin/asterisk'], { uid: 101 }),
      links: { 'var/run/asterisk/asterisk.ctl': path.join(folder, 'ctl') },
    };
    expect(await checkAsterisk(surveyOf(layout))).toMatchObject([
      {
        state: 'failure',
        text: expect.stringContaining('did not answer for 3 s'),
        remedy: 'service asterisk restart',
      },
    ]);
  });
});

const dialplan = `[ Context 'default' created by 'pbx_config' ]
  '100' =>          1. Answer()                                   [extensions.conf:2]
     [again]        2. AGI(agi://127.0.0.1/hello.js,a,b)          [extensions.conf:3]
                    3. ExecIf($["\${X}" = "1"]?AGI(agi://127.0.0.1/helo))   [extensions.conf:4]
  '_1XX' (CID match '') =>  1. EAGI(ear.agi)                      [extensions.conf:5]
                    2. AGI(\${SCRIPT})                             [extensions.conf:6]

[ Context 'other' created by 'pbx_config' ]
  's' =>            1. AGI(agi:async)                             [extensions.conf:9]
                    2. AGI(agi://127.0.0.1:4600/hello)            [extensions.conf:10]
                    3. AGI(agi://pbx.example.org/what)            [extensions.conf:11]
                    4. Verbose(the 1. AGI is done)                [extensions.conf:12]
`;

describe('the dialplan', () => {
  it('has its steps read', () => {
    expect(
      readAgiSteps(dialplan).map(({ place, application, target }) => `${place} ${application} ${target}`),
    ).toEqual([
      'default,100,2 AGI agi://127.0.0.1/hello.js',
      'default,100,3 AGI agi://127.0.0.1/helo',
      'default,_1XX,1 EAGI ear.agi',
      'default,_1XX,2 AGI $' + '{SCRIPT}',
      'other,s,1 AGI agi:async',
      'other,s,2 AGI agi://127.0.0.1:4600/hello',
      'other,s,3 AGI agi://pbx.example.org/what',
    ]);
  });

  it('asks for what there is not', async () => {
    const layout = await withConsole(
      { 'dialplan show': dialplan },
      { files: { 'var/lib/asterisk/agi-bin/ears.agi': '' } },
    );
    expect(await checkDialplan(surveyOf(layout))).toEqual([
      {
        subject: 'dialplan',
        state: 'failure',
        text: expect.stringMatching(
          /^default,100,3: AGI\(agi:\/\/127.0.0.1\/helo\): there is no script "helo": looked for \/var\/lib\/asterisk\/fastagi\/helo, /,
        ),
        remedy: "agi://127.0.0.1/hello in extensions.conf, and then: asterisk -rx 'dialplan reload'",
      },
      {
        subject: 'dialplan',
        state: 'failure',
        text: 'default,_1XX,1: EAGI(ear.agi): there is no /usr/share/asterisk/agi-bin/ear.agi, nor /var/lib/asterisk/agi-bin/ear.agi',
        remedy: "AGI(ears.agi) in extensions.conf, and then: asterisk -rx 'dialplan reload'",
      },
      {
        subject: 'dialplan',
        state: 'failure',
        text: 'other,s,2: AGI(agi://127.0.0.1:4600/hello): nobody listens on port 4600: calls are served on 4573',
        remedy: "agi://127.0.0.1:4573/hello in extensions.conf, and then: asterisk -rx 'dialplan reload'",
      },
    ]);
  });

  it('asks for what there is', async () => {
    const text = "[ Context 'a' created by 'x' ]\n  's' => 1. AGI(agi://localhost/hello?x=1)   [x]\n";
    expect(await checkDialplan(surveyOf(await withConsole({ 'dialplan show': text })))).toEqual([
      { subject: 'dialplan', state: 'ok', text: '1 step runs a script, all of which can be had' },
    ]);
  });
});

const manager = (port: number, more: Layout['files'] = {}, secret = 's3cret'): Layout => ({
  files: {
    'etc/asterisk/fastagi.conf': `[asmanager]\nport=${port}\nusername=jo\nsecret=${secret}\n`,
    'var/lib/asterisk/fastagi/asks.js': 'module.exports = (agi) => agi.manager();\n',
    ...more,
  },
});
const managerConf = (text: string) => ({ 'etc/asterisk/manager.conf': text });
const asterisk = processFiles(500, ['/usr/sbin/asterisk'], { uid: 101 });
const asyncAgi = (text: string) =>
  text
    .replace('= no\n', '= yes\n')
    .replace(/(server_args\s*=).*/, '$1 /usr/local/bin/fastagi listen --async-agi');

describe('the manager', () => {
  const commands = (names: readonly string[]) =>
    first(
      (action) =>
        action.action === 'ListCommands'
          ? success(action, ...names.map((name) => `${name}: does it  (Priv: x)`))
          : undefined,
      ordinary('s3cret'),
    );

  it('is not asked where nobody is named', async () => {
    const layout = { files: { 'etc/asterisk/fastagi.conf': '[asmanager]\nserver=127.0.0.1\n' } };
    expect(await checkManager(surveyOf(layout))).toEqual([]);
  });

  it('lets the user in', async () => {
    await using played = await FakeManager.start(commands(['AGI', 'Originate']));
    const found = await checkManager(surveyOf(manager(played.port)));
    expect(found).toEqual([
      { subject: 'manager', state: 'ok', text: `jo is let in at 127.0.0.1:${played.port}` },
    ]);
    expect(played.clients[0]?.actions.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['Login', 'ListCommands']),
    );
  });

  it('lets him in, but not steer calls', async () => {
    await using played = await FakeManager.start(commands(['Originate']));
    const layout = manager(played.port, {
      'etc/xinetd.d/fastagi': asyncAgi,
      ...managerConf(
        '[general]\nenabled=yes\n[jo]\nsecret=s3cret\nread=all\nwrite=system,call ; nothing else\n',
      ),
    });
    expect((await checkManager(surveyOf(layout))).filter(({ state }) => state !== 'ok')).toEqual([
      {
        subject: 'manager',
        state: 'failure',
        text: 'jo may not steer calls, as --async-agi does: the class agi is missing in its write line',
        remedy:
          "write = system,call,agi below [jo] in /etc/asterisk/manager.conf, and then: asterisk -rx 'manager reload'",
      },
    ]);
  });

  it('lets him in, but not see calls', async () => {
    await using played = await FakeManager.start(commands(['AGI']));
    const layout = manager(played.port, {
      'etc/xinetd.d/fastagi': asyncAgi,
      ...managerConf('[jo]\nsecret=s3cret\nread=system\nwrite=all\n'),
    });
    expect((await checkManager(surveyOf(layout))).filter(({ state }) => state !== 'ok')).toMatchObject([
      { state: 'failure', remedy: expect.stringContaining('read = system,agi below [jo]') },
    ]);
  });

  it('lets him in, but not make calls as a script does', async () => {
    await using played = await FakeManager.start(commands(['AGI']));
    const layout = manager(played.port, {
      'var/lib/asterisk/fastagi/dial.js': 'const m = await agi.manager(); await m.originate({});\n',
    });
    expect((await checkManager(surveyOf(layout))).at(-1)).toMatchObject({
      state: 'failure',
      text: expect.stringContaining('may not make calls, as dial.js does'),
      remedy: expect.stringContaining('add originate to the write line below [jo]'),
    });
  });

  it.each<[string, string, RegExp, string]>([
    [
      'another secret',
      '[general]\nenabled=yes\n[jo]\nsecret=other-one\n',
      /its secret is another one in \/etc\/asterisk\/manager.conf/,
      'secret in /etc/asterisk/fastagi.conf, below [asmanager], as in /etc/asterisk/manager.conf, below [jo]',
    ],
    [
      'no such user',
      '[general]\nenabled=yes\n[ann]\nsecret=s3cret\n',
      /has no user \[jo\]/,
      "[jo], with secret, read and write, in /etc/asterisk/manager.conf, and then: asterisk -rx 'manager reload'",
    ],
    [
      'an address that is not permitted',
      '[general]\nenabled=yes\n[jo]\nsecret=s3cret\ndeny=0.0.0.0/0.0.0.0\n',
      /deny, permit or acl of \[jo\]/,
      "permit = 127.0.0.1/255.255.255.255 below [jo] in /etc/asterisk/manager.conf, and then: asterisk -rx 'manager reload'",
    ],
    [
      'a file that was not read again',
      '[general]\nenabled=yes\n[jo]\nsecret=s3cret\n',
      /though \/etc\/asterisk\/manager.conf has this user and this secret/,
      "asterisk -rx 'manager reload'",
    ],
    [
      'a file that is made of others',
      '#include "users.conf"\n[general]\nenabled=yes\n',
      /Authentication failed/,
      'username and secret below [asmanager] in /etc/asterisk/fastagi.conf, as in manager.conf of Asterisk',
    ],
  ])('does not let him in: %s', async (_, text, why, remedy) => {
    await using played = await FakeManager.start(
      first(
        (action) => (action.action === 'Login' ? refuse(action, 'Authentication failed') : undefined),
        ordinary(),
      ),
    );
    const found = await checkManager(surveyOf(manager(played.port, { ...managerConf(text), ...asterisk })));
    expect(found).toEqual([
      { subject: 'manager', state: 'failure', text: expect.stringMatching(why), remedy },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/s3cret|other-one/);
  });

  it.each<[string, Record<string, string>, RegExp, string]>([
    ['Asterisk does not run', {}, /ECONNREFUSED.*Asterisk does not run/, 'service asterisk start'],
    [
      'it is off',
      { ...asterisk, ...managerConf('[general]\nenabled = no\n') },
      /the manager is off in \/etc\/asterisk\/manager.conf/,
      "enabled = yes below [general] in /etc/asterisk/manager.conf, and then: asterisk -rx 'manager reload'",
    ],
    [
      'it is on another port',
      { ...asterisk, ...managerConf('[general]\nenabled = yes\nport = 5039\n') },
      /in \/etc\/asterisk\/manager.conf it is port 5039/,
      'port = 5039 below [asmanager] in /etc/asterisk/fastagi.conf',
    ],
  ])('is not there: %s', async (_, more, why, remedy) => {
    expect(await checkManager(surveyOf(manager(await nobody(), more)))).toEqual([
      { subject: 'manager', state: 'failure', text: expect.stringMatching(why), remedy },
    ]);
  });

  it('is not there, and nobody asks for it', async () => {
    const layout = manager(await nobody(), { 'var/lib/asterisk/fastagi/asks.js': undefined });
    expect(await checkManager(surveyOf(layout))).toMatchObject([
      { state: 'warning', text: expect.stringMatching(/ECONNREFUSED.* \(no script here asks for it\)$/) },
    ]);
  });

  it('has no secret', async () => {
    expect(await checkManager(surveyOf(manager(5038, {}, '')))).toMatchObject([
      { state: 'failure', text: expect.stringMatching(/\[asmanager\] secret is not set/) },
    ]);
  });

  it('is something else, that says nothing', async () => {
    expect(await checkManager(surveyOf(manager(await serve(() => {}))))).toMatchObject([
      { state: 'failure', remedy: expect.stringContaining('server and port below [asmanager]') },
    ]);
  });
});

describe('the REST interface', () => {
  const ari = (port: number, more: Layout['files'] = {}): Layout => ({
    files: {
      'etc/asterisk/fastagi.conf': `[ari]\nport=${port}\nusername=jo\npassword=s3cret\n`,
      'var/lib/asterisk/fastagi/asks.js': 'module.exports = (agi) => agi.ari();\n',
      ...more,
    },
  });

  it('lets the user in', async () => {
    await using played = await PlayedAri.start((_, response) => json(response, 200, { system: {} }));
    expect(await checkAri(surveyOf(ari(played.port)))).toMatchObject([
      { state: 'ok', text: expect.stringMatching(/^jo is let in at /) },
    ]);
  });

  it.each<[string, number, unknown, Record<string, string>, RegExp, string]>([
    [
      'another password',
      401,
      { message: 'Authentication required' },
      { 'etc/asterisk/ari.conf': '[general]\nenabled=yes\n[jo]\ntype=user\npassword=x\n' },
      /jo is not let in/,
      'password below [ari] in /etc/asterisk/fastagi.conf, as below [jo] in /etc/asterisk/ari.conf',
    ],
    [
      'no such user',
      401,
      { message: 'Authentication required' },
      { 'etc/asterisk/ari.conf': '[general]\nenabled=yes\n' },
      /has no user \[jo\]/,
      "[jo], with type = user and password, in /etc/asterisk/ari.conf, and then: asterisk -rx 'module reload res_ari.so'",
    ],
  ])('does not let him in: %s', async (_, status, body, files, why, remedy) => {
    await using played = await PlayedAri.start((_request, response) => json(response, status, body));
    const found = await checkAri(surveyOf(ari(played.port, files)));
    expect(found).toEqual([{ subject: 'ari', state: 'failure', text: expect.stringMatching(why), remedy }]);
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });

  it.each<[string, Record<string, string>, string]>([
    ['Asterisk does not run', {}, 'service asterisk start'],
    [
      'HTTP is off',
      { ...asterisk, 'etc/asterisk/http.conf': '[general]\nenabled=no\n' },
      "enabled = yes below [general] in /etc/asterisk/http.conf, and then: asterisk -rx 'module reload http'",
    ],
    [
      'HTTP is on another port',
      { ...asterisk, 'etc/asterisk/http.conf': '[general]\nenabled=yes\nbindport=8099\n' },
      'port = 8099 below [ari] in /etc/asterisk/fastagi.conf',
    ],
  ])('is not there: %s', async (_, files, remedy) => {
    expect(await checkAri(surveyOf(ari(await nobody(), files)))).toMatchObject([
      { state: 'failure', remedy },
    ]);
  });

  it('is not there, and nobody asks for it', async () => {
    const layout = ari(await nobody(), { 'var/lib/asterisk/fastagi/asks.js': undefined });
    expect(await checkAri(surveyOf(layout))).toMatchObject([
      { state: 'warning', text: expect.stringMatching(/\(no script here asks for it\)$/) },
    ]);
  });

  it('a key that there is not', async () => {
    await using played = await PlayedAri.start((_, response) => json(response, 200, {}));
    const layout = ari(played.port);
    const text = `[ari]\nport=${played.port}\nusername=jo\npassword=s3cret\nhots=x\n`;
    expect(
      await checkAri(surveyOf({ files: { ...layout.files, 'etc/asterisk/fastagi.conf': text } })),
    ).toMatchObject([{ state: 'warning', text: expect.stringMatching(/hots.*host/) }, { state: 'ok' }]);
  });
});

describe.runIf(process.getuid?.() === 0)('speech', () => {
  const tts = (text: string, more: Layout = {}): Layout => ({
    ...more,
    files: {
      'etc/asterisk/fastagi.conf': `[tts]\n${text}`,
      'usr/bin/flite': '',
      ...more.files,
    },
    modes: { 'usr/bin/flite': 0o755, ...more.modes },
  });

  it('is nothing to look at where nobody speaks', async () => {
    expect(await checkSpeech(surveyOf())).toEqual([]);
  });

  it.each<[string, Layout]>([
    ['is configured', tts('engine=flite\n')],
    ['is what a script does', tts('', { files: { 'var/lib/asterisk/fastagi/s.js': 'await agi.say("x")' } })],
  ])('%s', async (_, layout) => {
    expect(await checkSpeech(surveyOf(layout))).toEqual([
      {
        subject: 'speech',
        state: 'ok',
        text: 'flite speaks, and what it says is kept in /var/spool/asterisk/tmp/speech-101',
      },
    ]);
  });

  it.each<[string, Layout, RegExp, string]>([
    [
      'no engine',
      { files: { 'var/lib/asterisk/fastagi/s.js': 'await agi.say("x")' } },
      /scripts speak, and there is no engine in/,
      'apt-get install flite, or another: docs/speech.md',
    ],
    [
      'an engine that is not installed',
      tts('engine=espeak-ng\n'),
      /espeak-ng is to speak, and its program espeak-ng is not in/,
      'install espeak-ng (Debian: apt-get install espeak-ng)',
    ],
    [
      'an engine that nobody knows',
      tts('engine=fleet\n'),
      /there is no engine "fleet"/,
      'engine = one of swift, piper, festival, flite, espeak-ng, command, below [tts] in /etc/asterisk/fastagi.conf',
    ],
    [
      'a program that is not there',
      tts('engine=flite\nprogram=/opt/flite\n'),
      /its program \/opt\/flite is not there/,
      'install flite (Debian: apt-get install flite)',
    ],
    [
      'a command that is not there',
      tts(`engine=command\ncommand='"/opt/my voice" -w {wave}'\n`),
      /\/opt\/my voice of \[tts\] command is not there/,
      'command = (its path and words) below [tts] in /etc/asterisk/fastagi.conf',
    ],
    [
      'no command',
      tts('engine=command\n'),
      /engine is command, and there is no command/,
      'command = PROGRAM -w {wave} -- {text}, below [tts] in /etc/asterisk/fastagi.conf',
    ],
    [
      'a folder that cannot be written',
      tts('engine=flite\ncache=/srv/spoken\n', { files: { 'srv/spoken/.keep': '' } }),
      /user asterisk cannot keep spoken files in \/srv\/spoken \(\[tts\] cache\)/,
      'install -d -m 755 -o asterisk -g asterisk /srv/spoken',
    ],
    [
      'no folder for temporary files',
      tts('engine=flite\n', { files: { 'var/spool/asterisk/tmp/.keep': undefined } }),
      /\(\[phpagi\] tempdir\)/,
      'install -d -m 755 -o asterisk -g asterisk /var/spool/asterisk/tmp',
    ],
    [
      'a wrong value',
      tts('sample_rate=44100\n'),
      /\[tts\] sample_rate is "44100"/,
      'mend that line in /etc/asterisk/fastagi.conf: docs/speech.md has every key',
    ],
    [
      'a secret that is too short',
      tts('url=http://127.0.0.1:1\nsecret=tiny-one\n'),
      /\[tts\] secret is "…"/,
      'mend that line in /etc/asterisk/fastagi.conf: docs/speech.md has every key',
    ],
  ])('%s', async (_, layout, text, remedy) => {
    const found = (await checkSpeech(surveyOf(layout))).filter(({ state }) => state !== 'ok');
    expect(found).toEqual([
      { subject: 'speech', state: 'failure', text: expect.stringMatching(text), remedy },
    ]);
    expect(JSON.stringify(found)).not.toContain('tiny-one');
  });

  it('an unknown key is named', async () => {
    expect(await checkSpeech(surveyOf(tts('engine=flite\nvoise=x\n')))).toMatchObject([
      { state: 'warning', text: expect.stringMatching(/voise.*voice/) },
    ]);
  });

  it('the server that Asterisk fetches from answers, or not', async () => {
    const server = http.createServer((_, response) => response.writeHead(404).end());
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const settings = (port: number) =>
      tts(`engine=flite\nurl=http://127.0.0.1:${port}\nsecret=0123456789abcdef\n`);
    const { port } = server.address() as net.AddressInfo;
    expect(await checkSpeech(surveyOf(settings(port)))).toMatchObject([{ state: 'ok' }]);
    expect(await checkSpeech(surveyOf(settings(await nobody())))).toMatchObject([
      {
        state: 'failure',
        text: expect.stringMatching(/nobody answers at http:\/\/127.0.0.1:\d+ .*ECONNREFUSED/),
        remedy: 'fastagi speech --host 127.0.0.1, as a service: docs/speech.md',
      },
    ]);
  });
});
