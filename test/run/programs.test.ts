/** `fastagi` and `agi` as a person meets them: help, versions, wrong use; and the demo. */
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAll, call, requestFor } from '../support/asterisk';
import { connect, executable, makeFolder, root } from '../support/inet';

const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

function run(name: 'fastagi' | 'agi', ...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [executable(name), ...args], { encoding: 'utf8', input: '' });
}

describe('a classic program whose standard streams are sockets, as systemd gives them', () => {
  const prints = `process.stdout.write('printed\\n'); console.log('logged'); console.error('failed');
    agi.verbose('done');`;
  /** By a shell: the wire is the socket that Node calls a pipe, or a pipe, as Asterisk's is. */
  const classic = async (wire: string) => {
    const folder = makeFolder({ 'script.js': prints, 'fastagi.conf': '' });
    const words = [process.execPath, executable('agi'), path.join(folder, 'script.js')];
    const child = spawn('/bin/sh', ['-c', `"$0" "$1" "$2" ${wire}`, ...words], {
      env: { PATH: process.env.PATH, FASTAGI_CONFIG: path.join(folder, 'fastagi.conf') },
    });
    let [commands, log] = ['', ''];
    child.stderr.on('data', (chunk) => {
      log += chunk;
    });
    child.stdout.on('data', (chunk) => {
      commands += chunk;
      if (commands.includes('VERBOSE done 1\n')) child.stdin.end('200 result=1\n');
    });
    child.stdin.write('agi_request: script.js\nagi_channel: Local/1\n\n');
    await once(child, 'close');
    return { commands, log };
  };
  it.each(['', '| cat'])('keeps what is printed in the log, and off the wire %s', async (wire) => {
    const { commands, log } = await classic(wire);
    expect(commands).toBe('VERBOSE done 1\n');
    expect(log).toMatch(/^printed\n.* info .* logged\n.* error .* failed\n$/);
  });
});

