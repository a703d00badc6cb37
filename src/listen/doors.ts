/** Where the listening socket comes from: opened here, or handed over by xinetd, systemd or another supervisor. */
import { closeSync } from 'node:fs';
import net, { createServer, type Server } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { RefusedError } from '../errors';
import { BACKLOG } from './reception';
import { inheritedSockets } from './systemd';

/** A socket that is bound to its place, in the shape that `spawn` hands on as a descriptor. */
interface BoundSocket {
  getsockname(address: { address?: string; port?: number; family?: string }): number;
  close(): void;
}

/** What a child process gets as one of its first descriptors. */
export type Descriptor = number | BoundSocket;

export interface Doors {
  /** Servers from which the master accepts; none where the serving processes do. */
  readonly servers: readonly Server[];
  /** Sockets from which the serving processes accept, to be handed to each; none where the master does. */
  readonly descriptors: readonly Descriptor[];
  /** What is listened on, for the log. */
  readonly places: readonly string[];
  /** Whether somebody else has opened the sockets, and keeps them open. */
  readonly inherited: boolean;
  close(): void;
}

export interface Place {
  /** A descriptor that is the listening socket already. */
  readonly fd: number | undefined;
  readonly host: string;
  readonly port: number;
}

/**
 * @param place where to listen, unless systemd has opened sockets for this process
 * @param direct the serving processes are to accept: this process must not
 * @throws RefusedError where there is no listening
 */
export async function openDoors(
  place: Place,
  environment: NodeJS.ProcessEnv,
  direct: boolean,
): Promise<Doors> {
  const fromSystemd = inheritedSockets(environment);
  const fds = place.fd === undefined ? fromSystemd : [place.fd];
  const inherited = fds.length > 0;
  if (direct) {
    const sockets: BoundSocket[] = inherited ? [] : [await bind(place)];
    return {
      servers: [],
      descriptors: inherited ? fds : sockets,
      places: inherited ? fds.map((fd) => `descriptor ${fd}`) : sockets.map(placeOfSocket),
      inherited,
      close: () => {
        for (const socket of sockets) socket.close();
        if (inherited) for (const fd of fds) closeSync(fd);
      },
    };
  }
  const { host, port } = place;
  const servers = inherited
    ? await Promise.all(fds.map((fd) => open({ fd })))
    : [await open({ host, port, backlog: BACKLOG })];
  return {
    servers,
    descriptors: [],
    places: servers.map(placeOf),
    inherited,
    close: () => {
      for (const server of servers) if (server.listening) server.close();
      // libuv lets nobody close descriptors 0 to 2, of which xinetd's socket is one
      for (const fd of fds) if (fd <= 2) closeSync(fd);
    },
  };
}

function open(where: { fd: number } | { host: string; port: number; backlog: number }): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, keepAlive: true });
    server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject('fd' in where ? noListeningSocket(where.fd, code, message) : noPlace(where, code, message)),
    );
    server.listen(where, () => {
      server.removeAllListeners('error');
      resolve(server);
    });
  });
}

/**
 * A socket that is bound, and on which this process does not accept: a server of Node's always does. It is the
 * function by which Node's cluster module makes the sockets that its workers share.
 */
async function bind({ host, port }: Place): Promise<BoundSocket> {
  const { lookup } = await import('node:dns/promises');
  const found = await lookup(host).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw noPlace({ host, port }, found.code, found.message);
  const { _createServerHandle: create } = net as unknown as {
    _createServerHandle(address: string, port: number, family: number): BoundSocket | number;
  };
  const socket = create(found.address, port, found.family);
  if (typeof socket !== 'number') return socket;
  const code = getSystemErrorName(socket);
  throw noPlace({ host, port }, code, code);
}

export function noListeningSocket(fd: number, code: string | undefined, message: string): RefusedError {
  const why =
    code === 'EINVAL'
      ? 'is no listening socket: an xinetd service needs wait = yes for this'
      : `cannot be listened on: ${message}`;
  return new RefusedError('LISTEN', `descriptor ${fd} ${why}`);
}

function noPlace(
  { host, port }: { host: string; port: number },
  code: string | undefined,
  message: string,
): RefusedError {
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens there already: is xinetd still serving it, or a fastagi that has not stopped?'
      : message;
  return new RefusedError('LISTEN', `cannot listen on ${showPlace(host, port)}: ${why}`);
}

function placeOfSocket(socket: BoundSocket): string {
  const address: { address?: string; port?: number; family?: string } = {};
  socket.getsockname(address);
  return showPlace(address.address ?? '', address.port ?? 0);
}

function placeOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? 'nothing';
  return showPlace(address.address, address.port);
}

/** An address with its port, as they stand in a URL. */
export function showPlace(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
