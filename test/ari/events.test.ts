/** Events over the WebSocket of a server that is played. */
import { execFile } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import {
  Ari,
  type AriOptions,
  type AriState,
  type BridgeHandle,
  type ChannelHandle,
  type Gap,
} from '../../src/ari';
import { json, PlayedAri } from '../support/ari-server';
import { root } from '../support/inet';

const login = { username: 'tester', password: 'secret' };
const quick = { firstDelayMs: 1, maxDelayMs: 10 };

async function open(options: Partial<AriOptions> = {}, port?: number) {
  const played = await PlayedAri.start(undefined, port);
  const errors: unknown[] = [];
  const ari = new Ari({
    port: played.port,
    ...login,
    reconnect: quick,
    requestsOverSocket: false,
    onError: (error) => errors.push(error),
    ...options,
  });
  const arrived = played.webSocket();
  await ari.start('hello');
  const socket = await arrived;
  const dispose = async () => {
    await ari.close();
    await played[Symbol.asyncDispose]();
  };
  return { played, ari, errors, socket, [Symbol.asyncDispose]: dispose };
}

const send = (socket: WebSocket, event: object) => socket.send(JSON.stringify(event));
const channel = (id: string) => ({ id, name: `Local/${id}` });

/** The handle, once all that is done, whatever came of it. */
async function tried<T>(handle: T, ...steps: ((handle: T) => Promise<unknown>)[]): Promise<T> {
  for (const step of steps) await step(handle).catch(() => {});
  return handle;
}

/** Resolves when as many events as this have come. */
function counted(ari: Ari, count: number): Promise<void> {
  return new Promise((resolve) => {
    const off = ari.on('*', () => {
      if (--count > 0) return;
      off();
      resolve();
    });
  });
}

