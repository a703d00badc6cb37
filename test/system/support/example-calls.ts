// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** An Asterisk whose dialplan calls every example by a real xinetd, and a caller who presses what he is told to. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { example } from '../../support/examples';
import { executable, makeFolder, root } from '../../support/inet';
import { Asterisk } from './asterisk';
import { freePort } from './free-port';
import { hasNodeBinaries, nodeBinary } from './parts';
import { Xinetd } from './xinetd';

export class ExampleCalls {
  readonly version: 16 | 22;
  readonly asterisk: Asterisk;
  readonly #services: readonly Xinetd[];
  /** How far the log has been looked at. */
  #seen = 0;

  private constructor(version: 16 | 22, asterisk: Asterisk, services: readonly Xinetd[]) {
    this.version = version;
    this.asterisk = asterisk;
    this.#services = services;
  }

  static async start(version: 16 | 22): Promise<ExampleCalls> {
    const folder = makeFolder();
    const managerPort = await freePort();
    chmodSync(folder, 0o755);
    const database = path.join(folder, 'callers.sqlite');
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
    const xinetd = await Xinetd.startFile(shipped, { ...service, server: process.execPath });
    const newer = hasNodeBinaries()
      ? await Xinetd.startFile(shipped, { ...service, server: await nodeBinary(24) })
      : undefined;
    const call = (name: string, script: string, port: number, before: string[] = [], shown = '') => [
      `exten => ${name},1,Set(CASE=${name})`,
      ...before.map((application) => ` same => n,${application}`),
      ` same => n,AGI(agi://127.0.0.1:${port}/${script})`,
      ` same => n,Verbose(1,back from \${CASE}: \${AGISTATUS} ${shown})`,
      ' same => n,Hangup()',
    ];
    const port = xinetd.port('fastagi');
    const newerPort = newer?.port('fastagi') ?? port;
    const asterisk = await Asterisk.start({
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
    return new ExampleCalls(version, asterisk, newer ? [xinetd, newer] : [xinetd]);
  }

  async stop(): Promise<void> {
    await this.asterisk.stop();
    for (const service of this.#services) await service.stop();
  }

  /** The caller calls this extension of the dialplan, which calls an example. */
  async place(extension: string): Promise<void> {
    this.#seen = this.asterisk.log().length;
    await this.asterisk.command('dialplan set global PRESS ""');
    await this.asterisk.originate('caller@legs', `${extension}@test`);
  }

  /** What the log says next of this. */
  async next(words: string): Promise<string> {
    const line = await this.asterisk.waitForLog(words, 25_000, this.#seen);
    this.#seen = this.asterisk.log().indexOf(line, this.#seen) + line.length;
    return line.slice(line.indexOf(words) + words.length);
  }

  /** The caller presses keys once the script has sent this command. */
  async press(command: string, keys: string): Promise<void> {
    await this.next(`AGI Rx << ${command}`);
    await this.asterisk.command(`dialplan set global PRESS ${keys}`);
  }
}
