/** Actions and their answers, lists, events: over one connection to a manager of the test's own. */
import { describe, expect, it } from 'vitest';
import { Ami, type AmiOptions } from '../../src/ami/ami';
import { type Action, type Answer, FakeManager, first, ordinary, refuse, success } from '../support/manager';
import { collectUncaught } from '../support/uncaught';

interface Pair extends AsyncDisposable {
  readonly ami: Ami;
  readonly manager: FakeManager;
}

/** A client and its manager, which says what the test says and else what is ordinary. */
async function pair(answer: Answer = () => undefined, options: Partial<AmiOptions> = {}): Promise<Pair> {
  const manager = await FakeManager.start(first(answer, ordinary()));
  const ami = await Ami.connect({
    username: 'jo',
    secret: 'secret',
    port: manager.port,
    reconnect: false,
    pingEveryMs: 0,
    ...options,
  });
  return {
    ami,
    manager,
    async [Symbol.asyncDispose]() {
      await ami.close();
      await manager.close();
    },
  };
}

const item = (action: Action, name: string, ...lines: string[]) =>
  `${[`Event: ${name}`, `ActionID: ${action.actionid}`, ...lines].join('\r\n')}\r\n\r\n`;
const start = (action: Action) => success(action, 'EventList: start', 'Message: will follow');
const complete = (action: Action, count: number) =>
  item(action, 'ListComplete', 'EventList: Complete', `ListItems: ${count}`);

