/** The server that Asterisk calls, by a WebSocket that is played. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Ari, AriServer } from '../../src/ari';

describe('AriServer', () => {
  const authorization = `Basic ${Buffer.from('asterisk:let me in').toString('base64')}`;
  /** Asterisk, that calls. */
  const call = (port: number, headers = { authorization }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'ari', { headers });
    socket.on('error', () => {});
    return socket;
  };

  it('takes a byte that is no UTF-8, as what this side opens does', async () => {
    const names: unknown[] = [];
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      onConnection: (ari) => void ari.on('X', ({ name }) => names.push(name)),
    });
    const socket = call(application.port);
    await once(socket, 'open');
    socket.send(Buffer.from('{"type":"X","name":"Andr\xe9"}', 'latin1'), { binary: false });
    await expect.poll(() => names).toEqual(['Andr\ufffd']);
    socket.close();
  });

  it.each([
    [{ timeoutMs: -1 }, 'timeoutMs is -1'],
    [{ pingEveryMs: Number.NaN }, 'pingEveryMs is NaN'],
    [{ username: 'a:b' }, 'colon'],
  ])('says at once what is wrong with %j, and not when the first Asterisk calls', async (options, words) => {
    const listening = AriServer.listen({ username: 'u', password: 'p', onConnection() {}, ...options });
    await expect(listening).rejects.toMatchObject({
      code: 'ARI_ARGUMENT',
      message: expect.stringContaining(words),
    });
  });

  it('goes on where the one that is told of a connection throws', async () => {
    const errors: unknown[] = [];
    let connections = 0;
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      onError: (error) => errors.push(error),
      onConnection() {
        if (++connections === 1) throw new Error('not today');
      },
    });
    const [code] = await once(call(application.port), 'close');
    expect(code).toBe(1011);
    expect(errors).toEqual([new Error('not today')]);
    const socket = call(application.port);
    await once(socket, 'open');
    expect(application.clients.size).toBe(1);
    socket.close();
  });

  it('can be asked at once by whom it is told of, and what he rejects is told, and ends the connection', async () => {
    const errors: unknown[] = [];
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      timeoutMs: 0,
      onError: (error) => errors.push(error),
      async onConnection(ari) {
        await ari.applications.subscribe({ applicationName: 'hello', eventSource: 'bridge:' });
        throw new Error('not today');
      },
    });
    const socket = call(application.port);
    const closed = once(socket, 'close');
    socket.on('message', (data) => {
      const { request_id, uri } = JSON.parse(String(data));
      // the first question is whether it can be asked
      const body = uri === 'applications/hello/subscription' ? { name: 'hello' } : {};
      const answer = { type: 'RESTResponse', request_id, status_code: 200, content_type: 'application/json' };
      socket.send(JSON.stringify({ ...answer, message_body: JSON.stringify(body) }));
    });
    await closed;
    expect(errors).toEqual([new Error('not today')]);
    expect(application.clients.size).toBe(0);
  });

  it.each<[string, (ari: Ari) => Promise<unknown>, string]>([
    ['answer', (ari) => ari.channel('x').answer(), 'channels/x/answer'],
    ['setChannelVar', (ari) => ari.channel('x').setChannelVar({ variable: 'V' }), 'channels/x/variable'],
    ['addChannel', (ari) => ari.bridge('b').addChannel({ channel: ['y', 'x'] }), 'bridges/b/addChannel'],
    ['removeChannel', (ari) => ari.bridge('b').removeChannel({ channel: 'x' }), 'bridges/b/removeChannel'],
    ['video', (ari) => ari.bridge('b').setVideoSource({ channelId: 'x' }), 'bridges/b/videoSource/x'],
  ])(
    'sends no %s while the channel plays: all behind it would wait, even the order to stop',
    async (_, order, uri) => {
      let resolve: (ari: Ari) => void = () => {};
      const connected = new Promise<Ari>((settle) => {
        resolve = settle;
      });
      await using application = await AriServer.listen({
        username: 'asterisk',
        password: 'let me in',
        onConnection: (ari) => resolve(ari),
      });
      const socket = call(application.port);
      const asked: string[] = [];
      socket.on('message', (data) => {
        const { request_id, uri } = JSON.parse(String(data));
        asked.push(uri);
        const answer = {
          type: 'RESTResponse',
          request_id,
          status_code: 200,
          content_type: 'application/json',
        };
        socket.send(JSON.stringify({ ...answer, message_body: '{"id":"p","state":"playing"}' }));
      });
      const ari = await connected;
      // of another one, which is none of its business
      await ari.channel('z').play({ media: 'tone:ring' });
      const tone = await ari.channel('x').play({ media: 'tone:ring', playbackId: 'p' });
      await expect(ari.channel('x').answer({}, { timeoutMs: 20 })).rejects.toMatchObject({
        code: 'ARI_TIMEOUT',
        sent: false,
      });
      const ordered = order(ari);
      await tone.stop();
      expect(asked.at(-1)).toBe('playbacks/p');
      socket.send('{"type":"PlaybackFinished","playback":{"id":"p","state":"done"}}');
      await ordered;
      expect(asked.at(-1)).toBe(uri);
      socket.close();
    },
  );

  it('lets a connection go that is closed by whom it is told of, and what still comes by it', async () => {
    await using application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      onConnection: (ari) => void ari.close(),
    });
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    const raw = connect({ port: application.port, host: '127.0.0.1' });
    raw.on('error', () => {});
    // with a frame that is none in the same packet
    raw.write(
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\nAuthorization: ${authorization}\r\n\r\n\xff\xff\xff`,
      'latin1',
    );
    await once(raw.resume(), 'close');
    const [code] = await once(call(application.port), 'close');
    expect(code).toBe(1000);
    expect(application.clients.size).toBe(0);
  });

  it('can be closed, and closed again, while someone is on the line who does not let go', async () => {
    const application = await AriServer.listen({
      username: 'asterisk',
      password: 'let me in',
      onConnection: (ari) => void ari.close(),
    });
    const silent = connect({ port: application.port, host: '127.0.0.1' });
    silent.on('error', () => {});
    const deaf = call(application.port);
    await once(deaf, 'upgrade');
    deaf.pause();
    await application.close();
    await application.close();
    deaf.terminate();
  });

  it('can be closed while a stranger stays on the line', async () => {
    const application = await AriServer.listen({ username: 'asterisk', password: 'x', onConnection() {} });
    const stranger = connect({ port: application.port, host: '127.0.0.1', allowHalfOpen: true });
    stranger.on('error', () => {});
    stranger.write(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    const [answer] = await once(stranger, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 /);
    await application.close();
    stranger.destroy();
  });
});
