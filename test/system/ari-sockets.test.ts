/** The newer ways of the real Asterisk 22: requests over the WebSocket, WebSockets that it opens, media. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Ari, AriServer } from '../../src/ari';
import { startAri } from './support/ari';
import { missingParts } from './support/parts';

const missing = missingParts();

const extensions = `[test]
exten => tone,1,Answer()
same => n,Playtones(1004/1000)
same => n,Wait(60)
exten => record,1,Answer()
same => n,Wait(60)
exten => hello,1,Stasis(hello,a,b)
`;

describe.skipIf(missing)('Asterisk 22', () => {
  it('takes requests over the WebSocket', async () => {
    await using server = await startAri({ version: 22, extensions });
    const { port, username, password } = server;
    await using ari = new Ari({ port, username, password });
    await ari.start('hello');
    const lines: string[] = [];
    await using traced = new Ari({ port, username, password, trace: (_way, text) => lines.push(text) });
    await traced.start('other');
    await expect.poll(() => lines.some((line) => line.includes('"RESTResponse"'))).toBe(true);
    lines.length = 0;
    expect(await traced.asterisk.ping()).toMatchObject({ ping: 'pong' });
    // the answer as it came, in its frame
    expect(lines.filter((line) => line.includes('"RESTResponse"'))).toHaveLength(1);
    await expect(traced.channels.get({ channelId: 'nobody' })).rejects.toMatchObject({
      code: 'ARI_NOT_FOUND',
    });
    await traced.asterisk.setGlobalVar({ variable: 'X', value: 'a=b&c d+é%' });
    expect(await traced.asterisk.getGlobalVar({ variable: 'X' })).toEqual({ value: 'a=b&c d+é%' });
    // too long for a frame of Asterisk's: by HTTP
    const name = 'x'.repeat(4000);
    await expect(traced.recordings.getStored({ recordingName: name })).rejects.toMatchObject({ status: 404 });
    const pings = await Promise.all(Array.from({ length: 1000 }, () => traced.asterisk.ping()));
    expect(pings).toHaveLength(1000);
  });

  it('calls the application itself, and is served over that', async () => {
    const calls: string[] = [];
    const { promise: hungUp, resolve: onHungUp } = promised<string>();
    const { promise: connected, resolve: onConnected } = promised<Ari>();
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      onConnection(ari) {
        onConnected(ari);
        ari.onCall(async (channel, { args }) => {
          calls.push(args.join());
          await channel.answer();
          // an order that Asterisk would do when the tone is over, and one that ends it, behind that
          const tone = await channel.play({ media: 'tone:ring' });
          const named = channel.setChannelVar({ variable: 'X', value: '1' });
          await tone.stop();
          await named;
          const playback = await channel.play({ media: 'sound:beep' });
          calls.push(await playback.finished);
          await channel.hangup();
          onHungUp(await channel.ended);
        });
      },
    });
    const client = `[app]
type = websocket_client
uri = ws://127.0.0.1:${application.port}/
protocols = ari
username = asterisk
password = let me in
connection_type = persistent
connection_timeout = 500
reconnect_interval = 500
reconnect_attempts = 5
tls_enabled = no`;
    await using server = await startAri({
      version: 22,
      extensions,
      ari: '[app]\ntype = outbound_websocket\nwebsocket_client_id = app\napps = hello\nlocal_ari_user = tester\nsubscribe_all = no\n',
      config: { 'websocket_client.conf': client },
    });
    const ari = await connected;
    await expect.poll(() => ari.applicationNames).toEqual(['hello']);
    expect(await ari.asterisk.ping()).toMatchObject({ ping: 'pong' });
    await server.asterisk.originate('record@test', 'hello@test');
    expect(await hungUp).toBe('gone');
    expect(calls).toEqual(['a,b', 'done']);
    await expect(ari.recordings.getStoredFile({ recordingName: 'x' })).rejects.toMatchObject({
      code: 'ARI_LOST',
    });
    const closed = new Promise((resolve) => ari.onState(resolve));
    await server.asterisk.stop();
    expect(await closed).toBe('closed');
    expect(application.clients.size).toBe(0);
  });

  it('lets nobody in who does not know the password', async () => {
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'x',
      onConnection() {},
    });
    const { port } = application;
    const stranger = new Ari({ port, username: 'asterisk', password: 'y', prefix: '' });
    await expect(stranger.start('hello')).rejects.toMatchObject({ code: 'ARI_UNAUTHORIZED' });
    await stranger.close();
    await expect(AriServer.listen({ username: '', password: '', onConnection() {} })).rejects.toMatchObject({
      code: 'ARI_ARGUMENT',
    });
  });

  it("gives a caller's audio as a stream, and plays what is written", async () => {
    await using server = await startAri({ version: 22, extensions });
    const { port, username, password } = server;
    // so short that Asterisk is asked for a sign again and again, and has to give it, before anything is said
    await using ari = new Ari({ port, username, password, pingEveryMs: 300 });
    await ari.start('hello');
    const caller = ari.channel();
    const entered = caller.next('StasisStart', { timeoutMs: 10_000 });
    await caller.originate({ endpoint: 'Local/tone@test', app: 'hello' });
    await entered;
    const channel = ari.channel();
    const joined = channel.next('StasisStart', { timeoutMs: 10_000 });
    const media = await channel.openMedia({ app: 'hello', format: 'slin16' });
    await joined;
    expect([media.format, media.frameBytes]).toEqual(['slin16', 640]);
    const bridge = ari.bridge();
    await bridge.create({ type: 'mixing' });
    await bridge.addChannel({ channel: [caller.id, channel.id] });
    // a second of the tone
    let heard = 0;
    let loudest = 0;
    for await (const chunk of media.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      heard += chunk.length;
      for (let at = 0; at + 1 < chunk.length; at += 2)
        loudest = Math.max(loudest, Math.abs(chunk.readInt16LE(at)));
      if (heard >= 32_000) break;
    }
    expect(loudest).toBeGreaterThan(100);
    media.resume();
    // a second of noise, in pieces that are no frames
    const recording = ari.recording();
    const begun = recording.next('RecordingStarted', { timeoutMs: 10_000 });
    await bridge.record({ name: recording.id, format: 'wav' });
    await begun;
    const noise = Buffer.alloc(32_000);
    for (let at = 0; at < noise.length; at += 2) noise.writeInt16LE((at * 7919) % 16_000, at);
    for (let at = 0; at < noise.length; at += 1001) media.write(noise.subarray(at, at + 1001));
    expect(await media.played()).toBe('played');
    await recording.stop();
    expect(await recording.finished).toMatchObject({ outcome: 'done' });
    const wave = await recording.getStoredFile();
    let loud = 0;
    for (let at = 44; at + 1 < wave.length; at += 2) if (Math.abs(wave.readInt16LE(at)) > 1000) loud++;
    // half a second of it at the least, at 8 kHz
    expect(loud).toBeGreaterThan(4000);
    // more than Asterisk would take at once, thrown away in the middle
    const minute = Buffer.alloc(60 * 32_000);
    media.write(minute);
    const playing = media.played();
    media.flush();
    expect(['played', 'flushed']).toContain(await playing);
    expect(media.writableLength).toBe(0);
    media.write(minute);
    media.hangup();
    if (!media.closed) await once(media, 'close');
    expect(await channel.ended).toBe('gone');
    expect(media.droppedBytes).toBe(0);
  });
});

function promised<T>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