describe('an action', () => {
  it('gets its answer, whatever the order they come in', async () => {
    const held: Action[] = [];
    await using both = await pair((action, client) => {
      if (action.action !== 'Echo') return undefined;
      held.push(action);
      if (held.length === 60) {
        for (const one of held.reverse()) client.say(success(one, `Value: ${one.value}`));
      }
      return '';
    });
    const values = Array.from({ length: 60 }, (_, index) => `value ${index}`);
    const answers = await Promise.all(values.map((Value) => both.ami.action('Echo', { Value })));
    expect(answers.map((answer) => answer.get('Value'))).toEqual(values);
    expect(both.ami.counts.unasked).toBe(0);
    const ids = held.map((action) => action.actionid as string);
    expect(new Set(ids).size).toBe(60);
    for (const id of ids) expect(Buffer.byteLength(id)).toBeLessThanOrEqual(64);
  });

  it('of one client has an ActionID that no other has', async () => {
    await using one = await pair((action) => (action.action === 'Echo' ? success(action) : undefined));
    await using other = await pair((action) => (action.action === 'Echo' ? success(action) : undefined));
    await one.ami.action('Echo');
    await other.ami.action('Echo');
    const id = ({ manager }: Pair) => manager.client.actions.at(-1)?.actionid;
    expect(id(one)).not.toBe(id(other));
  });

  it.each<[string, string, string, string]>([
    ['No such channel', 'AMI_ACTION', 'Hangup: No such channel', 'Hangup'],
    ['', 'AMI_ACTION', 'gives no reason', 'Hangup'],
    ['Permission denied', 'AMI_PERMISSION', 'write line', 'Hangup'],
    [
      'Invalid/unknown command: Hangup. Use Action: ListCommands to show available commands.',
      'AMI_UNKNOWN_ACTION',
      'module',
      'Hangup',
    ],
  ])('that is refused, %j', async (reason, code, message, action) => {
    await using both = await pair((asked) => (asked.action === action ? refuse(asked, reason) : undefined));
    await expect(both.ami.action(action, { Channel: 'x' })).rejects.toEqual(
      expect.objectContaining({
        name: 'AmiActionError',
        code,
        action,
        message: expect.stringContaining(message),
        response: expect.objectContaining({ text: expect.stringContaining(reason) }),
      }),
    );
  });

  it('that would inject is not sent', async () => {
    await using both = await pair();
    const before = both.manager.client.actions.length;
    for (const fields of [{ Channel: 'x\r\nAction: Originate' }, { 'A\n': 'x' }, { actionid: 'mine' }]) {
      await expect(both.ami.action('Hangup', { Channel: 'x', ...fields })).rejects.toMatchObject({
        code: 'AMI_ARGUMENT',
      });
    }
    await both.ami.ping();
    expect(both.manager.client.actions.slice(before).map(({ action }) => action)).toEqual(['Ping']);
  });

  it('that gets no answer in time says that it was sent; its late answer is nobody else’s', async () => {
    let late: Action | undefined;
    await using both = await pair((action) => {
      if (action.action === 'Slow') late = action;
      return undefined;
    });
    await expect(both.ami.action('Slow', {}, { timeoutMs: 30 })).rejects.toMatchObject({
      name: 'AmiTimeoutError',
      code: 'AMI_TIMEOUT',
      sent: true,
      message: expect.stringContaining('Slow within 30 ms'),
    });
    both.manager.client.say(success(late as Action));
    await both.ami.ping();
    expect(both.ami.counts.unasked).toBe(1);
  });

  it('is given up by its signal', async () => {
    await using both = await pair();
    const controller = new AbortController();
    const waiting = both.ami.action('Silence', {}, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(both.ami.action('Silence', {}, { signal: controller.signal })).rejects.toThrow('enough');
    await both.ami.ping();
    expect(both.manager.client.actions.filter(({ action }) => action === 'Silence')).toHaveLength(1);
  });

  it.each([-1, Number.NaN, 2 ** 31])('with a timeout of %s is none', async (timeoutMs) => {
    await using both = await pair();
    await expect(both.ami.action('Ping', {}, { timeoutMs })).rejects.toMatchObject({ code: 'AMI_ARGUMENT' });
  });

  it('answers to unknown ids, and messages that are nothing, are counted and cost nobody anything', async () => {
    await using both = await pair();
    both.manager.client.say(
      'Response: Success\r\nActionID: someone-else\r\n\r\nResponse: Error\r\nMessage: Missing action in request\r\n\r\nGarbage: 1\r\n\r\n',
    );
    await both.ami.ping();
    expect(both.ami.counts).toEqual({ events: 0, dropped: 0, unasked: 3, lost: 0 });
  });
});

describe('a list', () => {
  const three: Answer = (action) =>
    action.action === 'Things'
      ? start(action) +
        [1, 2, 3].map((n) => item(action, 'Thing', `Number: ${n}`)).join('') +
        complete(action, 3)
      : undefined;

  it('is collected, and its items are no events of others’', async () => {
    await using both = await pair(three);
    const seen: string[] = [];
    both.ami.on('*', (event) => seen.push(event.name));
    const { items, response, complete } = await both.ami.list('Things');
    expect(items.map((event) => event.get('Number'))).toEqual(['1', '2', '3']);
    expect(response.get('Message')).toBe('will follow');
    expect(complete?.get('ListItems')).toBe('3');
    await both.ami.ping();
    expect(seen).toEqual([]);
  });

  it('is streamed', async () => {
    await using both = await pair(three);
    const numbers: unknown[] = [];
    for await (const event of both.ami.listStream('Things')) numbers.push(event.get('Number'));
    expect(numbers).toEqual(['1', '2', '3']);
  });

  it('that nobody wants any more is let go', async () => {
    await using both = await pair((action) =>
      action.action === 'Endless' ? start(action) + item(action, 'Thing') : undefined,
    );
    for await (const event of both.ami.listStream('Endless')) {
      expect(event.name).toBe('Thing');
      break;
    }
    both.manager.client.say(item(both.manager.client.actions.at(-1) as Action, 'Thing'));
    await both.ami.ping();
  });

  it('says Start in capitals, too', async () => {
    await using both = await pair((action) =>
      action.action === 'Things'
        ? success(action, 'EventList: START') + item(action, 'X') + item(action, 'Y', 'EventList: complete')
        : undefined,
    );
    expect((await both.ami.list('Things')).items).toHaveLength(1);
  });

  it('whose items bear no ActionID (IAXpeers)', async () => {
    await using both = await pair((action) =>
      action.action === 'IAXpeers'
        ? `${start(action)}Event: PeerEntry\r\nObjectName: a\r\n\r\nEvent: PeerEntry\r\nObjectName: b\r\n\r\n${complete(action, 2)}Event: Other\r\n\r\n`
        : undefined,
    );
    const { items } = await both.ami.list('IAXpeers');
    expect(items.map((event) => event.get('ObjectName'))).toEqual(['a', 'b']);
  });

  it.each([
    'No endpoints found\n',
    'No active conferences.',
    'No Contacts found',
    'No outbound registrations found',
  ])('is empty: %j', async (reason) => {
    await using both = await pair((action) =>
      action.action === 'Things' ? refuse(action, reason) : undefined,
    );
    expect((await both.ami.list('Things')).items).toEqual([]);
  });

  it.each(['No such channel', 'Not found', 'Permission denied'])('is refused: %j', async (reason) => {
    await using both = await pair((action) =>
      action.action === 'Things' ? refuse(action, reason) : undefined,
    );
    await expect(both.ami.list('Things')).rejects.toMatchObject({ name: 'AmiActionError' });
    await expect(both.ami.listStream('Things').next()).rejects.toMatchObject({ name: 'AmiActionError' });
    expect((await both.ami.ask('Things')).response.ok).toBe(false);
  });

  it('that is none is empty', async () => {
    await using both = await pair((action) => (action.action === 'Things' ? success(action) : undefined));
    expect(await both.ami.list('Things')).toMatchObject({ items: [], complete: undefined });
  });

  it('that Asterisk breaks off', async () => {
    await using both = await pair((action) =>
      action.action === 'Things' ? start(action) + item(action, 'Done', 'EventList: cancelled') : undefined,
    );
    await expect(both.ami.list('Things')).rejects.toMatchObject({ code: 'AMI_LIST_CANCELLED' });
  });

  it('that stops in the middle ends by the clock; each item begins it anew', async () => {
    await using both = await pair((action, client) => {
      if (action.action !== 'Things') return undefined;
      for (let at = 1; at <= 4; at++) setTimeout(() => client.say(item(action, 'Thing')), at * 60);
      return start(action);
    });
    const seen: unknown[] = [];
    const stream = both.ami.listStream('Things', {}, { timeoutMs: 150 });
    await expect(
      (async () => {
        for await (const event of stream) seen.push(event.name);
      })(),
    ).rejects.toMatchObject({ code: 'AMI_TIMEOUT' });
    expect(seen).toHaveLength(4);
  });
});

describe('a command', () => {
  it('gives its output exactly', async () => {
    await using both = await pair((action) =>
      action.action === 'Command'
        ? success(action, 'Message: Command output follows', 'Output:   a: b ', 'Output: ', 'Output: c')
        : undefined,
    );
    expect(await both.ami.command('core show version')).toBe('  a: b \n\nc');
    expect(both.manager.client.actions.at(-1)).toMatchObject({ command: 'core show version' });
  });

  it('of before Asterisk 14, too', async () => {
    await using both = await pair((action) =>
      action.action === 'Command'
        ? `Response: Follows\r\nPrivilege: Command\r\nActionID: ${action.actionid}\r\n  a: b\n\nc\n--END COMMAND--\r\n\r\n`
        : undefined,
    );
    expect(await both.ami.command('x')).toBe('  a: b\n\nc');
  });

  it('that fails tells its output', async () => {
    await using both = await pair((action) =>
      action.action === 'Command'
        ? refuse(action, 'Command output follows\r\nOutput: No such command')
        : undefined,
    );
    await expect(both.ami.command('nonsense')).rejects.toMatchObject({
      code: 'AMI_COMMAND',
      output: 'No such command',
      message: expect.stringContaining('"nonsense" has failed: No such command'),
    });
  });

  it('that this user may not give', async () => {
    await using both = await pair((action) =>
      action.action === 'Command' ? refuse(action, 'Permission denied') : undefined,
    );
    await expect(both.ami.command('x')).rejects.toMatchObject({ code: 'AMI_PERMISSION' });
  });
});

describe('originate', () => {
  const response = (action: Action, ...lines: string[]) => item(action, 'OriginateResponse', ...lines);

  it.each<[string, string[], object]>([
    [
      'answered',
      ['Response: Success', 'Channel: Local/1', 'Reason: 4', 'Uniqueid: 1.2'],
      { outcome: 'answered', channel: 'Local/1', uniqueId: '1.2' },
    ],
    ['busy', ['Response: Failure', 'Reason: 5'], { outcome: 'busy' }],
    ['rung in vain', ['Response: Failure', 'Reason: 3'], { outcome: 'unanswered' }],
    ['congestion', ['Response: Failure', 'Reason: 8'], { outcome: 'congestion' }],
    ['hung up', ['Response: Failure', 'Reason: 1'], { outcome: 'hangup' }],
    ['nobody', ['Response: Failure', 'Reason: 0'], { outcome: 'failed' }],
    ['a reason of tomorrow', ['Response: Failure', 'Reason: 99'], { outcome: 'failed' }],
  ])('%s', async (_, lines, outcome) => {
    await using both = await pair((action) =>
      action.action === 'Originate' ? success(action) + response(action, ...lines) : undefined,
    );
    const seen: string[] = [];
    both.ami.on('OriginateResponse', (event) => seen.push(event.get('Reason') ?? ''));
    const call = await both.ami.originate({
      channel: 'Local/1',
      context: 'a',
      extension: 's',
      variables: { A: 'x,y' },
      codecs: ['ulaw', 'alaw'],
      callerId: '"Jo" <1>',
    });
    expect(call).toMatchObject(outcome);
    expect(both.manager.client.actions.at(-1)).toMatchObject({
      channel: 'Local/1',
      context: 'a',
      exten: 's',
      priority: '1',
      timeout: '30000',
      async: 'true',
      variable: 'A=x\\,y',
      codecs: 'ulaw,alaw',
      callerid: '"Jo" <1>',
    });
    // it is everyone's to know
    expect(seen).toHaveLength(1);
  });

  it('is told at once where there is no such place', async () => {
    await using both = await pair((action) =>
      action.action === 'Originate' ? refuse(action, 'Extension does not exist.') : undefined,
    );
    await expect(
      both.ami.originate({ channel: 'Local/1', application: 'Wait', data: '1' }),
    ).rejects.toMatchObject({ code: 'AMI_ACTION' });
  });

  it('waits for the outcome as long as it may ring, and then says why none may have come', async () => {
    await using both = await pair((action) => (action.action === 'Originate' ? success(action) : undefined), {
      timeoutMs: 50,
    });
    await expect(
      both.ami.originate({ channel: 'Local/1', application: 'Wait', timeoutMs: 50 }),
    ).rejects.toMatchObject({
      code: 'AMI_TIMEOUT',
      sent: true,
      message: expect.stringContaining('"call" in its read line'),
    });
  });

  it.each([
    ['nowhere', {}],
    ['two places', { context: 'a', extension: 's', application: 'Wait' }],
    ['half a place', { context: 'a' }],
    ['no time', { application: 'Wait', timeoutMs: 0 }],
  ])('to %s is refused before it is sent', async (_, options) => {
    await using both = await pair();
    await expect(both.ami.originate({ channel: 'x', ...options })).rejects.toMatchObject({
      code: 'AMI_ARGUMENT',
    });
  });

  it.each(['off', 'user', 'Call'])(
    'with the mask %s, which keeps the outcome back, is refused before it is sent',
    async (events) => {
      await using both = await pair(undefined, { events });
      await expect(both.ami.originate({ channel: 'x', application: 'Wait' })).rejects.toMatchObject({
        code: 'AMI_ARGUMENT',
        message: expect.stringContaining(`the event mask "${events}"`),
      });
      expect(both.manager.client.actions.some(({ action }) => action === 'Originate')).toBe(false);
      await both.ami.setEvents('user, call');
      expect(both.manager.client.actions.at(-1)).toMatchObject({ eventmask: 'user,call' });
      const controller = new AbortController();
      const placed = both.ami.originate({ channel: 'x', application: 'Wait', signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(placed).rejects.toThrow('enough');
    },
  );

  it('of another client is not this one’s', async () => {
    await using both = await pair((action, client) => {
      if (action.action !== 'Originate') return undefined;
      client.say('Event: OriginateResponse\r\nActionID: other-1\r\nResponse: Failure\r\nReason: 5\r\n\r\n');
      return success(action) + response(action, 'Response: Success', 'Channel: x', 'Uniqueid: 1');
    });
    await expect(both.ami.originate({ channel: 'x', application: 'Wait' })).resolves.toMatchObject({
      outcome: 'answered',
    });
  });
});

describe('events', () => {
  const say = ({ manager }: Pair, ...names: string[]) =>
    manager.client.say(names.map((name) => `Event: ${name}\r\n\r\n`).join(''));

  it('reach the listeners of their name, in whatever case, and those of all', async () => {
    await using both = await pair();
    const seen: string[] = [];
    const stop = both.ami.on('hangup', (event) => seen.push(`hangup ${event.name}`));
    both.ami.on('*', (event) => seen.push(`all ${event.name}`));
    say(both, 'Hangup', 'Newchannel');
    await both.ami.ping();
    stop();
    say(both, 'Hangup');
    await both.ami.ping();
    expect(seen).toEqual(['hangup Hangup', 'all Hangup', 'all Newchannel', 'all Hangup']);
  });

  it('that throw in a listener reach the others, and the error is an uncaught one', async () => {
    await using both = await pair();
    using uncaught = collectUncaught();
    const seen: string[] = [];
    both.ami.on('A', () => {
      throw new Error('mine');
    });
    both.ami.on('A', (event) => seen.push(event.name));
    say(both, 'A');
    await both.ami.ping();
    expect(seen).toEqual(['A']);
    expect(uncaught.errors).toEqual([expect.objectContaining({ message: 'mine' })]);
  });

  it('end for listeners, too, with the client: what came in the same piece is nobody’s', async () => {
    const controller = new AbortController();
    await using both = await pair(undefined, { signal: controller.signal });
    const { ami, manager } = both;
    const told: string[] = [];
    ami.on('*', ({ name }) => {
      told.push(name);
      controller.abort();
    });
    manager.client.say('Event: A\r\n\r\nEvent: B\r\n\r\nEvent: C\r\n\r\n');
    await expect.poll(() => ami.state).toBe('closed');
    expect(told).toEqual(['A']);
    expect(ami.counts.events).toBe(1);
  });

  it('a tracer that throws costs no message, and its error is an uncaught one', async () => {
    using uncaught = collectUncaught();
    await using both = await pair(undefined, {
      trace: (_, text) => {
        if (/Action: Ping|Event: A\b/.test(text)) throw new Error('mine');
      },
    });
    const seen: string[] = [];
    both.ami.on('*', (event) => seen.push(event.name));
    say(both, 'A');
    say(both, 'B');
    await both.ami.ping();
    expect(seen).toEqual(['A', 'B']);
    expect(uncaught.errors).toEqual(Array(2).fill(expect.objectContaining({ message: 'mine' })));
  });

  it('are iterated from the call on, and end with the client', async () => {
    await using both = await pair();
    const events = both.ami.events(['A', 'C']);
    const all = both.ami.events();
    say(both, 'A', 'B', 'C');
    await both.ami.close();
    const names = async (stream: AsyncIterable<{ name: string }>) => {
      const list: string[] = [];
      for await (const { name } of stream) list.push(name);
      return list;
    };
    expect(await names(events)).toEqual(['A', 'C']);
    expect(await names(all)).toEqual(['A', 'B', 'C']);
    expect(await names(both.ami.events())).toEqual([]);
  });

  it('that nobody takes are dropped, the oldest first, and counted', async () => {
    await using both = await pair();
    const events = both.ami.events('*', { limit: 3 });
    say(both, 'A', 'B', 'C', 'D', 'E');
    await both.ami.ping();
    expect([events.size, events.dropped, both.ami.counts.dropped]).toEqual([3, 2, 2]);
    expect((await events.next()).value?.name).toBe('C');
    await events.return();
    expect(both.ami.counts).toMatchObject({ events: 5, dropped: 2 });
    expect((await events.next()).done).toBe(true);
    say(both, 'F');
    await both.ami.ping();
    expect(events.size).toBe(0);
  });

  it('are given up by a signal, with what has come before', async () => {
    await using both = await pair();
    const controller = new AbortController();
    const events = both.ami.events('*', { signal: controller.signal });
    say(both, 'A');
    await both.ami.ping();
    controller.abort(new Error('enough'));
    expect((await events.next()).value?.name).toBe('A');
    await expect(events.next()).rejects.toThrow('enough');
    expect((await events.next()).done).toBe(true);
    expect(() => both.ami.events('*', { signal: controller.signal })).toThrow('enough');
    expect(() => both.ami.events('*', { limit: 0 })).toThrow(RangeError);
  });

  it('in a flood of 100,000 cost no answer, and no memory beyond the queue’s bound', async () => {
    await using both = await pair((action, client) => {
      if (action.action !== 'Flood') return undefined;
      const event = `Event: VarSet\r\nPrivilege: dialplan,all\r\nChannel: Local/x\r\nVariable: A\r\nValue: ${'x'.repeat(300)}\r\n\r\n`;
      for (let round = 0; round < 100; round++) client.say(event.repeat(1000));
      return success(action);
    });
    let heard = 0;
    both.ami.on('VarSet', () => heard++);
    const slow = both.ami.events('VarSet', { limit: 100 });
    const pings = Array.from({ length: 20 }, () => both.ami.ping());
    await both.ami.action('Flood', {}, { timeoutMs: 30_000 });
    await Promise.all(pings);
    expect(heard).toBe(100_000);
    expect(both.ami.counts).toEqual({ events: 100_000, dropped: 99_900, unasked: 0, lost: 0 });
    expect(slow.size).toBe(100);
  });
});

describe('redirect', () => {
  it.each<[object | undefined, object]>([
    [undefined, {}],
    [{ channel: 'b' }, { extrachannel: 'b' }],
    [
      { channel: 'b', extension: '2' },
      { extrachannel: 'b', extracontext: 'here', extraexten: '2', extrapriority: '1' },
    ],
    [
      { channel: 'b', context: 'there' },
      { extrachannel: 'b', extracontext: 'there', extraexten: '1', extrapriority: '1' },
    ],
    [
      { channel: 'b', context: 'there', extension: '2', priority: 'end' },
      { extrachannel: 'b', extracontext: 'there', extraexten: '2', extrapriority: 'end' },
    ],
  ])('with %j', async (extra, fields) => {
    await using both = await pair((action) => (action.action === 'Redirect' ? success(action) : undefined));
    await both.ami.redirect('a', 'here', '1', 3, extra as { channel: string } | undefined);
    const { actionid, ...sent } = both.manager.client.actions.at(-1) ?? {};
    expect(sent).toEqual({
      action: 'Redirect',
      channel: 'a',
      context: 'here',
      exten: '1',
      priority: '3',
      ...fields,
    });
  });
});

describe('a value of the database', () => {
  // as Asterisk 16 has it; Asterisk 22 gives the whole at once
  it.each<[string, boolean, string]>([
    ['short', true, 'x'.repeat(254)],
    ['as long as is given', true, 'x'.repeat(255)],
    ['longer than is given', true, 'x'.repeat(900)],
    ['cut inside of a character', true, 'ö'.repeat(300)],
    ['longer than is given, where there is no other way', false, 'x'.repeat(900)],
  ])('that is %s comes whole', async (_, isThere, value) => {
    await using both = await pair((action, client) => {
      if (action.action === 'DBGetTree' && !isThere)
        return refuse(action, 'Invalid/unknown command: DBGetTree.');
      if (action.action !== 'DBGet' && action.action !== 'DBGetTree') return undefined;
      client.say(start(action));
      if (action.action === 'DBGet') {
        const val = Buffer.from(value).subarray(0, 255);
        const head = `Event: DBGetResponse\r\nActionID: ${action.actionid}\r\nFamily: f\r\nKey: k\r\nVal: `;
        client.socket.write(Buffer.concat([Buffer.from(head), val, Buffer.from('\r\n\r\n')]));
      } else {
        client.say(item(action, 'DBGetTreeResponse', 'Key: /f/k/below', 'Val: another'));
        client.say(item(action, 'DBGetTreeResponse', 'Key: /f/k', `Val: ${value}`));
      }
      return complete(action, 1);
    });
    expect(await both.ami.databaseGet('f', 'k')).toBe(isThere ? value : value.slice(0, 255));
  });
});

describe('an attended transfer', () => {
  it.each(['', 'sales', '+49123', '12 3'])(
    'to %j, which no keys can dial, is not sent',
    async (extension) => {
      await using both = await pair();
      await expect(both.ami.attendedTransfer('Local/x', extension)).rejects.toMatchObject({
        code: 'AMI_ARGUMENT',
        message: expect.stringContaining(JSON.stringify(extension)),
      });
      expect(both.manager.client.actions.some(({ action }) => action === 'Atxfer')).toBe(false);
    },
  );

  it.each(['800', '*12#', 'A1'])('to %s is', async (extension) => {
    await using both = await pair((action) => (action.action === 'Atxfer' ? success(action) : undefined));
    await both.ami.attendedTransfer('Local/x', extension, 'office');
    expect(both.manager.client.actions.at(-1)).toMatchObject({ exten: extension, context: 'office' });
  });
});

describe('a recording', () => {
  it.each([
    ['/rec/a.wav', '/rec/a.wav'],
    // what a caller calls himself is part of many a recording's name
    ['/rec/x.wav,,rm -r /', '/rec/x.wav\\,\\,rm -r /'],
    ['/rec/"Jo" (55) [1].wav', '/rec/\\"Jo\\" \\(55\\) \\[1\\].wav'],
    ['/rec/a\\b.wav', '/rec/a\\\\b.wav'],
  ])('into %s is one into that file, and gives no orders to a shell', async (file, sent) => {
    await using both = await pair((action) => {
      if (action.action === 'MixMonitor') return success(action);
      return action.action === 'Getvar' ? success(action, 'Value: 0x1') : undefined;
    });
    expect(await both.ami.mixMonitor('Local/x', file, 'b', 'mv "$1", "(old)"')).toBe('0x1');
    const { actions } = both.manager.client;
    expect(actions.find(({ action }) => action === 'MixMonitor')).toMatchObject({
      channel: 'Local/x',
      file: sent,
      options: expect.stringMatching(/^bi\(MIXMONITOR_\w+\)$/),
      command: 'mv "$1", "(old)"',
    });
  });
});

describe('close', () => {
  it('lets answers that are on their way come, rejects the others, and may be called twice', async () => {
    await using both = await pair((action) =>
      action.action === 'Quick' ? success(action, 'Value: 1') : undefined,
    );
    const quick = both.ami.action('Quick');
    const silent = both.ami.action('Silence');
    const states: unknown[] = [];
    both.ami.onState((...state) => states.push(state));
    const outcome = silent.catch((error) => error);
    await Promise.all([both.ami.close(), both.ami.close()]);
    expect((await quick).get('Value')).toBe('1');
    expect(await outcome).toMatchObject({
      name: 'AmiConnectionError',
      code: 'AMI_CLOSED',
      sent: true,
      retryable: false,
    });
    await expect(both.ami.action('Ping')).rejects.toMatchObject({ code: 'AMI_CLOSED' });
    await expect(both.ami.ready()).rejects.toMatchObject({ code: 'AMI_CLOSED' });
    expect(states).toEqual([['closed', undefined]]);
    expect(both.manager.client.actions.at(-1)).toMatchObject({ action: 'Logoff' });
  });

  it('does not wait for a manager that says nothing any more', async () => {
    await using both = await pair((action) => (action.action === 'Logoff' ? '' : undefined));
    await both.ami.close();
    expect(both.ami.state).toBe('closed');
  });
});

it('one signal may be that of many at once, and is no leak to Node', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  try {
    await using both = await pair((action) => (action.action === 'Many' ? success(action) : undefined));
    const { signal } = new AbortController();
    const streams = Array.from({ length: 20 }, () => both.ami.events('X', { signal }));
    await Promise.all(Array.from({ length: 20 }, () => both.ami.action('Many', {}, { signal })));
    for (const stream of streams) await stream.return();
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', onWarning);
  }
});
