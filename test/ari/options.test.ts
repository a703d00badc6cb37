/** Options that the REST client does not have: in JavaScript nobody else would tell. */
import { describe, expect, it } from 'vitest';
import { Ari, AriServer } from '../../src/ari';

/** Whatever a program in JavaScript may call. */
type Anything = Record<string, (...args: unknown[]) => unknown>;

const refusal = (message: string) =>
  expect.objectContaining({
    name: 'AriArgumentError',
    code: 'ARI_OPTION',
    message: expect.stringContaining(message),
  });

describe('new Ari', () => {
  it.each([undefined, null, 'http://127.0.0.1:8088', []])('of %j', (options) => {
    expect(() => new Ari(options as never)).toThrow(refusal('new Ari: its options are one object'));
  });

  it.each([
    [{ pasword: 'x' }, 'new Ari has no option "pasword"; did you mean password?'],
    [{ url: 'http://127.0.0.1:8088' }, 'new Ari has no option "url": it has host, port, prefix, username,'],
    [{ reconnect: { retries: 5 } }, 'new Ari: reconnect has no option "retries": it has attempts,'],
  ])('%j', (options, message) => {
    expect(() => new Ari({ username: 'u', password: 'p', ...options } as never)).toThrow(refusal(message));
  });
});

it('AriServer.listen', async () => {
  const options = { username: 'u', password: 'p', onConnection() {}, prot: 5 };
  await expect(AriServer.listen(options as never)).rejects.toEqual(
    refusal('AriServer.listen has no option "prot"; did you mean port?'),
  );
  await expect(AriServer.listen(5 as never)).rejects.toEqual(
    refusal('AriServer.listen: its options are one object'),
  );
});

it.each<[string, (ari: Ari) => unknown, string]>([
  ['start', (ari) => ari.start('a', { subscribeall: true } as never), 'did you mean subscribeAll?'],
  [
    'stream',
    async (ari) => ari.stream('*', { max: 1 } as never),
    'stream has no option "max": it has limit, signal',
  ],
  [
    'a request',
    (ari) => ari.channels.list({}, { timeout: 1 } as never),
    'channels.list has no option "timeout"; did you mean timeoutMs?',
  ],
  [
    'collect',
    (ari) => ari.channel('1').collect({ maxDigit: 4 } as never),
    'collect has no option "maxDigit"; did you mean maxDigits?',
  ],
  [
    'request',
    (ari) => ari.request('GET', '/channels', { params: {} } as never),
    'request has no option "params": it has query, body, binary, timeoutMs, signal',
  ],
  [
    'request, with a slip',
    (ari) => ari.request('GET', '/channels', { timeout: 5 } as never),
    'request has no option "timeout"; did you mean timeoutMs?',
  ],
  ['start, a word', (ari) => ari.start('a', 'b' as never), 'start: its options are one object'],
  ...(
    [
      ['create', { endpoint: 'a', app: 'b' }],
      ['dial', {}],
      ['hangup', {}],
      ['play', { media: 'sound:beep' }],
      ['record', { format: 'wav' }],
      ['openMedia', { app: 'a', format: 'ulaw' }],
      ['answer', {}],
    ] as const
  ).map(([method, parameters]): [string, (ari: Ari) => unknown, string] => [
    `channel().${method}`,
    (ari) => (ari.channel('1') as unknown as Anything)[method]?.(parameters, { timeout: 1 }),
    'has no option "timeout"; did you mean timeoutMs?',
  ]),
  ...(
    [
      ['destroy', {}],
      ['play', { media: 'sound:beep' }],
      ['record', { format: 'wav' }],
      ['addChannel', { channel: '1' }],
    ] as const
  ).map(([method, parameters]): [string, (ari: Ari) => unknown, string] => [
    `bridge().${method}`,
    (ari) => (ari.bridge('1') as unknown as Anything)[method]?.(parameters, { timeout: 1 }),
    'has no option "timeout"; did you mean timeoutMs?',
  ]),
  [
    'recording().cancel',
    (ari) => ari.recording('1').cancel({}, { timeout: 1 } as never),
    'did you mean timeoutMs?',
  ],
  [
    'next',
    (ari) => ari.channel('1').next('ChannelDestroyed', { timeout: 4 } as never),
    'did you mean timeoutMs?',
  ],
])('%s', async (_, call, message) => {
  const ari = new Ari({ username: 'u', password: 'p', port: 1 });
  await expect((async () => call(ari))()).rejects.toEqual(refusal(message));
  await ari.close();
});

it.each<[string, (ari: Ari) => unknown, string]>([
  [
    'bridge().destroy',
    (ari) => ari.bridge('1').destroy({ reason: 'x' } as never),
    'bridges.destroy has no parameter reason',
  ],
  [
    'recording().cancel',
    (ari) => ari.recording('1').cancel({ reason: 'x' } as never),
    'recordings.cancel has no parameter reason',
  ],
])('a parameter that %s does not have', async (_, call, message) => {
  const ari = new Ari({ username: 'u', password: 'p', port: 1 });
  await expect((async () => call(ari))()).rejects.toMatchObject({
    name: 'AriArgumentError',
    code: 'ARI_ARGUMENT',
    message: expect.stringContaining(message),
  });
  await ari.close();
});

it.each<[string, (ari: Ari) => unknown]>([
  ['on', (ari) => ari.on('StasisStart', undefined as never)],
  ['on', (ari) => ari.on((() => {}) as never, undefined as never)],
  ['on', (ari) => ari.channel('c').on('StasisEnd', undefined as never)],
  ['next', (ari) => ari.channel('c').next(undefined as never)],
])('%s without a name or a listener is refused at once: %s', async (method, listen) => {
  await using ari = new Ari({ username: 'u', password: 'p' });
  await expect((async () => listen(ari))()).rejects.toMatchObject({
    code: 'ARI_ARGUMENT',
    message: expect.stringContaining(`${method} takes the name of what is listened for`),
  });
});

it.each(['onCall', 'onState', 'onGap'] as const)(
  '%s without a listener is refused at once',
  async (method) => {
    await using ari = new Ari({ username: 'u', password: 'p' });
    expect(() => ari[method](undefined as never)).toThrow(
      expect.objectContaining({
        code: 'ARI_ARGUMENT',
        message: `${method} takes a function that is called when there is something to tell`,
      }),
    );
  },
);
