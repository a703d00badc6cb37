/** The examples that need nothing but a call. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { simulate } from 'fastagi/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import pinMenu from '../../examples/pin-menu';
import recorder from '../../examples/recorder';
import timeOfDay from '../../examples/time-of-day';
import { example } from '../support/examples';
import { makeFolder } from '../support/inet';
import { FakeManager, first, ordinary, success } from '../support/manager';

describe('sample.js', () => {
  it('says what was typed, until it is 111', async () => {
    const call = await simulate(example('sample.js'), { digits: '12#ww111#' });
    await call.ended();
    call.expectHeard(
      'hello',
      'vm-enter-num-to-call',
      'vm-then-pound',
      'beep',
      'you-entered',
      12,
      'beep',
      'goodbye',
    );
    expect(call.hungUp).toBe(true);
  });

  it('asks again where nothing comes', async () => {
    const call = await simulate(example('sample.js'));
    await call.prompt('please-try-again');
    call.press('111#');
    await call.ended();
    expect(call.played.at(-1)).toBe('goodbye');
  });
});

describe('test-agi.js', () => {
  it('finds that all works', async () => {
    const call = await simulate(example('test-agi.js'));
    await call.ended();
    call.expectVariable('FAILED', 0);
    expect(call.verbose).toHaveLength(8);
    expect(call.verbose.join()).not.toContain('FAILED');
    expect(call.played.at(-1)).toBe('auth-thankyou');
    expect(call.database).toEqual({});
  });

  it('tells what does not', async () => {
    const call = await simulate(example('test-agi.js'), { missing: ['beep'] });
    await call.ended();
    call.expectVariable('FAILED', 1);
    expect(call.verbose).toContain('test-agi: play a sound file: FAILED');
    expect(call.said.at(-1)).toBe('1');
  });
});

describe('callback.mjs', () => {
  it('hangs up, and lets the manager call the number', async () => {
    await using manager = await FakeManager.start(
      first(
        (action) =>
          action.action === 'Originate'
            ? `${success(action)}Event: OriginateResponse\r\nActionID: ${action.actionid}\r\nResponse: Success\r\nChannel: PJSIP/1\r\nReason: 4\r\nUniqueid: 1.2\r\n\r\n`
            : undefined,
        ordinary(),
      ),
    );
    const folder = makeFolder({
      'fastagi.conf': `[asmanager]\nserver=127.0.0.1:${manager.port}\nusername=jo\nsecret=secret\n`,
    });
    const call = await simulate(example('callback.mjs'), {
      query: 'dial=PJSIP/NUMBER@provider&context=office',
      callerId: '5551234',
      extension: '800',
      config: `${folder}/fastagi.conf`,
    });
    await call.ended();
    expect(call.hungUp).toBe(true);
    expect(call.log).toContain('5551234 was called back: answered');
    expect(manager.client.actions.find(({ action }) => action === 'Originate')).toMatchObject({
      channel: 'PJSIP/5551234@provider',
      context: 'office',
      exten: '800',
    });
  });

  it.each([[undefined], ['5551234@elsewhere'], ['"Jo" <anonymous>']])(
    'calls nobody back for %j',
    async (callerId) => {
      const call = await simulate(example('callback.mjs'), callerId === undefined ? {} : { callerId });
      await call.ended();
      call.expectHeard('privacy-unident');
      expect(call.hungUp).toBe(false);
    },
  );
});

describe('dtmf.mjs', () => {
  it('names each key up to #', async () => {
    const call = await simulate(example('dtmf.mjs'));
    await call.listening();
    call.press('1*#9');
    await call.ended();
    call.expectHeard(
      'you-entered',
      1,
      'you-entered',
      'digits/star',
      'you-entered',
      'digits/pound',
      'goodbye',
    );
    call.expectVariable('KEYS', '1*#');
  });

  it('leaves off the words where the address says so, and ends by itself', async () => {
    const call = await simulate(example('dtmf.mjs'), { query: 'alone=yes', digits: '7' });
    await call.ended();
    call.expectHeard(7, 'goodbye').expectVariable('KEYS', 7);
  });
});

describe('input.mjs', () => {
  it('spells what was written', async () => {
    const call = await simulate(example('input.mjs'));
    await call.prompt('beep');
    call.press('44*33*555*555*666*#');
    await call.ended();
    call.expectVariable('NAME', 'hello').expectSaid('hello');
  });

  it('is sorry where nothing was', async () => {
    const call = await simulate(example('input.mjs'));
    await call.ended();
    expect(call.played.at(-1)).toBe('vm-sorry');
    call.expectVariable('NAME', undefined);
  });
});

describe('ping.mjs', () => {
  /** The caller's address, and a ping that answers as it is told. */
  function placePing(digits: string, body: string) {
    const folder = makeFolder();
    writeFileSync(path.join(folder, 'ping'), `#!/bin/sh\n${body}\n`);
    chmodSync(path.join(folder, 'ping'), 0o755);
    return simulate(example('ping.mjs'), { digits, env: { PATH: `${folder}:${process.env.PATH}` } });
  }

  it('says how long a machine takes', async () => {
    const says = 'for last; do :; done; echo "64 bytes from $last: icmp_seq=1 ttl=64 time=41.7 ms"';
    const call = await placePing('192*168*0*1#', says);
    await call.ended();
    call.expectVariable('PING', '41.7').expectSaid(42);
  });

  it('asks again for what is no address', async () => {
    const call = await placePing('1*2*3#', 'exit 1');
    await call.prompt('invalid');
    call.press('127*0*0*1#');
    await call.ended();
    expect(call.played.at(-1)).toBe('number-not-answering');
    call.expectVariable('PING', '');
  });

  it('ends with the call', async () => {
    const call = await placePing('127*0*0*1#', 'exec sleep 600');
    await call.prompt('one-moment-please');
    call.hangUp();
    await call.ended();
    expect(call.hungUp).toBe(true);
  });
});

