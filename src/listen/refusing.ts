/** What cannot serve: it stays for a while, and says so to all who call. */
import { sendAway } from './reception';

/** How long a server that cannot start, on a socket which would start it again at once, refuses calls. */
const REFUSE_MS = 10_000;

/**
 * xinetd starts a server that ends at once again and again, a thousand times in two seconds, and then shuts the
 * port; systemd shuts it after five times, and leaves it shut: so what cannot serve stays for a while, and refuses.
 * @param why for Asterisk's console
 */
export async function refuseForAWhile(fd: number, why: string): Promise<void> {
  // what was named is no descriptor at all
  if (!(fd >= 0)) return;
  const { createServer, Socket } = await import('node:net');
  await new Promise<void>((resolve) => {
    const server = createServer((socket) => sendAway(socket, why));
    server.on('error', () => {
      // a connection, not a socket that listens: wait = no
      try {
        const socket = new Socket({ fd });
        socket.on('close', () => resolve());
        sendAway(socket, why);
      } catch {
        resolve();
      }
    });
    server.listen({ fd }, () => setTimeout(() => server.close(() => resolve()), REFUSE_MS));
  });
}
