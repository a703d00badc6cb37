/** A process that `fastagi listen` has started: it does as it is told, and lives no longer than its master. */
import os from 'node:os';
import type { BareConnection } from '../agi/socket-transport';
import { Log } from '../log';
import { guardConsole, guardOutput, guardStdin, guardWarnings } from '../run/guard';
import { standOnGround } from './ground';
import { Headquarters } from './headquarters';
import { masterSignals, type Order, type Report, type Terms } from './messages';
import { PoolProcess } from './pool-process';
import { raisePriority } from './priority';
import type { SharedProcess } from './shared-process';

/** @param priority the nice value to work at, once all is ready */
export function serveCalls(priority: number): void {
  for (const signal of masterSignals) process.on(signal, () => {});
  let work: PoolProcess | SharedProcess | undefined;
  let leaving = false;
  const send = process.send?.bind(process) as ((report: Report) => void) | undefined;
  const orders = (order: Order, handle: unknown) => {
    if (order.type === 'begin') {
      work = begin(order.terms, order.sockets, priority);
      return;
    }
    if (order.type === 'call') work?.take(handle as BareConnection, order);
    else if (order.type === 'end') work?.end(order.why);
    else if (order.type === 'ping') send?.({ type: 'pong' });
    else leave();
  };
  const leave = () => {
    if (leaving) return;
    leaving = true;
    if (work) work.leaveWhenDone();
    else process.exit();
  };
  process.on('message', orders as (order: unknown, handle: unknown) => void);
  // a master that is gone takes nobody's call with it
  process.on('disconnect', leave);
}

function begin(terms: Terms, sockets: number, priority: number): PoolProcess | SharedProcess {
  const own = new Log(terms.config.debug ? 'debug' : terms.config.logLevel);
  own.fd = 2;
  own.syslog = terms.syslog;
  // it may have been removed while this process was on its way
  standOnGround();
  const headquarters = new Headquarters(terms);
  let work: PoolProcess | SharedProcess | undefined;
  const log = () => work?.log ?? own;
  guardConsole(log);
  guardWarnings(log);
  guardStdin();
  guardOutput();
  const fail = (error: unknown, caught: boolean) => {
    if (!work?.fail(error, caught)) own.write('error', describe(error));
    // one that has not come to serve would be waited for
    if (!work) process.exit(1);
  };
  process.on('uncaughtException', (error) => fail(error, false));
  process.on('unhandledRejection', (error) => fail(error, true));
  process.on('exit', (code) => work?.onExit(code));
  // what a boot of the pool's does not need, it does not load: there may be one for each call
  const shared = terms.mode === 'shared' ? new (sharedProcess().SharedProcess)(headquarters) : undefined;
  work = shared ?? new PoolProcess(headquarters);
  // booted behind the calls; where the way back is barred, the master has not sent it there
  if (os.getPriority() !== priority) raisePriority(process.pid, priority);
  const ready = () => headquarters.report({ type: 'ready' });
  if (shared && sockets > 0) shared.accept(sockets, ready);
  else ready();
  return work;
}

const sharedProcess = (): typeof import('./shared-process') => require('./shared-process');
const describe = (error: unknown): string =>
  (require('../run/report') as typeof import('../run/report')).describeError(error);
