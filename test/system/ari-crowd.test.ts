// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Many calls in one Stasis application, some of whose callers hang up in the middle: none is waited for without end. */
import { describe, expect, it } from 'vitest';
import { Ari, AriError } from '../../src/ari';
import { startAri } from './support/ari';
import { missingParts } from './support/parts';

const missing = missingParts();

const CALLS = 40;
const FAITHFUL = CALLS * 0.75;

const extensions = `[test]
exten => stays,1,Answer()
 same => n,Wait(600)
exten => leaves,1,Answer()
 same => n,Wait(0.\${RAND(100,900)})
exten => crowd,1,Stasis(crowd)
 same => n,Log(NOTICE,the dialplan goes on with \${PLAYED})
`;

describe.skipIf(missing).each([22, 16] as const)(`a crowd in Stasis, Asterisk %i`, (version) => {
  it('every caller is served to the end, or is known to have gone', async () => {
    const server = await startAri({ version, extensions });
    const { port, username, password } = server;
    const ari = new Ari({ port, username, password });
    const served: string[] = [];
    const gone: unknown[] = [];
    ari.onCall(async (caller) => {
      try {
        await caller.answer();
        const played: string[] = [];
        for (let sound = 0; sound < 3; sound++) {
          const playback = await caller.play({ media: 'sound:beep' });
          played.push(await playback.finished);
        }
        await caller.setChannelVar({ variable: 'PLAYED', value: played.join('-') });
        await caller.continueInDialplan();
        served.push(played.join());
      } catch (error) {
        gone.push(error);
      }
    });
    try {
      await ari.start('crowd');
      for (let call = 0; call < CALLS; call++)
        await server.asterisk.originate(`${call < FAITHFUL ? 'stays' : 'leaves'}@test`, 'crowd@test');
      await expect.poll(() => served.length + gone.length, { timeout: 40_000 }).toBe(CALLS);
      expect(served.slice(0, FAITHFUL)).toEqual(Array(FAITHFUL).fill('done,done,done'));
      for (const error of gone) {
        expect(error).toBeInstanceOf(AriError);
        expect(error).toMatchObject({
          code: expect.stringMatching(/^ARI_(GONE|NOT_FOUND|BAD_PARAMETER|STATE|CONFLICT)$/),
        });
      }
      await server.asterisk.waitForLog('the dialplan goes on with done-done-done');
      await expect.poll(() => ari.counts.handles, { timeout: 10_000 }).toBe(0);
    } finally {
      await ari.close();
      await server.asterisk.stop();
    }
  }, 90_000);
});
