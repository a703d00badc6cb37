/** AsyncAGI for a server that listens: its calls come in by connections to the server's own place. */
import type { Config } from '../config';
import type { Log } from '../log';
import { parseAddress } from './address';
import { Ami } from './ami';
import { managerOptions } from './asmanager';
import { type Bridge, bridgeCalls } from './fastagi-bridge';

export { managerOptions } from './asmanager';

/** How long the connections of calls that are over may take to close. */
const CLOSE_MS = 1000;

/** The calls of a manager, on their way to a server in the same process. */
export class AsyncCalls {
  readonly #log: Log;
  readonly #abort = new AbortController();
  #ami: Ami | undefined;
  #bridge: Bridge | undefined;
  #stopped = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Resolves when the first connection to the manager is there, or never will be; the log says which.
   * @param place what the server listens on: `127.0.0.1:4573`
   */
  async take(config: Config, place: string): Promise<void> {
    const log = this.#log;
    try {
      // a connection to every address of the machine goes to the machine's own
      const here = place.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
      const server = parseAddress(here, undefined, 4573);
      const ami = await Ami.connect({
        ...managerOptions(config),
        reconnect: { fromStart: true },
        signal: this.#abort.signal,
      });
      this.#ami = ami;
      ami.onState((state, error) => {
        if (state === 'connected') log.write('info', `calls of AsyncAGI come from ${ami.address} again`);
        else if (error) log.write('error', `no calls of AsyncAGI come any more: ${error.message}`);
      });
      if (this.#stopped) return;
      this.#bridge = bridgeCalls(ami, { server, onProblem: (text) => log.write('error', text) });
      log.write('info', `calls of AGI(agi:async,SCRIPT) come from ${ami.address}`);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      log.write('error', `no calls of AsyncAGI can be taken: ${(error as Error).message}`);
    }
  }

  /** Takes no more calls; those that run go on. */
  stop(): void {
    this.#stopped = true;
    this.#bridge?.stop();
  }

  /** Leaves the manager. */
  async close(): Promise<void> {
    this.stop();
    // what the server has ended is given back to the dialplan before
    await this.#bridge?.finish(AbortSignal.timeout(CLOSE_MS));
    if (this.#ami) await this.#ami.close();
    else this.#abort.abort(new Error('the server has stopped'));
  }
}
