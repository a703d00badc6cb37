/**
 * `fastagi listen`: a master that lets calls in, and processes that serve them. The master runs no script: nothing
 * that a script does can end it.
 */
import { monotonicMs } from '../agi/socket-transport';
import type { AsyncCalls } from '../ami/listening';
import type { Config } from '../config';
import { type AgiError, RefusedError } from '../errors';
import { Log } from '../log';
import { describeError, summarizeError } from '../run/report';
import { Admission } from './admission';
import { Arrival } from './arrival';
import { basedirWarnings } from './basedir-warnings';
import { Counters } from './counters';
import { Crew } from './crew';
import type { Program } from './crew-member';
import { type Doors, noListeningSocket, openDoors } from './doors';
import { Onlooker } from './onlooker';
import { mayRaisePriority } from './priority';
import { Reception, SILENT_MS } from './reception';
import { refuseForAWhile } from './refusing';
import { hasMoved, openServerLog } from './server-log';
import { checkSettings, readSettings, type Settings } from './settings';
import { inheritedSockets, Notifier } from './systemd';
import { Unheard } from './unheard';

/** How often a server on somebody else's socket looks whether that one is still there. */
const LOOK_FOR_PARENT_MS = 500;
/** How often a server looks whether its log has been moved away. */
const LOOK_FOR_LOG_MS = 5000;
/** From one reading of the configuration to the next, at least. */
const REREAD_MS = 1000;
/** How soon a metrics endpoint that could not be had is tried again. */
const METRICS_AGAIN_MS = 2000;
/** Turns of the event loop in which connections that the kernel has accepted already are taken in. */
const LAST_TURNS = 3;

export interface ListenOptions {
  /** The configuration that `--config` names. */
  readonly config: string | undefined;
  /** What the command line says beside it, by the keys of `[listen]`; `fd` beside them. */
  readonly overrides: Readonly<Record<string, string | undefined>>;
  /** The program that a serving process runs, and the file that starts it. */
  readonly program: Program;
  /** Calls of AGI(agi:async) are taken as well, from the manager that `[asmanager]` names. */
  readonly asyncAgi?: boolean;
}

/** @returns the exit code, when the server has stopped */
export async function listen(options: ListenOptions): Promise<number> {
  const log = new Log('info');
  log.subject = 'listen';
  const onlooker = new Onlooker();
  let read: { config: Config; settings: Settings };
  let doors: Doors;
  let logFile: string | undefined;
  try {
    read = readSettings(options.config, options.overrides);
    log.level = read.config.debug ? 'debug' : read.config.logLevel;
    logFile = openServerLog(log, read.config, options.overrides.fd);
    checkSettings(read.config, read.settings);
    // a manager that is not configured is told at once, one that is not there may come
    if (options.asyncAgi) (await managerRoom()).managerOptions(read.config);
    doors = await openDoors(read.settings, process.env, isDirect(read.settings));
  } catch (error) {
    if (log.fd === undefined) openServerLog(log, undefined, options.overrides.fd);
    log.write('error', describeError(error));
    onlooker.say(describeError(error));
    const { fd = '' } = options.overrides;
    const given = /^\d{1,4}$/.test(fd) ? [Number(fd)] : inheritedSockets(process.env);
    const why = summarizeError(error, undefined);
    await Promise.all(given.map((each) => refuseForAWhile(each, why)));
    if (!(error instanceof RefusedError)) return 1;
    return error.code === 'CONFIG_VALUE' && error.message.startsWith('--') ? 2 : 3;
  }
  for (const warning of [...read.config.warnings, ...basedirWarnings(read.config)]) {
    log.write('warning', warning);
    onlooker.say(warning);
  }
  return new Master(options, read, doors, { log, file: logFile }).run(onlooker);
}

