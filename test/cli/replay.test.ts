/** `fastagi call --replay`, as it is built: scripts of any kind against a recorded call. */
import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeTraceLine, type TraceKind } from '../../src/trace/entry';
import { executable, makeFolder } from '../support/inet';

const conversation = [
  '< agi_network: yes',
  '< agi_network_script: old.js',
  '< agi_channel: PJSIP/1',
  '< ',
  '> ANSWER',
  '< 200 result=0',
  '> GET DATA pin 0 1023',
  '!< 200 result=****',
  '> SET VARIABLE DONE yes',
  '< 200 result=1',
];

function traceOf(lines: readonly string[]): string {
  const file = path.join(makeFolder(), 'call.jsonl');
  const entries = lines.map((text, ms) => {
    const redacted = text.startsWith('!');
    const [dir, line] = [text[redacted ? 1 : 0] as TraceKind, text.slice(redacted ? 3 : 2)];
    return redacted ? { ms, dir, line, redacted: true as const } : { ms, dir, line };
  });
  writeFileSync(file, [{ trace: 1, started: 'now' }, ...entries].map(encodeTraceLine).join(''));
  return file;
}

/** A script's file, which can be run. */
function scriptOf(name: string, text: string): string {
  const file = path.join(makeFolder({ [name]: text }), name);
  chmodSync(file, 0o755);
  return file;
}

function replay(target: string, trace: string, ...options: string[]) {
  const child = spawn(
    process.execPath,
    [executable('fastagi'), 'call', target, '--replay', trace, ...options],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FASTAGI_CONFIG: '/dev/null' } },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
}

const same = `await agi.answer();
  const { digits } = await agi.getData('pin');
  console.error('typed ' + digits);
  await agi.setVariable('DONE', 'yes');`;
const keysNote =
  'note: keys were left out of the trace: 0 is pressed in their place, where no others are given\n';

