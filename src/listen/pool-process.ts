/** A process of the pool: one call at a time, each as if it were the first. */
import path from 'node:path';
import { type BareConnection, SocketTransport } from '../agi/socket-transport';
import type { Transport } from '../agi/transport';
import { defaults } from '../config';
import { Log } from '../log';
import type { Ending } from '../run/ending';
import type { House } from '../run/house';
import { inTime } from '../run/patience';
import { resolveRequest, type ScriptFile } from '../run/resolve';
import { attend } from './attendance';
import { CleanSlate } from './clean-slate';
import type { Headquarters } from './headquarters';
import { type CallOrder, REHEARSAL } from './messages';
import { Modules } from './modules';

/** How long what a call has opened beside its connection may take to close. */
const REST_MS = 3000;

const BUFFER_BYTES = 65_536;

interface Shift {
  readonly id: number;
  readonly acceptedMs: number;
  readonly transport: SocketTransport;
  readonly ending: Ending;
}

export class PoolProcess implements House {
  readonly #headquarters: Headquarters;
  readonly #modules: Modules;
  readonly #slate: CleanSlate;
  /** What connections read into, one after the other. */
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #shift: Shift | undefined;
  #calls = 0;
  #leaving = false;
  /** Why the process must not serve another call; undefined: it may. */
  #spent: string | undefined;

