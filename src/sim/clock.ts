/** The time of a simulated call: the machine's own, or one that is turned. */
import { machine } from './machine-time';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once, so many milliseconds from now; the result takes that back. */
  after(ms: number, callback: () => void): () => void;
}

export class RealClock implements Clock {
  now(): number {
    return machine.now();
  }

  after(ms: number, callback: () => void): () => void {
    // a timer takes 31 bits
    const timer = machine.after(Math.min(ms, 0x7fff_ffff), callback);
    return () => machine.forget(timer);
  }
}

interface Appointment {
  readonly at: number;
  readonly callback: () => void;
}

/** Stands still until it is turned, and then goes straight to what is due next. */
export class VirtualClock implements Clock {
  #now: number;
  #appointments: Appointment[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const appointment = { at: this.#now + Math.max(0, ms), callback };
    // behind those of the same moment
    const index = this.#appointments.findIndex(({ at }) => at > appointment.at);
    this.#appointments.splice(index === -1 ? this.#appointments.length : index, 0, appointment);
    return () => {
      this.#appointments = this.#appointments.filter((other) => other !== appointment);
    };
  }

  /** Goes to the next appointment and keeps it; false where there is none, or only later than `untilMs`. */
  turn(untilMs = Number.POSITIVE_INFINITY): boolean {
    const next = this.#appointments[0];
    if (next === undefined || next.at > untilMs) return false;
    this.#appointments.shift();
    this.#now = next.at;
    next.callback();
    return true;
  }

  /** Lets time pass, and keeps all that is due meanwhile. */
  pass(ms: number): void {
    const until = this.#now + ms;
    while (this.turn(until));
    this.#now = Math.max(this.#now, until);
  }
}
