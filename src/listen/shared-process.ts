/** A process that serves many calls at once, for scripts that export a function. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type Socket } from 'node:net';
import type { Agi } from '../agi/agi';
import { requestCrowdedOut } from '../agi/failures';
import { type BareConnection, monotonicMs, SocketTransport } from '../agi/socket-transport';
import { AgiError } from '../errors';
import { Log } from '../log';
import type { Loader } from '../run/call';
import type { Ending } from '../run/ending';
import type { House } from '../run/house';
import type { ScriptFunction } from '../run/load';
import { resolveRequest, type ScriptFile } from '../run/resolve';
import { Admission } from './admission';
import { attend } from './attendance';
import { descriptorsForCalls } from './descriptors';
import type { Headquarters } from './headquarters';
import type { CallOrder, CallResult } from './messages';
import { Modules } from './modules';
import { BACKLOG, Reception, SILENT_MS } from './reception';

/** How often, at most, the master is told of calls that it has not seen. */
const TALLY_MS = 100;
/** How long a file's state is taken for what it was. */
const GLANCE_MS = 100;

const BUFFER_BYTES = 65_536;

/** Behind those of every process, and the one on which it hears from its master. */
const FIRST_SOCKET = 4;
/** Turns of the event loop in which connections that the kernel has accepted already are taken in. */
const LAST_TURNS = 3;

/** What belongs to one call, wherever its script's code goes. */
interface Place {
  agi: Agi | undefined;
  log: Log | undefined;
  ending: Ending | undefined;
  /** Called when the call is over. */
  readonly over: (result: CallResult) => void;
  /** Makes room for another connection. */
  readonly release: () => void;
  readonly transport: SocketTransport;
  readonly acceptedMs: number;
}

export class SharedProcess implements House {
  readonly #headquarters: Headquarters;
  readonly #modules = new Modules({ renews: true, watches: true });
  readonly #places = new AsyncLocalStorage<Place | { readonly loads: string }>();
  readonly #calls = new Map<Ending, Place>();
  readonly #scripts = new Map<string, Promise<ScriptFunction>>();
  readonly #loader: Loader;
  /** Where scripts were a glance ago: a path takes a look at each of its folders. */
  readonly #found = new Map<string, ScriptFile>();
  #lookedMs = 0;
  /** What connections that the master has accepted read into, one after the other. */
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #reception: Reception | undefined;
  #leaving = false;
  #closed = false;
  #tally: NodeJS.Timeout | undefined;
  #toldMs = 0;
  #begun = 0;
  #ended: CallResult[] = [];

