/** A connection that is lost: what becomes of actions on their way, and how the client comes back. */
import { describe, expect, it } from 'vitest';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import type { AmiConnectionError } from '../../src/ami-errors';
import { FakeManager, first, ordinary, refuse, success } from '../support/manager';
import { collectUncaught } from '../support/uncaught';

const quick = { firstDelayMs: 1, maxDelayMs: 20 };

function connect(port: number, options: Partial<AmiOptions> = {}): Promise<Ami> {
  return Ami.connect({
    username: 'jo',
    secret: 'secret',
    port,
    pingEveryMs: 0,
    reconnect: quick,
    ...options,
  });
}

const stateOf = (ami: Ami, wanted: string) =>
  new Promise<Error | undefined>((resolve) => {
    const stop = ami.onState((state, error) => {
      if (state !== wanted) return;
      stop();
      resolve(error);
    });
  });

describe('an action on its way', () => {
  it('that was sent says so, and is not sent again', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port);
    const waiting = ami.action('Silence').catch((error) => error);
    await ami.ping();
    manager.client.socket.destroy();
    expect(await waiting).toMatchObject({
      name: 'AmiConnectionError',
      code: 'AMI_LOST',
      sent: true,
      retryable: true,
      message: expect.stringMatching(/^Silence: the connection to .* is lost.*may have carried it out/),
    });
    await ami.ready();
    await ami.ping();
    expect(manager.clients).toHaveLength(2);
    expect(manager.client.actions.map(({ action }) => action)).toEqual(['Challenge', 'Login', 'Ping']);
  });

  it('that was not sent says that', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port);
    // nobody reads: what fills the system's buffers is on its way, what stands behind it is not
    manager.client.socket.pause();
    const filler = Array.from({ length: 120 }, () => 'x'.repeat(1000));
    const many = Array.from({ length: 200 }, () =>
      ami.action('Fill', { Filler: filler }).catch((error) => error),
    );
    // in the next turn of the event loop the first write is known not to be through
    await new Promise(setImmediate);
    const last = ami.action('Last').catch((error) => error);
    await expect(ami.action('Impatient', {}, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'AMI_TIMEOUT',
      sent: false,
      message: expect.stringContaining('does not read'),
    });
    manager.client.socket.destroy();
    expect(await last).toMatchObject({
      code: 'AMI_LOST',
      sent: false,
      message: expect.stringContaining('it was not sent'),
    });
    const errors = (await Promise.all(many)) as AmiConnectionError[];
    expect(errors[0]).toMatchObject({ code: 'AMI_LOST', sent: true });
    await ami.ready();
    await ami.ping();
    expect(manager.client.actions.map(({ action }) => action)).toEqual(['Challenge', 'Login', 'Ping']);
  });

  it('between two connections is rejected at once', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port, {
      reconnect: { firstDelayMs: 60_000, maxDelayMs: 60_000 },
    });
    const lost = stateOf(ami, 'reconnecting');
    manager.client.socket.destroy();
    expect(await lost).toMatchObject({ code: 'AMI_LOST' });
    await expect(ami.action('Ping')).rejects.toMatchObject({
      code: 'AMI_NOT_CONNECTED',
      sent: false,
      retryable: true,
    });
    const controller = new AbortController();
    const ready = ami.ready({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
    // close ends the wait of a minute
    const waiting = ami.ready();
    const closed = ami.close();
    await expect(waiting).rejects.toMatchObject({ code: 'AMI_CLOSED' });
    await closed;
  });

  it('whose answer came in half is lost', async () => {
    const answer = first((action, client) => {
      if (action.action !== 'Die') return undefined;
      client.socket.end(success(action, 'Value: 1').slice(0, -2));
      return undefined;
    }, ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port);
    await expect(ami.action('Die')).rejects.toMatchObject({ code: 'AMI_LOST', sent: true });
  });

  it('to a manager that sends a message without end is lost, with the reason', async () => {
    const answer = first((action, client) => {
      if (action.action !== 'Flood') return undefined;
      client.say(`Event: A\r\n${'X: y\r\n'.repeat(1000)}`);
      return undefined;
    }, ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { maxMessageBytes: 4096 });
    await expect(ami.action('Flood')).rejects.toMatchObject({
      code: 'AMI_LOST',
      message: expect.stringContaining('4096 bytes'),
    });
    await ami.ready();
    await ami.ping();
  });

  it('whose answer came before the end gets it', async () => {
    const answer = first((action, client) => {
      if (action.action !== 'Die') return undefined;
      client.socket.end(success(action, 'Value: 1'));
      return undefined;
    }, ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { reconnect: false });
    await expect(ami.action('Die').then((response) => response.get('Value'))).resolves.toBe('1');
  });

  it('that was a list or a call says that what was to follow will not come', async () => {
    const answer = first(
      (action) =>
        /^(List|Originate)$/.test(action.action as string) ? success(action, 'EventList: start') : undefined,
      ordinary(),
    );
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port);
    const list = ami.list('List').catch((error) => error);
    const call = ami.originate({ channel: 'x', application: 'Wait' }).catch((error) => error);
    await ami.ping();
    manager.client.socket.destroy();
    expect(await list).toMatchObject({
      code: 'AMI_LOST',
      sent: true,
      message: expect.stringContaining('will not come'),
    });
    expect(await call).toMatchObject({ code: 'AMI_LOST', sent: true });
  });
});

