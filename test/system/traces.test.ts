// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Traces of real calls: the file that a call leaves, and what Asterisk's own log and console say of the same call. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallTable, readCall } from '../../src/trace/calls';
import { collect } from '../support/collect';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts, prepareParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

const scripts: Record<string, string> = {
  'talks.mjs': `
    export default async function (agi) {
      await agi.answer();
      await agi.setVariable('GREETING', 'a (b) "c" é\\nsecond line');
      await agi.getVariable('GREETING');
      await agi.streamFile('beep');
      await agi.send('NO SUCH COMMAND').catch(() => {});
      await agi.send('SAY DIGITS x ""').catch(() => {});
      const typed = await agi.getData('beep', { timeoutMs: 3000, maxDigits: 4 });
      await agi.setVariable('test', typed.digits);
    }`,
};

describe.skipIf(missing)(`traces of real calls${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => prepareParts(console.error), 600_000);

  describe.each([16, 22] as const)('of Asterisk %i', (version) => {
    let folder: string;
    let asterisk: Asterisk;
    let xinetd: Xinetd;

    beforeAll(async () => {
      folder = makeFolder(scripts);
      chmodSync(folder, 0o755);
      mkdirSync(path.join(folder, 'traces'), { mode: 0o700 });
      writeFileSync(
        path.join(folder, 'fastagi.conf'),
        `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\ntrace=${folder}/traces\ntrace_digits=yes\n`,
      );
      const service = { user: 'root', server: process.execPath };
      const args = `--no-rehash-snapshot ${executable('fastagi')} --config ${folder}/fastagi.conf`;
      const shipped = readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');
      xinetd = await Xinetd.startFile(shipped, { ...service, server_args: args });
      const host = `127.0.0.1:${xinetd.port('fastagi')}`;
      asterisk = await Asterisk.start({
        version,
        extensions: [
          '[legs]',
          'exten => types,1,Answer()',
          ' same => n,Wait(2)',
          ' same => n,SendDTMF(4711)',
          ' same => n,Wait(20)',
          '[test]',
          `exten => talks,1,AGI(agi://${host}/talks,one,two)`,
          ' same => n,Verbose(1,back from ${CHANNEL}: ${AGISTATUS} test=${test})',
          ' same => n,Hangup()',
        ].join('\n'),
        bind: [root, folder],
        config: {
          'logger.conf': [
            '[general]',
            'dateformat = %F %T.%3q',
            '[logfiles]',
            'full => notice,warning,error,verbose(5),dtmf',
            'console => notice,warning,error,verbose',
          ].join('\n'),
        },
      });
      await asterisk.command('agi set debug on');
    }, 60_000);
    afterAll(async () => {
      await asterisk?.stop();
      await xinetd?.stop();
    });

    /** Everything that was said in the one call of a file whose unique id this is. */
    async function said(file: string, uniqueId: string): Promise<string[]> {
      const number = (await CallTable.of(file)).choose(uniqueId) as number;
      return (await collect(readCall(file, number))).flatMap((event) =>
        event.type === 'entry' && (event.entry.dir === '<' || event.entry.dir === '>')
          ? [`${event.entry.dir} ${event.entry.line}`]
          : [],
      );
    }

    const traces = () =>
      readdirSync(path.join(folder, 'traces'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.jsonl'))
        .map((name) => path.join(folder, 'traces', name))
        .sort();

    it('say what Asterisk’s own log says, line by line, of two calls at the same time', async () => {
      await Promise.all([
        asterisk.originate('types@legs', 'talks@test'),
        asterisk.originate('types@legs', 'talks@test'),
      ]);
      // Asterisk says it twice of each: what it executes, and what comes of it
      await asterisk.waitForLog(/back from (\S+): [\s\S]*back from (?!\1: )\S+: /, 20_000);
      const back = [...asterisk.log().matchAll(/back from (\S+): SUCCESS test=4711/g)];
      expect(new Set(back.map(([, channel]) => channel)).size).toBe(2);
      await expect
        .poll(() => traces().every((file) => readFileSync(file, 'utf8').includes('"dir":"end"')))
        .toBe(true);
      expect(traces()).toHaveLength(2);
      const full = path.join(folder, 'full');
      writeFileSync(full, asterisk.log());
      for (const file of traces()) {
        expect(statSync(file).mode & 0o777).toBe(0o600);
        const header = JSON.parse(readFileSync(file, 'utf8').split('\n', 1)[0] as string);
        expect(header).toMatchObject({ script: 'talks', context: 'test', extension: 'talks' });
        const ours = await said(file, header.uniqueId);
        // behind the end, Asterisk says HANGUP to nobody
        const asterisks = (await said(full, header.uniqueId)).filter((line) => line !== '< HANGUP');
        expect(ours).toContain('< agi_arg_2: two');
        expect(ours).toContain('> GET DATA beep 3000 4');
        expect(ours.at(-3)).toBe('< 200 result=4711');
        expect(asterisks).toEqual(ours);
      }
      expect(existsSync(path.join(folder, 'log')) ? readFileSync(path.join(folder, 'log'), 'utf8') : '').toBe(
        '',
      );
    });

    it('are played to the same script again, which does as it did', async () => {
      const [file] = traces() as [string];
      const call = [executable('fastagi'), 'call', path.join(folder, 'talks.mjs?'), '--replay', file];
      const child = spawn(process.execPath, call, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      const [code] = await once(child, 'close');
      expect({ code, said }).toEqual({
        code: 0,
        said: expect.stringMatching(/^the script did as recorded: \d+ /),
      });
    });

    it('are read from what a console showed', async () => {
      const console = openConsole();
      let shown = '';
      console.stdout?.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
      const before = traces();
      try {
        await expect.poll(() => shown).toContain('currently running');
        await asterisk.originate('types@legs', 'talks@test');
        await expect.poll(() => shown, { timeout: 20_000 }).toContain('SUCCESS test=4711');
      } finally {
        console.kill();
        await once(console, 'close');
      }
      const [file] = traces().filter((name) => !before.includes(name)) as [string];
      const header = JSON.parse(readFileSync(file, 'utf8').split('\n', 1)[0] as string);
      const screen = path.join(folder, 'console');
      writeFileSync(screen, shown);
      const lines = (await said(screen, header.uniqueId)).filter((line) => line !== '< HANGUP');
      expect(lines).toEqual(await said(file, header.uniqueId));
    });

    /** On a terminal, as a person has it: on a pipe Asterisk's console holds its words back. */
    function openConsole(): ChildProcess {
      const target = `--target ${asterisk.pid} --mount --root`;
      const remote = `asterisk -C ${asterisk.home}/etc/asterisk.conf -rvvvvv`;
      return spawn(
        'script',
        ['--quiet', '--flush', '--command', `nsenter ${target} ${remote}`, '/dev/null'],
        {
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', TERM: 'xterm-256color' },
          stdio: ['pipe', 'pipe', 'ignore'],
        },
      );
    }
  });
});
