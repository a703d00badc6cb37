// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** What a script asks, and a caller who presses keys at every moment, by the real Asterisk. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { openSession } from '../../src/agi/opening';
import { SocketTransport } from '../../src/agi/socket-transport';
import { toConfig } from '../../src/config';
import { encodeWave } from '../../src/tts/wave';
import { makeFolder } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts } from './support/parts';

const missing = missingParts();
const WAIT_MS = 8000;

/** What the caller does. */
interface Phone {
  /** Waits until the caller hears a file. */
  hears(file: string): Promise<void>;
  /** One key after the other; a tone each, of `holdMs`, and a rest between them. */
  press(keys: string, holdMs?: number, restMs?: number): Promise<void>;
  hangup(): Promise<void>;
  /** Waits for a line that the script writes on the console. */
  sees(text: string): Promise<void>;
  /** Lets the engine say a text that it waits with. */
  lets(text: string): Promise<void>;
}

/** The caller's end of a call. */
interface Caller {
  readonly agi: Agi;
  readonly transport: SocketTransport;
}

interface Case {
  readonly name: string;
  readonly script: (agi: Agi) => Promise<unknown>;
  readonly caller: (phone: Phone) => Promise<void>;
  readonly outcome: unknown;
}

const never = new Promise<never>(() => {});
const failure = (run: (agi: Agi) => Promise<unknown>) => async (agi: Agi) =>
  run(agi).catch((error) => error.code);

