/** Speech in the built executable, where all but what a cached sentence needs is read in late. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isKnownVersion } from '../../src/tts/direct-start';
import { decodeWave } from '../../src/tts/wave';
import { call } from '../support/asterisk';
import { executable } from '../support/inet';
import { Resident } from '../support/resident';
import { type behaviours, standIns } from '../support/speech';

const waitFor = `const there = (name) => new Promise((resolve) => { const look = () => require('fs').existsSync(name) ? resolve() : setTimeout(look, 5); look(); });`;

function speakingCall(
  script: string,
  behaviour: keyof typeof behaviours,
  there = standIns({ flite: behaviour }),
  flags?: readonly string[],
  tts = '',
) {
  const outcome = call({
    script: 'speaks.js',
    files: {
      'speaks.js': `module.exports = async (agi) => { ${waitFor} ${script.replaceAll('HOME', there.folder)} };`,
    },
    config: `[tts]\ncache=${there.cache}\n${tts}\n`,
    program: {
      file: executable('fastagi'),
      ...(flags && { flags }),
      env: { PATH: `${there.folder}:/usr/bin:/bin` },
    },
    answer: (command) => (command === 'FAILURE' ? undefined : '200 result=0 endpos=1'),
  });
  return { outcome, there };
}

/** A process that says it is of another version. */
const version = (node: string) =>
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } });`;

const left = (cache: string) =>
  fs
    .readdirSync(cache)
    .filter((name) => !name.startsWith('.swept-'))
    .sort();

it.each([
  ['20.19.0', true],
  ['20.20.2', true],
  ['20.21.0', false],
  ['21.7.3', false],
  ['22.23.3', true],
  ['22.24.0', false],
  ['24.21.0', true],
  ['24.22.0', false],
  ['26.10.0', true],
  ['26.11.0', false],
  ['28.0.0', false],
  ['nightly', false],
])('Node %s starts engines directly: %s', (node, expected) => {
  expect(isKnownVersion(node)).toBe(expected);
});

describe('a process that serves one call', () => {
  it('speaks, and the next one finds what it said', async () => {
    const first = speakingCall(`await agi.say('Hello');`, 'speaks');
    const { code, commands } = await first.outcome;
    expect([code, commands]).toEqual([0, [expect.stringMatching(/^STREAM FILE \S+\/[0-9a-f]{32} "" 0$/)]]);
    const files = left(first.there.cache);
    expect(files.map((name) => name.slice(32))).toEqual(['.wav', '.wav16']);
    const second = await speakingCall(`await agi.say('Hello');`, 'speaks', first.there).outcome;
    expect(second.commands).toEqual(commands);
    expect(first.there.runs('flite')).toHaveLength(1);
    expect(left(first.there.cache)).toEqual(files);
  });

  it('speaks the same on a processor that WebAssembly asks too much of', async () => {
    const quick = speakingCall(`await agi.say('Hello');`, 'speaks');
    const plain = speakingCall(`await agi.say('Hello');`, 'speaks', undefined, ['--no-enable-sse4-1']);
    const [waves, others] = await Promise.all(
      [quick, plain].map(async ({ outcome, there }) => {
        expect((await outcome).code).toBe(0);
        return left(there.cache).map((name) => decodeWave(fs.readFileSync(path.join(there.cache, name))));
      }),
    );
    expect(waves).toHaveLength(2);
    waves?.forEach(({ rate, samples }, which) => {
      const other = others?.[which];
      expect(other).toMatchObject({ rate });
      expect(other?.samples).toHaveLength(samples.length);
      expect(samples.every((sample, i) => Math.abs(sample - (other?.samples[i] as number)) <= 2)).toBe(true);
    });
  });

  it('has what was unused for too long swept away, when it has made something', async () => {
    const there = standIns({ flite: 'speaks' });
    const old = path.join(there.cache, `${'0'.repeat(32)}.wav`);
    fs.mkdirSync(there.cache);
    fs.writeFileSync(old, 'x');
    fs.utimesSync(old, 1, 1);
    expect((await speakingCall(`await agi.say('Hello');`, 'speaks', there).outcome).code).toBe(0);
    await expect.poll(() => fs.existsSync(old)).toBe(false);
  });

  it('leaves nothing behind where it ends in the middle', async () => {
    const { outcome, there } = speakingCall(
      `void agi.prepareSpeech('Hello'); await there('HOME/sleeper');`,
      'hangs',
    );
    expect((await outcome).code).toBe(0);
    expect(left(there.cache)).toEqual([]);
    const sleeper = Number(fs.readFileSync(there.file('sleeper'), 'utf8'));
    await expect.poll(() => stateOf(sleeper)).toMatch(/^(gone|Z)$/);
  });

  it.each([
    ['without the module that starts programs', '', String(!isKnownVersion(process.versions.node))],
    ['by it in a version of Node that nobody has looked at', version('26.999.0'), 'true'],
    ['by it in a line of Node that nobody has looked at', version('28.0.0'), 'true'],
    ['by it where Node is to warn', `process.env.NODE_PENDING_DEPRECATION = '1';`, 'true'],
    ['by it where a script has taken the other way away', `delete process.binding;`, 'true'],
  ])('starts an engine %s', async (_, first, expected) => {
    const { outcome, there } = speakingCall(
      `${first} await agi.say('Hello'); agi.verbose(process.moduleLoadList.includes('NativeModule child_process'));`,
      'speaks',
    );
    fs.mkdirSync(there.cache);
    // no sweep is due, which loads the module
    fs.writeFileSync(path.join(there.cache, `.swept-${process.getuid?.()}`), '');
    const { code, commands, log } = await outcome;
    expect([code, commands.at(-1), log]).toEqual([0, `VERBOSE ${expected} 1`, '']);
    expect(left(there.cache)).toHaveLength(2);
  });

  it.each([
    ['fails', /ended with status 3\. It said: bad voice/],
    ['crashes', /was ended by SIGSEGV/],
  ] as const)('tells of an engine that %s', async (behaviour, problem) => {
    const { commands } = await speakingCall(`await agi.say('Hello');`, behaviour).outcome;
    expect(commands.at(-2)).toMatch(problem);
  });

  it('ends an engine that takes too long, and what that has started', async () => {
    const { outcome, there } = speakingCall(
      `await agi.say('Hello');`,
      'hangs',
      undefined,
      undefined,
      'timeout_seconds = 1',
    );
    expect((await outcome).commands.at(-2)).toMatch(/took longer than 1 s/);
    const sleeper = Number(fs.readFileSync(there.file('sleeper'), 'utf8'));
    await expect.poll(() => stateOf(sleeper)).toMatch(/^(gone|Z)$/);
  });

  it.each([
    ['that is no program', 'program = /etc\nengine = flite', /cannot be started: spawn .*EACCES/],
    ['of more words than the system takes', 'command = /bin/echo {text}', /cannot be started: .*E2BIG/],
  ])('tells of an engine %s', async (_, config, problem) => {
    const script = `await agi.say('x'.repeat(200000));`;
    const more = `max_characters = 1000000\n${config}`;
    const { commands } = await speakingCall(script, 'speaks', undefined, undefined, more).outcome;
    expect(commands.at(-2)).toMatch(problem);
  });

  it('gives an engine the words and the environment of this process, and its group to end', async () => {
    const there = standIns({ flite: 'speaks' });
    const told = there.file('told');
    const talk = `#!/bin/sh\n{ env; cat; read -r _ _ _ _ group _ < /proc/$$/stat; echo $group; echo $$; } > ${told}\ncat ${there.file('tone.wav')}\n`;
    fs.writeFileSync(there.file('talk'), talk, { mode: 0o755 });
    const { outcome } = speakingCall(
      `process.env.OWN = 'a=b c'; await agi.say('Hello');`,
      'speaks',
      there,
      undefined,
      `command = ${there.file('talk')} --`,
    );
    expect((await outcome).code).toBe(0);
    const lines = fs.readFileSync(told, 'utf8').trim().split('\n');
    expect(lines).toContain(`PATH=${there.folder}:/usr/bin:/bin`);
    expect(lines).toContain('OWN=a=b c');
    expect(lines.at(-3)).toBe('Hello');
    expect(lines.at(-2)?.trim()).toBe(lines.at(-1));
  });

  it('tells the console, the log and Asterisk where it cannot speak', async () => {
    const { code, commands, log } = await speakingCall(`await agi.say('Hello');`, 'fails').outcome;
    expect(code).toBe(1);
    expect(commands.at(-2)).toMatch(
      /^VERBOSE "speaks.js: .*flite .* ended with status 3. It said: bad voice/,
    );
    expect(log).toMatch(/AgiSpeechError: flite .*\[SPEECH_ENGINE\]/);
  });
});