describe('time-of-day.ts', () => {
  afterEach(() => vi.useRealTimers());

  it('says the time of the tone, as often as 1 is pressed', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-25T15:20:00Z'), toFake: ['Date'] });
    const call = await simulate(timeOfDay, { query: 'zone=Europe/Berlin', digits: 'w' });
    await call.prompt('beep');
    call.press(1);
    await call.ended();
    const atTone = String(Date.parse('2026-11-25T15:20:05Z') / 1000);
    expect(call.said).toEqual([atTone, atTone]);
    call.expectCommand(`SAY DATETIME ${atTone} "" "IMp 'vm-and' S 'seconds'" Europe/Berlin`);
    expect(call.played.at(-1)).toBe('goodbye');
  });
});

describe('recorder.ts', () => {
  it('records, plays, records anew and keeps', async () => {
    const call = await simulate(recorder, { callerId: '+1 (555) 1234' });
    for (const key of ['2', '3', '1']) {
      await call.prompt('vm-review');
      call.press(key);
    }
    await call.ended();
    const file = 'greetings/15551234';
    expect(call.recordings.map((recording) => recording.file)).toEqual([file, file]);
    expect(call.played).toContain(file);
    call.expectVariable('RECORDING', file);
    expect(call.played.slice(-2)).toEqual(['vm-msgsaved', 'goodbye']);
  });

  it('writes nowhere else, whoever calls', async () => {
    const call = await simulate(recorder, { callerId: { number: '../../../etc/cron.d/x' } });
    await call.prompt('vm-review');
    call.press(1);
    await call.ended();
    call.expectVariable('RECORDING', 'greetings/anonymous');
  });

  it('fails where Asterisk may not write', async () => {
    const call = await simulate(recorder, { recordable: () => false });
    expect(String(await call.failed())).toContain('may Asterisk write there?');
  });
});

describe('pin-menu.ts', () => {
  const database = { pins: { 100: '4711' } };

  it('lets in who knows the PIN', async () => {
    const call = await simulate(pinMenu, { database });
    await call.prompt('vm-login');
    call.press('100#');
    await call.prompt('vm-password');
    call.press('4711#');
    await call.prompt('vm-options');
    call.press(2);
    await call.ended();
    call.expectVariable('ACCOUNT', 100).expectGoesTo('after-pin', '2');
  });

  it.each([
    ['a wrong PIN', '100#'],
    ['an account that is not there', '999#'],
  ])('hangs up after three times %s', async (_, account) => {
    const call = await simulate(pinMenu, { database, digits: account });
    for (let attempt = 0; attempt < 3; attempt++) {
      await call.prompt('vm-password');
      call.press('1234#');
    }
    await call.prompt('vm-goodbye');
    await call.ended();
    expect(call.hungUp).toBe(true);
    call.expectVariable('ACCOUNT', undefined);
  });
});
