// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Every command against both versions of Asterisk, where a channel without a phone can show it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { executable, makeFolder, root } from '../support/inet';
import { Asterisk } from './support/asterisk';
import { missingParts } from './support/parts';
import { Xinetd } from './support/xinetd';

const missing = missingParts();

/** A script's result is what its function gives back, as JSON in a file. */
function reporting(body: string): string {
  return `module.exports = async (agi) => {
    const result = await (async () => { ${body} })();
    require('fs').writeFileSync(__filename + '.result', JSON.stringify(result ?? null));
  }`;
}

const hostile = [
  'plain',
  '',
  ' spaces  inside ',
  'a "quoted" one',
  'back\\slash\\',
  '(parentheses)',
  ')',
  'a=b,c;d&e|f',
  "it's",
  '${CHANNEL}',
  '$[1+1]',
  'tab\there',
  'ä€😀',
  'x'.repeat(1023),
  'y'.repeat(1500),
  'ö'.repeat(950),
  'ä()"\\,='.repeat(890),
  '😀'.repeat(2000),
];
const lines = [
  'two\nlines',
  'a)\nb)',
  ')\n200 result=1 (x)\nHANGUP\n)',
  '\n',
  'a\r\nb',
  'ends\n',
  'ä\n${CHANNEL}\n%41+,"',
  'line ${X}\n'.repeat(700),
];

/** Families and keys of the database: words, and steps of a way. */
const places = [
  ['probe', 'pbx/100'],
  ['probe/a', 'b c/d'],
  ['Büro €', 'Jürgen A'],
  ['probe', '%41'],
];

const callerIds = [
  { name: 'Jo "X" \\ <5> Do, €', number: '123' },
  { name: 'Jo', number: '1> "Bank" <2' },
  { name: 'ö'.repeat(125), number: '123' },
];

/** What would be more than data, if it could. */
const templated = [
  'plain',
  'a,b',
  '"a,b"',
  'a"b',
  '(',
  ')',
  '[a',
  'a\\,b',
  '${CHANNEL(language)}',
  '$[1+1]',
  '$',
  "it's ä €",
];

