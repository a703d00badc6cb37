/** The media WebSocket of a server that is played. */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { Ari } from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';

const START = 'MEDIA_START connection_id:m channel:WebSocket/x format:ulaw optimal_frame_size:160 ptime:20';

async function open(timeoutMs = 10_000, pingEveryMs = 15_000) {
  const played = await PlayedAri.start((_request, response) =>
    json(response, 200, { id: 'x', channelvars: { MEDIA_WEBSOCKET_CONNECTION_ID: 'm/1' } }),
  );
  const errors: unknown[] = [];
  const ari = new Ari({
    port: played.port,
    username: 'tester',
    password: 'secret',
    timeoutMs,
    pingEveryMs,
    onError: (error) => errors.push(error),
  });
  const dispose = async () => {
    await ari.close();
    await played[Symbol.asyncDispose]();
  };
  return { played, ari, errors, [Symbol.asyncDispose]: dispose };
}

const wanted = { app: 'hello', format: 'ulaw' };

describe('openMedia', () => {
  it('resolves when Asterisk has said what it sends, and gives the audio both ways', async () => {
    await using it = await open();
    const { ari, played } = it;
    const arrived = played.webSocket();
    const opening = ari.channel('x').openMedia(wanted);
    const socket = await arrived;
    expect(played.opened).toEqual(['/media/m%2F1']);
    const heard: (string | Buffer)[] = [];
    socket.on('message', (data: Buffer, isBinary) => heard.push(isBinary ? data : String(data)));
    socket.send(START);
    const media = await opening;
    expect([media.format, media.frameBytes]).toEqual(['ulaw', 160]);
    for (let serial = 0; serial < 1000; serial++) socket.ping();
    socket.send(Buffer.from([1, 2, 3]));
    const [chunk] = await once(media, 'data');
    expect(chunk).toEqual(Buffer.from([1, 2, 3]));
    media.write(Buffer.from([4, 5]));
    await expect.poll(() => heard).toEqual(['START_MEDIA_BUFFERING', Buffer.from([4, 5])]);
    media.destroy();
  });

  it('can be given up, before and while Asterisk says nothing, and leaves no channel', async () => {
    await using it = await open();
    const { ari, played } = it;
    const controller = new AbortController();
    const arrived = played.webSocket();
    const opening = ari.channel('x').openMedia(wanted, { signal: controller.signal });
    const socket = await arrived;
    const closed = once(socket, 'close');
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await closed;
    await expect.poll(() => played.requests.at(-1)).toBe('DELETE /ari/channels/x');
    const { length } = played.requests;
    await expect(ari.channel('x').openMedia(wanted, { signal: controller.signal })).rejects.toThrow('enough');
    expect(played.requests).toHaveLength(length);
  });

  it.each<[string, (played: PlayedAri) => void, object]>([
    ['says nothing in time', () => {}, { code: 'ARI_TIMEOUT' }],
    [
      'lets nobody in',
      (played) => {
        played.admit = () => 404;
      },
      { code: 'ARI_CONNECT', message: expect.stringContaining('are chan_websocket.so') },
    ],
  ])('says so where Asterisk %s, and hangs up', async (_how, prepare, error) => {
    await using it = await open(200);
    prepare(it.played);
    await expect(it.ari.channel('x').openMedia(wanted)).rejects.toMatchObject(error);
    await expect.poll(() => it.played.requests.at(-1)).toBe('DELETE /ari/channels/x');
  });
});