describe('a script that does as recorded', () => {
  it('ends with 0, and every line can be seen', async () => {
    const outcome = await replay(scriptOf('same.mjs', same), traceOf(conversation), '--wire');
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toBe(
      `> ANSWER
< 200 result=0
> GET DATA pin 0 1023
< 200 result=0000
> SET VARIABLE DONE yes
< 200 result=1
the script did as recorded: 3 recorded commands
${keysNote}`,
    );
    expect(outcome.stderr).toContain('typed 0000');
  });

  it('is given the keys that were left out', async () => {
    const outcome = await replay(scriptOf('same.mjs', same), traceOf(conversation), '--digits', '4711');
    expect(outcome).toMatchObject({ code: 0, stdout: 'the script did as recorded: 3 recorded commands\n' });
    expect(outcome.stderr).toContain('typed 4711');
  });

  it('may be of any language', async () => {
    const shell = `#!/bin/sh
      while read -r line && [ -n "$line" ]; do :; done
      for command in ANSWER 'GET DATA pin 0 1023' 'SET VARIABLE DONE yes'; do echo "$command"; read -r reply; done`;
    expect((await replay(scriptOf('same.sh', shell), traceOf(conversation))).code).toBe(0);
  });

  it('may be served at an address', async () => {
    let request = '';
    const server = createServer((socket) => {
      const commands = ['ANSWER', 'GET DATA pin 0 1023', 'SET VARIABLE DONE yes'];
      socket.setEncoding('utf8').on('data', (text) => {
        request += text;
        const command = commands.shift();
        if (command) socket.write(`${command}\n`);
        else socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const outcome = await replay(`agi://127.0.0.1:${port}/new.js?a=1`, traceOf(conversation));
      expect(outcome.code).toBe(0);
      expect(request).toContain('agi_network: yes\nagi_network_script: new.js?a=1\nagi_channel: PJSIP/1\n\n');
    } finally {
      server.close();
    }
  });

  it('hears of the hangup, by a line or by a signal', async () => {
    const trace = traceOf([
      ...conversation.slice(0, 6),
      '> STREAM FILE x "" 0',
      '< 200 result=-1 endpos=5',
      '< HANGUP',
      '> CHANNEL STATUS',
      '< 511 Command Not Permitted on a dead channel or intercept routine',
      '> SET VARIABLE TIDY up',
      '< 200 result=1',
    ]);
    const script = scriptOf(
      'tidy.mjs',
      "await agi.answer(); try { await agi.streamFile('x'); } finally { await agi.setVariable('TIDY', 'up'); }",
    );
    const [line, signal] = await Promise.all([replay(`${script}?a=1`, trace), replay(script, trace)]);
    expect(line).toMatchObject({ code: 0, stdout: 'the script did as recorded: 4 recorded commands\n' });
    // told of by a signal, it knows without having to ask
    expect(signal.stdout).toMatch(/did as recorded|left out\n {11}- CHANNEL STATUS\n$/);
  });
});

describe('a script that departs', () => {
  const other = same.replace("'yes'", "'no'");

  it('ends with 1, and the place is told', async () => {
    const outcome = await replay(scriptOf('other.mjs', other), traceOf(conversation), '--digits', '1#');
    expect(outcome).toMatchObject({
      code: 1,
      stdout: `the script departs once: 2 of 3 recorded commands came as they were
 0:00.008  changed
           - SET VARIABLE DONE yes
           + SET VARIABLE DONE no
`,
    });
  });

  it('is told of as JSON', async () => {
    const outcome = await replay(
      scriptOf('other.mjs', other),
      traceOf(conversation),
      '--digits',
      '1#',
      '--json',
    );
    expect(JSON.parse(outcome.stdout)).toEqual({
      same: false,
      departures: [
        { type: 'changed', atMs: 8, recorded: 'SET VARIABLE DONE yes', sent: 'SET VARIABLE DONE no' },
      ],
      notes: [],
    });
  });

  it.each([
    ['throws', "await agi.answer(); throw new Error('no such luck')", 'ended with exit code 1'],
    ['says nothing', '#!/bin/sh\nexec sleep 60', 'it has said nothing for 0.5 s, and was ended'],
    [
      'does not even read',
      '#!/bin/sh\nexec yes NOOP',
      'it has sent over 10000 commands more than recorded, and was ended',
    ],
    [
      'never ends',
      'for (;;) await agi.noop();',
      'it has sent over 10000 commands more than recorded, and was ended',
    ],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 'it was ended by SIGKILL'],
  ])('%s: it is ended, and told', async (_, text, problem) => {
    const name = text.startsWith('#!') ? 'script.sh' : 'script.mjs';
    const options = name.endsWith('.sh') ? ['--timeout', '0.5'] : [];
    const outcome = await replay(scriptOf(name, text), traceOf(conversation), ...options);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain(problem);
  });
});

describe('what cannot be replayed', () => {
  const two = [1, 2].map((at) => `<PJSIP/${at}>AGI Tx >> agi_request: x\n<PJSIP/${at}>AGI Tx >> \n`).join('');

  it.each([
    ['a file that is none', 3, 'Dear Sir\n', [], 'holds no call'],
    ['one of several calls', 2, two, [], 'holds 2 calls; --recorded NUMBER takes one'],
    ['a call that is not there', 3, two, ['--recorded', '3'], 'holds no call "3"'],
    [
      'a call without its request',
      3,
      '<PJSIP/1>AGI Rx << ANSWER\n',
      [],
      'the request of this call is not in it',
    ],
  ])('%s: the script is not run', async (_, code, text, options, words) => {
    const file = path.join(makeFolder({ file: text }), 'file');
    const outcome = await replay(scriptOf('same.mjs', same), file, ...options);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toContain('typed');
  });
});

describe("a call of Asterisk's log", () => {
  it('is shown without what a trace would leave out, and played with it', async () => {
    const line = (text: string) =>
      `[2026-11-25 15:24:22.123] VERBOSE[1][C-00000001] res_agi.c: <PJSIP/alice-00000001>AGI ${text}\n`;
    const log = [
      ...['Tx >> agi_request: old.js', 'Tx >> agi_channel: PJSIP/alice-00000001', 'Tx >> '],
      ...['Rx << GET DATA pin 0 1023', 'Tx >> 200 result=4711'],
      ...['Rx << SET VARIABLE TYPED 4711', 'Tx >> 200 result=1'],
      ...['Rx << SET VARIABLE PASSWORD hunter2', 'Tx >> 200 result=1'],
      ...['Rx << SET VARIABLE ACCOUNT 88002', 'Tx >> 200 result=1'],
      ...['Rx << VERBOSE "card 4111111111111111" 1', 'Tx >> 200 result=1'],
    ];
    const folder = makeFolder({
      full: log.map(line).join(''),
      'fastagi.conf': '[fastagi]\ntrace_redact = ACCOUNT\n',
    });
    const script = scriptOf(
      'other.mjs',
      `const { digits } = await agi.getData('pin');
  await agi.setVariable('TYPED', digits + '!');
  await agi.setVariable('ACCOUNT', '99003');
  await agi.verbose('right: ' + (digits === '4711'));`,
    );
    const config = ['--config', path.join(folder, 'fastagi.conf')];
    const [text, json] = [
      await replay(script, path.join(folder, 'full'), ...config),
      await replay(script, path.join(folder, 'full'), ...config, '--json'),
    ];
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('- SET VARIABLE TYPED ***\n           + SET VARIABLE TYPED ***!');
    expect(text.stdout).toContain('- SET VARIABLE PASSWORD ***');
    expect(text.stdout).toContain('+ VERBOSE "right: true" 1');
    for (const { stdout } of [text, json]) {
      for (const secret of ['4711', 'hunter2', '88002', '99003', '41111'])
        expect(stdout).not.toContain(secret);
    }
  });
});
