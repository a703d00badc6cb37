/** The processes that serve calls, and who of them gets which. */

import { availableParallelism } from 'node:os';
import { monotonicMs } from '../agi/socket-transport';
import type { Config } from '../config';
import type { Log } from '../log';
import type { RefusalReason } from './admission';
import type { Arrival } from './arrival';
import { Boots } from './boots';
import type { Counters } from './counters';
import type { BootOptions, CrewMember, Program } from './crew-member';
import type { Descriptor } from './doors';
import { REHEARSAL, type Report, STOPPED, type Terms } from './messages';
import { Rehearsals } from './rehearsals';
import type { Settings } from './settings';
import { bootsDue } from './staffing';
import { Turnover } from './turnover';
import { WaitingLine } from './waiting-line';

/** How long more processes than the spare ones may stay idle. */
const SURPLUS_MS = 10_000;
/** How often, at least, processes are looked after. */
const LOOK_AFTER_MS = 5000;

export interface CrewOptions {
  /** What a process runs. */
  readonly program: Program;
  readonly config: Config;
  readonly settings: Settings;
  readonly syslog: boolean;
  readonly log: Log;
  readonly counters: Counters;
  /** The sockets from which processes accept calls by themselves; none where the master does. */
  readonly descriptors: readonly Descriptor[];
  /** Whether a process that stands back may come forth again. */
  readonly mayBePolite: boolean;
  /** Told whenever a call has come or gone. */
  readonly onChange: () => void;
  /** There is no process for a call: it is to be sent away. */
  readonly onRefusal: (arrival: Arrival, reason: RefusalReason) => void;
  /** What processes were to accept calls from is no such thing. */
  readonly onDeaf: (code: string | undefined, why: string) => void;
}

interface Place {
  readonly arrival: Arrival;
  timer: NodeJS.Timeout | undefined;
  taken: boolean;
}