class Master {
  readonly #options: ListenOptions;
  #config: Config;
  #settings: Settings;
  readonly #doors: Doors;
  readonly #log: Log;
  #logFile: string | undefined;
  readonly #counters = new Counters();
  readonly #crew: Crew;
  readonly #admission: Admission;
  #reception: Reception | undefined;
  readonly #unheard = new Unheard();
  readonly #notifier = new Notifier(process.env);
  /** As it was at the start: it may be gone before the first process is ready. */
  readonly #parent = process.ppid;
  #metrics: { close(): void } | undefined;
  #idle: NodeJS.Timeout | undefined;
  #rereading: NodeJS.Timeout | undefined;
  #rereadMs = Number.NEGATIVE_INFINITY;
  #deaf: RefusedError | undefined;
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();

  constructor(
    options: ListenOptions,
    read: { config: Config; settings: Settings },
    doors: Doors,
    { log, file }: { log: Log; file: string | undefined },
  ) {
    this.#options = options;
    this.#config = read.config;
    this.#settings = read.settings;
    this.#doors = doors;
    this.#log = log;
    this.#logFile = file;
    this.#admission = new Admission(limitsOf(read.settings));
    this.#crew = new Crew({
      program: options.program,
      ...read,
      syslog: log.syslog,
      log,
      counters: this.#counters,
      descriptors: doors.descriptors,
      mayBePolite: mayRaisePriority(),
      onChange: () => this.#onChange(),
      onRefusal: (arrival, reason) => this.#reception?.refuse(arrival.letGo(), reason, arrival.address),
      onDeaf: (code, why) => {
        this.#deaf ??= noListeningSocket(this.#settings.fd ?? 3, code, why);
        this.#stop.abort(this.#deaf.message);
        this.#hurry.abort();
      },
    });
  }

  /** @param onlooker who is told how the start ends */
  async run(onlooker: Onlooker): Promise<number> {
    this.#tellOfFaults();
    this.#obeySignals();
    this.#watchLog();
    // who has come already, on a socket that was there before this process, waits for the first process
    if (this.#doors.servers.length > 0) this.#receive();
    const { metrics } = this.#settings;
    const isMissing = metrics !== undefined && !(await this.#serveMetrics(metrics, onlooker));
    if (isMissing) {
      this.#stop.abort('there is no metrics endpoint');
      this.#hurry.abort();
    }
    await Promise.race([this.#crew.ready(), stopped(this.#stop.signal)]);
    if (!this.#stop.signal.aborted) this.#open(onlooker);
    else if (this.#deaf) onlooker.say(this.#deaf.message);
    onlooker.leave();
    const asyncCalls = await this.#takeAsyncCalls();
    await stopped(this.#stop.signal);
    asyncCalls?.stop();
    await this.#close();
    await asyncCalls?.close();
    this.#metrics?.close();
    this.#log.write('info', `stopped; ${this.#describe()}`);
    if (this.#deaf && this.#settings.fd !== undefined)
      await refuseForAWhile(this.#settings.fd, this.#deaf.message);
    return this.#deaf || isMissing ? 3 : 0;
  }

  #open(onlooker: Onlooker): void {
    const { mode, processes, spare } = this.#settings;
    const places = this.#doors.places.join(', ');
    const how =
      mode === 'shared'
        ? `shared, by ${processes} ${processes === 1 ? 'process' : 'processes'}`
        : `pool of ${spare} to ${processes} processes`;
    const told = `listening on ${places}; ${how}; process ${process.pid}`;
    this.#log.write('info', told);
    onlooker.say(told);
    this.#notifier.tell('READY=1', `STATUS=listening on ${places}`);
    this.#onChange();
    if (this.#settings.fd !== undefined) this.#watchParent();
  }

  /** Each comes in by a connection from here, like any other call. */
  async #takeAsyncCalls(): Promise<AsyncCalls | undefined> {
    if (!this.#options.asyncAgi || this.#stop.signal.aborted) return undefined;
    const calls = new (await managerRoom()).AsyncCalls(this.#log);
    // the server listens while the manager is not there
    void calls.take(this.#config, this.#doors.places[0] ?? '');
    return calls;
  }

  #receive(): void {
    this.#reception = new Reception(this.#doors.servers, this.#admission, this.#log, {
      onCall: (socket, release) => {
        this.#counters.calls++;
        this.#onChange();
        const arrival = new Arrival(socket, release, this.#config, {
          whole: (arrival) => {
            this.#unheard.strike(arrival);
            this.#crew.take(arrival);
          },
          gone: (arrival, why) => this.#onGone(arrival, why),
        });
        this.#unheard.add(arrival);
      },
      onRefusal: (reason) => this.#counters.addRefused(reason),
      makeRoom: () => this.#unheard.makeRoom(),
    });
  }

  #onGone(arrival: Arrival, why: AgiError): void {
    this.#unheard.strike(arrival);
    this.#crew.drop(arrival);
    arrival.release();
    if (arrival.whole) this.#log.write('info', 'a caller has gone before a process had the call');
    else {
      this.#counters.probes++;
      this.#counters.calls--;
      this.#log.write(why.code === 'AGI_NO_REQUEST' ? 'info' : 'error', `${why.message} [${why.code}]`);
    }
    this.#onChange();
  }

  /** What is nobody's ends the server, and is in the log before. */
  #tellOfFaults(): void {
    process.on('uncaughtException', (error) => {
      this.#log.write('error', describeError(error));
      process.exit(1);
    });
  }

  #obeySignals(): void {
    const stop = (signal: string) => {
      if (this.#stop.signal.aborted) this.#hurry.abort();
      // the kernel says so where `setpriv --pdeathsig` has asked it to, as in xinetd/fastagi-wait
      else this.#stop.abort(this.#isOrphan ? `${signal}, for ${this.#parentGone}` : signal);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.on('SIGHUP', () => this.#rereadInTime());
    process.on('SIGUSR1', () => this.#log.write('info', this.#describe()));
  }

  /** However often it is asked for: who is renewed before a process has booted serves no call any more. */
  #rereadInTime(): void {
    if (this.#rereading) return;
    const inMs = this.#rereadMs + REREAD_MS - monotonicMs();
    if (inMs <= 0) this.#reread();
    else this.#rereading = setTimeout(() => this.#reread(), inMs).unref();
  }

  /** Takes up the configuration as it is now; what has been opened by it stays where it is. */
  #reread(): void {
    this.#rereading = undefined;
    this.#rereadMs = monotonicMs();
    if (this.#stop.signal.aborted) return;
    let read: { config: Config; settings: Settings };
    try {
      read = readSettings(this.#options.config, this.#options.overrides);
      checkSettings(read.config, { ...read.settings, mode: this.#settings.mode });
    } catch (error) {
      this.#log.write('error', `the configuration is left as it was: ${describeError(error)}`);
      return;
    }
    const { mode, metrics, host, port } = this.#settings;
    const direct = isDirect({ ...read.settings, mode });
    const moved = !this.#doors.inherited && (read.settings.host !== host || read.settings.port !== port);
    const counted = JSON.stringify(read.settings.metrics) === JSON.stringify(metrics);
    if (read.settings.mode !== mode || moved || !counted || direct !== this.#doors.descriptors.length > 0) {
      read.config = {
        ...read.config,
        warnings: [
          ...read.config.warnings,
          '[listen] mode, host, port and metrics, and limits for several shared processes, are taken up by a restart only',
        ],
      };
    }
    this.#config = read.config;
    this.#settings = { ...read.settings, mode, metrics, host, port };
    this.#log.level = read.config.debug ? 'debug' : read.config.logLevel;
    this.#logFile = openServerLog(this.#log, read.config, this.#options.overrides.fd);
    for (const warning of [...read.config.warnings, ...basedirWarnings(read.config)])
      this.#log.write('warning', warning);
    this.#admission.limits = limitsOf(read.settings);
    this.#renewCrew();
    this.#log.write('info', 'the configuration has been read again, and new processes serve by it');
  }

  #renewCrew(): void {
    this.#crew.renew({
      config: this.#config,
      settings: this.#settings,
      syslog: this.#log.syslog,
    });
  }

  /** Who moves it away need not tell: Debian's logrotate does so each week with what lies in Asterisk's folder. */
  #watchLog(): void {
    setInterval(() => {
      if (this.#logFile === undefined || this.#stop.signal.aborted || !hasMoved(this.#logFile)) return;
      this.#log.write('info', `the log goes on in another file ${this.#logFile}: this one was moved away`);
      this.#logFile = openServerLog(this.#log, this.#config, this.#options.overrides.fd);
      // the processes that are there have the old one
      this.#renewCrew();
    }, LOOK_FOR_LOG_MS).unref();
  }

  /** xinetd that ends leaves its servers alone, on a socket that its successor wants. */
  #watchParent(): void {
    const timer = setInterval(() => {
      if (!this.#isOrphan) return;
      clearInterval(timer);
      this.#stop.abort(this.#parentGone);
    }, LOOK_FOR_PARENT_MS).unref();
  }

  /** Whether it is on a socket of somebody's who is there no more. */
  get #isOrphan(): boolean {
    return this.#settings.fd !== undefined && process.ppid !== this.#parent;
  }

  get #parentGone(): string {
    return `process ${this.#parent}, which had opened the socket, is gone`;
  }

  #onChange(): void {
    clearTimeout(this.#idle);
    const { idleSeconds } = this.#settings;
    if (idleSeconds === 0 || this.#active > 0 || this.#stop.signal.aborted) return;
    this.#idle = setTimeout(
      () => this.#stop.abort(`no call for ${idleSeconds} s ([listen] idle_seconds)`),
      idleSeconds * 1000,
    );
  }

  /** Everyone who is in: with a call, waiting for a process, or still saying what it wants. */
  get #active(): number {
    return Math.max(this.#admission.active, this.#crew.active + this.#crew.waiting);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    const { drainSeconds } = this.#settings;
    this.#notifier.tell('STOPPING=1', `STATUS=finishing ${this.#active} calls`);
    this.#log.write(
      'info',
      `stopping: ${this.#stop.signal.reason}; ${this.#active} calls have ${drainSeconds} s to finish`,
    );
    // who has been told by the kernel that the connection is there is still let in
    for (let turn = 0; turn < LAST_TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    this.#reception?.close();
    this.#doors.close();
    await this.#unheard.hearOut(Math.min(SILENT_MS, drainSeconds * 1000), this.#hurry.signal);
    await this.#crew.close(drainSeconds, this.#hurry.signal);
    this.#reception?.tell();
  }

  /**
   * Where others have opened the port they start a server that ends at once again, and callers would hear nothing for want
   * of counters: there it is tried again, for the server before this one may still have the port, and its last calls.
   * @returns false where it cannot be, and the reason is in the log
   */
  async #serveMetrics(
    place: { host: string; port: number },
    onlooker: Onlooker,
    isTold = false,
  ): Promise<boolean> {
    // prom-client is for those who ask for it
    const { serveMetrics } = await import('./metrics');
    try {
      this.#metrics = await serveMetrics(place, this.#counters, () => this.#now(), this.#log);
      return true;
    } catch (error) {
      const text = `no counters can be had on ${place.host}:${place.port}: ${(error as Error).message}`;
      if (!isTold) this.#log.write('error', `${text} [LISTEN]`);
      if (!this.#doors.inherited) {
        onlooker.say(text);
        return false;
      }
      setTimeout(() => {
        if (!this.#stop.signal.aborted) void this.#serveMetrics(place, onlooker, true);
      }, METRICS_AGAIN_MS).unref();
      return true;
    }
  }

  #now() {
    return { active: this.#crew.active, waiting: this.#crew.waiting, processes: this.#crew.processes };
  }

  #describe(): string {
    return this.#counters.describe(this.#now());
  }
}

/** Whether the serving processes accept by themselves: no limit has to be held across several of them. */
function isDirect({ mode, processes, maxActive, maxPerAddress }: Settings): boolean {
  return mode === 'shared' && (processes === 1 || (maxActive === 0 && maxPerAddress === 0));
}

function limitsOf({ maxActive, maxPerAddress, allow }: Settings) {
  return { maxActive, maxPerAddress, allow };
}

function stopped(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

// the manager's client, for those who ask for it
const managerRoom = () => import('../ami/listening');
