/** Playbacks of which Asterisk says nothing, by a server that is played. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Ari } from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';
import { root } from '../support/inet';

/** @param states of the playback, one for each look; the last one stays. `gone`: there is no such playback */
async function open(...states: string[]) {
  const left = [...states];
  const played = await PlayedAri.start((request, response) => {
    if (request.method === 'POST') return json(response, 201, { id: 'p', state: 'queued' });
    const state = left.length > 1 ? left.shift() : left[0];
    if (state === 'gone') json(response, 404, { message: 'Playback not found' });
    else if (state === 'lost') request.socket.destroy();
    else json(response, 200, { id: 'p', state });
  });
  const ari = new Ari({ port: played.port, username: 'u', password: 'p', requestsOverSocket: false });
  const arrived = played.webSocket();
  await ari.start('hello');
  const socket = await arrived;
  return {
    ari,
    looks: () => played.requests.filter((request) => /^GET \/ari\/.*\/p$/.test(request)).length,
    /** Of the playback `p` or the channel `c`. */
    tell: (type: string, state?: string) =>
      socket.send(
        JSON.stringify({ type, channel: { id: 'c' }, ...(state && { playback: { id: 'p', state } }) }),
      ),
    async [Symbol.asyncDispose]() {
      await ari.close();
      await played[Symbol.asyncDispose]();
    },
  };
}

const play = (ari: Ari, media: string | string[] = 'recording:none') =>
  ari.channel('c').play({ media, playbackId: 'p' });

describe('a playback of which no word comes', () => {
  it('has failed where Asterisk has none: it drops what it cannot play, and says nothing', async () => {
    await using it = await open('gone');
    const playback = await play(it.ari);
    expect(await playback.finished).toBe('failed');
    // one answer may have overtaken the last word
    expect(it.looks()).toBe(2);
    expect(it.ari.counts.handles).toBe(1);
  });

  it('is heard out where its last word comes behind the answer that there is none', async () => {
    await using it = await open('queued', 'gone');
    const playback = await play(it.ari);
    await expect.poll(it.looks, { timeout: 5000 }).toBe(2);
    it.tell('PlaybackFinished', 'done');
    expect(await playback.finished).toBe('done');
  });

  it('is waited for while it is in the queue', async () => {
    await using it = await open('queued', 'lost', 'queued');
    const playback = await play(it.ari);
    await expect.poll(it.looks, { timeout: 5000 }).toBeGreaterThan(2);
    expect(playback.ending).toBeUndefined();
  });

  it('is let be where it plays: it is told to another application', async () => {
    await using it = await open('playing', 'gone');
    const playback = await play(it.ari);
    await expect.poll(it.looks, { timeout: 5000 }).toBe(1);
    await new Promise((resolve) => playback.next('X', { timeoutMs: 1200 }).catch(resolve));
    expect(it.looks()).toBe(1);
    expect(playback.ending).toBeUndefined();
  });

  it('is looked for though it has begun, and has failed where it is gone', async () => {
    await using it = await open('playing', 'gone');
    const playback = await play(it.ari, ['sound:beep', 'recording:none']);
    it.tell('PlaybackStarted', 'playing');
    expect(await playback.finished).toBe('failed');
    expect(it.looks()).toBe(3);
  });

  it.each(['sound:beep', 'tone:ring', ['digits:12', 'characters:a'], 'sound:a,sound:b'])(
    'is not looked for where Asterisk tells its end in any case: %j',
    async (media) => {
      await using it = await open('gone');
      const playback = await play(it.ari, media);
      await new Promise((resolve) => playback.next('X', { timeoutMs: 700 }).catch(resolve));
      expect(it.looks()).toBe(0);
    },
  );
});

