// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Redaction, redactCards } from '../../src/trace/redaction';

/** `> ` and `< ` lines, with `!` in front of secret ones, as they are kept. */
function kept(conversation: string[], { names = [] as string[], digits = false } = {}): string[] {
  const redaction = new Redaction({ names, digits });
  return conversation.map((entry) => {
    const secret = entry.startsWith('!');
    const [direction, line] = [entry[secret ? 1 : 0] as '<' | '>', entry.slice(secret ? 3 : 2)];
    return `${direction} ${redaction.apply(direction, line, secret)}`;
  });
}

describe('keys that the caller presses', () => {
  it.each([
    ['> GET DATA enter 5000 4', '< 200 result=1234', '< 200 result=****'],
    ['> GET DATA enter 5000 4', '< 200 result=12 (timeout)', '< 200 result=** (timeout)'],
    ['> GET DATA enter 5000 4', '< 200 result= (timeout)', '< 200 result= (timeout)'],
    ['> GET DATA enter 5000 4', '< 200 result=-1', '< 200 result=-1'],
    ['> WAIT FOR DIGIT 1000', '< 200 result=49', '< 200 result=**'],
    ['> WAIT FOR DIGIT 1000', '< 200 result=0', '< 200 result=0'],
    ['> stream file beep "12"', '< 200 result=50 endpos=1200', '< 200 result=** endpos=1200'],
    ['> STREAM FILE beep ""', '< 200 result=-1 endpos=0', '< 200 result=-1 endpos=0'],
    ['> CONTROL STREAM FILE beep "1"', '< 200 result=49 endpos=5', '< 200 result=** endpos=5'],
    ['> GET OPTION beep 1 500', '< 200 result=49 endpos=5', '< 200 result=** endpos=5'],
    ['> SAY DATETIME 1 0123 "" ""', '< 200 result=49', '< 200 result=**'],
    ['> RECORD FILE a wav # 9000', '< 200 result=35 (dtmf) endpos=800', '< 200 result=** (dtmf) endpos=800'],
    [
      '> RECORD FILE a wav # 9000',
      '< 200 result=200 (timeout) endpos=8',
      '< 200 result=200 (timeout) endpos=8',
    ],
    [
      '> SPEECH RECOGNIZE beep 5',
      '< 200 result=1 (digit) digit=5 endpos=0',
      '< 200 result=1 (digit) digit=* endpos=0',
    ],
    [
      '> WAIT FOR DIGIT 1',
      '< 511 Command Not Permitted on a dead channel or intercept routine',
      '< 511 Command Not Permitted on a dead channel or intercept routine',
    ],
    ['> GET DATA x', '< HANGUP', '< HANGUP'],
    // no key, but a result like one
    ['> CHANNEL STATUS', '< 200 result=6', '< 200 result=6'],
    ['> EXEC Dial PJSIP/1', '< 200 result=12', '< 200 result=12'],
  ])('%s %s → %s', (command, reply, shown) => {
    expect(kept([command, reply])).toEqual([command, shown]);
  });

  it('are left out where they come back', () => {
    expect(
      kept([
        '> GET DATA enter 5000 4',
        '< 200 result=4711',
        '> SAY DIGITS 4711 ""',
        '< 200 result=0',
        '> SET VARIABLE CODE "x 4711."',
        '< 200 result=1',
        '> GET VARIABLE CODE',
        '< 200 result=1 (x 4711.)',
        '> VERBOSE "4711 47112 47" 1',
      ]),
    ).toEqual([
      '> GET DATA enter 5000 4',
      '< 200 result=****',
      '> SAY DIGITS *** ""',
      '< 200 result=0',
      '> SET VARIABLE CODE "x ***."',
      '< 200 result=1',
      '> GET VARIABLE CODE',
      '< 200 result=1 (x ***.)',
      '> VERBOSE "*** 47112 47" 1',
    ]);
  });

  it('are left out where they were pressed one by one', () => {
    const pressed = [...'4711'].flatMap((key) => ['> WAIT FOR DIGIT 1', `< 200 result=${key.charCodeAt(0)}`]);
    expect(kept([...pressed, '> SAY DIGITS 4711 ""']).at(-1)).toBe('> SAY DIGITS *** ""');
  });

  it('are kept where that is chosen, but for those of a secret command and for cards', () => {
    expect(
      kept(
        [
          '> GET DATA a',
          '< 200 result=12',
          '!> GET DATA b',
          '!< 200 result=4711',
          '> SAY DIGITS 4711 ""',
          '< 200 result=0',
          '> GET DATA c',
          '< 200 result=4111111111111111',
          '> WAIT FOR DIGIT 1',
          '< 200 result=49',
        ],
        { digits: true },
      ),
    ).toEqual([
      '> GET DATA a',
      '< 200 result=12',
      '> GET DATA b',
      '< 200 result=***',
      '> SAY DIGITS *** ""',
      '< 200 result=0',
      '> GET DATA c',
      '< 200 result=***',
      '> WAIT FOR DIGIT 1',
      '< 200 result=49',
    ]);
  });

  it('are left out of the words of an error', () => {
    const redaction = new Redaction({ names: [], digits: false });
    redaction.apply('>', 'GET DATA a', false);
    redaction.apply('<', '200 result=4711', false);
    expect(redaction.words('no such account: 4711')).toBe('no such account: ***');
  });
});

