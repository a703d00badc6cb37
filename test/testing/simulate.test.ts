// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import fs from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import type { Ami } from '../../src/ami/ami';
import { type AgiHangupError, AgiUsageError } from '../../src/errors';
import { ExpectationError, type SimulateOptions, simulate } from '../../src/testing/index';
import { makeFolder } from '../support/inet';
import { FakeManager } from '../support/manager';
import { standIns } from '../support/speech';

/** What a caller meets who wants an extension. */
async function menu(agi: Agi): Promise<void> {
  await agi.answer();
  const { outcome, digits } = await agi.getData('vm-extension', { timeoutMs: 5000, maxDigits: 4 });
  if (outcome === 'timeout' && digits === '') {
    await agi.streamFile('vm-goodbye');
    await agi.hangup();
    return;
  }
  await agi.sayDigits(digits);
  await agi.setVariable('EXTENSION', digits);
  await agi.goto('extensions', digits);
}

const menuFile = `module.exports = ${menu.toString()};`;

describe.each([
  ['a function', () => menu],
  ['a file', () => `${makeFolder({ 'menu.js': menuFile })}/menu.js`],
] as const)('%s', (_, script) => {
  it('is called by someone who types ahead', async () => {
    const call = await simulate(script(), { digits: '1234', callerId: '"Jo Do" <5551234>' });
    await call.ended();
    expect(call.played).toEqual(['vm-extension']);
    expect(call.said).toEqual(['1234']);
    expect(call.heard).toEqual(['vm-extension', '1234']);
    expect(call.variables).toMatchObject({ EXTENSION: '1234', AGISTATUS: 'SUCCESS' });
    expect(call.callerId).toEqual({ name: 'Jo Do', number: '5551234' });
    expect(call.goesTo).toEqual({ context: 'extensions', extension: '1234', priority: 1 });
    expect([call.answered, call.hungUp, call.status]).toEqual([true, false, 'SUCCESS']);
    expect(call.keys).toBe('1234');
    expect(call.log).toBe('');
    call.expectHeard('vm-extension', 1234).expectPlayed('vm-extension').expectSaid(1234);
    call.expectVariable('EXTENSION', 1234).expectVariable('OTHER', undefined).expectStatus('SUCCESS');
    call.expectGoesTo('extensions', '1234').expectCommand(/^GET DATA/);
  });

  it('is driven step by step', async () => {
    const call = await simulate(script());
    await call.prompt('vm-extension');
    call.press('12#');
    await call.saying(12);
    expect(call.variables.EXTENSION).toBeUndefined();
    expect(await call.command('SET VARIABLE')).toBe('SET VARIABLE EXTENSION 12');
    await call.ended();
    call.expectGoesTo('extensions', '12');
  });

  it('waits for a caller who does nothing, in no time', async () => {
    const call = await simulate(script());
    await call.ended();
    // a second of each file, and the timeout
    expect(call.durationMs).toBe(7000);
    call.expectHeard('vm-extension', 'vm-goodbye').expectStatus('HANGUP');
    expect(call.goesTo).toBeUndefined();
  });

  it('is hung up on', async () => {
    const call = await simulate(script());
    await call.prompt('vm-extension');
    call.hangUp();
    await call.ended();
    expect(call.said).toEqual([]);
    call.expectStatus('HANGUP');
  });
});

describe.each([
  ['a function', (run: string) => new Function('agi', `return (${run})(agi)`) as (agi: Agi) => unknown],
  ['a file', (run: string) => `${makeFolder({ 'script.js': `module.exports = ${run}` })}/script.js`],
] as const)('%s of the extension h', (_, script) => {
  const run = `async (agi) => {
    await agi.databasePut('bills', 'last', await agi.getVariable('CDR(billsec)'));
    await agi.verbose(agi.signal.aborted);
    await agi.streamFile('beep').catch((error) => agi.verbose(error.code));
    await agi.verbose(agi.signal.aborted);
    await agi.setVariable('DONE', '1');
  }`;
  it('is called when the caller is gone', async () => {
    const call = await simulate(script(run), { hungUp: true, answered: true });
    await call.ended();
    expect(call.verbose).toEqual(['false', 'AGI_DEAD_CHANNEL', 'true']);
    expect(call.played).toEqual([]);
    expect(call.hungUp).toBe(true);
    expect(call.database).toEqual({ 'bills/last': '0' });
    call.expectVariable('DONE', 1).expectVariable('AGISTATUS', 'SUCCESS').expectStatus('SUCCESS');
  });
});

