// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells and the configuration have placeholders of their own
/** Text to files, by stand-ins with the engines' command lines. The engines themselves are in test/system. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toConfig } from '../../src/config';
import type { AgiSpeechError } from '../../src/errors';
import { Speech } from '../../src/tts/speech';
import { sweep } from '../../src/tts/sweep';
import { decodeWave } from '../../src/tts/wave';
import { makeFolder } from '../support/inet';
import { type behaviours, type StandIns, standIns } from '../support/speech';

const { PATH } = process.env;
afterEach(() => {
  process.env.PATH = PATH;
});

/** The stand-ins first on the PATH, and nothing else of the kind. */
function on({ folder }: StandIns): void {
  process.env.PATH = `${folder}:/usr/bin:/bin`;
}

const speechError = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'AgiSpeechError', code, message: expect.stringMatching(message) });

const hostile = [
  '$(reboot) "; rm -rf ~ <&>',
  '`touch /tmp/owned` $HOME ${IFS} | tee x > y',
  '-o /etc/passwd',
  '--help',
  'it\'s \\ a "quote"',
  '<speak><audio src="/etc/passwd"/></speak> &amp; ]]>',
  '(quit) (system "reboot")',
  '{file} {wave} {voice} %s %n',
  'Müde Grüße, 価格は€5 😀',
];

