/**
 * What a script, a caller or a stranger can do wrong, against the built `fastagi`. Each ends by a named
 * error in the log, with the right exit code, nothing but commands on the wire, and no process left behind.
 */
import { chmodSync, chownSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAll, type CallOptions, call, type Outcome, requestFor } from '../support/asterisk';
import { type Line, makeFolder } from '../support/inet';

/** Commands of Asterisk's, and the word that ends a call as a failure. */
const command =
  /^(ANSWER|VERBOSE|NOOP|SET VARIABLE|GET VARIABLE|GET FULL VARIABLE|STREAM FILE|CHANNEL STATUS|FAILURE)( |$)/;

async function place(options: CallOptions): Promise<Outcome> {
  const outcome = await call(options);
  for (const line of outcome.commands) expect(line).toMatch(command);
  expect(outcome.wire === '' || outcome.wire.endsWith('\n')).toBe(true);
  return outcome;
}

describe('a connection that brings no call', () => {
  const hello = { 'hello.js': "agi.verbose('ran')" };
  const cases: [what: string, request: string, code: string, level: string][] = [
    ['closes at once', '', 'AGI_NO_REQUEST', 'info'],
    ['closes in the middle of the request', 'agi_network: yes\nagi_network_scr', 'AGI_CUT_REQUEST', 'error'],
    ['asks for a web page', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'AGI_BAD_REQUEST', 'error'],
    ['sends an empty line first', '\n', 'AGI_BAD_REQUEST', 'error'],
    ['ends its lines by CRLF', requestFor('hello.js').replaceAll('\n', '\r\n'), 'AGI_BAD_REQUEST', 'error'],
    ['sends a line of a megabyte', `agi_network: ${'y'.repeat(1 << 20)}\n\n`, 'AGI_LINE_TOO_LONG', 'error'],
    [
      'sends a request that never ends',
      Array.from({ length: 20_000 }, (_, at) => `agi_arg_${at}: x\n`).join(''),
      'AGI_REQUEST_TOO_LONG',
      'error',
    ],
    [
      'has a field twice, as a newline in a value makes it',
      requestFor('hello.js').replace(
        'agi_callerid: unknown',
        'agi_callerid: x\nagi_network_script: other.js',
      ),
      'AGI_BAD_REQUEST',
      'error',
    ],
    [
      'says more behind the request',
      `${requestFor('hello.js')}200 result=1 (x)\n`,
      'AGI_BAD_REQUEST',
      'error',
    ],
  ];
  it.each(cases)('%s', async (_, request, code, level) => {
    const outcome = await place({
      script: 'hello.js',
      files: hello,
      request,
      onLine: ({ socket }) => setImmediate(() => socket.end()),
    });
    expect(outcome).toMatchObject({ code: 3, signal: null, commands: [] });
    expect(outcome.log).toMatch(new RegExp(`${level} fastagi\\[\\d+\\]: .*\\[${code}\\]`));
  });

  it('stays silent', async () => {
    const outcome = await place({ script: '', files: hello, request: '', config: 'header_seconds=0.2\n' });
    expect(outcome.log).toContain('[AGI_REQUEST_TIMEOUT]');
    expect(outcome.commands).toEqual([]);
    // Node before 22.15 cannot choose an exit code while a read waits
    if ('execve' in process) expect(outcome.code).toBe(3);
    else expect(outcome.signal).toBe('SIGKILL');
  });

  it('drips its request, one byte and then no more', async () => {
    const outcome = await place({ script: '', files: hello, request: 'a', config: 'header_seconds=0.2\n' });
    expect(outcome.log).toContain('[AGI_REQUEST_TIMEOUT]');
  });
});

it('a request in bytes that are not UTF-8 is served, and no byte is lost', async () => {
  const request = Buffer.from(requestFor('name.js', { agi_calleridname: 'M\xfcller' }), 'latin1');
  const outcome = await place({
    script: 'name.js',
    files: { 'name.js': 'agi.verbose(agi.request.callerIdName)' },
    request: '',
    onLine: ({ socket }) => socket.write(request),
  });
  expect(outcome).toMatchObject({
    code: 0,
    commands: ['VERBOSE Müller 1'].map((line) => line.replace('Müller', '"Müller"')),
  });
});