const scripts: Record<string, string> = {
  'variables.js': reporting(`
    const values = ${JSON.stringify([...hostile, ...lines])};
    const seen = [];
    for (const value of values) {
      await agi.setVariable('probe', value);
      seen.push([await agi.getVariable('probe'), await agi.getFullVariable('\${probe}')]);
    }
    return { seen, unset: await agi.getVariable('never_set'), nobody: await agi.getFullVariable('\${x}', 'Local/none'),
      code: await agi.getVariable('X}\${CHANNEL(name)'), left: await agi.getVariable('AGIEXECFULL') };`),
  'database.js': reporting(`
    const seen = [];
    for (const value of ${JSON.stringify(hostile.filter((value) => value.length < 200 && value !== ''))}) {
      await agi.databasePut('probe', 'key', value);
      seen.push(await agi.databaseGet('probe', 'key'));
    }
    await agi.databasePut('probe', 'key', 'a)\\nb');
    seen.push(await agi.databaseGet('probe', 'key'));
    for (const [family, key] of ${JSON.stringify(places)}) {
      await agi.databasePut(family, key, 'a)\\nb');
      seen.push([await agi.databaseGet(family, key), (await agi.send('DATABASE GET "' + family + '" "' + key + '"')).value]);
      await agi.databaseDel(family, key);
      seen.push(await agi.databaseGet(family, key) ?? null);
    }
    await agi.databasePut('probe', 'other', 1);
    await agi.databaseDel('probe', 'key');
    return { seen, gone: await agi.databaseGet('probe', 'key'), other: await agi.databaseGet('probe', 'other'),
      tree: await agi.databaseDelTree('probe'), again: await agi.databaseDelTree('probe') };`),
  'sayings.js': reporting(`
    const outcomes = [];
    for (const say of [
      () => agi.sayDigits('1'), () => agi.sayAlpha('a'), () => agi.sayPhonetic('a'), () => agi.sayNumber(7), () => agi.sayNumber(-7, { gender: 'm' }),
      () => agi.sayDateTime(0, { format: 'M', timezone: 'UTC' }),
    ]) outcomes.push((await say()).outcome);
    return outcomes;`),
  'dates.js': reporting(`return [(await agi.sayTime(0)).outcome, (await agi.sayDate(new Date(0))).outcome];`),
  'playing.js': reporting(`
    const name = 'probe-' + process.pid;
    const recorded = await agi.recordFile('/tmp/' + name, 'wav', { timeoutMs: 300 });
    return [
      await agi.streamFile('beep'), await agi.streamFile('beep', { offsetSamples: 1000 }), await agi.streamFile('no-such-file'),
      await agi.controlStreamFile('beep'), await agi.controlStreamFile('no-such-file'),
      await agi.getOption('beep', { timeoutMs: 100 }), await agi.getOption('no-such-file', { timeoutMs: 100 }),
      recorded, (await agi.streamFile('/tmp/' + name)).outcome, await agi.recordFile('/no/such/folder/x', 'wav', { timeoutMs: 100 }),
    ];`),
  'dialplan.js': reporting(`
    await agi.setLanguage('de'); await agi.setGlobalVariable('PROBE', 'for all'); await agi.setAbsoluteTimeout(100); await agi.setAbsoluteTimeout(0);
    const dialled = [await agi.dial('Local/answers@legs', { timeoutSeconds: 5 }), await agi.dial('Local/busy@legs'), await agi.dial('Local/rings@legs', { timeoutSeconds: 1 }), await agi.dial('Nothing/x')];
    const result = [await agi.getVariable('CHANNEL(language)'), await agi.getVariable('PROBE'), dialled];
    await agi.goto('elsewhere', 'there');
    return result;`),
  'template.js': reporting(`
    const seen = [];
    for (const value of ${JSON.stringify(templated)}) {
      await agi.exec\`MSet(A=\${value},B=2)\`;
      seen.push([await agi.getVariable('A'), await agi.getVariable('B')]);
      await agi.exec\`Set(A=\${value})\`;
      seen.push([await agi.getVariable('A'), '2']);
    }
    await agi.setVariable('AGIEXECFULL', 'yes');
    for (const value of ${JSON.stringify(templated)}) {
      await agi.exec\`MSet(A=\${value},B=\\\${CHANNEL(language)})\`;
      seen.push([await agi.getVariable('A'), await agi.getVariable('B')]);
    }
    await agi.setVariable('AGIEXECFULL', '');
    await agi.exec\`Verbose(1,seen \${'a, "b" (c \\\\d'})\`;
    return seen;`),
  'derived.js': reporting(`
    await agi.setAccountCode('acc1');
    await agi.gosub('sub', 's', 1, 'a(b,c)', 'two');
    const refused = [];
    for (const attempt of [() => agi.gosub('sub', 's', 1, 'a,b'), () => agi.gosub('sub', 's', 1, 'a"', 'b"'), () => agi.dial(['Local/a&b'])])
      await attempt().catch((error) => refused.push(error.code));
    await agi.conlog('not seen');
    return [await agi.getVariable('CHANNEL(accountcode)'), await agi.getVariable('SUBRAN'), refused,
      await agi.execAgi('/no/such/script', 'a,b'), await agi.execAgi(agi.request.request.replace('derived', 'called'), 'one, (two)', 'three'),
      await agi.getVariable('CALLED'), (await agi.dial(['Local/answers@legs', 'Local/rings@legs'], { timeoutSeconds: 5 })).status,
      await agi.enumLookup('+4930123456').catch((error) => error.code), (await agi.sayPunctuation('a, b?')).outcome];`),
  'called.js': `agi.setVariable('CALLED', agi.request.arguments.join('|'));`,
  'keys.js': reporting(`
    return [
      await agi.streamFile('demo-congrats', { escapeDigits: '0' }), await agi.waitForDigit(3000),
      await agi.getData('beep', { timeoutMs: 3000, maxDigits: 1 }),
    ].map(({ endposSamples, ...rest }) => rest);`),
  'text.js': reporting(`
    await agi.sendText('hi there'); await agi.sendImage('none');
    return [await agi.receiveChar(50), await agi.receiveText(50) ?? null, await agi.tddMode('off')];`),
  'channel.js': reporting(`
    const callers = [];
    await agi.setMusic(true); await agi.setMusic(false); await agi.setAutoHangup(60);
    await agi.setAutoHangup(0); await agi.asyncAgiBreak(); await agi.noop('seen');
    await agi.gosub('sub', 's', 1, 'one', 'two');
    const errors = [];
    for (const attempt of [() => agi.gosub('nosub', 's', 1), () => agi.setPriority('nolabel'), () => agi.speechCreate('none'), () => agi.speechRecognize('beep')])
      await attempt().catch((error) => errors.push(error.code));
    await agi.speechDestroy();
    for (const callerId of ${JSON.stringify(callerIds)}) {
      await agi.setCallerId(callerId);
      callers.push({ name: await agi.getVariable('CALLERID(name)'), number: await agi.getVariable('CALLERID(num)') });
    }
    await agi.setCallerId({ name: 'Jo Do', number: '123' });
    const result = [callers, await agi.getVariable('CALLERID(all)'), await agi.getVariable('SUBRAN'), await agi.channelStatus(), errors];
    await agi.setContext('elsewhere'); await agi.setExtension('there'); await agi.setPriority(1);
    return result;`),
};