describe('command lines', () => {
  let there: StandIns;
  beforeEach(() => {
    there = standIns({
      text2wave: 'speaks',
      flite: 'speaks',
      'espeak-ng': 'speaks',
      swift: 'speaks',
      piper: 'speaks',
    });
    on(there);
  });

  const wave = expect.stringMatching(/\/\.[0-9a-f]{32}\.\d+-\w+\.wav$/);
  const file = expect.stringMatching(/\/\.[0-9a-f]{32}\.\d+-\w+\.txt$/);
  it.each<[string, string, Parameters<Speech['name']>[1], unknown[]]>([
    ['festival', 'text2wave', { engine: 'festival' }, ['-o', wave, file]],
    [
      'festival with a voice and a rate',
      'text2wave',
      { engine: 'festival', voice: 'kal_diphone', rate: 1.25 },
      ['-o', wave, file, '-eval', "(Parameter.set 'Duration_Stretch 0.800)", '-eval', '(voice_kal_diphone)'],
    ],
    ['flite', 'flite', { engine: 'flite' }, ['-f', file, '-o', wave]],
    [
      'flite with a voice and a rate',
      'flite',
      { engine: 'flite', voice: 'slt', rate: 0.5 },
      ['-f', file, '-o', wave, '--setf', 'duration_stretch=2.000', '-voice', 'slt'],
    ],
    [
      'espeak-ng with a language and a rate',
      'espeak-ng',
      { engine: 'espeak-ng', language: 'de', rate: 2 },
      ['-b', '1', '-f', file, '-w', wave, '-s', '350', '-v', 'de'],
    ],
    [
      'espeak-ng with a voice, which has its language',
      'espeak-ng',
      { engine: 'espeak-ng', language: 'de', voice: 'en-us+f3' },
      ['-b', '1', '-f', file, '-w', wave, '-v', 'en-us+f3'],
    ],
    [
      'swift with a voice and a rate',
      'swift',
      { engine: 'swift', voice: 'Callie', rate: 1.5 },
      [
        ...['-m', 'text', '-f', file, '-o', wave, '-p'],
        'audio/channels=1,audio/sampling-rate=16000,speech/rate=255',
        ...['-n', 'Callie'],
      ],
    ],
    [
      'piper with a rate',
      'piper',
      { engine: 'piper', voice: '/voices/en.onnx', rate: 2 },
      ['-m', '/voices/en.onnx', '-f', wave, '--length_scale', '0.500'],
    ],
  ])('%s', async (_, program, options, words) => {
    const name = await there.speech().name('Hello, world', options);
    const runs = there.runs(program).filter(([first]) => first !== '-lv');
    expect(runs).toEqual([words]);
    expect(there.text(program)).toBe('Hello, world\n');
    expect(decodeWave(fs.readFileSync(`${name}.wav`))).toMatchObject({ rate: 8000 });
    expect(decodeWave(fs.readFileSync(`${name}.wav16`))).toMatchObject({ rate: 16_000 });
  });

  it.each(hostile)('%s is text to every engine', async (text) => {
    for (const [engine, program] of [
      ['festival', 'text2wave'],
      ['flite', 'flite'],
      ['espeak-ng', 'espeak-ng'],
      ['swift', 'swift'],
      ['piper', 'piper'],
    ] as const) {
      await there.speech().name(text, { engine, ...(engine === 'piper' ? { voice: 'x.onnx' } : {}) });
      const words = there.runs(program).at(-1) as string[];
      expect(words.join(' ')).not.toContain(text);
      // Festival reads the older code where it can
      const given = fs.readFileSync(there.file(`${program}.text`));
      const old = engine === 'festival' && /^[\0-\xff]*$/.test(text);
      expect(given.toString(old ? 'latin1' : 'utf8')).toBe(`${text}\n`);
    }
    expect(fs.existsSync('/tmp/owned')).toBe(false);
  });

  it.each([
    ['espeak-ng', {}],
    ['piper', { voice: 'x.onnx' }],
  ])('breaks what %s would take for phonemes', async (engine, options) => {
    await there.speech().name("[[h@'loU]] [[[", { engine, ...options });
    expect(there.text(engine)).toBe("[ [h@'loU]] [ [ [\n");
  });

  it('lines, tabs and NULs are spaces, and make no other sentence', async () => {
    const speech = there.speech({ engine: 'flite' });
    const name = await speech.name(' Hello,\n\tworld\0 \x07\r\n');
    expect(there.text('flite')).toBe('Hello, world\n');
    expect(speech.name('Hello, world')).toBe(name);
  });

  it('a voice that festival would run as a program is refused, and one that flite does not have', async () => {
    const speech = there.speech();
    await expect(speech.name('x', { engine: 'festival', voice: 'x) (system "reboot"' })).rejects.toEqual(
      speechError('SPEECH_OPTIONS', /festival has no voice/),
    );
    await expect(speech.name('x', { engine: 'flite', voice: 'nobody' })).rejects.toEqual(
      speechError('SPEECH_OPTIONS', /flite has no voice "nobody": it has kal slt/),
    );
    await expect(speech.name('x', { engine: 'flite', voice: '/no/voice.flitevox' })).rejects.toEqual(
      speechError('SPEECH_OPTIONS', /flite has no voice "\/no\/voice.flitevox"/),
    );
  });

  it.each([
    [{ engine: 'festival', language: 'de' }, /festival takes no language: name a voice/],
    [{ engine: 'piper' }, /piper needs a voice .*\.onnx/],
    [{ voice: '-x' }, /takes engine, voice and language/],
    [{ rate: 9 }, /rate \(0.25 to 4\)/],
    [{ rate: Number.NaN }, /rate \(0.25 to 4\)/],
    [{ rate: '1.5' as unknown as number }, /rate \(0.25 to 4\)/],
    [{ voice: {} as string }, /takes engine, voice and language/],
    [{ language: '' }, /takes engine, voice and language/],
    [{ sampleRate: 44_100 as 8000 }, /sampleRate \(8000 or 16000\)/],
  ])('%j is refused', async (options, message) => {
    await expect((async () => there.speech().name('x', options))()).rejects.toEqual(
      speechError('SPEECH_OPTIONS', message),
    );
  });
});