describe('what waits for its turn when the channel goes away', () => {
  it('a playback has failed: Asterisk drops it, and says nothing', async () => {
    await using it = await open('gone');
    const playback = await play(it.ari, 'sound:beep');
    it.tell('StasisEnd');
    expect(await playback.finished).toBe('failed');
    expect(it.looks()).toBe(2);
  });

  it('a playback has failed where the channel was gone before its order was answered', async () => {
    await using it = await open('gone');
    const channel = it.ari.channel('c');
    const order = channel.play({ media: 'sound:beep', playbackId: 'p' });
    it.tell('StasisEnd');
    expect(await (await order).finished).toBe('failed');
  });

  it('a recording has failed, too', async () => {
    await using it = await open('gone');
    const recording = await it.ari.channel('c').record({ name: 'p', format: 'wav' });
    it.tell('ChannelDestroyed');
    expect(await recording.finished).toEqual({ outcome: 'failed', recording: undefined });
  });

  it('what plays until the channel is gone is heard out', async () => {
    await using it = await open('playing', 'playing', 'gone');
    const playback = await play(it.ari, 'sound:beep');
    it.tell('StasisEnd');
    await expect.poll(it.looks, { timeout: 5000 }).toBe(3);
    it.tell('PlaybackFinished', 'done');
    expect(await playback.finished).toBe('done');
  });

  it('what a channel has played long ago is not kept with it', async () => {
    await using it = await open('gone');
    const channel = it.ari.channel('c');
    const playback = await channel.play({ media: 'sound:beep', playbackId: 'p' });
    it.tell('PlaybackFinished', 'done');
    expect(await playback.finished).toBe('done');
    it.tell('StasisEnd');
    await channel.ended;
    await new Promise(setImmediate);
    expect(it.looks()).toBe(0);
  });
});

describe('what is done in a bridge that nobody of the application is in', () => {
  it.each([
    ['was seen to play', ['playing', 'gone'], 'sound:beep', 'missed'],
    ['was over at the first look', ['gone'], 'sound:beep', 'missed'],
    ['was seen to play, though Asterisk might have dropped it', ['playing', 'gone'], 'recording:r', 'missed'],
    ['was never seen to play, and may have been dropped', ['gone'], 'recording:none', 'failed'],
  ])(
    'a playback %s: Asterisk does not tell its end, and it is not waited for without one',
    async (_, states, media, outcome) => {
      await using it = await open(...states);
      const playback = await it.ari.bridge('b').play({ media, playbackId: 'p' });
      expect(await playback.finished).toBe(outcome);
      expect(it.looks()).toBe(states.length + 1);
    },
  );

  it('a recording, too', async () => {
    await using it = await open('recording', 'gone');
    const recording = await it.ari.bridge('b').record({ name: 'p', format: 'wav' });
    expect(await recording.finished).toEqual({ outcome: 'missed', recording: undefined });
  });

  it('its end is heard where it is told', async () => {
    await using it = await open('playing');
    const playback = await it.ari.bridge('b').play({ media: 'sound:beep', playbackId: 'p' });
    it.tell('PlaybackStarted', 'playing');
    it.tell('PlaybackFinished', 'done');
    expect(await playback.finished).toBe('done');
  });
});

describe('a client that was never started, and is told of nothing', () => {
  async function silent(...states: string[]) {
    const left = [...states];
    const played = await PlayedAri.start((request, response) => {
      if (request.method === 'POST') return json(response, 201, { id: 'p', state: 'queued' });
      const state = left.length > 1 ? left.shift() : left[0];
      if (state === 'gone') json(response, 404, { message: 'Playback not found' });
      else json(response, 200, { id: 'p', state });
    });
    const ari = new Ari({ port: played.port, username: 'u', password: 'p' });
    const dispose = async () => {
      await ari.close();
      await played[Symbol.asyncDispose]();
    };
    return { ari, port: played.port, [Symbol.asyncDispose]: dispose };
  }

  it.each([
    ['channel', (ari: Ari) => ari.channel('c').play({ media: 'sound:beep', playbackId: 'p' })],
    ['bridge', (ari: Ari) => ari.bridge('b').play({ media: 'sound:beep', playbackId: 'p' })],
  ])('looks when what it plays on a %s is over', async (_, play) => {
    await using it = await silent('playing', 'gone');
    expect(await (await play(it.ari)).finished).toBe('missed');
  });

  it.each([
    ['keeps the process alive for who waits', true, 'missed'],
    ['lets the process of one who does not wait end', false, ''],
  ])('%s', async (_, waits, said) => {
    await using it = await silent('playing', 'gone');
    const program = `
      const { Ari } = require(${JSON.stringify(path.join(root, 'dist/ari.js'))});
      const ari = new Ari({ port: ${it.port}, username: 'u', password: 'p' });
      (async () => {
        const playback = await ari.channel('c').play({ media: 'sound:beep', playbackId: 'p' });
        ${waits ? 'console.log(await playback.finished); await ari.close();' : ''}
      })();`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
    expect(stdout.trim()).toBe(said);
  });

  it('collects no keys, and says so in time', async () => {
    await using it = await silent('gone');
    const collecting = it.ari.channel('c').collect({ media: 'sound:beep', timeoutMs: 1 });
    expect(await collecting).toMatchObject({ outcome: 'timeout' });
  });

  it('dials nobody whose answer it could not hear', async () => {
    await using it = await silent('gone');
    await expect(it.ari.channel('c').dial()).rejects.toMatchObject({
      code: 'ARI_ARGUMENT',
      message: expect.stringContaining('start()'),
    });
  });
});

