/** `fastagi listen` where others open the port: the shipped xinetd service with wait = yes, and systemd's sockets. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestFor } from '../support/asterisk';
import { executable, makeFolder, root } from '../support/inet';
import { Resident } from '../support/resident';
import { Asterisk } from './support/asterisk';
import { freePort, isFree } from './support/free-port';
import { hasNodeBinaries, missingParts, nodeBinary, nodeMajors, systemdTool } from './support/parts';
import { Xinetd } from './support/xinetd';
import { serviceAttribute } from './support/xinetd-service';

const shipped = readFileSync(path.join(root, 'xinetd/fastagi-wait'), 'utf8');
const missing = missingParts();

const scripts = {
  'hello.js': "module.exports = (agi) => agi.verbose('cool ' + process.ppid)",
  'held.js':
    "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); }",
};

function place(port: number, script: string) {
  const socket = net.connect(port, '127.0.0.1');
  let heard = '';
  socket.on('error', () => {});
  socket.write(requestFor(script));
  socket.on('data', (chunk) => {
    heard += chunk;
    if (heard.includes('FAILURE\n')) socket.end();
    else socket.write('200 result=1\n');
  });
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  return { socket, closed, heard: () => heard };
}

function makePlace(listen = '', config = '') {
  const folder = makeFolder(scripts);
  const log = path.join(folder, 'log');
  const file = path.join(
    makeFolder({ 'fastagi.conf': `[fastagi]\nbasedir=${folder}\nlog=${log}\n${config}[listen]\n${listen}` }),
    'fastagi.conf',
  );
  return { folder, file, log: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

/** What setpriv is told, with the node that runs the tests. */
const starter = `--pdeathsig TERM ${process.execPath}`;

/** What those hear for whom a server with a broken configuration is started. */
const refused = /^VERBOSE "fastagi: \/\S+\/fastagi\.conf: \[listen\] max_active is .* 1000000" 1\nFAILURE\n$/;