const cases: Case[] = [
  {
    name: 'menu: a key in the second of its sounds',
    script: (agi) => agi.menu({ 1: 'vm-extension', 2: 'demo-congrats' }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('2');
    },
    outcome: { outcome: 'choice', choice: '2' },
  },
  {
    name: 'menu: a key that is no choice is not heard in its sounds, and the answer behind it is',
    script: (agi) => agi.menu({ 1: 'vm-extension', 2: 'demo-congrats' }),
    caller: async (phone) => {
      await phone.hears('vm-extension');
      await phone.press('9');
      await phone.hears('demo-congrats');
      await phone.press('1');
    },
    outcome: { outcome: 'choice', choice: '1' },
  },
  {
    name: 'menu: keys before it has begun',
    script: async (agi) => {
      await agi.verbose('waits for keys');
      await agi.exec('Wait', 1);
      return agi.menu({ 1: 'vm-extension' }, { timeoutMs: 300, attempts: 1 });
    },
    caller: async (phone) => {
      await phone.sees('waits for keys');
      await phone.press('1');
    },
    outcome: { outcome: 'timeout' },
  },
  {
    name: 'menu: no attempt left',
    script: (agi) =>
      agi.menu(
        { 1: 'beep' },
        { timeoutMs: 200, attempts: 2, beep: '', messages: { timeout: 'vm-goodbye', invalid: 'beeperr' } },
      ),
    caller: async (phone) => {
      await phone.hears('vm-goodbye');
      await phone.hears('vm-goodbye');
    },
    outcome: { outcome: 'timeout' },
  },
  {
    name: 'menu: a key in the message is the answer to the next try',
    script: (agi) =>
      agi.menu({ 1: 'beep' }, { timeoutMs: 100, attempts: 2, messages: { timeout: 'demo-congrats' } }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1');
    },
    outcome: { outcome: 'choice', choice: '1' },
  },
  {
    name: 'menu: a key without a choice',
    script: (agi) => agi.menu({ 1: 'beep' }, { timeoutMs: 5000, attempts: 1, beep: 'demo-congrats' }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('D');
    },
    outcome: { outcome: 'invalid', digit: 'D' },
  },
  {
    name: 'menu: a missing file in the middle',
    script: failure((agi) => agi.menu({ 1: ['beep', 'there-is-none'], 2: 'demo-congrats' })),
    caller: async (phone) => phone.hears('beep'),
    outcome: 'AGI_NO_FILE',
  },
  {
    name: 'menu: hung up in its first sound',
    script: failure((agi) => agi.menu({ 1: 'demo-congrats' }, { attempts: Number.POSITIVE_INFINITY })),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.hangup();
    },
    outcome: 'AGI_HANGUP',
  },
  {
    name: 'ask: keys early, the end key, and what comes behind it',
    script: async (agi) => {
      const keys = agi.typeAhead();
      const first = await keys.ask({ prompt: ['demo-congrats', { digits: '12' }] });
      const second = await keys.ask({ prompt: 'demo-congrats', maxDigits: 2 });
      return [first, second, keys.digits];
    },
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('12#34');
    },
    outcome: [
      { outcome: 'answer', answer: '12', digits: '12' },
      { outcome: 'answer', answer: '34', digits: '34' },
      '',
    ],
  },
  {
    name: 'ask: quick keys are all heard',
    script: (agi) => agi.ask({ prompt: 'demo-congrats', maxDigits: 10 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('0123456789', 40, 40);
    },
    outcome: { outcome: 'answer', answer: '0123456789', digits: '0123456789' },
  },
  {
    name: 'ask: the same key again and again, quickly',
    script: (agi) => agi.ask({ prompt: 'demo-congrats', maxDigits: 8 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('55555555', 50, 50);
    },
    outcome: { outcome: 'answer', answer: '55555555', digits: '55555555' },
  },
  {
    name: 'getData: quick keys are all heard',
    script: (agi) => agi.getData('demo-congrats', { maxDigits: 10, secret: true }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('0123456789', 40, 40);
    },
    outcome: { outcome: 'complete', digits: '0123456789' },
  },
  {
    name: 'ask: a key that is held',
    script: (agi) => agi.ask({ prompt: 'demo-congrats', maxDigits: 4, interDigitTimeoutMs: 600 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('7', 1500);
    },
    outcome: { outcome: 'answer', answer: '7', digits: '7' },
  },
  {
    name: 'ask: cancelled in the prompt',
    script: (agi) => agi.ask({ prompt: ['demo-congrats', 'vm-extension'], cancelKey: '*' }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('*');
    },
    outcome: { outcome: 'canceled' },
  },
  {
    name: 'ask: cancelled behind some digits',
    script: (agi) => agi.ask({ prompt: 'demo-congrats', cancelKey: '*' }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('12*');
    },
    outcome: { outcome: 'canceled' },
  },
  {
    name: 'ask: an empty answer, where one may be',
    script: (agi) => agi.ask({ prompt: 'demo-congrats', minDigits: 0 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('#');
    },
    outcome: { outcome: 'answer', answer: '', digits: '' },
  },
  {
    name: 'ask: too short, then nothing',
    script: (agi) =>
      agi.ask({
        prompt: 'demo-congrats',
        minDigits: 3,
        attempts: 1,
        interDigitTimeoutMs: 300,
        messages: { short: 'beeperr', failed: 'vm-goodbye' },
      }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1');
      await phone.hears('vm-goodbye');
    },
    outcome: { outcome: 'failed', reason: 'short' },
  },
  {
    name: 'ask: parse hangs up',
    script: failure((agi) =>
      agi.ask({
        prompt: 'demo-congrats',
        maxDigits: 1,
        messages: { invalid: 'beep' },
        parse: async (_, invalid) => {
          await agi.hangup();
          invalid();
        },
      }),
    ),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1');
    },
    outcome: 'AGI_DEAD_CHANNEL',
  },
  {
    name: 'ask: hung up while parse is at work, which may listen to it',
    script: failure((agi) =>
      agi.ask({
        prompt: 'demo-congrats',
        maxDigits: 1,
        parse: async () => {
          await agi.verbose('parse is at work');
          await Promise.race([
            never,
            new Promise((_, reject) => agi.signal.addEventListener('abort', () => reject(agi.signal.reason))),
          ]);
        },
      }),
    ),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1');
      await phone.sees('parse is at work');
      await phone.hangup();
    },
    outcome: 'AGI_HANGUP',
  },
  {
    name: 'ask: hung up between two keys',
    script: failure((agi) => agi.ask({ prompt: 'demo-congrats' })),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1');
      await phone.hangup();
    },
    outcome: 'AGI_HANGUP',
  },
  {
    name: 'getData: a missing prompt',
    script: (agi) => agi.getData('there-is-none', { timeoutMs: 200 }),
    caller: async () => {},
    outcome: { outcome: 'missing', digits: '' },
  },
  {
    name: 'getData: no prompt',
    script: (agi) => agi.getData('', { timeoutMs: 200 }),
    caller: async () => {},
    outcome: { outcome: 'timeout', digits: '' },
  },
  {
    name: 'getData: a lone end key',
    script: (agi) => agi.getData('demo-congrats'),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('#');
    },
    outcome: { outcome: 'complete', digits: '' },
  },
  {
    name: 'getData: -1 is no answer of a caller, *1 is',
    script: (agi) => agi.getData('demo-congrats', { maxDigits: 2 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('*1');
    },
    outcome: { outcome: 'complete', digits: '*1' },
  },
  {
    name: 'getData: letters',
    script: (agi) => agi.getData('demo-congrats', { maxDigits: 4 }),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('ABCD');
    },
    outcome: { outcome: 'complete', digits: 'ABCD' },
  },
  {
    name: 'getData: hung up behind two keys',
    script: failure((agi) => agi.getData('demo-congrats')),
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('12');
      await phone.hangup();
    },
    outcome: 'AGI_HANGUP',
  },
  {
    name: 'textInput: letters, a command, an entry that goes on',
    script: (agi) => agi.textInput({ mode: 'lowercase', prompt: 'beep', timeoutMs: 4000, echo: false }),
    caller: async (phone) => {
      await phone.hears('beep');
      await phone.press('44*444**82**#');
      await phone.hears('beep');
      await phone.press('22#');
    },
    outcome: 'hiAB',
  },
  {
    name: 'typeAhead: what was typed in one is passed on to getData',
    script: async (agi) => {
      const keys = agi.typeAhead({ secret: true });
      await keys.streamFile('demo-congrats');
      return [await keys.getData('vm-extension', { maxDigits: 4, timeoutMs: 2000 }), keys.digits];
    },
    caller: async (phone) => {
      await phone.hears('demo-congrats');
      await phone.press('1234');
    },
    outcome: [{ outcome: 'complete', digits: '1234' }, ''],
  },
  {
    name: 'menu: a text that is spoken, and a key in it',
    script: (agi) => agi.menu({ 1: '*A text', 2: 'demo-congrats' }, { timeoutMs: 1000, attempts: 1 }),
    caller: async (phone) => {
      await phone.hears("[^']*/spoken/[0-9a-f]{32}");
      await phone.press('1');
    },
    outcome: { outcome: 'choice', choice: '1' },
  },
  {
    name: 'say: a key while an engine is at work is heard by nobody',
    script: async (agi) => {
      await agi.verbose('an engine is at work');
      return [await agi.say('key', { escapeDigits: '1' }), await agi.waitForDigit(0)];
    },
    caller: async (phone) => {
      await phone.sees('an engine is at work');
      await phone.press('1');
      await phone.lets('key');
    },
    outcome: [{ outcome: 'complete' }, { outcome: 'timeout' }],
  },
  {
    name: 'say: hung up while it is made',
    script: failure(async (agi) => {
      await agi.verbose('an engine is at work');
      return agi.say('hangup');
    }),
    caller: async (phone) => {
      await phone.sees('an engine is at work');
      await phone.hangup();
    },
    outcome: 'AGI_HANGUP',
  },
  {
    name: 'ask: digits, numbers, letters and a date are said, and cut short',
    script: (agi) =>
      agi.ask({
        prompt: [
          'beep',
          { number: 5 },
          { alpha: 'x.y' },
          { phonetic: 'a' },
          { dateTime: 0, timezone: 'UTC' },
        ],
        maxDigits: 1,
      }),
    caller: async (phone) => {
      await phone.hears('phonetic/a_p');
      await phone.press('3');
    },
    outcome: { outcome: 'answer', answer: '3', digits: '3' },
  },
];

