/** Writing to a descriptor that takes no more at once: someone has made it non-blocking, or a pipe is full. */
import { writeSync } from 'node:fs';

const RETRY_MS = 5;

/** Waits until all is written. */
export function writeRest(fd: number, bytes: Buffer): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(fd, bytes, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(clock, 0, 0, RETRY_MS);
    }
  }
}
