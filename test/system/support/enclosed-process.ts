import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A program in a mount namespace of its own. What it mounts goes with the last process in there, and by the
 * namespace all that it starts can be found and ended, whatever the parent or the process group has become.
 */
export class EnclosedProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended = new AbortController();
  /** Held open while we may look for its processes: the kernel gives the number of a dead one to the next. */
  #namespace: { fd: number; name: string } | undefined;

  /**
   * Each program on the way replaces itself by the next (exec), so that the id we know is the program's own.
   *
   * @param output the open file that takes stdout and stderr
   * @param pipes so many descriptors from 3 on are pipes to this process
   */
  constructor(
    name: string,
    command: string[],
    options: { env: NodeJS.ProcessEnv; output: number; pipes?: number },
  ) {
    // pdeathsig: when the test process dies, so does the program
    const enclosing = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private'];
    this.#child = spawn('setpriv', [...enclosing, ...command], {
      cwd: '/',
      env: options.env,
      stdio: ['ignore', options.output, options.output, ...Array(options.pipes ?? 0).fill('pipe')],
    });
    this.#child.once('error', (error) => this.#ended.abort(error));
    this.#child.once('exit', (code, signal) => this.#ended.abort(`${name} ended with ${code ?? signal}`));
    this.pid = this.#child.pid ?? 0;
  }

  /** Our end of a pipe. @param fd the program's descriptor */
  pipe(fd: number): Duplex {
    return this.#child.stdio[fd] as Duplex;
  }

  /** Aborts when the program has ended, with how it did as the reason. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The processes that live in the namespace now: the program and what it started. None once `end` is done. */
  processes(): number[] {
    this.#namespace ??= this.#openNamespace();
    const name = this.#namespace?.name;
    if (name === undefined) return [];
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && namespaceOf(`/proc/${pid}/ns/mnt`) === name);
  }

  /** Ends the program by `signal`, and all that it has left by SIGKILL; resolves when all are gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.processes(); // while it lives, its namespace can be had
    if (this.pid && !this.#ended.signal.aborted) {
      const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
      this.#child.kill(signal);
      await new Promise((resolve) => this.#child.once('exit', resolve));
      clearTimeout(timer);
    }
    if (!this.#namespace) return;
    for (let left = this.processes(); left.length > 0; left = this.processes()) {
      left.forEach(killQuietly);
      await delay(5); // nobody is told of the end of a process that is not a child
    }
    closeSync(this.#namespace.fd);
    this.#namespace = undefined;
  }

  #openNamespace(): { fd: number; name: string } | undefined {
    if (!this.pid || this.#ended.signal.aborted) return undefined;
    const fd = openSync(`/proc/${this.pid}/ns/mnt`, 'r');
    const name = namespaceOf(`/proc/self/fd/${fd}`);
    // for a moment after the start it is still in ours, where it is not for us to end anything
    if (name !== undefined && name !== namespaceOf('/proc/self/ns/mnt')) return { fd, name };
    closeSync(fd);
    return undefined;
  }
}

/** `undefined` for a process that has ended, be it reaped or not. */
function namespaceOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself meanwhile
  }
}
