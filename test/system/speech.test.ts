// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan and shells have variables of their own
/** Debian's own engines, called by scripts that a real Asterisk has asked for, and heard at the far end of the call. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeWave } from '../../src/tts/wave';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts } from './support/parts';
import { soxInfo, soxStat, speechPrograms } from './support/speech-programs';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

/** A script's result is what its function gives back, as JSON in a file. */
function reporting(body: string): string {
  return `module.exports = async (agi) => {
    const result = await (async () => { ${body} })().catch((error) => ({ code: error.code, message: error.message }));
    // whole or not at all: calls may run side by side
    require('fs').writeFileSync(__filename + '.result.' + process.pid, JSON.stringify(result ?? null));
    require('fs').renameSync(__filename + '.result.' + process.pid, __filename + '.result');
  }`;
}

const hostile = '$(touch OWNED) "; touch OWNED <&> `touch OWNED` (system "touch OWNED") -o OWNED';

const scripts: Record<string, string> = {
  'festival.js': reporting(
    `await agi.answer(); return agi.text2wav('This is Festival, and I am speaking to you.');`,
  ),
  'flite.js': reporting(
    `await agi.answer(); return agi.say('This is flite, and I am speaking to you.', { engine: 'flite', voice: 'slt' });`,
  ),
  'espeak.js': reporting(
    `await agi.answer(); return agi.say('Guten Tag, ich spreche mit Ihnen.', { engine: 'espeak-ng', language: 'de', rate: 1.2 });`,
  ),
  'found.js': reporting(`await agi.answer(); return agi.say('Whoever is there may say this.');`),
  'prepared.js': reporting(`
    await agi.answer();
    void agi.prepareSpeech('This was made while you heard something else.');
    await agi.streamFile('beep');
    return agi.say('This was made while you heard something else.');`),
  'once.js': reporting(
    `await agi.answer(); return agi.say('One engine is enough for all of us.', { engine: 'flite' });`,
  ),
  'hostile.js': reporting(`
    const made = [];
    for (const engine of ['festival', 'flite', 'espeak-ng']) made.push(await agi.speechFile(${JSON.stringify(hostile)}, { engine }));
    return made;`),
  'wrong.js': reporting(`
    const errors = [];
    for (const options of [{ engine: 'festival', voice: 'nobody' }, { engine: 'flite', voice: 'nobody' }, { engine: 'espeak-ng', voice: 'nobody' }, { engine: 'swift' }])
      await agi.say('x', options).catch((error) => errors.push(error.message));
    return errors;`),
  'nothing.js': reporting(`
    const heard = [];
    for (const engine of ['festival', 'flite', 'espeak-ng'])
      for (const text of ['…', '-', '!?'])
        heard.push(await agi.say(text, { engine }).then(({ outcome }) => outcome, (error) => error.message));
    return heard;`),
  'remote.js': reporting(
    `await agi.answer(); return agi.say('This came from another machine.', { engine: 'flite' });`,
  ),
};