describe('variables', () => {
  it.each([
    ['> SET VARIABLE PIN 12', '> SET VARIABLE PIN ***', '< 200 result=1', '< 200 result=1'],
    ['> SET VARIABLE ACCOUNT 12', '> SET VARIABLE ACCOUNT ***', '< 200 result=1', '< 200 result=1'],
    ['> set variable "account" 12', '> ***', '< 200 result=1', '< 200 result=1'],
    ['> SET VARIABLE ACCOUNTS 12', '> SET VARIABLE ACCOUNTS 12', '< 200 result=1', '< 200 result=1'],
    ['> GET VARIABLE ACCOUNT', '> GET VARIABLE ACCOUNT', '< 200 result=1 (12)', '< 200 result=***'],
    [
      '> GET FULL VARIABLE "${ACCOUNT}~k3"',
      '> GET FULL VARIABLE "${ACCOUNT}~k3"',
      '< 200 result=1 (12~k3)',
      '< 200 result=***',
    ],
    [
      '> GET FULL VARIABLE "${LEN(${ACCOUNT:1})}"',
      '> GET FULL VARIABLE "${LEN(${ACCOUNT:1})}"',
      '< 200 result=1 (1)',
      '< 200 result=***',
    ],
    [
      '> GET FULL VARIABLE "${CUSTOMER_NAME}"',
      '> GET FULL VARIABLE "${CUSTOMER_NAME}"',
      '< 200 result=1 (Jo)',
      '< 200 result=***',
    ],
    [
      '> GET FULL VARIABLE "${OPEN}"',
      '> GET FULL VARIABLE "${OPEN}"',
      '< 200 result=1 (Jo)',
      '< 200 result=1 (Jo)',
    ],
    [
      '> GET FULL VARIABLE "${DB(notes/jo)}~k3"',
      '> GET FULL VARIABLE "${DB(notes/jo)}~k3"',
      '< 200 result=1 (Jo~k3)',
      '< 200 result=***',
    ],
    ['> EXEC Set "ACCOUNT=12"', '> EXEC Set ***', '< 200 result=0', '< 200 result=0'],
    ['> EXEC MSet a=1,__ACCOUNT=2', '> EXEC MSet ***', '< 200 result=0', '< 200 result=0'],
    ['> EXEC Set "userPin=12"', '> EXEC Set ***', '< 200 result=0', '< 200 result=0'],
    ['> EXEC Set a=ACCOUNT', '> EXEC Set a=ACCOUNT', '< 200 result=0', '< 200 result=0'],
    ['> DATABASE GET pins 100', '> DATABASE GET pins ***', '< 200 result=1 (4711)', '< 200 result=***'],
    [
      '> GET FULL VARIABLE "${DB(pins/100)}~k3"',
      '> GET FULL VARIABLE "${DB(pins/100)}~k3"',
      '< 200 result=1 (4711~k3)',
      '< 200 result=***',
    ],
    ['> DATABASE GET pines 100', '> DATABASE GET pines 100', '< 200 result=1 (1)', '< 200 result=1 (1)'],
    ['> DATABASE GET ACCOUNT 100', '> DATABASE GET ACCOUNT ***', '< 200 result=1 (1)', '< 200 result=***'],
    ['> DATABASE PUT notes jo 1', '> DATABASE PUT notes ***', '< 200 result=1', '< 200 result=1'],
    ['> DATABASE PUT notes jim 1', '> DATABASE PUT notes jim 1', '< 200 result=1', '< 200 result=1'],
  ])('%s → %s; %s → %s', (command, shown, reply, shownReply) => {
    expect(kept([command, reply], { names: ['ACCOUNT', 'CUSTOMER_*', 'notes/jo'] })).toEqual([
      shown,
      shownReply,
    ]);
  });

  it('are left out to their last line', () => {
    const lines = [
      '> GET VARIABLE PIN',
      '< 200 result=1 (a',
      '< 100 b',
      '< 200 result=c)',
      '> NOOP',
      '< 200 result=0',
    ];
    expect(kept(lines)).toEqual([
      '> GET VARIABLE PIN',
      '< 200 result=***',
      '< ***',
      '< 200 result=***',
      '> NOOP',
      '< 200 result=0',
    ]);
  });
});

