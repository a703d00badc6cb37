/** A FastAGI server that starts a process of the built `fastagi` for each connection, as xinetd does. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import { executable, makeFolder } from './inet';

export async function listening(
  onSocket: (socket: net.Socket) => void,
  pauseOnConnect = false,
): Promise<net.Server> {
  const server = net.createServer({ pauseOnConnect, allowHalfOpen: true }, onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Starts a process of `fastagi` for each connection. */
export function inetd(files: Record<string, string>): Promise<net.Server> {
  const folder = makeFolder(files);
  const config = makeFolder({ 'fastagi.conf': `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n` });
  return listening((socket) => {
    const program = [executable('fastagi'), '--config', `${config}/fastagi.conf`];
    spawn(process.execPath, program, { stdio: [socket, socket, socket] });
    socket.destroy();
  }, true);
}
