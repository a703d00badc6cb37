/** The table of conversations, held with the simulation; test/system holds it with Asterisk. */
import { describe, expect, it } from 'vitest';
import { SimulatedCall } from '../../src/sim/call';
import { VirtualClock } from '../../src/sim/clock';
import type { CallOptions } from '../../src/sim/options';
import { type Conversation, hold, Lines, type Partner } from '../support/conversations';
import { conversations, withoutUsage } from './conversations';

/** What is around the channel in the system test, too. */
const surroundings: CallOptions = {
  answered: true,
  context: 'test',
  priority: 2,
  channel: 'Local/caller@legs-00000001;1',
  sounds: (file) =>
    ({ beep: 3520, 'demo-congrats': 200_000, 'demo-abouttotry': 40_000, 'vm-extension': 12_000 })[file],
  recordable: (file, format) => format === 'wav' && !file.startsWith('/no/'),
  labels: { 'elsewhere,there,label': 7 },
  subroutines: { 'sub,s,1': (channel, args) => channel.set('SUBRAN', args.join('+')) },
  dial: (destination) => (destination === 'Local/answers@phones' ? 'ANSWER' : 'CHANUNAVAIL'),
};

async function holdSimulated(conversation: Conversation, version: string, usage = true): Promise<string[]> {
  const clock = new VirtualClock(Date.UTC(2026, 10, 25));
  const lines = new Lines();
  const heard: string[] = [];
  const call = new SimulatedCall(
    {
      ...surroundings,
      version,
      usage,
      variables: conversation.variables ?? {},
      hungUp: conversation.dead,
    },
    { request: 'script', networkScript: conversation.classic ? undefined : 'script' },
    clock,
    { send: (text) => lines.push(text), signal: () => lines.push('SIGHUP\n'), close: () => lines.end() },
  );
  call.onEvent((event) => {
    if (event.type === 'play') heard.push(event.file);
  });
  call.begin();
  while ((await lines.next(0))?.startsWith('agi_'));
  const partner: Partner = {
    send: (bytes) => call.receive(Buffer.from(bytes)),
    line: async () => {
      // time goes on while nothing is said
      while (!lines.some && call.waits && clock.turn());
      return lines.next(0);
    },
    playing: async (file) => {
      if (heard.at(-1) !== file) throw new Error(`${file} is not played`);
    },
    press: async (keys) => {
      for (const key of keys) {
        clock.pass(100);
        call.pressNow(key);
      }
    },
    write: async (text) => call.sendText(text),
    moment: async () => clock.pass(200),
    hangup: async () => call.hangUp(),
    close: () => call.scriptClosed(),
    exit: (code) => call.scriptClosed(code),
    status: async () => call.status,
  };
  return hold(conversation, partner);
}

describe.each([
  [16, '16.28.0'],
  [22, '22.10.1'],
] as const)('as Asterisk %i', (major, version) => {
  const table = conversations.filter(({ versions }) => versions === undefined || versions.includes(major));
  it.each(table)('$name', async (conversation) => {
    expect(await holdSimulated(conversation, version)).toEqual(conversation.steps);
  });

  it.each(withoutUsage)('$name', async (conversation) => {
    expect(await holdSimulated(conversation, version, false)).toEqual(conversation.steps);
  });
});