describe('the request', () => {
  it.each([
    ['< agi_network_script: x.js?pin=1&who=Jo&a=b', '< agi_network_script: x.js?pin=***&who=***&a=b'],
    ['< agi_network_script: x.js?w%68o=Jo', '< agi_network_script: x.js?w%68o=***'],
    ['< agi_calleridname: Jo Do', '< agi_calleridname: ***'],
    ['< agi_callerid: 4111111111111111', '< agi_callerid: 4111111111111111'],
    ['< agi_arg_1: 4111 1111 1111 1111', '< agi_arg_1: ***'],
    ['< agi_uniqueid: 1795620262.0', '< agi_uniqueid: 1795620262.0'],
    ['< ', '< '],
  ])('%s → %s', (line, shown) => {
    expect(kept([line], { names: ['who', 'agi_calleridname'] })).toEqual([shown]);
  });
});

describe('card numbers', () => {
  it.each([
    ['4111111111111111', '***'],
    ['4111 1111 1111 1111', '***'],
    ['4111-1111-1111-1111.', '***.'],
    ['378282246310005', '***'],
    ['a 5 4111111111111111 1 b', 'a 5 *** 1 b'],
    ['6011000990139424000', '6011000990139424000'],
    ['4111111111111112', '4111111111111112'],
    ['1795620262000', '1795620262000'],
    ['41111111111111111111111111', '41111111111111111111111111'],
    ['4111111111111111 and 5555555555554444', '*** and ***'],
    ['411111111111', '411111111111'],
  ])('%s → %s', (text, shown) => {
    expect(redactCards(text)).toBe(shown);
  });
});

test.each(['"', '\\', '${', '1', '1 ', '4111 1111 1111 1111 ', '?a=', 'a=b,', '"a', '\\"', '(', '*'])(
  'a long line of %j, as a caller may make it, is done with at once',
  (unit) => {
    const long = unit.repeat(100_000 / unit.length);
    for (const line of [long, `GET FULL VARIABLE ${long}`, `EXEC Set ${long}`, `SET VARIABLE ${long}`])
      expect(kept([`> ${line}`, `< 200 result=1 (${long})`], { names: ['A*B*C*D'] })).toHaveLength(2);
    expect(kept([`< agi_arg_1: ${long}`], { names: ['A*B*C*D'] })).toHaveLength(1);
  },
);

it('whatever the call says, the keys of a PIN are nowhere in it', () => {
  const line = fc.tuple(
    fc.constantFrom('>', '<'),
    fc.string({ maxLength: 20 }),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const around = lines
        .filter(([, before, after]) => !/\d$/.test(before) && !/^\d/.test(after))
        // only what is a command or a value can hold it: a result is not the caller's
        .flatMap(([direction, before, after]) =>
          direction === '>'
            ? [`> VERBOSE ${before}48151623${after}`]
            : ['> GET VARIABLE x', `< 200 result=1 (${before}48151623${after})`],
        );
      const shown = kept(['> GET DATA a', '< 200 result=48151623', ...around]);
      expect(shown.join('\n')).not.toContain('48151623');
    }),
  );
});
