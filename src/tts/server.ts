/**
 * Spoken files for an Asterisk on another machine: signed addresses, and nothing but files of the cache behind
 * them. A process of its own, for under xinetd none of ours outlives a call.
 */
import { timingSafeEqual } from 'node:crypto';
import { close, constants, createReadStream, fstat, open } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { signature } from './address';

const openFile = promisify(open);
const statFile = promisify(fstat);

export interface SpeechServerOptions {
  readonly folder: string;
  readonly secret: string;
  /** Told of each request that was answered, a line each. */
  readonly log?: (line: string) => void;
}

/** Who asks for a file and does not read it must not hold it open for ever. */
const IDLE_MS = 30_000;

const address = /^(?:\/[\w.~/-]*)?\/([1-9]\d{0,11})\/([\w-]{43})\/([0-9a-f]{32}\.wav(?:16)?)$/;

/** A server that does not listen yet. */
export function speechServer({ folder, secret, log = () => {} }: SpeechServerOptions): Server {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 8192 });
  server.maxConnections = 500;
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  server.on('request', (request, response) => {
    answer(request, response, folder, secret)
      .catch(() => refuse(response, 500))
      .then((status) =>
        log(`${request.socket.remoteAddress} ${request.method} ${shown(request.url)} ${status}`),
      );
  });
  return server;
}

/** @returns the status that it was answered with */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  secret: string,
): Promise<number> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
  const [, expiry = '', given = '', name = ''] = address.exec(request.url ?? '') ?? [];
  // without a signature there is nothing to be learnt of what is there
  const due = Buffer.from(signature(secret, Number(expiry), name));
  const presented = Buffer.from(given);
  if (name === '' || presented.length !== due.length || !timingSafeEqual(presented, due))
    return refuse(response, 404);
  const seconds = Number(expiry) - Math.floor(Date.now() / 1000);
  if (seconds <= 0) return refuse(response, 410);
  let fd: number;
  try {
    fd = await openFile(
      `${folder}/${name}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch {
    return refuse(response, 404);
  }
  const found = await statFile(fd);
  if (!found.isFile()) {
    close(fd);
    return refuse(response, 404);
  }
  response.writeHead(200, {
    // by a type of sound Asterisk would choose the format, and has none for wav16 (res_http_media_cache.c)
    'Content-Type': 'application/octet-stream',
    'Content-Length': found.size,
    'Cache-Control': `private, max-age=${seconds}`,
    ETag: `"${name}"`,
    'X-Content-Type-Options': 'nosniff',
  });
  const file = createReadStream('', { fd, end: found.size > 0 ? found.size - 1 : 0 });
  if (request.method === 'HEAD' || found.size === 0) {
    file.destroy();
    response.end();
  } else {
    response.once('close', () => file.destroy());
    file.once('error', () => response.destroy());
    file.pipe(response);
  }
  return 200;
}

function refuse(response: ServerResponse, status: 404 | 405 | 410 | 500): number {
  if (response.headersSent) response.destroy();
  else {
    const allow = status === 405 ? { Allow: 'GET, HEAD' } : {};
    response.writeHead(status, { 'Content-Length': 0, ...allow }).end();
  }
  return status;
}

/** As it may stand in a log: no control characters, and no signature that is still good. */
function shown(url = ''): string {
  return JSON.stringify(url.slice(0, 200)).replace(/\/[\w-]{43}\//, '/…/');
}
