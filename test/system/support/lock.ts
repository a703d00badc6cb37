import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { closed } from './process';

/**
 * Runs `work` while no other process holds the lock on `path`.
 *
 * The kernel's lock, held by a flock(1) whose stdin is ours: when we are killed it ends too, so a lock is
 * never left behind.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const holder = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = closed(holder);
  await Promise.race([
    new Promise((resolve) => holder.stdout.once('data', resolve)),
    ended.then((status) => Promise.reject(new Error(`flock ${path}: status ${status}`))),
  ]);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