describe('the way back', () => {
  it('has the same mask and filters again, before any event can come', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port);
    await ami.setEvents('call,user');
    manager.client.socket.destroy();
    await stateOf(ami, 'connected');
    expect(manager.client.actions.at(-1)).toMatchObject({ action: 'Login', events: 'call,user' });
    await ami.addFilter('!Event: VarSet');
    await ami.addFilter('Hangup', 'action(include)');
    manager.client.socket.destroy();
    await stateOf(ami, 'connected');
    expect(manager.client.actions).toMatchObject([
      { action: 'Challenge' },
      { action: 'Login', events: 'off' },
      { action: 'Filter', operation: 'Add', filter: '!Event: VarSet' },
      { action: 'Filter', operation: 'Add', filter: 'Hangup', matchcriteria: 'action(include)' },
      { action: 'Events', eventmask: 'call,user' },
    ]);
  });

  it('is found through refusals that pass: nobody there, a login in use', async () => {
    let busy = 2;
    const answer = first((action, client) => {
      if (action.action !== 'Login' || manager.clients.length < 2 || busy-- <= 0) return undefined;
      client.socket.end(refuse(action, 'Login Already In Use'));
      return '';
    }, ordinary());
    const manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port);
    const events = ami.events('A');
    manager.client.socket.destroy();
    await stateOf(ami, 'connected');
    expect(manager.clients).toHaveLength(4);
    const { port } = manager;
    await manager.close();
    await stateOf(ami, 'reconnecting');
    await using other = await FakeManager.start(ordinary(), {
      greeting: 'Asterisk Call Manager/12.0.0\r\n',
      port,
    });
    await ami.ready();
    expect(ami.version).toBe('12.0.0');
    // a stream of events lasts over all of it
    other.client.say('Event: A\r\n\r\n');
    expect((await events.next()).value?.name).toBe('A');
    expect(ami.counts.lost).toBe(2);
  });

  it('is sought again where the filters are refused, by an Asterisk on its way down', async () => {
    let refusals = 0;
    const answer = first((action) => {
      if (action.action !== 'Filter' || manager.clients.length !== 2) return undefined;
      refusals++;
      return refuse(action, 'Asterisk is shutting down');
    }, ordinary());
    const manager = await FakeManager.start(answer);
    await using _ = manager;
    await using ami = await connect(manager.port);
    await ami.addFilter('!Event: VarSet');
    manager.client.socket.destroy();
    await stateOf(ami, 'connected');
    expect([refusals, manager.clients.length]).toEqual([1, 3]);
  });

  it('ends at a refusal that does not pass', async () => {
    const answer = first((action, client) => {
      if (action.action !== 'Login' || manager.clients.length < 2) return undefined;
      client.socket.end(refuse(action, 'Authentication failed'));
      return '';
    }, ordinary());
    const manager = await FakeManager.start(answer);
    await using _ = manager;
    const ami = await connect(manager.port);
    const events = ami.events();
    manager.client.socket.destroy();
    expect(await stateOf(ami, 'closed')).toMatchObject({ name: 'AmiLoginError', retryable: false });
    await expect(ami.action('Ping')).rejects.toMatchObject({
      code: 'AMI_CLOSED',
      message: expect.stringContaining('does not let user "jo" in'),
      cause: expect.objectContaining({ code: 'AMI_LOGIN' }),
    });
    await expect(ami.ready()).rejects.toMatchObject({ code: 'AMI_CLOSED' });
    await expect(events.next()).rejects.toMatchObject({ code: 'AMI_CLOSED' });
    expect(manager.clients).toHaveLength(2);
  });

  it('ends after as many attempts as it was told', async () => {
    const manager = await FakeManager.start();
    const ami = await connect(manager.port, { reconnect: { attempts: 3, firstDelayMs: 1, maxDelayMs: 5 } });
    const closed = stateOf(ami, 'closed');
    await manager.close();
    expect(await closed).toMatchObject({
      code: 'AMI_CONNECT',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is not sought where that was not wanted', async () => {
    await using manager = await FakeManager.start();
    const ami = await connect(manager.port, { reconnect: false });
    const closed = stateOf(ami, 'closed');
    manager.client.socket.destroy();
    expect(await closed).toMatchObject({ code: 'AMI_LOST' });
    expect(manager.clients).toHaveLength(1);
  });

  it('is sought from the start where that was wanted', async () => {
    const before = await FakeManager.start();
    const { port } = before;
    await before.close();
    const connecting = connect(port, { reconnect: { ...quick, fromStart: true } });
    await using _ = await FakeManager.start(ordinary(), {
      greeting: 'Asterisk Call Manager/11.0.0\r\n',
      port,
    });
    await using ami = await connecting;
    await ami.ping();
    await expect(
      connect(port, { secret: 'wrong', reconnect: { ...quick, fromStart: true } }),
    ).rejects.toMatchObject({ code: 'AMI_LOGIN' });
  });

  it('is given up by close', async () => {
    const manager = await FakeManager.start();
    const ami = await connect(manager.port);
    const lost = stateOf(ami, 'reconnecting');
    await manager.close();
    await lost;
    await ami.close();
    expect(ami.state).toBe('closed');
  });
});