describe('events', () => {
  it('are told in order, ten thousand at once, known or not, to all who listen', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const all: number[] = [];
    const some: number[] = [];
    ari.on('*', (event) => all.push((event as unknown as { serial: number }).serial));
    ari.on('BrandNewEvent', ({ serial, nested }) => {
      some.push(serial as number);
      expect(nested).toEqual({ as: 'it is' });
    });
    const done = counted(ari, 10_000);
    for (let serial = 0; serial < 10_000; serial++) {
      send(socket, { type: serial % 2 ? 'BrandNewEvent' : 'ChannelVarset', serial, nested: { as: 'it is' } });
    }
    await done;
    expect(all).toEqual(Array.from({ length: 10_000 }, (_, serial) => serial));
    expect(some).toEqual(all.filter((serial) => serial % 2));
    expect(ari.counts).toMatchObject({ events: 10_000, unreadable: 0 });
  });

  it('reach every listener, whatever another throws or rejects', async () => {
    await using it = await open();
    const { ari, socket, errors } = it;
    const heard: string[] = [];
    ari.on('X', () => {
      throw new Error('thrown');
    });
    ari.on('X', async () => {
      throw new Error('rejected');
    });
    const off = ari.on('X', () => heard.push('off'));
    off();
    ari.on('X', () => heard.push('first'));
    ari.on('X', () => heard.push('second'));
    const done = counted(ari, 2);
    send(socket, { type: 'X' });
    send(socket, { type: 'X' });
    await done;
    await expect.poll(() => errors.length).toBe(4);
    expect(heard).toEqual(['first', 'second', 'first', 'second']);
  });

  it('reach a listener that is added meanwhile from the next one on, whatever it listens to', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const heard: string[] = [];
    const off = ari.on('X', () => {
      off();
      for (const type of ['X', '*']) ari.on(type, ({ serial }) => heard.push(`${type} ${serial}`));
    });
    const done = counted(ari, 2);
    for (const serial of [1, 2]) send(socket, { type: 'X', serial });
    await done;
    await expect.poll(() => heard).toEqual(['X 2', '* 2']);
  });

  it('go on where the one who is told of errors throws, too', async () => {
    const said: unknown[][] = [];
    const written = vi.spyOn(console, 'error').mockImplementation((...words) => void said.push(words));
    try {
      await using it = await open({
        onError() {
          throw new Error('thrown again');
        },
      });
      const { ari, socket } = it;
      ari.on('X', () => {
        throw new Error('thrown');
      });
      const done = counted(ari, 2);
      send(socket, { type: 'X' });
      send(socket, { type: 'X' });
      await done;
      expect(ari.counts).toMatchObject({ events: 2, lost: 0 });
      expect(said).toEqual(Array(2).fill(['in a listener for X:', new Error('thrown again')]));
    } finally {
      written.mockRestore();
    }
  });

  it('are read where all before were wanted, and soon no more where nobody wants them', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const done = counted(ari, 200);
    for (let serial = 0; serial < 200; serial++) send(socket, { type: 'X' });
    await done;
    const last = new Promise((resolve) => ari.on('Z', resolve));
    for (let serial = 0; serial < 200; serial++) socket.send('{"type":"Y","cut off');
    send(socket, { type: 'Z' });
    await last;
    const { events, unreadable } = ari.counts;
    expect(events + unreadable).toBe(401);
    expect(unreadable).toBeLessThan(16);
  });

  it('that are none are passed over, and counted', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const done = counted(ari, 1);
    for (const text of ['', '{', 'null', '[]', '7', '{"type":7}', '{"type":"constructor"}'])
      socket.send(text);
    await done;
    expect(ari.counts).toMatchObject({ events: 1, unreadable: 6 });
  });

  it('are not even read where nobody has a use for them, and are as soon as someone has', async () => {
    const traced: string[] = [];
    await using it = await open({ trace: (way, text) => way === '<' && traced.push(text) });
    const { ari, socket } = it;
    // what is cut off tells whether it was read
    const isRead = async (type: string) => {
      const { events, unreadable } = ari.counts;
      socket.send(`{"type":"${type}","channel":{"id":"one"`);
      const now = await expect
        .poll(() => ari.counts, { interval: 2 })
        .toSatisfy((counts) => counts.events + counts.unreadable > events + unreadable)
        .then(() => ari.counts);
      return now.unreadable > unreadable;
    };
    expect(await isRead('X')).toBe(false);
    expect(traced).toEqual(['{"type":"X","channel":{"id":"one"']);
    for (const type of ['ApplicationReplaced', 'ChannelDestroyed', 'RESTResponse']) {
      expect(await isRead(type)).toBe(true);
    }
    const offs = [ari.on('X', () => {}), ari.on('X', () => {})];
    expect([await isRead('X'), await isRead('Y')]).toEqual([true, false]);
    for (const off of offs) {
      expect(await isRead('X')).toBe(true);
      off();
      off();
    }
    expect(await isRead('X')).toBe(false);
    const stream = ari.stream(['Y']);
    expect([await isRead('X'), await isRead('Y')]).toEqual([false, true]);
    await stream.return();
    const offAll = ari.on('*', () => {});
    expect(await isRead('Z')).toBe(true);
    offAll();
    expect(await isRead('Z')).toBe(false);
    // of a thing that Asterisk has not told of, any event may be the first
    const one = ari.channel('one');
    expect(await isRead('X')).toBe(true);
    send(socket, { type: 'X', channel: channel('one') });
    expect([await isRead('X'), await isRead('StasisEnd')]).toEqual([false, true]);
    const offOne = one.on('X', () => {});
    const offTwo = one.on('X', () => {});
    offTwo();
    offTwo();
    const next = one.next('Y');
    expect([await isRead('X'), await isRead('Y'), await isRead('Z')]).toEqual([true, true, false]);
    send(socket, { type: 'Y', channel: channel('one') });
    await next;
    expect([await isRead('X'), await isRead('Y')]).toEqual([true, false]);
    send(socket, { type: 'ChannelDestroyed', channel: channel('one') });
    await one.ended;
    offOne();
    one.on('X', () => {});
    expect([await isRead('X'), await isRead('StasisEnd')]).toEqual([false, false]);
  });

  it('survive a byte that is no UTF-8', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const names: unknown[] = [];
    ari.on('X', ({ name }) => names.push(name));
    const done = counted(ari, 2);
    socket.send(Buffer.from('{"type":"X","name":"Andr\xe9"}', 'latin1'), { binary: false });
    send(socket, { type: 'X', name: 'André' });
    await done;
    expect(names).toEqual(['Andr\ufffd', 'André']);
    expect(ari.counts).toMatchObject({ lost: 0, unreadable: 0 });
  });

  it.each([
    ['five megabytes', { type: 'X', value: 'y'.repeat(5e6) }],
    ['the type __proto__', { type: '__proto__', value: 1 }],
    ['the type constructor', { type: 'constructor' }],
    ['no type in letters', { type: '' }],
    ['the type *', { type: '*' }],
  ])('of %s come through', async (_what, event) => {
    await using it = await open();
    const { ari, socket } = it;
    const handle = ari.channel('__proto__');
    const heard: string[] = [];
    const done = new Promise<unknown>((resolve) => ari.on(event.type, resolve));
    handle.on(event.type, () => heard.push('its handle'));
    send(socket, { ...event, channel: channel('__proto__') });
    expect(await done).toEqual({ ...event, channel: channel('__proto__') });
    await expect.poll(() => heard).toEqual(['its handle']);
  });

  it('that lack what belongs to them cost nothing but themselves', async () => {
    await using it = await open();
    const { ari, socket, errors } = it;
    const calls: string[] = [];
    ari.onCall(({ id }) => calls.push(id));
    const things = [ari.channel('t'), ari.bridge('t'), ari.playback('t'), ari.recording('t')];
    const texts = [
      ...[
        'StasisStart',
        'ChannelDestroyed',
        'BridgeDestroyed',
        'PlaybackFinished',
        'RecordingFailed',
        'Dial',
      ],
      ...['ApplicationReplaced', 'ApplicationRegistered', 'RESTResponse', 'ChannelDtmfReceived'],
    ].flatMap((type) => [
      { type },
      { type, channel: null, bridge: null, playback: null, recording: null, application: null, peer: null },
      { type, channel: 7, bridge: [], playback: 'x', recording: true, application: 'another', caller: {} },
    ]);
    const done = counted(ari, texts.length - 3 + 1);
    for (const text of texts) send(socket, text);
    send(socket, { type: 'StasisStart', channel: channel('t') });
    await done;
    await expect.poll(() => calls).toEqual(['t']);
    expect(ari.state).toBe('connected');
    expect(things.map(({ ending }) => ending)).toEqual(Array(4).fill(undefined));
    // the three beginnings of calls that are none
    expect(errors).toMatchObject(Array(3).fill({ code: 'ARI_EVENT' }));
    expect(ari.counts).toMatchObject({ lost: 0, unreadable: 0 });
  });

  it('come through a flood of pings, and fewer pongs go back', async () => {
    await using it = await open();
    const { ari, socket } = it;
    let pongs = 0;
    const last = new Promise<void>((resolve) =>
      socket.on('pong', (data) => {
        pongs++;
        if (String(data) === '9999') resolve();
      }),
    );
    const done = counted(ari, 1);
    for (let serial = 0; serial < 10_000; serial++) socket.ping(String(serial));
    send(socket, { type: 'X' });
    await done;
    await last;
    expect(pongs).toBeLessThan(10_000);
    expect(ari.counts).toMatchObject({ events: 1, lost: 0 });
  });

  it('wait in a stream, and the oldest go where there are too many', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const stream = ari.stream(['A', 'B'], { limit: 3 });
    const done = counted(ari, 6);
    for (const type of ['A', 'B', 'C', 'A', 'B', 'A']) send(socket, { type });
    await done;
    expect(ari.counts.dropped).toBe(2);
    const types: string[] = [];
    for await (const { type } of stream) {
      types.push(type);
      if (types.length === 3) break;
    }
    expect(types).toEqual(['A', 'B', 'A']);
    expect(ari.counts.dropped).toBe(2);
  });

  it('reach the handle of each thing that they concern, and dispose of it at its end', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const one = ari.channel('one');
    const two = ari.channel('two');
    const room = ari.bridge('one');
    expect(ari.channel('one')).toBe(one);
    const heard: string[] = [];
    one.on('*', ({ type }) => heard.push(`one ${type}`));
    two.on('*', ({ type }) => heard.push(`two ${type}`));
    room.on('*', ({ type }) => heard.push(`room ${type}`));
    const done = counted(ari, 6);
    send(socket, { type: 'ChannelEnteredBridge', channel: channel('one'), bridge: { id: 'one' } });
    send(socket, { type: 'Dial', caller: channel('one'), peer: channel('two'), dialstatus: 'RINGING' });
    send(socket, { type: 'BrandNew', channel: channel('two') });
    send(socket, { type: 'ChannelVarset' });
    send(socket, { type: 'ChannelDestroyed', channel: channel('one'), cause: 16 });
    send(socket, { type: 'ChannelVarset', channel: channel('one') });
    await done;
    expect(heard).toEqual([
      'room ChannelEnteredBridge',
      'one ChannelEnteredBridge',
      'one Dial',
      'two Dial',
      'two BrandNew',
      'one ChannelDestroyed',
    ]);
    expect(one.ending).toBe('gone');
    expect(one.signal.reason).toMatchObject({ code: 'ARI_GONE', message: 'channel one is gone' });
    await expect(one.next('X')).rejects.toMatchObject({ code: 'ARI_GONE' });
    const waiting = two.next('X').catch((error) => error);
    two.release();
    expect(await waiting).toMatchObject({ code: 'ARI_GONE', message: 'channel two was released' });
    expect(ari.counts.handles).toBe(1);
    await ari.close();
    expect(await room.ended).toBe('closed');
    expect(ari.counts.handles).toBe(0);
  });

  // of two applications Asterisk 22 tells side by side
  it.each([
    ['as it went', ['StasisEnd hello', 'StasisStart other']],
    ['the other way round', ['StasisStart other', 'StasisEnd hello']],
  ])(
    'of a channel that moves to another application, told %s, end one handle and begin another',
    async (_, order) => {
      await using it = await open();
      const { ari, socket } = it;
      const calls: ChannelHandle[] = [];
      ari.onCall((call) => void calls.push(call));
      const told = ['StasisStart hello', ...order];
      const done = counted(ari, told.length);
      for (const [type, application] of told.map((text) => text.split(' ')))
        send(socket, { type, application, channel: channel('c') });
      await done;
      expect(calls.map(({ ending }) => ending)).toEqual(['left', undefined]);
      expect(ari.channel('c')).toBe(calls[1]);
      const left = calls[1]?.ended;
      send(socket, { type: 'StasisEnd', application: 'other', channel: channel('c') });
      expect(await left).toBe('left');
    },
  );

  const lost = { type: 'ChannelDestroyed', channel: channel('c'), cause: 16 };
  const left = { type: 'StasisEnd', application: 'hello', channel: channel('c') };
  it.each([
    ['an extension that there is not', 0, [left, lost], 'HANGUP'],
    ['a hangup', 59_999, [{ ...left, type: 'ChannelHangupRequest' }, left, lost], 'HANGUP'],
    // Asterisk 16 gives no other cause
    ['nobody in time', 60_000, [{ ...left, type: 'ChannelHangupRequest' }, left, lost], 'NOANSWER'],
    ['nobody in time, as Asterisk 22 says it', 0, [left, { ...lost, cause: 19 }], 'NOANSWER'],
  ])('tell who dials of %s', async (_, ms, told, status) => {
    await using it = await open();
    const { ari, socket, played } = it;
    const called = ari.channel('c');
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
    try {
      const dialling = called.dial({ timeout: 60 });
      await expect.poll(() => played.requests).toContain('POST /ari/channels/c/dial?timeout=60');
      clock.mockReturnValue(1000 + ms);
      for (const event of told) send(socket, event);
      expect(await dialling).toEqual({ status });
      expect(called.ending).toBe('gone');
    } finally {
      clock.mockRestore();
    }
  });

  it('leave nobody in silence: that another than the caller is gone is told where the listener does not catch it', async () => {
    await using it = await open();
    const { ari, socket, errors } = it;
    const called = ari.channel('called');
    let calls = 0;
    ari.onCall(async (caller) => {
      if (++calls === 1) await called.next('X');
      else await caller.next('X');
    });
    const start = { type: 'StasisStart', application: 'hello' };
    const done = counted(ari, 4);
    send(socket, { ...start, channel: channel('one') });
    send(socket, { ...start, channel: channel('two') });
    send(socket, { type: 'ChannelDestroyed', channel: channel('called') });
    send(socket, { type: 'StasisEnd', application: 'hello', channel: channel('two') });
    await done;
    await expect.poll(() => errors).toMatchObject([{ code: 'ARI_GONE', message: 'channel called is gone' }]);
  });

  it('give digits, by number, by terminator and by time', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const caller = ari.channel('c');
    const press = (digits: string) => {
      for (const digit of digits) send(socket, { type: 'ChannelDtmfReceived', channel: channel('c'), digit });
    };
    const byNumber = caller.collect({ maxDigits: 2 });
    press('12');
    expect(await byNumber).toEqual({ outcome: 'complete', digits: '12', terminator: undefined });
    const byKey = caller.collect({ terminators: '*' });
    press('4#5*');
    expect(await byKey).toEqual({ outcome: 'complete', digits: '4#5', terminator: '*' });
    const byTime = caller.collect({ betweenMs: 20 });
    press('9');
    expect(await byTime).toEqual({ outcome: 'timeout', digits: '9', terminator: undefined });
    expect(await caller.collect({ timeoutMs: 5 })).toEqual({
      outcome: 'timeout',
      digits: '',
      terminator: undefined,
    });
    await expect(caller.collect({ maxDigits: 0 })).rejects.toMatchObject({ code: 'ARI_ARGUMENT' });
    const given = caller.collect({ signal: AbortSignal.abort(new Error('enough')) });
    await expect(given).rejects.toThrow('enough');
  });
});

