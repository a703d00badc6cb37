import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../src/agi/session';
import {
  AgiArgumentError,
  AgiDeadChannelError,
  AgiError,
  AgiHangupError,
  AgiUsageError,
} from '../../src/errors';
import { type Call, openCall } from '../support/calls';
import { settled } from '../support/memory-transport';

const send = (session: Session, line: string) => session.turn((ask) => ask(line));
const ok = () => '200 result=0\n';
const DEAD = '511 Command Not Permitted on a dead channel or intercept routine';

/** The code that a promise is rejected with; its value where it is not. */
const codeOf = (promise: Promise<unknown>) => promise.catch((error) => error.code ?? error);

describe('a script that asks again and again of a caller who is gone', () => {
  const circle = async (session: Session, go: () => boolean) => {
    let refused = 0;
    for (; go(); refused++) await codeOf(send(session, 'ANSWER'));
    return refused;
  };

  it.each([
    ['the connection is closed', ({ transport }: Call) => transport.end()],
    ['no more commands are taken', ({ session }: Call) => session.stop()],
  ])('lets the event loop turn: %s', async (_, end) => {
    const call = openCall(ok);
    call.session.watchWhileIdle();
    call.transport.read();
    end(call);
    await settled();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    // where it does not turn, this many are refused in one go
    let left = 100_000;
    await circle(call.session, () => !turned && left-- > 0);
    expect(turned).toBe(true);
  });

  it.each([
    ['closed', undefined],
    ['dead', `${DEAD}\n`],
  ])('is told of, once, and then no more answered: %s', async (_, reply) => {
    const { session, transport } = openCall(reply === undefined ? ok : () => reply);
    if (reply === undefined) {
      session.watchWhileIdle();
      transport.read();
      transport.end();
      await settled();
    }
    let told = 0;
    let asked = 0;
    const circles = new Promise<void>((resolve) => {
      session.onCircles = () => {
        told++;
        resolve();
      };
    });
    void circle(session, () => ++asked <= 5000);
    await circles;
    for (let turn = 0; turn < 20; turn++) await settled();
    expect([told, asked]).toEqual([1, 1000]);
  });
});

describe('the order of commands', () => {
  it('the first is on the wire before the call returns', () => {
    const { session, transport } = openCall();
    void send(session, 'ANSWER');
    expect(transport.commands).toEqual(['ANSWER']);
    expect(session.busy).toBe(true);
  });

  it('one is in flight at a time, and each gets its own reply', async () => {
    const { session, transport } = openCall();
    const replies = ['A', 'B', 'C'].map((line) => send(session, line));
    expect(session.waiting).toBe(2);
    await settled();
    expect(transport.commands).toEqual(['A']);
    transport.say('200 result=1\n');
    await settled();
    expect(transport.commands).toEqual(['A', 'B']);
    transport.say('200 result=2\n');
    await settled();
    transport.say('200 result=3\n');
    expect((await Promise.all(replies)).map(({ result }) => result)).toEqual(['1', '2', '3']);
    expect(transport.commands).toEqual(['A', 'B', 'C']);
    expect(session.busy).toBe(false);
  });

  it('a command that fails lets the next one go', async () => {
    const { session, transport } = openCall((line) =>
      line === 'A' ? '510 Invalid or unknown command\n' : ok(),
    );
    const [first, second] = [send(session, 'A'), send(session, 'B')];
    await expect(first).rejects.toMatchObject({ code: 'AGI_UNKNOWN_COMMAND' });
    await expect(second).resolves.toMatchObject({ code: 200 });
    expect(transport.commands).toEqual(['A', 'B']);
  });

  it('a turn keeps its commands together', async () => {
    const { session, transport } = openCall(ok);
    const turn = session.turn(async (ask) => {
      await ask('A1');
      await settled();
      await ask('A2');
      return 'done';
    });
    const other = send(session, 'B');
    await expect(turn).resolves.toBe('done');
    await other;
    expect(transport.commands).toEqual(['A1', 'A2', 'B']);
  });

  it('a turn that throws frees the wire', async () => {
    const { session } = openCall(ok);
    const turn = session.turn(async () => {
      throw new Error('mine');
    });
    const next = send(session, 'B');
    await expect(turn).rejects.toThrow('mine');
    await expect(next).resolves.toMatchObject({ code: 200 });
  });

  it('two commands at once inside a turn are refused', async () => {
    const { session, transport } = openCall(ok);
    await session.turn(async (ask) => {
      const first = ask('A');
      await expect(ask('B')).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
      await first;
    });
    expect(transport.commands).toEqual(['A']);
  });

  it('drain waits for all of them, and for what follows on their replies', async () => {
    const { session, transport } = openCall(ok);
    const late: Promise<unknown>[] = [];
    void send(session, 'A').then(() => setImmediate(() => late.push(send(session, 'C'))));
    void send(session, 'B');
    await session.drain();
    expect(transport.commands).toEqual(['A', 'B', 'C']);
    expect(session.busy).toBe(false);
    await Promise.all(late);
  });

  it('drain of an idle session ends', async () => {
    await expect(openCall().session.drain()).resolves.toBeUndefined();
  });
});

