/** The way to a logged-in connection, and all that can be there instead of a manager. */
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/ami/address';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { redactMessage } from '../../src/wire/ami-redact';
import { type Answer, banner, FakeManager, first, ordinary, refuse } from '../support/manager';

const user = { username: 'jo', secret: 'secret' };

function connect(port: number, options: Partial<AmiOptions> = {}): Promise<Ami> {
  return Ami.connect({ ...user, port, reconnect: false, pingEveryMs: 0, ...options });
}

const failing = (name: string, code: string, message: string, retryable: boolean) =>
  expect.objectContaining({ name, code, retryable, message: expect.stringContaining(message) });

describe('a login', () => {
  it.each<[string, Partial<AmiOptions>, object[]]>([
    [
      'by a challenge, so that the secret stays off the wire',
      {},
      [
        { action: 'Challenge', authtype: 'MD5' },
        { action: 'Login', username: 'jo', authtype: 'MD5', events: 'on' },
      ],
    ],
    [
      'by the secret',
      { auth: 'secret' },
      [{ action: 'Login', username: 'jo', secret: 'secret', events: 'on' }],
    ],
    [
      'with a mask of events',
      { auth: 'secret', events: 'call,user' },
      [{ action: 'Login', events: 'call,user' }],
    ],
  ])('%s', async (_, options, actions) => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port, options);
    expect(manager.client.actions).toMatchObject(actions);
    if (!options.auth) expect(JSON.stringify(manager.client.actions)).not.toContain('secret');
    expect(ami.version).toBe('11.0.0');
    expect(ami.state).toBe('connected');
    expect(ami.address).toBe(`127.0.0.1:${manager.port}`);
  });

  it('keeps secrets out of the trace', async () => {
    await using manager = await FakeManager.start();
    const seen: string[] = [];
    await using _ = await connect(manager.port, {
      auth: 'secret',
      trace: (direction, text) => seen.push(`${direction} ${text}`),
    });
    expect(seen[0]).toMatch(
      /^> Action: Login\r\nActionID: \S+\r\nUsername: jo\r\nSecret: \*\*\*\r\nEvents: on$/,
    );
    expect(seen[1]).toMatch(/^< Response: Success\r\n/);
  });

  it.each([
    [
      'Action: Login\r\nUsername: jo\r\nKey: abc\r\nSecret: x',
      'Action: Login\r\nUsername: jo\r\nKey: ***\r\nSecret: ***',
    ],
    ['Action: DBGet\r\nFamily: a\r\nKey: b', 'Action: DBGet\r\nFamily: a\r\nKey: b'],
    ['Action: Setvar\r\nVariable: PIN\r\nValue: 1234', 'Action: Setvar\r\nVariable: PIN\r\nValue: ***'],
    [
      'Response: Success\r\nVariable: userPin\r\nValue: 1234',
      'Response: Success\r\nVariable: userPin\r\nValue: ***',
    ],
    ['Action: Setvar\r\nVariable: SPIN\r\nValue: 1234', 'Action: Setvar\r\nVariable: SPIN\r\nValue: 1234'],
    [
      'Action: Originate\r\nVariable: a=1\r\nVariable: CARD=4711=\r\nData: x',
      'Action: Originate\r\nVariable: a=1\r\nVariable: CARD=***\r\nData: x',
    ],
    [
      'Event: Dial\r\nDestChanVariable: token=x\r\nChanVariable: b=2',
      'Event: Dial\r\nDestChanVariable: token=***\r\nChanVariable: b=2',
    ],
    [
      'Event: AuthDetail\r\nPassword: x\r\nMd5Secret: y',
      'Event: AuthDetail\r\nPassword: ***\r\nMd5Secret: ***',
    ],
    ['Event: UserEvent\r\nPIN: 1234\r\nTo: b', 'Event: UserEvent\r\nPIN: ***\r\nTo: b'],
    ['Event: VarSet\r\nVariable: PIN\r\nValue: 12\n34', 'Event: VarSet\r\nVariable: PIN\r\nValue: ***'],
    ['Action: A\r\nVariable: PIN=1\u20282', 'Action: A\r\nVariable: PIN=***'],
    [
      'Action: AGI\r\nCommand: SET VARIABLE PIN 1234\r\nCommandID: a-1',
      'Action: AGI\r\nCommand: SET VARIABLE PIN ***\r\nCommandID: a-1',
    ],
    ['Action: AGI\r\nCommand: SET VARIABLE A 1', 'Action: AGI\r\nCommand: SET VARIABLE A 1'],
    ['Output:   a: b\r\nOutput: ', 'Output:   a: b\r\nOutput: '],
  ])('%j', (text, shown) => expect(redactMessage(text)).toBe(shown));

  it('loses no event that came with its answer', async () => {
    const answer = first(
      (action) =>
        action.action === 'Login'
          ? `${ordinary()(action, undefined as never)}Event: FullyBooted\r\n\r\nEvent: B\r\n\r\n`
          : undefined,
      ordinary(),
    );
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port);
    const seen: string[] = [];
    const both = new Promise<void>((resolve) => ami.on('B', () => resolve()));
    ami.on('*', ({ name }) => seen.push(name));
    await both;
    expect(seen).toEqual(['FullyBooted', 'B']);
    expect(ami.counts.events).toBe(2);
  });
});

