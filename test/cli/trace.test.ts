/** `fastagi trace`, as it is built. */
import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeTraceLine } from '../../src/trace/entry';
import { call } from '../support/asterisk';
import { executable, makeFolder } from '../support/inet';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function trace(args: string[], { stop = false } = {}): Promise<Outcome> {
  const child = spawn(process.execPath, [executable('fastagi'), 'trace', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    // a reader that has seen enough
    if (stop) child.stdout.destroy();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

describe('fastagi trace', () => {
  let file: string;

  beforeAll(async () => {
    const folder = makeFolder();
    const outcome = await call({
      script: 'script.js',
      files: {
        'script.js': "await agi.answer(); const { digits } = await agi.getData('pin'); agi.verbose(digits);",
      },
      config: `trace=${folder}\ntrace_digits=on\n`,
      answer: (line) => (/^GET DATA/.test(line) ? '200 result=4711' : '200 result=0'),
    });
    expect(outcome.code).toBe(0);
    const [day] = readdirSync(folder) as [string];
    file = path.join(folder, day, (readdirSync(path.join(folder, day)) as [string])[0]);
  });

  it('shows a call, without keys and without colours where it is no terminal', async () => {
    const { code, stdout, stderr } = await trace([file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^script\.js {2}\d{4}-/);
    expect(stdout).toMatch(
      /\n +0:0\d\.\d{3} +[\d.]+ m?s +[\d.]+ m?s {2}GET DATA pin 0 1023 → 200 result=\*{4}\n/,
    );
    expect(stdout).toContain('VERBOSE *** 1');
    expect(stdout).toMatch(/\n[\d.]+ m?s, 3 commands, .*, exit code 0\n/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('note:');
  });

  it('shows the keys where that is asked for, and they are there', async () => {
    expect((await trace([file, '--digits'])).stdout).toContain('200 result=4711');
  });

  it('writes a page, for its owner alone', async () => {
    const html = path.join(makeFolder(), 'page.html');
    expect(await trace([file, '--html', html])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*GET DATA pin[\s\S]*<\/html>\n$/);
    expect(readFileSync(html, 'utf8')).not.toContain('4711');
    expect(statSync(html).mode & 0o777).toBe(0o600);
  });

  it("leaves out of a log of Asterisk's what the configuration names", async () => {
    const channel = 'PJSIP/alice-00000001';
    const line = (text: string) =>
      `[2026-11-25 15:24:22.123] VERBOSE[1][C-00000001] res_agi.c: <${channel}>AGI ${text}\n`;
    const log = [
      'Tx >> agi_request: agi://127.0.0.1/menu?customer=77001&lang=en',
      `Tx >> agi_channel: ${channel}`,
      'Tx >> agi_callerid: 5551234',
      'Tx >> ',
      'Rx << SET VARIABLE ACCOUNT 88002',
      'Tx >> 200 result=1',
    ];
    const folder = makeFolder({
      full: log.map(line).join(''),
      'fastagi.conf': '[fastagi]\ntrace_redact = agi_callerid, ACC*, customer\n',
      'wrong.conf': '[fastagi]\nlog = nonsense\n',
    });
    const file = path.join(folder, 'full');
    const config = ['--config', path.join(folder, 'fastagi.conf')];
    const html = path.join(folder, 'page.html');
    expect((await trace([file])).stdout).toMatch(/caller +5551234[\s\S]*ACCOUNT 88002/);
    const { stdout } = await trace([file, ...config]);
    expect(stdout).toMatch(/caller +\*\*\*[\s\S]*SET VARIABLE ACCOUNT \*\*\*/);
    expect(await trace([file, ...config, '--html', html])).toMatchObject({ code: 0 });
    appendFileSync(file, log.map(line).join(''));
    const list = (await trace([file, ...config])).stdout;
    expect(list).toContain('holds 2 calls');
    expect(list).toContain('lang=en');
    for (const shown of [stdout, readFileSync(html, 'utf8'), list]) {
      for (const secret of ['77001', '5551234', '88002']) expect(shown).not.toContain(secret);
    }
    expect(await trace([file, '--config', path.join(folder, 'wrong.conf')])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('[fastagi] log is "nonsense"'),
    });
  });

  it.each([
    ['the trace itself', 2, () => file, 'is the trace itself'],
    [
      'a folder that is not there',
      1,
      () => '/no/such/folder/x.html',
      'cannot be written: there is no folder /no/such/folder',
    ],
    ['a folder', 1, () => makeFolder(), 'cannot be written: it is a folder'],
  ])('writes no page over %s', async (_, rc, html, words) => {
    const { code, stderr } = await trace([file, '--html', html()]);
    expect(code).toBe(rc);
    expect(stderr).toContain(words);
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"trace":1/);
  });

  it('says what is wrong with a file, in a line', async () => {
    const text = path.join(makeFolder({ '\u001b[31mx': 'Dear Sir' }), '\u001b[31mx');
    const { code, stdout, stderr } = await trace([text]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^fastagi trace: \S*\\x1b\[31mx holds no call: .*\n$/);
  });

  it('says where traces are, where there is none', async () => {
    expect(await trace(['/no/such/trace'])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'fastagi trace: /no/such/trace cannot be read: there is no such file; traces lie in the folder that [fastagi] trace names, in one of its own for each day\n',
    });
  });

  it('wants a file', async () => {
    const { code, stderr } = await trace([]);
    expect(code).toBe(2);
    expect(stderr).toContain('something is missing: fastagi trace <file>;');
  });

  it('ends quietly with its reader, and shows what a flood of a call was, line by line', async () => {
    const flood = path.join(makeFolder(), 'flood.jsonl');
    writeFileSync(flood, encodeTraceLine({ trace: 1, started: 'now' }));
    const pair = [
      { ms: 1, dir: '>' as const, line: `VERBOSE ${'x'.repeat(1000)} 1` },
      { ms: 2, dir: '<' as const, line: '200 result=1' },
    ]
      .map(encodeTraceLine)
      .join('');
    for (let n = 0; n < 20; n++) appendFileSync(flood, pair.repeat(1000));
    const stopped = await trace([flood], { stop: true });
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    expect(stopped.stdout.length).toBeLessThan(5 << 20);
    const html = path.join(makeFolder(), 'page.html');
    expect(await trace([flood, '--html', html])).toMatchObject({ code: 0, stderr: '' });
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('18000 steps more are not drawn');
    expect(page).toContain('<dd>20000</dd>');
  });
});