  /** @param headquarters whose hooks are in place: what a script adds to the process is told from them */
  constructor(headquarters: Headquarters) {
    this.#headquarters = headquarters;
    this.#modules = new Modules({ renews: headquarters.terms.maxCalls > 1, watches: false });
    process.on('beforeExit', () => this.#shift?.ending.onNothingLeft());
    // there from the beginning: what no call has to add, none has to take away
    Object.assign(globalThis, { agi: undefined, fastagi: undefined });
    this.#slate = new CleanSlate();
  }

  /** The log of the call that is there. */
  get log(): Log | undefined {
    return this.#shift?.ending.log;
  }

  /** Leaves: at once where no call is there. */
  leaveWhenDone(): void {
    this.#spent = 'it was told to leave';
    if (!this.#shift) this.#leave();
  }

  take(connection: BareConnection, { id, head, acceptedMs }: CallOrder): void {
    // handed over before the master could know of a leave, or that the last call cannot be tidied up behind: it hears
    // that this process has ended without it, and finds another
    if (this.#leaving || this.#shift) {
      connection.close();
      return;
    }
    this.#headquarters.report({ type: 'taken', id });
    const { syslog } = this.#headquarters.terms;
    // what the settings do with a call is for callers' calls
    const config =
      id === REHEARSAL ? { ...defaults, basedir: path.dirname(__filename) } : this.#headquarters.terms.config;
    const log = new Log(config.debug ? 'debug' : config.logLevel);
    log.fd = 2;
    log.syslog = syslog;
    if (id !== REHEARSAL) this.#calls++;
    // there is no way back from an owner, and with setuid the master hands no process a second call
    if (config.setuid) this.#spent = 'it becomes the owner of the script';
    // while a call is there, only what it waits for keeps the process going: so its end can be told
    this.#headquarters.standBack();
    const transport = new SocketTransport(connection, {
      head: Buffer.from(head, 'latin1'),
      buffer: this.#buffer,
    });
    const ending = attend(transport, {
      config,
      log,
      house: this,
      loader: {
        find: ({ networkScript }) => {
          const script = resolveRequest(networkScript, config.basedir);
          if (config.setuid) privilege().becomeOwnerOf(script, config.basedir);
          return script;
        },
        load: (script: ScriptFile, agi) => {
          Object.assign(globalThis, { agi, fastagi: agi });
          process.argv = [process.execPath, script.file];
          return this.#modules.load(script.file);
        },
      },
    });
    this.#shift = { id, acceptedMs, transport, ending };
  }

  /**
   * An error that nothing has caught.
   * @returns whether it is a call's
   */
  fail(error: unknown, caught: boolean): boolean {
    // after an exception out of nowhere, Node itself says, nothing is sure any more
    if (!caught) this.#spent = 'an exception was caught by nothing in the script';
    if (this.#shift) this.#shift.ending.fail(error);
    // of a call that is over; one that is on its way here goes to another process
    else if (!caught && !this.#leaving) {
      this.#headquarters.report({ type: 'free', last: true });
      this.#leave();
    }
    return this.#shift !== undefined;
  }

  /** Ends the call that is there, and leaves. */
  end(why: string): void {
    this.#spent = 'it was told to end';
    if (this.#shift) this.#shift.ending.fail(stopped(why));
    else this.#leave();
  }

  /** process.exit() in a script. */
  onExit(code: number): void {
    const { ending } = this.#shift ?? {};
    if (!ending || ending.over) return;
    departure().warnOfLoss(ending);
    departure().tellFailure(ending, code);
  }

  leave(ending: Ending, code: number, rest?: Promise<void>): void {
    const shift = this.#shift;
    if (!shift || shift.ending !== ending) return;
    const { firstWriteMs } = shift.transport;
    const firstCommandMs = firstWriteMs === undefined ? undefined : firstWriteMs - shift.acceptedMs;
    const asked = ending.session !== undefined;
    if (!this.#modules.renew()) this.#spent ??= 'the script has loaded an ES module by require()';
    if (this.#calls >= this.#headquarters.terms.maxCalls)
      this.#spent ??= `${this.#calls} calls, [listen] max_calls`;
    const { preparation } = this.#modules;
    const free =
      rest === undefined &&
      preparation === undefined &&
      this.#spent === undefined &&
      this.alive(shift.transport).length === 0;
    // before the other side can know: when it calls again at once, the master must not count this one any more
    this.#headquarters.report({ type: 'done', id: shift.id, code, asked, firstCommandMs, free });
    shift.transport.close();
    // nearly always there is nothing that could not be put back: nobody waits for that to be seen
    this.#restore();
    if (free && this.#spent === undefined) {
      this.#shift = undefined;
      this.#headquarters.wait();
    } else void this.#tidyUp(shift, rest, preparation);
  }

  /** What has to be waited for, and what is looked at again then. */
  async #tidyUp(
    shift: Shift,
    rest: Promise<void> | undefined,
    prepare: (() => void) | undefined,
  ): Promise<void> {
    if (rest) await inTime(rest, REST_MS);
    if (this.#spent === undefined) prepare?.();
    // what closes is among what is at work until the loop has turned
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    const left = process.getActiveResourcesInfo();
    if (left.length > 0) this.#spent ??= `the script has left something behind (${left.join(', ')})`;
    // once more: something may have run meanwhile
    this.#restore();
    const last = this.#spent !== undefined;
    if (last) shift.ending.log.write('debug', `this process is renewed: ${this.#spent}`);
    this.#shift = undefined;
    this.#headquarters.report({ type: 'free', last });
    if (last) this.#leave();
    else this.#headquarters.wait();
  }

  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#headquarters.leave();
  }

  #restore(): void {
    const left = this.#slate.restore();
    if (left.length > 0)
      this.#spent ??= `the script has changed what cannot be changed back (${left.join(', ')})`;
  }

  /** What keeps the event loop turning beside the call's own read. */
  alive(transport: Transport): string[] {
    const resources = process.getActiveResourcesInfo();
    // a socket that nobody reads from keeps nothing going, and is none of them
    const own = transport.reading ? resources.indexOf('TCPSocketWrap') : -1;
    if (own !== -1) resources.splice(own, 1);
    return resources;
  }
}

// for the few that want it: a process may be booted for each call
const privilege = (): typeof import('../run/privilege') => require('../run/privilege');
const departure = (): typeof import('../run/departure') => require('../run/departure');
const stopped = (why: string): Error =>
  new (require('../errors') as typeof import('../errors')).AgiError('SERVICE_STOPPED', why);
