/** The caller's voice: a tone played into a channel by a real Asterisk, found again in `agi.audio`. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executable, makeFolder } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts } from './support/parts';

const missing = missingParts();

/** Milliwatt() plays this one. */
const TONE_HZ = 1004;

/** How strong a tone is in 16-bit samples, 0 to 1 of their whole energy (Goertzel's algorithm). */
const strength = `(bytes, rate, hz) => {
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
  let energy = 0, one = 0, two = 0;
  const turn = 2 * Math.cos((2 * Math.PI * hz) / rate);
  for (const sample of samples) {
    energy += sample * sample;
    [one, two] = [sample + turn * one - two, one];
  }
  return (2 * (one * one + two * two - turn * one * two)) / (samples.length * energy);
}`;

const scripts: Record<string, string> = {
  'tone.js': `
    module.exports = async (agi) => {
      const { name, sampleRateHz, bitsPerSample } = await agi.audio.format();
      const chunks = [];
      let bytes = 0;
      for await (const chunk of agi.audio) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= sampleRateHz * 2) break;
      }
      const strength = ${strength};
      const sound = Buffer.concat(chunks).subarray(-sampleRateHz);
      report({ name, sampleRateHz, bitsPerSample, tone: strength(sound, sampleRateHz, ${TONE_HZ}), other: strength(sound, sampleRateHz, 1500) });
    };`,
  'hangup.js': `
    module.exports = async (agi) => {
      let bytes = 0;
      for await (const chunk of agi.audio) bytes += chunk.length;
      report({ heard: bytes > 1000, aborted: agi.signal.aborted, format: (await agi.audio.format()).name });
    };`,
  // what was heard before the hangup is there behind it
  'late.js': `
    module.exports = async (agi) => {
      await new Promise((resolve) => agi.signal.addEventListener('abort', resolve));
      let bytes = 0;
      for await (const chunk of agi.audio) bytes += chunk.length;
      report(bytes > 1000);
    };`,
  // leaving a loop is not leaving the call
  'twice.js': `
    module.exports = async (agi) => {
      for await (const chunk of agi.audio) break;
      let bytes = 0;
      for await (const chunk of agi.audio) if ((bytes += chunk.length) > 3200) break;
      report([bytes > 3200, await agi.channelStatus()]);
    };`,
  // Asterisk drops what is not read; a call whose sound nobody takes goes on
  'unread.js': `
    module.exports = async (agi) => {
      agi.audio.once('readable', () => {});
      report([(await agi.waitForDigit(6000)).outcome, (await agi.streamFile('beep')).outcome, await agi.channelStatus()]);
    };`,
  'plain.js': `
    module.exports = async (agi) => {
      try { agi.audio; } catch (error) { report([error.code, error.message]); }
    };`,
};

describe.skipIf(missing).each([16, 22] as const)(
  `EAGI of Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version) => {
    let folder: string;
    let asterisk: Asterisk;

    beforeAll(async () => {
      folder = makeFolder();
      for (const [name, text] of Object.entries(scripts)) {
        const report = `const report = (seen) => require('fs').writeFileSync(__filename + '.result', JSON.stringify(seen));`;
        writeFileSync(path.join(folder, name), `#!/usr/bin/env agi\n${report}\n${text}`, { mode: 0o755 });
      }
      asterisk = await Asterisk.start({
        version,
        bind: [{ from: executable('agi'), to: '/usr/local/bin/agi' }, folder],
        extensions: [
          '[legs]',
          'exten => tone,1,Answer()',
          ' same => n,Milliwatt()',
          'exten => short,1,Answer()',
          ' same => n,Playback(demo-congrats)',
          'exten => brief,1,Answer()',
          ' same => n,Playback(beep)',
          ' same => n,Hangup()',
          '[test]',
          ...Object.keys(scripts).flatMap((name) => [
            `exten => ${name},1,Set(CASE=${name})`,
            ' same => n,Answer()',
            ` same => n,${name === 'plain.js' ? 'AGI' : 'EAGI'}(${folder}/${name})`,
            ' same => n,Hangup()',
          ]),
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the dialplan's own
          'exten => h,1,Verbose(1,end of ${CASE})',
          'exten => untold,1,Set(AGISIGHUP=no)',
          ' same => n,Set(CASE=hangup.js)',
          ' same => n,Goto(hangup.js,2)',
          'exten => wide,1,Set(EAGI_AUDIO_FORMAT=slin16)',
          ' same => n,Goto(tone.js,1)',
        ].join('\n'),
      });
    }, 60_000);
    afterAll(() => asterisk?.stop());

    async function place(leg: string, target: string, script = target): Promise<unknown> {
      const result = path.join(folder, `${script}.result`);
      rmSync(result, { force: true });
      const from = asterisk.log().length;
      await asterisk.originate(`${leg}@legs/n`, `${target}@test`);
      await asterisk.waitForLog(new RegExp(`app_verbose.c: .*end of ${script}`), 20_000, from);
      try {
        return JSON.parse(readFileSync(result, 'utf8'));
      } catch {
        throw new Error(`no result:\n${asterisk.output()}`);
      }
    }

    it.each([
      ['tone.js', 'slin', 8000],
      ['wide', 'slin16', 16_000],
    ])('a tone arrives: %s', async (target, name, sampleRateHz) => {
      expect(await place('tone', target, 'tone.js')).toEqual({
        name,
        sampleRateHz,
        bitsPerSample: 16,
        tone: expect.closeTo(1, 1),
        other: expect.closeTo(0, 1),
      });
    });

    it('ends at a hangup', async () => {
      expect(await place('brief', 'hangup.js')).toEqual({ heard: true, aborted: true, format: 'slin' });
    });

    it('ends at a hangup that nobody tells of', async () => {
      const seen = await place('brief', 'untold', 'hangup.js');
      expect(seen).toEqual({ heard: true, aborted: true, format: 'slin' });
    });

    it('what was heard before the hangup is there behind it', async () => {
      expect(await place('brief', 'late.js')).toBe(true);
    });

    it('a loop that was left leaves the rest to the next one', async () => {
      expect(await place('tone', 'twice.js')).toEqual([true, 'up']);
    });

    it('nobody has to read it', async () => {
      expect(await place('tone', 'unread.js')).toEqual(['timeout', 'complete', 'up']);
    });

    it('AGI() does not have it', async () => {
      expect(await place('tone', 'plain.js')).toEqual([
        'AGI_NO_AUDIO',
        expect.stringContaining('call a script of agi-bin by EAGI(script)'),
      ]);
    });
  },
);
