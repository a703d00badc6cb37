/** How urgent a process is, with all its threads. */
import { readdirSync } from 'node:fs';
import os from 'node:os';

/**
 * Gives all threads of a process a nice value: to Linux each has its own, inherited from the one that made it, and
 * those that collect V8's garbage are made at its start. Nothing happens where the process has ended or the right to
 * it is missing.
 */
export function raisePriority(pid: number, priority: number): void {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) os.setPriority(Number(thread), priority);
  } catch {
    // it works on, if more slowly
  }
}