describe.each([
  ['a function', (run: string) => new Function('agi', `return (${run})(agi)`) as (agi: Agi) => unknown],
  ['a file', (run: string) => `${makeFolder({ 'script.js': `module.exports = ${run}` })}/script.js`],
] as const)('%s that tries again and again', (_, script) => {
  it('is ended when the caller is gone, as it is in a real call', async () => {
    const call = await simulate(
      script("async (agi) => { for (;;) try { await agi.streamFile('beep'); } catch (error) {} }"),
    );
    await call.prompt('beep');
    call.hangUp();
    expect(String(await call.failed())).toMatch(
      /has asked 1000 times .* a catch in a loop must let AgiHangupError through/,
    );
    expect(call.commands.length).toBeLessThan(1100);
  });
});

describe('a script file', () => {
  const run = (name: string, text: string, options?: SimulateOptions) =>
    simulate(`${makeFolder({ [name]: text })}/${name}`, options);

  it('gets arguments and parameters', async () => {
    const text = `agi.setVariable('SEEN', JSON.stringify([agi.request.arguments, process.argv.slice(2), agi.request.params.name]));`;
    const classic = await run('seen.js', text, { arguments: ['one', 'two words'] });
    await classic.ended();
    expect(JSON.parse(classic.variables.SEEN as string)).toEqual([
      ['one', 'two words'],
      ['one', 'two words'],
      null,
    ]);
    const network = await run('seen.js', text, { query: 'name=Jo+Do' });
    await network.ended();
    expect(JSON.parse(network.variables.SEEN as string)).toEqual([[], [], 'Jo Do']);
  });

  it('fails with its log', async () => {
    const text = `console.log('on the way'); throw new TypeError('no such luck');`;
    const call = await run('fails.js', text);
    await expect(call.ended()).rejects.toThrow(/exit code 1[\s\S]*no such luck[\s\S]*AGISTATUS is FAILURE/);
    expect(call.exitCode).toBe(1);
    expect(String(call.failure)).toContain('no such luck');
    expect(call.log).toContain('on the way');
    expect(await (await run('fails.js', text)).failed()).toContain('no such luck');
  });

  it('is told of a hangup in the way of classic AGI and of FastAGI', async () => {
    const text = `(async () => {
      agi.signal.addEventListener('abort', () => agi.setVariable('TOLD', agi.signal.reason.code));
      await agi.streamFile('beep');
    })();`;
    for (const query of [undefined, 'x=1']) {
      const call = await run('told.js', text, query === undefined ? {} : { query });
      await call.prompt('beep');
      call.hangUp();
      await call.ended();
      call.expectVariable('TOLD', 'AGI_HANGUP').expectStatus('HANGUP');
    }
  });

  it('of another language runs by its first line', async () => {
    const { chmodSync } = await import('node:fs');
    const file = `${makeFolder({
      'sh.sh':
        '#!/bin/sh\nwhile read -r line && [ -n "$line" ]; do :; done\necho "STREAM FILE beep \\"\\""\nread -r reply\necho "SET VARIABLE REPLY \\"$reply\\""\nread -r reply\n',
    })}/sh.sh`;
    chmodSync(file, 0o755);
    const call = await simulate(file);
    await call.ended();
    call.expectVariable('REPLY', '200 result=0 endpos=8000');
  });

  it('may end by the signal of a hangup', async () => {
    const { chmodSync } = await import('node:fs');
    const file = `${makeFolder({ 'sh.sh': '#!/bin/sh\necho "STREAM FILE beep \\"\\""\nwhile :; do read -r line || exit 5; done\n' })}/sh.sh`;
    chmodSync(file, 0o755);
    const call = await simulate(file);
    await call.prompt('beep');
    call.hangUp();
    await call.ended();
    call.expectStatus('HANGUP');
    expect(call.exitCode).toBeUndefined();
  });

  it.each([
    [
      'half a line',
      'process.stdin.resume(); process.stdout.write("STREAM FI"); setInterval(() => {}, 1000);',
      /half a line, "STREAM FI"/,
    ],
    ['nothing', 'setInterval(() => {}, 1000);', /has done nothing for 700 ms/],
  ])('that says %s does not hang', async (_, text, message) => {
    const { chmodSync } = await import('node:fs');
    const file = `${makeFolder({ 'x.js': `#!${process.execPath}\n${text}` })}/x.js`;
    chmodSync(file, 0o755);
    const call = await simulate(file, { timeoutMs: 700 });
    await expect(call.ended()).rejects.toThrow(message);
  });

  it.each([
    ['/no/such/file.js', /no file \/no\/such\/file.js/],
    ['http://127.0.0.1/', /neither/],
    ['agi:///x', /host is missing/],
    ['agi://h:99999/x', /no port/],
  ])('%s is refused', async (target, message) => {
    await expect(simulate(target)).rejects.toThrow(message);
  });
});

