/** The ends of things that nobody tells, by a server that is played. */

import { expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { Ari } from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';

const MEDIA = { format: 'ulaw', channelvars: { MEDIA_WEBSOCKET_CONNECTION_ID: 'm' } };

/** @param answers by the beginning of the request; all else is answered with 200 and a list */
async function open(answers: Readonly<Record<string, readonly [status: number, body: object]>>) {
  const played = await PlayedAri.start(({ method, url }, response) => {
    const asked = `${method} ${url?.replace('/ari', '')}`;
    const [, [status, body] = [200, []]] =
      Object.entries(answers).find(([beginning]) => asked.startsWith(beginning)) ?? [];
    json(response, status, body);
  });
  const ari = new Ari({ port: played.port, username: 'u', password: 'p', requestsOverSocket: false });
  const arrived = played.webSocket();
  await ari.start('hello');
  const socket = await arrived;
  return {
    ari,
    played,
    tell: (type: string) =>
      socket.send(JSON.stringify({ type, application: 'hello', channel: { id: 'x' }, cause: 17, args: [] })),
    async [Symbol.asyncDispose]() {
      await ari.close();
      await played[Symbol.asyncDispose]();
    },
  };
}

const taken = [409, { message: 'in the way' }] as const;
const nobody = (kind: string) => [404, { message: `${kind} not found` }] as const;

it.each<[string, number, (ari: Ari) => Promise<unknown>, string]>([
  [
    'a recording whose name is in the store',
    1,
    (ari) => ari.channel('x').record({ name: 'r', format: 'wav' }),
    'GET /ari/recordings/live/r',
  ],
  [
    'a playback on a channel that cannot play now',
    1,
    (ari) => ari.channel('x').play({ media: 'sound:beep', playbackId: 'p' }),
    'GET /ari/playbacks/p',
  ],
  [
    'a channel',
    0,
    (ari) => ari.channel('x').originate({ endpoint: 'x', app: 'hello' }),
    'GET /ari/channels/x',
  ],
])(
  '%s was not made where something is in the way and there is none: of handles %i is left',
  async (_what, left, make, look) => {
    await using it = await open({
      POST: taken,
      'GET /recordings/live': nobody('Recording'),
      'GET /playbacks': nobody('Playback'),
      'GET /channels/': nobody('Channel'),
    });
    await expect(make(it.ari)).rejects.toMatchObject({ code: 'ARI_CONFLICT' });
    expect(it.played.requests.at(-1)).toBe(look);
    expect(it.ari.counts.handles).toBe(left);
  },
);

it('one that is in the way itself is followed: it is there', async () => {
  await using it = await open({ POST: taken, 'GET /channels/x': [200, { id: 'x', state: 'Up' }] });
  const channel = it.ari.channel('x');
  await expect(channel.originate({ endpoint: 'x', app: 'hello' })).rejects.toMatchObject({ status: 409 });
  expect(channel.ending).toBeUndefined();
  it.tell('ChannelDestroyed');
  expect(await channel.ended).toBe('gone');
});

it('a channel is gone where it was called into the dialplan, and its end there is told to nobody', async () => {
  await using it = await open({ 'GET /channels/x': nobody('Channel') });
  const channel = it.ari.channel('x');
  await channel.originate({ endpoint: 'x', context: 'c', extension: 'e' });
  it.tell('StasisStart');
  it.tell('ChannelHangupRequest');
  it.tell('StasisEnd');
  expect(await channel.ended).toBe('gone');
  // the last word has had its time
  expect(it.played.requests.filter((line) => line === 'GET /ari/channels/x')).toHaveLength(1);
});

it('a channel is gone where Asterisk has none when it is asked for something', async () => {
  await using it = await open({ 'GET /channels/x': nobody('Channel'), DELETE: nobody('Channel') });
  const channel = it.ari.channel('x');
  await channel.originate({ endpoint: 'x', context: 'c', extension: 'e' });
  await expect(channel.hangup()).rejects.toMatchObject({ code: 'ARI_NOT_FOUND' });
  expect(await channel.ended).toBe('gone');
});

it('a channel that is hung up is gone, and has not left, though its last word comes before the answer', async () => {
  const held: (() => void)[] = [];
  await using played = await PlayedAri.start((_request, response) => {
    held.push(() => response.writeHead(204).end());
  });
  await using ari = new Ari({ port: played.port, username: 'u', password: 'p', requestsOverSocket: false });
  const arrived = played.webSocket();
  await ari.start('hello');
  const socket = await arrived;
  const channel = ari.channel('x');
  const hangup = channel.hangup();
  await expect.poll(() => held).toHaveLength(1);
  socket.send('{"type":"StasisEnd","application":"hello","channel":{"id":"x"}}');
  expect(await channel.ended).toBe('gone');
  held[0]?.();
  await hangup;
});

it('a bridge, too', async () => {
  await using it = await open({ 'POST /bridges/b/addChannel': nobody('Bridge') });
  const bridge = it.ari.bridge('b');
  await bridge.create();
  await expect(bridge.addChannel({ channel: 'x' })).rejects.toMatchObject({ code: 'ARI_NOT_FOUND' });
  expect(await bridge.ended).toBe('gone');
});

it('a channel that has no such variable is no channel that is gone; nor is one that there never was', async () => {
  await using it = await open({
    'GET /channels/x/variable': [404, { message: 'Provided variable was not found' }],
    'GET /channels/y': nobody('Channel'),
  });
  const channel = it.ari.channel('x');
  const future = it.ari.channel('y');
  const loses = [channel, future].map((handle) => vi.spyOn(handle, 'lose'));
  await channel.originate({ endpoint: 'x', app: 'hello' });
  await expect(channel.getChannelVar({ variable: 'X' })).rejects.toMatchObject({ code: 'ARI_NOT_FOUND' });
  await expect(future.get()).rejects.toMatchObject({ code: 'ARI_NOT_FOUND' });
  for (const lose of loses) expect(lose).not.toHaveBeenCalled();
});

it('a channel of media that no application has is gone with its audio', async () => {
  await using it = await open({ POST: [200, MEDIA], 'GET /channels/x': nobody('Channel') });
  const arrived = it.played.webSocket();
  const channel = it.ari.channel('x');
  const opening = channel.openMedia({ app: 'nobody', format: 'ulaw' });
  const socket: WebSocket = await arrived;
  socket.send('MEDIA_START format:ulaw optimal_frame_size:160 ptime:20');
  (await opening).resume();
  socket.close();
  expect(await channel.ended).toBe('gone');
});

it('a channel that is being dialled is not dialled again: Asterisk 16 dies of it', async () => {
  await using it = await open({});
  const channel = it.ari.channel('x');
  const first = channel.dial();
  await expect(channel.dial()).rejects.toMatchObject({
    code: 'ARI_ARGUMENT',
    message: expect.stringContaining('is being dialled'),
  });
  it.tell('ChannelDestroyed');
  expect(await first).toEqual({ status: 'BUSY' });
  expect(it.played.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1);
});
