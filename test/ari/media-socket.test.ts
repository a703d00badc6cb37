/** The media WebSocket of a server that is played. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Ari } from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';

const START = 'MEDIA_START connection_id:m channel:WebSocket/x format:ulaw optimal_frame_size:160 ptime:20';

async function open(timeoutMs = 10_000) {
  const played = await PlayedAri.start((_request, response) =>
    json(response, 200, { id: 'x', channelvars: { MEDIA_WEBSOCKET_CONNECTION_ID: 'm/1' } }),
  );
  const ari = new Ari({ port: played.port, username: 'tester', password: 'secret', timeoutMs });
  const dispose = async () => {
    await ari.close();
    await played[Symbol.asyncDispose]();
  };
  return { played, ari, [Symbol.asyncDispose]: dispose };
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