describe('a request for what is not served', () => {
  function makeScripts(): string {
    const outer = makeFolder({
      'base/hello.js': "agi.verbose('ran')",
      'base/folder/inner.js': "agi.verbose('ran')",
      'base/notes.txt': 'not a script',
      'base/.hidden.js': "agi.verbose('ran')",
      'base/node_modules/x/index.js': "agi.verbose('ran')",
      'base-two/secret.js': "agi.verbose('ran')",
      'secret.js': "agi.verbose('ran')",
    });
    symlinkSync(path.join(outer, 'secret.js'), path.join(outer, 'base/link.js'));
    symlinkSync(outer, path.join(outer, 'base/up'));
    return path.join(outer, 'base');
  }
  it.each([
    ['../secret.js', 'SCRIPT_OUTSIDE'],
    ['../base-two/secret.js', 'SCRIPT_OUTSIDE'],
    ['/etc/passwd', 'SCRIPT_OUTSIDE'],
    ['%2e%2e/secret.js', 'SCRIPT_OUTSIDE'],
    ['%252e%252e/secret.js', 'SCRIPT_MISSING'],
    ['folder/..%2f..%2fsecret', 'SCRIPT_OUTSIDE'],
    ['link.js', 'SCRIPT_OUTSIDE'],
    ['link', 'SCRIPT_OUTSIDE'],
    ['up/secret.js', 'SCRIPT_OUTSIDE'],
    ['folder', 'SCRIPT_FOLDER'],
    ['notes.txt', 'SCRIPT_KIND'],
    ['.hidden.js', 'SCRIPT_HIDDEN'],
    ['node_modules/x/index.js', 'SCRIPT_HIDDEN'],
    ['missing', 'SCRIPT_MISSING'],
    ['hello%00.js', 'SCRIPT_NAME'],
    ['hello%zz', 'SCRIPT_NAME'],
    ['?script=hello', 'SCRIPT_UNNAMED'],
  ])('%s', async (script, code) => {
    const outcome = await place({ script, folder: makeScripts() });
    expect(outcome).toMatchObject({ code: 3, signal: null });
    expect(outcome.log).toMatch(new RegExp(`error fastagi\\[\\d+\\]: .*\\[${code}\\]`));
    expect(outcome.commands).toEqual([expect.stringMatching(/^VERBOSE "fastagi: .*" 1$/), 'FAILURE']);
  });

  it.each([['hello'], ['hello.js'], ['folder/inner?x=1'], ['folder/../hello'], ['%68ello']])(
    'but %s is',
    async (script) => {
      const outcome = await place({ script, folder: makeScripts() });
      expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
    },
  );

  it('has no basedir', async () => {
    const outcome = await place({ script: 'hello.js', folder: '/no/such/folder' });
    expect(outcome).toMatchObject({ code: 3 });
    expect(outcome.log).toContain('[fastagi] basedir = /no/such/folder cannot be opened');
  });
});

describe.skipIf(process.getuid?.() !== 0)(
  'a script that its user may not read (needs root to set up)',
  () => {
    it('is refused', async () => {
      const folder = makeFolder({ 'hello.js': "agi.verbose('ran')" });
      chmodSync(folder, 0o755);
      const place_ = makeFolder({
        'fastagi.conf': `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\nsetuid=on\n`,
      });
      chownSync(path.join(folder, 'hello.js'), 65_534, 65_534);
      chmodSync(path.join(folder, 'hello.js'), 0o000);
      const outcome = await place({ script: 'hello.js', folder, config: 'setuid=on\n' });
      expect(outcome).toMatchObject({
        code: 3,
        commands: [expect.stringContaining('cannot be read by user 65534'), 'FAILURE'],
      });
      expect(outcome.log).toContain('[SCRIPT_UNREADABLE]');
      expect(place_).toBeTruthy();
    });
  },
);

