import fs from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signAddress, signature } from '../../src/tts/address';
import { speechServer } from '../../src/tts/server';
import { makeFolder } from '../support/inet';
import { tone } from '../support/speech';

const secret = 'a secret of some length';
const key = '0123456789abcdef0123456789abcdef';
const wave = tone(8000);
const folder = makeFolder({ 'secret.wav': 'x', 'outside.wav': 'x' });
fs.writeFileSync(path.join(folder, `${key}.wav`), wave);
fs.writeFileSync(path.join(folder, `${key}.wav16`), wave);
fs.writeFileSync(path.join(folder, `${'e'.repeat(32)}.wav`), '');
fs.symlinkSync('/etc/passwd', path.join(folder, `${'a'.repeat(32)}.wav`));
fs.mkdirSync(path.join(folder, `${'b'.repeat(32)}.wav`));

const log: string[] = [];
const server = speechServer({ folder, secret, log: (line) => log.push(line) });
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The path as it is: fetch() would take `..` away. */
function ask(path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const request = http.request({ port, host: '127.0.0.1', path, method, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    request.on('error', reject).end();
  });
}

const nowS = () => Math.floor(Date.now() / 1000);
const signed = (name: string, expiry = nowS() + 60, by = secret) =>
  `/${expiry}/${signature(by, expiry, name)}/${name}`;

describe('an address', () => {
  it('is good for as long as was asked, and twice that at most', () => {
    for (const now of [0, 1, 599_999, 600_000, 1_234_567]) {
      const [, expiry] = signAddress(secret, `${key}.wav`, 600, now).split('/');
      const left = Number(expiry) - now / 1000;
      expect(left).toBeGreaterThanOrEqual(600);
      expect(left).toBeLessThanOrEqual(1200);
    }
  });

  it('stays the same meanwhile, so that Asterisk fetches a file once', () => {
    const at = (now: number) => signAddress(secret, `${key}.wav`, 600, now);
    expect(at(600_000)).toBe(at(1_199_999));
    expect(at(600_000)).not.toBe(at(1_200_000));
  });
});

describe('the server', () => {
  it.each(['wav', 'wav16'])('gives a %s file for a signed address', async (ending) => {
    const { status, headers, body } = await ask(signAddress(secret, `${key}.${ending}`, 60, Date.now()));
    expect(status).toBe(200);
    expect(body).toEqual(wave);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(Number(/max-age=(\d+)/.exec(headers['cache-control'] as string)?.[1])).toBeGreaterThan(50);
  });

  it('answers HEAD without the file, below a folder of a proxy too, and gives an empty file', async () => {
    const head = await ask(`/spoken${signed(`${key}.wav`)}`, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
      200,
      String(wave.length),
      0,
    ]);
    expect(await ask(signed(`${'e'.repeat(32)}.wav`))).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  const passed = nowS() - 1;
  it.each<[string, string, number]>([
    ['no signature', `/${nowS() + 60}/${'x'.repeat(43)}/${key}.wav`, 404],
    ["another secret's", signed(`${key}.wav`, nowS() + 60, 'another secret of length'), 404],
    ["another file's", signed(`${key}.wav16`).replace('wav16', 'wav'), 404],
    ['another expiry', signed(`${key}.wav`).replace(/^\/\d/, '/9'), 404],
    ['an expiry that has passed', signed(`${key}.wav`, passed), 410],
    ['a file that is not there', signed(`${'f'.repeat(32)}.wav`), 404],
    ['a link out of the folder', signed(`${'a'.repeat(32)}.wav`), 404],
    ['a folder', signed(`${'b'.repeat(32)}.wav`), 404],
    ['a file of another kind, rightly signed', signed('secret.wav'), 404],
    ['the way up, rightly signed', signed('../../etc/passwd'), 404],
    ['the way up in codes', signed('%2e%2e%2f%2e%2e%2fetc%2fpasswd'), 404],
    ['the folder itself', '/', 404],
    ['something long', `/${'x'.repeat(4000)}`, 404],
    ['a query', `${signed(`${key}.wav`)}?x=1`, 404],
  ])('refuses %s', async (_, path, status) => {
    expect(await ask(path)).toMatchObject({ status, body: Buffer.alloc(0) });
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await ask(signed(`${key}.wav`), method)).status).toBe(405);
  });

  it('outlives what is no HTTP, and who leaves in the middle', async () => {
    const { port } = server.address() as AddressInfo;
    for (const bytes of [
      '\0\x01\x02',
      'GET /\r\n\r\n',
      `GET ${signed(`${key}.wav`)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ]) {
      const socket = net.connect(port, '127.0.0.1');
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      socket.on('error', () => {});
      socket.write(bytes);
      socket.destroy();
    }
    expect((await ask(signed(`${key}.wav`))).status).toBe(200);
  });

  it('logs no signature that is still good', async () => {
    await ask(signed(`${key}.wav`));
    expect(log.at(-1)).toMatch(new RegExp(`^127.0.0.1 GET "/\\d+/…/${key}.wav" 200$`));
  });
});