export class Crew {
  #options: CrewOptions;
  #terms: Terms;
  readonly #members = new Set<CrewMember>();
  /** Calls that the master has accepted, by the process that has them. */
  readonly #places = new Map<CrewMember, Map<number, Place>>();
  /** Calls that processes have accepted by themselves. */
  readonly #taken = new Map<CrewMember, number>();
  readonly #waiting: WaitingLine;
  readonly #boots: Boots;
  readonly #rehearsals: Rehearsals;
  readonly #turnover = new Turnover();
  #lastId = 0;
  #lastCallMs = 0;
  #again: NodeJS.Timeout | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #closing = false;
  /** Whether no call is given a process any more. */
  #over = false;
  /** Until a process that stood back is seen not to have come forth again. */
  #mayBePolite: boolean;
  readonly #readies: (() => void)[] = [];
  /** To be called when no process is there any more, and no call that waits for one. */
  #onEmpty: (() => void) | undefined;
  /** Those whose place others will take, once they are ready. */
  readonly #outdated = new Set<CrewMember>();

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#terms = termsOf(options);
    this.#mayBePolite = options.mayBePolite;
    this.#boots = new Boots(options, {
      onReport: (member, report) => this.#onReport(member, report),
      onExit: (member, how) => this.#onExit(member, how),
    });
    this.#rehearsals = new Rehearsals(options.settings.mode === 'pool', options.log);
    this.#waiting = new WaitingLine(
      () => this.#isComing,
      (arrival) => this.#sendAway(arrival, 'processes'),
    );
    this.#lookAfterRegularly();
    this.#staff();
  }

  /** Calls that a process has. */
  get active(): number {
    let active = 0;
    for (const places of this.#places.values()) active += places.size;
    for (const taken of this.#taken.values()) active += taken;
    return active;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get processes(): number {
    return this.#members.size;
  }

  /** Resolves when as many processes are ready as should be at the start. */
  async ready(): Promise<void> {
    const { settings } = this.#options;
    const due = settings.mode === 'shared' ? settings.processes : Math.min(1, settings.spare);
    while (!this.#closing && this.#count('idle') + this.#count('busy') < due) {
      await new Promise<void>((resolve) => this.#readies.push(resolve));
    }
  }

  /** A call: for a process that is free, or the first that will be. */
  take(arrival: Arrival): void {
    this.#lastCallMs = monotonicMs();
    const member = this.#free();
    if (member) this.#hand(member, arrival);
    else this.#waiting.add(arrival);
    this.#staff();
  }

  /** Its caller has gone before a process had it. */
  drop(arrival: Arrival): void {
    this.#waiting.drop(arrival);
    this.#lookWhetherEmpty();
  }

  /** Serves by other terms from now on: new processes take the place of those that are there. */
  renew(changes: Pick<CrewOptions, 'config' | 'settings' | 'syslog'>): void {
    this.#options = { ...this.#options, ...changes };
    this.#terms = termsOf(this.#options);
    this.#lookAfterRegularly();
    if (this.#options.settings.mode === 'shared') {
      // the old ones accept until the new ones do
      for (const member of this.#members) this.#outdated.add(member);
    } else for (const member of this.#members) this.#retire(member);
    this.#staff();
  }

  /** Takes no more calls, and ends when those that are there have: at the latest after so many seconds. */
  async close(drainSeconds: number, hurry: AbortSignal): Promise<void> {
    this.#closing = true;
    if (this.#waiting.length === 0) for (const member of this.#members) this.#retire(member);
    this.#staff();
    const ended = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#lookWhetherEmpty();
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), drainSeconds * 1000);
      if (hurry.aborted) resolve(true);
      hurry.addEventListener('abort', () => resolve(true));
    });
    if (await Promise.race([ended.then(() => false), over])) {
      const left = this.active + this.waiting;
      if (left > 0) {
        this.#options.log.write(
          'warning',
          `${left} calls are ended: ${hurry.aborted ? 'the server was told to stop at once' : `they had ${drainSeconds} s to finish ([listen] drain_seconds)`} [DRAINED]`,
        );
      }
      this.#over = true;
      for (let arrival = this.#waiting.next(); arrival; arrival = this.#waiting.next())
        this.#sendAway(arrival, 'drain_seconds');
      for (const member of this.#members) member.end(STOPPED);
      await ended;
    }
    clearTimeout(timer);
    clearInterval(this.#upkeep);
    this.#boots.close();
  }

  #lookWhetherEmpty(): void {
    if (this.#members.size === 0 && this.#waiting.length === 0) this.#onEmpty?.();
  }

  #free(): CrewMember | undefined {
    let best: CrewMember | undefined;
    for (const member of this.#members) {
      if (this.#options.settings.mode === 'shared') {
        if (member.state === 'booting' || member.state === 'leaving') continue;
        if (!best || this.#load(member) < this.#load(best)) best = member;
        // the one that was busy last is warm, and the others may leave when they are not wanted
      } else if (member.state === 'idle' && (!best || member.idleSinceMs > best.idleSinceMs)) best = member;
    }
    return best;
  }

  #load(member: CrewMember): number {
    return this.#places.get(member)?.size ?? 0;
  }

  /** Whether a process boots, or could. */
  get #isComing(): boolean {
    if (this.#count('booting') + this.#count('starting') > 0) return true;
    return this.#count('idle') + this.#count('busy') < this.#options.settings.processes;
  }

  /** Whether nobody would miss a process that is not there yet. */
  get #isCalm(): boolean {
    return this.#waiting.length === 0 && this.#count('idle') > 0;
  }

  #sendAway(arrival: Arrival, reason: RefusalReason): void {
    this.#options.onRefusal(arrival, reason);
    arrival.release();
    this.#options.onChange();
    this.#lookWhetherEmpty();
  }

  #hand(member: CrewMember, arrival: Arrival): void {
    const id = ++this.#lastId;
    if (this.#options.settings.mode === 'pool') member.state = 'busy';
    const places = this.#places.get(member) ?? new Map<number, Place>();
    this.#places.set(member, places.set(id, { arrival, timer: undefined, taken: false }));
    const { acceptedMs, socket } = arrival;
    const { mode, stuckSeconds } = this.#options.settings;
    const order = { type: 'call', id, head: arrival.giveUp(), acceptedMs } as const;
    // a process of many calls is busy with the others, for as long as the settings let it
    if (mode === 'shared') member.hand(order, socket, stuckSeconds * 1000);
    else member.hand(order, socket);
  }

  #handNext(): void {
    for (;;) {
      const member = this.#free();
      const arrival = member && this.#waiting.next();
      if (!arrival) return;
      this.#hand(member, arrival);
    }
  }

  #onReport(member: CrewMember, report: Report): void {
    const { counters } = this.#options;
    if (report.type === 'ready') this.#onReady(member);
    else if (report.type === 'taken') this.#onTaken(member, report.id);
    else if (report.type === 'done' && report.id === REHEARSAL) {
      if (report.free) this.#onRehearsed(member);
    } else if (report.type === 'done') {
      const place = this.#places.get(member)?.get(report.id);
      this.#places.get(member)?.delete(report.id);
      clearTimeout(place?.timer);
      place?.arrival.release();
      counters.addEnd(report);
      if (report.free || member.isOnErrand) this.#onFree(member, member.isOnErrand);
      this.#options.onChange();
    } else if (report.type === 'free' && this.#rehearsals.has(member)) this.#onRehearsed(member, report.last);
    else if (report.type === 'free') this.#onFree(member, report.last);
    else if (report.type === 'tally') {
      this.#taken.set(member, report.active);
      counters.calls += report.calls;
      for (const [reason, count] of Object.entries(report.refused)) counters.addRefused(reason, count);
      for (const end of report.ended) counters.addEnd(end);
      this.#options.onChange();
    } else if (report.type === 'stale') {
      this.#options.log.write('info', `process ${member.pid} is renewed: ${report.why}`);
      this.#outdated.add(member);
      this.#staff();
    } else if (report.type === 'deaf') this.#options.onDeaf(report.code, report.why);
    else member.content();
  }

  #onReady(member: CrewMember): void {
    member.content();
    if (member.state === 'booting') {
      if (this.#isCalm && this.#rehearsals.wanted) void this.#rehearse(member);
      else this.#beginWork(member);
    }
    this.#boots.succeeded(false, () => this.#staff());
  }

  #beginWork(member: CrewMember): void {
    const { settings } = this.#options;
    member.state = 'idle';
    member.idleSinceMs = monotonicMs();
    if (settings.mode === 'shared') {
      for (const old of this.#outdated) {
        if (this.#count('idle') + this.#count('busy') - this.#outdated.size >= settings.processes)
          this.#retire(old);
      }
    }
    for (const resolve of this.#readies.splice(0)) resolve();
    this.#handNext();
    // it would serve behind everything else on the machine for as long as it lives
    if (member.isHeldBack) {
      this.#mayBePolite = false;
      this.#retire(member);
    }
    this.#retireIfClosing(member);
  }

  /** It is booting until it has come to the end of that. */
  async #rehearse(member: CrewMember): Promise<void> {
    // it may have ended meanwhile
    const isThere = () => this.#members.has(member) && member.state === 'booting';
    if (await this.#rehearsals.begin(member, () => this.#isCalm && isThere())) return;
    if (isThere()) this.#beginWork(member);
    this.#staff();
  }

  /** @param last it leaves, though it has served nobody: so would all that follow */
  #onRehearsed(member: CrewMember, last = false): void {
    this.#rehearsals.end(member);
    if (member.state !== 'booting') return;
    member.content();
    if (last) {
      this.#rehearsals.giveUp(`process ${member.pid} could serve nobody after its own`);
      this.#onFree(member, last);
    } else this.#beginWork(member);
    this.#staff();
  }

  #onTaken(member: CrewMember, id: number): void {
    const place = this.#places.get(member)?.get(id);
    member.content();
    if (id === REHEARSAL) member.expect('has not come to the end of its rehearsal');
    if (!place) return;
    place.taken = true;
    if (member.state === 'starting') {
      member.state = 'busy';
      this.#boots.succeeded(true, () => this.#staff());
    }
    place.arrival.letGo().destroy();
    const { maxSeconds } = this.#options.config;
    if (maxSeconds === 0 || this.#options.settings.mode === 'shared') return;
    place.timer = setTimeout(
      () => {
        this.#options.log.write(
          'error',
          `process ${member.pid} is ended by force: its script has run for ${maxSeconds} s, the limit of [fastagi] max_seconds, and never let the event loop turn [SCRIPT_TIMEOUT]`,
        );
        member.kill();
      },
      maxSeconds * 1000 + 1000,
    ).unref();
  }

  #onFree(member: CrewMember, last: boolean): void {
    if (last) {
      member.state = 'leaving';
      member.expectEnd();
    } else if (member.state === 'busy') {
      member.state = 'idle';
      member.idleSinceMs = monotonicMs();
      this.#turnover.add(member.idleSinceMs);
      this.#handNext();
      this.#retireIfClosing(member);
    }
    this.#staff();
  }

  #retireIfClosing(member: CrewMember): void {
    if (this.#closing && this.#waiting.length === 0 && member.state === 'idle') this.#retire(member);
  }

  #onExit(
    member: CrewMember,
    { code, signal }: { code: number | null; signal: NodeJS.Signals | null },
  ): void {
    const { counters, log } = this.#options;
    const wasBooting = member.state === 'booting' || member.state === 'starting';
    this.#members.delete(member);
    this.#outdated.delete(member);
    const places = this.#places.get(member);
    this.#places.delete(member);
    const taken = this.#taken.get(member) ?? 0;
    this.#taken.delete(member);
    this.#rehearsals.fail(member);
    let lost = taken;
    for (const { arrival, timer, taken } of places?.values() ?? []) {
      clearTimeout(timer);
      // it never had it: another one will
      if (!taken && !arrival.socket.destroyed) {
        arrival.resume();
        if (this.#over) this.#sendAway(arrival, 'drain_seconds');
        else this.#waiting.add(arrival, true);
        continue;
      }
      lost++;
      arrival.release();
    }
    const how = signal ?? `exit code ${code}`;
    if (lost > 0) {
      // a script may end its process by itself
      const isCrash = signal !== null || this.#options.settings.mode === 'shared';
      if (isCrash) {
        counters.crashes++;
        log.write(
          'error',
          `process ${member.pid} has ended with ${how} in the middle of ${lost === 1 ? 'a call' : `${lost} calls`} [PROCESS_ENDED]`,
        );
      }
      for (let call = 0; call < lost; call++)
        counters.addEnd({ code: code ?? 1, asked: true, firstCommandMs: undefined });
    } else if (wasBooting && !this.#closing) this.#boots.failed(member, member.pid === 0 ? undefined : how);
    if (lost === 0 && member.state === 'idle') {
      log.write(
        'warning',
        `process ${member.pid} has ended with ${how} while it had no call [PROCESS_ENDED]`,
      );
    }
    this.#handNext();
    this.#staff();
    this.#options.onChange();
    this.#lookWhetherEmpty();
  }

  /** To leave when it is done. */
  #retire(member: CrewMember): void {
    if (member.state === 'leaving') return;
    this.#outdated.delete(member);
    const { state } = member;
    member.dismiss(this.#options.settings.mode === 'pool' && (state === 'idle' || state === 'booting'));
  }

  #count(state: CrewMember['state']): number {
    let count = 0;
    for (const member of this.#members) if (member.state === state) count++;
    return count;
  }

  /** Begins the boots that are due. */
  #staff(): void {
    clearTimeout(this.#again);
    if (this.#closing && this.#waiting.length === 0) return;
    const { pauseMs } = this.#boots;
    if (pauseMs > 0) {
      this.#again = setTimeout(() => this.#staff(), pauseMs).unref();
      return;
    }
    const { settings } = this.#options;
    const cores = availableParallelism();
    const idle = this.#count('idle');
    const booting = this.#count('booting');
    if (settings.mode === 'shared') {
      const there = idle + this.#count('busy') + booting - this.#outdated.size;
      for (let due = Math.min(settings.processes - there, cores - booting); due > 0; due--)
        if (!this.#boot(false)) return;
      return;
    }
    const crew = { idle, busy: this.#count('busy'), booting, starting: this.#count('starting') };
    const waiting = this.#waiting.length;
    const spare = this.#closing ? 0 : settings.spare;
    if (waiting > 0) for (const member of this.#members) member.hurry();
    const now = monotonicMs();
    const freeEveryMs = this.#turnover.everyMs(now);
    const due = bootsDue(
      { ...crew, waiting, sinceLastCallMs: now - this.#lastCallMs, freeEveryMs },
      { most: settings.processes, spare, cores },
    );
    for (let boot = 0; boot < due.now; boot++) {
      if (due.urgent && settings.maxCalls === 1) {
        if (!this.#startErrand()) return;
      } else if (!this.#boot(!due.urgent && this.#mayBePolite)) return;
    }
    if (due.againMs !== undefined) this.#again = setTimeout(() => this.#staff(), due.againMs).unref();
  }

  /** A process for the call that has waited longest. */
  #startErrand(): boolean {
    const arrival = this.#waiting.next();
    if (!arrival) return false;
    const { acceptedMs, fd } = arrival;
    const id = ++this.#lastId;
    const call = { type: 'call', id, head: arrival.giveUp(), acceptedMs } as const;
    const member = this.#begin({ politely: false, errand: { call, fd } });
    if (!member) {
      arrival.resume();
      this.#waiting.add(arrival, true);
      return false;
    }
    this.#places.set(member, new Map([[id, { arrival, timer: undefined, taken: false }]]));
    return true;
  }

  /** @returns whether it could be begun; it is tried again later else */
  #boot(politely: boolean): boolean {
    return this.#begin({ politely }) !== undefined;
  }

  #begin(options: Pick<BootOptions, 'politely' | 'errand'>): CrewMember | undefined {
    const member = this.#boots.begin({ terms: this.#terms, ...options });
    if (member) {
      this.#members.add(member);
      this.#options.counters.boots++;
    } else this.#again = setTimeout(() => this.#staff(), this.#boots.pauseMs).unref();
    return member;
  }

  #lookAfterRegularly(): void {
    clearInterval(this.#upkeep);
    const stuckMs = this.#options.settings.stuckSeconds * 1000;
    const everyMs = Math.min(LOOK_AFTER_MS, stuckMs / 4 || LOOK_AFTER_MS);
    this.#upkeep = setInterval(() => this.#lookAfter(), everyMs).unref();
  }

  /** Ends what has been idle for long, one at a time, and what does not answer. */
  #lookAfter(): void {
    const { mode, stuckSeconds } = this.#options.settings;
    if (mode === 'shared') {
      if (stuckSeconds > 0)
        for (const member of this.#members) {
          if (member.state === 'booting' || member.waited) continue;
          member.send({ type: 'ping' });
          member.expect('has not let the event loop turn', stuckSeconds * 1000);
        }
      return;
    }
    if (this.#count('idle') <= this.#options.settings.spare) return;
    let oldest: CrewMember | undefined;
    for (const member of this.#members) {
      if (member.state === 'idle' && (!oldest || member.idleSinceMs < oldest.idleSinceMs)) oldest = member;
    }
    if (oldest && monotonicMs() - oldest.idleSinceMs > SURPLUS_MS) this.#retire(oldest);
  }
}

function termsOf({ config, settings, syslog }: CrewOptions): Terms {
  const { mode, maxCalls, maxActive, maxPerAddress, allow } = settings;
  return { mode, config, syslog, maxCalls, limits: { maxActive, maxPerAddress, allow } };
}
