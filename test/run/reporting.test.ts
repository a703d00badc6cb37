/** Where the words of a call go: the log in its forms, the mail, the trace. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { call } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';

const throwing = { 'script.js': "throw new TypeError('no such luck')" };

describe('an error of a script', () => {
  /** A program with sendmail's interface, which keeps what it is handed. */
  function makeSendmail(exitCode = 0): { folder: string; file: string; letters(): string[] } {
    const folder = makeFolder();
    const file = path.join(folder, 'sendmail');
    writeFileSync(
      file,
      `#!/bin/sh\ncat > "${folder}/letter-$$"\necho "$@" > ${folder}/arguments\nexit ${exitCode}\n`,
    );
    chmodSync(file, 0o755);
    const letters = () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('letter-'))
        .map((name) => readFileSync(path.join(folder, name), 'utf8'));
    return { folder, file, letters };
  }
  const config = (sendmail: string, more = '') =>
    `sendmail=${sendmail}\n[phpagi]\nadmin=admin@example.org\nhostname=pbx.example.org\n${more}`;

  it('is mailed to admin', async () => {
    const sendmail = makeSendmail();
    const outcome = await call({ script: 'script.js', files: throwing, config: config(sendmail.file) });
    expect(outcome.code).toBe(1);
    const [letter, ...others] = sendmail.letters();
    expect(others).toEqual([]);
    const [head, body] = (letter as string).split('\n\n') as [string, string];
    expect(head.split('\n')).toContain('To: admin@example.org');
    expect(head).toContain(
      'Subject: [fastagi pbx.example.org] script.js: TypeError: no such luck (script.js:1)',
    );
    const text = Buffer.from(body, 'base64').toString();
    expect(text).toContain('at Object.<anonymous>');
    expect(text).toContain('channel: Local/leg@test-00000001;2');
    expect(readFileSync(path.join(sendmail.folder, 'arguments'), 'utf8')).toBe('-t -i\n');
  });

  it('is mailed five times a call at the most', async () => {
    const sendmail = makeSendmail();
    const script = "for (let n = 0; n < 8; n++) Promise.reject(new Error('number ' + n));";
    const outcome = await call({
      script: 'script.js',
      files: { 'script.js': script },
      config: config(sendmail.file),
    });
    expect(outcome.log.match(/error .*number \d/g)).toHaveLength(8);
    expect(sendmail.letters()).toHaveLength(5);
  });

  it('is not mailed where error_handler is off', async () => {
    const sendmail = makeSendmail();
    await call({
      script: 'script.js',
      files: throwing,
      config: config(sendmail.file, 'error_handler=off\n'),
    });
    expect(sendmail.letters()).toEqual([]);
  });

  it('is in the log where no mail can be sent, with the reason', async () => {
    const sendmail = makeSendmail(75);
    const outcome = await call({ script: 'script.js', files: throwing, config: config(sendmail.file) });
    expect(outcome).toMatchObject({
      code: 1,
      commands: [expect.stringContaining('no such luck'), 'FAILURE'],
    });
    expect(outcome.log).toContain(`no mail to admin@example.org: ${sendmail.file} ended with 75`);
    const without = await call({ script: 'script.js', files: throwing, config: config('/no/such/sendmail') });
    expect(without.log).toContain('/no/such/sendmail spawn /no/such/sendmail ENOENT');
  });

  it('of a stranger, who asks for what is not there, sends no mail', async () => {
    const sendmail = makeSendmail();
    await call({ script: 'nothing', files: throwing, config: config(sendmail.file) });
    expect(sendmail.letters()).toEqual([]);
  });
});

describe('debug', () => {
  it('traces the whole conversation, secrets aside', async () => {
    const outcome = await call({
      script: 'script.js?name=Jo&pin=4711',
      files: {
        'script.js': `
          await agi.getData('enter-pin', { secret: true });
          await agi.getVariable('ACCOUNT_PIN');
          await agi.setVariable('PASSWORD', 'x y z');
          await agi.setVariable('test', 'open');`,
      },
      config: '[phpagi]\ndebug=true\n',
      answer: (line) =>
        /^GET DATA/.test(line)
          ? '200 result=1234'
          : /^GET FULL/.test(line)
            ? `200 result=1 (5678${/~\w+/.exec(line)})`
            : '200 result=1',
    });
    expect(outcome.commands).toEqual([
      'GET DATA enter-pin 0 1023',
      expect.stringMatching(/^GET FULL VARIABLE "\$\{ACCOUNT_PIN\}~\w+"$/),
      'SET VARIABLE PASSWORD "x y z"',
      'SET VARIABLE test open',
    ]);
    for (const secret of ['4711', '1234', '5678', 'x y z']) expect(outcome.log).not.toContain(secret);
    for (const line of [
      '< agi_channel: Local/leg@test-00000001;2',
      '> SET VARIABLE test open',
      '< 200 result=1',
    ]) {
      expect(outcome.log).toContain(line);
    }
  });
});