describe('what is refused', () => {
  it.each<[string, string, boolean]>([
    ['Authentication failed', 'jo', false],
    ['Login Already In Use', 'allowmultiplelogin', true],
    ['Authentication Required', 'manager.conf', false],
  ])('%s', async (reason, message, retryable) => {
    const answer: Answer = (action, client) => {
      client.socket.end(refuse(action, reason));
      return undefined;
    };
    await using manager = await FakeManager.start(answer);
    await expect(connect(manager.port)).rejects.toEqual(
      failing('AmiLoginError', 'AMI_LOGIN', message, retryable),
    );
    await expect(connect(manager.port, { auth: 'secret' })).rejects.toEqual(
      failing('AmiLoginError', 'AMI_LOGIN', reason, retryable),
    );
  });

  it.each(['s\r\nAction: Originate', 's\0', 'x'.repeat(1100)])(
    'a secret that would be more than a secret',
    async (secret) => {
      await using manager = await FakeManager.start();
      await expect(connect(manager.port, { secret, auth: 'secret' })).rejects.toMatchObject({
        name: 'AmiArgumentError',
        code: 'AMI_ARGUMENT',
      });
      await expect(connect(manager.port, { username: secret })).rejects.toMatchObject({
        name: 'AmiArgumentError',
      });
      expect(manager.clients.flatMap(({ actions }) => actions.map((action) => action.action))).toEqual([
        'Challenge',
      ]);
    },
  );
});

describe('no manager', () => {
  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0'],
    ['binary', '\x4a\0\0\0', 'J'],
    ['a line without end', 'x'.repeat(1000), 'xxx'],
  ])('%s', async (_, greeting, message) => {
    await using manager = await FakeManager.start(ordinary(), { greeting });
    await expect(connect(manager.port)).rejects.toEqual(
      failing('AmiProtocolError', 'AMI_NO_MANAGER', message, false),
    );
  });

  it.each([
    ['says nothing', undefined, 'says nothing within 100 ms'],
    ['says half a first line', banner.slice(0, 10), 'says nothing within 100 ms'],
  ])('%s', async (_, greeting, message) => {
    await using manager = await FakeManager.start(ordinary(), { greeting });
    await expect(connect(manager.port, { connectTimeoutMs: 100 })).rejects.toEqual(
      failing('AmiTimeoutError', 'AMI_TIMEOUT', message, true),
    );
  });

  it('does not answer the login', async () => {
    await using manager = await FakeManager.start(() => undefined);
    await expect(connect(manager.port, { connectTimeoutMs: 100 })).rejects.toEqual(
      failing('AmiTimeoutError', 'AMI_TIMEOUT', 'does not answer the login', true),
    );
  });

  it('is waited for as long as it takes, where no limit is set', async () => {
    const held: (() => void)[] = [];
    const usual = ordinary();
    await using manager = await FakeManager.start((action, client) => {
      if (action.action !== 'Challenge') return usual(action, client);
      held.push(() => client.say(usual(action, client) as string));
      return undefined;
    });
    const connecting = connect(manager.port, { connectTimeoutMs: 0 });
    await expect.poll(() => held.length).toBe(1);
    held[0]?.();
    await (await connecting).close();
  });

  it('is there at all', async () => {
    const manager = await FakeManager.start();
    const { port } = manager;
    await manager.close();
    await expect(connect(port)).rejects.toEqual(
      failing('AmiConnectionError', 'AMI_CONNECT', 'ECONNREFUSED', true),
    );
    await expect(connect(port)).rejects.toThrow('manager.conf');
    // a name with two addresses fails with an error that has no words of its own
    await expect(connect(port, { host: 'localhost' })).rejects.toThrow(
      /no connection to the manager at localhost:\d+: .+/,
    );
  });

  it('speaks TLS', async () => {
    await using manager = await FakeManager.start();
    await expect(connect(manager.port, { tls: true })).rejects.toMatchObject({
      name: 'AmiConnectionError',
      code: 'AMI_CONNECT',
    });
  });
});