describe('a line that cannot be sent', () => {
  it.each([
    ['ANSWER\r', '22.10.1'],
    ['NOOP\nHANGUP', '22.10.1'],
    ['NOOP \0', '22.10.1'],
    ['NOOP ' + 'x'.repeat(8186), '22.10.1'],
    ['NOOP ' + 'x'.repeat(2042), '20.15.0'],
    ['NOOP ' + 'x'.repeat(2042), undefined],
  ])('%#: is refused before it is', async (line, version) => {
    const { session, transport } = openCall(ok, version === undefined ? {} : { agi_version: version });
    await expect(send(session, line)).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
    expect(transport.commands).toEqual([]);
    await expect(send(session, 'NOOP')).resolves.toMatchObject({ code: 200 });
  });

  it('the longest one of each version is sent', async () => {
    for (const [version, bytes] of [
      ['22.10.1', 8190],
      ['20.15.0', 2046],
    ] as const) {
      const { session, transport } = openCall(ok, { agi_version: version });
      await send(session, 'x'.repeat(bytes));
      expect(transport.commands[0]?.length).toBe(bytes);
    }
  });
});

describe('replies that are failures', () => {
  const errorOf = async (text: string, line = 'STREAM FILE a') => {
    const { session } = openCall(() => `${text}\n`);
    return send(session, line).then(
      () => expect.fail('it was no failure'),
      (error) => error,
    );
  };

  it('510', async () => {
    const error = await errorOf('510 Invalid or unknown command', 'FOO');
    expect(error).toMatchObject({ name: 'AgiUnknownCommandError', reply: { code: 510 } });
    expect(error.message).toContain('"FOO"');
  });

  it('511 is a hangup', async () => {
    const { session } = openCall(() => `${DEAD}\n`);
    const signal = session.signal;
    const error = await send(session, 'ANSWER').catch((error) => error);
    expect(error).toBeInstanceOf(AgiDeadChannelError);
    expect(error).toBeInstanceOf(AgiHangupError);
    expect(error).toMatchObject({ code: 'AGI_DEAD_CHANNEL', reply: { code: 511, text: DEAD } });
    expect(session.gone).toBe(true);
    expect(signal.aborted).toBe(true);
    expect(session.ended).toBeUndefined();
  });

  it('520 with the usage text', async () => {
    const error = await errorOf(
      '520-Invalid command syntax.  Proper usage follows:\nUsage: A b\n  More.\n520 End of proper usage.',
    );
    expect(error).toBeInstanceOf(AgiUsageError);
    expect(error).toMatchObject({ code: 'AGI_USAGE', usage: 'Usage: A b\n  More.' });
    expect(error.message).toContain('Usage: A b\n  More.');
  });

  it('520 in one line', async () => {
    const error = await errorOf('520 Invalid command syntax.  Proper usage not available.');
    expect(error).toMatchObject({ name: 'AgiUsageError', usage: '' });
  });

  it('any other', async () => {
    await expect(errorOf('503 no')).resolves.toMatchObject({
      name: 'AgiProtocolError',
      code: 'AGI_PROTOCOL',
    });
  });

  it.each(['510 Invalid or unknown command', DEAD, '520 Invalid command syntax.', '503 no'])(
    'show nothing of a secret command: %s',
    async (text) => {
      const { session } = openCall(() => `${text}\n`);
      const error = await session
        .turn((ask) => ask('SET VARIABLE PIN 1234', { secret: true }))
        .catch((error) => error);
      expect(error).toBeInstanceOf(AgiError);
      expect(error.message).not.toContain('1234');
    },
  );
});