describe('a script that', () => {
  async function run(text: string, options: Partial<CallOptions> = {}): Promise<Outcome> {
    return place({ script: 'script.js', files: { 'script.js': text }, ...options });
  }

  it('throws while it is loaded', async () => {
    const outcome = await run("agi.answer();\nthrow new TypeError('no such luck')");
    expect(outcome.code).toBe(1);
    expect(outcome.commands).toEqual([
      'ANSWER',
      'VERBOSE "script.js: TypeError: no such luck (script.js:2)" 1',
      'FAILURE',
    ]);
    expect(outcome.log).toMatch(/error .* script.js: .*TypeError: no such luck.*\n {4}.*at .*script\.js:2/s);
  });

  it('is no JavaScript', async () => {
    const outcome = await run('agi.answer(;');
    expect(outcome.code).toBe(1);
    expect(outcome.commands).toEqual([
      expect.stringMatching(/^VERBOSE "script.js: SyntaxError: .* \(script.js:1\)" 1$/),
      'FAILURE',
    ]);
  });

  it.each([
    ['itself', { 'script.mjs': 'const one = 1;\nawait 1;\nconst x = ;\n' }, 'script.mjs:3'],
    [
      'in what it imports',
      { 'script.mjs': "import './part.mjs';\nawait 1;\n", 'part.mjs': '\n\n\nexport const = 1;\n' },
      'part.mjs:4',
    ],
    ['without await', { 'script.mjs': 'export default function () {\n  return (;\n}\n' }, 'script.mjs:2'],
  ])('is an ES module with a syntax error, %s', async (_, files, place) => {
    const outcome = await call({ script: 'script', files });
    expect(outcome.code).toBe(1);
    expect(outcome.commands).toEqual([
      expect.stringMatching(new RegExp(`^VERBOSE "script.mjs: SyntaxError: .* \\(${place}\\)" 1$`)),
      'FAILURE',
    ]);
    // the line itself, and what is wrong in it
    expect(outcome.log).toMatch(/\n +\^+\n/);
  });

  it('requires what is not installed', async () => {
    const outcome = await run("require('no-such-package')");
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.log).toContain("Cannot find module 'no-such-package'");
  });

  it('throws later', async () => {
    const outcome = await run("setTimeout(() => { throw new Error('too late') }, 30); agi.answer();");
    expect(outcome).toMatchObject({
      code: 1,
      commands: ['ANSWER', expect.stringContaining('Error: too late'), 'FAILURE'],
    });
  });

  it('rejects', async () => {
    const outcome = await run(
      "module.exports = async () => { await agi.answer(); throw new Error('rejected') }",
    );
    expect(outcome).toMatchObject({
      code: 1,
      commands: ['ANSWER', expect.stringContaining('Error: rejected'), 'FAILURE'],
    });
  });

  it('throws what is no error', async () => {
    const outcome = await run("throw 'a string'");
    expect(outcome).toMatchObject({ code: 1, commands: ['VERBOSE "script.js: a string" 1', 'FAILURE'] });
  });

  it('does not await a command that fails', async () => {
    const outcome = await run("agi.send('NOOP x'); agi.answer();", {
      answer: (line) =>
        line.startsWith('NOOP') ? '510 Invalid or unknown command' : answerAll(line, undefined as never),
    });
    expect(outcome.code).toBe(1);
    expect(outcome.log).toContain('[AGI_UNKNOWN_COMMAND]');
  });

  it('never returns, on a caller who hangs up', async () => {
    const outcome = await run('module.exports = (agi) => { agi.signal; return new Promise(() => {}) }', {
      onLine: ({ socket }) => setTimeout(() => socket.write('HANGUP\n'), 200),
    });
    expect(outcome.code).toBe(1);
    expect(outcome.log).toContain('[SCRIPT_STUCK]');
  });

  it.each([
    ['waits', 'setInterval(() => {}, 1000)'],
    ['lets the event loop turn and never rest', '(function turn() { setImmediate(turn); })()'],
  ])('never returns and %s, on a caller who hangs up', async (_, work) => {
    const outcome = await run(`${work}; module.exports = () => new Promise(() => {})`, {
      config: 'hangup_seconds=0.2\n',
      onLine: ({ socket }) => setTimeout(() => socket.write('HANGUP\n'), 200),
    });
    expect(outcome.code).toBe(1);
    expect(outcome.log).toContain('[SCRIPT_AFTER_HANGUP]');
  });

  it.each([
    [
      'a caller who hangs up',
      (command: string) =>
        command === 'ANSWER'
          ? '200 result=0\nHANGUP'
          : command.startsWith('STREAM FILE')
            ? '511 Command Not Permitted on a dead channel or intercept routine'
            : answerAll(command, undefined as never),
    ],
    [
      'a connection that is closed',
      (command: string, { socket }: Line) => {
        if (command === 'ANSWER') socket.end();
        return undefined;
      },
    ],
  ])('tries again and again, on %s', async (_, answer) => {
    const outcome = await run(
      `module.exports = async () => {
        for (let tries = 1; ; tries++) {
          try { await agi.answer(); for (;;) await agi.streamFile('welcome'); } catch (error) { console.log(tries, error.code); }
        }
      }`,
      { answer },
    );
    expect(outcome).toMatchObject({ code: 1, signal: null });
    expect(outcome.log).toMatch(
      /error .*has asked 1000 times .* let AgiHangupError through \[SCRIPT_AFTER_HANGUP\]/,
    );
    expect(outcome.log.split('\n').length).toBeLessThan(1010);
  });

  it('lives longer than max_seconds', async () => {
    const outcome = await run('agi.answer(); setInterval(() => agi.noop(), 50)', {
      config: 'max_seconds=0.3\nlinger_seconds=5\n',
    });
    expect(outcome.code).toBe(1);
    expect(outcome.commands.slice(-2)).toEqual([expect.stringContaining('max_seconds'), 'FAILURE']);
    expect(outcome.log).toContain('[SCRIPT_TIMEOUT]');
  });

  it('runs in circles longer than max_seconds', async () => {
    const outcome = await run('agi.answer(); for (;;);', { config: 'max_seconds=0.2\n' });
    expect(outcome.signal).toBe('SIGKILL');
    expect(outcome.log).toContain('by force: it never let the event loop turn [SCRIPT_TIMEOUT]');
  });

  it('prints, warns, and has children that print', async () => {
    const outcome = await run(`
      process.stdout.write('on stdout\\n');
      process.stderr.write('on stderr\\n');
      console.log('by the console'); console.table([{ a: 1 }]); console.error('loudly');
      process.emitWarning('a warning');
      require('fs').writeSync(1, 'on descriptor 1\\n');
      require('fs').writeSync(2, 'on descriptor 2\\n');
      require('child_process').spawnSync('sh', ['-c', 'echo a child; echo its stderr >&2'], { stdio: ['ignore', 'inherit', 'inherit'] });
      agi.verbose('clean');`);
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE clean 1'] });
    for (const text of [
      'on stdout',
      'on stderr',
      'by the console',
      'loudly',
      'a warning',
      'on descriptor 1',
      'on descriptor 2',
      'a child',
      'its stderr',
    ]) {
      expect(outcome.log).toContain(text);
    }
  });

  it('aborts natively', async () => {
    const outcome = await run('agi.verbose(1); process.abort()');
    expect(outcome).toMatchObject({ code: null, signal: 'SIGABRT', wire: 'VERBOSE 1 1\n' });
    expect(outcome.log).toContain('Native stack trace');
  });

  it('calls process.exit', async () => {
    const outcome = await run("agi.answer(); agi.verbose('lost'); process.exit(5)");
    expect(outcome).toMatchObject({ code: 5, commands: ['ANSWER', 'FAILURE'] });
    expect(outcome.log).toContain('[SCRIPT_EXIT]');
  });

  it('calls process.exit in the middle of a file, to one who never answers', async () => {
    const outcome = await run("agi.streamFile('x'); setTimeout(() => process.exit(0), 50)", {
      answer: () => undefined,
    });
    expect(outcome.commands).toEqual(['STREAM FILE x "" 0', 'NOOP']);
    if ('execve' in process) expect(outcome.code).toBe(0);
    else expect(outcome.signal).toBe('SIGKILL');
  });

  it('calls process.exit in the middle of a file: a failure is told, and ends the file', async () => {
    const outcome = await run("agi.streamFile('x'); setTimeout(() => process.exit(5), 50)", {
      answer: () => undefined,
    });
    expect(outcome).toMatchObject({ code: 5, commands: ['STREAM FILE x "" 0', 'FAILURE'] });
  });

  it('throws while Asterisk is at something that nothing ends: the failure is there when it looks again', async () => {
    const outcome = await run("agi.verbose(1); throw new Error('broken')", { answer: () => undefined });
    expect(outcome.commands.slice(0, 3)).toEqual([
      'VERBOSE 1 1',
      'VERBOSE "script.js: Error: broken (script.js:1)" 1',
      'FAILURE',
    ]);
  });

  it.each([
    [
      'a proxy that is revoked',
      'const { proxy, revoke } = Proxy.revocable(new Error(), {}); revoke(); throw proxy;',
    ],
    [
      'a proxy that throws when it is looked at',
      "throw new Proxy(new Error('x'), { getPrototypeOf() { throw new Error('y'); }, get() { throw new Error('z'); } });",
    ],
  ])('throws %s', async (_, script) => {
    const outcome = await run(`module.exports = async () => { ${script} }`);
    expect(outcome).toMatchObject({
      code: 1,
      commands: [expect.stringContaining('a script threw what cannot be looked at'), 'FAILURE'],
    });
    expect(outcome.log).toContain(' error ');
  });

  it.each([
    ['without one', 'agi.answer().then(() => { process.exitCode = 4; process.exit(); })', 4],
    ['when all is well', 'agi.answer().then(() => process.exit(0))', 0],
  ])('calls process.exit with a code of its own: %s', async (_, script, code) => {
    const outcome = await run(script);
    expect(outcome).toMatchObject({ code, commands: code === 0 ? ['ANSWER'] : ['ANSWER', 'FAILURE'] });
  });

  it.each([
    ['exports.agi_main = async (agi) => { await agi.answer(); }; exports.version = 1;'],
    ['export async function agi_main(agi) { await agi.answer(); }\nexport const version = 1;'],
  ])('exports a function that nothing calls, and does nothing else: %s', async (script) => {
    const outcome = await run(script);
    expect(outcome).toMatchObject({ code: 0, commands: [] });
    expect(outcome.log).toMatch(
      / warning .*: the script has sent no command, and nothing calls what it exports \(agi_main\): .*default.*\[SCRIPT_UNCALLED\]\n$/,
    );
  });

  it.each([
    ['has sent a command', 'agi.noop(); exports.agi_main = () => {};'],
    ['exports nothing', 'const agi_main = () => {};'],
    [
      'exports what cannot be looked at',
      "Object.defineProperty(exports, 'x', { enumerable: true, get() { throw 1; } });",
    ],
  ])('%s, and is told nothing', async (_, script) => {
    expect(await run(script)).toMatchObject({ code: 0, log: '' });
  });

  it.each([
    ['in its body', 'agi.answer(); process.exitCode = 4;', 4],
    [
      'in its function',
      'module.exports = async (agi) => { await agi.answer(); process.exitCode = 4; agi.noop(); }',
      4,
    ],
    ['behind its body', 'setTimeout(() => { process.exitCode = 4; }, 50); agi.answer();', 4],
    ['and takes it back', 'process.exitCode = 4; agi.answer(); process.exitCode = undefined;', 0],
  ])('sets the exit code of its process: %s', async (_, script, code) => {
    const outcome = await run(script);
    expect(outcome).toMatchObject({ code, log: '' });
    expect(outcome.commands.filter((command) => command !== 'NOOP')).toEqual(
      code === 0 ? ['ANSWER'] : ['ANSWER', 'FAILURE'],
    );
  });

  it('goes on in the background with commands for longer than linger_seconds', async () => {
    const outcome = await run(
      `async function main() {
        for (let n = 0; n < 5; n++) { await new Promise((resolve) => setTimeout(resolve, 400)); await agi.noop(); }
        await agi.setVariable('DONE', 1);
      }
      main();`,
      { config: 'linger_seconds=1.5\n' },
    );
    expect(outcome).toMatchObject({ code: 0, log: '' });
    expect(outcome.commands.at(-1)).toBe('SET VARIABLE DONE 1');
  });

  it.each([
    ['that have become no text', 'Error.prepareStackTrace = (_, frames) => frames'],
    ['that throw', "Error.prepareStackTrace = () => { throw new Error('y') }"],
  ])('throws with stacks %s', async (_, prepare) => {
    const outcome = await run(`${prepare}; throw new Error('x')`);
    expect(outcome.code).toBe(1);
    expect(outcome.commands.at(-1)).toBe('FAILURE');
    expect(outcome.log.length).toBeLessThan(5000);
  });

  it('throws an error whose own words throw', async () => {
    const outcome = await run(
      "throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })",
    );
    expect(outcome).toMatchObject({
      code: 1,
      commands: [expect.stringContaining('cannot be shown'), 'FAILURE'],
    });
  });

  it.each([
    ['at once', '() => new Promise(() => {})'],
    [
      'behind work that takes the processor for a while',
      `() => {
        setImmediate(setImmediate, () => { for (const end = performance.now() + 100; performance.now() < end; ); });
        return new Promise(() => {});
      }`,
    ],
  ])('awaits what nothing can bring about, on a caller who waits: %s', async (_, script) => {
    const outcome = await run(`agi.answer(); module.exports = ${script}`);
    expect(outcome.code).toBe(1);
    expect(outcome.log).toContain('[SCRIPT_STUCK]');
  });

  it('leaves a timer, and has stopped the clock', async () => {
    const outcome = await run("agi.verbose('ran'); Date.now = () => 0; setInterval(() => {}, 1000)", {
      config: 'linger_seconds=0.3\n',
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
    expect(outcome.log).toMatch(/warning .*\(Timeout\).*\[SCRIPT_LEFTOVERS\]/);
  });

  it('leaves a timer', async () => {
    const outcome = await run("agi.verbose('ran'); setInterval(() => {}, 1000)", {
      config: 'linger_seconds=0.3\n',
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
    expect(outcome.log).toMatch(/warning .*\(Timeout\).*\[SCRIPT_LEFTOVERS\]/);
  });

  it('leaves a timer behind its function', async () => {
    const outcome = await run("setInterval(() => {}, 1000); module.exports = (agi) => agi.verbose('ran')");
    expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
  });

  it('leaves a read that never ends', async () => {
    const outcome = await run(
      `require('child_process').execSync('mkfifo ' + __dirname + '/fifo', { stdio: 'ignore' });
      require('fs').readFile(__dirname + '/fifo', () => {});
      module.exports = (agi) => agi.verbose('ran');`,
    );
    expect(outcome.commands).toEqual(['VERBOSE ran 1']);
    expect(outcome.log).toMatch(/warning .*FSReqCallback.* the process is cut/);
    if ('execve' in process) expect(outcome.code).toBe(0);
    else expect(outcome.signal).toBe('SIGKILL');
  });

  it('reads from standard input, which it has none of', async () => {
    const outcome = await run(
      "process.stdin.on('data', () => {}); process.stdin.resume(); module.exports = async (agi) => { await agi.answer(); await agi.verbose('ran') }",
    );
    expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER', 'VERBOSE ran 1'] });
  });

  it.each([
    ["agi.setVariable('X', agi.getVariable('Y'))", 'is an `await` missing'],
    [
      "agi.setVariable('X', undefined)",
      'SET VARIABLE: an AGI argument is a text or a number, and this is undefined',
    ],
    ["agi.setVariable('X', {})", 'and this is object'],
    ['agi.streamFile()', 'STREAM FILE: an AGI argument is a text or a number, and this is undefined'],
    [
      "agi.exec('Dial', agi.getVariable('X'))",
      'EXEC: an AGI argument is a text or a number, and this is a Promise',
    ],
    ["agi.getData('beep', 3000, 4)", 'getData: its options are one object'],
    ["agi.streamFile('beep', '#')", 'streamFile: its options are one object'],
    ["agi.sayNumber(5, '#')", 'sayNumber: its options are one object'],
  ])('calls %s', async (text, words) => {
    const outcome = await run(text);
    expect(outcome.code).toBe(1);
    expect(outcome.log).toContain(words);
    expect(outcome.log).toContain('[AGI_ARGUMENT]');
  });

  it.each(['agi.sayDigits(agi.noop())', 'agi.getData()', 'agi.answer(); agi.noop(NaN)'])(
    'calls %s, and is told where, though its turn came later',
    async (text) => {
      const outcome = await run(`\n${text};`);
      expect(outcome.commands.join()).toMatch(/AgiArgumentError: .* an AGI argument .*\(\w+\.js:2\)/);
    },
  );

  it('closes the connection under us', async () => {
    const outcome = await run("require('fs').closeSync(0); agi.verbose('into nothing')");
    expect(outcome.signal).toBe(null);
    expect(outcome.log).toMatch(/\[AGI_CLOSED\]|EBADF/);
  });

  it('is TypeScript, on a Node that cannot strip types', async () => {
    const outcome = await place({ script: 'typed', files: { 'typed.ts': "agi.verbose('ran' as string)" } });
    if ((process.features as { typescript?: unknown }).typescript) {
      expect(outcome).toMatchObject({ code: 0, commands: ['VERBOSE ran 1'] });
    } else {
      expect(outcome).toMatchObject({ code: 3 });
      expect(outcome.log).toContain('run the service with Node 22.18 or later');
    }
  });
});

describe('a caller who hangs up', () => {
  const playing = {
    'play.js':
      "module.exports = async (agi) => { await agi.answer(); try { await agi.streamFile('long'); } finally { await agi.setVariable('tidy', 'yes'); } }",
  };

  it('while a file plays: the command ends by its own reply, the script quietly after its finally', async () => {
    const outcome = await place({
      script: 'play.js',
      files: playing,
      answer: (line, { socket }) => {
        if (line.startsWith('STREAM')) {
          socket.write('200 result=-1 endpos=800\nHANGUP\n');
          return undefined;
        }
        return answerAll(line, undefined as never);
      },
    });
    expect(outcome).toMatchObject({
      code: 0,
      commands: ['ANSWER', 'STREAM FILE long "" 0', 'SET VARIABLE tidy yes'],
    });
    expect(outcome.log).not.toContain('error');
  });

  it('before the script has said a word', async () => {
    const outcome = await place({
      script: 'play.js',
      files: playing,
      request: `${requestFor('play.js')}HANGUP\n`,
      answer: (line) =>
        line === 'ANSWER'
          ? '511 Command Not Permitted on a dead channel or intercept routine'
          : '200 result=1',
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER'] });
  });
});

it.each([
  [
    'timers',
    "const { setTimeout } = require('node:timers/promises'); module.exports = (agi) => setTimeout(10_000, null, { signal: agi.signal })",
  ],
  [
    'events',
    "const { once } = require('node:events'); module.exports = (agi) => once(process, 'never', { signal: agi.signal })",
  ],
])(
  'a hangup that %s tell of, for the signal that they were given, ends the script quietly',
  async (_, text) => {
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': text },
      onLine: ({ socket }) => setTimeout(() => socket.write('HANGUP\n'), 300),
    });
    expect(outcome).toMatchObject({ code: 0, log: '' });
  },
);

describe('at any moment', () => {
  const script = `
    const say = (word) => console.log(word);
    module.exports = async (agi) => {
      try {
        await agi.answer();
        await agi.verbose('one');
        await agi.channelStatus();
        await agi.streamFile('beep');
        await agi.noop();
      } finally {
        say('tidied up');
      }
    }`;
  const moments = [0, 1, 2, 3, 4];

  it.each(moments)('the caller hangs up, at command %i', async (moment) => {
    let seen = 0;
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': script },
      answer: (line, { socket }) => {
        if (seen++ === moment) socket.write('HANGUP\n');
        const dead = seen > moment && /^(ANSWER|STREAM|CHANNEL)/.test(line);
        return dead
          ? '511 Command Not Permitted on a dead channel or intercept routine'
          : answerAll(line, undefined as never);
      },
    });
    expect(outcome).toMatchObject({ code: 0, signal: null });
    expect(outcome.log).toMatch(/^[^\n]* info .* tidied up\n$/);
  });

  it.each(moments)('Asterisk is gone, at command %i', async (moment) => {
    let seen = 0;
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': script },
      answer: (line, { socket }) => {
        if (seen++ < moment) return answerAll(line, undefined as never);
        socket.destroy();
        return undefined;
      },
    });
    expect(outcome).toMatchObject({ code: 0, signal: null });
    expect(outcome.commands).toHaveLength(moment + 1);
    expect(outcome.log).toMatch(/ info .* tidied up\n.* warning .*\[AGI_CLOSED\]\n$/);
  });
});

