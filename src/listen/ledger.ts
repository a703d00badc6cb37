/** Which process has which calls. */
import type { Arrival } from './arrival';
import type { CrewMember } from './crew-member';

interface Entry {
  readonly arrival: Arrival;
  /** Whether the process has said that it has it. */
  taken: boolean;
  limit: NodeJS.Timeout | undefined;
}

export class Ledger {
  /** Whether the master keeps its end of a connection until the call is over. */
  readonly #keeps: boolean;
  /** Calls that the master has accepted. */
  readonly #handed = new Map<CrewMember, Map<number, Entry>>();
  /** How many calls a process has accepted by itself. */
  readonly #accepted = new Map<CrewMember, number>();

  /**
   * @param keeps whether the master keeps its end of each connection until the call is over: what a process that was
   *   killed cannot say any more is said there
   */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  get active(): number {
    let active = 0;
    for (const entries of this.#handed.values()) active += entries.size;
    for (const accepted of this.#accepted.values()) active += accepted;
    return active;
  }

  /** How many calls a process has been handed. */
  load(member: CrewMember): number {
    return this.#handed.get(member)?.size ?? 0;
  }

  enter(member: CrewMember, id: number, arrival: Arrival): void {
    const entries = this.#handed.get(member) ?? new Map<number, Entry>();
    this.#handed.set(member, entries.set(id, { arrival, taken: false, limit: undefined }));
  }

  /** @returns whether it has been handed that call */
  take(member: CrewMember, id: number): boolean {
    const entry = this.#handed.get(member)?.get(id);
    if (!entry) return false;
    entry.taken = true;
    const socket = entry.arrival.letGo();
    if (!this.#keeps) socket.destroy();
    return true;
  }

  /** @param onOver called when the call is still there after so long */
  limit(member: CrewMember, id: number, ms: number, onOver: () => void): void {
    const entry = this.#handed.get(member)?.get(id);
    if (entry) entry.limit = setTimeout(onOver, ms).unref();
  }

  /**
   * A call is over.
   * @returns whether the process had it
   */
  strike(member: CrewMember, id: number): boolean {
    const entries = this.#handed.get(member);
    const entry = entries?.get(id);
    if (!entry?.taken) return false;
    entries?.delete(id);
    clearTimeout(entry.limit);
    entry.arrival.socket.destroy();
    entry.arrival.release();
    return true;
  }

  /** A process has left by itself: what it had to say it has said. */
  letGo(member: CrewMember): void {
    for (const { arrival, taken } of this.#handed.get(member)?.values() ?? [])
      if (taken) arrival.socket.destroy();
  }

  /** What a process has by itself. */
  setAccepted(member: CrewMember, count: number): void {
    this.#accepted.set(member, count);
  }

  /**
   * A process is gone.
   * @returns how many calls have gone with it; those of which the connection is still there; and those that it was handed
   *   and never had: another one will
   */
  close(member: CrewMember): { lost: number; cut: Arrival[]; untaken: Arrival[] } {
    let lost = this.#accepted.get(member) ?? 0;
    this.#accepted.delete(member);
    const entries = this.#handed.get(member);
    this.#handed.delete(member);
    const cut: Arrival[] = [];
    const untaken: Arrival[] = [];
    for (const { arrival, limit, taken } of entries?.values() ?? []) {
      clearTimeout(limit);
      const { destroyed } = arrival.socket;
      if (!taken && !destroyed) {
        untaken.push(arrival);
        continue;
      }
      lost++;
      if (!destroyed) cut.push(arrival);
      arrival.release();
    }
    return { lost, cut, untaken };
  }
}
