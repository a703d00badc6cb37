/** How a process that served one call comes to its exit, where something holds that up. */
import type { Transport } from '../agi/transport';
import type { Log } from '../log';
import type { Ending } from './ending';
import { startWatchdog } from './watchdog';

/** How long a read may hold up the exit. */
const SETTLE_MS = 1000;
/** How long work in Node's threads may hold up the exit. */
const LEAVE_MS = 5000;
const LOOK_EVERY_MS = 20;

/** process.exit() in a script, or an end that Node makes by itself. */
export function onExit(ending: Ending, code: number): void {
  warnOfLoss(ending);
  const isTold = tellFailure(ending, code);
  ending.tracing?.tell('end', `${code}`);
  leaveByForce(ending, code, isTold);
}

/**
 * What an exit code says in classic AGI takes a word over FastAGI (`trouble.ts`). It ends what Asterisk is at, and where
 * it comes together with a command, Asterisk looks for it when it sees the connection closed.
 * @returns whether it has been said
 */
export function tellFailure(ending: Ending, code: number): boolean {
  return code !== 0 && !ending.begun && sayFailure(ending);
}

/** @returns whether there was somebody to say it to */
export function sayFailure({ session, tracing, transport }: Ending): boolean {
  if (!session?.request.network || session.ended) return false;
  try {
    transport.write('FAILURE\n');
    tracing?.line('>', 'FAILURE', false);
    return true;
  } catch {
    // gone
    return false;
  }
}

/** Says what the exit of a script's own has dropped. */
export function warnOfLoss({ session, log }: Ending): void {
  const lost = session?.waiting ?? 0;
  if (lost === 0) return;
  const what = lost === 1 ? 'a command that waited' : `${lost} commands that waited`;
  log.write('warning', `process.exit() has dropped ${what}: await them first, or just return [SCRIPT_EXIT]`);
}

/**
 * Where a read still waits: Node would wait for it, too.
 * @param isTold Asterisk has been told of a failure, and ends the read by closing the connection
 */
export function leaveByForce({ session, transport }: Ending, code: number, isTold = false): void {
  // who has sent no request has no commands to answer
  const free = !transport.reading || (session !== undefined && settle(transport, isTold));
  if (!free) exitByForce(code);
  transport.close();
}

/** Gives what the script has left behind a moment, and then no more: a read of a dead file system, say. */
export function leaveInTime(log: Log, code: number): void {
  const begun = performance.now();
  const look = () => {
    const work = process.getActiveResourcesInfo().filter((kind) => /Req|Job/.test(kind));
    if (work.length === 0) process.exit(code);
    if (performance.now() - begun < LEAVE_MS) return;
    log.write(
      'warning',
      `the script has left something that does not end (${work.join(', ')}): the process is cut [SCRIPT_LEFTOVERS]`,
    );
    exitByForce(code);
  };
  look();
  setInterval(look, LOOK_EVERY_MS);
}

/** What keeps the event loop alive beside our own read. */
export function alive(transport: Transport): string[] {
  const resources = process.getActiveResourcesInfo();
  const own = transport.reading ? resources.indexOf('FSReqCallback') : -1;
  if (own !== -1) resources.splice(own, 1);
  return resources;
}

export { startWatchdog as watch };

/**
 * Frees the process from a read that waits: Asterisk answers a NOOP at once, even in the middle of a STREAM
 * FILE.
 */
function settle(transport: Transport, isTold: boolean): boolean {
  try {
    if (!isTold) transport.write('NOOP\n');
  } catch {
    // gone: the read ends by itself, and cannot be seen from here
    return true;
  }
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += 5) {
    if (transport.arrived) return true;
    Atomics.wait(clock, 0, 0, 5);
  }
  return false;
}

/** Where nothing answers the NOOP either, the process has to be cut. */
function exitByForce(code: number): never {
  try {
    // Node 22.15 and later: another program in our place, which is free to choose its exit code; it takes
    // over descriptors 0 to 2, which must be open for that
    (process as { execve?: (file: string, args: string[]) => never }).execve?.('/bin/sh', [
      '/bin/sh',
      '-c',
      `exit ${code}`,
    ]);
  } catch {
    // no shell
  }
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable');
}
