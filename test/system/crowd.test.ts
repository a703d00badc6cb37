// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Many calls of a real Asterisk's side by side, one behind the other on each channel: each is answered what it asked. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { executable, makeFolder, root } from '../support/inet';
import { Resident } from '../support/resident';
import { Asterisk } from './support/asterisk';
import { freePort } from './support/free-port';
import { missingParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

const CHANNELS = 12;
const ROUNDS = 10;
/** A quarter of the callers hang up while their channel is at it. */
const FAITHFUL = CHANNELS - CHANNELS / 4;

const back = "agi.setVariable('BACK', await agi.getVariable('ROUND'));";
const scripts = {
  'plain.js': `module.exports = async (agi) => { ${back} };`,
  'waits.mjs': `export default async (agi) => { await agi.exec('Wait', '0.02'); ${back} };`,
  'queues.js': `module.exports = async (agi) => { for (let i = 0; i < 12; i++) agi.noop(); ${back} };`,
  'plays.js': `module.exports = async (agi) => { await agi.getData('beep', { timeoutMs: 10, maxDigits: 1 }); ${back} };`,
  'throws.js': `module.exports = async (agi) => { await ${back} throw new Error('on purpose'); };`,
};
const names = Object.keys(scripts).map((file) => path.parse(file).name);

const ways = {
  'a pool': '',
  'a pool of one call a process': 'max_calls = 1',
  'shared processes': 'mode = shared',
  'a pool, by AsyncAGI': 'async',
  'xinetd, wait = no': undefined,
};

interface Server extends AsyncDisposable {
  readonly port: number;
  log(): string;
}

async function startServer(listen: string | undefined): Promise<Server> {
  if (listen !== undefined) return Resident.start({ files: scripts, listen });
  const folder = makeFolder(scripts);
  const log = path.join(folder, 'log');
  const config = path.join(
    makeFolder({ 'fastagi.conf': `[fastagi]\nbasedir=${folder}\nlog=${log}\n` }),
    'fastagi.conf',
  );
  const xinetd = await Xinetd.startFile(readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8'), {
    user: 'root',
    server: process.execPath,
    server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
  });
  return {
    port: xinetd.port('fastagi'),
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    [Symbol.asyncDispose]: () => xinetd.stop(),
  };
}

function startAsync(manager: number): Promise<Resident> {
  return Resident.start({
    files: scripts,
    config: `[asmanager]\nserver=127.0.0.1\nport=${manager}\nusername=jo\nsecret=pw\n`,
    args: ['--async-agi'],
  });
}

describe.skipIf(missing)(`a crowd of calls${missing ? ` (${missing})` : ''}`, () => {
  it.each(Object.entries(ways))(
    'is served by %s',
    async (way, listen) => {
      const manager = await freePort();
      const byManager = listen === 'async';
      // it waits for the manager
      await using server = byManager ? await startAsync(manager) : await startServer(listen);
      await using asterisk = await Asterisk.start({
        version: 22,
        extensions: dialplan(byManager ? undefined : server.port),
        config: {
          'manager.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = ${manager}\n[jo]\nsecret = pw\nread = all\nwrite = all\n`,
        },
      });
      if (byManager) await (server as Resident).logged('calls of AGI(agi:async,SCRIPT) come from');
      for (let channel = 0; channel < CHANNELS; channel++)
        await asterisk.originate(`${channel < FAITHFUL ? 'stays' : 'leaves'}@phones`, 's@lane');
      const noticed = (pattern: string) => [
        ...asterisk.log().matchAll(new RegExp(`NOTICE.* lane ${pattern}$`, 'gm')),
      ];
      await expect
        .poll(() => noticed('is done').length, { timeout: 90_000, interval: 250 })
        .toBeGreaterThanOrEqual(FAITHFUL);
      const calls = noticed('(\\w+) (\\d+) (\\w+) (\\w+)');
      expect(calls.length).toBeGreaterThanOrEqual(FAITHFUL * ROUNDS);
      const wrong = calls.filter(
        ([, script, round, answer, status]) =>
          answer !== round || status !== (script === 'throws' ? 'FAILURE' : 'SUCCESS'),
      );
      expect(wrong.map(([line]) => line)).toEqual([]);
      expect(server.log().match(/^.* (?:warning|error) (?!.*on purpose).*$/gm)).toBeNull();
      if (!(server instanceof Resident)) return;
      await server.counted(/active 0; .* crashed 0; /);
      // a call that fails gives its process back
      if (way === 'a pool')
        expect(Number(/.*started (\d+);/s.exec(server.log())?.[1])).toBeLessThan(calls.length / 3);
    },
    120_000,
  );
});

