// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** What scripts do by the dialplan's applications and functions, byte for byte. */
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { defaults } from '../../src/config';
import { callOf, type Exchange, openCall } from '../support/calls';

const ok = '200 result=0';
const one = '200 result=1';
const value = (name: string, text: string): Exchange => [
  `GET FULL VARIABLE "\${${name}}~MARK"`,
  `200 result=1 (${text}~MARK)`,
];

describe('sends', () => {
  it.each<[string, (agi: Agi) => Promise<unknown>, Exchange[], unknown]>([
    [
      'dial of a list',
      (agi) => agi.dial(['PJSIP/a', 'Local/b,c@x'], { timeoutSeconds: 5, flags: 'tT' }),
      [
        ['EXEC Dial "PJSIP/a&Local/b\\\\,c@x,5,tT"', ok],
        ['GET VARIABLE DIALSTATUS', '200 result=1 (ANSWER)'],
        ['GET VARIABLE ANSWEREDTIME', '200 result=1 (7)'],
      ],
      { status: 'ANSWER', answeredSeconds: 7 },
    ],
    [
      'execAgi',
      (agi) => agi.execAgi('agi://h/x', 'one, (two)', 3),
      [
        ['EXEC AGI "agi://h/x,one\\\\, \\\\(two\\\\),3"', ok],
        ['GET VARIABLE AGISTATUS', '200 result=1 (SUCCESS)'],
      ],
      'SUCCESS',
    ],
    [
      'gosub',
      (agi) => agi.gosub('a', 's', 1, 'f(x,y)', 2),
      [['GOSUB a s 1 "f(x,y),2"', '100 result=0 Trying...\n200 result=0 Gosub complete']],
      undefined,
    ],
    [
      'setAccountCode',
      (agi) => agi.setAccountCode('a 1'),
      [['SET VARIABLE "CHANNEL(accountcode)" "a 1"', one]],
      undefined,
    ],
    [
      'enumLookup',
      (agi) => agi.enumLookup('+49301', { service: 'E2U+sip', zone: 'e164.org' }),
      [value('ENUMLOOKUP(+49301,E2U+sip,,1,e164.org)', 'a@b.example')],
      'a@b.example',
    ],
    [
      'enumLookup of a number that nobody has',
      (agi) => agi.enumLookup('49301'),
      [value('ENUMLOOKUP(49301,sip,,1,e164.arpa)', ''), value('IFMODULE(func_enum.so)', '1')],
      undefined,
    ],
    [
      'a value with a newline into the database',
      (agi) => agi.databasePut('f', 'k', 'a\nb'),
      [
        ['GET VARIABLE AGIEXECFULL', '200 result=1 (no)'],
        ['SET VARIABLE AGIEXECFULL yes', one],
        ['EXEC Set "DB(f/k)=${URIDECODE(a%0Ab)}"', ok],
        ['SET VARIABLE AGIEXECFULL no', one],
      ],
      undefined,
    ],
    [
      'such a value below a key of many words',
      (agi) => agi.databasePut('pbx/notes', 'Jürgen A/b', 'a\nb'),
      [
        ['GET VARIABLE AGIEXECFULL', '200 result=1 (no)'],
        ['SET VARIABLE AGIEXECFULL yes', one],
        ['EXEC Set "DB(pbx/notes/Jürgen A/b)=${URIDECODE(a%0Ab)}"', ok],
        ['SET VARIABLE AGIEXECFULL no', one],
      ],
      undefined,
    ],
    [
      'a caller id whose number would end before its end',
      (agi) => agi.setCallerId({ name: 'Jo', number: '1> "Bank" <2' }),
      [
        ['SET VARIABLE "CALLERID(name)" Jo', one],
        ['SET VARIABLE "CALLERID(num)" "1> \\"Bank\\" <2"', one],
      ],
      undefined,
    ],
    [
      'a caller id of more than SET CALLERID reads',
      (agi) => agi.setCallerId({ name: 'ö'.repeat(125), number: '123' }),
      [
        [`SET VARIABLE "CALLERID(name)" "${'ö'.repeat(125)}"`, one],
        ['SET VARIABLE "CALLERID(num)" 123', one],
      ],
      undefined,
    ],
  ])('%s', async (_, run, conversation, outcome) => {
    const { agi, left } = callOf(...conversation);
    expect(await run(agi)).toEqual(outcome);
    expect(left).toEqual([]);
  });
});

