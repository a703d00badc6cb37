/** Where the listening socket comes from: opened here, or handed over by xinetd, systemd or another supervisor. */
import { createServer, type Server } from 'node:net';
import { RefusedError } from '../errors';
import { inheritedSockets } from './systemd';

/** Connections that may wait in the kernel for this process to accept them. */
const BACKLOG = 1024;

export interface Doors {
  readonly servers: readonly Server[];
  /** Descriptors that somebody else has opened, and keeps open. */
  readonly inherited: readonly number[];
}

/**
 * @param place.fd a descriptor that is the listening socket already
 * @throws RefusedError where there is no listening
 */
export async function openDoors(
  place: { readonly fd: number | undefined; readonly host: string; readonly port: number },
  environment: NodeJS.ProcessEnv,
): Promise<Doors> {
  const fromSystemd = inheritedSockets(environment);
  const inherited = place.fd === undefined ? fromSystemd : [place.fd];
  if (inherited.length > 0) {
    return { servers: await Promise.all(inherited.map((fd) => open({ fd }))), inherited };
  }
  const { host, port } = place;
  return { servers: [await open({ host, port, backlog: BACKLOG })], inherited };
}

function open(where: { fd: number } | { host: string; port: number; backlog: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, keepAlive: true });
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, where)));
    server.listen(where, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}

function explain(
  { code, message }: NodeJS.ErrnoException,
  where: { fd: number } | { host: string; port: number },
): RefusedError {
  if ('fd' in where) {
    const why =
      code === 'EINVAL'
        ? 'is no listening socket: an xinetd service needs wait = yes for this'
        : `cannot be listened on: ${message}`;
    return new RefusedError('LISTEN', `descriptor ${where.fd} ${why}`);
  }
  const place = `${where.host}:${where.port}`;
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens there already: is xinetd still serving it, or a fastagi that has not stopped?'
      : message;
  return new RefusedError('LISTEN', `cannot listen on ${place}: ${why}`);
}

/** What a server listens on, for the log. */
export function placeOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? 'nothing';
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
