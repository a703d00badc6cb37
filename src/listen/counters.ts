/** What a resident server has done. */
import type { CallResult } from './messages';

export class Counters {
  /** Calls let in. */
  calls = 0;
  /** Calls whose script failed, or was refused. */
  failed = 0;
  /** Connections sent away, by reason. */
  readonly refused = new Map<string, number>();
  /** Connections that brought no request, or what is none. */
  probes = 0;
  /** Processes started. */
  boots = 0;
  /** Processes that ended with calls in them. */
  crashes = 0;
  #firstCommands = 0;
  #firstCommandMs = 0;
  #slowestMs = 0;
  /** Told of each time to the first command. */
  onFirstCommand: ((ms: number) => void) | undefined;

  addRefused(reason: string, count = 1): void {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + count);
  }

  addEnd({ code, asked, firstCommandMs }: CallResult): void {
    if (!asked) {
      this.calls--;
      this.probes++;
      return;
    }
    if (code !== 0) this.failed++;
    if (firstCommandMs === undefined) return;
    this.#firstCommands++;
    this.#firstCommandMs += firstCommandMs;
    this.#slowestMs = Math.max(this.#slowestMs, firstCommandMs);
    this.onFirstCommand?.(firstCommandMs);
  }

  /** One line for the log. */
  describe(now: { active: number; waiting: number; processes: number }): string {
    const refused = [...this.refused].map(([reason, count]) => `${reason} ${count}`).join(', ') || '0';
    const mean = this.#firstCommands === 0 ? 0 : this.#firstCommandMs / this.#firstCommands;
    return [
      `calls ${this.calls}`,
      `active ${now.active}`,
      `waiting ${now.waiting}`,
      `failed ${this.failed}`,
      `refused ${refused}`,
      `without a request ${this.probes}`,
      `processes ${now.processes}`,
      `started ${this.boots}`,
      `crashed ${this.crashes}`,
      `first command after ${mean.toFixed(1)} ms on average, ${this.#slowestMs.toFixed(1)} ms at most`,
    ].join('; ');
  }
}
