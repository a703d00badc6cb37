/** `fastagi ari`, as it is built, against an interface that is played. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { json, PlayedAri } from '../support/ari-server';
import { executable, makeFolder } from '../support/inet';

function fastagi(port: number, ...args: string[]) {
  const config = path.join(makeFolder(), 'fastagi.conf');
  fs.writeFileSync(config, `[ari]\nport=${port}\nusername=tester\npassword=secret\n`);
  const process_ = spawn(process.execPath, [executable('fastagi'), 'ari', '--config', config, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      process_.emit('said');
    });
  }
  return {
    process: process_,
    async said(text: string): Promise<void> {
      while (!output.includes(text)) await once(process_, 'said', { signal: AbortSignal.timeout(20_000) });
    },
    async ended() {
      if (process_.exitCode === null) await once(process_, 'close');
      return { code: process_.exitCode, output };
    },
  };
}

describe('fastagi ari', () => {
  it('knows a wrong method without a configuration', () => {
    const words = [executable('fastagi'), 'ari', '--config', '/no/such.conf', 'GTE', '/channels'];
    expect(spawnSync(process.execPath, words, { encoding: 'utf8' })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'fastagi ari: "GTE" is no method: GET, POST, PUT or DELETE\n',
    });
  });

  it.each([
    [['GET', '/channels'], 'GET /ari/channels', '', 0, '[\n  "as it is"\n]\n'],
    [
      ['post', 'channels/x/play', 'media=sound:a,sound:b'],
      'POST /ari/channels/x/play?media=sound%3Aa%2Csound%3Ab',
      '',
      0,
      '',
    ],
    [
      ['POST', '/channels/x/variables', 'variables={"A":"1=2"}'],
      'POST /ari/channels/x/variables',
      '{"variables":{"A":"1=2"}}',
      0,
      '',
    ],
    [
      ['PUT', '/applications/a/eventFilter', 'filter={"allowed":[]}'],
      'PUT /ari/applications/a/eventFilter',
      '{"allowed":[]}',
      0,
      '',
    ],
    [['GET', '/recordings/stored/x/file'], 'GET /ari/recordings/stored/x/file', '', 0, 'RIFF'],
    [
      ['DELETE', '/channels/x'],
      'DELETE /ari/channels/x',
      '',
      1,
      'fastagi ari: DELETE /channels/x: Channel not found (404)\n',
    ],
    [
      ['PUT', '/applications/a/eventFilter', 'filter=x'],
      undefined,
      '',
      2,
      'fastagi ari: filter goes in the body, and must be JSON, such as {"name":"value"}\n',
    ],
    [['GET', '/channels', 'x'], undefined, '', 2, 'fastagi ari: "x" is not name=value\n'],
    [
      ['GET', '/channels', '--events', 'x'],
      undefined,
      '',
      2,
      'fastagi ari: --events goes with neither a request nor --describe\n',
    ],
    [
      ['--events', 'x', '--describe'],
      undefined,
      '',
      2,
      'fastagi ari: --events goes with neither a request nor --describe\n',
    ],
    [['GET', '/channels', '--describe'], undefined, '', 2, 'fastagi ari: --describe goes with no request\n'],
    [[], undefined, '', 2, 'fastagi ari: which request? METHOD PATH, --events APPLICATION or --describe\n'],
  ])('%j', async (args, request, body, code, output) => {
    let seen = '';
    await using played = await PlayedAri.start((incoming, response, text) => {
      seen = text;
      if (incoming.method === 'DELETE') json(response, 404, { message: 'Channel not found' });
      else if (incoming.url?.endsWith('/file'))
        response.writeHead(200, { 'content-type': 'audio/x-wav' }).end('RIFF');
      else if (incoming.method === 'GET') json(response, 200, ['as it is']);
      else response.writeHead(204).end();
    });
    expect(await fastagi(played.port, ...args).ended()).toEqual({ code, output });
    expect(played.requests).toEqual(request === undefined ? [] : [request]);
    expect(seen).toBe(body);
  });

  it('prints events, a line each, until it is told to stop', async () => {
    await using played = await PlayedAri.start();
    const printing = fastagi(played.port, '--events', 'a', 'b', '--all');
    const socket = await played.webSocket();
    expect(played.opened).toEqual(['/ari/events?app=a%2Cb&subscribeAll=true']);
    socket.send('{"type":"StasisStart","channel":{"id":"1"}}');
    await printing.said('StasisStart');
    printing.process.kill('SIGINT');
    const { code, output } = await printing.ended();
    expect(code).toBe(0);
    expect(output).toContain('{"type":"StasisStart","channel":{"id":"1"}}\n');
    expect(output).toMatch(/listening as a, b at http:\/\/127\.0\.0\.1:\d+\/ari/);
  });

  it('keeps orders to the terminal off it, and its JSON right', async () => {
    const name = 'a\x9b2J\x7f\u0080b';
    await using played = await PlayedAri.start((request, response) =>
      request.method === 'GET'
        ? json(response, 200, [{ name }])
        : json(response, 409, { message: `no ${name} \x1b[2J` }),
    );
    const asked = await fastagi(played.port, 'GET', '/channels').ended();
    expect(asked.output).not.toMatch(/[\x7f-\x9f]/);
    expect(JSON.parse(asked.output)).toEqual([{ name }]);
    const refused = await fastagi(played.port, 'POST', '/channels').ended();
    expect(refused.output).toBe('fastagi ari: POST /channels: no a\\x9b2J\\x7f\\x80b \\x1b[2J (409)\n');
    const printing = fastagi(played.port, '--events', 'a');
    (await played.webSocket()).send(JSON.stringify({ type: 'X', name }));
    await printing.said('"X"');
    printing.process.kill('SIGINT');
    expect((await printing.ended()).output).toContain('{"type":"X","name":"a\\u009b2J\\u007f\\u0080b"}\n');
  });

  it('stops without a word where it is told to before there is a connection', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const waiting = fastagi((silent.address() as AddressInfo).port, '--events', 'a');
    const [socket] = (await once(silent, 'connection')) as [Socket];
    await once(socket, 'data');
    waiting.process.kill('SIGINT');
    expect(await waiting.ended()).toEqual({ code: 0, output: '' });
    socket.destroy();
    silent.close();
  });

  it('stops where another client has the application', async () => {
    await using played = await PlayedAri.start();
    const printing = fastagi(played.port, '--events', 'a');
    (await played.webSocket()).send('{"type":"ApplicationReplaced","application":"a"}');
    const { code, output } = await printing.ended();
    expect(code).toBe(1);
    expect(output).toContain('another client of Asterisk\'s has taken the application "a"');
  });
});
