/** What a tracer is shown of requests, answers and events. */
import { describe, expect, it } from 'vitest';
import { redactAriAnswer, redactAriEvent, redactAriRequest } from '../../src/wire/ari-redact';
import { encodeRaw } from '../../src/wire/ari-request';

describe('redactAriRequest', () => {
  it.each([
    ['GET', '/x', { a: 'b' }, undefined, 'GET /x?a=b'],
    ['GET', '/x', { api_password: 'b', c: 'd' }, undefined, 'GET /x?api_password=***&c=d'],
    ['POST', '/v', { variable: 'USER_PIN', value: '1234' }, undefined, 'POST /v?variable=USER_PIN&value=***'],
    ['POST', '/v', { variable: 'NAME', value: 'Bob' }, undefined, 'POST /v?variable=NAME&value=Bob'],
    [
      'PUT',
      '/c',
      {},
      { fields: [{ attribute: 'password', value: 'p' }] },
      'PUT /c (49 bytes that name a secret)',
    ],
    ['PUT', '/c', {}, { fields: [] }, 'PUT /c {"fields":[]}'],
  ])('%s %s %j %j', (method, path, query, body, shown) => {
    expect(redactAriRequest(encodeRaw(method, path, { query, body }))).toBe(shown);
  });
});

describe('redactAriAnswer', () => {
  const pin = { variable: 'USER_PIN' };
  it.each([
    ['/v', {}, false, 200, '{"value":"1234"}', '200 GET /v {"value":"1234"}'],
    ['/v', pin, false, 200, '{"value":"1234"}', '200 GET /v (16 bytes that name a secret)'],
    ['/v', pin, false, 404, '{"message":"gone"}', '404 GET /v (18 bytes that name a secret)'],
    ['/v', pin, false, 204, '', '204 GET /v'],
    ['/f', {}, true, 200, 'RIFF', '200 GET /f (4 bytes)'],
    ['/f', {}, true, 404, '{"message":"gone"}', '404 GET /f {"message":"gone"}'],
  ])('%s %j, binary: %j, %i %s', (path, query, binary, status, body, shown) => {
    const answer = { status, contentType: '', body: Buffer.from(body) };
    expect(redactAriAnswer(encodeRaw('GET', path, { query, binary }), answer)).toBe(shown);
  });
});

describe('redactAriEvent', () => {
  const long = 'x'.repeat(200_000);
  it.each([
    ['{"type":"X"}', '{"type":"X"}'],
    ['{"type":"X","PIN":"1', '(20 bytes that name a secret)'],
    ['{"type":"X","PIN', '{"type":"X","PIN'],
    ['{"a":"\\"","PIN":1}', '(18 bytes that name a secret)'],
    ['{"a":"\\"pin\\""}', '(15 bytes that name a secret)'],
    ['{"a":"spinning"}', '{"a":"spinning"}'],
    ['', ''],
  ])('%s', (text, shown) => {
    expect(redactAriEvent(text)).toBe(shown);
  });

  it.each([81, 200, 5000, 200_000])('finds a secret behind a text of %d characters', (length) => {
    const text = JSON.stringify({ value: `1234${'x'.repeat(length)}`, variable: 'PIN' });
    expect(redactAriEvent(text)).toBe(`(${text.length} bytes that name a secret)`);
  });

  it('shows the head of what is long, and takes no time for what is hostile', () => {
    expect(redactAriEvent(JSON.stringify([long]))).toBe(`["${'x'.repeat(3998)}`);
    expect(redactAriEvent(`"${'\\"'.repeat(500_000)}`)).toHaveLength(4000);
    expect(redactAriEvent('"'.repeat(1_000_000))).toHaveLength(4000);
    expect(redactAriEvent(`"${'\\'.repeat(1_000_000)}`)).toHaveLength(4000);
  });
});