describe('a process that serves on', () => {
  it.each(['pool', 'shared'])('ends what is being prepared with its call, in mode %s', async (mode) => {
    const there = standIns({ talk: 'hangs' });
    const resident = await Resident.start({
      files: {
        'speaks.js': `module.exports = async (agi) => { ${waitFor} void agi.prepareSpeech('Hello');
          await there('${there.file('sleeper')}'); await agi.verbose(process.pid); };`,
      },
      config: `[tts]\ncommand = ${there.file('talk')} -w {wave}\ncache = ${there.cache}`,
      listen: `mode = ${mode}\nprocesses = 1\nspare = 1`,
    });
    try {
      const [first] = await resident.call('speaks.js');
      const sleeper = Number(fs.readFileSync(there.file('sleeper'), 'utf8'));
      await expect.poll(() => stateOf(sleeper)).toMatch(/^(gone|Z)$/);
      await expect.poll(() => left(there.cache)).toEqual([]);
      // the same process takes the next call
      fs.rmSync(there.file('sleeper'));
      expect(await resident.call('speaks.js')).toEqual([first]);
    } finally {
      resident.child.kill('SIGTERM');
    }
    expect(await resident.ended).toMatchObject({ code: 0 });
  });
});

/** As the system has it; a child of a child that has ended may stand in its table as a zombie. */
function stateOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[2] as string;
  } catch {
    return 'gone';
  }
}
