/** A process that is started for one call which waits: one call a process, and none is ready. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../support/inet';
import { Resident } from '../support/resident';

/**
 * Node runs it before the program: a process on an errand says that it is there, and goes on when it may.
 * @param then what it does the first time
 */
function heldUp(then = '') {
  const folder = makeFolder({
    'first.js': `const fs = require('fs');
      if (process.argv[1].endsWith('-errand.js')) {
        const isFirst = fs.readdirSync(__dirname).length === 1;
        fs.writeFileSync(__dirname + '/' + process.pid, '');
        const clock = new Int32Array(new SharedArrayBuffer(4));
        for (let look = 0; look < 2000 && !fs.existsSync(__dirname + '/go'); look++) Atomics.wait(clock, 0, 0, 10);
        if (isFirst) { ${then} }
      }`,
  });
  return {
    flags: ['--require', `${folder}/first.js`],
    there: (count: number) =>
      expect.poll(() => readdirSync(folder).length - 1, { timeout: 20_000 }).toBe(count),
    go: () => writeFileSync(`${folder}/go`, ''),
  };
}

/** None is kept ready: each call has a process started for it. */
const listen = 'max_calls = 1\nspare = 0\nprocesses = 8';
const held =
  "agi.verbose('held'); module.exports = (agi) => new Promise((resolve) => agi.signal.addEventListener('abort', resolve));";

