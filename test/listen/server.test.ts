/** What `fastagi listen` does in both modes: limits, probes, signals, counters, wrong use. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { requestFor } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';
import { Resident } from '../support/resident';

const files = {
  'held.js':
    "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); await agi.noop('bye'); }",
  'hello.js': "module.exports = (agi) => agi.verbose('cool')",
  'throws.js': "module.exports = () => { throw new Error('no luck') }",
};

describe.each(['pool', 'shared'] as const)('%s', (mode) => {
  const start = (options: Parameters<typeof Resident.start>[0] = {}) =>
    Resident.start({ files, ...options, args: ['--mode', mode, ...(options.args ?? [])] });
  const letGo = (call: { socket: net.Socket }) => call.socket.write('HANGUP\n');

  it('a probe that closes at once, or never says a word, costs no script anything', async () => {
    await using server = await start({ config: 'header_seconds = 0.3' });
    const silent = server.place('', undefined, '');
    const half = server.place('', undefined, 'agi_network: yes\nagi_');
    server.place('', undefined, '').socket.end();
    expect(await silent.closed).toEqual([]);
    expect(await half.closed).toEqual([]);
    await server.logged(/info .*\[AGI_NO_REQUEST\]/);
    await server.logged(/error .*\[AGI_REQUEST_TIMEOUT\]/, 2);
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it('a probe makes no counter of Prometheus fall', async () => {
    await using server = await start({ listen: 'metrics = 127.0.0.1:0' });
    const [, url] = await server.logged(/counters for Prometheus on (\S+)/);
    const calls = async () =>
      Number(/^fastagi_calls_total (\d+)/m.exec(await (await fetch(url as string)).text())?.[1]);
    const silent = server.place('', undefined, '');
    await expect.poll(calls).toBe(1);
    silent.socket.end();
    await server.counted(/ calls 0; .* without a request 1;/);
    expect(await calls()).toBe(1);
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    await server.counted(/ calls 1;/);
    expect(await calls()).toBe(1);
  });

  it.each([
    ['asks for a web page', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'AGI_BAD_REQUEST'],
    ['sends an empty line first', '\n', 'AGI_BAD_REQUEST'],
    ['ends its lines by CRLF', requestFor('hello').replaceAll('\n', '\r\n'), 'AGI_BAD_REQUEST'],
    ['sends a line of a megabyte', `agi_network: ${'y'.repeat(1 << 20)}\n\n`, 'AGI_LINE_TOO_LONG'],
    ['says more behind the request', `${requestFor('hello')}200 result=1 (x)\n`, 'AGI_BAD_REQUEST'],
  ])('a connection that %s is refused', async (_, request, code) => {
    await using server = await start();
    expect(await server.place('', undefined, request).closed).toEqual([]);
    await server.logged(new RegExp(`error .*\\[${code}\\]`));
  });

  it('a request that comes in pieces is served', async () => {
    await using server = await start();
    const { socket, closed } = server.place('', undefined, '');
    socket.setNoDelay(true);
    for (const piece of requestFor('hello').match(/[\s\S]{1,60}/g) ?? []) {
      await new Promise((resolve) => socket.write(piece, resolve));
      await new Promise(setImmediate);
    }
    expect(await closed).toEqual(['VERBOSE cool 1']);
  });

  it('no more calls at once than max_active, and none above it waits', async () => {
    await using server = await start({ listen: 'max_active = 2' });
    const calls = [await server.hold('held'), await server.hold('held')];
    expect(await server.call('held')).toEqual(['FAILURE']);
    await server.logged('a call from 127.0.0.1 refused: [listen] max_active [REFUSED]');
    for (const call of calls) letGo(call);
    await Promise.all(calls.map(({ closed }) => closed));
    // the caller sees the end of a call before the one who counts hears of it
    await server.counted(/ active 0;/);
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    await server.counted(/ calls 3; active 0; waiting 0; failed 0; refused max_active 1;/);
  });

  it('who says nothing makes way for a call where max_active is reached, and who has a call does not', async () => {
    await using server = await start({ listen: 'max_active = 2', config: 'header_seconds = 30' });
    const call = await server.hold('held');
    const silent = server.place('', undefined, 'agi_network: yes\n');
    await once(silent.socket, 'connect');
    // it is given a second
    await expect.poll(() => server.call('hello'), { timeout: 10_000 }).toEqual(['VERBOSE cool 1']);
    expect(await silent.closed).toEqual([]);
    await server.logged(
      /error .*no whole AGI request came within \d+\.\d s, and a call wants its place \(\[listen\] max_active\) \[AGI_REQUEST_TIMEOUT\]/,
    );
    await server.counted(/ active 1;/);
    letGo(call);
    expect(await call.closed).toEqual(['VERBOSE held 1', 'NOOP bye']);
    await server.counted(/ active 0;/);
  });

  it('who has said what it wants while nobody could listen makes way for nobody', async () => {
    await using server = await start({ listen: 'max_active = 2', config: 'header_seconds = 30' });
    const request = requestFor('hello');
    const slow = server.place('', undefined, request.slice(0, 99));
    await once(slow.socket, 'connect');
    const connectedMs = performance.now();
    const call = await server.hold('held');
    await expect.poll(() => performance.now() - connectedMs, { timeout: 10_000 }).toBeGreaterThan(1100);
    const heldUp = mode === 'pool' ? server.pid : (server.processes()[0] as number);
    process.kill(heldUp, 'SIGSTOP');
    // a signal takes its time to arrive
    await expect.poll(() => readFileSync(`/proc/${heldUp}/stat`, 'utf8')).toMatch(/\) T /);
    const other = server.place('hello');
    await once(other.socket, 'connect');
    await new Promise((resolve) => slow.socket.write(request.slice(99), resolve));
    process.kill(heldUp, 'SIGCONT');
    expect(await slow.closed).toEqual(['VERBOSE cool 1']);
    expect(await other.closed).toEqual(['FAILURE']);
    letGo(call);
    await call.closed;
  });

  it('nobody makes way for a call that is refused all the same', async () => {
    const listen = 'max_active = 2\nmax_per_address = 1';
    await using server = await start({ listen, config: 'header_seconds = 30' });
    const silent = net.connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    const closed = once(silent.resume(), 'close');
    await once(silent, 'connect');
    const call = await server.hold('held');
    // others from its address find a place where it has had its second
    const other = () =>
      new Promise<string>((resolve) => {
        const socket = net.connect({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.3' });
        socket.on('data', (data) => {
          resolve(`${data}`);
          socket.destroy();
        });
        socket.write(requestFor('hello'));
      });
    expect(await server.call('hello')).toEqual(['FAILURE']);
    await server.logged('refused: [listen] max_per_address [REFUSED]');
    await expect
      .poll(
        async () => {
          expect(await server.call('hello')).toEqual(['FAILURE']);
          expect(server.log()).not.toContain('AGI_REQUEST_TIMEOUT');
          return other();
        },
        { timeout: 10_000 },
      )
      .toMatch(/^VERBOSE/);
    await closed;
    letGo(call);
    await call.closed;
  });

  it('no more from one address than max_per_address', async () => {
    await using server = await start({ listen: 'max_per_address = 1' });
    const call = await server.hold('held');
    expect(await server.call('held')).toEqual(['FAILURE']);
    letGo(call);
    await call.closed;
    await server.counted(/ active 0;/);
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    await server.counted(/ refused max_per_address 1;/);
  });

  it('nobody but who is allowed', async () => {
    await using server = await start({ listen: 'allow = 192.0.2.0/24, 2001:db8::1' });
    expect(await server.call('hello')).toEqual(['FAILURE']);
    await server.counted(/ calls 0; .* refused allow 1;/);
    server.configure({ listen: 'allow = 127.0.0.0/8' });
    server.child.kill('SIGHUP');
    await expect.poll(() => server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it('SIGTERM: takes no more calls, finishes those that are there, and ends', async () => {
    await using server = await start();
    const call = await server.hold('held');
    server.child.kill('SIGTERM');
    await server.logged('stopping: SIGTERM; 1 calls have 60 s to finish');
    await expect.poll(() => connects(server.port)).toBe(false);
    expect(call.socket.closed).toBe(false);
    letGo(call);
    expect(await call.closed).toEqual(['VERBOSE held 1', 'NOOP bye']);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.log()).toMatch(/info .* stopped; calls 1; active 0; .* failed 0;/);
  });

  it('SIGTERM: who has come before, and says only now what it wants, is served', async () => {
    await using server = await start({ listen: mode === 'pool' ? 'spare = 0' : '' });
    const request = requestFor('hello');
    const late = server.place('', undefined, request.slice(0, 99));
    await once(late.socket, 'connect');
    // who comes behind it is in
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    server.child.kill('SIGTERM');
    await server.logged('stopping: SIGTERM; ');
    late.socket.write(request.slice(99));
    expect(await late.closed).toEqual(['VERBOSE cool 1']);
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['when the time to finish is over', 'drain_seconds = 0.2', ['SIGTERM']],
    ['when it has to stop at once', '', ['SIGTERM', 'SIGTERM']],
  ] as const)('who says nothing keeps no server from stopping: %s', async (_, listen, signals) => {
    await using server = await start({ listen, config: 'header_seconds = 0' });
    const silent = server.place('', undefined, '');
    await once(silent.socket, 'connect');
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    for (const signal of signals) {
      server.child.kill(signal);
      await server.logged('stopping: SIGTERM; ');
    }
    expect(await silent.closed).toEqual([]);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    await server.logged(/ stopped; calls 1; active 0; .* without a request 1;/);
  });

  it('calls that do not finish in time are ended, with a word', async () => {
    await using server = await start({ listen: 'drain_seconds = 0.2' });
    const call = await server.hold('held');
    server.child.kill('SIGTERM');
    expect(await call.closed).toEqual([
      'VERBOSE held 1',
      expect.stringContaining('the service is stopped'),
      'FAILURE',
    ]);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.log()).toContain('1 calls are ended: they had 0.2 s to finish');
  });

  it('a second signal ends them at once', async () => {
    await using server = await start();
    const call = await server.hold('held');
    server.child.kill('SIGTERM');
    await server.logged('stopping: SIGTERM');
    server.child.kill('SIGINT');
    expect((await call.closed).at(-1)).toBe('FAILURE');
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it('a process may not outlive its master but for its call', async () => {
    await using server = await start();
    const call = await server.hold('held');
    const processes = server.processes();
    server.child.kill('SIGKILL');
    await server.ended;
    await expect.poll(() => processes.filter(lives).length, { timeout: 20_000 }).toBe(1);
    letGo(call);
    expect(await call.closed).toEqual(['VERBOSE held 1', 'NOOP bye']);
    await expect.poll(() => processes.filter(lives).length, { timeout: 20_000 }).toBe(0);
  });

  it('SIGHUP: reads the configuration again, while calls go on', async () => {
    await using server = await start();
    const call = await server.hold('held');
    const folder = makeFolder({ 'hello.js': "module.exports = (agi) => agi.verbose('moved')" });
    server.configure({ folder });
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    server.child.kill('SIGHUP');
    await expect.poll(() => server.call('hello')).toEqual(['VERBOSE moved 1']);
    expect(call.socket.closed).toBe(false);
    letGo(call);
    expect(await call.closed).toEqual(['VERBOSE held 1', 'NOOP bye']);
  });

  it('goes on in a new log when the old one is moved away', async () => {
    await using server = await start({
      files: {
        'prints.js': "module.exports = async (agi) => { await agi.verbose('on'); console.log('printed'); }",
      },
    });
    renameSync(server.logFile, `${server.logFile}.1`);
    await expect.poll(() => existsSync(server.logFile), { timeout: 20_000 }).toBe(true);
    await expect
      .poll(async () => [await server.call('prints'), server.log()], { timeout: 20_000 })
      .toEqual([['VERBOSE on 1'], expect.stringContaining('prints.js: printed')]);
    expect(readFileSync(`${server.logFile}.1`, 'utf8')).toContain('this one was moved away');
    expect(statSync(server.logFile).mode & 0o777).toBe(0o640 & ~process.umask());
  });

  it("hands on nothing of systemd's: what a script starts must not speak for the service", async () => {
    await using server = await start({
      files: {
        'asks.js':
          'module.exports = (agi) => agi.verbose(Object.keys(process.env).filter((name) => /NOTIFY|LISTEN_/.test(name)).join())',
      },
      env: { NOTIFY_SOCKET: '/nowhere', LISTEN_FDS: '1', LISTEN_PID: '1', LISTEN_FDNAMES: 'a' },
    });
    expect(await server.call('asks')).toEqual(['VERBOSE "" 1']);
  });

  it('SIGHUP: calls are served though it comes again and again', async () => {
    await using server = await start();
    const hurry = setInterval(() => server.child.kill('SIGHUP'), 10);
    try {
      for (let call = 0; call < 20; call++) expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
      server.configure({
        folder: makeFolder({ 'hello.js': "module.exports = (agi) => agi.verbose('moved')" }),
      });
      await expect.poll(() => server.call('hello'), { timeout: 20_000 }).toEqual(['VERBOSE moved 1']);
    } finally {
      clearInterval(hurry);
    }
  });

  it('SIGHUP: a configuration that is broken is not taken up', async () => {
    await using server = await start();
    server.configure({ listen: 'max_active = many' });
    server.child.kill('SIGHUP');
    await server.logged(/error .* the configuration is left as it was: .*\[listen\] max_active is "many"/);
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it.each(['host = ::1', 'metrics = 127.0.0.1:1'])(
    'SIGHUP: says what it cannot take up (%s)',
    async (listen) => {
      await using server = await start();
      server.configure({ listen });
      server.child.kill('SIGHUP');
      await server.logged(/warning .*\[listen\] mode, host, port and metrics, .* by a restart only/);
      expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    },
  );

  it('leaves after idle_seconds without a call, and not while there is one', async () => {
    await using server = await start({ listen: 'idle_seconds = 0.5' });
    const call = await server.hold('held');
    letGo(call);
    await call.closed;
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.log()).toContain('stopping: no call for 0.5 s ([listen] idle_seconds)');
  });

  it('counts, in a line on SIGUSR1 and for Prometheus', async () => {
    await using server = await start({ listen: 'metrics = 127.0.0.1:0' });
    const call = await server.hold('held');
    await server.call('hello');
    await server.call('throws');
    await server.counted(
      / calls 3; active 1; waiting 0; failed 1; refused 0; .* first command after \d+\.\d ms/,
    );
    const [, url] = await server.logged(/counters for Prometheus on (\S+)/);
    const response = await fetch(url as string);
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    for (const line of [
      'fastagi_calls_total 3',
      'fastagi_active_calls 1',
      'fastagi_failed_total 1',
      'fastagi_first_command_seconds_count 2',
      '# TYPE fastagi_first_command_seconds histogram',
    ]) {
      expect(text).toContain(line);
    }
    expect((await fetch((url as string).replace('/metrics', '/'))).status).toBe(404);
    letGo(call);
    await call.closed;
  });

  it('who is sent away, and does not go, takes no call its descriptor', async () => {
    await using server = await start({
      listen: 'allow = 127.0.0.2\nspare = 1\nprocesses = 2\nmax_active = 10',
      node: '/bin/sh',
      flags: ['-c', 'ulimit -n 200; exec "$0" "$@"', process.execPath],
    });
    const { port } = server;
    const options = { port, host: '127.0.0.1', allowHalfOpen: true };
    const sockets = Array.from({ length: 250 }, () => net.connect(options));
    try {
      await allConnected(sockets);
      const caller = net.connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      caller.write(requestFor('hello'));
      expect(await once(caller, 'data').then(([said]) => `${said}`)).toBe('VERBOSE cool 1\n');
      caller.destroy();
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('who asks for the counters, and never stops asking, takes no call its descriptor', async () => {
    await using server = await start({
      listen: 'metrics = 127.0.0.1:0\nspare = 1\nprocesses = 2',
      node: '/bin/sh',
      flags: ['-c', 'ulimit -n 200; exec "$0" "$@"', process.execPath],
    });
    const [, port] = await server.logged(/counters for Prometheus on http:\/\/127\.0\.0\.1:(\d+)/);
    const sockets = Array.from({ length: 250 }, () => net.connect(Number(port), '127.0.0.1'));
    try {
      await allConnected(sockets);
      expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    // and is heard again when there is room
    await expect
      .poll(() =>
        fetch(`http://127.0.0.1:${port}/metrics`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });
});

describe('wrong use', () => {
  it.each([
    [['--port', 'x'], 2, '--port is "x", and must be a whole number from 0 to 65535'],
    [['--fd', 'zero'], 2, '--fd is "zero", and must be a whole number from 0 to 1023'],
    [['--mode', 'both'], 2, '--mode is "both", and must be pool or shared'],
    [['--fd', '99'], 3, 'descriptor 99'],
    [['--host', '192.0.2.1', '--port', '0'], 3, 'cannot listen on 192.0.2.1:0'],
    [['--config', '/no/such.conf'], 3, 'there is no such file'],
    [['--nonsense'], 2, 'fastagi listen: there is no option --nonsense; "fastagi listen --help"'],
  ])(
    '%j ends with %i',
    (args, status, words) => {
      const config = `${makeFolder({ 'x.conf': '[fastagi]\nlog=stderr\n' })}/x.conf`;
      const given = args.includes('--config') ? args : ['--config', config, ...args];
      const ended = spawnSync(process.execPath, [executable('fastagi'), 'listen', ...given], {
        encoding: 'utf8',
      });
      expect(ended.stderr).toContain(words);
      expect(ended.status).toBe(status);
    },
    40_000,
  );

  it('a port that is taken', async () => {
    await using server = await Resident.start({});
    const args = ['listen', '--config', '/dev/null', '--port', String(server.port)];
    const ended = spawnSync(process.execPath, [executable('fastagi'), ...args], { encoding: 'utf8' });
    expect(ended.status).toBe(3);
    expect(ended.stderr).toContain('another program listens there already');
  });

  it('an unknown key warns', async () => {
    await using server = await Resident.start({ listen: 'proceses = 3' });
    await server.logged(
      /warning .*\[listen\] proceses: there is no such key \(did you mean processes\?\), .* known here: mode, host/,
    );
  });
});

async function allConnected(sockets: readonly net.Socket[]): Promise<void> {
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
