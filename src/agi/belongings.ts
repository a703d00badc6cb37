/** The end of what a call has beside its conversation. */
import type { Agi } from './agi';
import { commander } from './commander';

/**
 * What a call has opened beside its connection must not stay open behind it.
 * @returns undefined where there is nothing
 */
export function closeBelongings(agi: Agi): Promise<void> | undefined {
  const { belongings } = agi[commander];
  const { manager, ari } = belongings;
  if (!manager && !ari) return undefined;
  delete belongings.manager;
  delete belongings.ari;
  const closed = [manager?.then((client) => client.close()), ari?.close()];
  return Promise.allSettled(closed).then(() => {});
}