  constructor(headquarters: Headquarters) {
    this.#headquarters = headquarters;
    this.#loader = {
      find: ({ networkScript }) => this.#find(networkScript),
      load: (script, agi) => {
        const place = this.#places.getStore() as Place;
        place.agi = agi;
        return this.#script(script);
      },
    };
    for (const name of ['agi', 'fastagi']) {
      Object.defineProperty(globalThis, name, { configurable: true, get: () => this.#current(name) });
    }
    this.#guardExit();
  }

  /** The log of the call whose code runs. */
  get log(): Log | undefined {
    const place = this.#places.getStore();
    return place && 'log' in place ? place.log : undefined;
  }

  /** A call that the master has accepted. */
  take(connection: BareConnection, { id, head, acceptedMs }: CallOrder): void {
    this.#headquarters.report({ type: 'taken', id });
    const over = (result: CallResult) => this.#headquarters.report({ type: 'done', id, ...result });
    // it is the master who counts it
    const release = () => {};
    this.#begin(connection, { head: Buffer.from(head, 'latin1'), acceptedMs, over, release });
  }

  /** Takes calls from the sockets itself: so many, from descriptor 4 on. */
  accept(sockets: number, onReady: () => void): void {
    const { limits } = this.#headquarters.terms;
    // a connection for which no descriptor is left would be closed without a word
    const admission = new Admission({ ...limits, maxActive: limits.maxActive || descriptorsForCalls() });
    let missing = sockets;
    const servers = Array.from({ length: sockets }, (_, at) => {
      const server = createServer({ noDelay: true, keepAlive: true });
      server.once('error', ({ code, message }: NodeJS.ErrnoException) =>
        this.#headquarters.report({ type: 'deaf', code, why: message }),
      );
      server.listen({ fd: FIRST_SOCKET + at, backlog: BACKLOG }, () => {
        server.removeAllListeners('error');
        if (--missing === 0) onReady();
      });
      return server;
    });
    this.#reception = new Reception(servers, admission, this.#ownLog(), {
      onCall: (socket, release) => {
        this.#begun++;
        const over = (result: CallResult) => {
          release();
          this.#ended.push(result);
          this.#tell();
        };
        this.#begin(socket, { acceptedMs: monotonicMs(), over, release });
        this.#tell();
      },
      onRefusal: () => this.#tell(),
      makeRoom: () => this.#makeRoom(),
    });
  }

  #makeRoom(): boolean {
    for (const [ending, { acceptedMs, release }] of this.#calls) {
      if (ending.session !== undefined || ending.begun) continue;
      const silentMs = monotonicMs() - acceptedMs;
      if (silentMs < SILENT_MS) return false;
      ending.fail(requestCrowdedOut(silentMs));
      release();
      return true;
    }
    return false;
  }

  leaveWhenDone(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    void this.#closeDoors().then(() => this.#leaveIfDone());
  }

  async #closeDoors(): Promise<void> {
    for (let turn = 0; turn < LAST_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#reception?.close();
    this.#closed = true;
  }

  /**
   * An error that nothing has caught.
   * @returns whether it is a call's
   */
  fail(error: unknown): boolean {
    const place = this.#places.getStore();
    if (!place || !('ending' in place) || !place.ending) return false;
    place.ending.fail(error);
    return true;
  }

  end(why: string): void {
    const error = new AgiError('SERVICE_STOPPED', why);
    for (const ending of this.#calls.keys()) ending.fail(error);
    this.leaveWhenDone();
  }

  onExit(): void {}

  leave(ending: Ending, code: number): void {
    const place = this.#calls.get(ending);
    if (!place) return;
    this.#calls.delete(ending);
    const { transport, acceptedMs } = place;
    const { firstWriteMs } = transport;
    // before the other side can know: when it calls again at once, this one must not be counted any more
    const firstCommandMs = firstWriteMs === undefined ? undefined : firstWriteMs - acceptedMs;
    place.over({ code, asked: ending.session !== undefined, firstCommandMs });
    transport.close();
    this.#leaveIfDone();
  }

  #begin(
    connection: Socket | BareConnection,
    { head, ...known }: { head?: Buffer } & Pick<Place, 'acceptedMs' | 'over' | 'release'>,
  ): void {
    const { config } = this.#headquarters.terms;
    const log = this.#ownLog();
    const within = (work: () => void) => this.#places.run(place, work);
    const transport = new SocketTransport(connection, {
      ...(head && { head }),
      buffer: this.#buffer,
      within,
      holds: true,
    });
    const place: Place = { agi: undefined, log, ending: undefined, transport, ...known };
    this.#places.run(place, () => {
      place.ending = attend(transport, { config, log, house: this, loader: this.#loader });
      this.#calls.set(place.ending, place);
    });
  }

  #ownLog(): Log {
    const { config, syslog } = this.#headquarters.terms;
    const log = new Log(config.debug ? 'debug' : config.logLevel);
    log.fd = 2;
    log.syslog = syslog;
    return log;
  }

  /** What the globals `agi` and `fastagi` are to the code that asks. */
  #current(name: string): Agi | undefined {
    const place = this.#places.getStore();
    if (place && 'loads' in place) throw bodyIsCall(place.loads, `its body uses ${name}`);
    return place?.agi;
  }

  /** @throws RefusedError for what is not served */
  #find(networkScript: string | undefined): ScriptFile {
    this.#lookAround();
    const known = this.#found.get(networkScript ?? '');
    // one that is to be loaded, for the first time or again, may have become a link that leads out of `basedir`
    if (known && this.#scripts.has(known.file)) return known;
    const script = resolveRequest(networkScript, this.#headquarters.terms.config.basedir);
    this.#found.set(networkScript ?? '', script);
    return script;
  }

  /** The script's function, loaded once and again whenever one of its files has changed. */
  async #script({ file, name }: ScriptFile): Promise<ScriptFunction> {
    let script = this.#scripts.get(file);
    if (!script) {
      script = this.#places
        .run({ loads: name }, () => this.#modules.load(file))
        .then((run) => {
          if (run) return run;
          throw bodyIsCall(name, 'it exports no function');
        });
      this.#scripts.set(file, script);
      // what fails is tried again by the next call
      script.catch(() => {
        if (this.#scripts.get(file) === script) this.#scripts.delete(file);
      });
    }
    return script;
  }

  /** Once in a glance: lets go of what may be otherwise by now. */
  #lookAround(): void {
    const now = Date.now();
    // a clock that was put back counts as a glance, too
    if (Math.abs(now - this.#lookedMs) < GLANCE_MS) return;
    this.#lookedMs = now;
    this.#found.clear();
    if (!this.#modules.changed()) return;
    this.#scripts.clear();
    if (this.#modules.renew()) return;
    this.#headquarters.report({
      type: 'stale',
      why: 'an ES module that was loaded by require() has changed',
    });
  }

  /** process.exit() in a script ends its call, and nobody else's. */
  #guardExit(): void {
    const exit = process.exit;
    process.exit = ((code?: number) => {
      const place = this.#places.getStore();
      if (!place) return exit.call(process, code);
      if ('ending' in place && place.ending) {
        const { ending } = place;
        if (Number(code ?? 0) === 0) void ending.finish();
        else ending.fail(new AgiError('SCRIPT_EXIT', `the script has ended itself by process.exit(${code})`));
      }
      throw new AgiError('SCRIPT_ENDED', 'the script has ended itself by process.exit()');
    }) as typeof process.exit;
  }

  #tell(): void {
    if (this.#tally) return;
    const sinceMs = monotonicMs() - this.#toldMs;
    if (sinceMs > TALLY_MS) this.#tellNow();
    else this.#tally = setTimeout(() => this.#tellNow(), TALLY_MS - sinceMs);
  }

  #tellNow(): void {
    clearTimeout(this.#tally);
    this.#tally = undefined;
    this.#toldMs = monotonicMs();
    const { refused, active } = this.#reception?.takeCount() ?? { refused: {}, active: 0 };
    this.#headquarters.report({ type: 'tally', active, calls: this.#begun, refused, ended: this.#ended });
    this.#begun = 0;
    this.#ended = [];
  }

  #leaveIfDone(): void {
    if (!this.#closed || this.#calls.size > 0) return;
    if (this.#tally) this.#tellNow();
    this.#headquarters.leave();
  }
}

function bodyIsCall(name: string, why: string): AgiError {
  return new AgiError(
    'SCRIPT_BODY',
    `${name} cannot serve many calls at once, for ${why}: let it \`export default async function (agi) { … }\`, or serve it with [listen] mode = pool`,
  );
}
