/** An engine's file to Asterisk's, while it is being written; the engine is played here. */
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Converter, type Following, type Wanted, type WaveFiles } from '../../src/tts/conversion';
import { decodeWave, encodeWave } from '../../src/tts/wave';
import { makeFolder } from '../support/inet';
import { tone } from '../support/speech';

const open: Following[] = [];
afterEach(() => {
  for (const following of open.splice(0)) following.stop();
});

/** An engine's files, and what follows them. */
function engine(wanted: Wanted = 'both') {
  const folder = makeFolder({ said: '' });
  const files = { wave: path.join(folder, 'wave'), said: path.join(folder, 'said') };
  const told: string[] = [];
  const following = new Converter().follow(files, 22_050, wanted, (problem) => told.push(problem));
  open.push(following);
  return { ...files, told, following };
}

/** What becomes of a file that is there at once. */
async function converted(wave: Buffer, wanted: Wanted = 'both'): Promise<WaveFiles | string> {
  const there = engine(wanted);
  there.following.stop();
  fs.writeFileSync(there.wave, wave);
  return there.following.finish();
}

const HEAD = 44;
/** As an engine writes it that does not know yet how long it will be. */
const withoutSize = (wave: Buffer) => {
  const early = Buffer.from(wave);
  early.writeUInt32LE(0x7fff_f000, 4);
  early.writeUInt32LE(0x7fff_f000, 40);
  return early;
};

describe('an engine that writes bit by bit', () => {
  it.each([
    [22_050, 'both', ['wav16', 'wav']],
    [22_050, 8000, ['wav']],
    [16_000, 'both', ['wav16', 'wav']],
    [8000, 'both', ['wav']],
    [8000, 16_000, ['wav16']],
    [44_100, 16_000, ['wav16']],
  ] as const)('%i Hz to %s: is converted meanwhile, to the same', async (rate, wanted, endings) => {
    const wave = tone(rate, 440, 1);
    const there = engine(wanted);
    for (const part of [0.3, 0.7]) {
      const size = HEAD + Math.floor(((wave.length - HEAD) * part) / 2) * 2 + 1;
      fs.writeFileSync(there.wave, withoutSize(wave).subarray(0, size));
      await expect.poll(() => there.following.at).toBe(size - 1);
    }
    fs.writeFileSync(there.wave, wave);
    const files = await there.following.finish();
    expect(files).toEqual(await converted(wave, wanted));
    expect((files as WaveFiles).map(([ending]) => ending)).toEqual(endings);
    for (const [ending, file] of files as WaveFiles) {
      const sound = decodeWave(file);
      expect(sound.rate).toBe(ending === 'wav' ? 8000 : 16_000);
      expect(sound.samples).toHaveLength(sound.rate);
    }
  });

  it('may put something else in the place of what it wrote', async () => {
    const there = engine();
    const first = tone(22_050, 440, 0.5);
    fs.writeFileSync(there.wave, first);
    await expect.poll(() => there.following.at).toBe(first.length);
    const other = tone(22_050, 1000, 0.6);
    fs.writeFileSync(there.wave, other);
    expect(await there.following.finish()).toEqual(await converted(other));
  });

  it('may begin with a head of another rate, as flite does', async () => {
    const there = engine();
    fs.writeFileSync(there.wave, encodeWave(16_000, new Int16Array(0)));
    const wave = tone(8000, 440, 0.5);
    fs.writeFileSync(there.wave, wave.subarray(0, 1000));
    await expect.poll(() => there.following.at).toBe(1000);
    fs.writeFileSync(there.wave, wave);
    expect(await there.following.finish()).toEqual(await converted(wave));
  });

  it.each([
    ['a shorter one', tone(22_050, 440, 0.1)],
    ['one of another rate', tone(16_000, 440, 0.6)],
    ['no wave file', Buffer.from('<html>quota exceeded</html>')],
    ['nothing', Buffer.alloc(0)],
  ])('may put %s in the place of the whole file', async (_, other) => {
    const there = engine();
    const first = tone(22_050, 440, 0.5);
    fs.writeFileSync(there.wave, first);
    await expect.poll(() => there.following.at).toBe(first.length);
    fs.rmSync(there.wave);
    fs.writeFileSync(there.wave, other);
    expect(await there.following.finish()).toEqual(await converted(other));
  });

  it('may end its file with what is no sound', async () => {
    const wave = tone(22_050, 440, 0.3);
    const note = Buffer.concat([wave, Buffer.from('LIST\x04\0\0\0made')]);
    const there = engine();
    fs.writeFileSync(there.wave, note);
    await expect.poll(() => there.following.at).toBe(note.length);
    expect(await there.following.finish()).toEqual(await converted(wave));
  });

  it('gives the same for any pieces', async () => {
    const samples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 3000 });
    await fc.assert(
      fc.asyncProperty(samples, fc.double({ min: 0, max: 1, noNaN: true }), async (values, part) => {
        const wave = encodeWave(11_025, Int16Array.from(values));
        const there = engine();
        const size = Math.floor(wave.length * part);
        fs.writeFileSync(there.wave, wave.subarray(0, size));
        // a head alone may not be the last one
        const seen = size < HEAD + 2 ? 0 : size & ~1;
        await expect.poll(() => there.following.at, { interval: 2 }).toBe(seen);
        fs.writeFileSync(there.wave, wave);
        expect(await there.following.finish()).toEqual(await converted(wave));
      }),
      { numRuns: 15 },
    );
  });
});

describe('an engine that does not stop', () => {
  it.each([
    ['wave', 'made a file without end'],
    ['said', 'said things without end'],
  ] as const)('its %s: %s', async (which, problem) => {
    const there = engine();
    // a file with a hole is as long as one without
    fs.writeFileSync(there[which], '');
    fs.truncateSync(there[which], 300_000_000);
    await expect.poll(() => there.told[0]).toBe(problem);
  });

  it('is told of once', async () => {
    const there = engine();
    for (const file of [there.said, there.wave]) {
      fs.writeFileSync(file, '');
      fs.truncateSync(file, 300_000_000);
    }
    await expect.poll(() => there.told).toEqual(['said things without end']);
  });

  it('is not read whole', async () => {
    const there = engine();
    there.following.stop();
    fs.writeFileSync(there.wave, tone(8000));
    fs.truncateSync(there.wave, 300_000_000);
    expect(await there.following.finish()).toBe('made a file without end');
  });

  it.each(['a folder', 'nothing at all'])('made %s', async (what) => {
    const there = engine();
    if (what === 'a folder') fs.mkdirSync(there.wave);
    expect(await there.following.finish()).toBe('made no sound');
  });
});