describe('a hangup', () => {
  it('between two replies reaches the signal; what is legal on a dead channel goes on', async () => {
    const { session, transport } = openCall();
    const { signal } = session;
    const heard = vi.fn();
    session.onHangup(heard);
    const first = send(session, 'STREAM FILE a ""');
    transport.say('200 result=-1 endpos=80\nHANGUP\n');
    await expect(first).resolves.toMatchObject({ result: '-1' });
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(AgiHangupError);
    expect(signal.reason.code).toBe('AGI_HANGUP');
    expect(heard).toHaveBeenCalledTimes(1);
    transport.script = ok;
    await expect(send(session, 'SET VARIABLE a b')).resolves.toMatchObject({ code: 200 });
    session.hungUp();
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('in front of a reply does not take its place', async () => {
    const { session } = openCall(() => 'HANGUP\n200 result=7\n');
    await expect(send(session, 'NOOP')).resolves.toMatchObject({ result: '7' });
    expect(session.gone).toBe(true);
  });

  it('is known to a signal and a listener that are asked for afterwards', async () => {
    const { session } = openCall(() => 'HANGUP\n200 result=0\n');
    await send(session, 'NOOP');
    expect(session.signal.aborted).toBe(true);
    expect(session.signal.reason).toBeInstanceOf(AgiHangupError);
    expect(session.signal).toBe(session.signal);
    const heard = vi.fn();
    session.onHangup(heard);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('told by a signal of the system', () => {
    const { session } = openCall();
    session.hungUp();
    expect(session.gone).toBe(true);
    expect(session.signal.reason).toMatchObject({ name: 'AgiHangupError', code: 'AGI_HANGUP' });
  });

  describe('while the script does something else', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it('is heard', async () => {
      const { session, transport } = openCall(ok);
      await send(session, 'ANSWER');
      await settled();
      transport.say('HANGUP\n');
      await settled();
      expect(session.gone).toBe(false);
      await new Promise<void>((resolve) => session.onHangup(resolve));
      expect(session.gone).toBe(true);
    });

    it('no read waits where the session rests', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const { session, transport } = openCall(ok);
      await send(session, 'ANSWER');
      await settled();
      session.rest();
      vi.advanceTimersByTime(1000);
      expect(transport.reading).toBe(false);
    });
  });
});

describe('the end of the connection', () => {
  it.each<[string, string, Error | undefined, RegExp]>([
    ['before a reply', '', undefined, /^Asterisk has closed the connection before its reply to "ANSWER"$/],
    ['inside a line', '200 res', undefined, /in the middle of its reply to "ANSWER"$/],
    ['inside a reply', '520-Invalid\n', undefined, /in the middle of its reply to "ANSWER"$/],
    ['by an error', '', new Error('ECONNRESET, read'), /before its reply to "ANSWER" \(ECONNRESET, read\)$/],
  ])('%s', async (_, bytes, error, message) => {
    const { session, transport } = openCall();
    const { signal } = session;
    const both = [send(session, 'ANSWER'), send(session, 'NOOP')].map((sent) => sent.catch((error) => error));
    transport.say(bytes);
    transport.end(error);
    const [first, second] = await Promise.all(both);
    for (const failure of [first, second]) {
      expect(failure).toBeInstanceOf(AgiHangupError);
      expect(failure).toMatchObject({ code: 'AGI_CLOSED', message: expect.stringMatching(message) });
      expect(failure.cause).toBe(error);
    }
    expect(first).not.toBe(second);
    expect(signal.reason).toMatchObject({ code: 'AGI_CLOSED' });
    expect(session.ended).toMatchObject({ code: 'AGI_CLOSED' });
    await expect(send(session, 'LATER')).rejects.toMatchObject({ code: 'AGI_CLOSED' });
    expect(transport.commands).toEqual(['ANSWER']);
  });

  it('after a hangup is a hangup and no more', async () => {
    const { session, transport } = openCall();
    const sent = send(session, 'NOOP');
    transport.say('HANGUP\n');
    transport.end();
    await expect(sent).rejects.toMatchObject({ name: 'AgiHangupError', code: 'AGI_HANGUP' });
  });

  it('shows nothing of a secret command', async () => {
    const { session, transport } = openCall();
    const sent = session.turn((ask) => ask('SET VARIABLE PIN 1234', { secret: true }));
    transport.end();
    await expect(sent).rejects.toEqual(
      expect.objectContaining({ code: 'AGI_CLOSED', message: expect.not.stringContaining('1234') }),
    );
  });

  it('as a write finds out', async () => {
    const { session, transport } = openCall();
    const pipe = Object.assign(new Error('EPIPE: broken pipe, write'), { code: 'EPIPE' });
    transport.broken = pipe;
    const sent = send(session, 'ANSWER');
    await expect(sent).rejects.toMatchObject({ name: 'AgiHangupError', code: 'AGI_CLOSED', cause: pipe });
    await expect(send(session, 'NOOP')).rejects.toMatchObject({ code: 'AGI_CLOSED' });
    expect(session.gone).toBe(true);
    await session.drain();
  });

  it('but not by a line that this way of a call’s cannot carry', async () => {
    const { session, transport } = openCall(ok);
    transport.broken = new AgiArgumentError('too long for it');
    await expect(send(session, 'NOOP x')).rejects.toMatchObject({ code: 'AGI_ARGUMENT' });
    transport.broken = undefined;
    await expect(send(session, 'NOOP')).resolves.toMatchObject({ result: '0' });
    expect(session.gone).toBe(false);
  });
});

describe('a conversation that is out of step', () => {
  it('a reply that nobody asked for ends it', async () => {
    const { session, transport } = openCall(() => '200 result=0\n200 result=1\n');
    const { signal } = session;
    await expect(send(session, 'ANSWER')).resolves.toMatchObject({ result: '0' });
    transport.script = ok;
    await expect(send(session, 'NOOP')).rejects.toMatchObject({
      name: 'AgiProtocolError',
      code: 'AGI_UNASKED_REPLY',
    });
    expect(transport.commands).toEqual(['ANSWER']);
    expect(signal.reason).toMatchObject({ name: 'AgiHangupError', cause: { code: 'AGI_UNASKED_REPLY' } });
    expect(session.ended).toMatchObject({ code: 'AGI_UNASKED_REPLY' });
  });

  it('a line that is no reply does not', async () => {
    const { session } = openCall(() => 'what?\n\n200 result=0\n');
    await expect(send(session, 'NOOP')).resolves.toMatchObject({ result: '0' });
    await expect(send(session, 'NOOP')).resolves.toMatchObject({ result: '0' });
  });

  it('a line without end ends it', async () => {
    const { session, transport } = openCall();
    const code = codeOf(send(session, 'NOOP'));
    const piece = 'x'.repeat(1 << 16);
    for (let bytes = 0; bytes <= 1 << 20; bytes += piece.length) {
      transport.say(piece);
      await settled();
    }
    expect(await code).toBe('AGI_LINE_TOO_LONG');
    expect(transport.reading).toBe(false);
  });
});

describe('EXEC of an application that returns 1', () => {
  const usage = '520-Invalid command syntax.  Proper usage follows:\nUsage: EXEC\n520 End of proper usage.\n';

  it.each([
    ['in one piece', [`200 result=1\n${usage}`]],
    ['the text in a piece of its own', ['200 result=1\n', usage]],
    ['in one line', ['200 result=1\n520 Invalid command syntax.  Proper usage not available.\n']],
    ['none', ['200 result=1\n']],
  ])('the usage text that follows is not the next reply: %s', async (_, pieces) => {
    const { session, transport } = openCall();
    const sent = send(session, 'EXEC Foo a');
    const next = send(session, 'GET VARIABLE X');
    for (const piece of pieces) {
      transport.say(piece);
      await settled();
    }
    expect(transport.commands).toEqual(['EXEC Foo a', 'NOOP']);
    transport.say('200 result=0\n');
    await expect(sent).resolves.toMatchObject({ result: '1' });
    await settled();
    transport.say('200 result=1 (V)\n');
    await expect(next).resolves.toMatchObject({ value: 'V' });
    expect(transport.commands).toEqual(['EXEC Foo a', 'NOOP', 'GET VARIABLE X']);
  });

  it.each([
    ['EXEC Foo a', '200 result=0'],
    ['EXEC Foo a', '200 result=1 (x)'],
    ['ANSWER', '200 result=1'],
    ['EXECUTE', '200 result=1'],
  ])('%s with %s needs no fence', async (line, text) => {
    const { session, transport } = openCall(() => `${text}\n`);
    await send(session, line);
    expect(transport.commands).toEqual([line]);
  });
});

describe('stop', () => {
  it('rejects those that wait and all that come; the one under way goes on', async () => {
    const { session, transport } = openCall();
    const [first, second] = [send(session, 'A'), codeOf(send(session, 'B'))];
    session.stop();
    expect(await second).toBe('SCRIPT_ENDED');
    expect(await codeOf(send(session, 'C'))).toBe('SCRIPT_ENDED');
    transport.say('200 result=5\n');
    await expect(first).resolves.toMatchObject({ result: '5' });
    expect(transport.commands).toEqual(['A']);
    await session.drain();
  });

  it('ends a turn at its next command', async () => {
    const { session, transport } = openCall();
    const turn = codeOf(
      session.turn(async (ask) => {
        await ask('A');
        await ask('B');
      }),
    );
    session.stop();
    transport.say('200 result=0\n');
    expect(await turn).toBe('SCRIPT_ENDED');
    expect(transport.commands).toEqual(['A']);
  });

  it('for a reason', async () => {
    const { session } = openCall();
    session.stop(new AgiHangupError('gone'));
    expect(await codeOf(send(session, 'A'))).toBe('AGI_HANGUP');
  });

  it('leaves a last word', async () => {
    const { session, transport } = openCall(ok);
    session.stop();
    await expect(session.last('NOOP')).resolves.toMatchObject({ code: 200 });
    transport.broken = new Error('EPIPE');
    await expect(session.last('NOOP')).resolves.toBeUndefined();
  });

  it('leaves no last word while a reply is due', async () => {
    const { session, transport } = openCall();
    void send(session, 'A');
    session.stop();
    await expect(session.last('NOOP')).resolves.toBeUndefined();
    expect(transport.commands).toEqual(['A']);
  });
});

describe('the trace', () => {
  it('has every line, and knows the secret ones', async () => {
    const { session, trace, transport } = openCall();
    const first = session.turn((ask) => ask('GET DATA pin', { secret: true }));
    const second = send(session, 'NOOP');
    transport.say('HANGUP\n200 result=1234\n');
    await first;
    transport.say('200 result=0\n');
    await second;
    expect(trace).toEqual(['!> GET DATA pin', '!< HANGUP', '!< 200 result=1234', '> NOOP', '< 200 result=0']);
  });

  it('knows the rest of a secret value, which looks like no reply', async () => {
    const { session, trace } = openCall(() => '200 result=1 (1234)\n5678)\n');
    await session.turn((ask) => ask('GET VARIABLE PIN', { secret: true }));
    expect(trace).toEqual(['!> GET VARIABLE PIN', '!< 200 result=1 (1234)', '!< 5678)']);
  });
});