describe('what is written to an Asterisk that does not read', () => {
  /** Far more than the system takes for it, and no moment's worth of audio. */
  const MUCH = 1 << 26;
  const fast =
    'MEDIA_START connection_id:m channel:WebSocket/x format:slin48 optimal_frame_size:1000000 ptime:1';

  async function opened(start = fast, pingEveryMs = 15_000) {
    const it = await open(10_000, pingEveryMs);
    const arrived = it.played.webSocket();
    const opening = it.ari.channel('x').openMedia(wanted);
    const socket = await arrived;
    const heard = { bytes: 0, texts: [] as string[] };
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) heard.bytes += data.length;
      else heard.texts.push(String(data));
    });
    socket.send(start);
    const { errors, [Symbol.asyncDispose]: dispose } = it;
    return { socket, heard, errors, media: await opening, [Symbol.asyncDispose]: dispose };
  }

  /** Resolves when the client has seen all that was sent to it. */
  async function seen(socket: WebSocket): Promise<void> {
    socket.ping();
    await once(socket, 'pong');
  }

  it('waits with who writes it, and is not kept behind his back', async () => {
    await using it = await opened();
    const { media, socket, heard } = it;
    socket.pause();
    let isTaken = false;
    expect(
      media.write(Buffer.alloc(MUCH), () => {
        isTaken = true;
      }),
    ).toBe(false);
    // whatever the system takes, it has taken by now
    for (let turn = 0; turn < 100; turn++) await setImmediate();
    expect(isTaken).toBe(false);
    expect(media.writableLength).toBe(MUCH);
    socket.resume();
    await expect.poll(() => heard.bytes, { timeout: 20_000 }).toBe(MUCH);
    expect(isTaken).toBe(true);
    media.destroy();
  });

  it('does not grow by being thrown away', async () => {
    await using it = await opened();
    const { media, socket, heard } = it;
    socket.pause();
    const second = Buffer.alloc(1 << 20);
    for (let times = 0; times < 200; times++) {
      media.write(second);
      media.flush();
      await setImmediate();
    }
    expect(media.writableLength).toBe(0);
    socket.resume();
    await expect.poll(() => heard.texts.filter((text) => text === 'FLUSH_MEDIA').length).toBe(200);
    expect(heard.bytes).toBeLessThan(MUCH);
    media.write(Buffer.alloc(5));
    const before = heard.bytes;
    await expect.poll(() => heard.bytes).toBe(before + 5);
    media.destroy();
  });

  it('waits for MEDIA_XON behind MEDIA_XOFF', async () => {
    await using it = await opened(START);
    const { media, socket, heard } = it;
    socket.send('MEDIA_XOFF');
    await seen(socket);
    let isTaken = false;
    media.write(Buffer.alloc(160), () => {
      isTaken = true;
    });
    await seen(socket);
    expect([isTaken, heard.bytes]).toEqual([false, 0]);
    socket.send('MEDIA_XON');
    await expect.poll(() => heard.bytes).toBe(160);
    expect(isTaken).toBe(true);
    media.destroy();
  });

  it('is waited for by all who want it played, though no more is to follow', async () => {
    await using it = await opened(START);
    const { media, socket, heard } = it;
    const errors: unknown[] = [];
    media.on('error', (error) => errors.push(error));
    const outcomes: string[] = [];
    const ask = () => void media.played().then((outcome) => outcomes.push(outcome));
    media.write(Buffer.alloc(160));
    ask();
    ask();
    await expect.poll(() => heard.texts.at(-1)).toBe('STOP_MEDIA_BUFFERING 1');
    await seen(socket);
    expect(outcomes).toEqual([]);
    socket.send('MEDIA_BUFFERING_COMPLETED 1');
    await expect.poll(() => outcomes).toEqual(['played', 'played']);
    socket.send('MEDIA_XOFF');
    await seen(socket);
    media.end(Buffer.alloc(160));
    ask();
    socket.send('MEDIA_XON');
    await expect.poll(() => heard.texts.at(-1)).toBe('STOP_MEDIA_BUFFERING 2');
    ask();
    await seen(socket);
    expect(outcomes).toHaveLength(2);
    socket.send('MEDIA_BUFFERING_COMPLETED 2');
    await expect.poll(() => outcomes).toEqual(['played', 'played', 'played', 'played']);
    expect(errors).toEqual([]);
  });

  it('was flushed where the stream is gone before its end', async () => {
    await using it = await opened(START);
    const { media, socket } = it;
    socket.send('MEDIA_XOFF');
    await seen(socket);
    media.end(Buffer.alloc(160));
    const playing = media.played();
    media.destroy();
    expect(await playing).toBe('flushed');
    expect(await media.played()).toBe('flushed');
  });

  it('is given up by who destroys the stream', async () => {
    await using it = await opened(START);
    const { media, socket } = it;
    socket.send('MEDIA_XOFF');
    await seen(socket);
    const isOver = new Promise((resolve) => media.write(Buffer.alloc(MUCH), resolve));
    media.destroy();
    await isOver;
    if (!media.closed) await once(media, 'close');
  });

  it('is asked for a sign in its silence, goes on where it gives one, and ends where it gives none', async () => {
    await using it = await opened(fast, 20);
    const { media, socket } = it;
    media.resume();
    let pings = 0;
    socket.on('ping', () => pings++);
    await expect.poll(() => pings).toBeGreaterThan(2);
    expect(media.destroyed).toBe(false);
    const failed = once(media, 'error');
    media.write(Buffer.alloc(160));
    const playing = media.played();
    // one that has gone without a word
    socket.pause();
    expect((await failed)[0]).toMatchObject({
      code: 'ARI_TIMEOUT',
      message: expect.stringMatching(/^the media WebSocket of http:.* has not answered a ping for 20 ms$/),
    });
    expect(await playing).toBe('flushed');
  });

  it('ends no process where nobody listens to what it ends by: that goes to onError', async () => {
    await using it = await opened(fast, 20);
    const { media, socket, errors } = it;
    media.resume();
    // once() would listen to errors
    const isClosed = new Promise((resolve) => media.on('close', resolve));
    socket.pause();
    await isClosed;
    expect(errors).toMatchObject([{ code: 'ARI_TIMEOUT' }]);
  });

  it('ends with the connection', async () => {
    await using it = await opened();
    const { media, socket } = it;
    media.resume();
    socket.pause();
    const isOver = new Promise((resolve) => media.write(Buffer.alloc(MUCH), resolve));
    socket.terminate();
    await isOver;
    expect(await media.played()).toBe('flushed');
    if (!media.closed) await once(media, 'close');
  });
});