describe('a FastAGI server', () => {
  it('is called', async () => {
    const server = createServer((socket) => {
      let asked = false;
      socket.on('data', (chunk) => {
        if (!asked && chunk.toString().endsWith('\n\n')) {
          asked = true;
          socket.write(`SET VARIABLE ASKED "${/agi_network_script: (.*)/.exec(chunk.toString())?.[1]}"\n`);
        } else socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const call = await simulate(`agi://127.0.0.1:${port}/hello.js?a=b`);
    await call.ended();
    server.close();
    call.expectVariable('ASKED', 'hello.js?a=b').expectStatus('SUCCESS');
    const nobody = await simulate(`agi://127.0.0.1:${port}/hello.js`);
    await expect(nobody.ended()).rejects.toThrow(/nothing listens there/);
    nobody.expectStatus('FAILURE');
  });
});

describe('expectations', () => {
  const failing = async (work: () => unknown): Promise<ExpectationError> => {
    try {
      await work();
    } catch (error) {
      expect(error).toBeInstanceOf(ExpectationError);
      return error as ExpectationError;
    }
    throw new Error('it did not fail');
  };

  it('show the conversation, with the place marked', async () => {
    const call = await simulate(menu, { digits: '1234' });
    await call.ended();
    const { message } = await failing(() => call.expectHeard('vm-extension', '1235'));
    expect(message).toContain(
      'expected the caller to hear "vm-extension", "1235", and it was "vm-extension", "1234"',
    );
    expect(message).toMatch(/> SAY DIGITS 1234 ""\n─+ {2}"1235" was expected here.*\n.*🗣 1 2 3 4\n/);
    expect((await failing(() => call.expectVariable('EXTENSION', 1))).message).toMatch(
      /to be "1", and it is "1234"[\s\S]*─+ {2}here\n.*✎ EXTENSION = 1234/,
    );
    expect((await failing(() => call.expectGoesTo('here'))).message).toMatch(/goes on at extensions,1234,1/);
    expect((await failing(() => call.expectStatus('FAILURE'))).message).toMatch(/and it is SUCCESS/);
    expect((await failing(() => call.expectSaid())).message).toMatch(/to be told nothing/);
    expect((await failing(() => call.expectCommand('DATABASE'))).message).toMatch(/has not sent it/);
  });

  it('say what was waited for in vain', async () => {
    const call = await simulate(menu, { digits: '1#' });
    await call.prompt('vm-extension');
    const { message } = await failing(() => call.prompt('vm-goodbye'));
    expect(message).toMatch(
      /the caller to hear "vm-goodbye", and the script has ended[\s\S]*♪ vm-extension\n─+ {2}waited for from here on/,
    );
  });

  it('say what waits for the caller for ever', async () => {
    const call = await simulate((agi) => agi.waitForDigit());
    expect((await failing(() => call.ended())).message).toMatch(
      /WAIT FOR DIGIT -1 waits for the caller for ever/,
    );
  });

  it('throw what the function threw', async () => {
    const call = await simulate(() => {
      throw new RangeError('out of range');
    });
    const error = await failing(() => call.ended());
    expect(error.message).toMatch(/the script failed: RangeError: out of range/);
    expect(error.cause).toBeInstanceOf(RangeError);
    call.expectStatus('FAILURE');
    const other = await simulate((agi) => agi.send('SAY DIGITS x ""'));
    expect(await other.failed()).toBeInstanceOf(AgiUsageError);
    expect((await failing(async () => (await simulate(menu, { digits: '1#' })).failed())).message).toMatch(
      /did not/,
    );
  });
});

describe('the caller', () => {
  it('types no faster than the script listens, and not in vain', async () => {
    const call = await simulate(
      async (agi) => {
        await agi.streamFile('welcome');
        await agi.setVariable('A', 1);
        const first = await agi.streamFile('menu', { escapeDigits: '12' });
        const rest = await agi.getData('beep', { maxDigits: 3 });
        await agi.setVariable('GOT', JSON.stringify([first.outcome, rest.digits]));
      },
      { digits: '923w45' },
    );
    await call.ended();
    call.expectVariable('GOT', '["digit","345"]');
    expect(
      call.events.filter((event) => event.type === 'key').map((event) => [event.key, event.heard]),
    ).toEqual([
      ['9', false],
      ['2', true],
      ['3', true],
      ['4', true],
      ['5', true],
    ]);
  });

  it('hangs up at a chosen moment', async () => {
    const call = await simulate(
      async (agi) => {
        try {
          await agi.streamFile('long');
        } catch (error) {
          await agi.setVariable('WHY', (error as AgiHangupError).code);
          throw error;
        }
      },
      { sounds: { long: 60_000 } },
    );
    await call.prompt('long');
    await call.pass(20_000);
    call.hangUp();
    await call.ended();
    expect(call.durationMs).toBe(20_000);
    call.expectVariable('WHY', 'AGI_HANGUP');
    expect(call.events.at(-1)).toMatchObject({ type: 'end', status: 'HANGUP' });
  });

  it('records, sends text, is heard by a speech engine', async () => {
    const call = await simulate(
      async (agi) => {
        const recorded = await agi.recordFile('/tmp/x', 'wav', { silenceSeconds: 2 });
        await agi.speechCreate('any');
        const speech = await agi.speechRecognize('beep');
        const text = await agi.receiveText(5000);
        await agi.setVariable('ALL', JSON.stringify([recorded, speech, text]));
      },
      { speech: [{ text: 'yes please', score: 900, grammar: 'g' }], speaksMs: 4000 },
    );
    await call.command('RECEIVE TEXT');
    call.sendText('hello');
    await call.ended();
    expect(JSON.parse(call.variables.ALL as string)).toEqual([
      { outcome: 'timeout', endposSamples: 40_000 },
      { outcome: 'speech', results: [{ text: 'yes please', score: 900, grammar: 'g' }], endposSamples: 8000 },
      'hello',
    ]);
    expect(call.recordings).toEqual([{ file: '/tmp/x', format: 'wav', durationMs: 5000 }]);
  });
});

describe('what is around the call', () => {
  it('is, for a function too, the configuration that is named', async () => {
    const there = standIns({ talk: 'speaks' });
    const config = there.file('fastagi.conf');
    fs.writeFileSync(
      config,
      `[fastagi]\nbasedri = /x\n[tts]\ncommand = ${there.file('talk')} -w {wave}\ncache = ${there.cache}\n`,
    );
    const call = await simulate(async (agi: Agi) => void (await agi.say('Hello')), { config });
    await call.ended();
    expect(call.played).toEqual([expect.stringMatching(new RegExp(`^${there.cache}/[0-9a-f]{32}$`))]);
    expect(there.text('talk')).toBe('Hello\n');
    expect(call.log).toMatch(/\[fastagi\] basedri/);
    await expect(simulate(async () => {}, { config: '/no/such.conf' })).rejects.toMatchObject({
      name: 'RefusedError',
    });
  });

  it('has no engine at work when it is over', async () => {
    const there = standIns({ talk: 'hangs' });
    const config = there.file('fastagi.conf');
    fs.writeFileSync(config, `[tts]\ncommand = ${there.file('talk')} -w {wave}\ncache = ${there.cache}\n`);
    const started = () => expect.poll(() => fs.existsSync(there.file('sleeper'))).toBe(true);
    const script = async (agi: Agi) => {
      void agi.prepareSpeech('Hello');
      await started();
    };
    const call = await simulate(script, { config });
    await call.ended();
    expect(fs.readdirSync(there.cache)).toEqual([]);
  });

  it('has no client open when it is over', async () => {
    await using manager = await FakeManager.start();
    let client: Ami | undefined;
    const call = await simulate(async (agi: Agi) => {
      client = await agi.manager({ port: manager.port, username: 'jo', secret: 'secret' });
    });
    await call.ended();
    expect(client?.state).toBe('closed');
  });

  it('is no configuration of the machine that the test runs on', async () => {
    const call = await simulate(async (agi: Agi) => void (await agi.manager()));
    expect(await call.failed()).toMatchObject({
      message: expect.stringMatching('There is no configuration'),
    });
  });

  it('is as the options say', async () => {
    const call = await simulate(
      async (agi) => {
        const read = async (name: string) => (await agi.getVariable(name)) ?? null;
        await agi.setVariable(
          'SEEN',
          JSON.stringify([
            agi.request.extension,
            agi.request.params.a,
            await read('TIER'),
            await agi.databaseGet('names', '5551234'),
            await read('SITE'),
            await read('MYFUNC(x)'),
            await agi.exec('MyApp', 'a', 'b'),
            (await agi.dial('PJSIP/alice')).status,
            (await agi.dial('PJSIP/bob')).answeredSeconds,
            (await agi.streamFile('gone')).outcome,
            await read('STRFTIME(,UTC,%H:%M)'),
            await agi.channelStatus(),
          ]),
        );
        await agi.gosub('sub', 's', 1, 'one', 'two');
        await agi.databasePut('names', 'new', 'x');
        await agi.setGlobalVariable('SITE', 'b');
      },
      {
        extension: '100',
        query: 'a=b',
        variables: { TIER: 'gold' },
        database: { names: { 5551234: 'Jo' } },
        globals: { SITE: 'a' },
        functions: { MYFUNC: { read: (argument) => `my ${argument}` } },
        applications: { MyApp: (data, channel) => channel.set('APP', data) },
        dial: (destination) =>
          destination === 'PJSIP/bob' ? { status: 'ANSWER', answeredSeconds: 90 } : 'BUSY',
        missing: ['gone'],
        time: new Date('2026-11-25T08:30:00Z'),
        subroutines: { 'sub,s,1': (channel, args) => channel.set('SUB', args.join('+')) },
      },
    );
    await call.ended();
    expect(JSON.parse(call.variables.SEEN as string)).toEqual([
      '100',
      'b',
      'gold',
      'Jo',
      'a',
      'my x',
      0,
      'BUSY',
      90,
      'missing',
      '08:31',
      'up',
    ]);
    call.expectVariable('APP', 'a,b').expectVariable('SUB', 'one+two').expectVariable('DIALSTATUS', 'ANSWER');
    expect(call.applications).toEqual(['MyApp(a,b)', 'Dial(PJSIP/alice)', 'Dial(PJSIP/bob)']);
    expect(call.durationMs).toBe(90_000);
    expect(call.subroutines).toEqual(['sub,s,1(one,two)']);
    expect(call.database).toEqual({ 'names/5551234': 'Jo', 'names/new': 'x' });
    expect(call.globals).toEqual({ SITE: 'b' });
    expect(call.missing).toEqual(['gone']);
    expect(call.warnings).toEqual([]);
  });

  it('says what the simulation does not know', async () => {
    const call = await simulate(async (agi) => {
      await agi.getVariable('ODBC_LOOKUP(1)');
      await agi.exec('SomeApp').catch(() => {});
    });
    await call.ended();
    expect(call.warnings.join()).toMatch(/no dialplan function ODBC_LOOKUP\(\).*no application SomeApp/s);
  });

  it('ends at the time that is set', async () => {
    const call = await simulate(async (agi) => {
      await agi.setAutoHangup(10);
      for (;;) await agi.streamFile('music');
    });
    await call.ended();
    expect(call.durationMs).toBe(10_000);
    expect(call.events.find(({ type }) => type === 'hangup')).toMatchObject({ by: 'timeout' });
  });
});

describe('values', () => {
  it('come back as they were set', async () => {
    const values = [
      '',
      ' a  b ',
      'a "b" \\c\\',
      ')',
      '(x)',
      "it's",
      '${CHANNEL}',
      '$[1+1]',
      'ä€😀',
      'x'.repeat(3000),
      'a)\nb)',
      '\r\n',
    ];
    const call = await simulate(async (agi) => {
      const seen: (string | undefined)[] = [];
      for (const value of values) {
        await agi.setVariable('V', value);
        seen.push(await agi.getVariable('V'));
      }
      await agi.setVariable('SAME', JSON.stringify(seen.map((value, at) => value === values[at])));
    });
    await call.ended();
    expect(JSON.parse(call.variables.SAME as string)).toEqual(values.map(() => true));
  });
});

describe('the real clock', () => {
  it('is the machine’s, and a long prompt is no silence', async () => {
    const call = await simulate(
      async (agi) => {
        await agi.streamFile('long');
      },
      { clock: 'real', timeoutMs: 100, sounds: { long: 400 } },
    );
    await call.ended();
    expect(call.durationMs).toBeGreaterThanOrEqual(400);
    const stuck = await simulate((agi) => agi.waitForDigit(), { clock: 'real' });
    await expect(stuck.ended()).rejects.toThrow(/waits for the caller for ever/);
  });
});

describe("a test's own clock", () => {
  afterEach(() => void vi.useRealTimers());

  it.each<SimulateOptions['clock']>([undefined, 'real'])(
    'does not stop a call (clock: %s)',
    async (clock) => {
      vi.useFakeTimers();
      const call = await simulate(
        async (agi) => {
          await agi.answer();
          await agi.waitForDigit(1);
        },
        clock === undefined ? {} : { clock },
      );
      await call.ended();
      expect(call.status).toBe('SUCCESS');
    },
  );

  it("is the script's", async () => {
    vi.useFakeTimers();
    const call = await simulate(async (agi) => {
      await agi.answer();
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      await agi.noop('a minute later');
    });
    const later = call.command('NOOP');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await later).toBe('NOOP "a minute later"');
    await call.ended();
  });

  it('that stands still does not keep from saying that a script does nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const call = await simulate(() => new Promise(() => {}), { timeoutMs: 50 });
    await expect(call.ended()).rejects.toThrow(ExpectationError);
  });

  it('that is set forward while a script is at work is no silence', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const call = await simulate(async (agi) => {
      await agi.answer();
      await new Promise((resolve) => setTimeout(resolve, 60));
      vi.setSystemTime(Date.now() + 86_400_000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await agi.noop('tomorrow');
    });
    await call.ended();
    expect(call.status).toBe('SUCCESS');
  });
});

describe('a function that misbehaves', () => {
  it('by running in circles is given up', async () => {
    const call = await simulate(async (agi) => {
      for (;;) await agi.noop();
    });
    await expect(call.ended()).rejects.toThrow(/over 100000 commands/);
  });

  it('by playing to nobody for ever is given up', async () => {
    const call = await simulate(async (agi) => {
      for (;;) await agi.getData('menu');
    });
    await expect(call.ended()).rejects.toThrow(
      /the script to end, and 4 hours have passed by the call's own clock/,
    );
    expect(call.hungUp).toBe(true);
  });

  it('by a stand-in that throws fails', async () => {
    const call = await simulate((agi) => agi.exec('Broken').catch(() => {}), {
      applications: {
        Broken: () => {
          throw new TypeError('of the test');
        },
      },
    });
    expect(await call.failed()).toBeInstanceOf(TypeError);
  });
});

it("tells a test whose function uses phpAGI's names", async () => {
  const call = await simulate(async (agi) => (agi as unknown as { get_data(): void }).get_data());
  await expect(call.ended()).rejects.toThrow(
    /^the script failed: TypeError: .*get_data is getData here; .*\n {4}at /,
  );
});

it('takes a caller that is a row of a database', async () => {
  const row = { id: 7, name: 'Jo Do', number: '5551234', hostname: 'x' };
  const call = await simulate(() => {}, { callerId: row });
  await call.ended();
  expect(call.callerId).toEqual({ name: 'Jo Do', number: '5551234' });
});

describe('an option that there is not', () => {
  it.each([
    [{ callerID: '555' }, 'simulate has no option "callerID"; did you mean callerId?'],
    [{ pressed: '1' }, 'simulate has no option "pressed": it has digits, query,'],
    [{ callerId: { nmae: 'Jo' } }, 'simulate: callerId has no option "nmae"; did you mean name?'],
  ])('%j', async (options, message) => {
    await expect(simulate(menu, options as never)).rejects.toMatchObject({
      name: 'AgiArgumentError',
      code: 'AGI_OPTION',
      message: expect.stringContaining(message),
    });
  });
});

describe('what is no script', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'an empty text'],
    [7, 'number'],
    [{ default: async () => {} }, 'a module: hand over what it exports, its `default`'],
    [Promise.resolve(() => {}), 'a Promise: await it first'],
  ])('%j is refused by a word on what it is', async (script, words) => {
    await expect(simulate(script as never)).rejects.toMatchObject({
      code: 'AGI_ARGUMENT',
      message: `simulate: the script is ${words}, and must be a function, a file's name or an address agi://HOST/SCRIPT`,
    });
  });
});

