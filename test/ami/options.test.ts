/** Options that the manager's client does not have: in JavaScript nobody else would tell. */
import { describe, expect, it } from 'vitest';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { FakeManager } from '../support/manager';

const refusal = (message: string, code = 'AMI_OPTION') =>
  expect.objectContaining({ name: 'AmiArgumentError', code, message: expect.stringContaining(message) });

describe('Ami.connect', () => {
  it.each<[object, string, string?]>([
    [{ pasword: 'x' }, 'Ami.connect has no option "pasword": it has host, port, username, secret,'],
    [{ username: 'a', secrets: 'b' }, 'Ami.connect has no option "secrets"; did you mean secret?'],
    [{ reconnect: { firstDelay: 5 } }, 'secret is needed', 'AMI_ARGUMENT'],
    [{ secret: 'x' }, 'username is needed: it is that of a user in manager.conf', 'AMI_ARGUMENT'],
    [
      { username: 'a', secret: 'b', reconnect: { firstDelay: 5 } },
      'Ami.connect: reconnect has no option "firstDelay"; did you mean firstDelayMs?',
    ],
  ])('%j', async (options, message, code) => {
    const given = 'reconnect' in options ? { username: 'a', ...options } : options;
    await expect(Ami.connect(given as AmiOptions)).rejects.toEqual(refusal(message, code));
  });

  it('takes none without an object', async () => {
    await expect(Ami.connect('127.0.0.1' as never)).rejects.toEqual(refusal('its options are one object'));
  });
});

describe('a method', () => {
  it.each<[string, (ami: Ami) => unknown, string]>([
    [
      'originate',
      (ami) => ami.originate({ channel: 'Local/1@a', context: 'a', exten: '1' } as never),
      'originate has no option "exten"; did you mean extension?',
    ],
    [
      'action',
      (ami) => ami.action('Ping', {}, { timeout: 5 } as never),
      'Ping has no option "timeout"; did you mean timeoutMs?',
    ],
    ['list', (ami) => ami.list('Status', {}, { timeout: 5 } as never), 'Status has no option "timeout"'],
    [
      'command',
      (ami) => ami.command('core show uptime', { wait: 5 } as never),
      'Command has no option "wait"',
    ],
    ['events', async (ami) => ami.events([], { max: 5 } as never), 'events has no option "max"'],
    ['asyncAgi', async (ami) => ami.asyncAgi({ max: 5 } as never), 'asyncAgi has no option "max"'],
    [
      'ready',
      async (ami) => ami.ready({ timeoutMs: 5 } as never),
      'ready has no option "timeoutMs": it has signal',
    ],
    ['ready, an order', async (ami) => ami.ready(5 as never), 'ready: its options are one object'],
    [
      'redirect',
      (ami) => ami.redirect('a', 'b', 'c', 1, { channel: 'd', exten: 'e' } as never),
      'redirect: extra has no option "exten"; did you mean extension?',
    ],
    [
      'listStream',
      async (ami) => ami.listStream('Status', {}, { timeout: 5 } as never).next(),
      'Status has no option "timeout"',
    ],
    [
      'queueAdd',
      (ami) => ami.queueAdd('a', 'b', { name: 'c' } as never),
      'queueAdd has no option "name"; did you mean memberName?',
    ],
  ])('%s', async (_, call, message) => {
    await using manager = await FakeManager.start();
    await using ami = await Ami.connect({ username: 'jo', secret: 'secret', port: manager.port });
    const before = manager.client.actions.length;
    await expect((async () => call(ami))()).rejects.toEqual(refusal(message));
    expect(manager.client.actions).toHaveLength(before);
  });

  it.each<[string, unknown[]]>([
    ['ask', ['Ping', {}]],
    ['setEvents', ['on']],
    ['addFilter', ['Event: Hangup', undefined]],
    ['ping', []],
    ['listCommands', []],
    ['status', ['a']],
    ['channels', []],
    ['parkedCalls', []],
    ['pjsipEndpoints', []],
    ['pjsipEndpoint', ['a']],
    ['sipPeers', []],
    ['iaxPeers', []],
    ['queueStatus', ['a']],
    ['queueSummary', ['a']],
  ])('%s, which has those of an action', async (method, args) => {
    await using manager = await FakeManager.start();
    await using ami = await Ami.connect({ username: 'jo', secret: 'secret', port: manager.port });
    const before = manager.client.actions.length;
    const call = (ami as unknown as Record<string, (...args: unknown[]) => unknown>)[method];
    await expect((async () => call?.call(ami, ...args, { bogus: 1 }))()).rejects.toEqual(
      refusal('has no option "bogus"'),
    );
    expect(manager.client.actions).toHaveLength(before);
  });
});

describe('a listener', () => {
  it.each<[string, (ami: Ami) => unknown, string]>([
    [
      'that is forgotten',
      (ami) => ami.on('Hangup', undefined as never),
      'on takes the name of what is listened for',
    ],
    ['that has no name before it', (ami) => ami.on((() => {}) as never, undefined as never), "'*' for all"],
    [
      'for the state that is none',
      (ami) => ami.onState('closed' as never),
      'onState takes a function that is called',
    ],
  ])('%s is asked for at once, and not when there is something to tell', async (_, listen, words) => {
    await using manager = await FakeManager.start();
    await using ami = await Ami.connect({
      username: 'jo',
      secret: 'secret',
      port: manager.port,
      reconnect: false,
    });
    expect(() => listen(ami)).toThrow(refusal(words, 'AMI_ARGUMENT'));
  });
});