describe('a WebSocket that is lost', () => {
  it.each([
    ['closed', (socket: WebSocket) => socket.close(1001, 'restart')],
    ['cut off', (socket: WebSocket) => socket.terminate()],
    [
      'cut off in mid-frame',
      (socket: WebSocket) => {
        const raw = (socket as unknown as { _socket: NodeJS.WritableStream & { destroy(): void } })._socket;
        // a text of 100 bytes, of which five come
        raw.write(Buffer.from([0x81, 100, ...Buffer.from('{"typ')]), () => raw.destroy());
      },
    ],
    [
      'broken',
      (socket: WebSocket) => {
        (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(
          Buffer.from([0xff, 0xff, 0xff]),
        );
      },
    ],
  ])('by being %s comes back, and tells of the gap', async (_how, lose) => {
    await using it = await open();
    const { ari, played, socket, errors } = it;
    const states: AriState[] = [];
    ari.onState((state) => states.push(state));
    const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
    const next = played.webSocket();
    const told = counted(ari, 1);
    lose(socket);
    // behind the very answer that opens it
    send(await next, { type: 'X' });
    await told;
    const { lostAt, backAt, missed, lost } = await gap;
    expect(lostAt.getTime()).toBeLessThanOrEqual(backAt.getTime());
    expect({ missed, lost, errors }).toEqual({ missed: [], lost: [], errors: [] });
    expect(states).toEqual(['reconnecting', 'connected']);
    expect(ari.counts).toMatchObject({ lost: 1, events: 1 });
  });

  it('is tried again for as long as it takes, whatever the server says meanwhile', async () => {
    await using it = await open();
    const { ari, played, socket } = it;
    const refusals = [503, 404, 401, 500, 502];
    const errors: (string | undefined)[] = [];
    ari.onState((state, error) => {
      if (state === 'reconnecting') errors.push((error as { code?: string } | undefined)?.code);
    });
    played.admit = () => refusals.shift();
    const next = played.webSocket();
    socket.terminate();
    await next;
    expect(errors).toEqual([
      'ARI_LOST',
      'ARI_BUSY',
      'ARI_NOT_FOUND',
      'ARI_UNAUTHORIZED',
      'ARI_SERVER',
      'ARI_SERVER',
    ]);
    await expect.poll(() => ari.state).toBe('connected');
    expect(played.opened).toEqual(['/ari/events?app=hello', '/ari/events?app=hello']);
  });

  it('leaves no wait behind where whoever hears of it closes the client, and the others hear of that', async () => {
    await using it = await open({ reconnect: { firstDelayMs: 1e6 } });
    const { ari, socket } = it;
    const heard: AriState[] = [];
    ari.onState((state) => {
      if (state === 'reconnecting') void ari.close();
    });
    ari.onState((state) => heard.push(state));
    const timers = vi.spyOn(globalThis, 'setTimeout');
    try {
      const stream = ari.stream();
      socket.terminate();
      expect(await stream.next()).toEqual({ done: true, value: undefined });
      // a turn of the loop later
      await new Promise((resolve) => setImmediate(resolve));
      expect(timers.mock.calls.filter(([, ms]) => ms !== undefined && ms > 1e5)).toEqual([]);
      expect(heard).toEqual(['closed']);
    } finally {
      timers.mockRestore();
    }
  });

  it.each([
    ['Up', { status: 'ANSWER' }],
    ['Ringing', { status: 'BUSY' }],
  ])('hides no answer from who dials: a channel that is %s by now', async (state, outcome) => {
    await using played = await PlayedAri.start(({ method, url }, response) =>
      json(response, 200, method === 'GET' && url === '/ari/channels' ? [{ id: 'c', state }] : []),
    );
    const options = { port: played.port, ...login, reconnect: quick, requestsOverSocket: false };
    await using ari = new Ari(options);
    const arrived = played.webSocket();
    await ari.start('hello');
    const dialling = ari.channel('c').dial();
    await expect.poll(() => played.requests).toContain('POST /ari/channels/c/dial');
    const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
    const next = played.webSocket();
    (await arrived).terminate();
    await gap;
    if (state !== 'Up') send(await next, { type: 'Dial', peer: channel('c'), dialstatus: 'BUSY' });
    expect(await dialling).toEqual(outcome);
  });

  it('again, before all that was lost is known, is one gap from the first loss on', async () => {
    let isAnswering = true;
    const asked: string[] = [];
    await using played = await PlayedAri.start(({ method, url }, response) => {
      asked.push(`${method} ${decodeURIComponent(url ?? '')}`);
      if (!isAnswering) return;
      if (url?.endsWith('gone') && asked.length > 3) json(response, 404, { message: 'no' });
      else json(response, 200, url?.includes('/applications') ? { device_names: ['kept'] } : []);
    });
    await using ari = new Ari({ port: played.port, ...login, reconnect: quick, requestsOverSocket: false });
    const first = played.webSocket();
    await ari.start('hello');
    for (const name of ['kept', 'gone'])
      await ari.applications.subscribe({ applicationName: 'hello', eventSource: `deviceState:${name}` });
    const gaps: Gap[] = [];
    ari.onGap((gap) => gaps.push(gap));
    isAnswering = false;
    const second = played.webSocket();
    (await first).terminate();
    await second;
    const backFirst = Date.now();
    await expect.poll(() => asked.length).toBe(4);
    isAnswering = true;
    const third = played.webSocket();
    for (const socket of played.sockets) socket.destroy();
    await third;
    await expect.poll(() => gaps).toHaveLength(1);
    expect(gaps[0]?.lostAt.getTime()).toBeLessThanOrEqual(backFirst);
    expect(gaps[0]).toMatchObject({
      error: { code: 'ARI_LOST' },
      lost: [{ eventSource: 'deviceState:gone', error: { code: 'ARI_NOT_FOUND' } }],
    });
    expect(ari.counts.lost).toBe(2);
  });

  it('has its subscriptions again, single ones too where all of the kind stand for them', async () => {
    const listed = ['__AST_DEVICE_STATE_ALL_TOPIC'];
    await using played = await PlayedAri.start(({ url }, response) =>
      json(response, 200, url?.includes('/applications') ? { device_names: listed, endpoint_ids: [] } : []),
    );
    await using ari = new Ari({ port: played.port, ...login, reconnect: quick, requestsOverSocket: false });
    const arrived = played.webSocket();
    await ari.start('hello');
    for (const eventSource of ['deviceState:', 'deviceState:door', 'endpoint:PJSIP/alice'])
      await ari.applications.subscribe({ applicationName: 'hello', eventSource });
    const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
    (await arrived).terminate();
    expect((await gap).lost).toEqual([
      { application: 'hello', eventSource: 'endpoint:PJSIP/alice', error: undefined },
    ]);
  });

  it('has its subscriptions again in the end, where Asterisk is slow to give them', async () => {
    let silences = 0;
    const asked: string[] = [];
    await using played = await PlayedAri.start(({ method, url }, response) => {
      asked.push(`${method} ${decodeURIComponent(url ?? '')}`);
      if (silences-- > 0) return;
      json(response, 200, url?.includes('/applications') ? { device_names: ['door'] } : []);
    });
    const errors: unknown[] = [];
    const options = {
      reconnect: quick,
      requestsOverSocket: false,
      onError: (error: unknown) => errors.push(error),
    };
    await using ari = new Ari({ port: played.port, ...login, ...options, timeoutMs: 50 });
    const arrived = played.webSocket();
    await ari.start('hello');
    const door = { applicationName: 'hello', eventSource: 'deviceState:door' };
    await ari.applications.subscribe(door, { timeoutMs: 10_000 });
    const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
    silences = 2;
    (await arrived).terminate();
    expect(await gap).toMatchObject({ lost: [], missed: [] });
    const subscribe = 'POST /ari/applications/hello/subscription?eventSource=deviceState:door';
    expect(asked.filter((line) => line === subscribe).length).toBeGreaterThanOrEqual(3);
    expect(errors.length).toBeGreaterThanOrEqual(1);
    expect(new Set(errors.map((error) => (error as { code: string }).code))).toEqual(
      new Set(['ARI_TIMEOUT']),
    );
  });

  it('is given up after as many attempts as were allowed, and not tried at all where it was so wanted', async () => {
    for (const [reconnect, code] of [
      [{ ...quick, attempts: 2 }, 'ARI_BUSY'],
      [false, 'ARI_LOST'],
    ] as const) {
      await using it = await open({ reconnect });
      const { ari, played, socket } = it;
      played.admit = () => 503;
      const stream = ari.stream();
      socket.terminate();
      await expect(stream.next()).rejects.toMatchObject({ code });
      expect(ari.state).toBe('closed');
      await expect(ari.channels.list()).rejects.toMatchObject({ code });
    }
  });

  it('is noticed where the other side falls silent', async () => {
    await using it = await open({ pingEveryMs: 20 });
    const { ari, played, socket } = it;
    // a peer that reads, and answers no ping
    (socket as unknown as { _autoPong: boolean })._autoPong = false;
    const errors: unknown[] = [];
    ari.onState((_state, error) => error && errors.push(error));
    await played.webSocket();
    expect(errors[0]).toMatchObject({ code: 'ARI_TIMEOUT' });
  });

  it('is none where this side was busy for too long to read the answer', async () => {
    await using it = await open({ pingEveryMs: 200 });
    const { ari, socket } = it;
    await once(socket, 'ping');
    // from here on the answer is on its way
    const busyUntil = Date.now() + 450;
    while (Date.now() < busyUntil);
    await once(socket, 'ping');
    expect(ari.counts.lost).toBe(0);
  });

  it('is not tried again where another client has the application', async () => {
    await using it = await open();
    const { ari, socket, played } = it;
    const handle = ari.channel('x');
    const states: [AriState, string | undefined][] = [];
    ari.onState((state, error) => states.push([state, (error as { code?: string })?.code]));
    const closed = once(socket, 'close');
    send(socket, { type: 'ApplicationReplaced', application: 'hello' });
    await closed;
    expect(states).toEqual([['replaced', 'ARI_REPLACED']]);
    expect(handle.ending).toBe('closed');
    expect(played.opened).toHaveLength(1);
    expect(await ari.channels.list()).toEqual([]);
  });

  it('is opened again without the applications that another client has', async () => {
    await using played = await PlayedAri.start();
    const errors: unknown[] = [];
    await using ari = new Ari({
      port: played.port,
      ...login,
      reconnect: quick,
      onError: (error) => errors.push(error),
    });
    const first = played.webSocket();
    await ari.start(['a', 'b'], { subscribeAll: true });
    const socket = await first;
    const told = counted(ari, 1);
    send(socket, { type: 'ApplicationReplaced', application: 'a' });
    await told;
    expect(errors).toMatchObject([{ code: 'ARI_REPLACED' }]);
    const next = played.webSocket();
    socket.terminate();
    await next;
    expect(played.opened).toEqual([
      '/ari/events?app=a%2Cb&subscribeAll=true',
      '/ari/events?app=b&subscribeAll=true',
    ]);
  });

  it('brings answers that no tracer sees but in the form that a secret is left out of', async () => {
    const traced: string[] = [];
    await using played = await PlayedAri.start();
    await using ari = new Ari({
      port: played.port,
      ...login,
      trace: (direction, text) => traced.push(`${direction} ${text}`),
    });
    const arrived = played.webSocket();
    const [socket] = await Promise.all([arrived, ari.start('hello')]);
    socket.on('message', (data) => {
      const { request_id, uri } = JSON.parse(String(data));
      const message_body = uri === 'asterisk/ping' ? '{}' : '{"value":"hunter2"}';
      send(socket, { type: 'RESTResponse', request_id, status_code: 200, uri, message_body });
    });
    await expect
      .poll(async () => {
        await ari.channels.getChannelVar({ channelId: 'x', variable: 'PIN' }).catch(() => {});
        return traced.some((line) => line.startsWith('< 200 GET /channels/x/variable (19 bytes'));
      })
      .toBe(true);
    expect(traced.join('\n')).not.toContain('hunter2');
  });

  it('takes the requests that were on it along, and only those that read are sent again', async () => {
    await using played = await PlayedAri.start();
    await using ari = new Ari({ port: played.port, ...login, reconnect: false });
    const arrived = played.webSocket();
    const [socket] = await Promise.all([arrived, ari.start('hello')]);
    const asked: { request_id: string; method: string; uri: string }[] = [];
    const answer = ({ request_id }: { request_id: string }) =>
      send(socket, { type: 'RESTResponse', request_id, status_code: 200, message_body: '[]' });
    socket.on('message', (data) => {
      const request = JSON.parse(String(data));
      asked.push(request);
      // the question whether it can do this at all
      if (request.uri === 'asterisk/ping') answer(request);
    });
    await expect
      .poll(async () => {
        const list = ari.channels.list();
        const over = asked.find(({ uri }) => uri === 'channels');
        if (over) answer(over);
        return Promise.race([list, over]).then(() => over !== undefined);
      })
      .toBe(true);
    const read = ari.bridges.list();
    const written = ari.channels.hangup({ channelId: 'x', reason: 'busy' }).catch((error) => error);
    await expect
      .poll(() => asked.at(-1))
      .toMatchObject({
        type: 'RESTRequest',
        method: 'DELETE',
        uri: 'channels/x',
        query_strings: [{ name: 'reason', value: 'busy' }],
      });
    socket.terminate();
    expect(await written).toMatchObject({
      code: expect.stringMatching(/ARI_LOST/),
      sent: true,
      method: 'DELETE',
    });
    expect(await read.catch((error) => error)).toSatisfy(
      (outcome: unknown) => Array.isArray(outcome) || (outcome as { code: string }).code === 'ARI_LOST',
    );
    expect(played.requests.filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });

  it('brings no more requests where one has had no answer: a filter of events may keep it back', async () => {
    await using played = await PlayedAri.start();
    await using ari = new Ari({ port: played.port, ...login });
    const arrived = played.webSocket();
    const [socket] = await Promise.all([arrived, ari.start('hello')]);
    let isFiltered = false;
    const asked: string[] = [];
    socket.on('message', (data) => {
      const { request_id, uri } = JSON.parse(String(data));
      asked.push(uri);
      if (!isFiltered)
        send(socket, { type: 'RESTResponse', request_id, status_code: 200, message_body: '[]' });
    });
    await expect
      .poll(async () => {
        await ari.channels.list();
        return asked.at(-1);
      })
      .toBe('channels');
    isFiltered = true;
    await expect(ari.bridges.list({}, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ARI_TIMEOUT' });
    expect(await ari.endpoints.list()).toEqual([]);
    expect(asked.at(-1)).toBe('bridges');
    expect(played.requests.at(-1)).toBe('GET /ari/endpoints');
  });

  it('brings no request that waits for its channel: all others would wait behind it', async () => {
    await using played = await PlayedAri.start();
    await using ari = new Ari({ port: played.port, ...login });
    const arrived = played.webSocket();
    const [socket] = await Promise.all([arrived, ari.start('hello')]);
    const asked: string[] = [];
    socket.on('message', (data) => {
      const { request_id, method, uri } = JSON.parse(String(data));
      asked.push(`${method} ${uri}`);
      send(socket, { type: 'RESTResponse', request_id, status_code: 200, message_body: '[]' });
    });
    await expect
      .poll(async () => {
        await ari.channels.list();
        return asked.at(-1);
      })
      .toBe('GET channels');
    await ari.channels.setChannelVar({ channelId: 'x', variable: 'X' });
    await ari.channels.continueInDialplan({ channelId: 'x' });
    expect(asked.at(-1)).toBe('POST channels/x/continue');
    expect(asked).not.toContain('POST channels/x/variable');
    expect(played.requests.at(-1)).toBe('POST /ari/channels/x/variable?variable=X');
  });
});

describe('a handle', () => {
  it.each([
    ['its next event', "channel.next('StasisStart')"],
    ['keys', 'channel.collect()'],
    ['keys while something plays', "channel.collect({ media: 'sound:beep' })"],
  ])(
    'is waited for before it is made, for %s: nobody has to come for that where it fails',
    async (_what, wait) => {
      const program = `
      const { Ari } = require(${JSON.stringify(path.join(root, 'dist/ari.js'))});
      const ari = new Ari({ port: 1, username: 'u', password: 'p' });
      const channel = ari.channel();
      (async () => {
        const waiting = ${wait};
        await channel.originate({ endpoint: 'x', app: 'y' });
        await waiting;
      })().catch(async (error) => {
        await ari.close();
        setTimeout(() => console.log('goes on behind', error.code), 20);
      });`;
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
      expect(stdout.trim()).toBe('goes on behind ARI_CONNECT');
    },
  );

  it('is over where the thing was never asked for, and nothing waits for it', async () => {
    await using ari = new Ari({ port: 1, ...login });
    const controller = new AbortController();
    const { signal } = controller;
    const channel = ari.channel();
    await expect(channel.create({ endpoint: 'x', app: 'y' }, { signal })).rejects.toMatchObject({
      code: 'ARI_CONNECT',
    });
    const bridge = ari.bridge();
    await expect(bridge.create({ type: {} as never })).rejects.toMatchObject({ code: 'ARI_ARGUMENT' });
    expect([channel.ending, bridge.ending]).toEqual(['refused', 'refused']);
    // a thing that is made by it now would be nobody's
    for (const again of [() => channel.create({ endpoint: 'x', app: 'y' }), () => bridge.create()])
      await expect(again()).rejects.toMatchObject({ code: 'ARI_GONE' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(ari.counts.handles).toBe(0);
  });

  it.each<[string, 'missed' | undefined, (ari: Ari) => Promise<Pick<BridgeHandle, 'ending'>>]>([
    ['has answered of', 'missed', (ari) => tried(ari.bridge('b'), (bridge) => bridge.get())],
    ['may have made', 'missed', (ari) => tried(ari.bridge('b'), (bridge) => bridge.create())],
    ['has not heard of', undefined, (ari) => tried(ari.bridge('b'))],
    [
      'has answered of, and will not make anew',
      'missed',
      (ari) =>
        tried(
          ari.bridge('b'),
          (bridge) => bridge.get(),
          (bridge) => bridge.create(),
        ),
    ],
    ['has stored', undefined, (ari) => tried(ari.recording('b'), (recording) => recording.getStored())],
  ])('of what Asterisk %s ends with a gap as %s, where it is not there', async (_what, ending, begin) => {
    let isKnown = false;
    await using played = await PlayedAri.start(({ method, url, socket }, response) => {
      if (url === '/ari/recordings/live/b') json(response, 404, { message: 'no' });
      else if (method === 'GET') json(response, 200, []);
      else if (isKnown) json(response, 400, { message: 'no' });
      else socket.destroy();
      isKnown = true;
    });
    await using ari = new Ari({ port: played.port, ...login, reconnect: quick, requestsOverSocket: false });
    const arrived = played.webSocket();
    await ari.start('hello');
    const handle = await begin(ari);
    expect([handle.ending, ari.counts.handles]).toEqual([undefined, 1]);
    const gap = new Promise<Gap>((resolve) => ari.onGap(resolve));
    (await arrived).terminate();
    await gap;
    expect(handle.ending).toBe(ending);
  });
});

describe('what is asked of a client that is over', () => {
  it('is no event: streams end, by what has ended it, and listeners are not kept', async () => {
    await using it = await open();
    const { ari, socket } = it;
    const closed = new Ari({ port: 1, ...login, signal: AbortSignal.abort(null) });
    expect(closed.state).toBe('closed');
    expect(await closed.stream().next()).toEqual({ done: true, value: undefined });
    await expect(closed.channels.list()).rejects.toMatchObject({ code: 'ARI_CLOSED' });
    const replaced = new Promise((resolve) => ari.onState(resolve));
    send(socket, { type: 'ApplicationReplaced', application: 'hello' });
    expect(await replaced).toBe('replaced');
    await expect(ari.stream('X').next()).rejects.toMatchObject({ code: 'ARI_REPLACED' });
    ari.on('X', () => {})();
  });
});

describe('a tracer that throws', () => {
  it('costs no event and no request, and is told of', async () => {
    await using it = await open({
      trace() {
        throw new Error('no space left');
      },
    });
    const { ari, socket, errors } = it;
    const done = counted(ari, 2);
    send(socket, { type: 'X' });
    send(socket, { type: 'X' });
    await done;
    expect(await ari.channels.list()).toEqual([]);
    expect(errors).toEqual(Array(4).fill(new Error('no space left')));
  });
});

describe('start', () => {
  it('rejects what no other attempt can mend, and waits for Asterisk where it is told to', async () => {
    await using played = await PlayedAri.start();
    played.admit = () => 401;
    await using ari = new Ari({ port: played.port, ...login, reconnect: { ...quick, fromStart: true } });
    await expect(ari.start('hello')).rejects.toMatchObject({ code: 'ARI_UNAUTHORIZED' });
    expect(ari.state).toBe('idle');
    const refusals = [503, 503];
    played.admit = () => refusals.shift();
    await ari.start('hello');
    expect(ari.state).toBe('connected');
    await expect(ari.start('more')).rejects.toMatchObject({ code: 'ARI_ARGUMENT' });
  });

  it('rejects what no other attempt can mend, though the one before could have been', async () => {
    await using played = await PlayedAri.start();
    const refusals = [503, 503];
    played.admit = () => refusals.shift() ?? 401;
    await using ari = new Ari({ port: played.port, ...login, reconnect: { ...quick, fromStart: true } });
    await expect(ari.start('hello')).rejects.toMatchObject({ code: 'ARI_UNAUTHORIZED' });
    expect(ari.state).toBe('idle');
    expect(played.opened).toEqual([]);
  });

  it.each([1, 2, 3])('can be given up at attempt %i, and begun anew', async (attempt) => {
    await using played = await PlayedAri.start();
    played.admit = () => 503;
    await using ari = new Ari({ port: played.port, ...login, reconnect: { ...quick, fromStart: true } });
    const controller = new AbortController();
    let attempts = 0;
    const off = ari.onState(() => {
      if (++attempts === attempt) controller.abort(new Error('enough'));
    });
    await expect(ari.start('hello', { signal: controller.signal })).rejects.toThrow('enough');
    off();
    expect(ari.state).toBe('idle');
    played.admit = () => undefined;
    await ari.start('hello');
    expect(ari.state).toBe('connected');
  });

  it('wants the name of an application', async () => {
    await using ari = new Ari({ port: 1, ...login });
    for (const names of [[], '', 'a,b', [7 as never]]) {
      await expect(ari.start(names)).rejects.toMatchObject({ code: 'ARI_ARGUMENT' });
    }
  });
});
