/** The processes that rehearse, each with a connection to the Asterisk that the master plays for it. */
import { monotonicMs } from '../agi/socket-transport';
import type { Log } from '../log';
import type { CrewMember } from './crew-member';
import { REHEARSAL } from './messages';
import { rehearsalHead, Stage } from './stage';

/** After so many in a row that have come to nothing there are no more: processes are ready sooner without. */
const FAILURES_MOST = 3;

export class Rehearsals {
  readonly #log: Log;
  #wanted: boolean;
  #failed = 0;
  readonly #stages = new Map<CrewMember, Stage>();

  constructor(wanted: boolean, log: Log) {
    this.#wanted = wanted;
    this.#log = log;
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  has(member: CrewMember): boolean {
    return this.#stages.has(member);
  }

  /**
   * @param isDue asked once more when all is ready
   * @returns whether it has begun: its end is `end`, or `fail`
   */
  async begin(member: CrewMember, isDue: () => boolean): Promise<boolean> {
    let stage: Stage;
    try {
      stage = await Stage.open();
    } catch (error) {
      this.#addFailure(`there is no connection for it (${(error as Error).message})`);
      return false;
    }
    if (!isDue()) {
      stage.close();
      return false;
    }
    this.#stages.set(member, stage);
    const head = rehearsalHead;
    member.hand({ type: 'call', id: REHEARSAL, head, acceptedMs: monotonicMs() }, stage.socket);
    return true;
  }

  /** It has come to its end. */
  end(member: CrewMember): void {
    this.#failed = 0;
    this.#close(member);
  }

  /** Its process has ended before that, if it was there at all. */
  fail(member: CrewMember): void {
    if (!this.has(member)) return;
    this.#close(member);
    this.#addFailure(`process ${member.pid} has not come to its end`);
  }

  /** There are no more. */
  giveUp(why: string): void {
    this.#wanted = false;
    this.#log.write('info', `processes are ready without a rehearsal from now on: ${why}`);
  }

  #addFailure(why: string): void {
    this.#failed++;
    this.#log.write('debug', `a rehearsal has come to nothing: ${why}`);
    if (this.#wanted && this.#failed >= FAILURES_MOST) this.giveUp(`${why}, nor have those before`);
  }

  #close(member: CrewMember): void {
    this.#stages.get(member)?.close();
    this.#stages.delete(member);
  }
}