describe.skipIf(missing)(`resident${missing ? ` (${missing})` : ''}`, () => {
  describe.each(['pool', 'shared'])('%s under xinetd with wait = yes', (mode) => {
    async function start(listen = '', config = '') {
      const place = makePlace(listen, config);
      const xinetd = await Xinetd.startFile(shipped, {
        user: 'root',
        server_args: `${starter} ${executable('fastagi')} listen --fd 0 --mode ${mode} --config ${place.file}`,
      });
      return { ...place, xinetd, port: xinetd.port('fastagi'), [Symbol.asyncDispose]: () => xinetd.stop() };
    }

    it('one server takes all calls, and the next one when it has left', async () => {
      await using service = await start('idle_seconds = 1\n');
      const first = await place(service.port, 'hello').closed;
      expect(first).toMatch(/^VERBOSE "cool \d+" 1\n$/);
      const more = Array.from({ length: 20 }, () => place(service.port, 'hello').closed);
      expect(new Set(await Promise.all(more))).toEqual(new Set([first]));
      await expect.poll(service.log).toContain('stopped; calls 21;');
      const next = await place(service.port, 'hello').closed;
      expect(next).toMatch(/^VERBOSE "cool \d+" 1\n$/);
      expect(next).not.toBe(first);
      expect(service.log()).not.toMatch(/ (error|warning) /);
    });

    it('lets go of the port when xinetd has ended, and finishes its calls', async () => {
      await using service = await start();
      const held = place(service.port, 'held');
      await expect.poll(held.heard).toContain('held');
      process.kill(service.xinetd.pid, 'SIGTERM');
      await expect.poll(service.log).toContain('which had opened the socket, is gone; 1 calls have');
      await expect.poll(() => isFree(service.port)).toBe(true);
      expect(held.socket.closed).toBe(false);
      held.socket.write('HANGUP\n');
      await held.closed;
      await expect.poll(service.log).toContain('stopped; calls ');
    });

    it('is told at once that xinetd has ended, and the next one finds the port free', async () => {
      await using service = await start();
      expect(await place(service.port, 'hello').closed).toContain('cool');
      // as Debian's own script for "service xinetd restart"
      process.kill(service.xinetd.pid, 'SIGQUIT');
      await expect
        .poll(service.log)
        .toMatch(/stopping: SIGTERM, for process \d+, which had opened the socket, is gone; /);
      await expect.poll(() => isFree(service.port)).toBe(true);
      await using next = await Xinetd.startFile(shipped, {
        ...{ user: 'root', port: service.port },
        server_args: `${starter} ${executable('fastagi')} listen --fd 0 --mode ${mode} --config ${service.file}`,
      });
      expect(await place(next.port('fastagi'), 'hello').closed).toContain('cool');
    });

    it('where setpriv is left out, finds by itself that xinetd has ended', async () => {
      const { file, log } = makePlace();
      await using xinetd = await Xinetd.startFile(shipped, {
        ...{ user: 'root', server: process.execPath },
        server_args: `${executable('fastagi')} listen --fd 0 --mode ${mode} --config ${file}`,
      });
      expect(await place(xinetd.port('fastagi'), 'hello').closed).toContain('cool');
      process.kill(xinetd.pid, 'SIGTERM');
      await expect.poll(log).toMatch(/stopping: process \d+, which had opened the socket, is gone; /);
    });

    it('serves calls though the port of its counters is taken, and has it when it is free', async () => {
      const other = net.createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as net.AddressInfo;
      await using service = await start(`metrics = 127.0.0.1:${port}\n`);
      expect(await place(service.port, 'hello').closed).toContain('cool');
      expect(service.log()).toMatch(/error .* no counters can be had on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
      other.close();
      const scrape = () =>
        fetch(`http://127.0.0.1:${port}/metrics`).then(
          (response) => response.text(),
          () => '',
        );
      await expect.poll(scrape, { timeout: 20_000 }).toContain('\nfastagi_calls_total 1\n');
    });

    it('with a broken configuration refuses, and is not started again and again', async () => {
      await using service = await start('max_active = many\n');
      for (let call = 0; call < 3; call++) expect(await place(service.port, 'hello').closed).toMatch(refused);
      expect(service.xinetd.log()).not.toContain('Deactivating');
      expect(service.xinetd.processes().length).toBeLessThanOrEqual(2);
    });
  });

  it.each([16, 22] as const)('Asterisk %d shows on its console why it is refused', async (version) => {
    const { file } = makePlace('max_active = many\n');
    await using xinetd = await Xinetd.startFile(shipped, {
      user: 'root',
      server_args: `${starter} ${executable('fastagi')} listen --fd 0 --config ${file}`,
    });
    await using asterisk = await Asterisk.start({
      version,
      extensions: [
        '[phones]',
        'exten => stays,1,Answer()',
        ' same => n,Wait(60)',
        '[broken]',
        `exten => s,1,AGI(agi://127.0.0.1:${xinetd.port('fastagi')}/hello)`,
        ` same => n,Log(NOTICE,it was \${AGISTATUS})`,
      ].join('\n'),
    });
    await asterisk.originate('stays@phones', 's@broken');
    await asterisk.waitForLog(/NOTICE.* it was FAILURE/, 20_000);
    expect(asterisk.log()).toContain('fastagi.conf: [listen] max_active is "many", and must be');
  });

  it('a service with wait = no is told so', async () => {
    const { file, folder } = makePlace();
    await using xinetd = await Xinetd.startFile(shipped, {
      user: 'root',
      wait: 'no',
      server: process.execPath,
      server_args: `${executable('fastagi')} listen --fd 0 --config ${file}`,
    });
    expect(await place(xinetd.port('fastagi'), 'hello').closed).toMatch(
      /^VERBOSE "fastagi: .* needs wait = yes for this" 1\nFAILURE\n$/,
    );
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toContain('an xinetd service needs wait = yes');
  });

  it.skipIf(!hasNodeBinaries()).each(nodeMajors)(
    'Node %i takes the compiled program, and serves what there is of scripts',
    async (major) => {
      await using server = await Resident.start({
        node: await nodeBinary(major),
        flags: ['--profile-deserialization'],
        files: {
          'function.js': "module.exports = (agi) => agi.verbose('function')",
          'body.js': "agi.verbose('body')",
          'module.mjs': "await agi.verbose('awaited'); export default (agi) => agi.verbose('module');",
        },
        listen: 'max_calls = 2\nprocesses = 2\nspare = 2',
      });
      for (let round = 0; round < 3; round++) {
        expect(await server.call('function')).toEqual(['VERBOSE function 1']);
        expect(await server.call('body')).toEqual(['VERBOSE body 1']);
        expect(await server.call('module')).toEqual(['VERBOSE awaited 1', 'VERBOSE module 1']);
      }
      await server.logged(/\[Deserializing from [2-9]\d{5,} bytes/);
      expect(server.log()).not.toContain('failed check');
    },
  );

  it('xinetd passes connections on to a server that runs, as the page has it', async () => {
    const page = readFileSync(path.join(root, 'docs/resident.md'), 'utf8');
    const text = /```xinetd\n([\s\S]*?)```/.exec(page)?.[1] as string;
    await using server = await Resident.start({ files: scripts, listen: 'mode = shared' });
    await using xinetd = await Xinetd.startFile(text, { redirect: `127.0.0.1 ${server.port}` });
    const port = xinetd.port('fastagi');
    const calls = await Promise.all(Array.from({ length: 20 }, () => place(port, 'hello').closed));
    expect(new Set(calls)).toEqual(new Set([`VERBOSE "cool ${server.pid}" 1\n`]));
    // either side's end reaches the other
    const held = place(port, 'held');
    await expect.poll(held.heard).toContain('held');
    await server.counted(/ active 1; /);
    held.socket.end('HANGUP\n');
    await held.closed;
    await server.counted(/ active 0; /);
    // nobody is there: Asterisk sees a connection that ends
    await server.stop();
    expect(await place(port, 'hello').closed).toBe('');
  });

  it('the service file names the interpreter, no fixed seed, and the socket', () => {
    expect(serviceAttribute(shipped, 'server')).toBe('/usr/bin/setpriv');
    expect(serviceAttribute(shipped, 'server_args')).toMatch(/^--pdeathsig TERM \/usr\/bin\/node \//);
    expect(serviceAttribute(shipped, 'server_args')).toContain('listen --fd 0');
    expect(serviceAttribute(shipped, 'server_args')).not.toContain('rehash');
    expect(serviceAttribute(shipped, 'wait')).toBe('yes');
  });

  describe.each(['pool', 'shared'])('%s on a socket of systemd', (mode) => {
    it('serves what systemd-socket-activate hands over, and says when it is ready', async () => {
      const { file, folder, log } = makePlace();
      const [activate, ...before] = (await systemdTool('systemd-socket-activate')) as [string, ...string[]];
      const port = await freePort();
      // systemd's end of sd_notify: Node has no datagrams on Unix sockets
      const address = path.join(folder, 'notify');
      const hear = `use Socket; socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die; bind($s, sockaddr_un($ARGV[0])) or die; $| = 1; print "bound\\n"; while (defined recv($s, my $m, 4096, 0)) { print "$m\\n" }`;
      const ear = spawn('perl', ['-e', hear, address], { stdio: ['ignore', 'pipe', 'inherit'] });
      let told = '';
      ear.stdout.on('data', (chunk) => (told += chunk));
      await expect.poll(() => told).toContain('bound');
      const server = spawn(
        activate,
        [
          ...before,
          ...[
            '--listen',
            `127.0.0.1:${port}`,
            `--setenv=NOTIFY_SOCKET=${address}`,
            `--setenv=PATH=${process.env.PATH}`,
          ],
          ...[process.execPath, executable('fastagi'), 'listen', '--mode', mode, '--config', file],
        ],
        { stdio: 'ignore' },
      );
      const ended = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
      try {
        await expect.poll(() => isFree(port)).toBe(false);
        // the first connection starts it
        expect(await place(port, 'hello').closed).toMatch(/^VERBOSE "cool \d+" 1\n$/);
        expect(await place(port, 'hello').closed).toMatch(/^VERBOSE "cool \d+" 1\n$/);
        await expect.poll(() => told).toContain('READY=1');
        server.kill('SIGTERM');
        expect(await ended).toBe(0);
        await expect.poll(() => told).toContain('STOPPING=1');
        expect(log()).toContain('stopping: SIGTERM');
      } finally {
        server.kill('SIGKILL');
        ear.kill('SIGKILL');
      }
    });
  });

  it('on a socket of systemd, with a broken configuration, refuses: systemd would shut the port for good', async () => {
    const { file } = makePlace('max_active = many\n');
    const [activate, ...before] = (await systemdTool('systemd-socket-activate')) as [string, ...string[]];
    const port = await freePort();
    const server = spawn(
      activate,
      [
        ...[...before, '--listen', `127.0.0.1:${port}`],
        ...[process.execPath, executable('fastagi'), 'listen', '--config', file],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let told = '';
    server.stderr?.on('data', (text) => (told += text));
    try {
      await expect.poll(() => isFree(port)).toBe(false);
      for (let call = 0; call < 3; call++) expect(await place(port, 'hello').closed).toMatch(refused);
      expect(server.exitCode).toBe(null);
      expect(told).toContain('[listen] max_active is "many"');
    } finally {
      server.kill('SIGKILL');
    }
  });

  it('systemd finds nothing amiss in the units', async () => {
    // it looks whether the program is there
    const startable = (unit: string) =>
      unit.replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`);
    const page = readFileSync(path.join(root, 'docs/speech.md'), 'utf8');
    const folder = makeFolder({
      'fastagi.socket': readFileSync(path.join(root, 'systemd/fastagi.socket'), 'utf8'),
      'fastagi.service': startable(readFileSync(path.join(root, 'systemd/fastagi.service'), 'utf8')),
      'speech.service': startable(/```ini\n(\[Unit\][\s\S]*?)```/.exec(page)?.[1] ?? ''),
      'broken.service': '[Service]\nType=simple\nExecStart=/bin/true\nNoSuchKey=1\n',
    });
    const [analyze, ...before] = (await systemdTool('systemd-analyze')) as [string, ...string[]];
    const verify = (...units: string[]) =>
      spawnSync(analyze, [...before, 'verify', '--man=no', ...units.map((unit) => path.join(folder, unit))], {
        encoding: 'utf8',
      });
    expect(verify('broken.service').stderr).toContain('NoSuchKey');
    for (const units of [['fastagi.service', 'fastagi.socket'], ['speech.service']])
      expect(verify(...units)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('the units name what they should', () => {
    const unit = readFileSync(path.join(root, 'systemd/fastagi.service'), 'utf8');
    for (const line of ['Type=notify', 'NotifyAccess=all', 'KillMode=mixed', 'LimitNICE=+0']) {
      expect(unit).toContain(`\n${line}\n`);
    }
    // a script's /tmp is Asterisk's, and programs like sendmail have rights of their own
    expect(unit).not.toMatch(/^(PrivateTmp|NoNewPrivileges)=/m);
  });
});
