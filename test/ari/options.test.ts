/** Options that the REST client does not have: in JavaScript nobody else would tell. */
import { describe, expect, it } from 'vitest';
import { Ari, AriServer } from '../../src/ari';

const refusal = (message: string) =>
  expect.objectContaining({
    name: 'AriArgumentError',
    code: 'ARI_OPTION',
    message: expect.stringContaining(message),
  });

describe('new Ari', () => {
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
    'next',
    (ari) => ari.channel('1').next('ChannelDestroyed', { timeout: 4 } as never),
    'did you mean timeoutMs?',
  ],
])('%s', async (_, call, message) => {
  const ari = new Ari({ username: 'u', password: 'p', port: 1 });
  await expect((async () => call(ari))()).rejects.toEqual(refusal(message));
  await ari.close();
});