describe('refuses, and sends nothing', () => {
  it.each<[string, (agi: Agi) => Promise<unknown>, string]>([
    [
      'a NUL that would come out as a dollar sign',
      (agi) => agi.dial('PJSIP/\0{X}'),
      'AGI cannot carry a NUL',
    ],
    ['a NUL among the flags', (agi) => agi.dial('PJSIP/a', { flags: '\0{X}' }), 'AGI cannot carry a NUL'],
    ['a NUL in one of several', (agi) => agi.dial(['PJSIP/\0{X}']), 'AGI cannot carry a NUL'],
    ['no destination', (agi) => agi.dial([]), 'there is no destination'],
    ['undefined for a destination', (agi) => agi.dial(undefined as never), 'and this is undefined'],
    [
      'a Promise for an argument',
      (agi) => agi.exec('Wait', Promise.resolve(1) as never),
      'is an `await` missing?',
    ],
    ['NaN for an argument', (agi) => agi.exec('Wait', Number.NaN), 'and this is NaN'],
    [
      "undefined for a subroutine's argument",
      (agi) => agi.gosub('a', 's', 1, undefined as never),
      'and this is undefined',
    ],
    [
      "undefined for a script's argument",
      (agi) => agi.execAgi('s', undefined as never),
      'and this is undefined',
    ],
    [
      'no family, which would be all of the database',
      (agi) => agi.databaseDelTree(''),
      'takes an empty family for all of its database',
    ],
    ['any family', (agi) => agi.databaseDelTree('%'), 'takes % for any text'],
    ['any key', (agi) => agi.databaseDelTree('pins', '12%'), 'takes % for any text'],
    [
      'undefined among destinations',
      (agi) => agi.dial(['PJSIP/a', undefined as never]),
      'and this is undefined',
    ],
    ['a list for an argument', (agi) => agi.exec('Dial', ['PJSIP/a', '30'] as never), 'this is a list'],
    [
      'undefined for an expression',
      (agi) => agi.getFullVariable(undefined as never),
      'and this is undefined',
    ],
    [
      'a newline in an expression, told where it is',
      (agi) => agi.getFullVariable('${X}\n'),
      'GET FULL VARIABLE: AGI cannot carry a newline (at character 5 of 5)',
    ],
    [
      'undefined for a line',
      (agi) => agi.send(undefined as never),
      'a line is a text, and this is undefined',
    ],
    ['a number for a line', (agi) => agi.send(5 as never), 'a line is a text, and this is number'],
    [
      'a number that is a text',
      (agi) => agi.getData('x', { timeoutMs: '5000' as never }),
      'getData: timeoutMs is "5000", a text, and must be a whole number from 0 to 2147483647: Number(…) makes one of it',
    ],
    [
      'a text that is no number',
      (agi) => agi.sayNumber('five' as never),
      'sayNumber is "five", a text, and must be a whole number from',
    ],
    [
      'nothing to run',
      (agi) => agi.exec(undefined as never),
      'exec: the application is a text, or a template, and this is undefined',
    ],
    [
      'an object to run',
      (agi) => agi.exec({ app: 'Dial' } as never),
      'exec: the application is a text, or a template, and this is object',
    ],
    [
      'null to run',
      (agi) => agi.exec(null as never),
      'exec: the application is a text, or a template, and this is null',
    ],
    [
      'milliseconds for a moment',
      (agi) => agi.sayTime(1_795_676_307_781),
      'sayTime is 1795676307781: a moment is a Date, or seconds since 1970, and these look like milliseconds: new Date(…) takes them',
    ],
    ['null for a number', (agi) => agi.setAutoHangup(null as never), 'setAutoHangup is null, and must be'],
    ['no number for a caller id', (agi) => agi.setCallerId({ name: 'x' } as never), 'and this is undefined'],
    [
      'an extension that would choose the priority',
      (agi) => agi.gosub('a', '123,7', 1),
      'holds a comma or a parenthesis',
    ],
    ['an expression without its end', (agi) => agi.getFullVariable('${CHANNEL'), '} is missing in'],
    ['a sum without its end', (agi) => agi.getFullVariable('$[1+${X}'), '] is missing in'],
    [
      "a shell's command in a name",
      (agi) => agi.setVariable('X${SHELL(x)}', 'a\nb'),
      'is no name of a variable',
    ],
    ['an assignment in a name', (agi) => agi.setVariable('P=M', 'a\nb'), 'is no name of a variable'],
    ['a second destination', (agi) => agi.dial(['Local/a&b']), 'holds &'],
    [
      "a subroutine's argument that would be two",
      (agi) => agi.gosub('a', 's', 1, 'x,y'),
      'argument 1 holds a comma',
    ],
    [
      'two that would be one',
      (agi) => agi.gosub('a', 's', 1, 'x', '"y', 'z"'),
      'argument 2 holds a comma, or a quote',
    ],
    ['a number that is code', (agi) => agi.enumLookup('1,${SHELL(reboot)}'), 'a number is + and digits'],
    ['a zone that is code', (agi) => agi.enumLookup('1', { zone: 'x)}' }), 'enumLookup'],
    [
      'a newline that no function can name',
      (agi) => agi.databasePut('f}', 'k', 'a\nb'),
      'AGI cannot carry a newline',
    ],
    ['a newline behind =', (agi) => agi.databasePut('f', 'a=b', 'a\nb'), 'AGI cannot carry a newline'],
    ['a newline behind a quote', (agi) => agi.databasePut('q"r', 'k', 'a\nb'), 'AGI cannot carry a newline'],
  ])('%s', async (_, run, words) => {
    const { agi, transport } = callOf();
    await expect(run(agi)).rejects.toThrow(words);
    expect(transport.commands).toEqual([]);
  });
});

