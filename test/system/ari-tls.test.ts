/** TLS to the REST interface of both versions of Asterisk: requests, events, audio, and who is not trusted. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { connect as connectSecurely } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { Ari, type AriOptions, AriServer, ariOptions } from '../../src/ari';
import { makeFolder } from '../support/inet';
import { freePort, type AriServer as Server, startAri } from './support/ari';
import { type Certificate, certificate } from './support/certificate';
import { missingParts } from './support/parts';

const missing = missingParts();

const extensions = `[test]
exten => silent,1,Answer()
same => n,Wait(60)
exten => hello,1,Stasis(hello)
`;

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe.skipIf(missing).each([22, 16] as const)('Asterisk %i with TLS', (version) => {
  let server: Server;
  let own: Certificate;
  let other: Certificate;
  let folder: string;
  let tlsPort: number;
  const client = (options: Partial<AriOptions>) =>
    new Ari({
      port: tlsPort,
      username: server.username,
      password: server.password,
      reconnect: { fromStart: true, firstDelayMs: 10 },
      ...options,
    });

  beforeAll(async () => {
    folder = makeFolder();
    own = certificate(folder);
    other = certificate(folder, 'other');
    tlsPort = await freePort();
    server = await startAri({
      version,
      extensions,
      bind: [folder],
      http: `tlsenable = yes\ntlsbindaddr = 127.0.0.1:${tlsPort}\ntlscertfile = ${own.file}\ntlsprivatekey = ${own.file}\n`,
    });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('tells events and takes requests of who is given its certificate', async () => {
    await using ari = client({ tls: { ca: own.pem } });
    expect(ari.address).toBe(`https://127.0.0.1:${tlsPort}/ari`);
    expect(await ari.asterisk.ping()).toMatchObject({ ping: 'pong' });
    const called = new Promise<string>((resolve) => ari.onCall(async (channel) => resolve(channel.id)));
    await ari.start('hello');
    await server.asterisk.originate('silent@test', 'hello@test');
    const channel = ari.channel(await called);
    expect((await ari.channels.list()).map(({ id }) => id)).toContain(channel.id);
    const playback = await channel.play({ media: 'sound:beep' });
    expect(await playback.finished).toBe('done');
    await channel.hangup();
    expect(await channel.ended).toBe('gone');
    expect(await Promise.all(Array.from({ length: 50 }, () => ari.asterisk.ping()))).toHaveLength(50);
  });

  it('is configured as a file', async () => {
    const config = path.join(folder, 'fastagi.conf');
    const { username, password } = server;
    for (const way of ['protocol = https', 'transport = wss']) {
      writeFileSync(
        config,
        `[ari]\nport = ${tlsPort}\nusername = ${username}\npassword = ${password}\n${way}\nca = ${path.join(folder, 'pbx.crt.pem')}\n`,
      );
      await using ari = new Ari(ariOptions(config));
      expect(await ari.asterisk.ping()).toMatchObject({ ping: 'pong' });
      await ari.start('configured');
    }
  });

  it.each<[string, () => NonNullable<AriOptions['tls']>]>([
    ['no authority', () => true],
    ['another authority', () => ({ ca: other.pem })],
    ['an authority that is none', () => ({ ca: 'hello' })],
    ['another name', () => ({ ca: own.pem, servername: 'other.test' })],
  ])('is not trusted by who is given %s, and not tried again', async (_, tls) => {
    await using ari = client({ tls: tls() });
    for (const attempt of [() => ari.asterisk.ping(), () => ari.start('hello')]) {
      const error = await failure(attempt());
      expect(error).toMatchObject({ code: 'ARI_CERTIFICATE', retryable: false, method: 'GET' });
      expect(error.message).toMatch(
        new RegExp(
          `https://127\\.0\\.0\\.1:${tlsPort}/ari: its certificate is not accepted: .+\\(the option tls: `,
        ),
      );
    }
    expect(ari.state).toBe('idle');
  });

  it('is named where one side speaks TLS and the other does not', async () => {
    await using plain = client({ reconnect: true });
    await using secure = client({ port: server.port, tls: { ca: own.pem }, reconnect: true });
    for (const attempt of [() => secure.asterisk.ping(), () => secure.start('hello')]) {
      const error = await failure(attempt());
      expect(error).toMatchObject({ code: 'ARI_CONNECT' });
      expect(error.message).toContain('(does TLS listen there? tlsenable and tlsbindaddr in http.conf)');
    }
    for (const attempt of [() => plain.channels.list(), () => plain.start('hello')]) {
      const error = await failure(attempt());
      expect(error.code).toMatch(/^ARI_(LOST|CONNECT)$/);
      if (error.code === 'ARI_CONNECT')
        expect(error.message).toContain('does TLS listen there? Then the option tls is wanted');
    }
  });
});

describe.skipIf(missing)('over TLS', () => {
  it('every frame is a record of its own, and a thousand pings are answered by fewer pongs', async () => {
    const { key, pem } = certificate(makeFolder());
    const webSockets = new WebSocketServer({ noServer: true });
    const server = createServer({ key, cert: pem });
    const records: Buffer[] = [];
    const pongs: string[] = [];
    let answered = 0;
    const flooded = new Promise<void>((resolve) => {
      server.on('upgrade', (request, socket, head) =>
        webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          // a record is read at once, and by itself
          socket.prependListener('data', (record: Buffer) => records.push(record));
          webSocket.on('pong', (data) => {
            pongs.push(String(data));
            if (String(data) === '999') resolve();
          });
          webSocket.on('message', (text) => {
            const { request_id } = JSON.parse(String(text));
            const answer = { type: 'RESTResponse', request_id, status_code: 200, message_body: '[]' };
            webSocket.send(JSON.stringify(answer));
            if (++answered !== 10) return;
            for (let serial = 0; serial < 1000; serial++) webSocket.ping(String(serial));
          });
        }),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      let isHeard = false;
      await using ari = new Ari({
        port,
        username: 'u',
        password: 'p',
        tls: { ca: pem },
        trace: (_way, text) => {
          isHeard ||= text.includes('RESTResponse');
        },
      });
      await ari.start('hello');
      // from here on requests go by the WebSocket
      await expect.poll(() => isHeard).toBe(true);
      await Promise.all(Array.from({ length: 100 }, () => ari.channels.list()));
      await flooded;
    } finally {
      server.close();
      server.closeAllConnections();
      for (const client of webSockets.clients) client.terminate();
    }
    expect(answered).toBe(101);
    expect(pongs.at(-1)).toBe('999');
    expect(pongs.length).toBeLessThan(1000);
    for (const record of records) {
      const short = (record[1] as number) & 0x7f;
      // the head, the mask and what it says of the length
      expect(record.length).toBe(short < 126 ? 6 + short : 8 + record.readUInt16BE(2));
    }
  });
});

describe.skipIf(missing)('AriServer with TLS', () => {
  it('can be closed while a stranger is on the line who says nothing', async () => {
    const { key, pem } = certificate(makeFolder());
    const application = await AriServer.listen({
      username: 'asterisk',
      password: 'x',
      tls: { key, cert: pem },
      onConnection() {},
    });
    const stranger = connect({ port: application.port, host: '127.0.0.1' });
    const gone = once(stranger, 'close');
    await once(stranger, 'connect');
    // one that comes later is known to be let in after it
    const other = connectSecurely({
      port: application.port,
      host: '127.0.0.1',
      ca: pem,
      checkServerIdentity: () => undefined,
    });
    other.on('error', () => {});
    await once(other, 'secureConnect');
    await application.close();
    await gone;
    other.destroy();
  });
});

describe.skipIf(missing)('Asterisk 22', () => {
  it('gives audio over TLS, and calls an application there', async () => {
    const folder = makeFolder();
    const own = certificate(folder);
    let found: (ari: Ari) => void = () => {};
    const connected = new Promise<Ari>((resolve) => {
      found = resolve;
    });
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      tls: { key: own.key, cert: own.pem },
      onConnection: (ari) => found(ari),
    });
    const tlsPort = await freePort();
    await using server = await startAri({
      version: 22,
      extensions,
      bind: [folder],
      http: `tlsenable = yes\ntlsbindaddr = 127.0.0.1:${tlsPort}\ntlscertfile = ${own.file}\ntlsprivatekey = ${own.file}\n`,
      ari: '[app]\ntype = outbound_websocket\nwebsocket_client_id = app\napps = outbound\nlocal_ari_user = tester\nsubscribe_all = no\n',
      config: {
        'websocket_client.conf': `[app]
type = websocket_client
uri = wss://127.0.0.1:${application.port}/
protocols = ari
username = asterisk
password = let me in
connection_type = persistent
connection_timeout = 500
reconnect_interval = 500
reconnect_attempts = 20
tls_enabled = yes
ca_list_file = ${path.join(folder, 'pbx.crt.pem')}
verify_server_cert = yes
verify_server_hostname = no`,
      },
    });
    const { username, password } = server;
    const over = await connected;
    await expect.poll(() => over.applicationNames).toEqual(['outbound']);
    expect(await Promise.all(Array.from({ length: 50 }, () => over.asterisk.ping()))).toHaveLength(50);
    await using ari = new Ari({ port: tlsPort, username, password, tls: { ca: own.pem } });
    await ari.start('hello');
    const channel = ari.channel();
    const joined = channel.next('StasisStart', { timeoutMs: 10_000 });
    const media = await channel.openMedia({ app: 'hello', format: 'slin16' });
    await joined;
    expect([media.format, media.frameBytes]).toEqual(['slin16', 640]);
    // in pieces that follow each other closely: of those that come in one record Asterisk hears but the first
    for (let written = 0; written < 32_000; written += 1000) media.write(Buffer.alloc(1000));
    expect(await media.played()).toBe('played');
    media.hangup();
    expect(await channel.ended).toBe('gone');
  });
});
