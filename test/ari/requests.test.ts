/** Requests over HTTP, to a server that is played: what comes back, or does not. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Ari } from '../../src/ari';
import { operations } from '../../src/ari/catalog';
import { type Handler, json, PlayedAri } from '../support/ari-server';

const login = { username: 'tester', password: 's3cret#x' };

async function withServer(
  handler: Handler,
  run: (ari: Ari, played: PlayedAri) => Promise<void>,
  options = {},
): Promise<void> {
  await using played = await PlayedAri.start(handler);
  await using ari = new Ari({ port: played.port, ...login, ...options });
  await run(ari, played);
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

describe('a request', () => {
  it('is logged in by a header, and by nothing else', async () => {
    const seen: unknown[] = [];
    await withServer(
      (request, response) => {
        seen.push(request.url, request.headers.authorization);
        json(response, 200, []);
      },
      async (ari) => void (await ari.channels.list()),
    );
    expect(seen).toEqual(['/ari/channels', `Basic ${Buffer.from('tester:s3cret#x').toString('base64')}`]);
  });

  it('keeps to eight connections, and to the same ones', async () => {
    let underway = 0;
    let most = 0;
    const held: (() => void)[] = [];
    await withServer(
      (_request, response) => {
        most = Math.max(most, ++underway);
        held.push(() => {
          underway--;
          json(response, 200, []);
        });
        if (underway === 8) for (const answer of held.splice(0)) answer();
      },
      async (ari, played) => {
        await Promise.all(Array.from({ length: 64 }, () => ari.channels.list()));
        expect(played.sockets).toHaveLength(8);
      },
    );
    expect(most).toBe(8);
  });

  it.each<[string, (ari: Ari, id: number) => Promise<unknown>]>([
    ['answer', (ari, id) => ari.channels.answer({ channelId: `${id}` })],
    ['setChannelVar', (ari, id) => ari.channels.setChannelVar({ channelId: `${id}`, variable: 'X' })],
    [
      'setChannelVars',
      (ari, id) => ari.channels.setChannelVars({ channelId: `${id}`, variables: { X: '' } }),
    ],
    ['addChannel', (ari, id) => ari.bridges.addChannel({ bridgeId: 'b', channel: `${id}` })],
    ['removeChannel', (ari, id) => ari.bridges.removeChannel({ bridgeId: 'b', channel: `${id}` })],
    ['setVideoSource', (ari, id) => ari.bridges.setVideoSource({ bridgeId: 'b', channelId: `${id}` })],
    ['one of your own making', (ari, id) => ari.request('POST', `/channels/${id}/variable`)],
  ])('%s, which waits until its channel has done what it does, holds up no other', async (_name, ask) => {
    await withServer(
      (request, response) => {
        if (request.method === 'GET') json(response, 200, []);
      },
      async (ari, played) => {
        const waiting = Array.from({ length: 40 }, (_, id) => ask(ari, id).catch((error) => error.code));
        await expect.poll(() => played.requests).toHaveLength(32);
        expect(await ari.channels.list({}, { timeoutMs: 5000 })).toEqual([]);
        await ari.close();
        expect(await Promise.all(waiting)).toEqual(Array(40).fill('ARI_CLOSED'));
      },
    );
  });

  it('is sent again where it only reads and the connection is lost, and never else', async () => {
    await withServer(
      (request) => request.socket.destroy(),
      async (ari, played) => {
        const read = await failure(ari.channels.list());
        expect(read).toMatchObject({ code: 'ARI_LOST', sent: true, method: 'GET', path: '/channels' });
        expect(played.requests).toEqual(Array(4).fill('GET /ari/channels'));
        const written = await failure(ari.channels.hangup({ channelId: 'x' }));
        expect(written).toMatchObject({ code: 'ARI_LOST', sent: true, method: 'DELETE' });
        expect(played.requests.slice(4)).toEqual(['DELETE /ari/channels/x']);
      },
    );
  });

  it('says so where the answer is cut off', async () => {
    await withServer(
      (request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
        response.write('{"id":"x"', () => request.socket.destroy());
      },
      async (ari) => {
        const error = await failure(ari.channels.create({ endpoint: 'x', app: 'y' }));
        expect(error).toMatchObject({ code: 'ARI_LOST', sent: true });
        expect(error.message).toMatch(
          /^POST \/channels\/create: the connection to 127\.0\.0\.1:\d+ was lost before the answer was whole/,
        );
      },
    );
  });

  it('says so where HTML comes in the place of JSON', async () => {
    await withServer(
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>'),
      async (ari) => {
        expect(await failure(ari.channels.list())).toMatchObject({ code: 'ARI_NOT_JSON' });
      },
    );
  });

  it('says so where nobody answers, in time or at all', async () => {
    await withServer(
      () => {},
      async (ari) => {
        const error = await failure(ari.channels.list({}, { timeoutMs: 50 }));
        expect(error).toMatchObject({ code: 'ARI_TIMEOUT', sent: true, path: '/channels' });
        const controller = new AbortController();
        const asked = failure(ari.channels.list({}, { signal: controller.signal }));
        controller.abort(new Error('had enough'));
        expect(await asked).toMatchObject({ message: 'had enough' });
        expect(await failure(ari.channels.list({}, { signal: controller.signal }))).toMatchObject({
          message: 'had enough',
        });
        const open = failure(ari.channels.list());
        await ari.close();
        expect(await open).toMatchObject({ code: 'ARI_CLOSED', method: 'GET', path: '/channels' });
        expect(await failure(ari.channels.list())).toMatchObject({ code: 'ARI_CLOSED' });
      },
    );
  });

  it('says that it was never sent where there was no room for it', async () => {
    await withServer(
      () => {},
      async (ari, played) => {
        const underway = Array.from({ length: 8 }, () => failure(ari.channels.list()));
        await expect.poll(() => played.requests).toHaveLength(8);
        const late = await failure(ari.channels.hangup({ channelId: 'x' }, { timeoutMs: 50 }));
        expect(late).toMatchObject({ code: 'ARI_TIMEOUT', sent: false });
        const waiting = failure(ari.channels.hangup({ channelId: 'x' }));
        await ari.close();
        expect(await waiting).toMatchObject({ code: 'ARI_CLOSED', sent: false, method: 'DELETE' });
        expect(await Promise.all(underway)).toMatchObject(
          Array(8).fill({ code: 'ARI_CLOSED', sent: true, retryable: false }),
        );
      },
    );
  });

  it('says so where nothing listens, or no HTTP is spoken', async () => {
    const server = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.2\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using ari = new Ari({ port, ...login });
    const notHttp = { code: 'ARI_NOT_HTTP', message: expect.stringContaining('bindport of http.conf') };
    expect(await failure(ari.channels.list())).toMatchObject(notHttp);
    // nor is it waited for: it is another server, and not one that is not there yet
    await using patient = new Ari({ port, ...login, reconnect: { fromStart: true } });
    for (const client of [ari, patient]) expect(await failure(client.start('x'))).toMatchObject(notHttp);
    await using secure = new Ari({ port, ...login, tls: true });
    for (const attempt of [() => secure.channels.list(), () => secure.start('x')]) {
      const { code, message } = await failure(attempt());
      expect(code).toBe('ARI_CONNECT');
      expect(message).toMatch(/: wrong version number \(does TLS listen there\?.*\)$/);
    }
    server.close();
    await once(server, 'close');
    const error = await failure(ari.channels.list());
    expect(error).toMatchObject({ code: 'ARI_CONNECT', sent: false, retryable: true });
    expect(error.message).toMatch(/ECONNREFUSED.*bindport in http\.conf/);
  });

  it('says where a server before Asterisk sends on to, and goes nowhere by itself', async () => {
    await withServer(
      (_request, response) => response.writeHead(301, { location: 'https://pbx/ari/channels' }).end(),
      async (ari, played) => {
        const error = await failure(ari.channels.list());
        expect(error).toMatchObject({ code: 'ARI_REFUSED', status: 301 });
        expect(error.message).toContain(
          'sends on to https://pbx/ari/channels: say so by host, port, prefix and tls',
        );
        expect(played.requests).toEqual(['GET /ari/channels']);
      },
    );
  });

  it('takes no answer that is too long', async () => {
    await withServer(
      (_request, response) => json(response, 200, 'x'.repeat(5000)),
      async (ari) => {
        expect(await failure(ari.channels.list())).toMatchObject({ code: 'ARI_TOO_LONG' });
      },
      { maxAnswerBytes: 1000 },
    );
  });

  it('shows no secret to those who trace it', async () => {
    const traced: string[] = [];
    await withServer(
      (_request, response) => json(response, 200, [{ attribute: 'password', value: 'hunter2' }]),
      async (ari) => {
        const object = { configClass: 'res_pjsip', objectType: 'auth', id: 'x' };
        const fields = [{ attribute: 'password', value: 'hunter2' }];
        await ari.asterisk.updateObject({ ...object, fields: fields as never });
        await ari.asterisk.setGlobalVar({ variable: 'PASSWORD', value: 'hunter2' });
      },
      { trace: (direction: string, text: string) => traced.push(`${direction} ${text}`) },
    );
    expect(traced).toHaveLength(4);
    expect(traced.join('\n')).not.toMatch(/hunter2|s3cret|dGVzdGVy/);
  });

  it.each<[string, (ari: Ari) => Promise<unknown>, object]>([
    [
      'a variable’s',
      (ari) => ari.channels.getChannelVar({ channelId: 'x', variable: 'PIN' }),
      { value: 'hunter2' },
    ],
    ['a global one’s', (ari) => ari.asterisk.getGlobalVar({ variable: 'DB_SECRET' }), { value: 'hunter2' }],
    ['one of many', (ari) => ari.channels.list(), [{ PIN: 'hunter2', name: 'x'.repeat(100_000) }]],
    ['a long one', (ari) => ari.channels.list(), [{ value: `hunter2${'x'.repeat(120_000)}`, name: 'PIN' }]],
  ])('whose answer is a secret, %s, shows it to no tracer', async (_, ask, answer) => {
    const traced: string[] = [];
    await withServer((_request, response) => json(response, 200, answer), ask as never, {
      trace: (direction: string, text: string) => traced.push(`${direction} ${text}`),
    });
    expect(traced).toEqual([
      expect.stringMatching(/^> GET /),
      expect.stringMatching(/^< 200 GET .* \(\d+ bytes that name a secret\)$/),
    ]);
  });

  it('that is no secret is shown to a tracer, a file by its length', async () => {
    const traced: string[] = [];
    await withServer(
      (request, response) =>
        request.url?.endsWith('/file')
          ? response.writeHead(200, { 'content-type': 'audio/x-wav' }).end(Buffer.alloc(5000))
          : json(response, 200, { value: 'en' }),
      async (ari) => {
        await ari.channels.getChannelVar({ channelId: 'x', variable: 'CHANNEL(language)' });
        await ari.recordings.getStoredFile({ recordingName: 'r' });
      },
      { trace: (direction: string, text: string) => traced.push(`${direction} ${text}`) },
    );
    expect(traced).toEqual([
      '> GET /channels/x/variable?variable=CHANNEL(language)',
      '< 200 GET /channels/x/variable {"value":"en"}',
      '> GET /recordings/stored/r/file',
      '< 200 GET /recordings/stored/r/file (5000 bytes)',
    ]);
  });

  it('is one of the table that the client was given, of a handle as well', async () => {
    const table = {
      channels: {
        ...operations.channels,
        sparkle: 'PUT /channels/{channelId}/sparkle colour',
        // what a handle does in its own way it goes on doing so
        hangup: 'DELETE /channels/{channelId}/gently',
        on: 'POST /channels/{channelId}/on',
      },
      bridges: operations.bridges,
    };
    await using played = await PlayedAri.start();
    await using ari = new Ari({ port: played.port, ...login, operations: table });
    await using usual = new Ari({ port: played.port, ...login });
    const channel = ari.channel('x') as ReturnType<Ari['channel']> & {
      sparkle(parameters: object): Promise<unknown>;
    };
    await channel.sparkle({ colour: 'red' });
    await channel.ring();
    await channel.hangup();
    expect(channel.on('X', () => {})).toBeTypeOf('function');
    expect(channel).toBeInstanceOf(usual.channel('y').constructor);
    expect(Reflect.get(usual.channel('y'), 'sparkle')).toBeUndefined();
    expect(played.requests).toEqual([
      'PUT /ari/channels/x/sparkle?colour=red',
      'POST /ari/channels/x/ring',
      'DELETE /ari/channels/x/gently',
    ]);
    for (const ask of [() => ari.playback('p').stop(), () => ari.recording('r').cancel()]) {
      const error = await failure(ask());
      expect(error).toMatchObject({ code: 'ARI_ARGUMENT' });
      expect(error.message).toMatch(/^(playbacks\.stop|recordings\.cancel): the table of operations/);
    }
  });

  it.each([
    ['/pbx/ari/', '/pbx/ari'],
    ['pbx/ari', '/pbx/ari'],
    ['//pbx//ari//', '/pbx/ari'],
    ['/', ''],
    ['', ''],
  ])('goes below the path %j, and so do the events', async (prefix, path) => {
    await withServer(
      (_request, response) => json(response, 200, []),
      async (ari, played) => {
        await ari.channels.list();
        await ari.start('hello');
        expect(played.requests).toEqual([`GET ${path}/channels`]);
        expect(played.opened).toEqual([`${path}/events?app=hello`]);
      },
      { prefix, requestsOverSocket: false },
    );
  });

  it.each(['::1', '[::1]'])('goes to %s, with a password of any letters', async (host) => {
    const password = 'p:ä€:😀';
    const seen: unknown[] = [];
    const server = createHttpServer((request, response) => {
      seen.push(
        request.headers.host,
        Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString(),
      );
      json(response, 200, []);
    }).listen(0, '::1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const where = host.startsWith('[') ? { host: `${host}:${port}` } : { host, port };
    await using ari = new Ari({ ...login, ...where, password });
    expect(ari.address).toBe(`http://[::1]:${port}/ari`);
    await ari.channels.list();
    expect(seen).toEqual([`[::1]:${port}`, `tester:${password}`]);
    server.close();
    server.closeAllConnections();
  });

  it.each([
    [{ host: 'a b' }, /"a b" is no host/],
    [{ host: 'user:pw@host' }, /is no host/],
    [{ port: 0 }, /port of ARI is 0/],
    [{ prefix: '/a?b' }, /path of ARI/],
    [{ prefix: '/ari/../x' }, /path of ARI/],
    [{ prefix: '/.%2E/' }, /path of ARI/],
    [{ timeoutMs: -1 }, /timeoutMs is -1/],
    [{ username: 'a:b' }, /colon/],
    [{ password: undefined as never }, /password is needed/],
  ])('refuses the options %j', (options, message) => {
    expect(() => new Ari({ ...login, ...options })).toThrow(message);
  });
});

it('one signal may be that of many at once, and is no leak to Node', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    await withServer(
      (_request, response) => json(response, 200, []),
      async (ari) => {
        const { signal } = new AbortController();
        const waiting = Array.from({ length: 20 }, (_, id) =>
          ari
            .channel(String(id))
            .next('X', { signal })
            .catch(() => {}),
        );
        await Promise.all(Array.from({ length: 20 }, () => ari.channels.list({}, { signal })));
        await ari.close();
        await Promise.all(waiting);
      },
    );
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
  }
});
