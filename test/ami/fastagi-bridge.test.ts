/** Calls of AsyncAGI on a FastAGI server: the built one, a process a call, as xinetd starts it. */
import type net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { bridgeCalls } from '../../src/ami/fastagi-bridge';
import { AsyncCall, request } from '../support/async-call';
import { inetd, listening } from '../support/inetd';
import { type Answer, FakeManager, first, refuse } from '../support/manager';

async function bridged(server: net.Server, options: Partial<AmiOptions> = {}, answer?: Answer) {
  const call = new AsyncCall();
  const manager = await FakeManager.start(answer ? first(answer, call.answer) : call.answer);
  const ami = await Ami.connect({
    username: 'jo',
    secret: 'secret',
    port: manager.port,
    pingEveryMs: 0,
    reconnect: false,
    ...options,
  });
  const problems: string[] = [];
  const { port } = server.address() as net.AddressInfo;
  bridgeCalls(ami, { server: { host: '127.0.0.1', port }, onProblem: (text) => problems.push(text) });
  return {
    call,
    problems,
    start: (...lines: string[]) => call.start(manager.client, request(...lines)),
    async [Symbol.asyncDispose]() {
      await ami.close();
      await manager.close();
      server.close();
    },
  };
}

const last = (call: AsyncCall) => expect.poll(() => call.commands.at(-1));