describe('a playback that is stopped', () => {
  it.each([
    ['says so', 500],
    ['does not say so', 204],
  ])(
    'goes no further in its list, though Asterisk cannot stop what it says just then, and %s',
    async (_what, status) => {
      let isSaying = true;
      await using played = await PlayedAri.start((request, response) => {
        if (request.method === 'POST') json(response, 201, { id: 'p', state: 'queued' });
        else if (isSaying && status === 500) json(response, status, { message: 'Could not stop playback' });
        else response.writeHead(204).end();
      });
      await using ari = new Ari({
        port: played.port,
        username: 'u',
        password: 'p',
        requestsOverSocket: false,
      });
      const arrived = played.webSocket();
      await ari.start('hello');
      const socket = await arrived;
      const tell = (type: string, state: string) =>
        socket.send(JSON.stringify({ type, playback: { id: 'p', state } }));
      const media = ['digits:12', 'sound:vm-intro', 'sound:beep'];
      const playback = await ari.channel('c').play({ media, playbackId: 'p' });
      const stopped = await playback.stop().then(
        () => 204,
        (error) => error.status,
      );
      expect(stopped).toBe(status);
      const stops = () => played.requests.filter((line) => line === 'DELETE /ari/playbacks/p').length;
      expect(stops()).toBe(1);
      isSaying = false;
      tell('PlaybackContinuing', 'continuing');
      await expect.poll(stops).toBe(2);
      tell('PlaybackFinished', 'done');
      expect(await playback.finished).toBe('done');
    },
  );
});

describe('what is no media to any Asterisk', () => {
  it.each([
    ['beep', 'media is "beep", without a scheme: sound:beep, recording:NAME, digits:12 …'],
    [['sound:a', 'beep'], 'media is "beep"'],
    ['', 'media is ""'],
  ])('%j is refused: Asterisk would take it, play nothing and say nothing', async (media, message) => {
    await using it = await open('gone');
    for (const thing of [it.ari.channel('c'), it.ari.bridge('b')]) {
      await expect(thing.play({ media })).rejects.toMatchObject({
        code: 'ARI_ARGUMENT',
        message: expect.stringContaining(message),
      });
    }
    await expect(it.ari.channel('c').collect({ media })).rejects.toMatchObject({ code: 'ARI_ARGUMENT' });
  });
});

describe('a limit that is none', () => {
  it.each([
    [{ timeoutMs: -5 }, 'collect: timeoutMs is -5'],
    [{ timeoutMs: Number.NaN }, 'collect: timeoutMs is NaN'],
    [{ betweenMs: 2 ** 31 }, 'collect: betweenMs is 2147483648'],
  ])('%j is refused, for it would be none or none that anybody meant', async (options, message) => {
    await using it = await open('gone');
    await expect(it.ari.channel('c').collect(options)).rejects.toMatchObject({
      code: 'ARI_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it('is refused by whoever waits, too', async () => {
    await using it = await open('gone');
    await expect(it.ari.channel('c').next('X', { timeoutMs: -1 })).rejects.toMatchObject({
      message: expect.stringContaining('next: timeoutMs is -1'),
    });
  });
});
