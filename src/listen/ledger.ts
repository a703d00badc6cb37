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
  /** Calls that the master has accepted. */
  readonly #handed = new Map<CrewMember, Map<number, Entry>>();
  /** How many calls a process has accepted by itself. */
  readonly #accepted = new Map<CrewMember, number>();

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
    entry.arrival.letGo().destroy();
    return true;
  }

  /** @param onOver called when the call is still there after so long */
  limit(member: CrewMember, id: number, ms: number, onOver: () => void): void {
    const entry = this.#handed.get(member)?.get(id);
    if (entry) entry.limit = setTimeout(onOver, ms).unref();
  }

  /** A call is over. */
  strike(member: CrewMember, id: number): void {
    const entries = this.#handed.get(member);
    const entry = entries?.get(id);
    entries?.delete(id);
    clearTimeout(entry?.limit);
    entry?.arrival.release();
  }

  /** What a process has by itself. */
  setAccepted(member: CrewMember, count: number): void {
    this.#accepted.set(member, count);
  }

  /**
   * A process is gone.
   * @returns how many calls have gone with it, and those that it was handed and never had: another one will
   */
  close(member: CrewMember): { lost: number; untaken: Arrival[] } {
    let lost = this.#accepted.get(member) ?? 0;
    this.#accepted.delete(member);
    const entries = this.#handed.get(member);
    this.#handed.delete(member);
    const untaken: Arrival[] = [];
    for (const { arrival, limit, taken } of entries?.values() ?? []) {
      clearTimeout(limit);
      if (!taken && !arrival.socket.destroyed) {
        untaken.push(arrival);
        continue;
      }
      lost++;
      arrival.release();
    }
    return { lost, untaken };
  }
}