describe('a script', () => {
  it('runs unchanged, its body the call, and the dialplan goes on', async () => {
    await using both = await bridged(
      await inetd({
        'hello.js':
          "fastagi.verbose('ö'); fastagi.setVariable('ARGUMENT', agi.request.arguments[0] + agi.request.params.x);",
      }),
    );
    both.call.reply = () => '200 result=1\n';
    both.start('agi_arg_1: hello?x=1', 'agi_arg_2: one');
    await last(both.call).toBe('ASYNCAGI BREAK');
    expect(both.call.commands).toEqual(['VERBOSE "ö" 1', 'SET VARIABLE ARGUMENT one1', 'ASYNCAGI BREAK']);
    expect(both.problems).toEqual([]);
  });

  it('that fails, or is not there, makes AGISTATUS=FAILURE', async () => {
    await using both = await bridged(await inetd({ 'throws.js': "throw new Error('on purpose');" }));
    both.call.reply = (command) =>
      command.startsWith('STREAM') ? '200 result=-1 endpos=0\n' : '200 result=1\n';
    both.start('agi_arg_1: throws.js');
    await last(both.call).toBe('STREAM FILE "the-script-has-failed" ""');
    expect(both.call.commands[0]).toMatch(/^VERBOSE "throws.js: Error: on purpose/);
    both.call.end();
    both.start('agi_arg_1: nothing');
    await expect.poll(() => both.call.commands.length).toBe(4);
    expect(both.call.commands.at(-1)).toBe('STREAM FILE "the-script-has-failed" ""');
  });

  it('learns of a hangup', async () => {
    await using both = await bridged(
      await inetd({ 'waits.js': "module.exports = async (agi) => { await agi.exec('Wait', 60); };" }),
    );
    both.call.reply = () => '';
    both.start('agi_arg_1: waits.js');
    await last(both.call).toMatch(/^EXEC Wait/);
    both.call.end();
    // nothing more is said to a call that has gone
    both.start('agi_arg_1: waits.js');
    await expect.poll(() => both.call.commands.length).toBe(2);
    expect(both.call.commands).toEqual([both.call.commands[0], both.call.commands[0]]);
    both.call.end();
  });

  it('whose command is too long for AMI gets an error, and goes on', async () => {
    await using both = await bridged(
      await inetd({
        'long.js':
          "module.exports = async (agi) => { const code = await agi.noop('x'.repeat(1100)).catch((error) => error.code); await agi.verbose(code); };",
      }),
    );
    both.call.reply = () => '200 result=1\n';
    both.start('agi_arg_1: long.js');
    await last(both.call).toBe('ASYNCAGI BREAK');
    expect(both.call.commands).toEqual(['VERBOSE AGI_USAGE 1', 'ASYNCAGI BREAK']);
  });
});

describe('a server', () => {
  it.each([
    ['NOOP a\r', 'a carriage return'],
    ['NOOP a\0b', 'a NUL'],
  ])('that says %j gets an error, and its call goes on', async (command, what) => {
    let heard = '';
    const server = await listening((socket) => {
      socket.setEncoding('utf8').on('data', (text: string) => {
        heard += text;
        if (heard.endsWith('\n\n')) socket.write(`${command}\n`);
        else if (heard.endsWith('520 End of proper usage.\n')) socket.end('NOOP b\n');
      });
    });
    await using both = await bridged(server);
    both.start('agi_arg_1: x');
    await last(both.call).toBe('ASYNCAGI BREAK');
    expect(both.call.commands).toEqual(['NOOP b', 'ASYNCAGI BREAK']);
    expect(heard).toContain(what);
  });

  it('that waits for no answer is not read from faster than Asterisk takes its commands', async () => {
    let socket: net.Socket | undefined;
    const server = await listening((one) => {
      socket = one;
      // far more than the system keeps on its way
      const commands = `NOOP ${'x'.repeat(500)}\n`.repeat(40_000);
      one.on('error', () => {}).once('data', () => one.write(commands));
    });
    await using both = await bridged(server);
    both.call.reply = () => '';
    both.start('agi_arg_1: x');
    await last(both.call).toMatch(/^NOOP/);
    for (let turn = 0; turn < 2000; turn++) await setImmediate();
    expect(socket?.writableLength).toBeGreaterThan(0);
    socket?.destroy();
  });

  it('that says nothing but what cannot be carried gets errors, however many come at once', async () => {
    let heard = '';
    const server = await listening((socket) => {
      socket.setEncoding('utf8').on('data', (text: string) => {
        if (text.endsWith('\n\n')) socket.end('\r\n'.repeat(40_000));
        else heard += text;
      });
    });
    await using both = await bridged(server);
    both.start('agi_arg_1: x');
    await last(both.call).toBe('ASYNCAGI BREAK');
    expect(heard).toMatch(/^520-Invalid command syntax/);
    expect(both.call.commands).toEqual(['ASYNCAGI BREAK']);
  });

  it('learns that Asterisk does not take a command in time, and so does whoever reads the log', async () => {
    let onEnd = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const server = await listening((socket) => {
      socket.once('data', () => socket.write('NOOP a\n')).on('end', onEnd);
    });
    await using both = await bridged(server, { timeoutMs: 50 });
    both.call.deaf = true;
    both.start('agi_arg_1: x');
    await ended;
    expect(both.problems).toEqual([expect.stringContaining('no answer to AGI within 50 ms')]);
  });

  it('learns that the user may not send commands, and so does whoever reads the log', async () => {
    let onEnd = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = resolve;
    });
    const server = await listening((socket) => {
      socket.once('data', () => socket.write('NOOP a\n')).on('end', onEnd);
    });
    await using both = await bridged(server, {}, (action) =>
      action.action === 'AGI' ? refuse(action, 'Permission denied') : undefined,
    );
    both.start('agi_arg_1: x');
    await ended;
    expect(both.problems).toEqual([
      expect.stringMatching(/this user may not do AGI: its write line .*: the call is left in AsyncAGI$/),
    ]);
  });

  it('that is not there', async () => {
    const server = await listening(() => {});
    await using both = await bridged(server);
    await new Promise((resolve) => server.close(resolve));
    both.start('agi_arg_1: x');
    await last(both.call).toBe('STREAM FILE "the-script-has-failed" ""');
    expect(both.problems).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+: .*ECONNREFUSED.*AGISTATUS=FAILURE$/),
    ]);
  });

  it('that sends calls away', async () => {
    await using both = await bridged(await listening((socket) => void socket.end('FAILURE\n')));
    both.start('agi_arg_1: x');
    await last(both.call).toBe('STREAM FILE "the-script-has-failed" ""');
  });

  it('that says its last word hears the end with Asterisk, as over FastAGI, and not when it goes by itself', async () => {
    let socket: net.Socket | undefined;
    await using both = await bridged(
      await listening((accepted) => {
        socket = accepted;
        socket.write('FAILURE\n');
      }),
    );
    // nothing but the end is told of a command that ends the call
    both.call.reply = () => '';
    both.start('agi_arg_1: x');
    await last(both.call).toBe('STREAM FILE "the-script-has-failed" ""');
    socket?.resume();
    both.call.end();
    await expect.poll(() => socket?.readableEnded).toBe(true);
    expect(both.problems).toEqual([]);
  });

  it('that says what is no command', async () => {
    await using both = await bridged(await listening((socket) => void socket.write('x'.repeat(70_000))));
    both.start('agi_arg_1: x');
    await last(both.call).toBe('STREAM FILE "the-script-has-failed" ""');
    expect(both.problems).toEqual([expect.stringContaining('without end')]);
  });
});