describe('a log that cannot be opened', () => {
  it('costs no call', async () => {
    const outcome = await call({
      script: 'script.js',
      files: {
        'script.js':
          "console.log('said'); process.stdout.write('printed'); agi.verbose('ran'); require('fs').openSync('/dev/null');",
      },
      config: 'log=/no/such/folder/log\n',
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'], wire: 'VERBOSE ran 1\n' });
  });
});

it('what a script, or a library, prints to a log on a full disk is lost, and not the call', async () => {
  const script =
    "process.stdout.write('printed\\n'); process.stderr.write('printed\\n'); console.log('said'); setTimeout(() => agi.verbose('cool'), 50)";
  const outcome = await call({
    script: 'script.js',
    files: { 'script.js': script },
    config: 'log=/dev/full\n',
  });
  expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE cool 1'] });
});

// a syslog daemon of the machine's own would take the socket's place
const noSyslog =
  process.getuid?.() !== 0 ? 'needs root' : existsSync('/dev/log') ? 'a syslog daemon runs here' : '';
if (noSyslog && process.env.CI) throw new Error(`the log in syslog cannot be tested here: ${noSyslog}`);

describe.skipIf(noSyslog)(`the log in syslog${noSyslog && ` (${noSyslog})`}`, () => {
  /** A syslog daemon of one socket: what it is sent comes out of it. */
  async function startSyslog() {
    const program = `use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die $!;
      $| = 1; print "ready\\n"; while (defined $s->recv(my $m, 65536)) { print "$m\\n" }`;
    const daemon = spawn('perl', ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let received = '';
    daemon.stdout.on('data', (chunk) => {
      received += chunk;
    });
    await once(daemon.stdout, 'data');
    return {
      received: () => received,
      async [Symbol.asyncDispose]() {
        daemon.kill();
        await once(daemon, 'exit');
        rmSync('/dev/log', { force: true });
      },
    };
  }

  it('holds entries with their level, prints, and what a child says', async () => {
    await using syslog = await startSyslog();
    const outcome = await call({
      script: 'script.js',
      files: {
        'script.js':
          "console.error('an error'); console.log('a word'); process.stdout.write('printed\\n'); require('child_process').execSync('echo a child', { stdio: ['ignore', 'inherit', 'inherit'] }); agi.verbose('ran');",
      },
      config: 'log=syslog\n',
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
    await expect.poll(syslog.received).toContain('a child');
    // 3 * 8 for the facility daemon
    expect(syslog.received()).toMatch(/<27>.* fastagi\[\d+\]: error script.js: an error/);
    expect(syslog.received()).toMatch(/<30>.* fastagi\[\d+\]: info script.js: a word/);
    expect(syslog.received()).toMatch(/<30>.* fastagi\[\d+\]: printed/);
  });

  it('holds a native abort', async () => {
    await using syslog = await startSyslog();
    const outcome = await call({
      script: 'script.js',
      files: { 'script.js': 'process.abort()' },
      config: 'log=syslog\n',
    });
    expect(outcome).toMatchObject({ signal: 'SIGABRT', wire: '' });
    await expect.poll(syslog.received).toContain('Native stack trace');
  });

  it('takes the place of a log that cannot be opened, and says so', async () => {
    await using syslog = await startSyslog();
    await call({ script: 'script.js', files: throwing, config: 'log=/no/such/folder/log\n' });
    await expect.poll(syslog.received).toContain('no such luck');
    expect(syslog.received()).toContain('the log /no/such/folder/log cannot be opened (ENOENT)');
  });

  it.each(['syslog', '/no/such/folder/log'])(
    'of log=%s is made where nobody else than root could put a link in its place',
    async (log) => {
      await using syslog = await startSyslog();
      const tempdir = makeFolder();
      // Asterisk's user has it, and may be whom a script belongs to
      chownSync(tempdir, 1, 1);
      const { mtimeNs } = statSync(tempdir, { bigint: true });
      const config = `log=${log}\n[phpagi]\ntempdir=${tempdir}\n`;
      await call({ script: 'script.js', files: throwing, config });
      await expect.poll(syslog.received).toContain('no such luck');
      expect(statSync(tempdir, { bigint: true }).mtimeNs).toBe(mtimeNs);
    },
  );

  it.each([
    [
      '/no/such/folder/log',
      'the log /no/such/folder/log cannot be opened (ENOENT), and syslog cannot be had',
    ],
    ['syslog', 'warning .* syslog cannot be had'],
  ])('is standard error for a server of log=%s, where nobody would take it', (log, words) => {
    const config = `${makeFolder({ 'x.conf': `[fastagi]\nlog=${log}\nbasedir=${makeFolder()}\n` })}/x.conf`;
    const { status, stderr } = spawnSync(
      process.execPath,
      [executable('fastagi'), 'listen', '--config', config, '--port', '0', '--idle-seconds', '0.2'],
      { encoding: 'utf8', env: { PATH: process.env.PATH }, timeout: 30_000 },
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(new RegExp(words.replace(/[()]/g, '\\$&')));
    expect(stderr).toMatch(/ info .* listening on[\s\S]* info .* stopped/);
  });
});