describe('a value that would be passed over', () => {
  it.each([
    [{ time: new Date('x') }, 'time is no Date, or none that is a moment'],
    [{ time: 0 }, 'time is no Date, or none that is a moment'],
    [{ timeoutMs: -1 }, 'timeoutMs is -1, and must be a number of milliseconds from 1 on'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs is NaN, and must be a number of milliseconds from 1 on'],
    [{ sounds: '/no/such/folder' }, 'sounds is "/no/such/folder", which is no folder'],
  ])('%j is refused', async (options, words) => {
    await expect(simulate(async () => {}, options as never)).rejects.toMatchObject({
      code: 'AGI_ARGUMENT',
      message: `simulate: ${words}`,
    });
  });
});

describe('a message', () => {
  it('of a script that runs in circles can be read', async () => {
    const call = await simulate(async (agi) => {
      for (;;) await agi.noop();
    });
    const error = (await call.ended().catch((error: unknown) => error)) as ExpectationError;
    expect(error.message).toContain('over 100000 commands');
    expect(error.message.length).toBeLessThan(20_000);
    expect(error.message).toMatch(/^ {7}… {2}\d+ lines$/m);
    // all of it is there for whoever asks
    expect(call.conversation.split('\n').length).toBeGreaterThan(200_000);
  });

  it('shows the place where something was expected, wherever that is', async () => {
    const call = await simulate(async (agi) => {
      for (let serial = 0; serial < 400; serial++) await agi.streamFile(`f${serial}`);
    });
    await call.ended();
    const files = Array.from({ length: 400 }, (_, serial) => (serial === 200 ? 'other' : `f${serial}`));
    expect(() => call.expectPlayed(...files)).toThrow(
      /… {2}\d+ lines\n.*♪ f199\n.*was expected here.*♪ f200\n.*… {2}\d+ lines/s,
    );
  });

  it('holds no orders to the terminal, whatever a script plays and sets', async () => {
    const evil = '\x1b[2J\x9b';
    const call = await simulate(async (agi) => {
      await agi.streamFile(evil);
      await agi.exec('NoOp', evil);
      await agi.setVariable(evil, evil);
      await agi.recordFile(evil, 'wav', { timeoutMs: 1 });
      await agi.databasePut(evil, evil, evil);
    });
    await call.ended();
    expect(call.conversation).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    expect(call.conversation).toContain('♪ \\x1b[2J\\x9b');
  });
});

describe('a request that no script is given', () => {
  it.each([
    [{ query: 'a=b\nagi_channel: x' }, 'the AGI request names agi_channel twice'],
    [{ language: 'a\n\nb' }, "more came behind the AGI request's empty line"],
    [{ arguments: ['x'.repeat(70_000)] }, 'a line of over 65536 bytes came in'],
  ])('%j fails by its reason', async (options, words) => {
    const call = await simulate(async (agi) => void (await agi.noop()), options);
    await expect(call.ended()).rejects.toThrow(words);
    expect(call.commands).toEqual([]);
  });
});