describe.skipIf(missing).each([16, 22] as const)(
  `dialogues on Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version) => {
    let asterisk: Asterisk;
    let server: Server;
    const ends = new Map<string, (value: unknown) => void>();
    const callers = new Map<string, (caller: Caller) => void>();
    const far = new Map<string, Promise<Caller>>();
    let folder: string;

    beforeAll(async () => {
      folder = makeFolder();
      const engine = path.join(folder, 'engine');
      const waits = '[ -p "$0.$2" ] && read _ < "$0.$2"';
      writeFileSync(engine, `#!/bin/sh\n${waits}\nexec cp "$0.wav" "$1"\n`, { mode: 0o755 });
      execFileSync('mkfifo', [`${engine}.hangup`, `${engine}.key`]);
      writeFileSync(`${engine}.wav`, encodeWave(8000, new Int16Array(16_000)));
      const cache = path.join(folder, 'spoken');
      const config = toConfig(
        { tts: { command: `${engine} {wave} {text}`, cache, sample_rate: '8000' } },
        'a.conf',
      );
      server = createServer((socket) => {
        socket.on('error', () => {});
        const transport = new SocketTransport(socket, { holds: true });
        void (async () => {
          const session = await openSession(transport, config, undefined);
          const [kind, at] = (session.networkScript ?? '').split('-') as [string, string];
          const agi = new Agi(session, config);
          if (kind === 'caller') {
            callers.get(at)?.({ agi, transport });
            return;
          }
          // a channel whose script ends at once takes the caller's with it before that has one
          await far.get(at);
          try {
            ends.get(at)?.(await (cases[Number(at)] as Case).script(agi));
          } catch (error) {
            ends.get(at)?.(error);
          }
          await session.drain();
          transport.close();
        })();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      asterisk = await Asterisk.start({
        version,
        bind: [folder],
        extensions: [
          '[legs]',
          'exten => _caller-.,1,Answer()',
          ` same => n,AGI(agi://127.0.0.1:${port}/\${EXTEN})`,
          ' same => n,Hangup()',
          '[test]',
          'exten => _script-.,1,Answer()',
          ` same => n,AGI(agi://127.0.0.1:${port}/\${EXTEN})`,
          ' same => n,Hangup()',
        ].join('\n'),
      });
    }, 60_000);
    afterAll(async () => {
      await asterisk?.stop();
      server?.close();
    });

    it.concurrent.each(cases.map((one, at) => ({ ...one, at })))(
      '$name',
      async ({ caller: acts, outcome, at }) => {
        const end = new Promise<unknown>((resolve) => ends.set(String(at), resolve));
        const caller = new Promise<Caller>((resolve) => callers.set(String(at), resolve));
        far.set(String(at), caller);
        await asterisk.originate(`caller-${at}@legs`, `script-${at}@test`);
        const { agi, transport } = await caller;
        let from = 0;
        const see = async (pattern: RegExp) => {
          const line = await asterisk.waitForLog(pattern, WAIT_MS, from);
          from = asterisk.log().indexOf(line, from) + line.length;
        };
        const phone: Phone = {
          hears: (file) => see(new RegExp(`Local/caller-${at}@.*Playing '${file}[.']`)),
          sees: (text) => see(new RegExp(`script-${at}: ${text}`)),
          press: async (keys, holdMs = 80, restMs = 120) => {
            // what has had its last key may hang up before its tone is over
            await agi.exec('SendDTMF', keys, restMs, holdMs).catch((error) => {
              if (error.code !== 'AGI_HANGUP') throw error;
            });
          },
          lets: (text) => writeFile(path.join(folder, `engine.${text}`), '\n'),
          hangup: async () => {
            // a channel is gone when its script is
            await agi.hangup();
            transport.close();
          },
        };
        const acted = acts(phone);
        const seen = await Promise.race([end, acted.then(() => end)]);
        expect(seen).toEqual(outcome);
        await acted;
        transport.close();
      },
    );
  },
);
