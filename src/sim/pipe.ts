/**
 * Pipes like those that Asterisk gives a script. What Node calls a pipe is a socket, which cannot be opened anew by
 * `/proc/self/fd/1`: the script could not keep what it prints off the wire (`run/guard`), as it does in a real call.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';

export interface Pipe {
  readonly output: Readable & { unref(): unknown };
  /** The end for the child, which is to be closed here once the child has it. */
  readonly input: number;
}

/** As many pipes; undefined where the system has no `mkfifo`, or no room. */
export function openPipes(count: number): Pipe[] | undefined {
  const opened: number[] = [];
  let folder: string | undefined;
  try {
    folder = mkdtempSync(path.join(tmpdir(), 'fastagi-pipes-'));
    const names = Array.from({ length: count }, (_, at) => path.join(folder as string, `${at}`));
    execFileSync('mkfifo', names, { stdio: 'ignore' });
    const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
    // the reader first: who writes to a FIFO waits for one
    for (const name of names) opened.push(openSync(name, O_RDONLY | O_NONBLOCK), openSync(name, O_WRONLY));
    return names.map((_, at) => ({
      output: new Socket({ fd: opened[2 * at] as number, readable: true, writable: false }),
      input: opened[2 * at + 1] as number,
    }));
  } catch {
    for (const fd of opened) closeSync(fd);
    return undefined;
  } finally {
    // both ends are open: nobody else is to find them
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