describe.skipIf(missing).each([16, 22] as const)(
  `Asterisk %i${missing ? ` (${missing})` : ''}`,
  (version) => {
    let folder: string;
    let asterisk: Asterisk;
    let xinetd: Xinetd;

    beforeAll(async () => {
      folder = makeFolder(scripts);
      const config = path.join(folder, 'fastagi.conf');
      writeFileSync(config, `[fastagi]\nbasedir=${folder}\nlog=${folder}/log\n`);
      xinetd = await Xinetd.startFile(readFileSync(path.join(root, 'xinetd/fastagi'), 'utf8'), {
        user: 'root',
        server: process.execPath,
        server_args: `--no-rehash-snapshot ${executable('fastagi')} --config ${config}`,
      });
      asterisk = await Asterisk.start({
        version,
        extensions: [
          '[legs]',
          'exten => leg,1,Answer()',
          ' same => n,Wait(30)',
          'exten => answers,1,Answer()',
          ' same => n,Wait(0.2)',
          'exten => busy,1,Busy(1)',
          'exten => rings,1,Ringing()',
          ' same => n,Wait(10)',
          'exten => types,1,Answer()',
          ' same => n,Wait(1)',
          ' same => n,SendDTMF(0,100,100)',
          ' same => n,Wait(1)',
          ' same => n,SendDTMF(*,100,100)',
          ' same => n,Wait(1)',
          ' same => n,SendDTMF(#,100,100)',
          ' same => n,Wait(30)',
          '[sub]',
          'exten => s,1,Set(__SUBRAN=${ARG1}+${ARG2})',
          ' same => n,Set(GLOBAL(SUBRAN)=${ARG1}+${ARG2})',
          ' same => n,Return()',
          '[elsewhere]',
          'exten => there,1,Verbose(1,back: elsewhere)',
          '[test]',
          ...Object.keys(scripts).flatMap((name) => [
            `exten => ${name},1,Answer()`,
            ` same => n,AGI(agi://127.0.0.1:${xinetd.port('fastagi')}/${name})`,
            ' same => n,Verbose(1,back: ${AGISTATUS})',
          ]),
        ].join('\n'),
      });
    }, 60_000);
    afterAll(async () => {
      await asterisk?.stop();
      await xinetd?.stop();
    });

    async function place(name: string, leg = 'leg'): Promise<{ result: unknown; back: string }> {
      const from = asterisk.log().length;
      await asterisk.originate(`${leg}@legs`, `${name}@test`);
      const line = await asterisk.waitForLog(/app_verbose.c: .*back: /, 19_000, from);
      try {
        const result = JSON.parse(readFileSync(path.join(folder, `${name}.result`), 'utf8'));
        return { result, back: line.replace(/.*back: /, '') };
      } catch {
        throw new Error(readFileSync(path.join(folder, 'log'), 'utf8'));
      }
    }

    it('has the commands that Agi has', async () => {
      const shown = (await asterisk.command('agi show commands')).matchAll(/^ *(?:Yes|No) +([a-z ]+?) {3}/gm);
      const names = Array.from(shown, ([, name]) => name as string);
      expect(names).toHaveLength(47);
      const renamed: Record<string, string> = {
        'asyncagi break': 'asyncAgiBreak',
        'set autohangup': 'setAutoHangup',
        'set callerid': 'setCallerId',
        'say datetime': 'sayDateTime',
        'database deltree': 'databaseDelTree',
      };
      for (const name of names) {
        const method = renamed[name] ?? name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
        expect(typeof Reflect.get(Agi.prototype, method), name).toBe('function');
      }
    });

    it('gives values back as they were set', async () => {
      const { result } = await place('variables.js');
      expect(result).toEqual({ seen: [...hostile, ...lines].map((value) => [value, value]), left: '' });
    });

    it('keeps a database', async () => {
      const { result } = await place('database.js');
      const values = hostile.filter((value) => value.length < 200 && value !== '');
      // the plain reply ends where it seems to
      const placed = places.flatMap(() => [['a)\nb', 'a'], null]);
      expect(result).toEqual({ seen: [...values, 'a)\nb', ...placed], other: '1', tree: true, again: false });
    });

    it('says what it is told', async () => {
      expect((await place('sayings.js')).result).toEqual(Array(6).fill('complete'));
    });

    it('says dates', async () => {
      expect((await place('dates.js')).result).toEqual(['complete', 'complete']);
    });

    it('plays and records', async () => {
      expect((await place('playing.js')).result).toEqual([
        { outcome: 'complete', endposSamples: 3520 },
        { outcome: 'complete', endposSamples: 3520 },
        { outcome: 'missing', endposSamples: 0 },
        { outcome: 'complete' },
        { outcome: 'missing' },
        { outcome: 'timeout', endposSamples: 3520 },
        { outcome: 'missing', endposSamples: 0 },
        { outcome: 'timeout', endposSamples: expect.any(Number) },
        'complete',
        { outcome: 'unwritable', endposSamples: 0 },
      ]);
    });

    it('hears keys', async () => {
      expect((await place('keys.js', 'types')).result).toEqual([
        { outcome: 'digit', digit: '0' },
        { outcome: 'digit', digit: '*' },
        { outcome: 'complete', digits: '' },
      ]);
    });

    it('carries text, as far as the channel does', async () => {
      expect((await place('text.js')).result).toEqual([{ outcome: 'timeout' }, null, false]);
    });

    it('dials, and goes elsewhere', async () => {
      expect(await place('dialplan.js')).toEqual({
        result: [
          'de',
          'for all',
          [
            { status: 'ANSWER', answeredSeconds: expect.any(Number) },
            { status: 'BUSY', answeredSeconds: 0 },
            { status: 'NOANSWER', answeredSeconds: 0 },
            { status: 'CHANUNAVAIL', answeredSeconds: 0 },
          ],
        ],
        back: 'elsewhere',
      });
    });

    it('values in a template are data, whatever they hold', async () => {
      const from = asterisk.log().length;
      const { result } = await place('template.js');
      expect(result).toEqual([
        ...templated.flatMap((value) => [
          [value, '2'],
          [value, '2'],
        ]),
        ...templated.map((value) => [value, 'en']),
      ]);
      expect(asterisk.log().slice(from)).toContain('seen a, "b" (c \\d');
    });

    it("does what phpAGI does by the dialplan's applications", async () => {
      expect((await place('derived.js')).result).toEqual([
        'acc1',
        'a(b,c)+two',
        ['AGI_ARGUMENT', 'AGI_ARGUMENT', 'AGI_ARGUMENT'],
        'NOTFOUND',
        'SUCCESS',
        'one, (two)|three',
        'ANSWER',
        'AGI_NO_FUNCTION',
        'complete',
      ]);
    });

    it('leads the channel through the dialplan', async () => {
      expect(await place('channel.js')).toEqual({
        result: [
          callerIds,
          '"Jo Do" <123>',
          'one+two',
          'up',
          ['AGI_NO_LABEL', 'AGI_USAGE', 'AGI_COMMAND', 'AGI_COMMAND'],
        ],
        back: 'elsewhere',
      });
    });
  },
);
