/** How urgent a process is, with all its threads. */
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** The number of the right to give a process a lower nice value (capabilities(7)). */
const CAP_SYS_NICE = 23n;

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

/**
 * Whether a process that has made itself less urgent may take that back: who has the capability, as root does but in
 * most containers, and who is given the right to a nice value of 0 (`LimitNICE=+0` in a unit of systemd's). The crew
 * finds out where this is too much to hope for: in a user namespace a capability is none of the whole machine's.
 */
export function mayRaisePriority(): boolean {
  try {
    const [, capable] = /^CapEff:\s+([\da-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if ((BigInt(`0x${capable}`) >> CAP_SYS_NICE) & 1n) return true;
    const [, soft] = /^Max nice priority\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return Number(soft) >= 20;
  } catch {
    return false;
  }
}
