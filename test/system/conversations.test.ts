/** The table of conversations, held with both versions of the real Asterisk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeRequest } from '../../src/wire/agi-request-encoder';
import { conversations, withoutUsage } from '../sim/conversations';
import type { AsteriskMajor, Conversation } from '../support/conversations';
import { makeFolder } from '../support/inet';
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

    it('sends the request that the simulation sends', async () => {
      const conversation: Conversation = { name: '', steps: ['close', 'end'] };
      const { request } = await calls.hold(conversation, 'c0');
      const field = (name: string) => new RegExp(`^agi_${name}: (.*)$`, 'm').exec(request)?.[1] ?? '';
      const simulated = encodeRequest({
        networkScript: field('network_script'),
        request: field('request'),
        channel: field('channel'),
        language: 'en',
        type: 'Local',
        uniqueId: field('uniqueid'),
        version: field('version'),
        callerId: undefined,
        callerIdName: undefined,
        callingPres: Number(field('callingpres')),
        dnid: undefined,
        rdnis: undefined,
        context: 'test',
        extension: 'c0',
        priority: Number(field('priority')),
        enhanced: false,
        accountCode: '',
        threadId: field('threadid'),
        arguments: ['one', 'two words'],
      });
      expect(request).toBe(simulated);
      expect(field('version')).toMatch(new RegExp(`^${version}\\.`));
    });

    it('says less of a misuse where it has no documentation', async () => {
      const nothing = makeFolder();
      const bind = [{ from: nothing, to: '/usr/share/asterisk/documentation' }];
      const bare = await AgiCalls.start(version, withoutUsage, { bind });
      try {
        for (const [at, conversation] of withoutUsage.entries()) {
          expect((await bare.hold(conversation, `c${at}`)).seen).toEqual(conversation.steps);
        }
      } finally {
        await bare.stop();
      }
    });
  },
);
