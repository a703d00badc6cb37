// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Calls from a real Asterisk: through a real xinetd into `fastagi`, and by AGI(/path/script) into `agi`. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts, prepareParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

/** Debian's nobody, and the group of games. */
const owner = { uid: 65_534, gid: 60 };
/** A user that no machine has. */
const stranger = 54_321;

const scripts: Record<string, string> = {
  'hello.js': `
    fastagi.verbose('cool, the FastAGI server has been called!');
    fastagi.setVariable('test', '1111');`,
  'function.mjs': `
    export default async function (agi) {
      await agi.answer();
      await agi.setVariable('test', agi.request.params.name + ' ' + agi.request.arguments.join('|'));
    }`,
  'await.agi': `
    await agi.answer();
    await agi.setVariable('asked', 'a (b) "c" \\\\d=e');
    await agi.setVariable('test', await agi.getVariable('asked') + ' ' + await agi.getFullVariable('\${LEN(\${asked})}'));`,
  'typed.ts': `
    const test: string = 'typed';
    fastagi.setVariable('test', test);`,
  'throws.js': `
    agi.answer();
    throw new TypeError('no such luck');`,
  'plays.js': `
    agi.answer();
    await agi.setVariable('test', JSON.stringify([
      (await agi.streamFile('beep')).outcome,
      (await agi.streamFile('no-such-file')).outcome,
      (await agi.sayDigits('12')).outcome,
      (await agi.waitForDigit(1)).outcome,
      (await agi.getData('beep', { timeoutMs: 1, maxDigits: 1 })).outcome,
      (await agi.getData('no-such-file', { timeoutMs: 1 })).outcome,
      await agi.channelStatus(),
      await agi.channelStatus('Local/none'),
      await agi.exec('NoOp', 'a', 'b'),
    ]));`,
  'listens.js': `
    await agi.answer();
    const typed = await agi.getData('beep', { timeoutMs: 3000, maxDigits: 4 });
    await agi.setVariable('test', typed.digits + ' ' + typed.outcome);`,
  'fails.js': `
    const codes = [];
    for (const attempt of [
      () => agi.send('NO SUCH COMMAND'),
      () => agi.send('SAY DIGITS x ""'),
      () => agi.send('SET VARIABLE x'),
      () => agi.exec('NoSuchApplication'),
    ]) await attempt().catch((error) => codes.push(error.name + ' ' + error.code));
    await agi.setVariable('test', codes.join(' '));`,
  'hangs-up.js': `
    await agi.answer();
    agi.signal.addEventListener('abort', () => console.log('signal: ' + agi.signal.reason.name));
    await agi.hangup();
    await agi.streamFile('beep').catch((error) => console.log('streamFile: ' + error.code));
    await agi.setVariable('test', 'tidied up');`,
  'is-hung-up.js': `
    await agi.answer();
    console.log('is playing now');
    try {
      for (;;) await agi.streamFile('demo-congrats');
    } finally {
      await agi.setVariable('test', 'tidied up');
      console.log('tidied up');
    }`,
  'idles.js': `
    await agi.answer();
    console.log('is idle now');
    await new Promise((resolve) => agi.signal.addEventListener('abort', resolve));
    console.log('noticed');`,
  'prints.js': `
    process.stdout.write('printed on stdout\\n');
    process.stderr.write('printed on stderr\\n');
    process.emitWarning('a warning of its own');
    require('child_process').execSync('echo from a child; echo and its stderr >&2', { stdio: ['ignore', 'inherit', 'inherit'] });
    agi.setVariable('test', 'clean');`,
  'exits.js': `
    agi.verbose('bye');
    process.exit(5);`,
  'breaks-off.js': `
    await agi.answer();
    agi.exec('Wait', 3);
    throw new Error('in the middle');`,
  'whoami.js': `
    agi.setVariable('test', [process.getuid(), process.getgid(), process.getgroups().join('+')].join(' '));`,
};

/** The ways over FastAGI, and what stands before the extensions that take them. */
const ways = [
  { way: 'through xinetd', prefix: '' },
  { way: 'through a pool that xinetd has started', prefix: 'pool-' },
  { way: 'through a process of a pool that is started for the call', prefix: 'each-' },
  { way: 'through a shared process', prefix: 'shared-' },
];

