/** The shipped service file, under a real xinetd: what its limits do to calls. */
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestFor } from '../support/asterisk';
import { executable, makeFolder, root } from '../support/inet';
import { missingParts } from './support/parts';
import { Xinetd } from './support/xinetd';
import { serviceAttribute } from './support/xinetd-service';

const shipped = readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');
const missing = missingParts();

const scripts = {
  'hello.js': "agi.verbose('ran')",
  'waits.js':
    "agi.verbose('waits'); module.exports = (agi) => new Promise((resolve) => agi.signal.addEventListener('abort', resolve))",
  'circles.js': "agi.verbose('circles'); for (;;);",
  'environment.js': 'agi.verbose(Object.keys(process.env).sort().join(" "))',
};

/** A connection of Asterisk's: everything that comes back, and when it ended. */
function place(port: number, script: string) {
  const socket = net.connect(port, '127.0.0.1');
  let heard = '';
  socket.on('error', () => {});
  socket.write(requestFor(script));
  socket.on('data', (chunk) => {
    heard += chunk;
    socket.write('200 result=1\n');
  });
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(heard)));
  return { socket, closed, heard: () => heard };
}

describe.skipIf(missing)(`the service file${missing ? ` (${missing})` : ''}`, () => {
  async function start(attributes: Record<string, string | number> = {}, env: NodeJS.ProcessEnv = {}) {
    const folder = makeFolder(scripts);
    const config = path.join(
      makeFolder({ 'fastagi.conf': `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n` }),
      'fastagi.conf',
    );
    const xinetd = await Xinetd.startFile(
      shipped,
      {
        user: 'root',
        server: process.execPath,
        server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
        ...attributes,
      },
      env,
    );
    const log = () => (existsSync(`${folder}/log`) ? readFileSync(`${folder}/log`, 'utf8') : '');
    return { xinetd, port: xinetd.port('fastagi'), log, [Symbol.asyncDispose]: () => xinetd.stop() };
  }

  it('names the interpreter by its absolute path, and only local hosts', () => {
    expect(serviceAttribute(shipped, 'server')).toMatch(/^\/.*\/node$/);
    expect(serviceAttribute(shipped, 'only_from')).toBe('127.0.0.1 ::1');
    expect(serviceAttribute(shipped, 'wait')).toBe('no');
  });

  it("takes more calls in a second than xinetd's own limit, and all from one address", async () => {
    await using service = await start();
    const calls = Array.from({ length: 60 }, () => place(service.port, 'hello.js'));
    const heard = await Promise.all(calls.map(({ closed }) => closed));
    expect(heard).toEqual(calls.map(() => 'VERBOSE ran 1\n'));
  }, 60_000);

  it('refuses the call above instances, and takes calls again afterwards', async () => {
    await using service = await start({ instances: 1 });
    const first = place(service.port, 'waits.js');
    await expect.poll(first.heard, { timeout: 10_000 }).toBe('VERBOSE waits 1\n');
    expect(await place(service.port, 'hello.js').closed).toBe('');
    first.socket.write('HANGUP\n');
    await first.closed;
    await expect
      .poll(() => place(service.port, 'hello.js').closed, { timeout: 10_000 })
      .toBe('VERBOSE ran 1\n');
  });

  it('refuses whom it does not name', async () => {
    await using service = await start({ only_from: '192.0.2.1' });
    expect(await place(service.port, 'hello.js').closed).toBe('');
  });

  it("hands on nothing of xinetd's environment", async () => {
    await using service = await start(
      {},
      { NODE_OPTIONS: '--no-such-option', NODE_EXTRA_CA_CERTS: '/no/such/file' },
    );
    expect(await place(service.port, 'environment.js').closed).toBe('VERBOSE "PATH REMOTE_HOST" 1\n');
  });

  it('ends a script that runs in circles', async () => {
    await using service = await start({ rlimit_cpu: 1 });
    expect(await place(service.port, 'circles.js').closed).toBe('VERBOSE circles 1\n');
  });
});
