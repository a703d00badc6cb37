/** Begins processes: from the compiled program once there is one, and not too soon after boots that have failed. */
import { closeSync } from 'node:fs';
import { monotonicMs } from '../agi/socket-transport';
import type { Log } from '../log';
import { type CompiledProgram, compileProgram } from './compiled-program';
import { type BootOptions, CrewMember, type Program, type Watcher } from './crew-member';
import type { Descriptor } from './doors';
import { standOnGround } from './ground';

/** Boots that fail are tried again after this, and twice as long each time, up to the most. */
const RETRY_MS = 100;
const RETRY_MOST_MS = 10_000;

export interface BootsOptions {
  readonly program: Program;
  readonly descriptors: readonly Descriptor[];
  readonly log: Log;
}

export class Boots {
  readonly #options: BootsOptions;
  readonly #watcher: Watcher;
  /** For the boots that follow the first one; undefined: not yet; null: it cannot be had. */
  #compiled: CompiledProgram | undefined | null;
  #failed = 0;
  #retryMs = 0;
  #closed = false;

  constructor(options: BootsOptions, watcher: Watcher) {
    this.#options = options;
    this.#watcher = watcher;
  }

  /** How long it is until the next boot may be tried. */
  get pauseMs(): number {
    return Math.max(0, this.#retryMs - monotonicMs());
  }

  /** @returns undefined where it could not be begun */
  begin(options: Pick<BootOptions, 'terms' | 'politely' | 'errand'>): CrewMember | undefined {
    const { log } = this.#options;
    const compiled = this.#compiled ?? undefined;
    if (!standOnGround()) {
      const told = 'the folder that this server was started in has been removed: it goes on in /';
      log.write('warning', told);
    }
    try {
      return new CrewMember({ ...this.#options, compiled, ...options }, this.#watcher);
    } catch (error) {
      // no memory for another process, or Node's own file is being written: `spawn` throws what it has no event for
      log.write('error', `no process can be started: ${(error as Error).message} [PROCESS_START]`);
      this.#putOff();
      return undefined;
    }
  }

  /**
   * A process is ready.
   * @param isOnErrand it runs another program than the ones that are compiled for
   * @param then once the next ones may begin: before them the program is compiled, but not before the first one is
   * ready, for somebody may wait for that
   */
  succeeded(isOnErrand: boolean, then: () => void): void {
    this.#failed = 0;
    this.#retryMs = 0;
    if (this.#compiled !== undefined || isOnErrand) {
      then();
      return;
    }
    this.#compiled = null;
    setImmediate(() => {
      if (!this.#closed) this.#compiled = compileProgram(this.#options.program.file) ?? null;
      then();
    });
  }

  /** @param how undefined: the process has not even begun, and the log has it already */
  failed({ pid, isOnErrand }: CrewMember, how: string | undefined): void {
    this.#putOff();
    if (how === undefined) return;
    // it may be what has killed it: the next one compiles by itself, and when it is ready all is compiled anew
    if (!isOnErrand) this.#dropCompiled();
    this.#options.log.write(
      'error',
      `process ${pid} has ended with ${how} before it was ready [PROCESS_START]`,
    );
  }

  close(): void {
    this.#closed = true;
    this.#dropCompiled();
  }

  #putOff(): void {
    // of several that were begun in one round, the first one counts
    if (this.pauseMs > 0) return;
    this.#failed++;
    this.#retryMs = monotonicMs() + Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** (this.#failed - 1));
  }

  #dropCompiled(): void {
    if (this.#compiled) closeSync(this.#compiled.fd);
    this.#compiled = undefined;
  }
}
