import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operations } from '../../src/ari/catalog';
import { encodeOperation, encodeQuery, encodeRaw, parseRow } from '../../src/wire/ari-request';

const rows = operations as unknown as Record<string, Record<string, string>>;
const encode = (name: string, given: Record<string, unknown>) => {
  const [resource, operation] = name.split('.') as [string, string];
  const { method, path, query, body } = encodeOperation(
    name,
    parseRow(rows[resource]?.[operation] as string),
    given,
  );
  return [`${method} ${path}${encodeQuery(query)}`, ...(body === undefined ? [] : [body])].join(' ');
};

describe('encodeOperation', () => {
  it.each([
    ['asterisk.ping', {}, 'GET /asterisk/ping'],
    ['channels.get', { channelId: '1700000000.1' }, 'GET /channels/1700000000.1'],
    ['channels.get', { channelId: 'a/b c?d#e%' }, 'GET /channels/a%2Fb%20c%3Fd%23e%25'],
    ['channels.get', { channelId: '..' }, 'GET /channels/%2E%2E'],
    ['channels.get', { channelId: '\ud800😀' }, 'GET /channels/%EF%BF%BD%F0%9F%98%80'],
    ['sounds.list', { lang: 'e\udc00' }, 'GET /sounds?lang=e%EF%BF%BD'],
    ['deviceStates.get', { deviceName: 'Stasis:door' }, 'GET /deviceStates/Stasis%3Adoor'],
    ['sounds.list', { lang: 'en', format: undefined }, 'GET /sounds?lang=en'],
    ['asterisk.getInfo', { only: ['build', 'system'] }, 'GET /asterisk/info?only=build%2Csystem'],
    ['asterisk.getInfo', { only: 'build' }, 'GET /asterisk/info?only=build'],
    [
      'asterisk.setGlobalVar',
      { variable: 'X', value: 'a b&c=d+é' },
      'POST /asterisk/variable?variable=X&value=a%20b%26c%3Dd%2B%C3%A9',
    ],
    ['asterisk.setGlobalVar', { variable: 'X', value: '' }, 'POST /asterisk/variable?variable=X&value='],
    ['channels.dial', { channelId: 'x', timeout: 0 }, 'POST /channels/x/dial?timeout=0'],
    [
      'channels.record',
      { channelId: 'x', name: 'n', format: 'wav', beep: true },
      'POST /channels/x/record?name=n&format=wav&beep=true',
    ],
    [
      'channels.originate',
      { endpoint: 'Local/1@x', app: 'hello', variables: { A: '1' } },
      'POST /channels?endpoint=Local%2F1%40x&app=hello {"variables":{"A":"1"}}',
    ],
    // Asterisk refuses what it says that it takes for granted
    ['channels.mute', { channelId: 'x' }, 'POST /channels/x/mute?direction=both'],
    ['channels.mute', { channelId: 'x', direction: undefined }, 'POST /channels/x/mute?direction=both'],
    ['channels.unmute', { channelId: 'x', direction: 'in' }, 'DELETE /channels/x/mute?direction=in'],
    // what is in the body kills Asterisk 22.10 here
    [
      'events.userEvent',
      { eventName: 'e', application: 'a', source: ['x:1', 'y:2'], variables: { k: 'v' } },
      'POST /events/user/e?application=a&source=x%3A1%2Cy%3A2 {"variables":{"k":"v"}}',
    ],
    [
      'applications.filter',
      { applicationName: 'a', filter: { allowed: [] } },
      'PUT /applications/a/eventFilter {"allowed":[]}',
    ],
    [
      'channels.setChannelVars',
      { channelId: 'x', variables: { A: 'é' } },
      'POST /channels/x/variables {"variables":{"A":"é"}}',
    ],
  ] as const)('%s %j', (name, given, wire) => {
    expect(encode(name, given)).toBe(wire);
  });

  const long = 'é'.repeat(1000);
  it.each([
    [
      'channels.setChannelVar',
      { channelId: 'x', variable: 'V', value: long, report_events: true },
      `POST /channels/x/variable?variable=V&report_events=true ${JSON.stringify({ value: long })}`,
    ],
    [
      'channels.play',
      { channelId: 'x', media: ['sound:a', `sound:${long}`], lang: 'en', offsetms: 5 },
      `POST /channels/x/play?lang=en&offsetms=5 ${JSON.stringify({ media: ['sound:a', `sound:${long}`] })}`,
    ],
    [
      'channels.originate',
      { endpoint: 'e', app: 'a', appArgs: long, variables: { A: '1' } },
      `POST /channels?endpoint=e&app=a ${JSON.stringify({ variables: { A: '1' }, appArgs: long })}`,
    ],
    [
      'channels.originate',
      { endpoint: long, app: 'a', appArgs: `${long}b` },
      `POST /channels?app=a ${JSON.stringify({ appArgs: `${long}b`, endpoint: long })}`,
    ],
    // what is in the body kills Asterisk 22.10 here
    [
      'events.userEvent',
      { eventName: 'e', application: 'a', source: long },
      `POST /events/user/e?application=a&source=${encodeURIComponent(long)}`,
    ],
    [
      'channels.getChannelVar',
      { channelId: 'x', variable: long },
      `GET /channels/x/variable?variable=${encodeURIComponent(long)}`,
    ],
  ] as const)('%s has in its body what is too long for the line', (name, given, wire) => {
    expect(encode(name, given)).toBe(wire);
  });

  it.each([
    ['channels.get', {}, 'channels.get: channelId is needed and is not given'],
    [
      'channels.get',
      { channelId: '' },
      "channels.get: channelId is empty: another operation's path would be meant",
    ],
    ['channels.play', { channelId: 'x' }, 'channels.play: media is needed and is not given'],
    [
      'channels.answer',
      { channelId: 'x', appargs: 'y' },
      'channels.answer has no parameter appargs; it has channelId',
    ],
    ['asterisk.ping', { x: 1 }, 'asterisk.ping has no parameter x; it has none'],
    [
      'channels.get',
      { channelId: Promise.resolve('x') },
      'channels.get: channelId is a Promise: is an `await` missing?',
    ],
    [
      'channels.get',
      { channelId: null },
      'channels.get: channelId must be a text, a number or a boolean, and is null',
    ],
    [
      'channels.dial',
      { channelId: 'x', timeout: Number.NaN },
      'channels.dial: timeout must be a text, a number or a boolean, and is NaN',
    ],
    [
      'channels.get',
      { channelId: 'a\0b' },
      'channels.get: channelId holds a NUL, which Asterisk cannot take',
    ],
    [
      'channels.play',
      { channelId: 'x', media: ['sound:a,b'] },
      'channels.play: media has an item with a comma, which parts items',
    ],
    [
      'events.userEvent',
      { eventName: 'e', application: 'a', source: { x: 1 } },
      'events.userEvent: source must be a text, a number or a boolean, and is object',
    ],
    [
      'channels.setChannelVars',
      { channelId: 'x', variables: 'A' },
      'channels.setChannelVars: variables must be an object',
    ],
    [
      'channels.setChannelVars',
      { channelId: 'x', variables: new Map([['a', 1]]) },
      'channels.setChannelVars: variables must be an object',
    ],
    [
      'channels.setChannelVars',
      { channelId: 'x', variables: new Date(0) },
      'channels.setChannelVars: variables must be an object',
    ],
    [
      'channels.setChannelVars',
      { channelId: 'x', variables: { A: 'é'.repeat(20_500) } },
      'channels.setChannelVars: a body of 41022 bytes, and Asterisk reads 40960 at most',
    ],
  ] as const)('refuses %s %j', (name, given, message) => {
    expect(() => encode(name, given)).toThrow(expect.objectContaining({ code: 'ARI_ARGUMENT', message }));
  });

  it('refuses a body that JSON cannot carry', () => {
    expect(() => encode('channels.setChannelVars', { channelId: 'x', variables: { A: 1n } })).toThrow(
      expect.objectContaining({
        code: 'ARI_ARGUMENT',
        message: 'channels.setChannelVars: the body is no JSON: Do not know how to serialize a BigInt',
      }),
    );
  });

  it.each([null, 'x', 7])('refuses %j in the place of parameters', (given) => {
    expect(() => encode('channels.list', given as never)).toThrow(
      expect.objectContaining({
        code: 'ARI_ARGUMENT',
        message: 'channels.list: its parameters are one object, { name: value, … }',
      }),
    );
  });

  it('carries every text through path and query', () => {
    const form = parseRow('GET /a/{id} text');
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          fc.pre(text !== '');
          const { path, query } = encodeOperation('x', form, { id: text, text });
          const url = new URL(`http://host${path}${encodeQuery(query)}`);
          expect(path.split('/')).toHaveLength(3);
          expect(decodeURIComponent(path.slice(3))).toBe(text);
          expect(url.searchParams.get('text')).toBe(text);
        },
      ),
    );
  });
});

describe('encodeRaw', () => {
  it.each([
    ['get', '/channels', {}, '"get" is no HTTP method'],
    ['GET', 'channels', {}, '"channels" is no path such as /channels: encode its parts'],
    ['GET', '/a b', {}, '"/a b" is no path such as /channels: encode its parts'],
    ['GET', '/a\r\nX: y', {}, '"/a\\r\\nX: y" is no path such as /channels: encode its parts'],
    ['POST', '/a', { body: () => {} }, '/a: the body is no JSON: it is none'],
    ['GET', '/a?b=c', {}, '"/a?b=c" is no path such as /channels: encode its parts'],
    [
      'POST',
      '/events/user/x',
      { body: { source: null } },
      'the source of a user event goes in the query: in the body it kills Asterisk 22',
    ],
  ])('refuses %s %j %j', (method, path, given, message) => {
    expect(() => encodeRaw(method, path, given)).toThrow(
      expect.objectContaining({ code: 'ARI_ARGUMENT', message }),
    );
  });
});
