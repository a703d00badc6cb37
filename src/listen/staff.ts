/** The processes of a server: how many there are, who comes, who is ready for calls, and who leaves. */

import { availableParallelism } from 'node:os';
import { monotonicMs } from '../agi/socket-transport';
import type { Config } from '../config';
import type { Log } from '../log';
import { Boots } from './boots';
import { bootsDue } from './boots-due';
import type { Counters } from './counters';
import type { BootOptions, CrewMember, Exit, Program } from './crew-member';
import type { Descriptor } from './doors';
import { REHEARSAL, type Report, STOPPED, type Terms } from './messages';
import { Rehearsals } from './rehearsals';
import type { Settings } from './settings';
import { Turnover } from './turnover';

/** How long more processes than the spare ones may stay idle. */
const SURPLUS_MS = 10_000;
/** How often, at least, processes are looked after. */
const LOOK_AFTER_MS = 5000;

export interface StaffOptions {
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
  /** What processes were to accept calls from is no such thing. */
  readonly onDeaf: (code: string | undefined, why: string) => void;
}

/** What the configuration may change. */
export type Changes = Pick<StaffOptions, 'config' | 'settings' | 'syslog'>;

/** Who has the calls, and gives them to the processes. */
export interface Dispatch {
  /** Calls that no process has yet. */
  readonly waiting: number;
  /** How many a process has been handed. */
  load(member: CrewMember): number;
  /** Processes are free. */
  handOut(): void;
  /**
   * A process is to be started for the call that has waited longest.
   * @param start gives undefined where none can be
   * @returns whether there was a call, and a process
   */
  sendOnErrand(start: (errand: NonNullable<BootOptions['errand']>) => CrewMember | undefined): boolean;
  /** @returns whether the process was handed that call */
  onTaken(member: CrewMember, id: number): boolean;
  /** @returns whether the process had that call */
  onDone(member: CrewMember, report: Report & { type: 'done' }): boolean;
  onTally(member: CrewMember, report: Report & { type: 'tally' }): void;
  /** A process leaves by itself, and will be seen to have ended. */
  onLeave(member: CrewMember): void;
  /**
   * A process has ended.
   * @returns whether calls are lost by that
   */
  onEnd(member: CrewMember, how: Exit): boolean;
}

export class Staff {
  #options: StaffOptions;
  readonly #dispatch: Dispatch;
  readonly #members = new Set<CrewMember>();
  /** Those whose place others will take, once they are ready. */
  readonly #outdated = new Set<CrewMember>();
  readonly #boots: Boots;
  readonly #rehearsals: Rehearsals;
  readonly #turnover = new Turnover();
  /** Until a process that stood back is seen not to have come forth again. */
  #mayBePolite: boolean;
  #lastCallMs = 0;
  /** Looked up now and then: newer Nodes read files of the system's for it, 20 µs each time. */
  #cores = availableParallelism();
  #again: NodeJS.Timeout | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #closing = false;
  readonly #readies: (() => void)[] = [];