/** What the script is at when its process ends. */
const crashes = {
  'between two commands': "await agi.noop(); process.kill(process.pid, 'SIGKILL');",
  'at a sound': "agi.streamFile('vm-intro'); setTimeout(() => process.kill(process.pid, 'SIGSEGV'), 200);",
  'at an application that nothing ends': "agi.exec('Wait', '1'); setTimeout(() => process.abort(), 200);",
  'in circles': 'await agi.noop(); for (;;);',
};

describe.skipIf(missing).each([16, 22] as const)('a process that is killed, on Asterisk %d', (version) => {
  it.each(['', 'max_calls = 1\nspare = 0'])(
    'is AGISTATUS=FAILURE, whatever it was at (%j)',
    async (listen) => {
      const kinds = Object.entries(crashes);
      await using server = await Resident.start({
        files: Object.fromEntries(
          kinds.map(([, body], at) => [
            `crash${at}.js`,
            `module.exports = async (agi) => { ${body} await new Promise(() => {}); };`,
          ]),
        ),
        config: 'max_seconds = 1.5',
        listen,
      });
      await using asterisk = await Asterisk.start({
        version,
        extensions: [
          '[phones]',
          'exten => stays,1,Answer()',
          ' same => n,Wait(600)',
          '[crash]',
          `exten => _X,1,AGI(agi://127.0.0.1:${server.port}/crash\${EXTEN})`,
          ' same => n,Log(NOTICE,crash ${EXTEN} is ${AGISTATUS})',
        ].join('\n'),
      });
      for (const at of kinds.keys()) await asterisk.originate('stays@phones', `${at}@crash`);
      const told = await Promise.all(
        kinds.map(async ([kind], at) => {
          const line = await asterisk.waitForLog(new RegExp(`NOTICE.* crash ${at} is `), 20_000);
          return `${kind}: ${line.split(' ').at(-1)}`;
        }),
      );
      expect(told).toEqual(kinds.map(([kind]) => `${kind}: FAILURE`));
      expect(asterisk.log()).toContain('the process that served this call has ended with SIGSEGV');
    },
  );
});

/** Each channel goes through its rounds, and tells how each went. */
function dialplan(port?: number): string {
  return [
    '[globals]',
    `NAMES=${names.join('-')}`,
    '[phones]',
    'exten => stays,1,Answer()',
    ' same => n,Wait(600)',
    'exten => leaves,1,Answer()',
    ' same => n,Wait(0.${RAND(100,400)})',
    '[lane]',
    'exten => s,1,Set(ROUND=0)',
    ' same => n(next),Set(ROUND=$[${ROUND} + 1])',
    ` same => n,Set(SCRIPT=\${CUT(NAMES,-,\${RAND(1,${names.length})})})`,
    ' same => n,Set(BACK=nothing)',
    ` same => n,AGI(${port ? `agi://127.0.0.1:${port}/` : 'agi:async,'}\${SCRIPT})`,
    ' same => n,Log(NOTICE,lane ${SCRIPT} ${ROUND} ${BACK} ${AGISTATUS})',
    ` same => n,GotoIf($[\${ROUND} < ${ROUNDS}]?next)`,
    ' same => n,Log(NOTICE,lane is done)',
  ].join('\n');
}