describe.skipIf(missing).each([16, 22] as const)(
  `speech on Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version) => {
    let folder: string;
    let cache: string;
    let home: string;
    let asterisk: Asterisk;
    let local: Xinetd;
    let remote: Xinetd;
    let server: ReturnType<typeof spawn>;
    let amiPort: number;
    const secret = 'not for anyone else';

    beforeAll(async () => {
      folder = makeFolder(scripts);
      home = makeFolder();
      // one folder is all that engines, scripts and Asterisk share
      cache = path.join(folder, 'spoken');
      mkdirSync(cache);
      chmodSync(folder, 0o755);
      const programs = await speechPrograms(home, folder);
      const tones = path.join(home, 'tones');
      writeFileSync(
        tones,
        `#!/bin/sh\nexec '${programs}/sox' -n -r 44100 -b 24 -c 2 -t wav "$1" synth 1 sine 1000 sine 6000 gain -6\n`,
        { mode: 0o755 },
      );
      const serverConfig = path.join(folder, 'remote.conf');
      const base = `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n[tts]\ncache=${cache}\ncommand=${tones} {wave}\n`;
      writeFileSync(serverConfig, `${base}url=http://127.0.0.1:1\nsecret=${secret}\n`);
      server = spawn(
        process.execPath,
        [executable('fastagi'), 'speech', '--port', '0', '--config', serverConfig],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      const [said] = await once(server.stderr as NodeJS.ReadableStream, 'data');
      const port = /port (\d+)/.exec(String(said))?.[1];
      const start = (name: string, more: string) => {
        const config = path.join(folder, name);
        writeFileSync(config, base + more);
        return Xinetd.startFile(readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8'), {
          user: 'root',
          server: process.execPath,
          server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
          env: `PATH=${programs}:/usr/sbin:/usr/bin:/sbin:/bin`,
        });
      };
      local = await start('local.conf', '');
      remote = await start('remote-call.conf', `url=http://127.0.0.1:${port}\nsecret=${secret}\n`);
      amiPort = await freePort();
      asterisk = await Asterisk.start({
        version,
        bind: [folder],
        modules: ['res_curl.so', 'res_http_media_cache.so'],
        config: {
          'manager.conf': `[general]\nenabled = yes\nport = ${amiPort}\nbindaddr = 127.0.0.1\n[test]\nsecret = test\nwrite = all`,
        },
        extensions: [
          '[legs]',
          'exten => _heard-.,1,Answer()',
          ` same => n,Record(${folder}/\${EXTEN}.wav,0,60,kq)`,
          '[test]',
          ...Object.keys(scripts).flatMap((name) => [
            `exten => ${name},1,Answer()`,
            ` same => n,AGI(agi://127.0.0.1:${(name === 'remote.js' ? remote : local).port('fastagi')}/${name})`,
            ' same => n,Verbose(1,back: ${EXTEN} ${CODEC} ${AGISTATUS})',
          ]),
        ].join('\n'),
      });
    }, 120_000);
    afterAll(async () => {
      server?.kill();
      await asterisk?.stop();
      await local?.stop();
      await remote?.stop();
    });

    /** A call, over a channel of one codec, whose far end keeps what it hears. */
    async function place(
      name: string,
      codec = 'slin',
    ): Promise<{ result: unknown; heard: string; log: string }> {
      const from = asterisk.log().length;
      const heard = `heard-${name}-${codec}`;
      const socket = net.connect(amiPort, '127.0.0.1');
      socket
        .resume()
        .write(
          `Action: Login\r\nUsername: test\r\nSecret: test\r\n\r\nAction: Originate\r\nChannel: Local/${heard}@legs/n\r\n` +
            `Context: test\r\nExten: ${name}\r\nPriority: 1\r\nCodecs: ${codec}\r\nVariable: CODEC=${codec}\r\nAsync: true\r\n\r\n`,
        );
      try {
        await asterisk.waitForLog(`back: ${name} ${codec} `, 25_000, from);
      } finally {
        socket.destroy();
      }
      const result = JSON.parse(readFileSync(path.join(folder, `${name}.result`), 'utf8'));
      return { result, heard: path.join(folder, `${heard}.wav`), log: asterisk.log().slice(from) };
    }

    const runs = (program: string) =>
      existsSync(path.join(home, `${program}.runs`))
        ? readFileSync(path.join(home, `${program}.runs`), 'utf8').split('\n').length - 1
        : 0;

    /** The name that Asterisk has played, and in which format. */
    function played(log: string): { file: string; format: string } {
      const [, file, format] = /Playing '(\S+[0-9a-f]{32}(?:\.wav)?)\.(\w+)'/.exec(log) ?? [];
      if (!file || !format) throw new Error(`nothing was played:\n${log.slice(-3000)}`);
      return { file, format };
    }

    /** A tenth of a second from the loudest place in the middle of a file: bytes that no other sound has. */
    function loudest(file: string): Buffer {
      const { samples } = decodeWave(readFileSync(file));
      const middle = samples.subarray(samples.length / 4, (samples.length * 3) / 4);
      const loud = (value: number) => Math.abs(value);
      const at = middle.reduce(
        (best, value, i) => (loud(value) > loud(middle[best] as number) ? i : best),
        0,
      );
      const start = Math.min(at, middle.length - 800);
      return Buffer.from(middle.slice(start, start + 800).buffer);
    }

    it.each(['festival.js', 'flite.js', 'espeak.js', 'found.js', 'prepared.js'])(
      '%s: the far end hears it',
      async (name) => {
        const { result, heard, log } = await place(name);
        expect(result).toEqual({ outcome: 'complete' });
        const { file, format } = played(log);
        expect([path.dirname(file), format]).toEqual([cache, 'slin']);
        const narrow = readFileSync(`${file}.wav`);
        const wide = readFileSync(`${file}.wav16`);
        expect(await soxInfo(narrow, 'rate')).toBe(8000);
        expect(await soxInfo(wide, 'rate')).toBe(16_000);
        for (const wave of [narrow, wide]) {
          expect([await soxInfo(wave, 'channels'), await soxInfo(wave, 'bits')]).toEqual([1, 16]);
          const measured = await soxStat(wave);
          expect(measured['Length (seconds)']).toBeGreaterThan(0.9);
          expect(measured['RMS amplitude']).toBeGreaterThan(0.01);
        }
        expect(Math.abs((await soxInfo(narrow, 'seconds')) - (await soxInfo(wide, 'seconds')))).toBeLessThan(
          0.001,
        );
        // a channel of this format carries it sample for sample
        await expect.poll(() => readFileSync(heard).indexOf(loudest(`${file}.wav`))).toBeGreaterThan(0);
        // Asterisk's user is another one
        const reader = ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'cat', `${file}.wav`];
        expect(spawnSync('setpriv', reader).stdout).toEqual(narrow);
      },
    );

    it('a channel that carries more is given more', async () => {
      expect(played((await place('festival.js', 'slin16')).log).format).toBe('slin16');
      expect(played((await place('festival.js', 'ulaw')).log).format).toBe('slin');
    });

    it('a sentence that three calls want at once is made once', async () => {
      const before = runs('flite');
      const calls = await Promise.all(['slin', 'ulaw', 'alaw'].map((codec) => place('once.js', codec)));
      expect(new Set(calls.map(({ log }) => played(log).file)).size).toBe(1);
      expect(runs('flite')).toBe(before + 1);
    });

    it('what the new rate cannot carry is gone, and the rest is as loud as it was', async () => {
      // found.js is spoken by [tts] command: 1,000 and 6,000 Hz, each on one of two channels
      const file = played((await place('found.js')).log).file;
      const narrow = readFileSync(`${file}.wav`);
      const wide = readFileSync(`${file}.wav16`);
      const loud = async (wave: Buffer, band: string) =>
        (await soxStat(wave, 'sinc', band, 'trim', '0.2', '0.6'))['RMS amplitude'] as number;
      // not at its ends, where a tone that begins or breaks off has something of all tones
      const low = await loud(wide, '500-1500');
      expect(low).toBeGreaterThan(0.05);
      expect(await loud(wide, '5500-6500')).toBeGreaterThan(low * 0.95);
      expect(await loud(narrow, '500-1500')).toBeGreaterThan(low * 0.95);
      // 6,000 Hz would come back as 2,000
      expect(await loud(narrow, '1700-3800')).toBeLessThan(low / 500);
    });

    it('a hostile text is only ever spoken', async () => {
      const { result } = await place('hostile.js');
      expect(new Set(result as string[]).size).toBe(3);
      for (const file of result as string[]) {
        const measured = await soxStat(readFileSync(`${file}.wav`));
        expect(measured['Length (seconds)']).toBeGreaterThan(2);
        expect(measured['RMS amplitude']).toBeGreaterThan(0.01);
      }
      const found = [folder, cache, home, '/', process.cwd()].flatMap((place) => readdirSync(place));
      expect(found.filter((name) => name.includes('OWNED'))).toEqual([]);
    });

    it('of what nobody would say there is silence, by every engine', async () => {
      const { result } = await place('nothing.js');
      expect(result).toEqual(Array.from({ length: 9 }, () => 'complete'));
    });

    it('what an engine says of its failure is told', async () => {
      expect((await place('wrong.js')).result).toEqual([
        expect.stringMatching(
          /^festival \(.*text2wave\) made no sound.*It said: SIOD ERROR: unbound variable : voice_nobody/,
        ),
        expect.stringMatching(/^flite has no voice "nobody": it has kal .*slt/),
        expect.stringMatching(
          /^espeak-ng \(.*\) ended with status 1.*The specified espeak-ng voice does not exist/,
        ),
        expect.stringMatching(/^swift cannot speak: its program swift is not on the PATH/),
      ]);
    });

    it('Asterisk on another machine fetches it by its address, once', async () => {
      const { result, heard, log } = await place('remote.js');
      expect(result).toEqual({ outcome: 'complete' });
      const { file } = played(log);
      expect(file).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\d+\/[\w-]{43}\/[0-9a-f]{32}\.wav$/);
      await expect
        .poll(() => readFileSync(heard).indexOf(loudest(path.join(cache, path.basename(file)))))
        .toBeGreaterThan(0);
      expect(await asterisk.command('media cache show all')).toContain(path.basename(file));
    });
  },
);

