/** Stasis applications on the real Asterisk: the example's call, and what is left of it all when Asterisk restarts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Ari, type Gap } from '../../src/ari';
import { root } from '../support/inet';
import { type AriServer, startAri } from './support/ari';
import { missingParts } from './support/parts';

const missing = missingParts();

const extensions = `[test]
exten => 123,1,Answer()
same => n,Wait(60)
exten => keys,1,Answer()
same => n,Wait(0.2)
same => n,SendDTMF(123#,60,60)
same => n,Wait(60)
exten => silent,1,Answer()
same => n,Wait(60)
exten => reception,1,Stasis(reception)
exten => hello,1,Stasis(hello)
`;

/** The example as its own process, and what it prints. */
class Example {
  readonly #process: ChildProcess;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'fastagi-example-'));
  #output = '';

  constructor({ port, username, password }: AriServer) {
    const config = path.join(this.#folder, 'phpari.ini');
    writeFileSync(
      config,
      `[general]\ndebug=0\n[asterisk_ari]\nhost = 127.0.0.1\nport=${port}\nusername=${username}\npassword = "${password}"\nendpoint=/ari\ntransport=ws\nprotocol=http\n`,
    );
    // as a user has it: the script in a folder of theirs, the package beside it
    const script = path.join(this.#folder, 'reception.mjs');
    copyFileSync(path.join(root, 'examples/ari/reception.mjs'), script);
    mkdirSync(path.join(this.#folder, 'node_modules'));
    symlinkSync(root, path.join(this.#folder, 'node_modules/fastagi'));
    this.#process = spawn(process.execPath, [script], {
      env: { ...process.env, FASTAGI_CONFIG: config, CONTEXT: 'test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#process.emit('said');
      });
    }
  }

  get output(): string {
    return this.#output;
  }

  async said(text: string, from = 0): Promise<void> {
    const signal = AbortSignal.timeout(20_000);
    while (!this.#output.slice(from).includes(text)) {
      await once(this.#process, 'said', { signal }).catch(() => {
        throw new Error(`the example did not say ${JSON.stringify(text)}, but:\n${this.#output}`);
      });
    }
  }

  async end(): Promise<number | null> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await once(this.#process, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#process.exitCode;
  }
}

describe.skipIf(missing).each([22, 16] as const)(`Stasis on Asterisk %i`, (version) => {
  it('holds a call of two Local channels in a bridge, as the example has it, and again after a restart', async () => {
    let server = await startAri({ version, extensions });
    const example = new Example(server);
    try {
      await example.said('reception: connected');
      for (const again of [false, true]) {
        const from = example.output.length;
        await server.asterisk.originate('keys@test', 'reception@test');
        await example.said('123 is connected', from);
        const [bridge] = await bridgesOf(server);
        expect(bridge).toMatchObject({ bridge_type: 'mixing' });
        expect(bridge?.channels).toHaveLength(2);
        if (again) break;
        // in the middle of the call
        await server.asterisk.stop();
        await example.said('reconnecting', from);
        server = await startAri({ version, extensions, port: server.port });
        await example.said('reception: 3 ended', from);
      }
      const from = example.output.length;
      await server.asterisk.command('channel request hangup all');
      await example.said('123 is over', from);
      expect(await bridgesOf(server)).toEqual([]);
      expect(await example.end()).toBe(0);
    } finally {
      await example.end();
      await server.asterisk.stop();
    }
  });

  it('comes back after a restart with its subscriptions and filters, and says what was missed', async () => {
    let server = await startAri({ version, extensions });
    const { port, username, password } = server;
    const ari = new Ari({ port, username, password, reconnect: { firstDelayMs: 50, maxDelayMs: 200 } });
    try {
      await ari.start('hello');
      const applicationName = 'hello';
      await ari.applications.subscribe({ applicationName, eventSource: 'deviceState:Stasis:door' });
      const filter = { disallowed: [{ type: 'ChannelVarset' }] };
      await ari.applications.filter({ applicationName, filter });
      const channel = ari.channel();
      const entered = channel.next('StasisStart', { timeoutMs: 10_000 });
      await channel.originate({ endpoint: 'Local/silent@test', app: 'hello' });
      await entered;
      await ari.applications.subscribe({ applicationName, eventSource: `channel:${channel.id}` });
      const playback = await channel.play({ media: 'sound:vm-intro' });
      const collecting = channel.collect().catch((error) => error);
      const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
      await server.asterisk.stop();
      server = await startAri({ version, extensions, port });
      const { missed, lost } = await gap;
      expect(new Set(missed)).toEqual(
        new Set([
          { kind: 'channel', id: channel.id },
          { kind: 'playback', id: playback.id },
        ]),
      );
      expect(lost).toMatchObject([{ application: 'hello', eventSource: `channel:${channel.id}` }]);
      expect(await channel.ended).toBe('missed');
      expect(await playback.finished).toBe('missed');
      expect(await collecting).toMatchObject({ code: 'ARI_GONE' });
      expect(await ari.applications.get({ applicationName })).toMatchObject({
        device_names: ['Stasis:door'],
        events_disallowed: [{ type: 'ChannelVarset' }],
      });
      const changed = ari.stream('DeviceStateChanged', { signal: AbortSignal.timeout(10_000) });
      await ari.deviceStates.update({ deviceName: 'Stasis:door', deviceState: 'BUSY' });
      expect((await changed.next()).value).toMatchObject({ device_state: { state: 'BUSY' } });
      expect(ari.counts).toMatchObject({ lost: 1, handles: 0 });
    } finally {
      await ari.close();
      await server.asterisk.stop();
    }
  });

  it('is answered, and told that another has the application, whatever events it filters', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    await using first = new Ari({ port, username, password });
    await using second = new Ari({ port, username, password });
    await first.start('hello');
    const filter = { allowed: [{ type: 'ChannelCreated' }] };
    await first.applications.filter({ applicationName: 'hello', filter });
    // over the WebSocket, by an Asterisk that can
    for (let round = 0; round < 20; round++)
      expect(await first.asterisk.ping()).toMatchObject({ ping: 'pong' });
    const replaced = new Promise((resolve) => first.onState(resolve));
    await second.start('hello');
    expect(await replaced).toBe('replaced');
  });

  it('lets the application go to the client that came last, and says so', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    const first = new Ari({ port, username, password });
    await using second = new Ari({ port, username, password });
    try {
      await first.start('hello');
      const states: string[] = [];
      const replaced = new Promise<Error | undefined>((resolve) =>
        first.onState((state, error) => {
          states.push(state);
          resolve(error);
        }),
      );
      const stream = first.stream('StasisStart');
      await second.start('hello');
      expect(await replaced).toMatchObject({ code: 'ARI_REPLACED' });
      await expect(stream.next()).rejects.toMatchObject({ code: 'ARI_REPLACED' });
      expect(states).toEqual(['replaced']);
      expect(first.state).toBe('replaced');
      // it still can ask
      expect(await first.asterisk.ping()).toMatchObject({ ping: 'pong' });
      const started = second.stream('StasisStart', { signal: AbortSignal.timeout(10_000) });
      await server.asterisk.originate('silent@test', 'hello@test');
      expect((await started.next()).value).toMatchObject({ application: 'hello' });
    } finally {
      await first.close();
    }
  });

  it('serves its other callers while requests wait until what their channels play is over', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start('hello');
    const bridge = ari.bridge();
    await bridge.create({ type: 'mixing' });
    const callers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const caller = ari.channel();
        const entered = caller.next('StasisStart', { timeoutMs: 10_000 });
        await caller.originate({ endpoint: 'Local/silent@test', app: 'hello' });
        await entered;
        const tone = await caller.play({ media: 'tone:ring' });
        return { caller, tone };
      }),
    );
    const joined = Promise.all(
      callers.map(async ({ caller }) => {
        await caller.setChannelVar({ variable: 'X', value: '1' });
        await bridge.addChannel({ channel: caller.id });
      }),
    );
    joined.catch(() => {});
    // nobody else would end what they wait for
    await Promise.all(callers.map(({ tone }) => tone.stop()));
    await joined;
    expect((await bridge.get()).channels).toHaveLength(10);
  });

  it.each([
    ['stop', 'done', {}],
    ['cancel', 'canceled', {}],
    ['stop', 'done', { beep: true }],
    ['cancel', 'canceled', { beep: true }],
  ] as const)('can %s a recording at once: it is %s, with %j', async (order, outcome, options) => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start('hello');
    const caller = ari.channel();
    const entered = caller.next('StasisStart', { timeoutMs: 10_000 });
    await caller.originate({ endpoint: 'Local/silent@test', app: 'hello' });
    await entered;
    const intro = await caller.play({ media: 'sound:vm-intro' });
    // the first one waits behind the sound
    for (const name of ['first', 'second', 'third']) {
      const recording = await caller.record({ name, format: 'wav', ...options });
      const ordered = recording[order]();
      if (intro.ending === undefined) await intro.stop();
      await ordered;
      expect(await recording.finished).toMatchObject({ outcome });
    }
    const stored = await ari.recordings.listStored();
    expect(stored.map(({ name }) => name).sort()).toEqual(
      order === 'stop' ? ['first', 'second', 'third'] : [],
    );
  });

  it('plays no more behind the digits that a key cannot stop', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start('hello');
    const caller = ari.channel();
    const entered = caller.next('StasisStart', { timeoutMs: 10_000 });
    await caller.originate({ endpoint: 'Local/keys@test', app: 'hello' });
    await entered;
    const finished = ari.stream('PlaybackFinished', { signal: AbortSignal.timeout(10_000) });
    const { digits } = await caller.collect({ media: ['digits:12', 'tone:ring'] });
    expect(digits).toBe('123');
    expect((await finished.next()).value).toMatchObject({ playback: { media_uri: 'tone:ring' } });
  });

  it('goes with a caller from one of its applications to another, and waits in no empty bridge for ever', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start(['hello', 'other']);
    const moved = new Promise<[string, unknown]>((resolve) =>
      ari.onCall(async (caller, { application }) => {
        if (application === 'hello') return caller.move({ app: 'other' });
        // the last word of the first application may come now
        const { outcome } = await caller.collect({ timeoutMs: 300 });
        resolve([outcome, caller.ending]);
      }),
    );
    const caller = ari.channel();
    await caller.originate({ endpoint: 'Local/silent@test', app: 'hello' });
    expect(await caller.ended).toBe('left');
    expect(await moved).toEqual(['timeout', undefined]);
    const bridge = ari.bridge();
    await bridge.create({ type: 'holding' });
    const playback = await bridge.play({ media: 'sound:beep' });
    const recording = await bridge.record({ format: 'wav', maxDurationSeconds: 1 });
    expect(await playback.finished).toBe('missed');
    expect(await recording.finished).toMatchObject({ outcome: 'missed' });
  });

  it.each([
    ['nobody@test', 'HANGUP'],
    ['late@test', 'NOANSWER'],
    ['busy@test', 'BUSY'],
  ])('says what became of dialling %s', async (place, status) => {
    const more = `${extensions}exten => late,1,Wait(60)\nexten => busy,1,Busy(5)\n`;
    await using server = await startAri({ version, extensions: more });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start('hello');
    const called = ari.channel();
    await called.create({ endpoint: `Local/${place}`, app: 'hello' });
    expect(await called.dial({ timeout: 2 })).toEqual({ status });
  });

  it('tells a caller that nobody has answered, as the example has it', async () => {
    await using server = await startAri({ version, extensions: extensions.replace('exten => 123,1,', '') });
    const example = new Example(server);
    try {
      await example.said('reception: connected');
      await server.asterisk.originate('keys@test', 'reception@test');
      await example.said('123 says HANGUP');
      await expect.poll(() => server.asterisk.log(), { timeout: 20_000 }).toMatch(/Playing 'vm-nonumber/);
      expect(await example.end()).toBe(0);
    } finally {
      await example.end();
    }
  });

  it('names what is wrong with a login, a port and an application', async () => {
    await using server = await startAri({ version, extensions });
    const { port, username, password } = server;
    const wrong = new Ari({ port, username, password: 'not it at all' });
    await using reader = new Ari({ port, username: 'reader', password: 'look' });
    for (const attempt of [() => wrong.asterisk.ping(), () => wrong.start('hello')]) {
      const error = await attempt().catch((error) => error);
      expect(error).toMatchObject({ code: 'ARI_UNAUTHORIZED', status: 401 });
      expect(error.message).toContain('user "tester" is not let in');
      expect(JSON.stringify([error, error.message, error.stack])).not.toMatch(/not it|bm90IG/);
    }
    await wrong.close();
    await expect(reader.bridges.create()).rejects.toMatchObject({ code: 'ARI_READ_ONLY', status: 403 });
    expect(await reader.bridges.list()).toEqual([]);
    await using elsewhere = new Ari({ port, username, password, prefix: '/pbx/ari' });
    await expect(elsewhere.bridges.list()).rejects.toMatchObject({ code: 'ARI_OFF', status: 404 });
    await expect(elsewhere.start('hello')).rejects.toMatchObject({ code: 'ARI_OFF' });
    const raw = reader.request('GET', '/events', { query: { app: 'hello' } });
    await expect(raw).rejects.toMatchObject({ status: 426, message: expect.stringContaining('start()') });
    await expect(reader.channels.get({ channelId: 'nobody' })).rejects.toMatchObject({
      code: 'ARI_NOT_FOUND',
      reason: 'Channel not found',
      method: 'GET',
      path: '/channels/nobody',
    });
  });
});

async function bridgesOf({ port, username, password }: AriServer) {
  await using ari = new Ari({ port, username, password });
  return await ari.bridges.list();
}
