/** How many connections a process may have open: one for which no descriptor is left is closed without a word. */
import { readFileSync } from 'node:fs';

/** What scripts and Node itself may have open beside the calls. */
const OTHERS = 128;

/** @returns 0 where that is not limited, or not known */
export function descriptorsForCalls(): number {
  try {
    const [, most] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return most === undefined ? 0 : Math.max(2, Number(most) - OTHERS);
  } catch {
    return 0;
  }
}
