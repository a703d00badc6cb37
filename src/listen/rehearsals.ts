/** The processes that rehearse, each with a connection to the Asterisk that the master plays for it. */
import { monotonicMs } from '../agi/socket-transport';
import type { CrewMember } from './crew-member';
import { REHEARSAL } from './messages';
import { rehearsalHead, Stage } from './stage';

export class Rehearsals {
  wanted: boolean;
  readonly #stages = new Map<CrewMember, Stage>();

  constructor(wanted: boolean) {
    this.wanted = wanted;
  }

  has(member: CrewMember): boolean {
    return this.#stages.has(member);
  }

  /**
   * @param isDue asked once more when all is ready
   * @returns whether it has begun: its end is `end`
   */
  async begin(member: CrewMember, isDue: () => boolean): Promise<boolean> {
    const stage = await Stage.open().catch(() => undefined);
    if (!stage) return false;
    if (!isDue()) {
      stage.close();
      return false;
    }
    this.#stages.set(member, stage);
    const head = rehearsalHead;
    member.hand({ type: 'call', id: REHEARSAL, head, acceptedMs: monotonicMs() }, stage.socket);
    return true;
  }

  /** It is over, however that went. */
  end(member: CrewMember): void {
    this.#stages.get(member)?.close();
    this.#stages.delete(member);
  }
}
