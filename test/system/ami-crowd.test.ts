// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Many calls that one manager connection places at once, among other actions: each has the outcome that is its own. */
import { describe, expect, it } from 'vitest';
import { Ami } from '../../src/ami/ami';
import { Asterisk } from './support/asterisk';
import { freePort } from './support/free-port';
import { missingParts } from './support/parts';

const missing = missingParts();

/** What is called, and what becomes of it. */
const phones = {
  answers: 'answered',
  leaves: 'answered',
  busy: 'busy',
  congested: 'congestion',
  rings: 'unanswered',
  refuses: 'failed',
  nobody: 'failed',
} as const;
const TIMES = 8;

const extensions = `[phones]
exten => answers,1,Answer()
 same => n,Wait(600)
exten => leaves,1,Answer()
 same => n,Wait(0.\${RAND(100,300)})
exten => busy,1,Busy(1)
exten => congested,1,Congestion(1)
exten => rings,1,Ringing()
 same => n,Wait(60)
exten => refuses,1,Hangup(3)
[calls]
exten => there,1,UserEvent(There,Call: \${CALL})
 same => n,Wait(0.\${RAND(100,500)})
`;

describe.skipIf(missing).each([16, 22] as const)('a crowd by the manager of Asterisk %d', (version) => {
  it('each call has its own outcome, each action its own answer', async () => {
    const port = await freePort();
    await using asterisk = await Asterisk.start({
      version,
      extensions,
      config: {
        'manager.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = ${port}\n[jo]\nsecret = secret\nread = all\nwrite = all\n`,
      },
    });
    await using ami = await Ami.connect({ username: 'jo', secret: 'secret', port });
    const there: string[] = [];
    ami.on('UserEvent', (event) => there.push(event.get('Call') ?? ''));
    const calls = Object.keys(phones).flatMap((phone) =>
      Array.from({ length: TIMES }, (_, at) => ({ phone, at })),
    );
    const placed = Promise.all(
      calls.map(async ({ phone, at }) => {
        const { outcome } = await ami.originate({
          channel: `Local/${phone}@phones/n`,
          context: 'calls',
          extension: 'there',
          variables: { CALL: `${phone}-${at}` },
          timeoutMs: 1500,
        });
        return `${phone} ${outcome}`;
      }),
    );
    let isOver = false;
    void placed.finally(() => {
      isOver = true;
    });
    for (let round = 0; !isOver; round++) {
      const family = `round${round}`;
      const [, { items }, uptime] = await Promise.all([
        ami.action('DBPut', { Family: family, Key: 'key', Val: `value ${round}` }),
        ami.list('CoreShowChannels'),
        ami.command('core show uptime'),
      ]);
      expect(items.every((item) => item.name === 'CoreShowChannel')).toBe(true);
      expect(uptime).toContain('System uptime: ');
      expect(await ami.command(`database get ${family} key`)).toContain(`Value: value ${round}`);
    }
    expect(await placed).toEqual(
      calls.map(({ phone }) => `${phone} ${phones[phone as keyof typeof phones]}`),
    );
    const answered = calls.filter(({ phone }) => phones[phone as keyof typeof phones] === 'answered');
    await expect
      .poll(() => there.toSorted(), { timeout: 10_000 })
      .toEqual(answered.map(({ phone, at }) => `${phone}-${at}`).sort());
    expect(asterisk.log()).not.toContain('ERROR');
  });
});