it('a connection that somebody has made non-blocking is served', async () => {
  const unblock = 'use Fcntl; fcntl(STDIN, F_SETFL, O_RDWR | O_NONBLOCK) or die; exec @ARGV';
  const outcome = await place({
    script: 'script.js',
    files: {
      'script.js': "module.exports = async (agi) => { await agi.answer(); await agi.verbose('ran') }",
    },
    program: { node: 'perl', flags: ['-e', unblock, process.execPath] },
    request: '',
    // later than the first read
    onLine: ({ socket }) => setTimeout(() => socket.write(requestFor('script.js')), 200),
  });
  expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER', 'VERBOSE ran 1'] });
});

describe('an Asterisk that is gone', () => {
  it.each([
    ['before its reply', '', 'before its reply'],
    ['in the middle of its reply', '200 resu', 'in the middle of its reply'],
  ])('%s', async (_, last, words) => {
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': "agi.answer(); agi.verbose('never sent')" },
      answer: (_, { socket }) => {
        socket.end(last);
        return undefined;
      },
    });
    expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER'] });
    expect(outcome.log).toMatch(new RegExp(`warning .*${words} to "ANSWER" \\[AGI_CLOSED\\]`));
  });

  it('by a reset', async () => {
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': 'agi.answer()' },
      answer: (_, { socket }) => {
        socket.resetAndDestroy();
        return undefined;
      },
    });
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.log).toContain('ECONNRESET');
  });

  it('or is none: a reply that nobody asked for', async () => {
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': "agi.answer(); agi.verbose('x')" },
      answer: (line) =>
        line === 'ANSWER' ? '200 result=0\n200 result=0' : answerAll(line, undefined as never),
    });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.log).toContain('[AGI_UNASKED_REPLY]');
  });

  it('or floods: a reply of a megabyte', async () => {
    const outcome = await place({
      script: 'script.js',
      files: { 'script.js': 'agi.answer()' },
      answer: () => `200 result=${'0'.repeat(3 << 20)}`,
    });
    expect(outcome).toMatchObject({ code: 1 });
    expect(outcome.log).toContain('[AGI_LINE_TOO_LONG]');
  });
});

