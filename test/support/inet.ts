/**
 * What xinetd does, in the test's own process: a connection becomes a program's file descriptors 0, 1 and
 * 2, one socket for all three. The test holds the other end and plays Asterisk.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const executable = (name: 'fastagi' | 'agi') => path.join(root, 'dist', name);

/** A folder of this test's own; all of them go with the test run. */
export function makeFolder(files: Record<string, string> = {}): string {
  const folder = fs.realpathSync(
    fs.mkdtempSync(path.join(process.env.FASTAGI_TEST_FOLDER ?? os.tmpdir(), 'fastagi-test-')),
  );
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The other end of the program's connection. */
export interface Line {
  readonly socket: net.Socket;
  readonly child: ChildProcess;
  /** Resolves when the program has ended. */
  readonly ended: Promise<Ended>;
}

export interface Program {
  readonly node?: string;
  readonly flags?: readonly string[];
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Connects to a fresh process of the program, as xinetd would. */
export async function connect(program: Program): Promise<Line> {
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  const socket = net.connect({
    port: (server.address() as net.AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const inner = await accepted;
  server.close();
  const child = spawn(
    program.node ?? process.execPath,
    [...(program.flags ?? ['--no-rehash-snapshot']), program.file, ...(program.args ?? [])],
    { stdio: [inner, inner, inner], env: program.env ?? {} },
  );
  // the program's descriptors are its own; ours must not keep the connection open
  inner.destroy();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  socket.on('error', () => {});
  return { socket, child, ended };
}