describe('a connection that is cut', () => {
  /** All that the manager says up to the end of a login. */
  async function wholeLogin(): Promise<string> {
    let said = banner;
    await using manager = await FakeManager.start((action, client) => {
      const answer = ordinary()(action, client);
      said += answer ?? '';
      return answer;
    });
    const ami = await connect(manager.port);
    const wire = said;
    await ami.close();
    return wire;
  }

  it('at every byte of a login gives a named error, and nothing stays behind', async () => {
    const { length } = await wholeLogin();
    expect(length).toBeGreaterThan(150);
    for (let cut = 0; cut < length; cut++) {
      // what is said has another ActionID each time, and the same length
      let left = cut;
      const server = net.createServer((socket) => {
        socket.on('error', () => {});
        const say = (text: string) => {
          const part = Buffer.from(text).subarray(0, left);
          left -= part.length;
          if (part.length < text.length) socket.end(part);
          else socket.write(part);
        };
        say(banner);
        let held = '';
        socket.on('data', (chunk) => {
          held += chunk;
          if (!held.endsWith('\r\n\r\n')) return;
          const action = Object.fromEntries(
            held
              .trim()
              .split('\r\n')
              .map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ')[1]]),
          ) as Record<string, string>;
          held = '';
          say(ordinary()(action, { socket } as never) ?? '');
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const error = await connect((server.address() as net.AddressInfo).port).then(
        () => undefined,
        (error) => error,
      );
      expect(error, `cut at ${cut}`).toMatchObject({
        name: 'AmiConnectionError',
        code: 'AMI_CONNECT',
        retryable: true,
      });
      expect(error.message).toMatch(
        cut < banner.length ? /before it said who it is/ : /in the middle of the login/,
      );
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap'))
      .toEqual([]);
  });
});

describe('a signal', () => {
  it('that has aborted connects nowhere', async () => {
    await using manager = await FakeManager.start();
    await expect(connect(manager.port, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(manager.clients).toEqual([]);
  });

  it('ends a login', async () => {
    await using manager = await FakeManager.start(() => undefined);
    const controller = new AbortController();
    const connecting = connect(manager.port, { signal: controller.signal });
    await manager.arrival();
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });

  it('closes a client', async () => {
    await using manager = await FakeManager.start();
    const controller = new AbortController();
    const ami = await connect(manager.port, { signal: controller.signal });
    const waiting = ami.action('Silence');
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(ami.action('Ping')).rejects.toThrow('enough');
    expect(ami.state).toBe('closed');
  });
});

describe('an address', () => {
  it.each<[string, number | undefined, object]>([
    ['pbx', undefined, { host: 'pbx', port: 5038 }],
    ['pbx', 5000, { host: 'pbx', port: 5000 }],
    ['pbx:6000', 5000, { host: 'pbx', port: 6000 }],
    ['10.0.0.1:6000', undefined, { host: '10.0.0.1', port: 6000 }],
    ['[::1]', undefined, { host: '::1', port: 5038 }],
    ['[::1]:6000', undefined, { host: '::1', port: 6000 }],
    ['fe80::1', undefined, { host: 'fe80::1', port: 5038 }],
  ])('%s, %s', (host, port, address) => expect(parseAddress(host, port, 5038)).toEqual(address));

  it.each<[string, number | undefined]>([
    ['', undefined],
    [' ', undefined],
    ['a b', undefined],
    ['pbx:0', undefined],
    ['pbx:99999', undefined],
    ['pbx:many', undefined],
    ['[pbx:1]', undefined],
    ['pbx', 1.5],
    ['pbx', -1],
  ])('%j, %s is none', (host, port) => {
    expect(() => parseAddress(host, port, 5038)).toThrow(expect.objectContaining({ code: 'AMI_ARGUMENT' }));
  });
});
