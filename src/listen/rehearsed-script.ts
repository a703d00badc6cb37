/** What a process does in its rehearsal (`rehearsals.ts`): a file of its own, loaded as any script is. */
import type { Agi } from '../agi/agi';

export default async (agi: Agi): Promise<void> => {
  await agi.noop();
  await agi.getVariable('rehearsal');
};