async function freePort(): Promise<number> {
  const probe = net.createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe.skipIf(missing)(`a disk that is full${missing ? ` (${missing})` : ''}`, () => {
  /** A call on a machine whose cache lies on a disk of 64 kB. */
  function callWith(script: string, prepare: string): string {
    const folder = makeFolder({
      'engine.sh': '#!/bin/sh\nhead -c 1000000 /dev/zero > "$1"\n',
      'speaks.js': `module.exports = async (agi) => { ${script} };`,
      'small/x': '',
    });
    chmodSync(path.join(folder, 'engine.sh'), 0o755);
    const config = path.join(folder, 'fastagi.conf');
    writeFileSync(
      config,
      `[tts]\ncache=${folder}/small/cache\ntimeout_seconds=2\ncommand=${folder}/engine.sh {wave}\n`,
    );
    const mount = `cd ${folder} && mount -t tmpfs -o size=64k none small && ${prepare} && exec "$@"`;
    const file = path.join(folder, 'speaks.js');
    const words = [process.execPath, executable('fastagi'), 'call', file, '--config', config];
    const { stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-c', mount, 'sh', ...words],
      { env: { ...process.env, FASTAGI_CONFIG: config } },
    );
    return `${stdout}${stderr}`;
  }
  const told = /spoken files cannot be kept in \S+\/small\/cache \(\[tts\] cache\): ENOSPC/;

  it('is told of as that, and not as a failure of the engine', () => {
    const said = callWith(`await agi.say('Hello');`, 'true');
    expect(said).toMatch(told);
    expect(said).toContain('ENOSPC, the disk is full');
  });

  it('does not make the next call wait for one that could not begin', () => {
    const twice = `await agi.say('Hello').catch(() => {}); await agi.say('Hello');`;
    expect(callWith(twice, '{ cat /dev/zero > small/full 2> small/said || true; }')).toMatch(told);
  });
});