describe('the engine', () => {
  it('is the first that is there, where none is named', async () => {
    const there = standIns({ 'espeak-ng': 'speaks', flite: 'speaks' });
    on(there);
    await there.speech().name('x');
    expect([there.runs('flite').length, there.runs('espeak-ng').length]).toEqual([1, 0]);
  });

  it('is not the piper that sets up mice', async () => {
    const there = standIns({ piper: 'speaks', 'espeak-ng': 'speaks' });
    on(there);
    await there.speech().name('x');
    await there.speech({ voice: '/voices/en.onnx' }).name('x');
    expect([there.runs('piper').length, there.runs('espeak-ng').length]).toEqual([1, 1]);
  });

  it('is told of by the package to install, where none is there', () => {
    const there = standIns({});
    process.env.PATH = there.folder;
    expect(() => there.speech().name('x')).toThrow(
      speechError('SPEECH_NO_ENGINE', /install one of .*apt-get install flite/) as Error,
    );
  });

  it.each([
    [{ engine: 'festival' }, {}, /text2wave is not on the PATH. Install festival and a voice/],
    [
      { engine: 'flite', program: '/opt/flite' },
      {},
      /\/opt\/flite, which the configuration names, is not there/,
    ],
    [
      { engine: 'command', command: '/opt/say {wave}' },
      {},
      /its program \/opt\/say, which the configuration names, is not there. Install what \[tts\] command names/,
    ],
    [{ engine: 'command', command: 'say {wave}' }, {}, /its program say is not on the PATH/],
    [{ engine: 'swift' }, { cepstral: { swift: '/opt/swift/bin/swift' } }, /\/opt\/swift\/bin\/swift, which/],
    [{ engine: '__proto__' }, {}, /no engine "__proto__": known are/],
    [
      { engine: 'acapela' },
      {},
      /no engine "acapela": known are swift, piper, festival, flite, espeak-ng, command/,
    ],
  ])('%j %j: says what is missing', async (tts, others, message) => {
    const there = standIns({});
    process.env.PATH = there.folder;
    await expect(there.speech(tts as never, others as never).name('x')).rejects.toEqual(
      speechError('SPEECH_NO_ENGINE', message),
    );
  });

  it("has the program and the voice of phpAGI's sections", async () => {
    const there = standIns({ swift: 'speaks', text2wave: 'speaks' });
    process.env.PATH = '/usr/bin:/bin';
    const others = {
      festival: { text2wave: there.file('text2wave') },
      cepstral: { swift: there.file('swift'), voice: 'David' },
    };
    await there.speech({}, others).name('x', { engine: 'swift' });
    await there.speech({}, others).name('x', { engine: 'festival' });
    expect(there.runs('swift')[0]).toEqual(expect.arrayContaining(['-n', 'David']));
    expect(there.runs('text2wave')).toHaveLength(1);
  });

  it.each<[keyof typeof behaviours, string, RegExp]>([
    ['fails quietly', 'SPEECH_ENGINE', /made no sound: what it wrote is empty. It said: SIOD ERROR: unbound/],
    ['writes nothing', 'SPEECH_ENGINE', /made no sound. It said: no licence/],
    ['fails', 'SPEECH_ENGINE', /ended with status 3. It said: bad voice/],
    ['crashes', 'SPEECH_ENGINE', /was ended by SIGSEGV, and said nothing/],
    ['hangs', 'SPEECH_TIMEOUT', /took longer than 0.3 s \(\[tts\] timeout_seconds\)/],
    [
      'never stops talking',
      'SPEECH_ENGINE',
      /^flite \(.*\) said things without end. It said: no licence; no licence/,
    ],
    ['never stops writing', 'SPEECH_ENGINE', /^flite \(.*\) made a file without end/],
    ['writes half a file', 'SPEECH_ENGINE', /what it wrote ends after 356 of 8820 bytes/],
    ['writes no sound', 'SPEECH_ENGINE', /^flite \(.*\) has no sound for this text, and said nothing/],
    ['writes a page', 'SPEECH_ENGINE', /is no wave file: it begins with "<html>quota/],
  ])('%s: %s', async (behaviour, code, message) => {
    const there = standIns({ flite: behaviour });
    on(there);
    const speech = there.speech({ engine: 'flite', timeout_seconds: behaviour === 'hangs' ? '0.3' : '20' });
    const error: AgiSpeechError = await Promise.resolve(speech.name('x')).then(
      () => Promise.reject(new Error('spoken')),
      (error) => error,
    );
    expect(error).toEqual(speechError(code, message));
    // nothing is left, and the next call finds nothing in its way
    expect(fs.readdirSync(there.cache).filter((name) => !name.startsWith('.swept-'))).toEqual([]);
    if (behaviour === 'hangs' || behaviour === 'never stops writing') {
      const sleeper = Number(fs.readFileSync(there.file('sleeper'), 'utf8'));
      await expect.poll(() => isAlive(sleeper)).toBe(false);
    }
  });

  it('may have nothing to say where there are no words', async () => {
    const there = standIns({ flite: 'writes no sound' });
    on(there);
    const file = `${await there.speech().name('… !')}.wav`;
    expect(decodeWave(fs.readFileSync(file)).samples).toHaveLength(0);
  });

  it('may crash where there are no words, if it is one that does so then', async () => {
    const there = standIns({ text2wave: 'crashes', flite: 'crashes' });
    on(there);
    const name = await there.speech().name('… !', { engine: 'festival' });
    for (const [ending, rate] of [
      ['wav', 8000],
      ['wav16', 16_000],
    ]) {
      const sound = decodeWave(fs.readFileSync(`${name}.${ending}`));
      expect([sound.rate, sound.samples.length]).toEqual([rate, 0]);
    }
    await expect(there.speech().name('Привет', { engine: 'festival' })).rejects.toEqual(
      speechError('SPEECH_ENGINE', /was ended by SIGSEGV, as it is where its voice has no sound for a text/),
    );
    await expect(there.speech().name('… !', { engine: 'flite' })).rejects.toEqual(
      speechError('SPEECH_ENGINE', /was ended by SIGSEGV, and said nothing/),
    );
  });

  it('may talk on its standard output', async () => {
    const there = standIns({ flite: 'talks on standard output' });
    on(there);
    expect(fs.existsSync(`${await there.speech({ engine: 'flite' }).name('x')}.wav`)).toBe(true);
  });
});

/** A child of a child that has ended may stand in the table as a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a command of the configuration', () => {
  const wave = expect.stringMatching(/\.wav$/);
  const file = expect.stringMatching(/\.txt$/);
  it.each<[string, Record<string, string>, string[], string]>([
    ['-x {text} -w {wave}', {}, ['-x', 'a "b" $(c)', '-w', wave], ''],
    ["-w {wave} '{file}'", {}, ['-w', wave, file], 'a "b" $(c)\n'],
    ['-b "" -w {wave}', {}, ['-b', '', '-w', wave], 'a "b" $(c)\n'],
    ['"-v" \'{language}\'', { language: 'fr' }, ['-v', 'fr'], 'a "b" $(c)\n'],
    [
      '-v "{language} {rate}" -w {wave}',
      { language: 'fr', rate: '0.5' },
      ['-v', 'fr 0.5', '-w', wave],
      'a "b" $(c)\n',
    ],
    [
      '-v {voice}-{stretch} -w {wave}',
      { voice: 'Jo', rate: '0.5' },
      ['-v', 'Jo-2.000', '-w', wave],
      'a "b" $(c)\n',
    ],
  ])('%s', async (template, tts, words, text) => {
    const there = standIns({ talk: 'speaks' });
    const speech = there.speech({ command: `${there.file('talk')} ${template}`, ...tts });
    const name = await speech.name('a "b" $(c)');
    expect(there.runs('talk')).toEqual([words]);
    if (text !== '') expect(there.text('talk')).toBe(text);
    expect(fs.existsSync(`${name}.wav`)).toBe(true);
  });

  it.each(hostile)('%s is text to it, wherever it stands', async (text) => {
    const there = standIns({ talk: 'speaks' });
    const talk = there.file('talk');
    await there.speech({ command: `${talk} -x {text} -w {wave}` }).name(text);
    await there.speech({ command: `${talk} -w {wave} {file}` }).name(text);
    expect(there.text('talk')).toBe(`${text}\n`);
    await there.speech({ command: `${talk} -w {wave}` }).name(text);
    expect(there.text('talk')).toBe(`${text}\n`);
    expect(there.runs('talk')).toEqual([
      ['-x', text.startsWith('-') ? ` ${text}` : text, '-w', wave],
      ['-w', wave, file],
      ['-w', wave],
    ]);
  });

  it('gives a text that begins with a dash as no option', async () => {
    const there = standIns({ talk: 'speaks' });
    await there.speech({ command: `${there.file('talk')} {text} -w {wave}` }).name('-rf /');
    expect(there.runs('talk')[0]?.[0]).toBe(' -rf /');
  });

  it('tells what it lacks', async () => {
    const there = standIns({ talk: 'speaks' });
    const command = `${there.file('talk')} -v {voice} -w {wave}`;
    await expect(there.speech({ command }).name('x')).rejects.toEqual(
      speechError('SPEECH_OPTIONS', /needs a voice .*has \{voice\} in it/),
    );
    await expect(there.speech({ engine: 'command' }).name('x')).rejects.toEqual(
      speechError('SPEECH_CONFIG', /\[tts\] command is ""/),
    );
  });
});

describe('the files', () => {
  let there: StandIns;
  beforeEach(() => {
    there = standIns({ flite: 'speaks' });
    on(there);
  });
  const visible = () =>
    fs
      .readdirSync(there.cache)
      .filter((name) => !name.startsWith('.'))
      .sort();

  it('are readable for everyone, whatever the umask', async () => {
    const umask = process.umask(0o077);
    const deep = path.join(makeFolder(), 'two', 'deep');
    try {
      await there.speech().name('x');
      await there.speech({ cache: `${deep}/` }).name('x');
    } finally {
      process.umask(umask);
    }
    for (const folder of [deep, path.dirname(deep)]) expect(fs.statSync(folder).mode & 0o777).toBe(0o755);
    const modes = ['', ...visible()].map((name) => fs.statSync(path.join(there.cache, name)).mode & 0o777);
    expect(modes).toEqual([0o755, 0o644, 0o644]);
  });

  it('are made once, and found again by other calls', async () => {
    const name = await there.speech().name('x');
    expect(there.speech().name('x')).toBe(name);
    expect(there.runs('flite')).toHaveLength(1);
  });

  it('are others for all that matters', async () => {
    const names = new Set([
      await there.speech().name('x'),
      await there.speech().name('y'),
      await there.speech().name('x', { voice: 'slt' }),
      await there.speech().name('x', { voice: 'kal' }),
      await there.speech().name('x', { rate: 1.1 }),
      await there.speech().name('x', { sampleRate: 8000 }),
    ]);
    expect(names.size).toBe(6);
  });

  it('are others for all of the configuration that can be heard, and the same for all else', async () => {
    const tts = { engine: 'flite', program: there.file('flite') };
    const sections = { festival: { text2wave: '/a' }, cepstral: { swift: '/a', voice: 'a' } };
    const copy = { copy: '/bin/true', copy_folder: '/a' };
    const heard = [
      there.speech(tts, sections),
      there.speech({ ...tts, voice: 'slt' }, sections),
      there.speech({ ...tts, rate: '1.1' }, sections),
      there.speech({ ...tts, sample_rate: '8000' }, sections),
      there.speech({ ...tts, program: `${there.folder}/./flite` }, sections),
      there.speech({ ...tts, command: 'x' }, sections),
      there.speech({ ...tts, ...copy }, sections),
      there.speech({ ...tts, ...copy, copy_folder: '/b' }, sections),
      there.speech(tts, { ...sections, festival: { text2wave: '/b' } }),
      there.speech(tts, { ...sections, cepstral: { swift: '/b', voice: 'a' } }),
      there.speech(tts, { ...sections, cepstral: { swift: '/a', voice: 'b' } }),
    ];
    const names: string[] = [];
    for (const speech of heard) names.push(path.basename(await speech.name('x')));
    expect(new Set(names).size).toBe(heard.length);
    const rest = { max_characters: '9', timeout_seconds: '9', cache_days: '9', cache_megabytes: '9' };
    const same = there.speech({ ...tts, ...rest }, sections).name('x');
    // at once, for it is there
    expect(path.basename(same as string)).toBe(names[0]);
  });

  it.each([
    [22_050, {}, ['wav', 'wav16']],
    [8000, {}, ['wav']],
    [22_050, { sample_rate: '8000' }, ['wav']],
    [22_050, { sample_rate: '16000' }, ['wav16']],
    [8000, { sample_rate: '16000' }, ['wav16']],
  ] as const)('of %i Hz and %j: %j', async (rate, tts, endings) => {
    const there = standIns({ flite: 'speaks' }, { rate });
    on(there);
    await there.speech(tts).name('x');
    const names = fs.readdirSync(there.cache).filter((name) => !name.startsWith('.'));
    expect(names.map((name) => name.split('.')[1]).sort()).toEqual(endings);
    expect(there.speech(tts).name('x')).toMatch(/^\/.*\/[0-9a-f]{32}$/);
  });

  it('made for an address alone are not taken for both kinds of channel', async () => {
    const url = { url: 'http://192.0.2.5:4580', secret: 'sixteen characters' };
    await there.speech(url).name('x');
    expect(visible().map((name) => name.slice(32))).toEqual(['.wav']);
    const name = await there.speech().name('x');
    expect(fs.existsSync(`${name}.wav16`)).toBe(true);
  });

  it('that several want at once are made once, in one call and in many', async () => {
    const calls = Array.from({ length: 5 }, () => there.speech());
    const names = await Promise.all(calls.flatMap((speech) => [speech.name('x'), speech.name('x')]));
    expect(new Set(names).size).toBe(1);
    expect(there.runs('flite')).toHaveLength(1);
  });

  it('whose maker was killed are made by the next', async () => {
    const speech = there.speech();
    const key = path.basename(await speech.name('x'));
    for (const name of visible()) fs.unlinkSync(path.join(there.cache, name));
    const child = spawn('/bin/true');
    await new Promise((resolve) => child.once('exit', resolve));
    fs.writeFileSync(path.join(there.cache, `.${key}.lock`), String(child.pid));
    await speech.name('x');
    expect(visible()).toHaveLength(2);
  });

  it('whose dead maker has left what cannot be removed are made all the same', async () => {
    const speech = there.speech();
    const key = path.basename(await speech.name('x'));
    for (const name of visible()) fs.unlinkSync(path.join(there.cache, name));
    // as another user's lock in a folder with the sticky bit: unlink() fails
    const lock = path.join(there.cache, `.${key}.lock`);
    fs.mkdirSync(lock);
    fs.utimesSync(lock, 1, 1);
    await speech.name('x');
    expect(visible()).toHaveLength(2);
  });

  it('whose maker never ends are given up in time', async () => {
    const speech = there.speech({ timeout_seconds: '0.2' });
    const key = path.basename(await speech.name('x'));
    for (const name of visible()) fs.unlinkSync(path.join(there.cache, name));
    fs.writeFileSync(path.join(there.cache, `.${key}.lock`), String(process.pid));
    await expect(speech.name('x')).rejects.toEqual(
      speechError('SPEECH_TIMEOUT', /another call has been making this sentence for 0.2 s/),
    );
  });

  it('whose maker was there before the clock was put back are made all the same', async () => {
    const speech = there.speech({ timeout_seconds: '1' });
    const key = path.basename(await speech.name('x'));
    for (const name of visible()) fs.unlinkSync(path.join(there.cache, name));
    const lock = path.join(there.cache, `.${key}.lock`);
    // after a power failure its number may be another process's by now
    fs.writeFileSync(lock, String(process.pid));
    const laterS = Date.now() / 1000 + 3 * 3600;
    fs.utimesSync(lock, laterS, laterS);
    await speech.name('x');
    expect(visible()).toHaveLength(2);
  });

  it('are never seen in part', async () => {
    const speech = there.speech();
    const key = path.basename(await speech.name('x'));
    for (const name of visible()) fs.unlinkSync(path.join(there.cache, name));
    const seen: number[] = [];
    const watcher = fs.watch(there.cache, () => {
      const found = fs.statSync(path.join(there.cache, `${key}.wav`), { throwIfNoEntry: false });
      if (found) seen.push(found.size);
    });
    await speech.name('x');
    await expect.poll(() => seen.length).toBeGreaterThan(0);
    watcher.close();
    expect(new Set(seen).size).toBe(1);
  });

  it.each([
    ['that are old', -6],
    ['that lie ahead of the clock', 6],
  ])('%s and in use are kept young', async (_, days) => {
    const speech = there.speech({ cache_days: '10' });
    const name = await speech.name('x');
    const made = Date.now() / 1000 + days * 86_400;
    fs.utimesSync(`${name}.wav`, made, made);
    expect(speech.name('x')).toBe(name);
    await expect
      .poll(() => Math.abs(Date.now() - fs.statSync(`${name}.wav`).mtimeMs))
      .toBeLessThan(3_600_000);
  });

  it('that were asked for in the last ten minutes stay, though made before', async () => {
    const speech = there.speech();
    const name = await speech.name('x');
    for (const minutes of [55, 14]) {
      const made = Date.now() / 1000 - minutes * 60;
      for (const file of visible()) fs.utimesSync(path.join(there.cache, file), made, made);
      speech.name('x');
      await new Promise(setImmediate);
      // ten minutes later
      for (const file of visible()) {
        const { atime, mtime } = fs.statSync(path.join(there.cache, file));
        fs.utimesSync(
          path.join(there.cache, file),
          atime.getTime() / 1000 - 595,
          mtime.getTime() / 1000 - 595,
        );
      }
      sweep([there.cache, { bytes: 1, ageMs: 0 }]);
      expect(visible()).toContain(`${path.basename(name)}.wav`);
    }
  });

  it('are made again by the call that has seen the folder removed', async () => {
    const speech = there.speech();
    const name = await speech.name('x');
    fs.rmSync(there.cache, { recursive: true });
    await speech.name('y');
    expect(await speech.name('x')).toBe(name);
    expect(visible()).toContain(`${path.basename(name)}.wav`);
  });

  it('cannot be kept where the folder cannot be made', async () => {
    const speech = new Speech(toConfig({ tts: { cache: `${there.file('tone.wav')}/cache` } }, 'a.conf'));
    await expect(speech.name('x')).rejects.toEqual(
      speechError('SPEECH_CACHE', /cannot be kept in .*ENOTDIR.*Asterisk's user to read/),
    );
  });

  it.each([
    ['/proc/speech/cache', 'ENOENT'],
    ['/dev/null/cache', 'ENOTDIR'],
  ])('cannot be kept in %s', async (cache, why) => {
    await expect(there.speech({ cache }).name('x')).rejects.toEqual(
      speechError('SPEECH_CACHE', new RegExp(`cannot be kept in ${cache} .*: ${why}`)),
    );
  });

  it('are kept behind a link to a folder, and not behind one to nowhere', async () => {
    const place = makeFolder();
    fs.mkdirSync(path.join(place, 'there'));
    fs.symlinkSync(path.join(place, 'there'), path.join(place, 'link'));
    fs.symlinkSync(path.join(place, 'nowhere'), path.join(place, 'dangling'));
    await there.speech({ cache: path.join(place, 'link') }).name('x');
    expect(
      fs.readdirSync(path.join(place, 'there')).filter((name) => /^[0-9a-f]{32}\.wav$/.test(name)),
    ).toHaveLength(1);
    await expect(there.speech({ cache: path.join(place, 'dangling') }).name('x')).rejects.toEqual(
      speechError('SPEECH_CACHE', /EEXIST/),
    );
  });

  it('lie in a folder of the user, below tempdir, unless one is named', async () => {
    const tempdir = makeFolder();
    const speech = new Speech(toConfig({ phpagi: { tempdir: `${tempdir}/` } }, 'a.conf'));
    expect(path.dirname(await speech.name('x'))).toBe(`${tempdir}/speech-${process.getuid?.()}`);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'of others are not spoken from a folder that was not named',
    async () => {
      const tempdir = makeFolder();
      const folder = `${tempdir}/speech-0`;
      fs.mkdirSync(folder);
      fs.chownSync(folder, 12_345, 12_345);
      const speech = new Speech(toConfig({ phpagi: { tempdir } }, 'a.conf'));
      await expect(speech.name('x')).rejects.toEqual(
        speechError('SPEECH_CACHE', /belongs to user 12345, not to user 0/),
      );
    },
  );

  it('are copied to Asterisk before anybody plays them', async () => {
    const remote = makeFolder();
    const copy = `/bin/cp {file} ${remote}/{name}`;
    const speech = there.speech({ copy, copy_folder: '/sounds/spoken/' });
    const name = await speech.name('x');
    expect(name).toMatch(/^\/sounds\/spoken\/[0-9a-f]{32}$/);
    expect(fs.readdirSync(remote).sort()).toEqual(visible());
    for (const file of visible())
      expect(fs.readFileSync(path.join(remote, file))).toEqual(fs.readFileSync(path.join(there.cache, file)));
    expect(speech.name('x')).toBe(name);
  });

  it('are copied again before they may have been tidied up there', async () => {
    const remote = makeFolder();
    const copy = `/bin/cp {file} ${remote}/{name}`;
    const speech = there.speech({ copy, copy_folder: '/sounds/spoken', cache_days: '10' });
    const name = await speech.name('x');
    const file = path.join(there.cache, `${path.basename(name)}.wav`);
    const files = visible();
    const aged = (days: number) => {
      const made = Math.floor(Date.now() / 1000 - days * 86_400);
      fs.utimesSync(file, made, made);
      for (const there of files) fs.rmSync(path.join(remote, there));
      return made;
    };
    // what is asked for each day is no younger there for it
    const made = aged(8);
    expect(speech.name('x')).toBe(name);
    await new Promise(setImmediate);
    expect(fs.statSync(file).mtimeMs).toBe(made * 1000);
    for (const there of files) fs.writeFileSync(path.join(remote, there), '');
    aged(10);
    expect(await speech.name('x')).toBe(name);
    expect(fs.readdirSync(remote).sort()).toEqual(files);
    // without a limit nothing is
    const kept = there.speech({ copy, copy_folder: '/sounds/spoken', cache_days: '0' });
    aged(4000);
    expect(kept.name('x')).toBe(name);
  });

  it('whose copying takes too long are not there', async () => {
    const speech = there.speech({
      ...{ copy: '/bin/sleep 600', copy_folder: '/x', timeout_seconds: '0.2' },
    });
    await expect(speech.name('x')).rejects.toEqual(
      speechError('SPEECH_COPY', /\/bin\/sleep \(\[tts\] copy\) took longer than 0.2 s/),
    );
    expect(visible()).toEqual([]);
  });

  it('that did not get to Asterisk are not there', async () => {
    const speech = there.speech({ copy: '/bin/cp {file} {folder}/{name}', copy_folder: '/no/such' });
    await expect(speech.name('x')).rejects.toEqual(
      speechError('SPEECH_COPY', /\/bin\/cp \(\[tts\] copy\) ended with status 1. It said: .*\/no\/such/),
    );
    expect(visible()).toEqual([]);
  });
});

describe('a text', () => {
  it('of more characters than the limit is refused, of as many is spoken', async () => {
    const there = standIns({ flite: 'speaks' });
    on(there);
    const speech = there.speech({ max_characters: '1000' });
    expect(() => speech.name('x'.repeat(1001))).toThrow(
      speechError('SPEECH_TEXT', /1001 characters is not spoken: the limit is 1000/) as Error,
    );
    expect(() => speech.name(' \n')).toThrow(speechError('SPEECH_TEXT', /no text/) as Error);
    await speech.name('x'.repeat(1000));
    expect(there.text('flite')).toHaveLength(1001);
  });

  it('of 100 kB gets through', async () => {
    const there = standIns({ flite: 'speaks' });
    on(there);
    const text = 'lorem ipsum '.repeat(8600).trim();
    await there.speech({ max_characters: '200000' }).name(text);
    expect(there.text('flite')).toBe(`${text}\n`);
  });

  it('of any kind is given as it is, but for spaces', async () => {
    const there = standIns({ flite: 'speaks' });
    on(there);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), async (chance) => {
        // chance may say the same twice
        fs.rmSync(there.cache, { recursive: true, force: true });
        await there.speech().name(`a${chance}b`);
        expect(there.text('flite')).toBe(`a${chance}b\n`.replace(/[\0- \x7f]+(?!$)/g, ' '));
      }),
      { numRuns: 15 },
    );
  });
});

describe('preparing', () => {
  it('runs two engines at once, and what is waited for first', async () => {
    const there = standIns({ flite: 'speaks' });
    on(there);
    const speech = there.speech();
    const order: string[] = [];
    const note = (text: string, urgent: boolean) =>
      Promise.resolve(speech.name(text, {}, urgent)).then(() => order.push(text));
    await Promise.all([
      note('1', false),
      note('2', false),
      note('3', false),
      note('4', false),
      note('now', true),
    ]);
    expect(order.indexOf('now')).toBeLessThan(order.indexOf('4'));
    expect(there.runs('flite')).toHaveLength(5);
  });

  it('leaves a process without a limit on listeners without one', async () => {
    const there = standIns({ flite: 'hangs' });
    on(there);
    const most = process.getMaxListeners();
    try {
      process.setMaxListeners(0);
      const speech = there.speech();
      const made = Promise.resolve(speech.name('x'));
      await expect.poll(() => fs.existsSync(there.file('sleeper'))).toBe(true);
      expect(process.getMaxListeners()).toBe(0);
      speech.stop(new Error('gone'));
      await expect(made).rejects.toThrow('gone');
      expect(process.getMaxListeners()).toBe(0);
    } finally {
      process.setMaxListeners(most);
    }
  });

  it('ends with the call', async () => {
    const there = standIns({ flite: 'hangs' });
    on(there);
    const speech = there.speech();
    const made = Promise.allSettled(['1', '2', '3'].map((text) => speech.name(text)));
    await expect.poll(() => fs.existsSync(there.file('sleeper'))).toBe(true);
    speech.stop(new Error('gone'));
    for (const one of await made)
      expect(one).toMatchObject({ status: 'rejected', reason: { message: 'gone' } });
    await expect(speech.name('4')).rejects.toThrow('gone');
    expect(fs.readdirSync(there.cache).filter((name) => !name.startsWith('.swept-'))).toEqual([]);
  });
});
