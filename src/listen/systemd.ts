/** The two things that systemd and a service of its agree on: sockets that are open already, and how it is doing. */
import { spawn } from 'node:child_process';

/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const FIRST = 3;

/**
 * Descriptors of the sockets that systemd has opened for this process; none where it has not. What it says of them
 * leaves the environment, so that no child takes it for its own.
 */
export function inheritedSockets(environment: NodeJS.ProcessEnv): number[] {
  const { LISTEN_FDS: count, LISTEN_PID: pid } = environment;
  delete environment.LISTEN_FDS;
  delete environment.LISTEN_PID;
  delete environment.LISTEN_FDNAMES;
  if (pid !== String(process.pid) || !/^[1-9]\d{0,2}$/.test(count ?? '')) return [];
  return Array.from({ length: Number(count) }, (_, at) => FIRST + at);
}

/**
 * Tells systemd how the service is doing (sd_notify(3)), where it has asked for that by `Type=notify`. Node has no
 * datagrams on Unix sockets, so systemd's own program says it: the unit needs `NotifyAccess=all`.
 */
export class Notifier {
  readonly #socket: string | undefined;

  /** @param environment what systemd says there leaves it: a program that a script starts would speak for the service */
  constructor(environment: NodeJS.ProcessEnv) {
    this.#socket = environment.NOTIFY_SOCKET || undefined;
    delete environment.NOTIFY_SOCKET;
  }

  /** @param state `READY=1`, `STOPPING=1`, `STATUS=…` */
  tell(...state: string[]): void {
    if (this.#socket === undefined) return;
    const env = { ...process.env, NOTIFY_SOCKET: this.#socket };
    const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...state], { env, stdio: 'ignore' });
    // not there: then systemd says that nothing was said
    child.on('error', () => {});
    child.unref();
  }
}
