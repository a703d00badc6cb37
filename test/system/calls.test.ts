// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Calls from a real Asterisk: through a real xinetd into `fastagi`, and by AGI(/path/script) into `agi`. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts, prepareParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

const scripts = {
  'hello.js': `
    fastagi.verbose('cool, the FastAGI server has been called!');
    fastagi.setVariable('test', '1111');`,
  'function.mjs': `
    export default async function (agi) {
      await agi.answer();
      await agi.setVariable('test', agi.request.params.name + ' ' + agi.request.arguments.join('|'));
    }`,
  'throws.js': `
    agi.answer();
    throw new TypeError('no such luck');`,
};

describe.skipIf(missing)(`real calls${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(() => prepareParts(console.error), 600_000);

  describe.each([16, 22] as const)('from Asterisk %i', (version) => {
    async function place(application: string, options: { config?: string; seen: RegExp }) {
      const folder = makeFolder(scripts);
      const log = path.join(folder, 'log');
      const config = path.join(folder, 'fastagi.conf');
      writeFileSync(
        config,
        `[fastagi]\nbasedir=${folder}\nlog=${log}\nlog_level=debug\n${options.config ?? ''}`,
      );
      const xinetd = await Xinetd.startFile(readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8'), {
        user: 'root',
        server: process.execPath,
        server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
      });
      const asterisk = await Asterisk.start({
        version,
        extensions: [
          '[test]',
          'exten => leg,1,Answer()',
          ' same => n,Wait(20)',
          `exten => fast,1,${application.replaceAll('HOST', `127.0.0.1:${xinetd.port('fastagi')}`).replaceAll('FOLDER', folder)}`,
          ' same => n,Verbose(1,back: ${AGISTATUS} test=${test})',
          ' same => n,Hangup()',
          'exten => h,1,Verbose(1,ended: ${AGISTATUS} test=${test})',
        ].join('\n'),
        bind: [root, folder, { from: executable('agi'), to: '/usr/local/bin/agi' }],
      });
      try {
        await asterisk.command('agi set debug on');
        await asterisk.originate('leg@test', 'fast@test');
        await asterisk.waitForLog(options.seen);
        return { asterisk: asterisk.log(), log: readFileSync(log, 'utf8'), output: asterisk.output() };
      } catch (error) {
        console.error(asterisk.log(), readFileSync(log, 'utf8'));
        throw error;
      } finally {
        await asterisk.stop();
        await xinetd.stop();
      }
    }

    it('reach a script through xinetd, and its variable is there in the dialplan', async () => {
      const seen = await place('AGI(agi://HOST/hello.js)', { seen: /back: SUCCESS test=1111/ });
      expect(seen.asterisk).toContain('cool, the FastAGI server has been called!');
    });

    it('hand arguments and parameters to an exported function', async () => {
      await place('AGI(agi://HOST/function?name=Jo%20Do,one,two words)', {
        seen: /back: SUCCESS test=Jo Do one\|two words/,
      });
    });

    it('learn of a script that throws: one line on the console, AGISTATUS=FAILURE', async () => {
      const seen = await place('AGI(agi://HOST/throws)', { seen: /back: FAILURE/ });
      expect(seen.asterisk).toContain('throws.js: TypeError: no such luck (throws.js:3)');
      expect(seen.log).toMatch(/error fastagi\[\d+\] throws.js: .*TypeError: no such luck/s);
    });

    it('learn of a script that is not there', async () => {
      const seen = await place('AGI(agi://HOST/nothing)', { seen: /back: FAILURE/ });
      expect(seen.asterisk).toContain('there is no script "nothing"');
      expect(seen.log).toContain('[SCRIPT_MISSING]');
    });
  });
});
