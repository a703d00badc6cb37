/** The table of conversations, held with both versions of the real Asterisk. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeRequest } from '../../src/wire/agi-request-encoder';
import { conversations, withoutUsage } from '../sim/conversations';
import type { AsteriskMajor, Conversation } from '../support/conversations';
import { makeFolder } from '../support/inet';
import { AgiCalls } from './support/agi-calls';
import { asteriskRoot, missingParts } from './support/parts';

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
    const holds = async (conversation: (typeof table)[number]) => {
      const { seen } = await calls.hold(conversation, `c${conversation.at}`);
      expect(seen).toEqual(conversation.steps);
    };
    // first, and alone: with the end of every FastAGI call Asterisk 16 lets go of SIGCHLD once more than it took it,
    // and loses the exit codes of processes from then on
    it.each(table.filter(({ classic }) => classic))('$name', holds);
    it.concurrent.each(table.filter(({ classic }) => !classic))('$name', holds);

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
      // it does not start without any
      const file = '/usr/share/asterisk/documentation/core-en_US.xml';
      const whole = readFileSync(path.join(await asteriskRoot(version), file), 'utf8');
      const folder = makeFolder({ 'core.xml': whole.replace(/<agi name=[\s\S]*?<\/agi>/g, '') });
      const bind = [{ from: path.join(folder, 'core.xml'), to: file }];
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
