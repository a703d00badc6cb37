/** Asterisk's side of one call, timed: sends the request, answers every command at once. */
import { connect } from 'node:net';

export interface Timing {
  /** From the connection's beginning to the first byte of the first command. */
  readonly firstCommandMs: number;
  /** From the connection's beginning to its end by the server. */
  readonly wholeCallMs: number;
  readonly commands: readonly string[];
}

const TIMEOUT_MS = 10_000;

/** @throws Error where no command comes, or no end in time */
export function timeCall(port: number, request: string): Promise<Timing> {
  return new Promise((resolve, reject) => {
    const commands: string[] = [];
    let held = '';
    let firstCommandMs: number | undefined;
    const began = performance.now();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.write(request);
    const end = (error?: Error) => {
      const wholeCallMs = performance.now() - began;
      clearTimeout(timer);
      socket.destroy();
      if (firstCommandMs === undefined) reject(error ?? new Error('the server closed without a command'));
      else resolve({ firstCommandMs, wholeCallMs, commands });
    };
    const timer = setTimeout(() => {
      firstCommandMs = undefined;
      end(new Error(`no end within ${TIMEOUT_MS} ms; commands: ${commands.join(' | ')}`));
    }, TIMEOUT_MS);
    socket.on('data', (chunk) => {
      firstCommandMs ??= performance.now() - began;
      held += chunk.toString('latin1');
      const lines = held.split('\n');
      held = lines.pop() as string;
      for (const line of lines) {
        commands.push(line);
        socket.write('200 result=1\n');
      }
    });
    // a server that exits without having read everything resets the connection, and that is an end as well
    socket.once('end', end);
    socket.once('error', end);
  });
}
