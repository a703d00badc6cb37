/** AsyncAGI's pipe, played: 1,024 bytes for each command, escaped into 2,048, the rest with the next one. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { type AsyncAgiOptions, endCall } from '../../src/ami/async-agi';
import { toConfig } from '../../src/config';
import type { AmiEvent } from '../../src/wire/ami-message';
import { AsyncCall, event, request } from '../support/async-call';
import {
  type Action,
  type Answer,
  type Client,
  FakeManager,
  first,
  refuse,
  success,
} from '../support/manager';
import { standIns } from '../support/speech';

async function open(
  text = request(),
  options: AsyncAgiOptions = {},
  amiOptions: Partial<AmiOptions> = {},
  answer?: Answer,
  place: string[] = [],
) {
  const call = new AsyncCall();
  const manager = await FakeManager.start(answer ? first(answer, call.answer) : call.answer);
  const ami = await Ami.connect({
    username: 'jo',
    secret: 'secret',
    port: manager.port,
    pingEveryMs: 0,
    reconnect: false,
    ...amiOptions,
  });
  const calls = ami.asyncAgi(options);
  call.start(manager.client, text, ...place);
  return {
    call,
    manager,
    ami,
    calls,
    async [Symbol.asyncDispose]() {
      await ami.close();
      await manager.close();
    },
  };
}

describe('a conversation', () => {
  it('whose channel comes anew is over, though nobody has told of its end', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands).toEqual(['EXEC Wait 60']);
    both.call.start(both.manager.client, request());
    await expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError' });
    const again = (await both.calls.next()).value as Agi;
    both.call.reply = () => '200 result=0\n';
    await again.answer();
  });

  it('whose command Asterisk does not take in time is given back: nobody would send another', async () => {
    await using both = await open(request(), {}, { timeoutMs: 50 });
    const agi = (await both.calls.next()).value as Agi;
    both.call.deaf = true;
    const late = agi.noop('x');
    await expect(late).rejects.toMatchObject({
      code: 'AGI_CLOSED',
      message: expect.stringContaining('no answer to AGI within 50 ms'),
    });
    both.call.deaf = false;
    await expect.poll(() => both.call.commands).toEqual(['ASYNCAGI BREAK']);
  });

  it('goes command by command, and back to the dialplan', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    expect(agi.request).toMatchObject({
      channel: 'Local/call@calls-00000001;2',
      request: 'async',
      version: '22.10.1',
    });
    await Promise.all([agi.noop('one'), agi.answer()]);
    await endCall(agi);
    await endCall(agi);
    expect(both.call.commands).toEqual(['NOOP one', 'ANSWER', 'ASYNCAGI BREAK']);
    await expect(agi.noop('late')).rejects.toMatchObject({ code: 'SCRIPT_ENDED' });
    expect(agi.signal.aborted).toBe(false);
  });

  it.each([false, true])(
    'whose caller hangs up before Asterisk has read the last word ends all the same, failed: %s',
    async (failed) => {
      await using both = await open();
      const agi = (await both.calls.next()).value as Agi;
      // it lies in the queue of a channel that leaves
      both.call.reply = () => '';
      const ended = endCall(agi, { failed });
      await expect.poll(() => both.call.commands.length).toBe(1);
      both.call.end();
      await ended;
    },
  );

  it('whose client is closed in the middle of a command hears of it, though the call has left before', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = expect(agi.exec('Wait', 60)).rejects.toMatchObject({ name: 'AgiHangupError' });
    await expect.poll(() => both.call.commands.length).toBe(1);
    const closed = both.ami.close();
    both.call.end();
    await closed;
    await waiting;
  });

  it('that has failed ends by a command that fails', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    await endCall(agi, { failed: true });
    expect(both.call.commands).toEqual(['STREAM FILE "the-script-has-failed" ""']);
  });

  it('is given back all the same by a slip in how it is to end', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    await expect(endCall(agi, { fail: true } as never)).rejects.toMatchObject({
      name: 'AmiArgumentError',
      code: 'AMI_OPTION',
      message: 'endCall has no option "fail"; did you mean failed? It has failed',
    });
    expect(both.call.commands).toEqual(['STREAM FILE "the-script-has-failed" ""']);
  });

  it('ends with the caller, in the middle of a command', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands.length).toBe(1);
    both.call.end();
    await expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect(agi.signal.aborted).toBe(true);
    await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect(both.call.commands).toHaveLength(1);
  });

  it('of any bytes comes as it was said, whatever the length of its pieces', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    // few of what has to be escaped, so that nothing is cut
    const line = fc.string({
      unit: fc.constantFrom(...'abcdefghijABCDEFGHIJ0123456789_-.%ä'),
      minLength: 900,
      maxLength: 4000,
    });
    await fc.assert(
      fc.asyncProperty(line, async (text) => {
        both.call.reply = () => `200 result=0 x=${text}\n`;
        expect((await agi.send('SOMETHING')).text).toBe(`200 result=0 x=${text}`);
      }),
      { numRuns: 30 },
    );
    // nothing has been left over for the next
    both.call.reply = () => '200 result=7\n';
    expect((await agi.send('SOMETHING')).result).toBe('7');
  });

  it.each([
    [0, true],
    [1, true],
    [2, true],
    [0, false],
    [1, false],
    [2, false],
  ])(
    'that loses the end of a value has it in Base64, %d bytes over thirds, cut to thirds by Asterisk 16: %s',
    async (over, cut) => {
      await using both = await open();
      const agi = (await both.calls.next()).value as Agi;
      const value = `${'"%;,'.repeat(500)}${'c'.repeat(over)}`;
      both.call.reply = (command) => {
        const [, asked = '', behind = ''] = /(BASE64_ENCODE\()?\$\{X\}(~\w+)/.exec(command) ?? [];
        if (asked === '') return `200 result=1 (${value}${behind})\n`;
        const bytes = Buffer.from(value + behind);
        const kept = cut ? bytes.subarray(0, bytes.length - (bytes.length % 3)) : bytes;
        return `200 result=1 (${kept.toString('base64')})\n`;
      };
      expect(await agi.getVariable('X')).toBe(value);
      expect(both.call.commands.some((command) => command.includes('BASE64_ENCODE'))).toBe(true);
    },
  );

  it('that loses the end of anything else ends with a word on it, and goes back to the dialplan', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = (command) =>
      command.startsWith('DATABASE') ? `200 result=1 (${'%'.repeat(900)})\n` : '200 result=0\n';
    await expect(agi.send('DATABASE GET a b')).rejects.toMatchObject({
      code: 'AGI_CLOSED',
      message: expect.stringContaining('cut the end off a reply'),
    });
    await expect.poll(() => both.call.commands.at(-1)).toBe('ASYNCAGI BREAK');
  });
});

describe('a channel', () => {
  const transfer = (call: AsyncCall, sides: Record<string, string>) => {
    const was = { channel: call.channel, uniqueId: call.uniqueId };
    [call.channel, call.uniqueId] = ['PJSIP/caller-00000007', '1795677229.7'];
    const lines = Object.entries({ Result: 'Success', DestType: 'App', DestApp: 'AGI', ...sides });
    return [
      event('AttendedTransfer', ...lines.map(([name, value]) => `${name}: ${value}`)),
      event('Hangup', `Channel: ${was.channel}`, `Uniqueid: ${was.uniqueId}`),
    ].join('');
  };
  const call = 'Local/call@calls-00000001;2';
  const phone = 'PJSIP/phone-00000003';
  const caller = { Channel: 'PJSIP/caller-00000007', Uniqueid: '1795677229.7' };

  it.each([
    [
      'told as the second',
      {
        OrigTransfererChannel: phone,
        OrigBridgeUniqueid: 'b',
        SecondTransfererChannel: call,
        TransfereeChannel: caller.Channel,
        TransfereeUniqueid: caller.Uniqueid,
      },
    ],
    [
      'told as the first',
      {
        OrigTransfererChannel: call,
        SecondTransfererChannel: phone,
        SecondBridgeUniqueid: 'b',
        TransferTargetChannel: caller.Channel,
        TransferTargetUniqueid: caller.Uniqueid,
      },
    ],
  ])('into whose place another caller is transferred is served on: %s', async (_, sides) => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    await agi.noop('one');
    both.manager.client.say(transfer(both.call, sides));
    await both.ami.ping();
    await agi.noop('two');
    expect(both.call.commands).toEqual(['NOOP one', 'NOOP two']);
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands.length).toBe(3);
    both.call.tell('AsyncAGIExec', 'CommandId: another', 'Result: 200%20result=9%0A');
    both.call.tell('AsyncAGIEnd');
    await expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError' });
  });

  it.each([
    ['before it says so', 1],
    ['behind that only', 2],
  ])('that Asterisk knows by another name %s gets the command that was refused', async (_, times) => {
    let refused = 0;
    await using both = await open(request(), {}, {}, (action) =>
      action.action === 'AGI' && ++refused <= times ? refuse(action, 'Channel is not there.') : undefined,
    );
    const agi = (await both.calls.next()).value as Agi;
    const moved = transfer(both.call, {
      OrigBridgeUniqueid: 'b',
      SecondTransfererChannel: call,
      TransfereeChannel: caller.Channel,
      TransfereeUniqueid: caller.Uniqueid,
    });
    const noop = agi.noop('one');
    await expect.poll(() => refused).toBe(1);
    both.manager.client.say(moved);
    await noop;
    expect(both.call.commands).toEqual(['NOOP one']);
    await endCall(agi);
  });

  const place = ['Context: calls', 'Exten: robot', 'Priority: 2'];
  const asked = ({ manager }: { manager: FakeManager }) =>
    manager.client.actions.filter(({ action }) => action === 'CoreShowChannels').length;
  const listed = (rounds: string[][]) => {
    let round = 0;
    return (action: Action, client: Client) => {
      if (action.action !== 'CoreShowChannels') return undefined;
      client.say(success(action, 'EventList: start'));
      for (const channel of rounds[Math.min(round++, rounds.length - 1)] as string[]) {
        const id = `ActionID: ${action.actionid}`;
        client.say(event('CoreShowChannel', id, `Channel: ${channel}`, `Uniqueid: of ${channel}`, ...place));
      }
      return event('CoreShowChannelsComplete', `ActionID: ${action.actionid}`, 'EventList: Complete');
    };
  };

  it('that vanishes without a word, and another stands there: the call goes on with him', async () => {
    await using both = await open(request(), {}, {}, listed([['PJSIP/heir-1']]), place);
    const agi = (await both.calls.next()).value as Agi;
    both.call.tell('Hangup');
    [both.call.channel, both.call.uniqueId] = ['PJSIP/heir-1', 'of PJSIP/heir-1'];
    await agi.noop('one');
    expect(both.call.commands).toEqual(['NOOP one']);
    expect(agi.signal.aborted).toBe(false);
    await endCall(agi);
  });

  it('that vanishes before the transfer is told goes on all the same', async () => {
    await using both = await open(request(), {}, {}, listed([['PJSIP/heir-1'], []]), place);
    const agi = (await both.calls.next()).value as Agi;
    both.call.tell('Hangup');
    const moved = transfer(both.call, {
      OrigBridgeUniqueid: 'b',
      SecondTransfererChannel: call,
      TransfereeChannel: caller.Channel,
      TransfereeUniqueid: caller.Uniqueid,
    });
    both.manager.client.say(moved.slice(0, moved.indexOf('\r\n\r\n') + 4));
    await expect.poll(() => asked(both)).toBeGreaterThan(1);
    await agi.noop('one');
    expect(agi.signal.aborted).toBe(false);
  });

  it.each<[string, string[][]]>([
    ['nobody stands', [[]]],
    ['somebody stood', [['PJSIP/heir-1'], []]],
    ['two stand, of whom either could be it', [['PJSIP/heir-1', 'PJSIP/heir-2']]],
    ['another’s call stands', [['Local/other-1']]],
  ])('that vanishes without a word is over where %s', async (_, rounds) => {
    const accept = (event: AmiEvent) => event.get('Channel') !== 'Local/other-1';
    await using both = await open(request(), { accept }, {}, listed(rounds), place);
    const agi = (await both.calls.next()).value as Agi;
    both.manager.client.say(event('AsyncAGIStart', 'Channel: Local/other-1', ...place));
    both.call.tell('Hangup');
    await expect.poll(() => agi.signal.aborted).toBe(true);
    expect(both.call.commands).toEqual([]);
  });

  it('that has another in its place is known by the answer to a command, too', async () => {
    let id = '';
    await using both = await open(
      request(),
      {},
      {},
      first(
        (action) => {
          if (action.action === 'AGI') id = action.commandid ?? '';
          return undefined;
        },
        listed([['PJSIP/heir-1', 'PJSIP/heir-2']]),
      ),
      place,
    );
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands.length).toBe(1);
    both.call.tell('Hangup');
    both.call.channel = 'PJSIP/heir-2';
    both.call.tell('AsyncAGIExec', 'CommandId: another', 'Result: 200%20result=9%0A');
    both.call.tell('AsyncAGIExec', `CommandId: ${id}`, 'Result: 200%20result=7%0A');
    expect(await waiting).toBe(7);
    both.call.reply = () => '200 result=0\n';
    await agi.noop('on');
    expect(agi.signal.aborted).toBe(false);
  });

  it('that is gone, of which nobody has told, ends its call', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.channel = 'PJSIP/caller-00000007';
    await expect(agi.noop('one')).rejects.toMatchObject({ name: 'AgiHangupError' });
  });

  it('that has hung up ends its call, though AsyncAGI has not told of that; another of its name does not', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands.length).toBe(1);
    both.manager.client.say(event('Hangup', `Channel: ${both.call.channel}`, 'Uniqueid: 1.0'));
    await both.ami.ping();
    expect(agi.signal.aborted).toBe(false);
    both.call.tell('Hangup');
    await expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError' });
  });

  it.each<[string, string, boolean]>([
    ['taken out of AsyncAGI ends its call', '(null)', true],
    ['taken out of AsyncAGI, where C says nothing for nothing, too', '', true],
    ['put there by a command goes on', 'Dial', false],
  ])('in a bridge, %s', async (_, application, isOver) => {
    let asked = 0;
    await using both = await open(request(), {}, {}, (action, client) => {
      if (action.action !== 'Status') return undefined;
      asked++;
      const id = `ActionID: ${action.actionid}`;
      client.say(success(action, 'EventList: start'));
      client.say(event('Status', id, `Channel: ${action.channel}`, `Application: ${application}`));
      return event('StatusComplete', id, 'EventList: Complete', 'ListItems: 1');
    });
    const agi = (await both.calls.next()).value as Agi;
    both.call.tell('BridgeEnter', 'BridgeUniqueid: b');
    await expect.poll(() => asked).toBe(1);
    await both.ami.ping();
    if (isOver) await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
    else await agi.noop('x');
    await endCall(agi);
    expect(both.call.commands).toEqual(isOver ? [] : ['NOOP x', 'ASYNCAGI BREAK']);
  });

  it('whose commands this user may not send says so', async () => {
    await using both = await open(request(), {}, {}, (action) =>
      action.action === 'AGI' ? refuse(action, 'Permission denied') : undefined,
    );
    const agi = (await both.calls.next()).value as Agi;
    await expect(agi.noop('one')).rejects.toMatchObject({
      code: 'AGI_CLOSED',
      message: expect.stringMatching('this user may not do AGI'),
    });
  });
});

describe('a request', () => {
  it.each([100, 1023, 1024, 1025, 2047, 2048, 2049, 5000])('of %d bytes comes whole', async (length) => {
    const empty = request('agi_arg_1: ').length;
    const argument = 'x'.repeat(Math.max(0, length - empty));
    await using both = await open(request(`agi_arg_1: ${argument}`));
    const agi = (await both.calls.next()).value as Agi;
    expect(agi.request.arguments).toEqual([argument]);
    expect((await agi.send('SOMETHING')).text).toBe('200 result=0');
  });

  it.each<[string, string[], string | undefined, string[]]>([
    ['a script', ['agi_arg_1: hello.js'], 'hello.js', []],
    [
      'a script and arguments',
      ['agi_arg_1: hello.js?a=1', 'agi_arg_2: one', 'agi_arg_3: agi_arg_1: two'],
      'hello.js?a=1',
      ['one', 'agi_arg_1: two'],
    ],
    ['nothing', [], undefined, []],
  ])('names %s', async (_, lines, script, rest) => {
    await using both = await open(request(...lines), { namesScript: true });
    const { request: asked } = (await both.calls.next()).value as Agi;
    expect([asked.networkScript, asked.arguments]).toEqual([script, rest]);
    expect(asked.params).toEqual(script?.includes('?') ? { a: '1' } : {});
  });

  it.each([
    ['is none', 'hello\n\n'],
    ['has lost its end', request(`agi_arg_1: ${'%'.repeat(1000)}`)],
  ])('that %s goes back to the dialplan, and is counted', async (_, text) => {
    await using both = await open(text);
    await expect.poll(() => both.call.commands.at(-1)).toBe('ASYNCAGI BREAK');
    expect([both.calls.size, both.calls.dropped]).toEqual([0, 1]);
  });
});

describe('a stream of calls', () => {
  it('that is left takes no more, and lets those that run go on', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    await both.calls.return();
    expect((await agi.send('SOMETHING')).text).toBe('200 result=0');
    both.call.start(both.manager.client, request());
    await both.ami.ping();
    expect(both.calls.size).toBe(0);
  });

  it.each(['left', 'ended by its signal, and then left'])(
    'gives back what nobody took when it is %s',
    async (how) => {
      const controller = new AbortController();
      await using both = await open(request(), { signal: controller.signal });
      await expect.poll(() => both.calls.size).toBe(1);
      if (how !== 'left') controller.abort(new Error('enough'));
      await both.calls.return();
      await expect.poll(() => both.call.commands).toEqual(['ASYNCAGI BREAK']);
    },
  );

  it('gives back what is still opening when it ends', async () => {
    const accept = () => {
      queueMicrotask(() => void both.calls.return());
      return true;
    };
    await using both = await open(request(), { accept });
    await expect.poll(() => both.call.commands).toEqual(['ASYNCAGI BREAK']);
  });

  it('ends by its signal', async () => {
    await using both = await open();
    const controller = new AbortController();
    const calls = both.ami.asyncAgi({ signal: controller.signal });
    const next = calls.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    expect(() => both.ami.asyncAgi({ signal: controller.signal })).toThrow('enough');
  });
});

describe('the configuration of the calls', () => {
  const there = standIns({ talk: 'speaks' });
  const tts = { command: `${there.file('talk')} -w {wave}`, cache: there.cache };
  const file = there.file('fastagi.conf');
  writeFileSync(file, `[tts]\ncommand = ${tts.command}\ncache = ${tts.cache}\n`);

  it.each([
    ['as it was read', toConfig({ tts }, file)],
    ['by its file', file],
  ])('is given %s: agi.say speaks by it', async (_, config) => {
    await using both = await open(request(), { config });
    const agi = (await both.calls.next()).value as Agi;
    await agi.say('Hello');
    expect(both.call.commands).toEqual([
      expect.stringMatching(new RegExp(`^STREAM FILE ${there.cache}/[0-9a-f]{32} "" 0$`)),
    ]);
    expect(there.text('talk')).toBe('Hello\n');
  });

  it('a call that is given back leaves no client of its own open', async () => {
    await using other = await FakeManager.start();
    const asmanager = { server: '127.0.0.1', port: `${other.port}`, username: 'jo', secret: 'secret' };
    await using both = await open(request(), { config: toConfig({ asmanager }, file) });
    const agi = (await both.calls.next()).value as Agi;
    const client = await agi.manager();
    await endCall(agi);
    expect(client.state).toBe('closed');
    expect(both.ami.state).toBe('connected');
  });

  it('a call that is given back leaves no engine at work', async () => {
    const slow = standIns({ talk: 'hangs' });
    const config = toConfig({ tts: { command: `${slow.file('talk')} -w {wave}`, cache: slow.cache } }, file);
    await using both = await open(request(), { config });
    const agi = (await both.calls.next()).value as Agi;
    void agi.prepareSpeech('Hello');
    await expect.poll(() => existsSync(slow.file('sleeper'))).toBe(true);
    await endCall(agi);
    expect(readdirSync(slow.cache)).toEqual([]);
    expect(both.call.commands).toEqual(['ASYNCAGI BREAK']);
  });

  it('is told of at once where it makes no sense', async () => {
    await using both = await open();
    expect(() => both.ami.asyncAgi({ config: '/no/such.conf' })).toThrow(
      expect.objectContaining({
        name: 'RefusedError',
        message: expect.stringMatching('/no/such.conf'),
      }) as Error,
    );
  });
});

describe('a manager that is lost', () => {
  it('ends its calls, and gives them back to the dialplan when it has come back', async () => {
    await using both = await open(request(), {}, { reconnect: { firstDelayMs: 1, maxDelayMs: 5 } });
    const agi = (await both.calls.next()).value as Agi;
    both.call.reply = () => '';
    const waiting = agi.exec('Wait', 60);
    await expect.poll(() => both.call.commands.length).toBe(1);
    both.call.reply = () => '200 result=0\n';
    both.manager.client.socket.destroy();
    await expect(waiting).rejects.toMatchObject({ name: 'AgiHangupError', code: 'AGI_CLOSED' });
    await both.ami.ready();
    await expect.poll(() => both.call.commands.at(-1)).toBe('ASYNCAGI BREAK');
    // further calls come as before
    both.call.start(both.manager.client, request('agi_arg_1: next'));
    expect(((await both.calls.next()).value as Agi).request.arguments).toEqual(['next']);
  });

  it('by close ends the calls and their stream, and leaves no caller in AsyncAGI', async () => {
    await using both = await open();
    const agi = (await both.calls.next()).value as Agi;
    await both.ami.close();
    expect(both.call.commands).toEqual(['ASYNCAGI BREAK']);
    expect((await both.calls.next()).done).toBe(true);
    await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
    expect((await both.ami.asyncAgi().next()).done).toBe(true);
  });

  it('by its signal leaves no caller in AsyncAGI, either', async () => {
    const controller = new AbortController();
    await using both = await open(request(), {}, { signal: controller.signal });
    const agi = (await both.calls.next()).value as Agi;
    controller.abort(new Error('enough'));
    await expect.poll(() => both.call.commands).toEqual(['ASYNCAGI BREAK']);
    await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
  });
});