/** As a shared process serves it: on the same lines, what was the body is a function. */
function asFunction(text: string): string {
  return text.includes('export default') ? text : `module.exports = async () => {${text}\n}`;
}

describe.skipIf(missing)(`real calls${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => prepareParts(console.error), 600_000);

  describe.each([16, 22] as const)('from Asterisk %i', (version) => {
    let folder: string;
    let asterisk: Asterisk;
    const services: Xinetd[] = [];

    /** Every script can be called as an extension of its own name, over FastAGI and, behind `classic-`, as a program. */
    beforeAll(async () => {
      folder = makeFolder(scripts);
      chmodSync(folder, 0o755);
      writeFileSync(
        path.join(folder, 'fastagi.conf'),
        `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\nlog_level=debug\n`,
      );
      writeFileSync(
        path.join(folder, 'setuid.conf'),
        `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\nsetuid=on\n`,
      );
      chownSync(path.join(folder, 'whoami.js'), owner.uid, owner.gid);
      chownSync(path.join(folder, 'throws.js'), stranger, stranger);
      for (const [name, text] of Object.entries(scripts)) {
        writeFileSync(path.join(folder, `classic-${name}`), `#!/usr/bin/env agi\n${text}`, { mode: 0o755 });
      }
      mkdirSync(path.join(folder, 'shared'));
      for (const [name, text] of Object.entries(scripts)) {
        writeFileSync(path.join(folder, 'shared', name), asFunction(text));
      }
      writeFileSync(
        path.join(folder, 'shared.conf'),
        `[fastagi]\nbasedir=${folder}/shared\nlog=${folder}/log\nlog_level=debug\n`,
      );
      /** Starts a service as it is shipped; gives its place for the dialplan. */
      const start = async (file: string, args: string): Promise<string> => {
        const shipped = readFileSync(path.join(root, 'xinetd', file), 'utf8');
        const server = { user: 'root', server: process.execPath, server_args: args };
        const xinetd = await Xinetd.startFile(shipped, server);
        services.push(xinetd);
        return `127.0.0.1:${xinetd.port('fastagi')}`;
      };
      const one = `--no-rehash-snapshot ${executable('fastagi')} --config ${folder}`;
      const server = `${executable('fastagi')} listen --fd 0`;
      const many = `${server} --spare 2 --config ${folder}`;
      const each = `${server} --spare 0 --max-calls 1 --config ${folder}`;
      const hosts: Record<string, { plain: string; setuid: string }> = {
        '': {
          plain: await start('fastagi', `${one}/fastagi.conf`),
          setuid: await start('fastagi', `${one}/setuid.conf`),
        },
        'pool-': {
          plain: await start('fastagi-wait', `${many}/fastagi.conf`),
          setuid: await start('fastagi-wait', `${many}/setuid.conf`),
        },
        'each-': {
          plain: await start('fastagi-wait', `${each}/fastagi.conf`),
          setuid: await start('fastagi-wait', `${each}/setuid.conf`),
        },
        'shared-': {
          plain: await start('fastagi-wait', `${many}/shared.conf --mode shared`),
          setuid: 'none',
        },
      };
      const extension = (name: string, application: string) => [
        `exten => ${name},1,Set(CASE=${name})`,
        ` same => n,${application}`,
        ' same => n,Verbose(1,back from ${CASE}: ${AGISTATUS} test=${test})',
        ' same => n,Hangup()',
      ];
      asterisk = await Asterisk.start({
        version,
        extensions: [
          '[legs]',
          'exten => leg,1,Answer()',
          ' same => n,Wait(20)',
          'exten => types,1,Answer()',
          ' same => n,Wait(1)',
          ' same => n,SendDTMF(0*1#)',
          ' same => n,Wait(20)',
          '[test]',
          ...Object.keys(scripts).flatMap((name) =>
            extension(`classic-${name}`, `AGI(${folder}/classic-${name})`),
          ),
          ...Object.entries(hosts).flatMap(([prefix, { plain, setuid }]) => [
            ...Object.keys(scripts).flatMap((name) =>
              extension(`${prefix}${name}`, `AGI(agi://${plain}/${name})`),
            ),
            ...extension(`${prefix}arguments`, `AGI(agi://${plain}/function?name=Jo%20Do,one,two words)`),
            ...extension(`${prefix}missing`, `AGI(agi://${plain}/nothing)`),
            ...extension(`${prefix}outside`, `AGI(agi://${plain}/%2e%2e/etc/passwd)`),
            ...extension(`${prefix}owner`, `AGI(agi://${setuid}/whoami)`),
            ...extension(`${prefix}root-owned`, `AGI(agi://${setuid}/hello)`),
            ...extension(`${prefix}strangers`, `AGI(agi://${setuid}/throws)`),
          ]),
          'exten => h,1,Verbose(1,end of ${CASE}: ${AGISTATUS} test=${test})',
        ].join('\n'),
        bind: [root, folder, { from: executable('agi'), to: '/usr/local/bin/agi' }],
      });
      await asterisk.command('agi set debug on');
    }, 60_000);
    afterAll(async () => {
      await asterisk?.stop();
      for (const xinetd of services.splice(0)) await xinetd.stop();
    });

    /** Places a call and waits for what the dialplan says of its end; gives that, and what Asterisk and the log said meanwhile. */
    async function call(
      extension: string,
      options: { leg?: string; hungUp?: boolean; during?: () => Promise<void> } = {},
    ) {
      const from = asterisk.log().length;
      // a resident server has it open
      if (existsSync(path.join(folder, 'log'))) truncateSync(path.join(folder, 'log'));
      await asterisk.originate(`${options.leg ?? 'leg'}@legs`, `${extension}@test`);
      await options.during?.();
      // by its own name: the call before may still be on its way out
      const words = `${options.hungUp ? 'end of' : 'back from'} ${extension}: `;
      const line = await asterisk.waitForLog(`app_verbose.c: ${words}`, 15_000, from);
      return {
        end: line.slice(line.indexOf(words) + words.length),
        console: asterisk.log().slice(from),
        log: log(),
      };
    }

    function log(): string {
      const file = path.join(folder, 'log');
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    }

    async function hangUpAfter(said: string) {
      const from = asterisk.output().length;
      await expect.poll(() => log() + asterisk.output().slice(from), { timeout: 10_000 }).toContain(said);
      await asterisk.command('channel request hangup all');
    }

    describe.each(ways)('$way', ({ prefix }) => {
      const place = (name: string, options?: Parameters<typeof call>[1]) => call(prefix + name, options);

      it('reach a script, and its variable is there in the dialplan', async () => {
        const seen = await place('hello.js');
        expect(seen.end).toBe('SUCCESS test=1111');
        expect(seen.console).toContain('cool, the FastAGI server has been called!');
      });

      it('hand arguments and parameters to an exported function', async () => {
        expect((await place('arguments')).end).toBe('SUCCESS test=Jo Do one|two words');
      });

      it('get values back as they were set', async () => {
        expect((await place('await.agi')).end).toBe('SUCCESS test=a (b) "c" \\d=e 14');
      });

      it('play, say, wait and ask, and tell a missing file from a hangup', async () => {
        const { end } = await place('plays.js');
        expect(JSON.parse(end.replace(/^.*? test=/, ''))).toEqual([
          'complete',
          'missing',
          'complete',
          'timeout',
          'timeout',
          'missing',
          'up',
          null,
          0,
        ]);
      });

      it('hear what the caller types', async () => {
        expect((await place('listens.js', { leg: 'types' })).end).toBe('SUCCESS test=0*1 complete');
      });

      it('name each failure', async () => {
        expect((await place('fails.js')).end).toBe(
          'SUCCESS test=AgiUnknownCommandError AGI_UNKNOWN_COMMAND AgiUsageError AGI_USAGE AgiUsageError AGI_USAGE AgiCommandError AGI_NO_APPLICATION',
        );
      });

      it('learn of a script that throws: one line on the console, AGISTATUS=FAILURE', async () => {
        const seen = await place('throws.js');
        expect(seen.end).toBe('FAILURE test=');
        expect(seen.console).toContain('throws.js: TypeError: no such luck (throws.js:3)');
        expect(seen.log).toMatch(/error fastagi\[\d+\] throws.js: .*TypeError: no such luck/s);
      });

      it('learn of a script that has left with an exit code, or failed while they wait', async () => {
        expect((await place('exits.js')).end).toBe('FAILURE test=');
        expect((await place('breaks-off.js')).end).toBe('FAILURE test=');
      });

      it('learn of a script that is not there, and of one that is not to be had', async () => {
        const seen = await place('missing');
        expect(seen.end).toBe('FAILURE test=');
        expect(seen.console).toContain('there is no script "nothing"');
        expect(seen.log).toContain('[SCRIPT_MISSING]');
        expect((await place('outside')).log).toContain('[SCRIPT_OUTSIDE]');
      });

      it('keep prints, warnings and children off the wire', async () => {
        const seen = await place('prints.js');
        expect(seen.end).toBe('SUCCESS test=clean');
        for (const text of [
          'printed on stdout',
          'printed on stderr',
          'a warning of its own',
          'from a child',
          'and its stderr',
        ]) {
          expect(seen.log).toContain(text);
          expect(seen.console).not.toContain(text);
        }
      });

      it('are hung up by the script, which may tidy up', async () => {
        const seen = await place('hangs-up.js', { hungUp: true });
        expect(seen.end).toMatch(/^(SUCCESS|HANGUP) test=tidied up$/);
        expect(seen.log).toContain('signal: AgiHangupError');
        expect(seen.log).toContain('streamFile: AGI_DEAD_CHANNEL');
      });

      it('are hung up while a file plays: the script ends quietly after its finally', async () => {
        const seen = await place('is-hung-up.js', {
          hungUp: true,
          during: () => hangUpAfter('is playing now'),
        });
        expect(seen.log).toContain('tidied up');
        expect(seen.log).not.toContain(' error ');
      });

      it('are hung up while the script does something else: it is told', async () => {
        const seen = await place('idles.js', {
          hungUp: true,
          during: () => hangUpAfter('is idle now'),
        });
        expect(seen.log).toContain('noticed');
      });

      // a process that serves many calls at once has no owner to become
      if (prefix === 'shared-') return;
      it('run as the owner of the script, and never as root', async () => {
        expect((await place('owner')).end).toBe(`SUCCESS test=${owner.uid} ${owner.gid} ${owner.gid}`);
        for (const extension of ['root-owned', 'strangers']) {
          const refused = await place(extension);
          expect(refused.end).toBe('FAILURE test=');
          expect(refused.log).toContain('[PRIVILEGES]');
        }
      });
    });

    describe('by AGI(/path/script)', () => {
      const place = call;

      it('reach a script, and its variable is there in the dialplan', async () => {
        const seen = await place('classic-hello.js');
        expect(seen.end).toBe('SUCCESS test=1111');
        expect(seen.console).toContain('cool, the FastAGI server has been called!');
      });

      it('may await at the top level', async () => {
        expect((await place('classic-await.agi')).end).toBe('SUCCESS test=a (b) "c" \\d=e 14');
      });

      it('learn of a script that throws', async () => {
        const seen = await place('classic-throws.js');
        expect(seen.end).toBe('FAILURE test=');
        expect(seen.console).toContain('classic-throws.js: TypeError: no such luck (classic-throws.js:4)');
        expect(asterisk.output()).toContain('TypeError: no such luck');
      });

      it('keep prints off the wire', async () => {
        const seen = await place('classic-prints.js');
        expect(seen.end).toBe('SUCCESS test=clean');
        expect(seen.console).not.toContain('AGI Rx << printed');
        expect(asterisk.output()).toContain('printed on stdout');
      });

      it('are hung up while a file plays', async () => {
        await place('classic-is-hung-up.js', {
          hungUp: true,
          during: () => hangUpAfter('is playing now'),
        });
      });

      it('are hung up while the script does something else', async () => {
        await place('classic-idles.js', {
          hungUp: true,
          during: () => hangUpAfter('is idle now'),
        });
        await expect.poll(() => asterisk.output()).toContain('noticed');
      });
    });
  });
});
