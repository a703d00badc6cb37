/** The examples, called by real Asterisks: by both versions at once, for what takes long is to listen. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installDrivers } from '../support/examples';
import { ExampleCalls } from './support/example-calls';
import { hasNodeBinaries, missingParts, prepareParts } from './support/parts';

const missing = missingParts();
/** Nothing that the examples use is missing in the older one. */
const versions = [22, 16] as const;

describe.skipIf(missing)(`examples${missing ? ` (${missing})` : ''}`, () => {
  const sites: ExampleCalls[] = [];

  beforeAll(async () => {
    await prepareParts(console.error);
    await installDrivers();
    for (const version of versions) sites.push(await ExampleCalls.start(version));
  }, 900_000);
  afterAll(async () => {
    for (const site of sites) await site.stop();
  });

  /** A test that each of them must pass. */
  const called = (name: string, test: (calls: ExampleCalls) => Promise<void>) =>
    it(name, async () => {
      const results = await Promise.allSettled(sites.map(test));
      const failed = results.flatMap((result, at) =>
        result.status === 'rejected' ? [new Error(`Asterisk ${versions[at]}`, { cause: result.reason })] : [],
      );
      expect(results).toHaveLength(versions.length);
      if (failed.length > 0) throw failed[0];
    });

  called('sample.js', async (calls) => {
    await calls.place('sample');
    await calls.press('GET DATA', '12#');
    expect(await calls.next('AGI Rx << SAY DIGITS')).toContain(' 12 ');
    await calls.press('GET DATA', '111#');
    expect(await calls.next('app_verbose.c: end of sample: ')).toMatch(/^(SUCCESS|HANGUP)$/);
  });

  called('test-agi.js', async (calls) => {
    await calls.place('test-agi');
    expect(await calls.next('app_verbose.c: back from test-agi: ')).toBe('SUCCESS failed=0');
  });

  called('dtmf.mjs', async (calls) => {
    await calls.place('dtmf');
    await calls.press('WAIT FOR DIGIT', '7');
    await calls.press('WAIT FOR DIGIT', '#');
    expect(await calls.next('app_verbose.c: back from dtmf: ')).toBe('SUCCESS keys=7#');
  });

  called('input.mjs', async (calls) => {
    await calls.place('input');
    await calls.press('GET DATA', '44*33*#');
    expect(await calls.next('app_verbose.c: back from input: ')).toBe('SUCCESS name=he');
  });

  called('ping.mjs', async (calls) => {
    await calls.place('ping');
    await calls.press('STREAM FILE', '127*0*0*1#');
    expect(await calls.next('AGI Rx << SAY NUMBER')).toContain(' 1 ');
    expect(await calls.next('app_verbose.c: back from ping: ')).toBe('SUCCESS ping=0.7');
  });

  called('caller-name.mjs', async (calls) => {
    await calls.place('caller-name');
    expect(await calls.next('app_verbose.c: back from caller-name: ')).toBe('SUCCESS name=Jo "Jay" Do');
  });

  called('callback.mjs', async (calls) => {
    await calls.place('callback');
    await calls.next('AGI Rx << HANGUP');
    expect(await calls.next('app_verbose.c: back from callback: ')).toMatch(/^Local\/5551234@legs-/);
  });

  called('route.mjs', async (calls) => {
    await calls.place('100');
    const line = await calls.next('app_verbose.c: back from 100: ');
    expect(line).toContain('SUCCESS dial=ANSWER to=Local/answers@legs');
  });

  describe.skipIf(!hasNodeBinaries())('in TypeScript', () => {
    called('time-of-day.ts', async (calls) => {
      await calls.place('time-of-day');
      expect(await calls.next('app_verbose.c: back from time-of-day: ')).toBe('SUCCESS ');
    });

    called('recorder.ts', async (calls) => {
      await calls.place('recorder');
      await calls.press('RECORD FILE', 'w#');
      await calls.press('STREAM FILE vm-review', 'w1');
      const line = await calls.next('app_verbose.c: back from recorder: ');
      expect(line).toMatch(/^SUCCESS recorded=[1-9]\d*$/);
    });

    called('pin-menu.ts', async (calls) => {
      await calls.asterisk.command('database put pins 100 4711');
      await calls.place('pin-menu');
      await calls.press('STREAM FILE vm-login', '100#');
      await calls.press('STREAM FILE vm-password', '4711#');
      await calls.press('STREAM FILE vm-options', '2');
      expect(await calls.next('app_verbose.c: back from pin-menu: ')).toBe('SUCCESS account=100');
    });
  });
});
