/** The calls of a server: which process gets which, and what becomes of those that none has yet. */

import type { RefusalReason } from './admission';
import type { Arrival } from './arrival';
import type { CrewMember, Exit } from './crew-member';
import { Ledger } from './ledger';
import type { CallOrder, Report } from './messages';
import { sendAway } from './reception';
import { type Changes, type Dispatch, Staff, type StaffOptions } from './staff';
import { WaitingLine } from './waiting-line';

export interface CrewOptions extends StaffOptions {
  /** Told whenever a call has come or gone. */
  readonly onChange: () => void;
  /** There is no process for a call: it is to be sent away. */
  readonly onRefusal: (arrival: Arrival, reason: RefusalReason) => void;
}

export class Crew {
  #options: CrewOptions;
  readonly #ledger: Ledger;
  readonly #waiting: WaitingLine;
  readonly #staff: Staff;
  #lastId = 0;
  /** Whether no call is given a process any more. */
  #over = false;
  /** To be called when no process is there any more, and no call that waits for one. */
  #onEmpty: (() => void) | undefined;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.settings.mode === 'pool');
    this.#waiting = new WaitingLine(
      () => this.#staff.isComing,
      (arrival) => this.#sendAway(arrival, 'processes'),
    );
    this.#staff = new Staff(options, this.#dispatch());
  }

  /** Calls that a process has. */
  get active(): number {
    return this.#ledger.active;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get processes(): number {
    return this.#staff.size;
  }

  /** Resolves when as many processes are ready as should be at the start. */
  ready(): Promise<void> {
    return this.#staff.ready();
  }

  /** A call: for a process that is free, or the first that will be. */
  take(arrival: Arrival): void {
    const member = this.#staff.free();
    if (member) this.#hand(member, arrival);
    else this.#waiting.add(arrival);
    this.#staff.noteCall();
  }

  /** Its caller has gone before a process had it. */
  drop(arrival: Arrival): void {
    this.#waiting.drop(arrival);
    this.#lookWhetherEmpty();
  }

  /** Serves by other terms from now on: new processes take the place of those that are there. */
  renew(changes: Changes): void {
    this.#options = { ...this.#options, ...changes };
    this.#staff.renew(changes);
  }

  /** Takes no more calls, and ends when those that are there have: at the latest after so many seconds. */
  async close(drainSeconds: number, hurry: AbortSignal): Promise<void> {
    this.#staff.close();
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
      this.#staff.end();
      await ended;
    }
    clearTimeout(timer);
    this.#staff.stop();
  }

  /** What the processes have to do with the calls. */
  #dispatch(): Dispatch {
    const waiting = this.#waiting;
    return {
      get waiting() {
        return waiting.length;
      },
      load: (member) => this.#ledger.load(member),
      handOut: () => this.#handOut(),
      sendOnErrand: (start) => this.#sendOnErrand(start),
      onTaken: (member, id) => this.#onTaken(member, id),
      onDone: (member, report) => this.#onDone(member, report),
      onTally: (member, report) => this.#onTally(member, report),
      onLeave: (member) => this.#ledger.letGo(member),
      onEnd: (member, how) => this.#onEnd(member, how),
    };
  }

  #lookWhetherEmpty(): void {
    if (this.#staff.size === 0 && this.#waiting.length === 0) this.#onEmpty?.();
  }

  #sendAway(arrival: Arrival, reason: RefusalReason): void {
    this.#options.onRefusal(arrival, reason);
    arrival.release();
    this.#options.onChange();
    this.#lookWhetherEmpty();
  }

  #hand(member: CrewMember, arrival: Arrival): void {
    const { mode, stuckSeconds } = this.#options.settings;
    const order = this.#orderOf(arrival);
    this.#ledger.enter(member, order.id, arrival);
    // a process of many calls is busy with the others, for as long as the settings let it
    if (mode === 'shared') member.hand(order, arrival.socket, stuckSeconds * 1000);
    else {
      this.#staff.engage(member);
      member.hand(order, arrival.socket);
    }
  }

  #orderOf(arrival: Arrival): CallOrder {
    return { type: 'call', id: ++this.#lastId, head: arrival.giveUp(), acceptedMs: arrival.acceptedMs };
  }

  #handOut(): void {
    for (;;) {
      const member = this.#staff.free();
      const arrival = member && this.#waiting.next();
      if (!arrival) return;
      this.#hand(member, arrival);
    }
  }

  #sendOnErrand(start: Parameters<Dispatch['sendOnErrand']>[0]): boolean {
    const arrival = this.#waiting.next();
    if (!arrival) return false;
    const call = this.#orderOf(arrival);
    const member = start({ call, fd: arrival.fd });
    if (member) this.#ledger.enter(member, call.id, arrival);
    else this.#waitAgain(arrival);
    return member !== undefined;
  }

  /** It goes before those that have not waited yet. */
  #waitAgain(arrival: Arrival): void {
    arrival.resume();
    this.#waiting.add(arrival, true);
  }

  #onTaken(member: CrewMember, id: number): boolean {
    if (!this.#ledger.take(member, id)) return false;
    const { maxSeconds } = this.#options.config;
    if (maxSeconds > 0 && this.#options.settings.mode === 'pool')
      this.#ledger.limit(member, id, maxSeconds * 1000 + 1000, () => {
        this.#options.log.write(
          'error',
          `process ${member.pid} is ended by force: its script has run for ${maxSeconds} s, the limit of [fastagi] max_seconds, and never let the event loop turn [SCRIPT_TIMEOUT]`,
        );
        member.kill();
      });
    return true;
  }

  #onDone(member: CrewMember, report: Report & { type: 'done' }): boolean {
    if (!this.#ledger.strike(member, report.id)) return false;
    this.#options.counters.addEnd(report);
    this.#options.onChange();
    return true;
  }

  #onTally(member: CrewMember, { active, calls, refused, ended }: Report & { type: 'tally' }): void {
    const { counters } = this.#options;
    this.#ledger.setAccepted(member, active);
    counters.calls += calls;
    for (const [reason, count] of Object.entries(refused)) counters.addRefused(reason, count);
    for (const end of ended) counters.addEnd(end);
    this.#options.onChange();
  }

  #onEnd(member: CrewMember, { code, signal }: Exit): boolean {
    const { counters, log, settings } = this.#options;
    const how = signal ?? `exit code ${code}`;
    const { lost, cut, untaken } = this.#ledger.close(member);
    for (const arrival of cut) {
      arrival.resume();
      sendAway(arrival.socket, `the process that served this call has ended with ${how}`);
    }
    for (const arrival of untaken) {
      if (this.#over) {
        arrival.resume();
        this.#sendAway(arrival, 'drain_seconds');
      } else this.#waitAgain(arrival);
    }
    // a script may end its process by itself
    if (lost > 0 && (signal !== null || settings.mode === 'shared')) {
      counters.crashes++;
      const calls = lost === 1 ? 'a call' : `${lost} calls`;
      log.write(
        'error',
        `process ${member.pid} has ended with ${how} in the middle of ${calls} [PROCESS_ENDED]`,
      );
    }
    for (let call = 0; call < lost; call++)
      counters.addEnd({ code: code ?? 1, asked: true, firstCommandMs: undefined });
    this.#handOut();
    this.#options.onChange();
    this.#lookWhetherEmpty();
    return lost > 0;
  }
}
