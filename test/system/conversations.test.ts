/** The table of conversations, held with both versions of the real Asterisk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversations } from '../sim/conversations';
import type { AsteriskMajor } from '../support/conversations';
import { AgiCalls } from './support/agi-calls';
import { missingParts } from './support/parts';

const missing = missingParts();

describe.skipIf(missing).each([16, 22] as const)(
  `Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version: AsteriskMajor) => {
    let calls: AgiCalls;
    beforeAll(async () => {
      calls = await AgiCalls.start(version, conversations);
    }, 60_000);
    afterAll(() => calls?.stop());

    const table = conversations
      .map((conversation, at) => ({ ...conversation, at }))
      .filter(({ versions }) => versions === undefined || versions.includes(version));
    it.concurrent.each(table)('$name', async (conversation) => {
      const { seen } = await calls.hold(conversation, `c${conversation.at}`);
      expect(seen).toEqual(conversation.steps);
    });
  },
);
