/** The process, as a call that runs in it sees it: its own, or one that serves many. */
import type { Transport } from '../agi/transport';
import type { Ending } from './ending';

export interface House {
  /**
   * The call is over, and all is said.
   * @param rest resolves when what the call has opened beside its connection is closed, too; left out where that is
   * nothing
   */
  leave(ending: Ending, code: number, rest?: Promise<void>): void;
  /**
   * What keeps the event loop turning beside the call's own connection. Left out where that cannot be told for
   * one call, because others run beside it.
   */
  alive?(transport: Transport): string[];
  /** Ends the process a second after the limit, should the script never let go of it; `line` is for the log. */
  watch?(maxSeconds: number, line: string): void;
}