  constructor(options: StaffOptions, dispatch: Dispatch) {
    this.#options = options;
    this.#dispatch = dispatch;
    this.#mayBePolite = options.mayBePolite;
    this.#boots = new Boots(options, {
      onReport: (member, report) => this.#onReport(member, report),
      onLeave: (member) => this.#dispatch.onLeave(member),
      onExit: (member, how) => this.#onExit(member, how),
    });
    this.#rehearsals = new Rehearsals(options.settings.mode === 'pool', options.log);
    this.#lookAfterRegularly();
    this.look();
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether a process boots, or could. */
  get isComing(): boolean {
    if (this.#count('booting') + this.#count('starting') > 0) return true;
    return this.#count('idle') + this.#count('busy') < this.#options.settings.processes;
  }

  /** Resolves when as many processes are ready as should be at the start. */
  async ready(): Promise<void> {
    const { settings } = this.#options;
    const due = settings.mode === 'shared' ? settings.processes : Math.min(1, settings.spare);
    while (!this.#closing && this.#count('idle') + this.#count('busy') < due) {
      await new Promise<void>((resolve) => this.#readies.push(resolve));
    }
  }

  /** Who is to have the next call. */
  free(): CrewMember | undefined {
    let best: CrewMember | undefined;
    for (const member of this.#members) {
      if (this.#options.settings.mode === 'shared') {
        if (member.state === 'booting' || member.state === 'leaving') continue;
        if (!best || this.#dispatch.load(member) < this.#dispatch.load(best)) best = member;
        // the one that was busy last is warm, and the others may leave when they are not wanted
      } else if (member.state === 'idle' && (!best || member.idleSinceMs > best.idleSinceMs)) best = member;
    }
    return best;
  }

  /** It is given a call, and is free for no other. */
  engage(member: CrewMember): void {
    if (this.#count('busy') === 0) this.#turnover.resume(monotonicMs());
    member.state = 'busy';
  }

  /** A call has come, whoever has it now. */
  noteCall(): void {
    this.#lastCallMs = monotonicMs();
    this.look();
  }

  /** Serves by other terms from now on: new processes take the place of those that are there. */
  renew(changes: Changes): void {
    this.#options = { ...this.#options, ...changes };
    this.#lookAfterRegularly();
    if (this.#options.settings.mode === 'shared') {
      // the old ones accept until the new ones do
      for (const member of this.#members) this.#outdated.add(member);
    } else for (const member of this.#members) this.#retire(member);
    this.look();
  }

  /** No more calls will come: who has none may leave, once none waits. */
  close(): void {
    this.#closing = true;
    if (this.#dispatch.waiting === 0) for (const member of this.#members) this.#retire(member);
    this.look();
  }

  /** The calls that are still there are ended. */
  end(): void {
    for (const member of this.#members) member.end(STOPPED);
  }

  /** All have gone. */
  stop(): void {
    clearInterval(this.#upkeep);
    this.#boots.close();
  }

  /** Begins the boots that are due. */
  look(): void {
    clearTimeout(this.#again);
    const { waiting } = this.#dispatch;
    if (this.#closing && waiting === 0) return;
    const { pauseMs } = this.#boots;
    if (pauseMs > 0) {
      this.#lookAgain(pauseMs);
      return;
    }
    const { settings } = this.#options;
    const idle = this.#count('idle');
    const booting = this.#count('booting');
    if (settings.mode === 'shared') {
      const there = idle + this.#count('busy') + booting - this.#outdated.size;
      for (let due = Math.min(settings.processes - there, this.#cores - booting); due > 0; due--)
        if (!this.#begin({ politely: false })) return;
      return;
    }
    const crew = { idle, busy: this.#count('busy'), booting, starting: this.#count('starting') };
    const spare = this.#closing ? 0 : settings.spare;
    if (waiting > 0) for (const member of this.#members) member.hurry();
    const now = monotonicMs();
    const freeEveryMs = this.#turnover.everyMs(now);
    const due = bootsDue(
      { ...crew, waiting, sinceLastCallMs: now - this.#lastCallMs, freeEveryMs },
      { most: settings.processes, spare, cores: this.#cores },
    );
    for (let boot = 0; boot < due.now; boot++) {
      if (due.urgent && settings.maxCalls === 1) {
        if (!this.#dispatch.sendOnErrand((errand) => this.#begin({ politely: false, errand }))) return;
      } else if (!this.#begin({ politely: !due.urgent && this.#mayBePolite })) return;
    }
    if (due.againMs !== undefined) this.#lookAgain(due.againMs);
  }

  #lookAgain(inMs: number): void {
    this.#again = setTimeout(() => this.look(), inMs).unref();
  }

  /** @returns undefined where it could not be begun: that is tried again later */
  #begin(options: Pick<BootOptions, 'politely' | 'errand'>): CrewMember | undefined {
    const member = this.#boots.begin({ terms: termsOf(this.#options), ...options });
    if (member) {
      this.#members.add(member);
      this.#options.counters.boots++;
    } else this.#lookAgain(this.#boots.pauseMs);
    return member;
  }

  #onReport(member: CrewMember, report: Report): void {
    if (report.type === 'ready') this.#onReady(member);
    else if (report.type === 'taken') this.#onTaken(member, report.id);
    else if (report.type === 'done' && report.id === REHEARSAL) {
      if (report.free) this.#onRehearsed(member);
    } else if (report.type === 'done') {
      if (!this.#dispatch.onDone(member, report)) member.distrust();
      else if (report.free || member.isOnErrand) this.#onFree(member, member.isOnErrand);
      else if (this.#options.settings.mode === 'pool') member.expectTidy();
    } else if (report.type === 'free' && this.#rehearsals.has(member)) this.#onRehearsed(member, report.last);
    else if (report.type === 'free') this.#onFree(member, report.last);
    else if (report.type === 'tally') this.#dispatch.onTally(member, report);
    else if (report.type === 'stale') {
      this.#options.log.write('info', `process ${member.pid} is renewed: ${report.why}`);
      this.#outdated.add(member);
      this.look();
    } else if (report.type === 'deaf') this.#options.onDeaf(report.code, report.why);
    else member.content();
  }

  #onReady(member: CrewMember): void {
    member.content();
    if (member.state === 'booting') {
      if (this.#isCalm && this.#rehearsals.wanted) void this.#rehearse(member);
      else this.#beginWork(member);
    }
    this.#boots.succeeded(false, () => this.look());
  }

  /** Whether nobody would miss a process that is not there yet. */
  get #isCalm(): boolean {
    return this.#dispatch.waiting === 0 && this.#count('idle') > 0;
  }

  /** It is booting until it has come to the end of that. */
  async #rehearse(member: CrewMember): Promise<void> {
    // it may have ended meanwhile
    const isThere = () => this.#members.has(member) && member.state === 'booting';
    if (await this.#rehearsals.begin(member, () => this.#isCalm && isThere())) return;
    if (isThere()) this.#beginWork(member);
    this.look();
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
    this.look();
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
    this.#dispatch.handOut();
    // it would serve behind everything else on the machine for as long as it lives
    if (member.isHeldBack) {
      this.#mayBePolite = false;
      this.#retire(member);
    }
    this.#retireIfClosing(member);
  }

  #onTaken(member: CrewMember, id: number): void {
    member.content();
    if (id === REHEARSAL) member.expect('has not come to the end of its rehearsal');
    if (!this.#dispatch.onTaken(member, id) || member.state !== 'starting') return;
    member.state = 'busy';
    this.#boots.succeeded(true, () => this.look());
  }

  #onFree(member: CrewMember, last: boolean): void {
    // one that leaves may have been handed a call meanwhile
    if (!last && (member.servesOne || this.#dispatch.load(member) > 0)) {
      member.distrust();
      return;
    }
    member.content();
    if (last) {
      member.state = 'leaving';
      member.expectEnd();
    } else if (member.state === 'busy') {
      member.state = 'idle';
      member.idleSinceMs = monotonicMs();
      this.#turnover.add(member.idleSinceMs);
      this.#dispatch.handOut();
      this.#retireIfClosing(member);
    }
    this.look();
  }

  #onExit(member: CrewMember, how: Exit): void {
    const wasBooting = member.state === 'booting' || member.state === 'starting';
    this.#members.delete(member);
    this.#outdated.delete(member);
    this.#rehearsals.fail(member);
    const { code, signal } = how;
    const told = signal ?? `exit code ${code}`;
    if (!this.#dispatch.onEnd(member, how)) {
      // one that nobody waits for any more may be ended by what ends the server
      if (wasBooting && (!this.#closing || this.#dispatch.waiting > 0))
        this.#boots.failed(member, member.pid === 0 ? undefined : told);
      if (member.state === 'idle') {
        this.#options.log.write(
          'warning',
          `process ${member.pid} has ended with ${told} while it had no call [PROCESS_ENDED]`,
        );
      }
    }
    this.look();
  }

  #retireIfClosing(member: CrewMember): void {
    if (this.#closing && this.#dispatch.waiting === 0 && member.state === 'idle') this.#retire(member);
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

  #lookAfterRegularly(): void {
    clearInterval(this.#upkeep);
    const stuckMs = this.#options.settings.stuckSeconds * 1000;
    const everyMs = Math.min(LOOK_AFTER_MS, stuckMs / 4 || LOOK_AFTER_MS);
    this.#upkeep = setInterval(() => this.#lookAfter(), everyMs).unref();
  }

  /** Ends what has been idle for long, one at a time, and what does not answer. */
  #lookAfter(): void {
    this.#cores = availableParallelism();
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

function termsOf({ config, settings, syslog }: StaffOptions): Terms {
  const { mode, maxCalls, maxActive, maxPerAddress, allow } = settings;
  return { mode, config, syslog, maxCalls, limits: { maxActive, maxPerAddress, allow } };
}
