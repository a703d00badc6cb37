// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** The examples, called by a real Asterisk: a file for each version, since they take their time and go side by side. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { example, installDrivers } from '../../support/examples';
import { executable, makeFolder, root } from '../../support/inet';
import { Asterisk } from './asterisk';
import { freePort } from './free-port';
import { hasNodeBinaries, missingParts, nodeBinary, prepareParts } from './parts';
import { Xinetd } from './xinetd';

const missing = missingParts();

/** Every example that a dialplan can call. Nothing of what they use is missing in Asterisk 16. */
export function callExamples(version: 16 | 22): void {
  describe.skipIf(missing)(`examples, called by Asterisk ${version}${missing ? ` (${missing})` : ''}`, () => {
    beforeAll(async () => {
      await prepareParts(console.error);
      await installDrivers();
    }, 900_000);

    let asterisk: Asterisk;
    let xinetd: Xinetd;
    /** With a Node that takes TypeScript as it is. */
    let newer: Xinetd | undefined;
    let database: string;
    /** How far the log has been looked at. */
    let seen = 0;

    beforeAll(async () => {
      const folder = makeFolder();
      const managerPort = await freePort();
      chmodSync(folder, 0o755);
      database = path.join(folder, 'callers.sqlite');
      const Database = createRequire(example('package.json'))('better-sqlite3');
      const file = new Database(database);
      file.exec(readFileSync(example('schema.sql'), 'utf8'));
      file.exec("UPDATE routes SET destination = 'Local/busy@legs' WHERE number = '100'");
      file.exec("UPDATE routes SET destination = 'Local/answers@legs' WHERE number = '200'");
      file.close();
      writeFileSync(
        path.join(folder, 'fastagi.conf'),
        `[fastagi]\nbasedir=${root}/examples\nlog=${folder}/log\n[asmanager]\nserver=127.0.0.1:${managerPort}\nusername=jo\nsecret=geheim\n`,
      );
      // a machine that answers, whatever this one has of ping(8) and of a network
      const answer = 'echo "64 bytes from $5: icmp_seq=1 ttl=64 time=0.7 ms"';
      writeFileSync(path.join(folder, 'ping'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
      const shipped = readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8');
      const args = `--no-rehash-snapshot ${executable('fastagi')} --config ${folder}/fastagi.conf`;
      const service = {
        user: 'root',
        env: `DATABASE_URL=${database} PATH=${folder}:/usr/bin:/bin`,
        server_args: args,
      };
      xinetd = await Xinetd.startFile(shipped, { ...service, server: process.execPath });
      if (hasNodeBinaries())
        newer = await Xinetd.startFile(shipped, { ...service, server: await nodeBinary(24) });
      const call = (name: string, script: string, port: number, before: string[] = [], shown = '') => [
        `exten => ${name},1,Set(CASE=${name})`,
        ...before.map((application) => ` same => n,${application}`),
        ` same => n,AGI(agi://127.0.0.1:${port}/${script})`,
        ` same => n,Verbose(1,back from \${CASE}: \${AGISTATUS} ${shown})`,
        ' same => n,Hangup()',
      ];
      const port = xinetd.port('fastagi');
      const newerPort = newer?.port('fastagi') ?? port;
      asterisk = await Asterisk.start({
        version,
        extensions: [
          '[legs]',
          // presses what the test says, when it says so
          'exten => caller,1,Answer()',
          ' same => n(listen),GotoIf($["${PRESS}"=""]?wait)',
          ' same => n,Set(NOW=${PRESS})',
          ' same => n,Set(GLOBAL(PRESS)=)',
          ' same => n,SendDTMF(${NOW})',
          ' same => n(wait),Wait(0.1)',
          ' same => n,Goto(listen)',
          'exten => 5551234,1,Answer()',
          ' same => n,Wait(20)',
          'exten => busy,1,Busy(1)',
          'exten => answers,1,Answer()',
          ' same => n,Wait(0.2)',
          ' same => n,Hangup()',
          '[test]',
          ...call('sample', 'sample.js', port),
          ...call('test-agi', 'test-agi.js', port, [], 'failed=${FAILED}'),
          ...call('dtmf', 'dtmf.mjs?alone=yes', port, [], 'keys=${KEYS}'),
          ...call('ping', 'ping.mjs', port, [], 'ping=${PING}'),
          ...call('input', 'input.mjs', port, [], 'name=${NAME}'),
          ...call(
            'caller-name',
            'caller-name.mjs',
            port,
            ['Set(CALLERID(num)=5551234)'],
            'name=${CALLERID(name)}',
          ),
          ...call('callback', 'callback.mjs?dial=Local/NUMBER@legs&context=called-back', port, [
            'Set(CALLERID(num)=5551234)',
          ]),
          ...call('100', 'route.mjs', port, [], 'dial=${DIALSTATUS} to=${DIALEDPEERNAME}'),
          ...call('time-of-day', 'time-of-day.ts?zone=Europe/Berlin', newerPort),
          ...call(
            'recorder',
            'recorder.ts',
            newerPort,
            ['System(mkdir -p /usr/share/asterisk/sounds/greetings)'],
            'recorded=${STAT(s,/usr/share/asterisk/sounds/${RECORDING}.wav)}',
          ),
          ...call('pin-menu', 'pin-menu.ts', newerPort),
          'exten => h,1,Verbose(1,end of ${CASE}: ${AGISTATUS})',
          '[called-back]',
          'exten => callback,1,Verbose(1,back from callback: ${CHANNEL})',
          ' same => n,Hangup()',
          '[after-pin]',
          'exten => 2,1,Verbose(1,back from ${CASE}: ${AGISTATUS} account=${ACCOUNT})',
        ].join('\n'),
        bind: [root, folder],
        config: {
          'manager.conf': `[general]\nenabled=yes\nbindaddr=127.0.0.1\nport=${managerPort}\n[jo]\nsecret=geheim\nread=call\nwrite=originate\n`,
        },
      });
      await asterisk.command('agi set debug on');
    }, 60_000);
    afterAll(async () => {
      await asterisk?.stop();
      await xinetd?.stop();
      await newer?.stop();
    });

    const place = async (extension: string) => {
      seen = asterisk.log().length;
      await asterisk.command('dialplan set global PRESS ""');
      await asterisk.originate('caller@legs', `${extension}@test`);
    };
    /** What the log says next of this. */
    async function next(words: string): Promise<string> {
      const line = await asterisk.waitForLog(words, 25_000, seen);
      seen = asterisk.log().indexOf(line, seen) + line.length;
      return line.slice(line.indexOf(words) + words.length);
    }
    const press = async (command: string, keys: string) => {
      await next(`AGI Rx << ${command}`);
      await asterisk.command(`dialplan set global PRESS ${keys}`);
    };

    it('sample.js', async () => {
      await place('sample');
      await press('GET DATA', '12#');
      expect(await next('AGI Rx << SAY DIGITS')).toContain(' 12 ');
      await press('GET DATA', '111#');
      expect(await next('app_verbose.c: end of sample: ')).toMatch(/^(SUCCESS|HANGUP)$/);
    });

    it('test-agi.js', async () => {
      await place('test-agi');
      expect(await next('app_verbose.c: back from test-agi: ')).toBe('SUCCESS failed=0');
    });

    it('dtmf.mjs', async () => {
      await place('dtmf');
      await press('WAIT FOR DIGIT', '7');
      await press('WAIT FOR DIGIT', '#');
      expect(await next('app_verbose.c: back from dtmf: ')).toBe('SUCCESS keys=7#');
    });

    it('input.mjs', async () => {
      await place('input');
      await press('GET DATA', '44*33*#');
      expect(await next('app_verbose.c: back from input: ')).toBe('SUCCESS name=he');
    });

    it('ping.mjs', async () => {
      await place('ping');
      await press('STREAM FILE', '127*0*0*1#');
      expect(await next('AGI Rx << SAY NUMBER')).toContain(' 1 ');
      expect(await next('app_verbose.c: back from ping: ')).toBe('SUCCESS ping=0.7');
    });

    it('caller-name.mjs', async () => {
      await place('caller-name');
      expect(await next('app_verbose.c: back from caller-name: ')).toBe('SUCCESS name=Jo "Jay" Do');
    });

    it('callback.mjs', async () => {
      await place('callback');
      await next('AGI Rx << HANGUP');
      expect(await next('app_verbose.c: back from callback: ')).toMatch(/^Local\/5551234@legs-/);
    });

    it('route.mjs', async () => {
      await place('100');
      const line = await next('app_verbose.c: back from 100: ');
      expect(line).toContain('SUCCESS dial=ANSWER to=Local/answers@legs');
    });

    describe.skipIf(!hasNodeBinaries())('in TypeScript', () => {
      it('time-of-day.ts', async () => {
        await place('time-of-day');
        expect(await next('app_verbose.c: back from time-of-day: ')).toBe('SUCCESS ');
      });

      it('recorder.ts', async () => {
        await place('recorder');
        await press('RECORD FILE', 'w#');
        await press('STREAM FILE vm-review', 'w1');
        const line = await next('app_verbose.c: back from recorder: ');
        expect(line).toMatch(/^SUCCESS recorded=[1-9]\d*$/);
      });

      it('pin-menu.ts', async () => {
        await asterisk.command('database put pins 100 4711');
        await place('pin-menu');
        await press('STREAM FILE vm-login', '100#');
        await press('STREAM FILE vm-password', '4711#');
        await press('STREAM FILE vm-options', '2');
        expect(await next('app_verbose.c: back from pin-menu: ')).toBe('SUCCESS account=100');
      });
    });
  });
}
