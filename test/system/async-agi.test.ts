// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Calls that the dialplan leaves to the manager, by both versions of Asterisk. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { Ami } from '../../src/ami/ami';
import { endCall } from '../../src/ami/async-agi';
import { runRequestedScript } from '../../src/run/async-script';
import { executable, makeFolder, root } from '../support/inet';
import { inetd } from '../support/inetd';
import { Asterisk } from './support/asterisk';
import { missingParts } from './support/parts';

const missing = missingParts();

const extensions = `[calls]
exten => _[a-z].,1,Answer()
 same => n,Set(name=\${EXTEN})
 same => n,AGI(agi:async,\${EXTEN},first argument,\${STRREPLACE(LONG,x,y)})
 same => n,Verbose(1,\${EXTEN} went on: \${AGISTATUS} \${RESULT})
 same => n,Hangup()
exten => long-request,1,Answer()
 same => n,AGI(agi:async,\${LONG},\${LONG}(),last)
 same => n,Verbose(1,\${EXTEN} went on: \${AGISTATUS} \${RESULT})
exten => wait,1,Answer()
 same => n,Wait(60)
`;

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

describe.skipIf(missing).each([16, 22] as const)('Asterisk %d', (version) => {
  let asterisk: Asterisk;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    asterisk = await Asterisk.start({
      version,
      extensions,
      config: {
        'manager.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = ${port}\n[jo]\nsecret = secret\nread = all\nwrite = all\n`,
      },
    });
  });
  afterAll(() => asterisk?.stop());

  const connect = () => Ami.connect({ username: 'jo', secret: 'secret', port });

  /** Calls an extension, and gives the call that comes of it by AsyncAGI. */
  async function call(
    ami: Ami,
    extension: string,
    options: { variables?: Record<string, string>; namesScript?: boolean } = {},
  ): Promise<{ agi: Agi; near: string }> {
    const calls = ami.asyncAgi({ namesScript: options.namesScript ?? false });
    const started = calls.next();
    const outcome = await ami.originate({
      channel: 'Local/wait@calls/n',
      context: 'calls',
      extension,
      variables: options.variables ?? {},
      timeoutMs: 10_000,
    });
    if (outcome.outcome !== 'answered') throw new Error(outcome.event.text);
    const late = setTimeout(() => void calls.return(), 10_000);
    const { value, done } = await started;
    clearTimeout(late);
    if (done) throw new Error(`no call has come (${calls.dropped} dropped)\n${asterisk.log().slice(-3000)}`);
    await calls.return();
    return { agi: value as Agi, near: outcome.channel };
  }

  const wentOn = (extension: string, from = 0) =>
    asterisk.waitForLog(`${extension} went on:`, undefined, from);

  it('gives the very call that FastAGI gives', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'plain');
    expect(agi.request).toMatchObject({
      request: 'async',
      network: false,
      extension: 'plain',
      context: 'calls',
      type: 'Local',
    });
    expect(agi.request.arguments).toEqual(['plain', 'first argument', '']);
    await agi.answer();
    expect(await agi.getVariable('name')).toBe('plain');
    expect(await agi.getVariable('never_set')).toBeUndefined();
    expect(await agi.streamFile('beep')).toMatchObject({ outcome: 'complete' });
    expect(await agi.exec('Set', 'RESULT=done')).toBe(0);
    await expect(agi.send('NO SUCH COMMAND')).rejects.toMatchObject({ code: 'AGI_UNKNOWN_COMMAND' });
    await expect(agi.send('GET VARIABLE')).rejects.toMatchObject({
      code: 'AGI_USAGE',
      usage: expect.stringContaining('Returns'),
    });
    await expect(agi.exec('NoSuchApplication')).rejects.toMatchObject({ code: 'AGI_NO_APPLICATION' });
    await Promise.all([agi.verbose('one'), agi.verbose('two'), agi.noop('three')]);
    await endCall(agi);
    expect(await wentOn('plain')).toMatch(/plain went on: SUCCESS done/);
    await expect(agi.noop('late')).rejects.toMatchObject({ code: 'SCRIPT_ENDED' });
  });

  it('puts results of over 1,024 bytes right again, of every length', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'lengths');
    const letters = ['a', 'b', 'c', 'd'];
    for (const letter of letters) await agi.send(`SET VARIABLE ${letter} "${letter.repeat(900)}"`);
    const all = letters.map((letter) => letter.repeat(900)).join('');
    const frame = '200 result=1 ()\n'.length;
    for (const length of [1023, 1024, 1025, 2047, 2048, 2049, 3000].map((whole) => whole - frame)) {
      const parts = letters.map((letter, at) => `\${${letter}:0:${Math.min(900, length - at * 900)}}`);
      const reply = await agi.send(`GET FULL VARIABLE "${parts.slice(0, Math.ceil(length / 900)).join('')}"`);
      expect(reply.value).toBe(all.slice(0, length));
    }
    expect(await agi.getVariable('name')).toBe('lengths');
    await endCall(agi);
    await wentOn('lengths');
  });

  it.each([
    ['all of it escaped', 'ü('.repeat(300)],
    // of three lengths: Asterisk 16 encodes Base64 in thirds
    ['long and all of it escaped', 'ü'.repeat(1500)],
    ['all of it escaped, and one more', `${'ü'.repeat(450)}x`],
    ['all of it escaped, and two more', `${'ü'.repeat(450)}xx`],
    ['of several lines', 'one)\n200 result=1 (x)\nHANGUP\n'.repeat(20)],
    ['long and of several lines', `${'x'.repeat(1020)}\n${'y('.repeat(300)}`],
  ])('gives back a value %s as it was set', async (_, value) => {
    await using ami = await connect();
    const { agi } = await call(ami, 'values', {});
    for (let at = 0; at < value.length; at += 200) {
      await agi.setVariable(`PART${at / 200}`, value.slice(at, at + 200));
    }
    const parts = Array.from({ length: Math.ceil(value.length / 200) }, (_, at) => `\${PART${at}}`);
    expect(await agi.getFullVariable(parts.join(''))).toBe(value);
    expect(await agi.getVariable('name')).toBe('values');
    await endCall(agi);
  });

  it.each([300, 600, 900])('puts a request of over 1,024 bytes right again: twice %d', async (length) => {
    await using ami = await connect();
    const { agi } = await call(ami, 'long-request', { variables: { LONG: 'x%'.repeat(length / 2) } });
    expect(agi.request.arguments).toEqual(['x%'.repeat(length / 2), `${'x%'.repeat(length / 2)}()`, 'last']);
    expect(await agi.getVariable('EXTEN')).toBe('long-request');
    await endCall(agi);
  });

  it('gives back a call whose request is cut', async () => {
    await using ami = await connect();
    const calls = ami.asyncAgi();
    const LONG = 'ü'.repeat(450);
    const gone = wentOn('long-request', asterisk.log().length);
    await ami.originate({
      channel: 'Local/wait@calls/n',
      context: 'calls',
      extension: 'long-request',
      variables: { LONG },
    });
    await gone;
    expect([calls.size, calls.dropped]).toEqual([0, 1]);
    await calls.return();
  });

  it('ends a call whose reply is cut and cannot be read again, rather than give a wrong one', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'cut');
    await agi.databasePut('cut', 'key', '()'.repeat(120));
    await agi.send(`SET VARIABLE Q "${'"'.replace('"', 'ü').repeat(450)}"`);
    await expect(agi.send(`EXEC Verbose "x"`)).resolves.toMatchObject({ result: '0' });
    // twice what may be escaped, in a form that is too long to be asked for in letters
    await expect(agi.send(`GET FULL VARIABLE "\${Q}\${Q}${'x'.repeat(970)}"`)).rejects.toMatchObject({
      name: 'AgiHangupError',
      code: 'AGI_CLOSED',
      message: expect.stringContaining('cut the end off'),
    });
    await wentOn('cut');
  });

  it('refuses a command that AMI cannot carry, and goes on', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'too-long');
    await expect(agi.noop('x'.repeat(1100))).rejects.toMatchObject({
      code: 'AGI_ARGUMENT',
      message: expect.stringContaining('AsyncAGI takes 1013'),
    });
    expect(await agi.getVariable('name')).toBe('too-long');
    await agi.send(`NOOP "${'x'.repeat(1013 - 'NOOP ""'.length)}"`);
    await endCall(agi);
    await wentOn('too-long');
  });

  it('tells a hangup, in the middle of a command and between two', async () => {
    await using ami = await connect();
    const first = await call(ami, 'in-command');
    const waiting = first.agi.exec('Wait', 60);
    const refused = expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError' });
    await ami.hangup(first.near);
    await refused;
    await expect(first.agi.answer()).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect(first.agi.signal.aborted).toBe(true);
    await endCall(first.agi);
    const second = await call(ami, 'between');
    const gone = new Promise<void>((resolve) => second.agi.signal.addEventListener('abort', () => resolve()));
    await ami.hangup(second.near);
    await gone;
    await endCall(second.agi);
  });

  it('goes on in the dialplan by asyncAgiBreak, and takes no command after it', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'breaks');
    await agi.setVariable('RESULT', 'broken');
    await agi.asyncAgiBreak();
    await expect(agi.noop('late')).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect(await wentOn('breaks')).toMatch(/SUCCESS broken/);
    await endCall(agi);
  });

  it('ends where a sound file is missing: Asterisk itself does that, with AGISTATUS=FAILURE', async () => {
    await using ami = await connect();
    const { agi } = await call(ami, 'missing');
    await agi.setVariable('RESULT', 'here');
    await expect(agi.streamFile('no-such-file')).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect(await wentOn('missing')).toMatch(/FAILURE here/);
    await endCall(agi);
  });

  it('is told where the manager is lost', async () => {
    const ami = await connect();
    const { agi, near } = await call(ami, 'orphan');
    const waiting = expect(agi.exec('Wait', 60)).rejects.toMatchObject({
      name: 'AgiHangupError',
      code: 'AGI_CLOSED',
    });
    await ami.close();
    await waiting;
    await asterisk.command(`channel request hangup ${near}`);
  });

  it('serves 20 calls at once, and gives back those that are too many', async () => {
    await using ami = await connect();
    const served: string[] = [];
    const calls = ami.asyncAgi({ accept: (event) => event.get('Exten')?.startsWith('many') ?? false });
    const serving = (async () => {
      const running: Promise<void>[] = [];
      for await (const agi of calls) {
        running.push(
          (async () => {
            for (let round = 0; round < 5; round++) await agi.noop(String(round));
            served.push((await agi.getVariable('name')) as string);
            await endCall(agi);
          })(),
        );
        if (running.length === 20) break;
      }
      await Promise.all(running);
    })();
    const names = Array.from({ length: 20 }, (_, at) => `many-${at}`);
    await Promise.all(
      names.map((extension) => ami.originate({ channel: 'Local/wait@calls/n', context: 'calls', extension })),
    );
    await serving;
    expect(served.sort()).toEqual(names.sort());
    const few = ami.asyncAgi({ limit: 1 });
    const gone = wentOn('few-1');
    await ami.originate({ channel: 'Local/wait@calls/n', context: 'calls', extension: 'few-0' });
    await expect.poll(() => few.size).toBe(1);
    await ami.originate({ channel: 'Local/wait@calls/n', context: 'calls', extension: 'few-1' });
    await gone;
    expect(few.dropped).toBe(1);
    const { value } = await few.next();
    expect((value as Agi).request.extension).toBe('few-0');
    await endCall(value as Agi);
    await few.return();
  });

  it('runs the sample scripts that the dialplan names', async () => {
    await using ami = await connect();
    const load = async ({ file }: { file: string }) =>
      (await import(/* @vite-ignore */ pathToFileURL(file).href)).default;
    const basedir = path.join(root, 'demo/scripts');
    const { agi } = await call(ami, 'extension', { namesScript: true });
    expect(agi.request).toMatchObject({
      network: true,
      networkScript: 'extension',
      arguments: ['first argument', ''],
    });
    await runRequestedScript(agi, { basedir, load });
    await wentOn('extension');
    const other = makeFolder({
      'throws.mjs':
        'export default async (agi) => { await agi.setVariable("RESULT", "so far"); throw new TypeError("on purpose"); };',
      'body.mjs': 'export const x = 1;',
    });
    const failing = await call(ami, 'throws', { namesScript: true });
    await expect(runRequestedScript(failing.agi, { basedir: other, load })).rejects.toThrow('on purpose');
    expect(await wentOn('throws')).toMatch(/FAILURE so far/);
    expect(asterisk.log()).toMatch(/throws.mjs: TypeError: on purpose/);
    const body = await call(ami, 'body', { namesScript: true });
    await expect(runRequestedScript(body.agi, { basedir: other, load })).rejects.toMatchObject({
      code: 'SCRIPT_NO_FUNCTION',
    });
    const none = await call(ami, 'nothing', { namesScript: true });
    await expect(runRequestedScript(none.agi, { basedir: other, load })).rejects.toMatchObject({
      name: 'RefusedError',
    });
    expect(await wentOn('nothing')).toMatch(/FAILURE/);
  });

  it('hands calls to a FastAGI server, whose scripts run unchanged: fastagi ami --async-agi', async () => {
    const server = await inetd({
      'hello.js': fs.readFileSync(path.join(root, 'demo/scripts/hello.js'), 'utf8'),
      'fails.js': "fastagi.setVariable('RESULT', 'so far'); throw new Error('on purpose');",
    });
    const { port: to } = server.address() as net.AddressInfo;
    const folder = makeFolder({
      'fastagi.conf': `[asmanager]\nserver=127.0.0.1\nport=${port}\nusername=jo\nsecret=secret\n`,
    });
    const args = ['ami', '--async-agi', `127.0.0.1:${to}`, '--config', `${folder}/fastagi.conf`];
    const bridge = spawn(process.execPath, [executable('fastagi'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => bridge.once('close', resolve));
    try {
      let said = '';
      bridge.stderr.on('data', (chunk) => {
        said += chunk;
      });
      await expect.poll(() => said).toContain('go to');
      await using ami = await connect();
      for (const [extension, status] of [
        ['hello', 'SUCCESS'],
        ['fails', 'FAILURE so far'],
      ] as const) {
        const gone = wentOn(extension, asterisk.log().length);
        await ami.originate({ channel: 'Local/wait@calls/n', context: 'calls', extension });
        expect(await gone).toContain(status);
      }
      expect(asterisk.log()).toContain('cool, the FastAGI server has been called!');
      expect(asterisk.log()).toContain('fails.js: Error: on purpose');
    } finally {
      bridge.kill('SIGTERM');
      expect(await ended).toBe(0);
      server.close();
    }
  });
});
