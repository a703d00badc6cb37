/** `fastagi listen --mode shared`: many calls in one process, and each knows its own. */
import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAll } from '../support/asterisk';
import { makeFolder } from '../support/inet';
import { Resident } from '../support/resident';

const held =
  "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); console.log('let go'); }";

function start(options: Parameters<typeof Resident.start>[0]): Promise<Resident> {
  return Resident.start({ ...options, args: ['--mode', 'shared', ...(options.args ?? [])] });
}

describe('a shared process', () => {
  it('loads nothing that has become a link out of the folder since it was looked for', async () => {
    const outside = makeFolder({ 'outside.js': "module.exports = (agi) => agi.verbose('outside')" });
    await using server = await start({ files: {} });
    const file = path.join(server.folder, 'script.js');
    for (let round = 0; round < 5; round++) {
      rmSync(file, { force: true });
      server.write('script.js', 'throw new Error("not yet")');
      expect((await server.call('script')).at(-1)).toBe('FAILURE');
      rmSync(file);
      symlinkSync(path.join(outside, 'outside.js'), file);
      expect((await server.call('script')).at(-1)).toBe('FAILURE');
    }
  });

  it('serves others beside a script that tries again and again on a connection that is closed', async () => {
    await using server = await start({
      files: {
        'circles.js':
          "module.exports = async (agi) => { for (;;) try { await agi.streamFile('welcome'); } catch (error) {} }",
        'hello.js': "module.exports = (agi) => agi.verbose('cool ' + process.pid)",
      },
      listen: 'processes = 1\nstuck_seconds = 0',
    });
    const before = await server.call('hello');
    const { socket } = server.place('circles');
    socket.once('data', () => socket.destroy());
    await server.logged(/error .*circles.js.* has asked 1000 times .*\[SCRIPT_AFTER_HANGUP\]/);
    expect(await server.call('hello')).toEqual(before);
  });

  it('that is stuck is killed after stuck_seconds, however many calls it is handed', async () => {
    await using server = await start({
      files: {
        'circles.js': 'module.exports = () => { for (;;); }',
        'hello.js': "module.exports = (agi) => agi.verbose('cool')",
      },
      listen: 'processes = 2\nmax_per_address = 500\nstuck_seconds = 1',
    });
    server.place('circles');
    await expect
      .poll(
        () => {
          for (let call = 0; call < 3; call++) server.place('hello');
          return server.log();
        },
        { timeout: 10_000, interval: 100 },
      )
      .toMatch(/process \d+ has not .* after 1 s, and is killed \[PROCESS_STUCK\]/);
    await expect.poll(() => server.call('hello')).toEqual(['VERBOSE cool 1']);
  });

  it.each([['--processes=1'], ['--processes=2'], ['--processes=2 --max-per-address=50']])(
    'serves scripts that export a function, %s',
    async (args) => {
      await using server = await start({
        files: {
          'function.js': 'module.exports = async (agi) => { await agi.verbose(agi.request.params.name); }',
          'module.mjs': "export default async (agi) => { await agi.verbose('called'); }",
          'nested.agi':
            "const word = await Promise.resolve('agi'); export default (agi) => agi.verbose(word);",
        },
        args: args.split(' '),
      });
      for (let round = 0; round < 3; round++) {
        expect(await server.call('function?name=Jo')).toEqual(['VERBOSE Jo 1']);
        expect(await server.call('module')).toEqual(['VERBOSE called 1']);
        expect(await server.call('nested')).toEqual(['VERBOSE agi 1']);
      }
      expect(server.log()).not.toMatch(/warning|error/);
    },
  );

  it.each([
    ['its body uses agi', "agi.verbose('x')"],
    [
      'its body uses fastagi',
      "Promise.resolve().then(() => fastagi.verbose('x')); module.exports = () => {}",
    ],
    ['it exports no function', 'exports.answer = 42'],
    ['its body uses agi', "await agi.verbose('x'); export default () => {}"],
  ])('tells of a script whose body is the call: %s', async (why, text) => {
    await using server = await start({ files: { 'script.js': text } });
    for (let call = 0; call < 2; call++) {
      const commands = await server.call('script');
      if (commands.length === 0) continue;
      expect(commands).toEqual([
        expect.stringContaining(`cannot serve many calls at once, for ${why}`),
        'FAILURE',
      ]);
    }
    await server.logged('[SCRIPT_BODY]');
  });

  it('each call has its own agi, fastagi, console and log, wherever its code runs', async () => {
    await using server = await start({
      files: {
        'who.js': `const { setTimeout: sleep } = require('node:timers/promises');
          const { EventEmitter } = require('node:events');
          const later = () => new Promise((resolve) => setTimeout(() => resolve(globalThis.agi), 5));
          module.exports = async (agi) => {
            const { name } = agi.request.params;
            await sleep(Math.random() * 20);
            const same = [globalThis.agi === agi, globalThis.fastagi === agi, (await later()) === agi];
            await agi.noop();
            same.push(globalThis.agi === agi);
            await new Promise((resolve) => require('fs').readFile(__filename, () => { same.push(globalThis.agi === agi); resolve(); }));
            console.log('I am', name);
            await fastagi.verbose(name + ' ' + same.join(' '));
          }`,
      },
    });
    const names = Array.from({ length: 30 }, (_, at) => `n${at}`);
    const all = await Promise.all(names.map((name) => server.call(`who?name=${name}`)));
    expect(all.map((commands) => commands.at(-1))).toEqual(
      names.map((name) => `VERBOSE "${name} true true true true true" 1`),
    );
    for (const name of names)
      await server.logged(new RegExp(`info fastagi\\[\\d+\\] who.js: I am ${name}\\n`));
  });

  it('a hangup reaches the listeners of its own call, at home', async () => {
    await using server = await start({
      files: {
        'hangup.js': `module.exports = async (agi) => {
          await agi.verbose('held');
          const own = await new Promise((resolve) => agi.signal.addEventListener('abort', () => resolve(globalThis.agi === agi)));
          console.log('at home: ' + own);
        }`,
      },
    });
    const call = await server.hold('hangup');
    const other = await server.hold('hangup');
    call.socket.end('HANGUP\n');
    await server.logged('at home: true');
    expect(other.socket.closed).toBe(false);
    other.socket.end('HANGUP\n');
    await server.logged('at home: true', 2);
  });

  it("one call's failure harms no other", async () => {
    await using server = await start({
      files: {
        'held.js': held,
        'throws.js': "module.exports = async () => { throw new Error('no luck') }",
        'later.js':
          "module.exports = (agi) => { setTimeout(() => { throw new Error('out of nowhere') }, 5); return agi.wait?.() ?? new Promise(() => {}) }",
        'rejects.js':
          "module.exports = async (agi) => { Promise.reject(new Error('unheard')); await new Promise(() => {}) }",
        'exits.js': "module.exports = async (agi) => { await agi.verbose('bye'); process.exit(0) }",
        'exits-badly.js': 'module.exports = async () => { process.exit(7) }',
        'broken.js': 'module.exports = async (agi) => {;',
        'stuck.js':
          "module.exports = async (agi) => { await agi.verbose('held'); await new Promise(() => {}) }",
      },
      config: 'hangup_seconds = 0.3',
    });
    const other = await server.hold('held');
    const failure = (text: string) => [expect.stringContaining(text), 'FAILURE'];
    expect(await server.call('throws')).toEqual(failure('throws.js: Error: no luck'));
    expect(await server.call('later')).toEqual(failure('later.js: Error: out of nowhere'));
    expect(await server.call('rejects')).toEqual(failure('rejects.js: Error: unheard'));
    expect(await server.call('exits')).toEqual(['VERBOSE bye 1']);
    expect(await server.call('exits-badly')).toEqual(failure('process.exit(7)'));
    expect(await server.call('broken')).toEqual(failure('SyntaxError'));
    // it never ends by itself: the limit behind its caller's hangup does it
    const stuck = await server.hold('stuck');
    stuck.socket.write('HANGUP\n');
    expect((await stuck.closed).slice(1)).toEqual(failure('still runs 0.3 s after its caller hung up'));
    expect(server.processes().length).toBe(1);
    expect(other.socket.closed).toBe(false);
    other.socket.end('HANGUP\n');
    await server.logged('let go');
  });

  it.each([
    ['a script', 'script.js', { 'script.js': 'module.exports = (agi) => agi.verbose("old")' }],
    [
      'what it requires',
      'lib.js',
      {
        'script.js': 'const word = require(__dirname + "/lib"); module.exports = (agi) => agi.verbose(word)',
        'lib.js': 'module.exports = "old"',
      },
    ],
    ['an ES module', 'script.mjs', { 'script.mjs': 'export default (agi) => agi.verbose("old")' }],
    [
      'what it imports',
      'lib.mjs',
      {
        'script.mjs': 'import word from "./lib.mjs"; export default (agi) => agi.verbose(word)',
        'lib.mjs': 'export default "old"',
      },
    ],
    [
      'an ES module that is required',
      'lib.mjs',
      {
        'script.js':
          'const word = require(__dirname + "/lib.mjs").default; module.exports = (agi) => agi.verbose(word)',
        'lib.mjs': 'export default "old"',
      },
    ],
  ])('takes up %s that has changed, while the old one finishes its calls', async (_, name, files) => {
    await using server = await start({ files: { ...files, 'held.js': held } });
    const before = await server.hold('held');
    const script = name.startsWith('lib') ? 'script' : name;
    expect(await server.call(script)).toEqual(['VERBOSE old 1']);
    const text = (files as Record<string, string>)[name] as string;
    server.write(name, text.replace('old', 'changed'));
    await expect.poll(() => server.call(script), { timeout: 20_000 }).toEqual(['VERBOSE changed 1']);
    expect(before.socket.closed).toBe(false);
    before.socket.end('HANGUP\n');
    await server.logged('let go');
  });

  it('is killed and replaced when a script runs in circles', async () => {
    await using server = await Resident.start({
      files: {
        'circles.js': "module.exports = async (agi) => { await agi.verbose('circles'); for (;;); }",
        'held.js':
          "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); }",
        'hello.js': "module.exports = (agi) => agi.verbose('cool')",
      },
      listen: 'mode = shared\nstuck_seconds = 0.5',
    });
    const held = await server.hold('held');
    const [pid] = server.processes();
    expect(await server.call('circles')).toEqual(['VERBOSE circles 1']);
    await server.logged(
      `process ${pid} has not let the event loop turn after 0.5 s, and is killed [PROCESS_STUCK]`,
    );
    // the last call of all may have come in when it could tell nobody any more
    await server.logged(/has ended with SIGKILL in the middle of (a call|2 calls) \[PROCESS_ENDED\]/);
    await held.closed;
    expect(await server.call('hello')).toEqual(['VERBOSE cool 1']);
    await server.counted(/ active 0; waiting 0; .* crashed 1; /);
  });

  it('is replaced when it dies, with its calls', async () => {
    await using server = await start({
      files: { 'held.js': held, 'dies.js': 'module.exports = () => process.abort()' },
    });
    const other = await server.hold('held');
    await server.call('dies');
    await other.closed;
    // the last word of a process may be a tenth of a second old
    await server.logged(/in the middle of (a call|2 calls) \[PROCESS_ENDED\]/);
    const again = await server.hold('held');
    again.socket.end('HANGUP\n');
  });

  it('takes up a changed script though another has stopped the clock', async () => {
    const word = (said: string) => `module.exports = (agi) => agi.verbose('${said}')`;
    const stops = "module.exports = async (agi) => { Date.now = () => 0; await agi.verbose('stopped'); }";
    await using server = await start({ files: { 'stops.js': stops, 'script.js': word('old') } });
    expect(await server.call('stops')).toEqual(['VERBOSE stopped 1']);
    expect(await server.call('script')).toEqual(['VERBOSE old 1']);
    server.write('script.js', word('changed'));
    await expect.poll(() => server.call('script')).toEqual(['VERBOSE changed 1']);
  });

  it.each([['--processes=1'], ['--processes=2 --max-per-address=50']])(
    'is renewed when a script closes what the log is, and writes to no other call (%s)',
    async (args) => {
      await using server = await start({
        files: {
          'closes.js': `const { closeSync } = require('fs');
            module.exports = async (agi) => { for (const fd of [0, 1, 2]) closeSync(fd); await agi.verbose('closed'); }`,
          'prints.js':
            "module.exports = async (agi) => { console.log('printed'); await agi.verbose('cool'); }",
        },
        args: args.split(' '),
      });
      expect(await server.call('closes')).toEqual(['VERBOSE closed 1']);
      for (let call = 0; call < 4; call++) expect(await server.call('prints')).toEqual(['VERBOSE cool 1']);
      await server.logged(/info .* process \d+ is renewed: a script has closed one of descriptors 0 to 2/);
      await expect
        .poll(async () => {
          expect(await server.call('prints')).toEqual(['VERBOSE cool 1']);
          return server.log();
        })
        .toContain('prints.js: printed');
    },
  );

  it.each([
    [
      'that it is to be renewed, for what is no text',
      'ping',
      '{"type":"stale","why":{"toString":1,"valueOf":1}}',
    ],
    ['that there is nothing to listen on, when it leaves', 'leave', '{"type":"deaf","why":"no such socket"}'],
  ])("what a script says on its process's line ends no server: %s", async (_, order, says) => {
    await using server = await start({
      files: {
        'says.js': `const { writeSync } = require('fs');
          module.exports = async (agi) => {
            const say = ({ type }) => type === '${order}' && writeSync(3, '${says}\\n');
            process.on('message', say);
            await agi.verbose('held');
            await new Promise(() => {});
          }`,
        'hello.js': "module.exports = (agi) => agi.verbose('cool')",
      },
    });
    const call = await server.hold('says');
    if (order === 'leave') server.child.kill('SIGHUP');
    await server.logged('has said what it cannot say, and is killed');
    await call.closed;
    await expect.poll(() => server.call('hello')).toEqual(['VERBOSE cool 1']);
    expect(server.child.exitCode).toBeNull();
  });

  it('refuses setuid, which it could not keep', async () => {
    const server = Resident.spawn({ config: 'setuid = on', args: ['--mode', 'shared'] });
    expect(await server.ended).toMatchObject({ code: 3 });
    expect(server.log()).toContain('[LISTEN_SETUID]');
  });

  it('refuses the call for which no descriptor is left', async () => {
    await using server = await start({
      files: { 'held.js': held },
      node: '/bin/sh',
      flags: ['-c', 'ulimit -n 140; exec "$0" "$@"', process.execPath],
    });
    const calls = [];
    for (let call = 0; call < 12; call++) calls.push(await server.hold('held'));
    expect(await server.call('held')).toEqual(['FAILURE']);
    await server.logged('refused: [listen] max_active [REFUSED]');
    for (const { socket } of calls) socket.end('HANGUP\n');
    await Promise.all(calls.map(({ closed }) => closed));
  });

  it('holds 5,000 calls at once', async () => {
    await using server = await start({
      files: {
        'held.js':
          "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); await agi.noop('bye'); }",
      },
    });
    const calls: ReturnType<Resident['place']>[] = [];
    // in crowds: what waits in the kernel to be accepted is bounded, too
    for (let crowd = 0; crowd < 50; crowd++) {
      const some = Array.from({ length: 100 }, () => server.place('held', answerAll));
      await Promise.all(
        some.map(({ socket, commands }) =>
          commands.length > 0 ? undefined : new Promise((resolve) => socket.once('data', resolve)),
        ),
      );
      calls.push(...some);
    }
    await server.counted(/ calls 5000; active 5000; .* failed 0; refused 0;/);
    for (const { socket } of calls) socket.write('HANGUP\n');
    const all = await Promise.all(calls.map(({ closed }) => closed));
    expect(all.filter(([first, second]) => first !== 'VERBOSE held 1' || second !== 'NOOP bye')).toEqual([]);
    await server.counted(/ calls 5000; active 0; .* failed 0;/);
    expect(server.processes().length).toBe(1);
  }, 120_000);
});
