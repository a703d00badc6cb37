// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Calls of AsyncAGI that others take elsewhere, or put another caller into: by both versions of Asterisk. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agi } from '../../src/agi/agi';
import { Ami } from '../../src/ami/ami';
import { endCall } from '../../src/ami/async-agi';
import { Asterisk } from './support/asterisk';
import { freePort } from './support/free-port';
import { missingParts } from './support/parts';
import { freeUdpPort, Phone, phoneConfig, phoneModules } from './support/phone';

const missing = missingParts();

const extensions = `[calls]
exten => robot,1,Answer()
 same => n,AGI(agi:async)
 same => n,Verbose(1,\${CHANNEL} went on: \${AGISTATUS})
exten => customer,1,Answer()
 same => n,Dial(Local/wait@calls/n)
exten => wait,1,Answer()
 same => n,Wait(60)
`;

describe.skipIf(missing).each([16, 22] as const)('Asterisk %d', (version) => {
  let asterisk: Asterisk;
  let port: number;
  let sip: number;

  beforeAll(async () => {
    [port, sip] = [await freePort(), await freeUdpPort()];
    asterisk = await Asterisk.start({
      version,
      extensions,
      modules: [...phoneModules, 'res_parking.so'],
      config: {
        'manager.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = ${port}\n[jo]\nsecret = secret\nread = all\nwrite = all\n`,
        'res_parking.conf': '[general]\n[default]\nparkext => 700\nparkpos => 701-720\ncontext => calls\n',
        ...phoneConfig(sip, 'calls'),
      },
    });
  });
  afterAll(() => asterisk?.stop());

  const connect = () => Ami.connect({ username: 'jo', secret: 'secret', port });
  const started = async (ami: Ami, begin: () => Promise<unknown>): Promise<Agi> => {
    const calls = ami.asyncAgi();
    const [{ value }] = await Promise.all([calls.next(), begin()]);
    await calls.return();
    return value as Agi;
  };
  const call = (ami: Ami) =>
    started(ami, () =>
      ami.originate({ channel: 'Local/wait@calls/n', context: 'calls', extension: 'robot' }),
    );

  it.each([
    ['between two commands, the customer’s call to the robot’s', false, true],
    ['between two commands, the robot’s call to the customer’s', false, false],
    ['in the middle of a command, the customer’s call to the robot’s', true, true],
    ['in the middle of a command, the robot’s call to the customer’s', true, false],
  ])('serves a caller whom someone hands over to the robot: %s', async (_, isBusy, isFirst) => {
    await using ami = await connect();
    await using phone = await Phone.at(sip);
    const customer = await phone.call('customer');
    const peer = ami.events('AttendedTransfer');
    let robot: Awaited<ReturnType<Phone['call']>> | undefined;
    const agi = await started(ami, async () => {
      robot = await phone.call('robot');
    });
    await agi.setVariable('STEP', 'one');
    const busy = isBusy ? agi.exec('Wait', 1) : undefined;
    const both = [customer, robot as NonNullable<typeof robot>] as const;
    if (isFirst) await phone.transfer(both[0], both[1]);
    else await phone.transfer(both[1], both[0]);
    expect((await peer.next()).value?.get('DestType')).toBe('App');
    if (busy) expect(await busy).toBe(0);
    const channel = await agi.getVariable('CHANNEL');
    expect(channel).toMatch(/^Local\/wait@calls-/);
    expect(await agi.getVariable('STEP')).toBe('one');
    expect(agi.signal.aborted).toBe(false);
    await endCall(agi);
    await asterisk.waitForLog(`${channel} went on: SUCCESS`);
    for (const one of await ami.channels()) await ami.hangup(one.get('Channel') ?? '').catch(() => {});
  });

  it.each([
    ['between two commands', false],
    ['in the middle of a command', true],
  ])('serves a caller whose phone takes the place of the one that had called, %s', async (_, isBusy) => {
    await using ami = await connect();
    await using phone = await Phone.at(sip);
    await using other = await Phone.at(sip);
    let robot: Awaited<ReturnType<Phone['call']>> | undefined;
    const agi = await started(ami, async () => {
      robot = await phone.call('robot');
    });
    await agi.setVariable('STEP', 'one');
    const busy = isBusy ? agi.exec('Wait', 1) : undefined;
    const gone = ami.events('Hangup');
    await other.call('robot', robot);
    for await (const event of gone) if (event.get('Channel') === agi.request.channel) break;
    if (busy) expect(await busy).toBe(0);
    const channel = await agi.getVariable('CHANNEL');
    expect(channel).not.toBe(agi.request.channel);
    expect(await agi.getVariable('STEP')).toBe('one');
    expect(agi.signal.aborted).toBe(false);
    await endCall(agi);
    await asterisk.waitForLog(`${channel} went on: SUCCESS`);
    for (const one of await ami.channels()) await ami.hangup(one.get('Channel') ?? '').catch(() => {});
  });

  it.each([
    ['a bridge', 'Bridge'],
    ['a parking lot', 'Park'],
  ])('ends where the channel is taken into %s, of which AsyncAGI does not tell', async (_, action) => {
    await using ami = await connect();
    for (const isBusy of [false, true]) {
      const agi = await call(ami);
      const busy = isBusy
        ? expect(agi.exec('Wait', 60)).rejects.toMatchObject({ name: 'AgiHangupError' })
        : undefined;
      const { channel = '' } = agi.request;
      if (action === 'Park') await ami.action('Park', { Channel: channel });
      else {
        const other = await ami.originate({ channel: 'Local/wait@calls/n', application: 'Wait', data: '60' });
        if (other.outcome !== 'answered') throw new Error(other.outcome);
        await ami.action('Bridge', { Channel1: channel, Channel2: other.channel });
      }
      await busy;
      await expect.poll(() => agi.signal.aborted).toBe(true);
      await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
      await endCall(agi);
      expect((await ami.channels()).map((one) => one.get('Channel'))).toContain(channel);
      for (const one of await ami.channels()) await ami.hangup(one.get('Channel') ?? '').catch(() => {});
    }
  });

  it('goes on where a command of its own brings it into a bridge', async () => {
    await using ami = await connect();
    const agi = await call(ami);
    const bridged = ami.events('BridgeEnter');
    const dialling = agi.exec('Dial', 'Local/wait@calls/n');
    const { channel = '' } = agi.request;
    for await (const event of bridged) if (event.get('Channel') === channel) break;
    const [peer] = (await ami.channels()).filter((one) => one.get('Application') === 'AppDial');
    await ami.hangup(peer?.get('Channel') ?? '');
    await dialling;
    expect(await agi.getVariable('DIALSTATUS')).toBe('ANSWER');
    await endCall(agi);
    await ami.hangup(channel).catch(() => {});
  });

  it('goes on in the dialplan where the client is closed', async () => {
    const ami = await connect();
    const agi = await call(ami);
    const { channel = '' } = agi.request;
    await ami.close();
    await asterisk.waitForLog(`${channel} went on: SUCCESS`);
    await expect(agi.noop('x')).rejects.toMatchObject({ name: 'AgiHangupError' });
  });
});
