/** `fastagi listen --mode pool`: a call has its process to itself, and the next one finds nothing of it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../support/inet';
import { Resident } from '../support/resident';

const held =
  "agi.verbose('held'); module.exports = (agi) => new Promise((resolve) => agi.signal.addEventListener('abort', resolve));";

describe('a pool', () => {
  it('serves any script: one whose body is the call, one that exports a function, ES modules', async () => {
    await using server = await Resident.start({
      files: {
        'body.js': "agi.verbose('cool'); fastagi.setVariable('test', '1111');",
        'function.js': 'module.exports = async (agi) => { await agi.verbose(agi.request.params.name); }',
        'module.mjs': "await agi.verbose('awaited'); export default (agi) => agi.verbose('called');",
        'await.agi': "await agi.verbose('agi'); await agi.verbose('twice');",
        none: "agi.verbose(require.main === module && process.argv[1].endsWith('/none'))",
      },
    });
    for (let round = 0; round < 3; round++) {
      expect(await server.call('body')).toEqual(['VERBOSE cool 1', 'SET VARIABLE test 1111']);
      expect(await server.call('function?name=Jo')).toEqual(['VERBOSE Jo 1']);
      expect(await server.call('module')).toEqual(['VERBOSE awaited 1', 'VERBOSE called 1']);
      expect(await server.call('await')).toEqual(['VERBOSE agi 1', 'VERBOSE twice 1']);
      expect(await server.call('none')).toEqual(['VERBOSE true 1']);
    }
    expect(server.log()).not.toMatch(/warning|error/);
  });

  it('reuses a process for max_calls calls, and then renews it', async () => {
    await using server = await Resident.start({
      files: { 'pid.js': 'agi.verbose(process.pid)' },
      listen: 'processes = 1\nmax_calls = 3',
    });
    const pids: string[] = [];
    for (let call = 0; call < 7; call++) pids.push((await server.call('pid'))[0] as string);
    expect(new Set(pids.slice(0, 3)).size).toBe(1);
    expect(new Set(pids.slice(3, 6)).size).toBe(1);
    expect(new Set(pids).size).toBe(3);
  });

  it.each(['', 'max_calls = 1', 'max_calls = 1\nspare = 0'])(
    'a process that is killed in the middle of a call is a failure to the dialplan (%j)',
    async (listen) => {
      await using server = await Resident.start({
        files: {
          'killed.js': "agi.verbose('here').then(() => process.kill(process.pid, 'SIGKILL'));",
          'fine.js': "agi.verbose('fine')",
        },
        listen,
      });
      expect(await server.call('killed')).toEqual([
        'VERBOSE here 1',
        'VERBOSE "the process that served this call has ended with SIGKILL" 1',
        'FAILURE',
      ]);
      expect(await server.call('fine')).toEqual(['VERBOSE fine 1']);
      await server.counted(/calls 2; active 0; .* failed 1; .* crashed 1;/);
    },
  );

  it('many processes that are killed at once are as many failures, also where the other side is gone by then', async () => {
    await using server = await Resident.start({
      files: {
        'killed.js': "agi.verbose('here').then(() => process.kill(process.pid, 'SIGKILL'));",
        'fine.js': "agi.verbose('fine')",
      },
      listen: 'processes = 30\nspare = 8',
    });
    const calls = Array.from({ length: 30 }, (_, at) => {
      const call = server.place('killed');
      if (at % 2 > 0) call.socket.once('data', () => setImmediate(() => call.socket.resetAndDestroy()));
      return call.closed;
    });
    const ends = (await Promise.all(calls)).map((commands) => commands.at(-1));
    expect(ends.filter((_, at) => at % 2 === 0)).toEqual(Array(15).fill('FAILURE'));
    await server.counted(/active 0; waiting 0;/);
    expect(await server.call('fine')).toEqual(['VERBOSE fine 1']);
  });

  it('process.exit() ends the call at once, whatever else holds the line to the master', async () => {
    await using server = await Resident.start({
      files: {
        'leaves.js': `const child = require('child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', 3], detached: true });
          agi.verbose(child.pid).then(() => process.exit(0));`,
      },
    });
    const [said] = await server.call('leaves');
    // the master itself waits two seconds for the line's end
    await server.counted(/calls 1; active 1;/);
    process.kill(Number(/\d+/.exec(said ?? '')?.[0]), 'SIGKILL');
  });

  describe('keeps its process behind a call', () => {
    const hungUp = (command: string) =>
      command.startsWith('STREAM FILE') ? '200 result=-1 endpos=80\nHANGUP' : '200 result=1';
    const unknown = () => '510 Invalid or unknown command';
    const dead = () => '511 Command Not Permitted on a dead channel or intercept routine';

    it.each<[string, string, ((command: string) => string)?]>([
      ['that fails in its function', "await agi.noop(); throw new Error('on purpose');"],
      ['that fails while commands are under way', "agi.noop(); agi.noop(); throw new Error('on purpose');"],
      ['that awaits what can no longer happen', 'await agi.noop(); await new Promise(() => {});'],
      ['that cannot be compiled', 'await ;'],
      ['whose command is unknown', "await agi.send('FOO');", unknown],
      ['whose channel is dead', "await agi.streamFile('beep');", dead],
      ['whose caller hangs up', "await agi.streamFile('a'); await agi.streamFile('b');", hungUp],
      [
        'that tidies up behind a hangup',
        "try { await agi.streamFile('a'); await agi.streamFile('b'); } finally { await agi.setVariable('a', 'b'); }",
        hungUp,
      ],
    ])('%s', async (_, body, answer) => {
      await keepsProcess(`module.exports = async (agi) => { ${body} };`, answer);
    });

    it.each<[string, string, ((command: string) => string)?]>([
      ['that fails in its body', "throw new Error('on purpose');"],
      ['that has set its exit code', 'process.exitCode = 3; agi.noop();'],
      [
        'whose caller hangs up in the middle of its body',
        "agi.streamFile('a'); agi.streamFile('b');",
        hungUp,
      ],
    ])('%s', async (_, body, answer) => {
      await keepsProcess(body, answer);
    });

    async function keepsProcess(script: string, answer?: (command: string) => string): Promise<void> {
      await using server = await Resident.start({
        files: { 'pid.js': 'agi.verbose(process.pid)', 'script.js': script },
        listen: 'processes = 1',
        config: 'log_level = debug',
      });
      const before = await server.call('pid');
      await server.call('script', answer);
      expect(await server.call('pid')).toEqual(before);
      expect(server.log()).not.toContain('this process is renewed');
    }
  });

  it.each([
    [
      'a module and what it requires',
      {
        'script.js': "const lib = require(__dirname + '/lib'); agi.verbose(++lib.calls);",
        'lib.js': 'exports.calls = 0;',
      },
    ],
    [
      'an ES module and what it imports',
      {
        'script.mjs':
          "import { state } from './lib.mjs'; import cjs from './lib.cjs'; await agi.verbose(++state.calls + cjs.calls++);",
        'lib.mjs': 'export const state = { calls: 0 };',
        'lib.cjs': 'exports.calls = 0;',
      },
    ],
    [
      'what a CommonJS script imports',
      {
        'script.js':
          "module.exports = async (agi) => { const { state } = await import('./lib.mjs'); await agi.verbose(++state.calls) };",
        'lib.mjs': 'export const state = { calls: 0 };',
      },
    ],
    [
      'an ES module that is required',
      {
        'script.js': "const { state } = require(__dirname + '/lib.mjs'); agi.verbose(++state.calls)",
        'lib.mjs': 'export const state = { calls: 0 };',
      },
    ],
    [
      'globals',
      { 'script.js': 'globalThis.calls = (globalThis.calls ?? 0) + 1; agi.verbose(globalThis.calls)' },
    ],
    [
      'the environment',
      {
        'script.js': 'process.env.CALLS = 1 + Number(process.env.CALLS ?? 0); agi.verbose(process.env.CALLS)',
      },
    ],
    [
      'an environment in its place',
      {
        'script.js':
          "agi.verbose(process.env.own ? 2 : 1); process.env = { own: 'yes' }; Object.freeze(process.env)",
      },
    ],
    [
      'a global that a function stands behind',
      {
        'script.js':
          "escape('x'); agi.verbose(process.seen ? 2 : 1); Object.defineProperty(globalThis, 'escape', { configurable: true, get: () => { process.seen = 1; } })",
      },
    ],
    [
      'a call in the name of the next one',
      {
        'script.js':
          "const { agi } = globalThis; agi.verbose(1); Object.defineProperty(globalThis, 'agi', { configurable: true, get: () => ({ verbose() {} }) });",
      },
    ],
    [
      'listeners',
      { 'script.js': "process.on('SIGUSR2', () => {}); agi.verbose(process.listenerCount('SIGUSR2') - 1)" },
    ],
    [
      'the working folder',
      { 'script.js': "agi.verbose(process.cwd() === '/tmp' ? 2 : 1); process.chdir('/tmp')" },
    ],
    [
      'a console of its own',
      {
        'script.js':
          'agi.verbose(console.log.own ? 2 : 1); console.log = Object.assign(() => {}, { own: true })',
      },
    ],
    [
      'a timer',
      {
        'script.js':
          'module.exports = (agi) => { setInterval(() => { globalThis.ticked = 1 }, 5); return agi.verbose(globalThis.ticked ? 2 : 1) }',
      },
    ],
    [
      'a timer that keeps no process going',
      {
        'script.js':
          "module.exports = async (agi) => { await agi.verbose(globalThis.ticked ? 2 : 1); setInterval(() => { globalThis.ticked = 1 }, 2).unref(); await new Promise((resolve) => setTimeout(resolve, 10)); await agi.verbose('ticked'); }",
      },
    ],
    [
      'a signal that is due later',
      {
        'script.js':
          'module.exports = async (agi) => { await agi.verbose(globalThis.due ? 2 : 1); AbortSignal.timeout(1).onabort = () => { globalThis.due = 1 }; if (!globalThis.process.met) { process.met = 1; return; } await new Promise((resolve) => setTimeout(resolve, 10)); }',
      },
    ],
    [
      'work that goes on in each turn of the event loop',
      {
        'script.js':
          'module.exports = async (agi) => { await agi.verbose(globalThis.turns ? 2 : 1); const again = () => { globalThis.turns = 1; setImmediate(again); }; again(); }',
      },
    ],
    [
      'work that runs when the call is over',
      {
        'script.js':
          'module.exports = async (agi) => { await agi.verbose(globalThis.late ? 2 : 1); setImmediate(() => setImmediate(() => { globalThis.late = 1; })); }',
      },
    ],
    [
      'a closed standard error, which would be the next connection',
      {
        'script.js':
          "module.exports = async (agi) => { console.log('printed'); await agi.verbose(1); require('fs').closeSync(2); }",
      },
    ],
    [
      'an exception out of nowhere',
      {
        'script.js':
          "globalThis.process.seen ??= process.pid; agi.verbose(1); setTimeout(() => { throw new Error('late') }, 5)",
      },
    ],
  ])('leaves nothing of a call to the next: %s', async (_, files) => {
    await using server = await Resident.start({ files, listen: 'processes = 1' });
    for (let call = 0; call < 3; call++) expect((await server.call('script'))[0]).toBe('VERBOSE 1 1');
  });

  it("leaves the timers alone on which the time limits of Node's fetch() hang", async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    await using server = await Resident.start({
      files: {
        'fetch.js': `module.exports = async (agi) => {
          await fetch('data:,');
          const all = Object.getOwnPropertySymbols(globalThis).filter((name) => /undici.globalDispatcher/.test(name.description));
          // newer Nodes have one of an older form beside it
          const known = all.sort((a, b) => (a.description < b.description ? -1 : 1)).at(-1);
          const { constructor: Agent } = globalThis[known];
          const dispatcher = new Agent({ headersTimeout: 300 });
          const limit = new AbortController();
          const timer = setTimeout(() => limit.abort(new Error('no limit held')), 8000);
          const error = await fetch('http://127.0.0.1:${port}/', { dispatcher, signal: limit.signal }).catch((error) => error);
          clearTimeout(timer);
          await dispatcher.destroy();
          await agi.verbose((error.cause ?? error).name + ' ' + process.pid);
        }`,
      },
      listen: 'processes = 1',
    });
    const first = await server.call('fetch');
    expect(first).toEqual([expect.stringContaining('HeadersTimeoutError')]);
    // the same process
    expect(await server.call('fetch')).toEqual(first);
    silent.close();
    silent.closeAllConnections();
  }, 40_000);

  it.each([
    [
      'CommonJS',
      'script.js',
      'lib.js',
      "const lib = require(__dirname + '/lib.js'); ",
      'exports.word = 1',
      1000,
      1000,
    ],
    // Node lets go of no ES module: what there is of a call's two is all that may stay
    ['ES modules', 'script.mjs', 'lib.mjs', "import lib from './lib.mjs'; ", 'export default 1', 20_000, 200],
  ])(
    'keeps next to nothing of calls in CommonJS, and little of ES modules: %s',
    async (_, script, lib, load, text, mostBytes, calls) => {
      await using server = await Resident.start({
        files: {
          [script]: `${load} if (agi.request.params.gc) gc(); agi.verbose(process.memoryUsage().heapUsed);`,
          [lib]: text,
          'pid.js': 'agi.verbose(process.pid)',
        },
        listen: 'processes = 1\nmax_calls = 100000',
        flags: ['--expose-gc'],
      });
      const pid = await server.call('pid');
      const heap = async () => Number(/\d+/.exec((await server.call(`${script}?gc=1`))[0] as string)?.[0]);
      for (let call = 0; call < calls / 3; call++) await server.call(script);
      const before = await heap();
      for (let call = 0; call < calls; call++) await server.call(script);
      expect(((await heap()) - before) / calls).toBeLessThan(mostBytes);
      expect(await server.call('pid')).toEqual(pid);
    },
    120_000,
  );

  it('takes up a changed script', async () => {
    await using server = await Resident.start({
      files: {
        'a.js': "agi.verbose('old')",
        'b.mjs': "import { word } from './lib.mjs'; await agi.verbose(word)",
        'lib.mjs': "export const word = 'old'",
      },
    });
    expect(await server.call('a')).toEqual(['VERBOSE old 1']);
    expect(await server.call('b')).toEqual(['VERBOSE old 1']);
    server.write('a.js', "agi.verbose('new')");
    server.write('lib.mjs', "export const word = 'new'");
    expect(await server.call('a')).toEqual(['VERBOSE new 1']);
    expect(await server.call('b')).toEqual(['VERBOSE new 1']);
  });

  it('grows with the calls that are held, up to its bound, and refuses what is above it at once', async () => {
    await using server = await Resident.start({
      files: { 'held.js': held },
      listen: 'spare = 1\nprocesses = 4',
    });
    const calls = [];
    for (let call = 0; call < 4; call++) calls.push(await server.hold('held'));
    expect(await server.call('held')).toEqual(['FAILURE']);
    await server.logged(/warning .* a call from 127\.0\.0\.1 refused: \[listen\] processes \[REFUSED\]/);
    for (const { socket } of calls) socket.end('HANGUP\n');
    await Promise.all(calls.map(({ closed }) => closed));
    const again = await server.hold('held');
    again.socket.end('HANGUP\n');
  });

  it('counts a call that it has refused no more, once', async () => {
    await using server = await Resident.start({
      files: { 'held.js': held },
      listen: 'spare = 1\nprocesses = 1\nmax_active = 2',
    });
    const call = await server.hold('held');
    for (let refused = 0; refused < 2; refused++) expect(await server.call('held')).toEqual(['FAILURE']);
    // beside the one that is held, one may wait for a process, and no second
    const both = [server.call('held'), server.call('held')];
    expect(await Promise.all(both)).toEqual([['FAILURE'], ['FAILURE']]);
    await server.counted(/ active 1; .* refused processes 3, max_active 1;/);
    expect(server.log()).not.toContain('a caller has gone');
    call.socket.end('HANGUP\n');
  });

  it('tells of many refused calls in one line a second', async () => {
    await using server = await Resident.start({
      files: { 'held.js': held },
      listen: 'spare = 1\nprocesses = 1\nmax_active = 50',
    });
    const call = await server.hold('held');
    await Promise.all(Array.from({ length: 40 }, () => server.call('held')));
    await server.counted(/ refused processes 40;/);
    await server.logged(/warning .* \d+ calls, the last from 127\.0\.0\.1, refused: \[listen\] processes/);
    expect(server.log().match(/\[REFUSED\]/g)?.length).toBeLessThan(10);
    call.socket.end('HANGUP\n');
  });

  it('that is to stop at once does not wait for processes which boot', async () => {
    const folder = makeFolder({
      'first.js': `const fs = require('fs');
        if (process.argv[1].endsWith('-process.js')) {
          fs.writeFileSync(__dirname + '/' + process.pid, '');
          const clock = new Int32Array(new SharedArrayBuffer(4));
          for (let look = 0; look < 2000 && !fs.existsSync(__dirname + '/go'); look++) Atomics.wait(clock, 0, 0, 10);
        }`,
    });
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'spare = 0',
      flags: ['--require', `${folder}/first.js`],
    });
    const call = server.call('hello');
    await expect.poll(() => readdirSync(folder).length, { timeout: 20_000 }).toBe(2);
    server.child.kill('SIGTERM');
    await server.logged(/stopping: SIGTERM/);
    server.child.kill('SIGTERM');
    expect(await call).toEqual(['FAILURE']);
    writeFileSync(`${folder}/go`, '');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(server.log()).not.toMatch(/PROCESS_STUCK/);
  });

  it.each(['max_calls = 1\nspare = 1', 'max_calls = 1\nspare = 0', 'max_calls = 2\nspare = 1'])(
    'serves on when the folder that it was started in is removed (%j)',
    async (listen) => {
      const cwd = makeFolder();
      await using server = await Resident.start({
        files: { 'where.js': 'agi.verbose(process.cwd())' },
        listen: `processes = 1\n${listen}`,
        cwd,
      });
      await server.call('where');
      rmdirSync(cwd);
      for (let call = 0; call < 4; call++) await server.call('where');
      expect(await server.call('where')).toEqual(['VERBOSE / 1']);
      await server.logged('started in has been removed: it goes on in /');
      expect(server.log()).not.toMatch(/ error /);
    },
  );

  it("with setuid starts a process for the one call that waits, for it can serve no other owner's", async () => {
    await using server = await Resident.start({
      files: { 'pid.js': 'agi.verbose(process.pid); module.exports = () => agi.waitForDigit(1000)' },
      config: 'setuid = on',
      listen: 'spare = 0',
    });
    for (let folder = server.folder; folder !== os.tmpdir(); folder = path.dirname(folder))
      chmodSync(folder, 0o755);
    chownSync(path.join(server.folder, 'pid.js'), 1, 1);
    const commands: string[] = [];
    await server.call('pid', (command) => {
      const [, pid] = /^VERBOSE (\d+)/.exec(command) ?? [];
      if (pid !== undefined) commands.push(commandOf(Number(pid)));
      return '200 result=0';
    });
    expect(commands).toEqual([expect.stringContaining('fastagi-errand.js')]);
  });

  it('spare = 0 keeps none ready, and one that has served a call takes the next', async () => {
    await using server = await Resident.start({
      files: { 'pid.js': 'agi.verbose(process.pid)' },
      listen: 'spare = 0',
    });
    expect(server.processes()).toEqual([]);
    const said = await server.call('pid');
    expect(server.processes().map((pid) => `VERBOSE ${pid} 1`)).toEqual(said);
    expect(await server.call('pid')).toEqual(said);
    server.child.kill('SIGHUP');
    await expect.poll(() => server.processes()).toEqual([]);
    expect(await server.call('pid')).not.toEqual(said);
  });

  it('a burst of many calls is served to the last one', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'processes = 4\nspare = 2\nmax_active = 100\nmax_calls = 3',
    });
    const all = await Promise.all(Array.from({ length: 60 }, () => server.call('hello')));
    expect(all).toEqual(Array.from({ length: 60 }, () => ['VERBOSE cool 1']));
  });

  it('a process that dies takes its own call along, and no other', async () => {
    await using server = await Resident.start({
      files: {
        'held.js': held,
        'dies.js': "agi.verbose('held'); module.exports = () => process.abort();",
        'hello.js': "agi.verbose('cool')",
      },
      listen: 'processes = 3',
    });
    const other = await server.hold('held');
    expect((await server.call('dies')).slice(-2)).toEqual([
      'VERBOSE "the process that served this call has ended with SIGABRT" 1',
      'FAILURE',
    ]);
    await server.logged(
      /error .* process \d+ has ended with SIGABRT in the middle of a call \[PROCESS_ENDED\]/,
    );
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect(other.socket.closed).toBe(false);
    other.socket.end('HANGUP\n');
    await other.closed;
  });

  it('a process that dies before it has taken its call leaves it to another', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'processes = 2\nspare = 2',
    });
    // both run their program: one that were stopped before that would hold up its master, too
    const started = () => server.processes().filter((pid) => commandOf(pid).includes('fastagi-process'));
    await expect.poll(() => started().length).toBe(2);
    // the one it listens on, and a line to each; of a line that has just been made it has both ends for a moment
    const before = 3;
    await expect.poll(() => socketsOf(server.pid)).toBe(before);
    // stopped, both take what they are handed only when they go on: one never does
    const [first, second] = server.processes() as [number, number];
    process.kill(first, 'SIGSTOP');
    process.kill(second, 'SIGSTOP');
    const calls = [server.place('hello'), server.place('hello')];
    await expect.poll(() => socketsOf(server.pid)).toBe(before + 2);
    process.kill(first, 'SIGKILL');
    process.kill(second, 'SIGCONT');
    for (const { closed } of calls) expect(await closed).toEqual(['VERBOSE cool 1']);
  });

  it('a process that leaves for an exception of a call that is over leaves a call on its way to another', async () => {
    await using server = await Resident.start({
      files: {
        'late.js':
          "agi.verbose('late'); require('net').createServer(() => { throw new Error('late') }).listen(__dirname + '/door').unref();",
        'two.js': "module.exports = async (agi) => { await agi.verbose('one'); await agi.verbose('two'); }",
      },
      listen: 'processes = 1\nspare = 1',
    });
    await server.call('late');
    const [pid] = server.processes() as [number];
    const before = socketsOf(server.pid);
    // stopped, it meets both in one turn of its loop: the exception, and then the call
    process.kill(pid, 'SIGSTOP');
    const door = net.connect(path.join(server.folder, 'door'));
    door.on('error', () => {});
    await once(door, 'connect');
    const call = server.call('two');
    await expect.poll(() => socketsOf(server.pid)).toBe(before + 1);
    process.kill(pid, 'SIGCONT');
    expect(await call).toEqual(['VERBOSE one 1', 'VERBOSE two 1']);
    await server.logged('Error: late');
    door.destroy();
  });

  it.skipIf(!existsSync('/usr/bin/prlimit'))(
    'lets in no more calls than it has descriptors for, and tells the others',
    async () => {
      await using server = await Resident.start({
        node: '/usr/bin/prlimit',
        flags: ['--nofile=240:240', process.execPath],
        files: { 'hello.js': "agi.verbose('cool')" },
        listen: 'processes = 200\nspare = 1',
      });
      await server.logged(/warning .* 400 calls at once .* \(ulimit -n\): 56 are let in/);
      const silent = Array.from({ length: 56 }, () => server.place('', undefined, ''));
      await Promise.all(silent.map(({ socket }) => once(socket, 'connect')));
      const more = await Promise.all(Array.from({ length: 20 }, () => server.call('hello')));
      expect(more).toEqual(Array.from({ length: 20 }, () => ['FAILURE']));
      expect(silent.filter(({ socket }) => socket.closed)).toEqual([]);
      for (const { socket } of silent) socket.end();
      await expect.poll(() => server.call('hello')).toEqual(['VERBOSE cool 1']);
    },
  );

  it.skipIf(!existsSync('/usr/bin/prlimit')).each(['max_calls = 1', 'max_calls = 1000'])(
    'lives on while it has no descriptors for a process (%s), and serves again when it has some',
    async (listen) => {
      await using server = await Resident.start({
        files: { 'hello.js': "agi.verbose('cool')" },
        listen: `spare = 0\n${listen}`,
      });
      const limit = (most: number | string) =>
        execFileSync('/usr/bin/prlimit', ['--pid', `${server.pid}`, `--nofile=${most}:`]);
      const used = new Set(readdirSync(`/proc/${server.pid}/fd`).map(Number));
      let free = 0;
      while (used.has(free)) free++;
      // for the call, and for nothing else
      limit(free + 1);
      const call = server.call('hello');
      await server.logged(/no process can be started: .* EMFILE \[PROCESS_START\]/, 2);
      limit(256);
      expect(await call).toEqual(['VERBOSE cool 1']);
      await server.counted(/calls 1; active 0; .* failed 0/);
    },
  );

  it.each([
    ['ENOENT', () => {}],
    // of those that Node's `spawn` throws, and has no event for
    ['ELOOP', (node: string) => symlinkSync(node, node)],
  ])(
    'lives on while no process can be started (%s), and serves again when one can',
    async (code, replace) => {
      const node = path.join(makeFolder(), 'node');
      copyFileSync(process.execPath, node);
      await using server = await Resident.start({
        node,
        files: { 'hello.js': "agi.verbose('cool')" },
        listen: 'processes = 1\nspare = 1\nmax_calls = 1',
      });
      unlinkSync(node);
      replace(node);
      expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
      const call = server.call('hello');
      await server.logged(
        new RegExp(`error .* no process can be started: .*${code}.* \\[PROCESS_START\\]`),
        2,
      );
      expect(server.log()).not.toContain('before it was ready');
      rmSync(node, { force: true });
      symlinkSync(process.execPath, node);
      expect(await call).toEqual(['VERBOSE cool 1']);
    },
  );

  describe.skipIf(process.geteuid?.() !== 0 || !existsSync('/usr/bin/setpriv'))('as root', () => {
    const files = { 'nice.js': "agi.verbose(require('os').getPriority())" };
    const words = (node: string[]) => ({
      node: node[0] as string,
      flags: [...node.slice(1), process.execPath],
    });

    it.each([
      ['of the whole machine', ['/usr/bin/setpriv', '--inh-caps', '-all']],
      ['of a container', ['/usr/bin/setpriv', '--bounding-set', '-sys_nice', '--inh-caps', '-all']],
      // where that may not be made, this is the first one
      [
        'of a user namespace',
        ['/bin/sh', '-c', 'unshare -U true && exec unshare -U -r "$@"; exec "$@"', 'sh'],
      ],
    ])('%s serves calls at the priority that it was started with', async (_, node) => {
      await using server = await Resident.start({
        ...words(node),
        files,
        listen: 'processes = 6\nspare = 2',
      });
      const held = os.getPriority();
      await expect
        .poll(() => server.processes().filter((pid) => commandOf(pid).includes('fastagi-process')).length)
        .toBeGreaterThan(1);
      await expect.poll(() => server.call('nice')).toEqual([`VERBOSE ${held} 1`]);
      await expect
        .poll(() => [...new Set(server.processes().map((pid) => os.getPriority(pid)))])
        .toEqual([held]);
    });
  });

  it('process.exit() in a script ends its call and its process', async () => {
    await using server = await Resident.start({
      files: {
        'exit.js': 'agi.verbose(1); setTimeout(() => process.exit(5), 20)',
        'lost.js': 'agi.verbose(1); agi.verbose(2); process.exit(0)',
      },
      listen: 'processes = 1',
    });
    expect(await server.call('exit')).toEqual(['VERBOSE 1 1', 'FAILURE']);
    expect(await server.call('lost')).toEqual(['VERBOSE 1 1']);
    await server.logged('process.exit() has dropped a command that waited');
    await server.counted(/ calls 2; active 0; waiting 0; failed 1; /);
  });

  it("an exit code that a script has set is its call's, and not the next one's", async () => {
    await using server = await Resident.start({
      files: { 'sets.js': 'process.exitCode = 5; agi.verbose(1)', 'plain.js': 'agi.verbose(2)' },
      listen: 'processes = 1',
    });
    expect(await server.call('sets')).toEqual(['VERBOSE 1 1', 'FAILURE']);
    expect(await server.call('plain')).toEqual(['VERBOSE 2 1']);
    await server.counted(/ calls 2; active 0; waiting 0; failed 1; /);
  });

  it('what a script prints is in the log, and not on the wire', async () => {
    await using server = await Resident.start({
      files: {
        'prints.js': `console.log('by the console'); process.stdout.write('on stdout\\n'); process.emitWarning('a warning');
          require('child_process').spawnSync('sh', ['-c', 'echo a child; echo its stderr >&2'], { stdio: 'inherit' });
          agi.verbose('clean')`,
      },
    });
    expect(await server.call('prints')).toEqual(['VERBOSE clean 1']);
    for (const text of [
      /info .* prints.js: by the console/,
      'on stdout',
      'a child',
      'its stderr',
      'a warning',
    ]) {
      await server.logged(text);
    }
  });

  it('a script in circles is ended by force, and no other with it', async () => {
    await using server = await Resident.start({
      files: { 'circles.js': "agi.verbose('circles'); for (;;);", 'hello.js': "agi.verbose('cool')" },
      config: 'max_seconds = 0.3',
      listen: 'processes = 2',
    });
    const call = server.place('circles');
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect((await call.closed).at(-1)).toBe('FAILURE');
    await server.logged(/by force: its script has run for 0.3 s.*\[SCRIPT_TIMEOUT\]/);
  });

  it.each([
    [
      "words that are Node's own way to say that one is ready",
      "process.send?.('ready'); process.send?.(null);",
      [],
    ],
    ['no JSON', "require('fs').writeSync(3, 'ready\\n');", ['has said what it cannot say, and is killed']],
    [
      'what stands in front of all that follows',
      "require('fs').writeSync(3, 'x');",
      ['has said what it cannot say, and is killed'],
    ],
    [
      'a line without end',
      `const fs = require('fs');
       module.exports = async () => {
         for (let sent = 0; sent < 2 ** 25; await new Promise(setImmediate)) {
           try { sent += fs.writeSync(3, ' '.repeat(65536)); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
         }
       };`,
      ['has said what it cannot say, and is killed'],
    ],
    ['null', "require('fs').writeSync(3, 'null\\n');", ['has said what it cannot say, and is killed']],
    [
      'a lie',
      'require(\'fs\').writeSync(3, \'{"type":"deaf"}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    [
      'numbers',
      'require(\'fs\').writeSync(3, \'{"type":"tally","ended":5}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    [
      'calls without number',
      'require(\'fs\').writeSync(3, \'{"type":"tally","active":1e300,"calls":0,"refused":{},"ended":[]}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    [
      'that it is free in the middle of a call',
      'require(\'fs\').writeSync(3, \'{"type":"free","last":false}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    [
      'the end of a call that it does not have',
      'require(\'fs\').writeSync(3, \'{"type":"done","id":99,"code":0,"asked":false}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    ...['taken","id":1}', 'free","last":true}'].map((word): [string, string, string[]] => [
      `what it may say, without end: ${word}`,
      `for (let n = 0; n < 9; n++) require('fs').writeSync(3, '{"type":"${word}\\n');`,
      ['has said what it cannot say, and is killed'],
    ]),
    ...['ACK', 'NACK', 'x'].map((word): [string, string, string[]] => [
      `NODE_HANDLE_${word}, as Node itself would`,
      `require('fs').writeSync(3, '{"cmd":"NODE_HANDLE_${word}"}\\n');`,
      ['has said what it cannot say, and is killed'],
    ]),
    [
      'that a server comes with its words',
      'require(\'fs\').writeSync(3, \'{"cmd":"NODE_HANDLE","type":"net.Server","msg":{}}\\n\');',
      ['has said what it cannot say, and is killed'],
    ],
    ['its end', "require('fs').closeSync(3);", ['has closed its line to this one, and is killed']],
  ])("what a script says on its process's line to the master ends no server: %s", async (_, says, told) => {
    await using server = await Resident.start({
      files: { 'says.js': `agi.verbose('held'); ${says}`, 'hello.js': "agi.verbose('cool')" },
      listen: 'processes = 2\nspare = 2',
    });
    for (let call = 0; call < 3; call++) await server.call('says');
    for (const text of told) await server.logged(text);
    for (let call = 0; call < 3; call++) expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect(server.child.exitCode).toBeNull();
  });

  it.each(['spare = 1', 'max_calls = 1\nspare = 0', 'mode = shared'])(
    'what a script prints where nothing can be written is lost, and not the call: %j',
    async (listen) => {
      await using server = await Resident.start({
        files: {
          'prints.js': `const { closeSync, openSync } = require('fs');
          module.exports = async (agi) => {
            closeSync(1);
            openSync('/dev/full', 'w');
            process.stdout.write('printed');
            await new Promise((resolve) => setTimeout(resolve, 20));
            await agi.verbose('cool');
          }`,
        },
        listen,
      });
      expect(await server.call('prints')).toEqual(['VERBOSE cool 1']);
    },
  );

  it('a process that never comes to the end of tidying up gives its place to another', async () => {
    const circles =
      "module.exports = async () => { await agi.verbose('held'); setTimeout(() => { for (;;); }); }";
    await using server = await Resident.start({
      files: { 'circles.js': circles, 'hello.js': "agi.verbose('cool')" },
      listen: 'processes = 1',
    });
    expect(await server.call('circles')).toEqual(['VERBOSE held 1']);
    await server.logged('has not tidied up after 10 s, and is killed');
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it.runIf(process.getuid?.() === 0)(
    "no script gets another owner's call by saying that its process is free",
    async () => {
      const says = (report: object) => `fs.writeSync(3, '${JSON.stringify(report)}\\n');`;
      const done = says({ type: 'done', id: 1, code: 0, asked: true, free: true });
      await using server = await Resident.start({
        files: {
          'thief.js': `const fs = require('fs');
            agi.verbose('held');
            module.exports = () => new Promise(() => {
              setInterval(() => {}, 1000);
              process.prependListener('message', (order, handle) => fs.writeSync(handle.fd, 'VERBOSE stolen 1\\n'));
              ${done}
            });`,
          'hello.js': "agi.verbose('cool')",
        },
        config: 'setuid = on',
        listen: 'processes = 1',
      });
      // where anyone may look in, and each script has an owner
      for (let folder = server.folder; folder !== os.tmpdir(); folder = path.dirname(folder))
        chmodSync(folder, 0o755);
      chownSync(path.join(server.folder, 'thief.js'), 1, 1);
      chownSync(path.join(server.folder, 'hello.js'), 2, 2);
      const thief = await server.hold('thief');
      expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
      await thief.closed;
      await server.logged('has said what it cannot say, and is killed');
    },
  );

  it.each([
    ['at once', 'module.exports = () => new Promise(() => {})'],
    [
      'behind work that takes the processor for a while',
      `module.exports = () => {
        setImmediate(setImmediate, () => { for (const end = performance.now() + 100; performance.now() < end; ); });
        return new Promise(() => {});
      };`,
    ],
  ])('an endless wait is found out: %s', async (_, script) => {
    await using server = await Resident.start({ files: { 'stuck.js': script } });
    expect((await server.call('stuck')).at(-1)).toBe('FAILURE');
    await server.logged('[SCRIPT_STUCK]');
  });
});

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

/** How many sockets a process has open. */
function socketsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((name) => name.startsWith('socket:')).length;
}