describe('a configuration', () => {
  it.each([
    ['setuid=perhaps', '[fastagi] setuid is "perhaps", and must be on or off'],
    ['max_seconds=soon', '[fastagi] max_seconds is "soon", and must be a number of seconds'],
    ['log_level=loud', '[fastagi] log_level is "loud", and must be one of'],
  ])('with %s refuses each call', async (line, text) => {
    const outcome = await call({
      script: 'hello.js',
      files: { 'hello.js': '' },
      config: `${line}\n`,
      program: { env: { TZ: 'UTC' } },
    });
    expect(outcome).toMatchObject({
      code: 3,
      commands: [expect.stringContaining(text.replaceAll('"', '\\"')), 'FAILURE'],
    });
  });

  it('that is not there refuses each call', async () => {
    const outcome = await call({
      script: 'hello.js',
      files: { 'hello.js': '' },
      program: { args: ['--config', '/no/such.conf'] },
    });
    expect(outcome).toMatchObject({
      code: 3,
      commands: [expect.stringContaining('/no/such.conf cannot be read: there is no such file'), 'FAILURE'],
    });
  });

  it('with an unknown key warns', async () => {
    const outcome = await call({ script: 'hello.js', files: { 'hello.js': '' }, config: 'basdir=/x\n' });
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.log).toMatch(/warning .*\[fastagi\] basdir: there is no such key/);
  });
});
