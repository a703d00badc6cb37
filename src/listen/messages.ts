/** What the master and a process that serves calls say to each other. */
import type { Config } from '../config';

/** What a serving process is told. */
export type Order =
  /** First of all: how to serve. From so many sockets, descriptor 4 and on, it is to accept calls by itself. */
  | { readonly type: 'begin'; readonly terms: Terms; readonly sockets: number }
  /** A call; its socket comes with it. */
  | CallOrder
  /** Take no more, finish what is there, leave. */
  | { readonly type: 'leave' }
  /** The time to finish is over: end what is there, and leave. */
  | { readonly type: 'end'; readonly why: string }
  /** Show that the event loop turns. */
  | { readonly type: 'ping' };

export interface CallOrder {
  readonly type: 'call';
  /** `REHEARSAL`: it is none. */
  readonly id: number;
  /** What has been read of it, in latin1. */
  readonly head: string;
  readonly acceptedMs: number;
}

/** The number of what is no caller's call (`rehearsals.ts`). */
export const REHEARSAL = 0;

/** What a process is told that is started for one call: JSON in a line, the only one. */
export interface Errand {
  readonly terms: Terms;
  readonly call: CallOrder;
}

/** Signals that reach the whole group, or the wrong one of its processes: they are for the master. */
export const masterSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/** To a process on an errand, which hears nothing else: the order to end. */
export const END_SIGNAL = 'SIGUSR2';

/** Why calls are ended that are still there when the server may drain no longer. */
export const STOPPED = 'the service is stopped, and its time to finish is over';

/** How to serve. */
export interface Terms {
  readonly mode: 'pool' | 'shared';
  readonly config: Config;
  /** Whether descriptor 2 leads to syslog, which knows the time by itself. */
  readonly syslog: boolean;
  /** Pool: the calls after which a process is renewed. */
  readonly maxCalls: number;
  readonly limits: Limits;
}

/** Whom to let in; 0: no limit. */
export interface Limits {
  readonly maxActive: number;
  readonly maxPerAddress: number;
  readonly allow: readonly string[];
}

/** What a serving process says. */
export type Report =
  | { readonly type: 'ready' }
  /** The call has arrived here: it is this process's now. */
  | { readonly type: 'taken'; readonly id: number }
  /**
   * A call is over, and its connection is about to be closed. `free`: pool, and the process has tidied up already,
   * and takes the next call.
   */
  | ({ readonly type: 'done'; readonly id: number; readonly free?: boolean } & CallResult)
  /** Pool: the process has tidied up, and takes the next call. `last`: it takes none, and leaves. */
  | { readonly type: 'free'; readonly last: boolean }
  /** Of calls that the process has accepted by itself, since its last word. */
  | ({ readonly type: 'tally' } & Tally)
  /** The process holds something that it cannot let go of: another must take its place. */
  | { readonly type: 'stale'; readonly why: string }
  /** What it was given is no socket to listen on. */
  | { readonly type: 'deaf'; readonly code: string | undefined; readonly why: string }
  | { readonly type: 'pong' };

export interface CallResult {
  readonly code: number;
  /** Whether a request came: else it was a probe, or a stranger. */
  readonly asked: boolean;
  /** From the connection to the script's first command; undefined where there was none. */
  readonly firstCommandMs: number | undefined;
}

export interface Tally {
  readonly active: number;
  readonly calls: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly ended: readonly CallResult[];
}
