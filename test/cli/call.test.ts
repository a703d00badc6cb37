/** `fastagi call` as it is built: in a pipe, and on a terminal of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';

const children: ChildProcess[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) server.close();
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

interface Started {
  readonly ended: Promise<Ended>;
  /** Resolves when the output holds this. */
  shows(text: string | RegExp): Promise<void>;
  type(keys: string): void;
  readonly child: ChildProcess;
}

function start(command: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(command[0] as string, command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, FASTAGI_CONFIG: '/dev/null', ...env },
  });
  children.push(child);
  let output = '';
  let errors = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, output, errors }));
  });
  return {
    ended,
    child,
    type: (keys) => child.stdin.write(keys),
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? !output.includes(text) : !text.test(output)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended before it showed ${text}:\n${output}${errors}`)));
      }),
  };
}

/** In a pipe, with nothing to type. */
function piped(...args: string[]): Started {
  const started = start([process.execPath, executable('fastagi'), 'call', ...args]);
  started.child.stdin?.end();
  return started;
}

/** On a terminal, which util-linux's `script` makes. */
function onTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const quoted = [process.execPath, executable('fastagi'), 'call', ...args]
    .map((word) => `'${word}'`)
    .join(' ');
  return start(['script', '-qec', quoted, '/dev/null'], { TERM: 'xterm', SHELL: '/bin/sh', ...env });
}

/** The output without its times. */
const timeless = (output: string) =>
  output.replace(/^ +\d+\.\d s {2}/gm, '').replace(/: \d+\.\d s,/g, ': T,');

function file(text: string, name = 'script.mjs'): string {
  const place = path.join(makeFolder({ [name]: text }), name);
  if (text.startsWith('#!')) chmodSync(place, 0o755);
  return place;
}

const menu = `export default async function (agi) {
  await agi.answer();
  const { digits } = await agi.getData('vm-extension', { timeoutMs: 5000, maxDigits: 4 });
  if (digits) await agi.sayDigits(digits);
  await agi.setVariable('EXTENSION', digits);
  await agi.goto('extensions', digits || 'none');
}`;

/** A program that is no script of ours, and shows what it got. */
const raw = (body: string) => `#!${process.execPath}\n${body}`;

async function server(onConnection: (socket: Socket) => void): Promise<number> {
  const listening = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  servers.push(listening);
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return (listening.address() as { port: number }).port;
}

describe('in a pipe', () => {
  it('is over before the script begins, as in the extension h', async () => {
    const script = file(
      "export default async (agi) => { await agi.setVariable('a', 1); await agi.streamFile('beep'); }",
    );
    const { code, output } = await piped(script, '--hungup').ended;
    expect(timeless(output).split('\n')).toEqual([
      `Call to ${script}`,
      '✎ a = 1',
      'Done: T, 2 commands, not answered; the dialplan ends, for the caller is gone; AGISTATUS is SUCCESS',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('keeps what a script, a library and a child process print off the wire, as in Asterisk', async () => {
    const script = file(
      `
      process.stdout.write('a library prints\\n');
      require('node:fs').writeSync(1, 'a logger writes\\n');
      require('node:child_process').execFileSync('echo', ['a child prints'], { stdio: ['ignore', 'inherit', 'inherit'] });
      agi.setVariable('test', '1111');`,
      'script.js',
    );
    const { code, output } = await piped(script).ended;
    expect(
      timeless(output)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      `Call to ${script}`,
      '≡ a library prints',
      '≡ a logger writes',
      '≡ a child prints',
      '✎ test = 1111',
      'Done: T, 1 command, not answered; the dialplan goes on at default,s,2; AGISTATUS is SUCCESS',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('shows what the caller hears and does, and where the dialplan goes on', async () => {
    const script = file(menu);
    const { code, output, errors } = await piped(script, '--digits', '1234').ended;
    expect(timeless(output).split('\n')).toEqual([
      `Call to ${script}`,
      '☎ the call is answered',
      '♪ vm-extension',
      ...['⌨ 1', '⌨ 2', '⌨ 3', '⌨ 4'],
      '🗣 1 2 3 4',
      '✎ EXTENSION = 1234',
      '↪ extensions,s,1',
      '↪ extensions,1234,1',
      'Done: T, 7 commands, answered; the dialplan goes on at extensions,1234,1; AGISTATUS is SUCCESS',
      '',
    ]);
    expect([code, errors]).toEqual([0, '']);
  });

  it('--wire shows the lines, --fast takes no time', async () => {
    const { output } = await piped(file(menu), '--wire', '--fast').ended;
    expect(timeless(output)).toContain(
      '> GET DATA vm-extension 5000 4\n♪ vm-extension\n< 200 result= (timeout)\n> SET VARIABLE EXTENSION ""\n',
    );
    expect(output).toMatch(/^Done: 6\.0 s/m);
  });

  it('--json gives an object a line', async () => {
    const { output } = await piped(file(menu), '--json', '--fast', '--digits', 'w12#').ended;
    const lines = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type }) => type === 'key')).toEqual(
      ['1', '2', '#'].map((key, at) => ({ atMs: 600 + 100 * at, type: 'key', key, heard: true })),
    );
    expect(lines).toContainEqual({ atMs: expect.any(Number), type: 'say', kind: 'digits', text: '12' });
    expect(lines.at(-1)).toEqual({
      type: 'summary',
      durationMs: 1600,
      commands: 7,
      answered: true,
      status: 'SUCCESS',
      goesOn: { context: 'extensions', extension: '12', priority: 1 },
      exitCode: 0,
    });
  });

  it('tells the script what the options say', async () => {
    const script = file(
      `agi.verbose(JSON.stringify([agi.request.callerId, agi.request.callerIdName, agi.request.dnid, agi.request.context,
        agi.request.extension, agi.request.priority, agi.request.language, agi.request.version, agi.request.arguments,
        agi.request.params.x, await agi.getVariable('A'), await agi.getVariable('B')]));`,
    );
    const { output, code } = await piped(
      ...[`${script}?x=y`, 'one', '2', '--callerid', '"Jo Do" <555>', '--dnid', '800', '--context', 'in'],
      ...['--extension', '100', '--priority', '3', '--language', 'de', '--asterisk', '16.28.0'],
      ...['--var', 'A=1=2', '--var', 'B=', '--arg', 'three', '--json', '--', '--four', '1e3'],
    ).ended;
    const verbose = output.split('\n').find((line) => line.includes('"verbose"')) ?? '{}';
    expect(JSON.parse(JSON.parse(verbose).text)).toEqual([
      '555',
      'Jo Do',
      '800',
      'in',
      '100',
      3,
      'de',
      '16.28.0',
      ['one', '2', '--four', '1e3', 'three'],
      'y',
      '1=2',
      '',
    ]);
    expect(code).toBe(0);
  });

  it('--hangup-after hangs up', async () => {
    const { output, code } = await piped(
      file(`for (;;) await agi.streamFile('music');`),
      ...['--hangup-after', '2.5', '--fast'],
    ).ended;
    expect(output).toMatch(
      /2\.5 s {2}✆ the caller hangs up\nDone: 2\.5 s.*the caller is gone; AGISTATUS is HANGUP/,
    );
    expect(code).toBe(0);
  });

  it('hangs up where nobody can press a key', async () => {
    const { output, code } = await piped(file('await agi.waitForDigit();')).ended;
    expect(output).toMatch(/nobody is here to press a key/);
    expect(code).toBe(0);
  });

  it('shows a script that fails, with its log, and what Asterisk does not take', async () => {
    const { output, code } = await piped(file(`await agi.send('NO SUCH THING');`)).ended;
    expect(output).toMatch(/! NO SUCH THING: 510 Invalid or unknown command/);
    expect(output).toMatch(/≡ .*error .*AgiUnknownCommandError/);
    expect(output).toMatch(/AGISTATUS is FAILURE\nFailed: the script ended with exit code 1\n$/);
    expect(code).toBe(1);
  });

  it.each([
    ['ends without a command', '', 'SUCCESS', 0],
    ['ends without a command and with an exit code', 'process.exit(3)', 'FAILURE', 1],
  ])('of a program that %s, as Asterisk', async (_, body, status, rc) => {
    const { output, code } = await piped(file(raw(body), 'program')).ended;
    expect(timeless(output)).toContain(`AGISTATUS is ${status}\n`);
    expect(output.includes('! the script has ended without a command\n')).toBe(rc === 0);
    expect(output.includes('Failed')).toBe(rc !== 0);
    expect(code).toBe(rc);
  });

  it('--sounds knows lengths, and what is missing', async () => {
    const folder = makeFolder({ 'en/half.ulaw': 'x'.repeat(4000), 'deep/quarter.gsm': 'x'.repeat(413) });
    const script = file(
      `await agi.streamFile('half'); await agi.streamFile('deep/quarter'); await agi.streamFile('none'); await agi.streamFile('${'x'.repeat(300)}');`,
    );
    const { output } = await piped(script, '--sounds', folder, '--fast', '--wire').ended;
    expect(output).toMatch(
      /result=0 endpos=4000\n[\s\S]*result=0 endpos=2002\n[\s\S]*♪ none \(there is no such file\)[\s\S]*♪ x+ \(there is no such file\)/,
    );
  });

  it('--play plays them', async () => {
    const folder = makeFolder({ 'en/half.ulaw': 'x'.repeat(800), bin: '' });
    const player = file(`#!/bin/sh\necho "$@" >> ${folder}/played\n`, 'ffplay');
    const started = start(
      [
        process.execPath,
        executable('fastagi'),
        'call',
        file(`await agi.streamFile('half');`),
        '--play',
        '--sounds',
        folder,
      ],
      { PATH: `${path.dirname(player)}:${process.env.PATH}` },
    );
    started.child.stdin?.end();
    expect((await started.ended).code).toBe(0);
    await expect
      .poll(() => existsSync(`${folder}/played`) && readFileSync(`${folder}/played`, 'utf8'))
      .toBe(`-nodisp -autoexit -loglevel quiet ${folder}/en/half.ulaw\n`);
  });

  it('calls a FastAGI server', async () => {
    const port = await server((socket) => {
      socket.on('data', (chunk) => {
        if (chunk.toString().endsWith('\n\n')) socket.write('SAY DIGITS 12 ""\n');
        else socket.end();
      });
    });
    const { output, code } = await piped(`agi://127.0.0.1:${port}/hello`, '--fast').ended;
    expect(timeless(output)).toContain('🗣 1 2\nDone: T, 1 command, not answered');
    expect(code).toBe(0);
  });
});

describe('wrong use', () => {
  it.each([
    [
      [],
      /^fastagi call: something is missing: fastagi call <target> \[args\.\.\]; "fastagi call --help" shows what there is\n$/,
    ],
    [
      ['SCRIPT', '--calerid', '5'],
      /^fastagi call: there is no option --calerid; did you mean --callerid\? "fastagi call --help"/,
    ],
    [['http://x/'], /http:\/\/ is neither/],
    [['agi://x:y/'], /y is no port/],
    [['SCRIPT', '--digits', '12x'], /a phone has the keys/],
    [['SCRIPT', '--var', 'A'], /is no NAME=VALUE/],
    [['SCRIPT', '--hangup-after', 'soon'], /--hangup-after takes a number/],
    [['SCRIPT', '--timeout', '0'], /--timeout takes a number/],
    [['SCRIPT', '--priority', '0'], /--priority takes a whole number/],
    [['SCRIPT', '--asterisk', 'new'], /is no version/],
    [['SCRIPT', '--recorded', '1'], /^fastagi call: --recorded names a call .*: --replay FILE is missing\n$/],
    [
      ['SCRIPT', '--no-such-option'],
      /^fastagi call: there is no option --no-such-option; "fastagi call --help".*\n$/,
    ],
  ] as const)('%j', async (args, message) => {
    const script = file('');
    const { code, errors, output } = await piped(...args.map((arg) => (arg === 'SCRIPT' ? script : arg)))
      .ended;
    expect(errors).toMatch(message);
    expect([code, output]).toEqual([2, '']);
  });
});

describe('what is not there, or cannot be run', () => {
  it.each([
    [['nofile'], /there is no file .*nofile/],
    [['/etc/hostname'], /cannot be run: chmod \+x/],
    [['.'], /is no file/],
    [['SCRIPT', '--sounds', '/no/such'], /\/no\/such is no folder/],
    [
      ['CRLF'],
      /the carriage return of its first line, "#!\/usr\/bin\/env agi\\r": sed -i 's\/\\r\$\/\/' \S+\n$/,
    ],
  ] as const)('%j', async (args, message) => {
    const scripts: Record<string, string> = {
      SCRIPT: file(''),
      CRLF: file('#!/usr/bin/env agi\r\nagi.answer();\r\n', 'crlf.js'),
    };
    const { code, errors, output } = await piped(...args.map((arg) => scripts[arg] ?? arg)).ended;
    expect(errors).toMatch(message);
    expect([code, output]).toEqual([3, '']);
  });
});

describe('a script that misbehaves', () => {
  it.each([
    [
      'floods with commands',
      raw(`setInterval(() => process.stdout.write('NOOP\\n'.repeat(5000)), 0); process.stdin.resume();`),
      /over 100000 commands/,
    ],
    [
      'floods without a line',
      raw(`const fs = require('fs'); for (;;) fs.writeSync(1, 'x'.repeat(65536));`),
      /over 100000 commands|has not read the replies/,
    ],
    [
      'never reads',
      raw(
        `const fs = require('fs'); for (;;) fs.writeSync(1, 'GET FULL VARIABLE ' + 'y'.repeat(8000) + '\\n');`,
      ),
      /has not read the replies/,
    ],
    [
      'sends half a line',
      raw(`process.stdout.write('STREAM FI'); process.stdin.resume();`),
      /half a line, "STREAM FI", and nothing more/,
    ],
    ['says nothing', raw(`setInterval(() => {}, 1000);`), /has said nothing for 2 s/],
    ['dies', raw(`process.kill(process.pid, 'SIGKILL');`), /ended by SIGKILL/],
    [
      'goes on behind the hangup',
      raw(`process.on('SIGHUP', () => {}); process.stdout.write('HANGUP\\n'); setInterval(() => {}, 1000);`),
      /after the hangup the script has said nothing/,
    ],
  ])('%s', async (_, text, message) => {
    const { code, output } = await piped(file(text, 'bad'), '--timeout', '2', '--json').ended;
    expect(JSON.parse(output.trimEnd().split('\n').at(-1) as string)).toMatchObject({
      type: 'summary',
      failure: expect.stringMatching(message),
    });
    expect(code).toBe(1);
  });

  it.each([
    [
      'closes at once',
      (socket: Socket) => socket.destroy(),
      /closed the connection without a command|connection broke/,
    ],
    ['sends half a line', (socket: Socket) => socket.write('STREAM FI'), /half a line/],
    ['says nothing', () => {}, /has said nothing/],
  ] as const)('a server that %s', async (_, onConnection, message) => {
    const port = await server(onConnection);
    const { code, output } = await piped(`agi://127.0.0.1:${port}/x`, '--timeout', '1').ended;
    expect(output.split('\n').at(-2)).toMatch(message);
    expect(code).toBe(1);
  });

  it('a script whose first line names a program that is not there', async () => {
    const { code, output } = await piped(file('#!/no/such/interpreter\n', 'script')).ended;
    expect(output).toMatch(
      /Failed: \S+ cannot be run: there is no program \/no\/such\/interpreter, which its first line names\n$/,
    );
    expect(code).toBe(3);
  });

  it('an option that is given twice: the last one holds, and those that may be repeated all do', async () => {
    const script = file(
      `agi.verbose([agi.request.callerId, await agi.getVariable('A'), await agi.getVariable('B')].join());`,
    );
    const twice = ['--callerid', '1', '--callerid', '2', '--var', 'A=3', '--var', 'B=4', '--fast', '--fast'];
    const { code, output } = await piped(script, ...twice).ended;
    expect(output).toContain('· 2,3,4\n');
    expect(code).toBe(0);
  });

  it('a port that nobody listens on', async () => {
    const port = await server(() => {});
    await new Promise((resolve) => servers[0]?.close(resolve));
    const { code, output } = await piped(`agi://127.0.0.1:${port}/x`).ended;
    expect(output).toMatch(
      /Failed: no connection to 127.0.0.1:\d+: nothing listens there: is the server running\?\n$/,
    );
    expect(code).toBe(3);
  });

  it('a terminal is not moved by what it says', async () => {
    const { output } = await piped(file(`agi.verbose('a\\x1b[2Jb');`)).ended;
    expect(output).toContain('· a\\x1b[2Jb\n');
    const played = await piped(
      file(`await agi.streamFile('b\\x1b[2J', { escapeDigits: '1' });`, 'played.mjs'),
    ).ended;
    expect(played.output).toContain('♪ b\\x1b[2J\n');
    const unknown = await piped(file(`await agi.exec('No\\x9bOp');`, 'unknown.mjs')).ended;
    expect(unknown.output).not.toMatch(/[\x7f-\x9f]/);
  });
});

describe('on a terminal', () => {
  const loop = `export default async function (agi) {
    for (;;) {
      const { outcome, digit } = await agi.streamFile('menu', { escapeDigits: '12#' });
      if (digit === '#') return;
      if (outcome === 'digit') await agi.sayDigits(digit);
    }
  }`;

  it('takes keys as they are pressed', async () => {
    const call = onTerminal([file(loop)]);
    await call.shows('… listens for 1 2 #');
    call.type('9');
    await call.shows('⌨ 9 (nothing listens for it)');
    call.type('\x1b[Ax2');
    call.type('2');
    await call.shows('🗣 2');
    await call.shows(/🗣 2[\s\S]*♪ menu/);
    call.type('#');
    const { code, output } = await call.ended;
    expect(code).toBe(0);
    expect(output.match(/… listens for/g)).toHaveLength(1);
    expect(output).toContain('\x1b[');
    expect(output).toMatch(/Done.*AGISTATUS is SUCCESS/);
  });

  it.each([
    ['h', 'h'],
    ['Ctrl-C', '\x03'],
  ])('%s hangs up', async (_, key) => {
    const call = onTerminal([file(loop)], { NO_COLOR: '1' });
    await call.shows('♪ menu');
    call.type(key);
    const { code, output } = await call.ended;
    expect(output).toMatch(/✆ the caller hangs up\r\nDone: .*AGISTATUS is HANGUP\r\n$/);
    expect(output).not.toContain('\x1b[');
    expect(code).toBe(0);
  });

  it('hung up twice, the script is ended', async () => {
    const stubborn = raw(
      `process.on('SIGHUP', () => {}); process.stdout.write('STREAM FILE menu ""\\n'); process.stdin.resume(); setInterval(() => {}, 1000);`,
    );
    const call = onTerminal([file(stubborn, 'stubborn')]);
    await call.shows('♪ menu');
    call.type('h');
    await call.shows('hangs up\x1b[0m\r');
    call.type('h');
    const { code, output } = await call.ended;
    expect(output).toContain('the script was ended by force');
    expect(code).toBe(1);
  });
});
