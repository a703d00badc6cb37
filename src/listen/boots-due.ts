/**
 * How many processes there should be. A boot costs some 40 ms of processor: as many at once as there are
 * processors where calls wait for them or are about to, and else one at a time, in the quiet after a call, so that
 * what is made ready for the next calls takes nothing from those that run. Where calls are so short that processes are
 * free again before others could be booted, nothing is: it would only take from those that are there.
 */

/** How long after the last call the processes that it has taken are replaced; and those that are missed sooner. */
const QUIET_MS = 40;
const BREATH_MS = 8;
/** How long a boot takes on a machine that is busy. */
const BOOT_MS = 80;

export interface CrewNow {
  readonly idle: number;
  readonly busy: number;
  readonly booting: number;
  /** Those that boot with the call that they are for. */
  readonly starting: number;
  /** Calls that no process has yet. */
  readonly waiting: number;
  readonly sinceLastCallMs: number;
  /** How long it takes, lately, until one more has become free. */
  readonly freeEveryMs: number;
}

export interface Bounds {
  /** The most processes. */
  readonly most: number;
  /** How many are kept ready, idle. */
  readonly spare: number;
  readonly cores: number;
}

export interface BootsDue {
  /** How many to begin now. */
  readonly now: number;
  /** Whether calls wait for them: else they stand back behind the calls. */
  readonly urgent: boolean;
  /** When to look again, where a boot is due later. */
  readonly againMs?: number;
}

export function bootsDue(crew: CrewNow, bounds: Bounds): BootsDue {
  const { idle, busy, booting, starting, waiting, sinceLastCallMs, freeEveryMs } = crew;
  const room = bounds.most - idle - busy - booting - starting;
  const due = Math.max(waiting, bounds.spare - idle);
  if (due > 0 && busy > 0 && due * freeEveryMs < BOOT_MS)
    return { now: 0, urgent: false, againMs: BREATH_MS };
  const wanted = waiting - booting - idle;
  if (wanted > 0) {
    return { now: Math.max(0, Math.min(wanted, bounds.cores - booting - starting, room)), urgent: true };
  }
  const ready = idle + booting - waiting;
  if (ready >= bounds.spare || room <= 0) return { now: 0, urgent: false };
  // half of the spare ones are for a burst, which is over in a breath; with fewer, all processors boot
  const isLow = ready < bounds.spare / 2;
  if (booting + starting >= (isLow ? bounds.cores : 1)) return { now: 0, urgent: false };
  const quietMs = isLow ? BREATH_MS : QUIET_MS;
  if (sinceLastCallMs < quietMs && idle > 1)
    return { now: 0, urgent: false, againMs: quietMs - sinceLastCallMs };
  const missing = isLow ? Math.ceil(bounds.spare / 2) - ready : 1;
  return { now: Math.min(missing, bounds.cores - booting - starting, room), urgent: false };
}
