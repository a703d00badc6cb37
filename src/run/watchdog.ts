/**
 * `max_seconds` for a script that never lets the event loop turn: a thread of its own ends the process.
 * A second late, so that the ordinary limit, which can still say goodbye to Asterisk, comes first.
 */
import { Worker } from 'node:worker_threads';

export function startWatchdog(maxSeconds: number, line: string): void {
  const source = `
    const { workerData } = require('node:worker_threads');
    setTimeout(() => {
      try { require('node:fs').writeSync(2, new Date().toISOString() + ' ' + workerData.line); } finally { process.kill(process.pid, 'SIGKILL'); }
    }, workerData.ms);`;
  const worker = new Worker(source, {
    eval: true,
    workerData: { ms: maxSeconds * 1000 + 1000, line },
    stdin: false,
  });
  worker.on('error', () => {});
  worker.unref();
}