describe('a call that waits where each process serves one', () => {
  it('has its process from the start, and is counted as any other', async () => {
    await using server = await Resident.start({
      files: {
        'body.js': "agi.verbose('cool'); fastagi.setVariable('test', '1111');",
        'name.js': 'module.exports = async (agi) => { await agi.verbose(agi.request.params.name); }',
        'module.mjs': "await agi.verbose('awaited'); export default (agi) => agi.verbose('called');",
        'where.js': `const fs = require('fs'); agi.verbose([require.main === module, process.argv[1].endsWith('/where.js'),
          fs.readlinkSync('/proc/self/fd/0').startsWith('socket:'), typeof process.send, process.env.NODE_CHANNEL_FD].join())`,
        'fails.js': "agi.verbose('then'); throw new Error('broken')",
        'leaves.js': "agi.verbose('bye').then(() => process.exit(3))",
        'prints.js': "console.log('printed'); process.stdout.write('plain\\n'); agi.verbose('clean')",
      },
      listen,
    });
    expect(server.processes()).toEqual([]);
    expect(await server.call('body')).toEqual(['VERBOSE cool 1', 'SET VARIABLE test 1111']);
    expect(await server.call('name?name=J%C3%BCrgen')).toEqual(['VERBOSE "Jürgen" 1']);
    expect(await server.call('module')).toEqual(['VERBOSE awaited 1', 'VERBOSE called 1']);
    expect(await server.call('where')).toEqual(['VERBOSE true,true,true,undefined, 1']);
    expect(await server.call('prints')).toEqual(['VERBOSE clean 1']);
    expect(server.log()).toMatch(/info .*prints.*printed/);
    expect(server.log()).toMatch(/^plain$/m);
    expect(server.log()).not.toMatch(/ (warning|error) /);
    expect((await server.call('fails')).at(-1)).toBe('FAILURE');
    expect(await server.call('leaves')).toEqual(['VERBOSE bye 1', 'FAILURE']);
    expect((await server.call('nothing')).at(-1)).toBe('FAILURE');
    expect(await server.place('', undefined, 'GET / HTTP/1.1\n\n').closed).toEqual([]);
    await server.counted(
      /calls 8; active 0; .* failed 3; .* without a request 1; .* started 9; crashed 0; first command after \d/,
    );
    await expect.poll(() => server.processes()).toEqual([]);
  });

  it('is served with all that come in one moment, no more processes than there may be at a time', async () => {
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen: 'max_calls = 1\nspare = 1\nprocesses = 3\nmax_active = 100',
    });
    const all = await Promise.all(Array.from({ length: 24 }, () => server.call('hello')));
    expect(all).toEqual(Array.from({ length: 24 }, () => ['VERBOSE cool 1']));
    expect(server.log()).not.toMatch(/ (warning|error) /);
  });

  it('hears that the service is stopped when its time to finish is over', async () => {
    await using server = await Resident.start({
      files: { 'held.js': held },
      listen: `${listen}\ndrain_seconds = 0.2`,
    });
    const call = await server.hold('held');
    server.child.kill('SIGTERM');
    expect((await call.closed).at(-1)).toBe('FAILURE');
    expect(await server.ended).toMatchObject({ code: 0 });
    expect(server.log()).toMatch(/the service is stopped, and its time to finish is over/);
    expect(server.log()).toMatch(/\[DRAINED\]/);
  });

  it('is not ended by signals that are for its master', async () => {
    await using server = await Resident.start({ files: { 'held.js': held }, listen });
    const call = await server.hold('held');
    const [pid] = server.processes() as [number];
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.kill(pid, signal);
    const other = await server.hold('held');
    other.socket.end('HANGUP\n');
    expect(await other.closed).toEqual(['VERBOSE held 1']);
    expect(call.socket.closed).toBe(false);
    call.socket.end('HANGUP\n');
    expect(await call.closed).toEqual(['VERBOSE held 1']);
  });

  it('that takes its process along is told in the log, and no other is lost', async () => {
    await using server = await Resident.start({
      files: { 'held.js': held, 'dies.js': "agi.verbose('held'); module.exports = () => process.abort();" },
      listen,
    });
    const other = await server.hold('held');
    expect((await server.call('dies')).at(-1)).toBe('FAILURE');
    await server.logged(/error .* has ended with SIGABRT in the middle of a call \[PROCESS_ENDED\]/);
    expect(other.socket.closed).toBe(false);
    other.socket.end('HANGUP\n');
    await other.closed;
  });

  it('goes to another process where the first one ends before it has begun', async () => {
    // Node runs it before the program: the first time it ends the process
    const folder = makeFolder({
      'first.js': `const fs = require('fs'); const mark = __dirname + '/mark';
        if (process.argv[1].endsWith('-errand.js') && !fs.existsSync(mark)) { fs.writeFileSync(mark, ''); process.exit(7); }`,
    });
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen,
      flags: ['--require', `${folder}/first.js`],
    });
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect(existsSync(`${folder}/mark`)).toBe(true);
    expect(server.log()).toMatch(/ended with exit code 7 before it was ready \[PROCESS_START\]/);
    await server.counted(/calls 1; .* failed 0; .* started 2; crashed 0/);
  });

  /** No process comes to its first line from the first call on. */
  function without() {
    const folder = makeFolder({
      'first.js': `if (require('fs').existsSync(__dirname + '/go')) process.exit(7)`,
    });
    return { flags: ['--require', `${folder}/first.js`], end: () => writeFileSync(`${folder}/go`, '') };
  }

  it('waits ten seconds for a process where each that is started ends at once, and no longer', async () => {
    const { flags, end } = without();
    await using server = await Resident.start({ files: { 'hello.js': '' }, listen, flags });
    end();
    expect(await server.call('hello')).toEqual(['FAILURE']);
    await server.logged('a call from 127.0.0.1 refused: [listen] processes [REFUSED]');
    // each after twice the time of the one before
    await server.counted(/calls 1; active 0; waiting 0; .* started \d; crashed 0/);
  });

  it('that waits while the server stops has not a process after the other started for it', async () => {
    const { flags, end } = without();
    await using server = await Resident.start({
      files: { 'hello.js': '' },
      listen: `${listen}\ndrain_seconds = 3`,
      flags,
    });
    end();
    const call = server.call('hello');
    await server.logged(/before it was ready/);
    server.child.kill('SIGTERM');
    expect(await call).toEqual(['FAILURE']);
    expect(await server.ended).toMatchObject({ code: 0 });
    await server.logged(/stopped; calls 1; .* started \d; crashed 0/);
  });

  it.each([
    ['while its process starts', '', 1],
    ['while its process starts, which dies', 'process.exit(7)', 2],
  ])('that is hung up %s hears of it', async (_, then, started) => {
    const { flags, there, go } = heldUp(then);
    await using server = await Resident.start({
      files: {
        'waits.js': `module.exports = async (agi) => {
          if (!agi.signal.aborted) await new Promise((resolve) => agi.signal.addEventListener('abort', resolve));
          await agi.verbose('gone');
        }`,
      },
      listen,
      flags,
    });
    const call = server.place('waits');
    await there(1);
    call.socket.write('HANGUP\n');
    // what the master would read it has read when it has answered
    await server.counted(/active 1/);
    go();
    expect(await call.closed).toEqual(['VERBOSE gone 1']);
    await server.counted(new RegExp(`started ${started}; crashed 0`));
  });

  it('is served once, though its process may be seen to have ended before its words are read', async () => {
    // the master is held up at each connection, for as long as a process takes for its call
    const folder = makeFolder({
      'first.js': `const clock = new Int32Array(new SharedArrayBuffer(4));
        if (process.argv[2] === 'listen')
          require('diagnostics_channel').subscribe('net.server.socket', () => Atomics.wait(clock, 0, 0, 60));`,
    });
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen,
      flags: ['--require', `${folder}/first.js`],
    });
    const callers = Array.from({ length: 4 }, async () => {
      for (let call = 0; call < 15; call++) expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    });
    await Promise.all(callers);
    await server.counted(/calls 60; active 0; .* failed 0; .* started 60; crashed 0/);
    expect(server.log()).not.toMatch(/ (warning|error) /);
  });

  it('is sent away where its process has not begun when the server is to stop at once', async () => {
    const { flags, there } = heldUp();
    await using server = await Resident.start({ files: { 'held.js': held }, listen, flags });
    const calls = [server.place('held'), server.place('held')];
    await there(2);
    server.child.kill('SIGTERM');
    await server.logged(/stopping: SIGTERM; 2 calls/);
    server.child.kill('SIGTERM');
    for (const call of calls) expect(await call.closed).toEqual(['FAILURE']);
    expect(await server.ended).toMatchObject({ code: 0 });
    await server.logged(/stopped; calls 2; .* refused drain_seconds 2; .* started 2; crashed 0/);
  });

  it('is served where its process ends before it has begun while the server stops', async () => {
    const { flags, there, go } = heldUp('process.exit(7)');
    await using server = await Resident.start({
      files: { 'hello.js': "agi.verbose('cool')" },
      listen,
      flags,
    });
    const call = server.place('hello');
    await there(1);
    server.child.kill('SIGTERM');
    await server.logged(/stopping: SIGTERM; 1 call/);
    go();
    expect(await call.closed).toEqual(['VERBOSE cool 1']);
    expect(await server.ended).toMatchObject({ code: 0 });
    await server.logged(/stopped; calls 1; .* failed 0; .* started 2; crashed 0/);
  });

  it.each([
    ['says what it cannot say', 'fs.writeSync(3, \'{"type":"ready"}\\n\')', /has said what it cannot say/],
    [
      'says that it is free',
      'fs.writeSync(3, \'{"type":"free","last":false}\\n\')',
      /has said what it cannot say/,
    ],
    [
      'says a time that is none',
      'fs.writeSync(3, \'{"type":"done","id":1,"code":0,"asked":true,"firstCommandMs":"soon"}\\n\')',
      /has said what it cannot say/,
    ],
    ['says what is no report', "fs.writeSync(3, 'hello\\n')", /has said what it cannot say/],
    ['never ends its line', "fs.writeSync(3, 'x'.repeat(70000))", /has said what it cannot say/],
    ['closes its line', 'fs.closeSync(3)', /has closed its line/],
  ])('has a script that %s: its process is killed', async (_, does, told) => {
    await using server = await Resident.start({
      files: {
        'script.js': `const fs = require('fs'); agi.verbose('held'); module.exports = () => { ${does}; return new Promise(() => setInterval(() => {}, 1000)); }`,
        'hello.js': "agi.verbose('cool')",
      },
      listen,
    });
    const call = await server.hold('script');
    await server.logged(new RegExp(`error .* process \\d+ ${told.source}.* \\[PROCESS_LINE\\]`));
    await call.closed;
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it('has a script that hands its line on: the server stops without waiting for who has it', async () => {
    await using server = await Resident.start({
      files: {
        'hands.js': `module.exports = async (agi) => {
          const child = require('child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', 3], detached: true });
          child.unref();
          await agi.verbose(child.pid);
        }`,
      },
      listen,
    });
    const [said] = await server.call('hands');
    const pid = Number(/\d+/.exec(said ?? '')?.[0]);
    try {
      server.child.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 0 });
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('may be left by process.exit() while Asterisk answers nothing: no crash', async () => {
    await using server = await Resident.start({
      files: { 'leaves.js': "agi.verbose('bye'); setTimeout(() => process.exit(3), 20)" },
      listen,
    });
    const call = server.place('leaves', () => undefined);
    await call.closed;
    await server.counted(/calls 1; active 0; .* failed 1; .* crashed 0;/);
    expect(server.log()).not.toContain('[PROCESS_ENDED]');
  });

  it('is held to max_seconds', async () => {
    await using server = await Resident.start({
      files: { 'circles.js': "agi.verbose('held'); module.exports = () => { for (;;) {} }" },
      listen,
      config: 'max_seconds = 1',
    });
    const call = await server.hold('circles');
    await server.logged(/ended by force: its script has run for 1 s.*\[SCRIPT_TIMEOUT\]/);
    await call.closed;
  });
});
