/** `agi.manager()`: in memory, and in a script that the built executable runs. */
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { closeBelongings } from '../../src/agi/belongings';
import { secretly } from '../../src/agi/commander';
import { managerOptions } from '../../src/ami/asmanager';
import { toConfig } from '../../src/config';
import { call } from '../support/asterisk';
import { openCall } from '../support/calls';
import { makeFolder } from '../support/inet';
import { FakeManager, first, ordinary, success } from '../support/manager';

const configFor = (port: number) =>
  toConfig({ asmanager: { server: `127.0.0.1:${port}`, username: 'jo', secret: 'secret' } }, 'test.conf');

describe('a call’s manager', () => {
  it('is one, and goes with the call', async () => {
    await using manager = await FakeManager.start();
    const agi = new Agi(openCall().session, configFor(manager.port));
    const ami = await agi.manager();
    await ami.ping();
    expect(await agi.manager()).toBe(ami);
    expect(await secretly(agi).manager()).toBe(ami);
    expect(manager.clients).toHaveLength(1);
    await closeBelongings(agi);
    expect(ami.state).toBe('closed');
    await closeBelongings(agi);
  });

  it('may be asked for again where it could not be reached', async () => {
    const before = await FakeManager.start();
    const { port } = before;
    await before.close();
    const agi = new Agi(openCall().session, configFor(port));
    await expect(agi.manager()).rejects.toMatchObject({ code: 'AMI_CONNECT' });
    await using _ = await FakeManager.start(ordinary(), {
      greeting: 'Asterisk Call Manager/11.0.0\r\n',
      port,
    });
    const ami = await agi.manager();
    await ami.close();
  });

  it('takes options before those of the configuration, and needs none where they say all', async () => {
    await using manager = await FakeManager.start();
    const { session } = openCall();
    const ami = await new Agi(session).manager({
      host: '127.0.0.1',
      port: manager.port,
      username: 'me',
      secret: 'secret',
      auth: 'secret',
    });
    expect(manager.client.actions).toMatchObject([{ action: 'Login', username: 'me' }]);
    await ami.close();
  });

  it('of another user is where the configuration says', async () => {
    await using manager = await FakeManager.start();
    const agi = new Agi(openCall().session, configFor(manager.port));
    const ami = await agi.manager({ username: 'me', secret: 'secret', auth: 'secret' });
    expect(manager.client.actions).toMatchObject([{ action: 'Login', username: 'me' }]);
    await ami.close();
  });

  it('has no configuration to be in, where the call was given none', async () => {
    const agi = new Agi(openCall().session);
    await expect(agi.manager()).rejects.toMatchObject({
      name: 'RefusedError',
      message:
        'this call was given no configuration with [asmanager]: asyncAgi takes one as its option config, and agi.manager({ host, username, secret }) needs none',
    });
  });

  it('serves a script of the executable, which ends although the connection is open', async () => {
    const answer = first(
      (action) =>
        action.action === 'Getvar' ? success(action, 'Variable: X', 'Value: from afar') : undefined,
      ordinary(),
    );
    await using manager = await FakeManager.start(answer);
    const outcome = await call({
      script: 'asks.js',
      files: {
        'asks.js': `(async () => {
          const ami = await agi.manager();
          agi.setVariable('HEARD', await ami.getVariable(undefined, 'X'));
          await ami.action('Nothing', {}, { timeoutMs: 50 }).catch((error) => agi.verbose(error.code));
          const calls = ami.asyncAgi();
          agi.verbose(typeof calls.next);
        })();`,
      },
      config:
        `[asmanager]\nserver=127.0.0.1:${manager.port}\nusername=jo\nsecret="sec#ret"\nwrite_log=on\n`.replace(
          'sec#ret',
          'secret',
        ),
    });
    expect(outcome.commands).toEqual([
      'SET VARIABLE HEARD "from afar"',
      'VERBOSE AMI_TIMEOUT 1',
      'VERBOSE function 1',
    ]);
    expect(outcome.code).toBe(0);
    // write_log: the conversation is in the log, without the secret
    expect(outcome.log).toMatch(/manager > Action: Login/);
    expect(outcome.log).toMatch(/manager < Response: Success/);
    expect(outcome.log).not.toMatch(/Key: [0-9a-f]/);
    expect(outcome.log).not.toMatch(/SCRIPT_LEFTOVERS/);
  });
});

describe('[asmanager]', () => {
  it.each<[string, string, object]>([
    [
      'phpagi.conf as it is',
      'server=pbx\nport=5039\nusername=u\nsecret=s\nwrite_log=no',
      { host: 'pbx', port: 5039, username: 'u', secret: 's' },
    ],
    [
      'host and port in one',
      'server=pbx:6000\nusername=u\nsecret=ab#cd',
      { host: 'pbx:6000', username: 'u', secret: 'ab#cd' },
    ],
    ['no server', 'username=u\nsecret=s', { host: '127.0.0.1', username: 'u', secret: 's' }],
    [
      'a log',
      'username=u\nsecret=s\nwrite_log=yes',
      { host: '127.0.0.1', username: 'u', secret: 's', trace: expect.any(Function) },
    ],
  ])('%s', (_, text, options) => {
    const folder = makeFolder({ 'x.conf': `[asmanager]\n${text}\n` });
    expect(managerOptions(`${folder}/x.conf`)).toEqual(options);
  });

  it.each([
    ['server=a b', '"a b" is no address'],
    ['server=127.0.0.1:', '"127.0.0.1:" is no address'],
    ['server=http://pbx', '"http://pbx" is no address'],
    ['port=0', 'the port of 127.0.0.1 is 0'],
    ['port=99999', 'the port of 127.0.0.1 is 99999'],
  ])('%s is refused, with file and section', (text, message) => {
    const folder = makeFolder({ 'x.conf': `[asmanager]\nusername=u\nsecret=s\n${text}\n` });
    expect(() => managerOptions(`${folder}/x.conf`)).toThrow(
      expect.objectContaining({
        name: 'RefusedError',
        code: 'CONFIG_VALUE',
        message: expect.stringContaining(`${folder}/x.conf: [asmanager] server: ${message}`),
      }),
    );
  });

  it('with a word that is neither on nor off', () => {
    const folder = makeFolder({ 'x.conf': '[asmanager]\nusername=u\nsecret=s\nwrite_log=maybe\n' });
    expect(() => managerOptions(`${folder}/x.conf`)).toThrow(/x.conf: \[asmanager\] write_log is "maybe"/);
    expect(() => managerOptions(`${folder}/none.conf`)).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNREADABLE' }),
    );
  });
});
