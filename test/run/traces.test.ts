/** The file that a call leaves where `[fastagi] trace` names a folder. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerAll, call } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';

interface Line {
  readonly ms: number;
  readonly dir: string;
  readonly line: string;
  readonly redacted?: boolean;
}

async function traced(script: string, options: Partial<Parameters<typeof call>[0]> = {}) {
  const traces = makeFolder();
  const outcome = await call({
    script: 'script.js',
    files: { 'script.js': script },
    ...options,
    config: `trace=${traces}\n${options.config ?? ''}`,
  });
  const files = readdirSync(traces, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  const texts = files.map((file) => readFileSync(path.join(file.parentPath, file.name), 'utf8'));
  const lines = (texts[0] ?? '').split('\n');
  return {
    outcome,
    traces,
    files: files.map((file) => path.join(file.parentPath, file.name)),
    whole: lines.at(-1) === '',
    header: JSON.parse(lines[0] || '{}') as Record<string, unknown>,
    lines: lines.slice(1, -1).map((line) => JSON.parse(line) as Line),
  };
}

const shown = (lines: readonly Line[]) => lines.map(({ dir, line }) => `${dir} ${line}`);
/** What comes behind the request. */
const conversation = (lines: readonly Line[]) => shown(lines).slice(shown(lines).indexOf('< ') + 1);