describe('a listener for the state', () => {
  it('that throws costs neither the others their word nor the client its return; its error is an uncaught one', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port);
    using uncaught = collectUncaught();
    const states: string[] = [];
    ami.onState((state) => {
      throw new Error(`at ${state}`);
    });
    ami.onState((state) => states.push(state));
    const events = ami.events();
    manager.client.socket.destroy();
    await expect.poll(() => states).toEqual(['reconnecting', 'connected']);
    await ami.action('Ping');
    await ami.close();
    expect(states).toEqual(['reconnecting', 'connected', 'closed']);
    expect((await events.next()).done).toBe(true);
    await expect
      .poll(() => uncaught.errors.map(String))
      .toEqual(['Error: at reconnecting', 'Error: at connected', 'Error: at closed']);
  });

  it('that closes the client is the last word: nobody hears of an older state after it', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port);
    const states: string[] = [];
    ami.onState((state) => void (state === 'reconnecting' && ami.close()));
    ami.onState((state) => states.push(state));
    manager.client.socket.destroy();
    await expect.poll(() => states).toEqual(['closed']);
  });
});

describe('a manager that stops answering', () => {
  it('is found out, too, where one action after the other waits for it in vain', async () => {
    let deaf = false;
    const answer = first(
      (action) => (deaf ? '' : action.action === 'Busy' ? success(action) : undefined),
      ordinary(),
    );
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { pingEveryMs: 20, timeoutMs: 100 });
    const lost = stateOf(ami, 'reconnecting');
    deaf = true;
    // there is never a moment at which none waits
    const asking = setInterval(() => ami.action('Busy').catch(() => {}), 10);
    try {
      expect(await lost).toMatchObject({
        code: 'AMI_LOST',
        message: expect.stringContaining('stopped answering'),
      });
      deaf = false;
      await ami.ready();
    } finally {
      clearInterval(asking);
    }
  });

  it('is not asked behind an action that may still hold it up', async () => {
    const answer = first((action, client) => {
      if (action.action === 'Short') return '';
      if (action.action !== 'Long') return undefined;
      setTimeout(() => client.say(success(action)), 300);
      return '';
    }, ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { pingEveryMs: 20 });
    const long = ami.action('Long');
    const before = manager.client.actions.length;
    await expect(ami.action('Short', {}, { timeoutMs: 30 })).rejects.toMatchObject({ code: 'AMI_TIMEOUT' });
    await long;
    const asked = manager.client.actions.slice(before).map(({ action }) => action);
    expect(asked.filter((action) => action === 'Ping').length).toBeLessThanOrEqual(1);
  });

  it('is found out by a ping, and left', async () => {
    let deaf = false;
    const answer = first((action) => (deaf && action.action === 'Ping' ? '' : undefined), ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { pingEveryMs: 20, timeoutMs: 100 });
    await expect
      .poll(() => manager.client.actions.filter(({ action }) => action === 'Ping').length)
      .toBeGreaterThan(2);
    expect(ami.counts.lost).toBe(0);
    const lost = stateOf(ami, 'reconnecting');
    deaf = true;
    expect(await lost).toMatchObject({
      code: 'AMI_LOST',
      message: expect.stringContaining('has stopped answering: no answer to Ping within 100 ms'),
    });
    deaf = false;
    await ami.ready();
    expect(manager.clients).toHaveLength(2);
  });

  it('is not asked while an action holds it up, and not while it talks', async () => {
    const answer = first((action, client) => {
      if (action.action !== 'Slow') return undefined;
      setTimeout(() => client.say(success(action)), 200);
      return '';
    }, ordinary());
    await using manager = await FakeManager.start(answer);
    await using ami = await connect(manager.port, { pingEveryMs: 20 });
    const before = manager.client.actions.length;
    await ami.action('Slow');
    const asked = manager.client.actions.slice(before).map(({ action }) => action);
    // one that was on its way before is allowed
    expect(asked.filter((action) => action === 'Ping').length).toBeLessThanOrEqual(1);
  });
});

describe('a client with unref', () => {
  it('keeps the process only while something is awaited', async () => {
    await using manager = await FakeManager.start();
    await using ami = await connect(manager.port, { unref: true });
    const held = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    // the manager's own end is one
    const idle = held();
    const waiting = ami.action('Silence', {}, { timeoutMs: 30 });
    expect(held()).toBe(idle + 1);
    await expect(waiting).rejects.toMatchObject({ code: 'AMI_TIMEOUT' });
    expect(held()).toBe(idle);
    const next = ami.events('A').next();
    expect(held()).toBe(idle + 1);
    manager.client.say('Event: A\r\n\r\n');
    expect((await next).value?.name).toBe('A');
    expect(held()).toBe(idle);
  });
});