describe('fastagi', () => {
  it('--help', () => {
    expect(run('fastagi', '--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('AGI(agi://HOST/SCRIPT)'),
    });
  });
  it('--help shows what to write as it is written', () => {
    const { stdout } = run('fastagi', '--help');
    expect(stdout).toContain('\n  [fastagi]\n  basedir = /var/lib/asterisk/fastagi\n');
    expect(run('fastagi', 'trace', '--help').stdout).not.toContain('basedir');
  });
  it('--version', () => {
    expect(run('fastagi', '--version')).toMatchObject({ status: 0, stderr: '', stdout: `${version}\n` });
  });
  it.each([[['--no-such-option']], [['no-such-command']], [['--config']]])('%s is wrong use', (args) => {
    expect(run('fastagi', ...args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^fastagi: .*; "fastagi --help" shows what there is\n$/),
    });
  });
  it.each([[['help']], [['call', 'help']], [['call', '--help']]])('%s is told once', (args) => {
    const { status, stdout, stderr } = run('fastagi', ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.match(/Usage: /g)).toHaveLength(1);
  });
  it.each(['listen', 'call', 'ami', 'ari', 'speech', 'trace'])(
    '%s --help says what exit codes mean',
    (command) => {
      const [codes = ''] = /^Exit code 0: [\s\S]*?\.$/m.exec(run('fastagi', command, '--help').stdout) ?? [];
      expect(codes).toMatch(/2: wrong use/);
      // lines that are too long for the terminal are broken into pieces
      for (const line of codes.split('\n').slice(0, -1)) expect(line).toMatch(/^.{60,}$/);
    },
  );
  it('names what was likely meant', () => {
    expect(run('fastagi', '--confg', 'x').stderr).toContain('did you mean --config?');
    expect(run('fastagi', 'lisen').stderr).toContain('did you mean listen?');
  });
  it.each<[string[], string]>([
    [['lisen'], 'fastagi: there is no command "lisen"; did you mean listen?'],
    [['lisen', '--help'], 'fastagi: there is no command "lisen"; did you mean listen?'],
    [['--help', 'trase'], 'fastagi: there is no command "trase"; did you mean trace?'],
    [['help', 'trase'], 'fastagi: there is no command "trase"; did you mean trace?'],
    [['--config', 'x', 'lisen', '-h'], 'fastagi: there is no command "lisen"; did you mean listen?'],
    [['version'], 'fastagi: there is no command "version"; did you mean --version?'],
    [['lisen', '--version'], 'fastagi: there is no command "lisen"; did you mean listen?'],
    [['lisen', '--port', '1'], 'fastagi: there is no command "lisen"; did you mean listen?'],
    [['xyzzy', '--help'], 'fastagi: there is no command "xyzzy";'],
    [['--confg', 'x'], 'fastagi: there is no option --confg; did you mean --config?'],
    [['--xyzzy'], 'fastagi: there is no option --xyzzy;'],
    [['ami', '--evnts'], 'fastagi ami: there is no option --evnts; did you mean --events?'],
    [['trace', 'a', 'b'], 'fastagi trace: "b" is more than it takes: fastagi trace <file>;'],
    [['trace', ''], 'fastagi trace: something is missing: fastagi trace <file>;'],
    [['trace', '-'], 'fastagi trace: something is missing: fastagi trace <file>;'],
    [['call', '', 'x'], 'fastagi call: something is missing: fastagi call <target> [args..];'],
    [['call'], 'fastagi call: something is missing: fastagi call <target> [args..];'],
  ])('%j is wrong use', (args, told) => {
    const asked = told.slice(0, told.indexOf(':'));
    expect(run('fastagi', ...args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `${told} "${asked} --help" shows what there is\n`,
    });
  });
  it('has the help of a command behind the word, too', () => {
    expect(run('fastagi', 'help', 'trace').stdout).toBe(run('fastagi', 'trace', '--help').stdout);
    expect(run('fastagi', 'help', 'trace').stdout).toContain('Usage: fastagi trace <file>');
  });
  it('prints its help on a terminal', () => {
    // script(1) makes a terminal
    const { stdout, status } = spawnSync(
      'script',
      ['-qec', `${process.execPath} ${executable('fastagi')}`, '/dev/null'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(stdout).toContain('Usage: fastagi');
    expect(status).toBe(0);
  });
  it.each<[string, string | undefined]>([
    ['wherever the file lies', undefined],
    ['where all files are ES modules', '{"type":"module"}'],
  ])('serves a call by itself alone, %s', async (_, description) => {
    const folder = makeFolder({ 'hello.cjs': "agi.verbose('ran')" });
    const place = makeFolder(description === undefined ? {} : { 'package.json': description });
    const alone = path.join(place, 'alone');
    copyFileSync(executable('fastagi'), alone);
    expect(await call({ script: 'hello.cjs', folder, program: { file: alone } })).toMatchObject({
      code: 0,
      commands: ['VERBOSE ran 1'],
    });
    // what goes wrong is told, too
    expect(await call({ script: 'none', folder, program: { file: alone } })).toMatchObject({
      code: 3,
      commands: [expect.stringContaining('there is no script'), 'FAILURE'],
    });
    const link = path.join(makeFolder(), 'link');
    symlinkSync(alone, link);
    const { status, stderr } = spawnSync(process.execPath, [link, '--help'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(`help and commands lie in ${place}/fastagi-commands.mjs, which is not there`);
  });
  it('takes its configuration in one word, too', async () => {
    const folder = makeFolder({ 'hello.js': "agi.verbose('ran')" });
    const config = makeFolder({ 'x.conf': `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n` });
    const outcome = await call({ script: 'hello', folder, program: { args: [`--config=${config}/x.conf`] } });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
  });
  it('takes a command behind it, where it is no connection of xinetd', () => {
    const { status, stderr } = run('fastagi', '--config=/no/such/fastagi.conf', 'ami', 'Ping');
    expect(stderr).toBe(
      'fastagi ami: the configuration /no/such/fastagi.conf cannot be read: there is no such file\n',
    );
    expect(status).toBe(3);
  });
  it('tells Asterisk, not with its help, of a service that is set up wrong', async () => {
    const outcome = await call({ script: 'x', program: { args: ['--conf', '/x'] } });
    expect(outcome).toMatchObject({
      code: 2,
      commands: [
        'VERBOSE "fastagi does not understand --conf /x: look at server_args in the xinetd service" 1',
        'FAILURE',
      ],
    });
  });
  it('says what it needs for its commands', () => {
    const alone = path.join(makeFolder(), 'alone');
    copyFileSync(executable('fastagi'), alone);
    const { status, stderr } = spawnSync(process.execPath, [alone, '--help'], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^fastagi: .*fastagi-commands\.mjs, which is not there/);
  });
  it('finds its commands through a link', () => {
    const link = path.join(makeFolder(), 'fastagi');
    symlinkSync(executable('fastagi'), link);
    expect(spawnSync(process.execPath, [link, '--version'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: `${version}\n`,
    });
  });
});

it.each(['fastagi', 'agi'] as const)('%s serves no terminal', (name) => {
  const command = `${process.execPath} ${executable(name)} ${name === 'agi' ? 'x.js' : '--config /x'}`;
  const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(stdout).toContain(`Usage: ${name}`);
  if (name === 'agi') expect(stdout).toContain('"fastagi call x.js" plays its part');
  expect(status).toBe(2);
});

describe('agi', () => {
  it('--help', () => {
    expect(run('agi', '--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('#!/usr/bin/env agi'),
    });
  });
  it('--version', () => {
    expect(run('agi', '--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });
  it.each([[[]], [['--no-such-option']], [['--config', '/x']]])('%j is wrong use', (args) => {
    expect(run('agi', ...args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: agi'),
    });
  });

  const request = requestFor('x').replace(/^agi_network.*\n/gm, '');
  const files = {
    'echo.js': "agi.verbose(process.argv.slice(2).join('+') + ' ' + (require.main === module))",
    'throws.js': "throw new Error('no luck')",
    'sets.js': 'agi.verbose(1); process.exitCode = 4',
    'hello.agi': "#!/usr/bin/env agi\nagi.verbose('ran')",
  };
  it('gives a script its arguments, and makes it the main module', async () => {
    const folder = makeFolder(files);
    const outcome = await call({
      script: '',
      request,
      program: { file: executable('agi'), args: [`${folder}/echo.js`, 'one', '--two'] },
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE "one+--two true" 1'] });
  });
  it('passes over a first line that names itself', async () => {
    const folder = makeFolder(files);
    const outcome = await call({
      script: '',
      request,
      program: { file: executable('agi'), args: [`${folder}/hello`] },
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
  });
  it('needs no PATH where a script names the interpreter and it', () => {
    const script = path.join(makeFolder(), 'alone.js');
    writeFileSync(script, `#!${process.execPath} ${executable('agi')}\nagi.verbose(process.argv[2])`, {
      mode: 0o755,
    });
    const { stdout } = spawnSync(script, ['a b'], {
      input: request,
      env: { PATH: '/nowhere' },
      encoding: 'utf8',
    });
    expect(stdout).toBe('VERBOSE "a b" 1\n');
  });
  it.each([
    ['throws.js', 1],
    ['none.js', 3],
    ['sets.js', 4],
  ])('%s ends with %i, for Asterisk to see', async (script, code) => {
    const folder = makeFolder(files);
    const outcome = await call({
      script: '',
      request,
      program: { file: executable('agi'), args: [`${folder}/${script}`] },
    });
    expect(outcome).toMatchObject({ code, commands: [expect.stringMatching(/^VERBOSE /)] });
  });
  // as Debian's asterisk.service has it, and each Asterisk that makes itself a daemon
  it.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)(
    'has its log in the file of /var/log/asterisk where standard error is the null device, unless it is to be there',
    () => {
      const folder = makeFolder({ ...files, 'stderr.conf': '[fastagi]\nlog = stderr\n' });
      const logged = (...args: string[]) =>
        spawnSync(
          'unshare',
          [
            ...['--mount', '--propagation', 'private', 'sh', '-c'],
            'mount -t tmpfs tmpfs /var/log && mkdir /var/log/asterisk && { "$@" 2> /dev/null; cat /var/log/asterisk/*; }',
            ...['sh', process.execPath, executable('agi'), ...args],
          ],
          { input: request, encoding: 'utf8' },
        ).stdout;
      expect(logged(`${folder}/throws.js`)).toMatch(
        / error fastagi\[\d+\] throws\.js: Error: no luck\n +at /,
      );
      expect(logged('--config', `${folder}/stderr.conf`, `${folder}/throws.js`)).not.toContain('no luck\n');
    },
  );
  it.each([['agi_network'], ['none']])('is told of a hangup by SIGHUP, %s', async (kind) => {
    const folder = makeFolder({
      'script.js': `agi.answer(); ${kind === 'none' ? '' : 'agi.signal;'}
        module.exports = async () => { try { await agi.streamFile('long') } finally { await agi.setVariable('tidy', 'yes') } }`,
    });
    const outcome = await call({
      script: '',
      request,
      program: { file: executable('agi'), args: [`${folder}/script.js`] },
      answer: (line, { child }) => {
        if (!line.startsWith('STREAM')) return answerAll(line, undefined as never);
        child.kill('SIGHUP');
        return '200 result=-1 endpos=0';
      },
    });
    expect(outcome).toMatchObject({ code: 0, signal: null });
    expect(outcome.commands.slice(-1)).toEqual(['SET VARIABLE tidy yes']);
  });
  it('survives a SIGHUP at any time', async () => {
    const folder = makeFolder(files);
    const line = await connect({ file: executable('agi'), args: [`${folder}/echo.js`] });
    // it has begun to read when it has taken its descriptors: only then does it hear signals
    line.socket.write(request.slice(0, 40));
    await new Promise((resolve) => setTimeout(resolve, 300));
    line.child.kill('SIGHUP');
    line.socket.write(request.slice(40));
    line.socket.on('data', () => line.socket.write('200 result=1\n'));
    expect(await line.ended).toEqual({ code: 0, signal: null });
    line.socket.destroy();
  });
});

it('npm run demo shows two calls', () => {
  const { status, stdout } = spawnSync(process.execPath, [path.join(root, 'demo/demo.mjs')], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  for (const text of [
    'VERBOSE "cool, the FastAGI server has been called!" 1',
    'GET DATA vm-extension 5000 4',
    'SAY DIGITS 1234 ""',
    'typed 1234 (complete)',
  ]) {
    expect(stdout).toContain(text);
  }
});

it('the package has the examples, and nothing that trying them leaves there', () => {
  const folder = makeFolder({
    'package.json': readFileSync(path.join(root, 'package.json'), 'utf8'),
    'dist/examples.lock': '',
    'examples/ping.mjs': '',
    'examples/package.json': '{}',
    'examples/callers.sqlite': 'whom we know',
    'examples/node_modules/mysql2/package.json': '{}',
  });
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json', '--offline'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const packed = Object.values(JSON.parse(stdout)) as { files: { path: string }[] }[];
  expect(packed.flatMap(({ files }) => files.map((file) => file.path)).sort()).toEqual([
    'examples/package.json',
    'examples/ping.mjs',
    'package.json',
  ]);
});

// `npm pack --silent` gives the name of its file on standard output, and README's first step takes it from there
it.each(['setup.mjs', 'build.mjs'])(
  '%s, which npm pack runs first, prints nothing on standard output',
  (file) => {
    expect(readFileSync(path.join(root, file), 'utf8')).not.toMatch(/console\.log|process\.stdout/);
  },
);
