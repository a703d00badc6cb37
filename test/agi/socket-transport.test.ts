/** A call on a socket, as Node has made one or bare, as one process hands it to another. */
import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type BareConnection,
  SocketTransport,
  type SocketTransportOptions,
} from '../../src/agi/socket-transport';

interface Pair extends AsyncDisposable {
  readonly transport: SocketTransport;
  /** Asterisk's end. */
  readonly peer: net.Socket;
  /** All that has been told, pieces together; errors by their code. */
  readonly heard: string[];
}

async function connect(kind: 'socket' | 'bare', options: SocketTransportOptions = {}): Promise<Pair> {
  const server = net.createServer({ pauseOnConnect: kind === 'bare' }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const peer = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  peer.on('error', () => {});
  const [socket] = (await accepted) as [net.Socket];
  const { _handle: bare } = socket as unknown as { _handle: BareConnection };
  const buffer = Buffer.alloc(1024);
  const transport = new SocketTransport(kind === 'bare' ? bare : socket, { buffer, ...options });
  const heard: string[] = [];
  transport.receiver = {
    onData: (chunk) => heard.push(chunk.toString()),
    onEnd: (error) => heard.push(error ? `error ${(error as NodeJS.ErrnoException).code}` : 'end'),
  };
  return {
    transport,
    peer,
    heard,
    async [Symbol.asyncDispose]() {
      transport.close();
      peer.destroy();
      // the server counts what it has accepted by streams that a bare connection has left behind
      server.close();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Waits until the other side has sent all that it had to say, and this one has seen it. */
async function said(peer: net.Socket, text: string): Promise<void> {
  await new Promise<void>((resolve) => peer.write(text, () => resolve()));
  for (let turn = 0; turn < 5; turn++) await settled();
}

describe.each(['socket', 'bare'] as const)('%s', (kind) => {
  it('tells one piece for each read, and keeps what nobody has asked for', async () => {
    await using pair = await connect(kind, { head: Buffer.from('head\n') });
    const { transport, peer, heard } = pair;
    await said(peer, 'one\n');
    expect(heard).toEqual([]);
    transport.read();
    await settled();
    expect(heard).toEqual(['head\n']);
    transport.read();
    await settled();
    expect(heard).toEqual(['head\n', 'one\n']);
    transport.read();
    await said(peer, 'two\n');
    await expect.poll(() => heard).toEqual(['head\n', 'one\n', 'two\n']);
    expect(transport.reading).toBe(false);
  });

  it('overhears one piece, and does not read for that', async () => {
    await using pair = await connect(kind);
    const { transport, peer, heard } = pair;
    transport.overhear();
    expect(transport.reading).toBe(false);
    peer.write('HANGUP\n');
    await expect.poll(() => heard).toEqual(['HANGUP\n']);
    await said(peer, 'more\n');
    expect(heard).toEqual(['HANGUP\n']);
    transport.overhear();
    await expect.poll(() => heard).toEqual(['HANGUP\n', 'more\n']);
  });

  it('is asked to read while it overhears: the piece comes once', async () => {
    await using pair = await connect(kind);
    const { transport, peer, heard } = pair;
    transport.overhear();
    transport.read();
    expect(transport.reading).toBe(true);
    await said(peer, 'reply\n');
    await expect.poll(() => heard).toEqual(['reply\n']);
    await said(peer, 'next\n');
    expect(heard).toEqual(['reply\n']);
  });

  it.each(['read', 'overhear'] as const)(
    'tells the end, once it has told what came before: %s',
    async (ask) => {
      await using pair = await connect(kind);
      const { transport, peer, heard } = pair;
      peer.end('last words\n');
      await once(peer, 'close');
      for (let piece = 0; piece < 2; piece++) {
        transport[ask]();
        await settled();
      }
      expect(heard).toEqual(['last words\n', 'end']);
    },
  );

  it('keeps pieces that come into one buffer apart', async () => {
    await using pair = await connect(kind);
    const { transport, peer, heard } = pair;
    for (const text of ['first\n', 'second\n', 'third\n']) await said(peer, text);
    while (heard.join('').length < 'first\nsecond\nthird\n'.length) {
      transport.read();
      await settled();
    }
    expect(heard.join('')).toBe('first\nsecond\nthird\n');
  });

  it('stops to read from who says too much unasked, and loses none of it', async () => {
    await using pair = await connect(kind);
    const { transport, peer, heard } = pair;
    const text = 'x'.repeat(999) + '\n';
    const sent = 20_000;
    for (let line = 0; line < sent; line++) peer.write(text);
    await settled();
    // the kernel's buffers are full, and what is behind them waits at the other end
    await expect.poll(() => peer.writableLength > 1_000_000 && peer.bytesWritten > 65_536).toBe(true);
    let bytes = 0;
    const done = new Promise<void>((resolve) => {
      transport.receiver = {
        onData(chunk) {
          bytes += chunk.length;
          if (bytes === sent * 1000) resolve();
          else transport.read();
        },
        onEnd: () => resolve(),
      };
      transport.read();
    });
    await done;
    expect(bytes).toBe(sent * 1000);
    expect(heard).toEqual([]);
  });

  it('writes what the other side does not take at once, whole and in order', async () => {
    await using pair = await connect(kind);
    const { transport, peer } = pair;
    peer.pause();
    const lines = Array.from({ length: 400 }, (_, at) => `${at} ${'ö'.repeat(10_000)}\n`);
    for (const line of lines) transport.write(line);
    let came = '';
    peer.setEncoding('utf8').on('data', (text) => {
      came += text;
    });
    peer.resume();
    const whole = lines.join('');
    await expect.poll(() => came.length, { timeout: 10_000 }).toBe(whole.length);
    expect(came === whole).toBe(true);
  });

  it('closes when what was written last is on its way', async () => {
    await using pair = await connect(kind);
    const { transport, peer } = pair;
    peer.pause();
    const text = 'y'.repeat(8_000_000);
    transport.write(text);
    transport.close();
    let bytes = 0;
    peer.on('data', (chunk) => {
      bytes += chunk.length;
    });
    peer.resume();
    await once(peer, 'close');
    expect(bytes).toBe(text.length);
  });

  it('writes nothing on a connection that is gone, and says why', async () => {
    await using pair = await connect(kind);
    const { transport, peer } = pair;
    peer.resetAndDestroy();
    await expect
      .poll(() => {
        try {
          transport.write('NOOP\n');
          return '';
        } catch (error) {
          return (error as Error).message;
        }
      })
      .toMatch(/EPIPE|ECONNRESET|closed/);
  });

  it('runs what the receiver does where the call is at home', async () => {
    const places: string[] = [];
    const within = (work: () => void) => {
      places.push('in');
      work();
      places.push('out');
    };
    await using pair = await connect(kind, { within });
    const { transport, peer, heard } = pair;
    transport.read();
    peer.write('x\n');
    await expect.poll(() => heard).toEqual(['x\n']);
    expect(places).toEqual(['in', 'out']);
  });
});
