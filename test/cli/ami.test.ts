/** `fastagi ami`, the built program, with a manager of the test's own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type net from 'node:net';
import { describe, expect, it } from 'vitest';
import { AsyncCall, request } from '../support/async-call';
import { executable, makeFolder } from '../support/inet';
import { listening } from '../support/inetd';
import { FakeManager, first, ordinary, refuse, success } from '../support/manager';

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function fastagi(
  args: string[],
  env: Record<string, string> = {},
  onOutput?: (text: string) => void,
): Promise<Ran> {
  const child = spawn(process.execPath, [executable('fastagi'), 'ami', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    onOutput?.(stdout);
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const answer = first((action) => {
  switch (action.action) {
    case 'Command':
      return action.command === 'bad'
        ? refuse(action, 'Command output follows\r\nOutput: No such command')
        : success(action, 'Message: Command output follows', 'Output:   a: b', 'Output: ', 'Output: c');
    case 'Things':
      return `${success(action, 'EventList: start')}Event: Thing\r\nActionID: ${action.actionid}\r\nName: one\x1b[2J\r\n\r\nEvent: Done\r\nActionID: ${action.actionid}\r\nEventList: Complete\r\n\r\n`;
    case 'Setvar':
      return success(action, `Message: ${action.variable} is ${action.value}`);
    case 'Hangup':
      return refuse(action, 'No such channel');
    default:
      return undefined;
  }
}, ordinary());

const config = (port: number, more = '') => {
  const folder = makeFolder({
    'fastagi.conf': `[asmanager]\nserver=127.0.0.1:${port}\nusername=jo\nsecret=secret\n${more}`,
  });
  return ['--config', `${folder}/fastagi.conf`];
};

describe('an action', () => {
  it('shows its answer, by what the configuration says', async () => {
    await using manager = await FakeManager.start(answer);
    const ran = await fastagi(['Setvar', 'Variable=A', 'Value=b=c d', ...config(manager.port)]);
    expect(ran).toEqual({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Response: Success\nActionID: \S+\nMessage: A is b=c d\n\n$/),
    });
    expect(manager.client.actions.map(({ action }) => action)).toEqual([
      'Challenge',
      'Login',
      'Setvar',
      'Logoff',
    ]);
    expect(manager.client.actions[1]).toMatchObject({ events: 'off' });
  });

  it('shows a list by its items, whose control characters stay off the terminal', async () => {
    await using manager = await FakeManager.start(answer);
    const ran = await fastagi(['Things', ...config(manager.port)]);
    expect(ran.stdout).toMatch(/^Event: Thing\nActionID: \S+\nName: one\\x1b\[2J\n\n$/);
  });

  it('shows a line of JSON for each message', async () => {
    await using manager = await FakeManager.start(answer);
    const { stdout } = await fastagi(['Things', '--json', ...config(manager.port)]);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ Response: 'Success' }, { Event: 'Thing', Name: 'one\x1b[2J' }]);
  });

  it('shows JSON that is JSON, of a name in an old encoding and of a value of any length, too', async () => {
    const value = `${'x'.repeat(70_000)}\x80\x92\x9b2J\x7f`;
    await using manager = await FakeManager.start(
      first((action, client) => {
        if (action.action !== 'Getvar') return undefined;
        // none of these bytes is UTF-8: they are taken as Latin-1, and are orders to a terminal there
        client.socket.write(Buffer.from(success(action, `Value: ${value}`), 'latin1'));
        return '';
      }, ordinary()),
    );
    const { stdout } = await fastagi(['Getvar', 'Variable=X', '--json', ...config(manager.port)]);
    expect(stdout).not.toMatch(/[\x7f-\x9f]/);
    expect(JSON.parse(stdout)).toMatchObject({ Value: value });
  });

  it('tells of a refusal without a control character of its words', async () => {
    await using manager = await FakeManager.start(
      first(() => undefined, ordinary('another')),
      {
        greeting: 'no \x1b[2J manager\r\n',
      },
    );
    const { code, stderr } = await fastagi(['Ping', ...config(manager.port)]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no .*\[2J manager/);
    expect(stderr).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  it('shows what a command prints, and that it failed', async () => {
    await using manager = await FakeManager.start(answer);
    expect(await fastagi(['Command', 'Command=x', ...config(manager.port)])).toMatchObject({
      code: 0,
      stdout: '  a: b\n\nc\n',
    });
    expect(await fastagi(['Command', 'Command=bad', ...config(manager.port)])).toMatchObject({
      code: 1,
      stdout: 'No such command\n',
      stderr: '',
    });
  });

  it('that Asterisk refuses is exit code 1', async () => {
    await using manager = await FakeManager.start(answer);
    expect(await fastagi(['Hangup', 'Channel=x', ...config(manager.port)])).toMatchObject({
      code: 1,
      stderr: 'fastagi ami: Hangup: No such channel\n',
    });
    expect(await fastagi(['Hangup', 'Channel=x', '--json', ...config(manager.port)])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"Message":"No such channel"'),
    });
  });

  it('that gets no answer is exit code 1, for it may have been carried out', async () => {
    await using manager = await FakeManager.start(answer);
    expect(await fastagi(['Silence', '--timeout', '0.1', ...config(manager.port)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no answer to Silence within 100 ms'),
    });
  });

  it('goes to another manager, by another user whose secret is in no command line', async () => {
    await using manager = await FakeManager.start(answer);
    const args = ['Ping', '--server', `127.0.0.1:${manager.port}`, '--username', 'me'];
    expect(await fastagi(args, { FASTAGI_AMI_SECRET: 'secret' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Ping: Pong'),
    });
    expect(manager.client.actions[1]).toMatchObject({ username: 'me' });
    expect(await fastagi(args)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('FASTAGI_AMI_SECRET'),
    });
    // of the manager that the configuration names, where none is named
    const here = ['Ping', '--username', 'me', ...config(manager.port)];
    expect(await fastagi(here, { FASTAGI_AMI_SECRET: 'secret' })).toMatchObject({ code: 0 });
    expect(await fastagi(args, { FASTAGI_AMI_SECRET: 'wrong' })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('does not let user "me" in'),
    });
  });
});

describe('--async-agi', () => {
  /** A call that its script does not end. */
  async function bridged() {
    const call = new AsyncCall();
    const manager = await FakeManager.start(call.answer);
    let socket: net.Socket | undefined;
    const server = await listening((accepted) => {
      socket = accepted.resume();
      socket.write('VERBOSE held 1\n');
    });
    const place = `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    const args = [executable('fastagi'), 'ami', '--async-agi', place, ...config(manager.port)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += chunk;
    });
    const ended = once(child, 'exit');
    await expect.poll(() => told).toContain('go to');
    call.reply = (command) => (command.startsWith('STREAM') ? '' : '200 result=1\n');
    call.start(manager.client, request('agi_arg_1: held'));
    await expect.poll(() => call.commands).toEqual(['VERBOSE held 1']);
    return {
      call,
      child,
      ended,
      told: () => told,
      socket: socket as unknown as net.Socket,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        await manager.close();
        server.close();
      },
    };
  }

  it('when it is told to stop, finishes the calls that run: nobody is left in AsyncAGI in silence', async () => {
    await using both = await bridged();
    both.child.kill('SIGTERM');
    await expect.poll(both.told).toContain('stopping: 1 calls have 60 s to finish');
    both.socket.end('VERBOSE bye 1\n');
    expect(await both.ended).toEqual([0, null]);
    expect(both.call.commands).toEqual(['VERBOSE held 1', 'VERBOSE bye 1', 'ASYNCAGI BREAK']);
  });

  it('when it is told twice, gives them back as failed', async () => {
    await using both = await bridged();
    both.child.kill('SIGINT');
    await expect.poll(both.told).toContain('stopping');
    both.child.kill('SIGINT');
    expect(await both.ended).toEqual([0, null]);
    expect(both.call.commands.at(-1)).toBe('STREAM FILE "the-script-has-failed" ""');
    expect(both.told()).toContain('AGISTATUS=FAILURE');
  });
});

describe('wrong use', () => {
  it.each<[string[], number, string]>([
    [[], 2, 'which action?'],
    [['Ping', 'nothing'], 2, '"nothing" is no KEY=VALUE'],
    [['Ping', 'A=b\r\nAction: Originate'], 2, 'another line of orders'],
    [['Ping', '--events', 'Hangup'], 2, 'either an action or --events'],
    [['Ping', '--tls', '/no/such/file'], 3, 'cannot be read: there is no such file'],
    [['Ping', '--nonsense'], 2, 'nonsense'],
    [['Ping', '--server', 'pbx:many'], 2, '"pbx:many" is no address: host, host:port or [IPv6]:port'],
    [['--async-agi', 'x:y'], 2, '"x:y" is no address: host, host:port or [IPv6]:port'],
    [['--async-agi', '127.0.0.1:0'], 2, 'the port of 127.0.0.1 is 0, and must be a number from 1 to 65535'],
    [['Ping', '--tls'], 3, ': wrong version number (does TLS listen there? tlsenable and tlsbindaddr in'],
  ])('%j', async (args, code, message) => {
    await using manager = await FakeManager.start(answer);
    expect(await fastagi([...args, ...config(manager.port)])).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it.each<[string, string]>([
    ['[asmanager]\nusername=jo\n', 'secret is not set'],
    ['[asmanager]\nusername=jo\nsecret=x\nport=many\n', 'must be a number'],
    ['[asmanager]\nusername=jo\nsecret=x\nserver=a b\n', '[asmanager] server: "a b" is no address'],
    ['', 'username is not set'],
  ])('a configuration that names no manager: %j', async (text, message) => {
    const folder = makeFolder({ 'fastagi.conf': text });
    expect(await fastagi(['Ping', '--config', `${folder}/fastagi.conf`])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(message),
    });
  });
});

describe('events', () => {
  it('are shown as they come, those that are named, up to a count', async () => {
    await using manager = await FakeManager.start(
      first(
        (action) =>
          action.action === 'Login'
            ? `${ordinary()(action, undefined as never)}Event: A\r\nX: 1\r\n\r\nEvent: B\r\n\r\nEvent: C\r\nX: 2\r\nX: 3\r\n\r\nEvent: A\r\n\r\n`
            : undefined,
        ordinary(),
      ),
    );
    const named = await fastagi(['--events', 'A,C', '--count', '2', ...config(manager.port)]);
    expect(named).toMatchObject({ code: 0, stdout: 'Event: A\nX: 1\n\nEvent: C\nX: 2\nX: 3\n\n' });
    const all = await fastagi(['--events', '--count', '3', '--json', ...config(manager.port)]);
    expect(all.stdout).toBe('{"Event":"A","X":"1"}\n{"Event":"B"}\n{"Event":"C","X":["2","3"]}\n');
    for (const word of ['all', '*', 'A,all'])
      expect(
        (await fastagi(['--events', word, '--count', '3', '--json', ...config(manager.port)])).stdout,
      ).toBe(all.stdout);
  });

  it('that may have been lost are told of: nobody would know that there was nothing to show', async () => {
    await using manager = await FakeManager.start((action, client) => {
      const said = ordinary()(action, client);
      if (action.action !== 'Login') return said;
      const isFirst = manager.clients.length === 1;
      const event = `${said}Event: ${isFirst ? 'A' : 'B'}\r\n\r\n`;
      if (!isFirst) return event;
      client.socket.end(event);
      return undefined;
    });
    const { port } = manager;
    const ran = await fastagi(['--events', 'all', '--count', '2', ...config(port)]);
    expect(ran).toEqual({
      code: 0,
      stdout: 'Event: A\n\nEvent: B\n\n',
      stderr: `fastagi ami: the connection to the manager at 127.0.0.1:${port} is lost\nfastagi ami: connected to 127.0.0.1:${port} again: events may have been lost\n`,
    });
  });
});
