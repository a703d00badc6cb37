import { describe, expect, it } from 'vitest';
import type { AriResponseError } from '../../src/ari-errors';
import { readAnswer } from '../../src/wire/ari-answer';

const asked = { method: 'GET', path: '/channels/x' };
const html =
  '<!DOCTYPE HTML>\n<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>';
const read = (status: number, body: string, contentType = 'application/json') =>
  readAnswer({ status, contentType, body: Buffer.from(body) }, asked, 'json', 'tester');

describe('readAnswer', () => {
  it.each([
    [200, '{"ping":"pong"}', { ping: 'pong' }],
    [200, '[]', []],
    [204, '', undefined],
    [202, '', undefined],
  ])('%i %s', (status, body, value) => {
    expect(read(status, body)).toEqual(value);
  });

  it.each([
    [
      400,
      '{"message":"Endpoint must be specified"}',
      'ARI_BAD_PARAMETER',
      'Endpoint must be specified (400)',
    ],
    [422, '{"message":"Bad"}', 'ARI_BAD_PARAMETER', 'Bad (422)'],
    [
      401,
      '{"message":"Authentication required"}',
      'ARI_UNAUTHORIZED',
      'Authentication required (401): user "tester" is not let in: look at its section and its password in ari.conf',
    ],
    [
      403,
      '{"message":"Write access denied"}',
      'ARI_READ_ONLY',
      'Write access denied (403): user "tester" has read_only = yes in ari.conf',
    ],
    [403, '{"message":"Cannot unload"}', 'ARI_FORBIDDEN', 'Cannot unload (403)'],
    [404, '{"message":"Channel not found"}', 'ARI_NOT_FOUND', 'Channel not found (404)'],
    [
      404,
      '{"message":"Resource not found"}',
      'ARI_NO_RESOURCE',
      'Resource not found (404): this Asterisk is too old for it, or the module res_ari_….so that has it is not loaded',
    ],
    [
      404,
      html,
      'ARI_OFF',
      'HTTP 404, "404 Not Found Not Found": there is no ARI at this place; [general] enabled in ari.conf, prefix in http.conf, and the module res_ari.so say where it is',
    ],
    [
      409,
      '{"message":"Channel not in Stasis application"}',
      'ARI_CONFLICT',
      'Channel not in Stasis application (409)',
    ],
    [412, '{"message":"Channel in invalid state"}', 'ARI_STATE', 'Channel in invalid state (412)'],
    [413, '{"message":"Request Entity Too Large"}', 'ARI_TOO_LARGE', 'Request Entity Too Large (413)'],
    [500, '{"error":"Allocation failed"}', 'ARI_SERVER', 'Allocation failed (500)'],
    [500, '{"odd":1}', 'ARI_SERVER', '{"odd":1}'],
    [500, '', 'ARI_SERVER', 'HTTP 500, an empty body'],
    [500, 'null', 'ARI_SERVER', 'null'],
    [
      503,
      html,
      'ARI_BUSY',
      'HTTP 503, "404 Not Found Not Found": Asterisk is starting, or sessionlimit in http.conf is reached',
    ],
    [302, '', 'ARI_REFUSED', 'HTTP 302, an empty body'],
  ])('%i %s is %s', (status, body, code, words) => {
    const error = (() => {
      try {
        return read(status, body);
      } catch (error) {
        return error;
      }
    })();
    expect(error).toMatchObject({ code, status, ...asked, message: `GET /channels/x: ${words}` });
  });

  it.each([
    ['<html>router</html>', 'text/html; charset=utf-8', 'text/html that is not JSON, "router"'],
    ['{"id":"1', 'application/json', 'application/json that is not JSON, "{\\"id\\":\\"1"'],
    ['hello', '', 'something that is not JSON, "hello"'],
  ])('200 %s', (body, contentType, words) => {
    expect(() => read(200, body, contentType)).toThrow(
      expect.objectContaining({ code: 'ARI_NOT_JSON', message: expect.stringContaining(words) }),
    );
  });

  it('gives a file as it is', () => {
    const body = Buffer.from([0, 255, 1]);
    expect(readAnswer({ status: 200, contentType: 'audio/x-wav', body }, asked, 'binary', '')).toBe(body);
  });

  it.each([
    ['nested without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
    ['of many words', JSON.stringify({ message: 'no '.repeat(1_000_000) })],
    ['of another shape', JSON.stringify({ other: 'x'.repeat(1_000_000) })],
  ])('is an error of a length that can be read, where the answer is %s', (_, body) => {
    let error: AriResponseError | undefined;
    try {
      read(500, body);
    } catch (thrown) {
      error = thrown as AriResponseError;
    }
    expect(error).toMatchObject({ name: 'AriResponseError', code: 'ARI_SERVER', status: 500 });
    expect(error?.message.length).toBeLessThan(1100);
  });
});