describe('a call that is traced', () => {
  it('leaves a file: what call it was, every line with its time, and how it ended', async () => {
    const { outcome, files, header, lines, whole } = await traced(
      "await agi.answer(); await agi.setVariable('x', 1);",
    );
    expect(outcome).toMatchObject({ code: 0, log: '' });
    expect(files).toHaveLength(1);
    expect(statSync(files[0] as string).mode & 0o777).toBe(0o600);
    expect(whole).toBe(true);
    expect(header).toEqual({
      trace: 1,
      started: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      program: expect.stringMatching(/^fastagi \d/),
      pid: expect.any(Number),
      script: 'script.js',
      channel: 'Local/leg@test-00000001;2',
      uniqueId: '1700000000.1',
      context: 'test',
      extension: 'fast',
    });
    expect(shown(lines)[0]).toBe('< agi_network: yes');
    expect(conversation(lines)).toEqual([
      expect.stringMatching(/^script \/.*\/script\.js$/),
      '> ANSWER',
      '< 200 result=0',
      '> SET VARIABLE x 1',
      '< 200 result=1',
      'end 0',
    ]);
    const times = lines.map(({ ms }) => ms);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('holds no digits, no cards and no chosen variables', async () => {
    const { files, lines } = await traced(
      `const { digits } = await agi.getData('enter-pin');
       await agi.sayDigits(digits);
       await agi.setVariable('ACCOUNT', 'x-815');
       agi.verbose('card 4111 1111 1111 1111');`,
      {
        config: 'trace_redact=ACCOUNT, who\n',
        script: 'script.js?who=Jo&pin=99',
        answer: (line, at) => (/^GET DATA/.test(line) ? '200 result=4711' : answerAll(line, at)),
      },
    );
    const text = readFileSync(files[0] as string, 'utf8');
    for (const secret of ['4711', 'x-815', '4111 1111', 'who=Jo', 'pin=99'])
      expect(text).not.toContain(secret);
    expect(lines.filter(({ redacted }) => redacted).map(({ line }) => line)).toEqual([
      'agi_network_script: script.js?who=***&pin=***',
      'agi_request: agi://127.0.0.1/script.js?who=***&pin=***',
      '200 result=****',
      'SAY DIGITS *** ""',
      'SET VARIABLE ACCOUNT ***',
      'VERBOSE "card ***" 1',
    ]);
  });

  it('holds digits where that is chosen', async () => {
    const { lines } = await traced("await agi.getData('enter-pin');", {
      config: 'trace_digits=yes\n',
      answer: (line, at) => (/^GET DATA/.test(line) ? '200 result=4711' : answerAll(line, at)),
    });
    expect(conversation(lines)).toContain('< 200 result=4711');
  });

  it('holds what a script failed of, and the last words', async () => {
    const { lines } = await traced("await agi.answer(); throw new Error('no such luck')");
    expect(conversation(lines).slice(3)).toEqual([
      'error script.js: Error: no such luck (script.js:1)',
      '> VERBOSE "script.js: Error: no such luck (script.js:1)" 1',
      '< 200 result=1',
      '> FAILURE',
      '< HANGUP',
      'end 1',
    ]);
  });

  it('holds all up to a crash', async () => {
    const { outcome, whole, lines } = await traced(
      "await agi.answer(); await agi.verbose('last'); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});",
    );
    expect(outcome.signal).toBe('SIGKILL');
    expect(whole).toBe(true);
    expect(conversation(lines).slice(1)).toEqual([
      '> ANSWER',
      '< 200 result=0',
      '> VERBOSE last 1',
      '< 200 result=1',
    ]);
  });

  it('tells of process.exit() in a script', async () => {
    const { lines } = await traced('await agi.answer(); process.exit(7)');
    expect(conversation(lines).at(-1)).toBe('end 7');
  });

  it('tells of a script that is not there', async () => {
    const { lines } = await traced('', { script: 'nothing.js' });
    expect(conversation(lines)).toContainEqual(
      expect.stringContaining('error fastagi: there is no script "nothing.js"'),
    );
    expect(conversation(lines).at(-1)).toBe('end 3');
  });
});

const isRoot = process.getuid?.() === 0;
if (!isRoot && process.env.CI) throw new Error('setuid can be tested by root only');

it.skipIf(!isRoot)('with setuid the file stays root’s, and the script cannot reach it', async () => {
  const folder = makeFolder({
    'script.js': `
      const { readdirSync } = require('fs');
      let seen = 'reached';
      try { readdirSync(agi.request.params.traces) } catch (error) { seen = error.code }
      agi.setVariable('SEEN', process.getuid() + ' ' + seen);`,
  });
  chmodSync(folder, 0o755);
  chownSync(path.join(folder, 'script.js'), 65_534, 65_534);
  const traces = makeFolder();
  const outcome = await call({
    script: `script.js?traces=${traces}`,
    folder,
    config: `setuid=on\ntrace=${traces}\n`,
  });
  expect(outcome).toMatchObject({ code: 0, commands: ['SET VARIABLE SEEN "65534 EACCES"'] });
  const [name] = readdirSync(traces, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.jsonl'),
  );
  const file = path.join(traces, name as string);
  expect(statSync(file)).toMatchObject({ uid: 0 });
  expect(readFileSync(file, 'utf8')).toContain('"dir":"end"');
});

it('classic AGI leaves one as well, with the hangup that a signal tells', async () => {
  const traces = makeFolder();
  const place = makeFolder({
    'fastagi.conf': `[fastagi]\nlog=stderr\ntrace=${traces}\n`,
    'script.mjs': `
      await agi.answer();
      const gone = new Promise((resolve) => agi.signal.addEventListener('abort', resolve));
      console.log('waits for the hangup');
      await gone;
      await agi.setVariable('TIDY', 'up');`,
  });
  const args = ['--config', path.join(place, 'fastagi.conf'), path.join(place, 'script.mjs')];
  const child = spawn(process.execPath, [executable('agi'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.write('agi_request: script.mjs\nagi_channel: PJSIP/1\nagi_uniqueid: 17.1\n\n');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    child.stdin.write(text.startsWith('ANSWER') ? '200 result=0\n' : '200 result=1\n');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('waits for the hangup')) child.kill('SIGHUP');
  });
  await once(child, 'close');
  const [name] = readdirSync(traces, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.jsonl'),
  );
  const text = readFileSync(path.join(traces, name as string), 'utf8')
    .trimEnd()
    .split('\n');
  const lines = text.slice(1).map((line) => JSON.parse(line) as Line);
  expect(JSON.parse(text[0] as string)).toMatchObject({ script: 'script.mjs', channel: 'PJSIP/1' });
  expect(conversation(lines).slice(1)).toEqual([
    '> ANSWER',
    '< 200 result=0',
    'hangup the caller hung up',
    '> SET VARIABLE TIDY up',
    '< 200 result=1',
    'end 0',
  ]);
});

it('a connection that asks for nothing leaves no file', async () => {
  const { files } = await traced('', { request: 'GET / HTTP/1.0\n\n' });
  expect(files).toEqual([]);
});

it('a folder that is not there costs no call, and the log says why', async () => {
  const outcome = await call({
    script: 'script.js',
    files: { 'script.js': 'agi.answer()' },
    config: 'trace=/no/such/folder\n',
  });
  expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER'] });
  expect(outcome.log).toMatch(
    / warning .*: no trace of this call: \[fastagi\] trace = \/no\/such\/folder: there is no such folder: install -d/,
  );
});

it.each([
  ['trace=here', 'must be an absolute path, or off'],
  ['trace=/tmp\ntrace_days=soon', 'must be a number of days, 0 to 99999'],
  ['trace=/tmp\ntrace_digits=some', 'must be on or off'],
])('%j costs the trace and not the call, and the log says why', async (config, words) => {
  const outcome = await call({
    script: 'script.js',
    files: { 'script.js': 'agi.answer()' },
    config: `${config}\n`,
  });
  expect(outcome).toMatchObject({ code: 0, commands: ['ANSWER'] });
  expect(outcome.log).toMatch(/ warning .*no trace of this call: .*fastagi\.conf: \[fastagi\] trace/);
  expect(outcome.log).toContain(words);
});

it('trace=off leaves none', async () => {
  const outcome = await call({ script: 'script.js', files: { 'script.js': '' }, config: 'trace=off\n' });
  expect(outcome).toMatchObject({ code: 0, log: '' });
});
