/** Orders to a recording that Asterisk would take and forget, by a server that is played. */
import { describe, expect, it } from 'vitest';
import { Ari, type RecordingHandle } from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';

/** @param states of the recording, one for each look; the last one stays. `gone`: there is none */
async function open(...states: string[]) {
  const left = [...states];
  const played = await PlayedAri.start((request, response) => {
    if (request.url?.includes('/record?')) return json(response, 201, { name: 'r', state: 'queued' });
    if (request.method !== 'GET') return response.writeHead(204).end();
    const state = left.length > 1 ? left.shift() : left[0];
    if (state === 'gone') json(response, 404, { message: 'Recording not found' });
    else json(response, 200, { name: 'r', state });
  });
  const ari = new Ari({ port: played.port, username: 'u', password: 'p', requestsOverSocket: false });
  const arrived = played.webSocket();
  await ari.start('hello');
  const socket = await arrived;
  return {
    ari,
    record: (beep?: boolean) => ari.channel('c').record({ name: 'r', format: 'wav', beep }),
    /** Orders to recordings. */
    orders: () => played.requests.filter((line) => /^(?!GET).*\/recordings\/live\//.test(line)),
    tell: (type: string, state: string) =>
      socket.send(JSON.stringify({ type, recording: { name: 'r', state } })),
    async [Symbol.asyncDispose]() {
      await ari.close();
      await played[Symbol.asyncDispose]();
    },
  };
}

/** What has come of it by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  return Promise.race([
    promise.then(
      () => 'done',
      (error) => error.code,
    ),
    new Promise<string>((resolve) => setImmediate(() => setImmediate(resolve, 'waits'))),
  ]);
}

describe('an order to a recording that has not begun', () => {
  it.each<[keyof RecordingHandle & string, string]>([
    ['stop', 'POST /ari/recordings/live/r/stop'],
    ['cancel', 'DELETE /ari/recordings/live/r'],
    ['pause', 'POST /ari/recordings/live/r/pause'],
    ['unpause', 'DELETE /ari/recordings/live/r/pause'],
    ['mute', 'POST /ari/recordings/live/r/mute'],
    ['unmute', 'DELETE /ari/recordings/live/r/mute'],
  ])('%s waits until it begins: Asterisk would take it and record all the same', async (order, sent) => {
    await using it = await open('queued');
    const recording = await it.record();
    const begun = recording.next('RecordingStarted');
    const ordered = (recording[order] as () => Promise<void>)();
    const other = it.ari.asterisk.ping();
    await other;
    expect(it.orders()).toEqual([]);
    it.tell('RecordingStarted', 'recording');
    await begun;
    await ordered;
    expect(it.orders()).toEqual([sent]);
  });

  it('is given where Asterisk records and does not say so', async () => {
    await using it = await open('queued', 'recording');
    const recording = await it.record();
    await recording.stop();
    expect(it.orders()).toEqual(['POST /ari/recordings/live/r/stop']);
  });

  it('goes to Asterisk where there is no such recording, and to one of the same name that another has begun', async () => {
    await using it = await open('gone');
    await (await it.record()).stop();
    await it.ari.recording('other').stop();
    expect(it.orders()).toEqual(['POST /ari/recordings/live/r/stop', 'POST /ari/recordings/live/other/stop']);
  });

  it('is given up where the recording is over, or does not begin in time', async () => {
    await using it = await open('queued');
    const recording = await it.record();
    await expect(recording.stop({}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'ARI_TIMEOUT',
      sent: false,
      message: expect.stringContaining('recording r: stop waits until it has begun'),
    });
    const ordered = recording.cancel();
    it.tell('RecordingFailed', 'failed');
    await expect(ordered).rejects.toMatchObject({ code: 'ARI_GONE' });
    expect(await recording.finished).toMatchObject({ outcome: 'failed' });
    expect(it.orders()).toEqual([]);
  });

  it('waits while it beeps, for Asterisk hears nothing then, and nothing more after', async () => {
    await using it = await open('queued');
    const recording = await it.record(true);
    const begun = recording.next('RecordingStarted');
    it.tell('RecordingStarted', 'recording');
    await begun;
    const ordered = recording.stop();
    expect(await stateOf(ordered)).toBe('waits');
    expect(it.orders()).toEqual([]);
    await ordered;
    expect(it.orders()).toEqual(['POST /ari/recordings/live/r/stop']);
  });
});