it('more than a function gives is an error, for the rest cannot be had', async () => {
  const { agi } = callOf(value('GLOBAL(X)', 'x'.repeat(4095)));
  await expect(agi.getVariable('GLOBAL(X)')).rejects.toMatchObject({ code: 'AGI_VALUE_CUT' });
  const full = callOf(value('GLOBAL(X)', 'x'.repeat(4095)), value('X', 'x'.repeat(8000)));
  await expect(full.agi.getFullVariable('${GLOBAL(X)}')).rejects.toMatchObject({ code: 'AGI_VALUE_CUT' });
  expect(await full.agi.getFullVariable('${X}')).toHaveLength(8000);
});

it('a value of the database that seems to end where it goes on is an error', async () => {
  const { agi } = callOf(
    value('DB(f/k)', 'x'.repeat(4095)),
    ['DATABASE GET f k', `200 result=1 (${'x'.repeat(5000)})\nrest)`],
    ['NOOP', '200 result=0'],
  );
  await expect(agi.databaseGet('f', 'k')).rejects.toMatchObject({ code: 'AGI_VALUE_CUT' });
});

it('a lookup without its module says what to load', async () => {
  const { agi } = callOf(value('ENUMLOOKUP(1,sip,,1,e164.arpa)', ''), value('IFMODULE(func_enum.so)', ''), [
    'GET VARIABLE IFMODULE(func_enum.so)',
    '200 result=0',
  ]);
  await expect(agi.enumLookup('1')).rejects.toMatchObject({ code: 'AGI_NO_FUNCTION' });
});

it.each([
  [true, ['VERBOSE x 2']],
  [false, []],
])('conlog speaks where debug is on, whether a trace is kept or not: %s', async (debug, commands) => {
  const { session, transport } = openCall(() => `${one}\n`);
  await new Agi(session, { ...defaults, debug }).conlog('x', 2);
  expect(transport.commands).toEqual(commands);
});

it('parseCallerId takes the caller of this call where none is named', () => {
  const { session } = openCall(undefined, { agi_callerid: 'sip:7@pbx.example' });
  const agi = new Agi(session);
  expect(agi.parseCallerId()).toMatchObject({ protocol: 'sip', username: '7', host: 'pbx.example' });
  expect(agi.parseCallerId('"Jo" <8>')).toMatchObject({ name: 'Jo', username: '8' });
});

describe('a value that is longer than a command', () => {
  const assigned = (commands: readonly string[]) =>
    commands
      .filter((command) => command.startsWith('EXEC Set'))
      .map((command) => /"(.*?)=/.exec(command)?.[1]);

  it.each([
    ['2,100 bytes to an old Asterisk', 'x'.repeat(2100), '16.28.0', 2],
    ['2,100 bytes to a new one, in one command', 'x'.repeat(2100), '22.10.1', 0],
    ['9,000 bytes', 'ä'.repeat(4500), '22.10.1', 15],
    ['lines', 'a\n'.repeat(3000), '22.10.1', 7],
  ])('%s', async (_, text, version, pieces) => {
    const { session, transport } = openCall(
      (command) => (command.startsWith('EXEC') ? `${ok}\n` : `${one}\n`),
      { agi_version: version },
    );
    await new Agi(session).setVariable('X', text);
    const holders = pieces === 0 ? [] : [...Array(pieces).fill('FASTAGI_VALUE'), 'X'];
    expect(assigned(transport.commands)).toEqual(holders);
    expect(Math.max(...transport.commands.map((command) => Buffer.byteLength(command)))).toBeLessThan(
      pieces === 0 ? 2200 : 2047,
    );
    const put = openCall((command) => (command.startsWith('EXEC') ? `${ok}\n` : `${one}\n`), {
      agi_version: version,
    });
    await new Agi(put.session).databasePut('f', 'k', text);
    if (pieces === 0) expect(put.transport.commands).toEqual([`DATABASE PUT f k ${text}`]);
    else
      expect(assigned(put.transport.commands)).toEqual([...Array(pieces).fill('FASTAGI_VALUE'), 'DB(f/k)']);
    // nothing is left behind
    if (pieces > 0)
      expect(transport.commands.slice(-2)).toEqual([
        'SET VARIABLE FASTAGI_VALUE ""',
        'SET VARIABLE AGIEXECFULL ""',
      ]);
  });
});
