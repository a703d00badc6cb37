// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** The call as a machine, beyond what the table of conversations holds against Asterisk. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedCall } from '../../src/sim/call';
import { VirtualClock } from '../../src/sim/clock';
import type { CallEvent } from '../../src/sim/events';
import type { CallOptions } from '../../src/sim/options';
import { encodeCommand } from '../../src/wire/agi-command';
import { byteByByte } from '../support/pieces';

function begin(options: CallOptions = {}) {
  const clock = new VirtualClock(0);
  let sent = '';
  const events: CallEvent[] = [];
  const send = (text: string) => {
    sent += text;
  };
  const line = { send, signal: () => {}, close: () => {} };
  const call = new SimulatedCall(options, { request: 'x', networkScript: 'x' }, clock, line);
  call.onEvent((event) => events.push(event));
  call.begin();
  sent = '';
  return {
    call,
    clock,
    events,
    /** What Asterisk says to these bytes, once nothing is left to happen. */
    ask: (bytes: string): string => {
      sent = '';
      call.receive(Buffer.from(bytes));
      for (let turns = 0; call.waits && turns < 1000 && clock.turn(); turns++);
      return sent;
    },
  };
}

const names = [
  ...[
    'ANSWER',
    'ASYNCAGI BREAK',
    'CHANNEL STATUS',
    'CONTROL STREAM FILE',
    'DATABASE DEL',
    'DATABASE DELTREE',
  ],
  ...[
    'DATABASE GET',
    'DATABASE PUT',
    'EXEC',
    'GET DATA',
    'GET FULL VARIABLE',
    'GET OPTION',
    'GET VARIABLE',
    'GOSUB',
  ],
  ...[
    'NOOP',
    'RECEIVE CHAR',
    'RECEIVE TEXT',
    'RECORD FILE',
    'SAY ALPHA',
    'SAY DATE',
    'SAY DATETIME',
    'SAY DIGITS',
  ],
  ...['SAY NUMBER', 'SAY PHONETIC', 'SAY TIME', 'SEND IMAGE', 'SEND TEXT', 'SET AUTOHANGUP', 'SET CALLERID'],
  ...['SET CONTEXT', 'SET EXTENSION', 'SET MUSIC', 'SET PRIORITY', 'SET VARIABLE', 'SPEECH ACTIVATE GRAMMAR'],
  ...[
    'SPEECH CREATE',
    'SPEECH DEACTIVATE GRAMMAR',
    'SPEECH DESTROY',
    'SPEECH LOAD GRAMMAR',
    'SPEECH RECOGNIZE',
  ],
  ...[
    'SPEECH SET',
    'SPEECH UNLOAD GRAMMAR',
    'STREAM FILE',
    'TDD MODE',
    'VERBOSE',
    'WAIT FOR DIGIT',
    'HANGUP',
  ],
];
const functions = [
  ...[
    'BASE64_DECODE',
    'BASE64_ENCODE',
    'CALLERID',
    'CDR',
    'CHANNEL',
    'CUT',
    'DB',
    'DB_DELETE',
    'DB_EXISTS',
    'EPOCH',
  ],
  ...[
    'EXISTS',
    'FIELDQTY',
    'FILTER',
    'GLOBAL',
    'IF',
    'ISNULL',
    'LEN',
    'MATH',
    'MD5',
    'PASSTHRU',
    'QUOTE',
    'RAND',
  ],
  ...[
    'REPLACE',
    'SET',
    'SHA1',
    'STRFTIME',
    'STRREPLACE',
    'TIMEOUT',
    'TOLOWER',
    'TOUPPER',
    'URIDECODE',
    'URIENCODE',
    'VERSION',
  ],
];

const word = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    '99999999999',
    'beep',
    '#',
    '0-9',
    '${A}',
    '${',
    '$[',
    '$[1+1]',
    '${A:1:-1}',
    '[^]',
    '\\',
  ),
  fc
    .tuple(fc.constantFrom(...functions), fc.string({ maxLength: 10 }))
    .map(([name, argument]) => `\${${name}(${argument})}`),
  fc
    .tuple(fc.constantFrom(...functions), fc.string({ maxLength: 10 }))
    .map(([name, argument]) => `${name}(${argument})`),
);

describe('any command', () => {
  it('has one reply, whatever stands in it', () => {
    const command = fc
      .tuple(fc.constantFrom(...names), fc.array(word, { maxLength: 6 }))
      .filter(([, args]) => !args.some((arg) => /[\0\r\n]/.test(arg)))
      .map(([name, args]) => encodeCommand(name, args));
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 8 }), (lines) => {
        const { ask, call } = begin({ variables: { A: 'value', AGISIGHUP: 'no' }, speech: [{ text: 'x' }] });
        for (const line of lines) {
          const reply = ask(`${line}\n`);
          if (call.over) break;
          // what waits for the caller for ever has none yet
          if (call.waits) call.hangUp();
          else expect(reply).toMatch(/^(100 .*\n)?(200 result=|510 |511 |520[ -])/);
        }
        expect(call.problem).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('reads and writes any function', () => {
    const read = fc
      .tuple(
        fc.constantFrom(...functions, '__proto__', 'constructor'),
        fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom('__proto__', 'constructor', 'toString')),
      )
      .map(([name, argument]) => `${name}(${argument})`);
    fc.assert(
      fc.property(read, fc.string({ maxLength: 8 }), (name, value) => {
        const { ask, call } = begin({ variables: { A: 'a-b-c' } });
        expect(ask(`${encodeCommand('GET VARIABLE', [name])}\n`)).toMatch(/^200 result=(0|1 \([\s\S]*\))\n$/);
        expect(ask(`${encodeCommand('GET FULL VARIABLE', [`\${${name}}`])}\n`)).toMatch(/^200 result=1 \(/);
        expect(ask(`${encodeCommand('SET VARIABLE', [name, value])}\n`)).toBe('200 result=1\n');
        expect(call.problem).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('is the same byte by byte', () => {
    const text = 'ANSWER\nSET VARIABLE A "x y"\nGET VARIABLE A\nNO SUCH\n';
    const { call, events } = begin();
    for (const byte of byteByByte(Buffer.from(text))) call.receive(byte);
    expect(
      events.filter(({ type }) => type === 'reply').map((event) => 'line' in event && event.line),
    ).toEqual(['200 result=0', '200 result=1', '200 result=1 (x y)', '510 Invalid or unknown command']);
  });

  it('takes linear time', () => {
    const { ask } = begin();
    for (const line of [
      `GET FULL VARIABLE "${'${'.repeat(2000)}"`,
      `GET FULL VARIABLE "$[${'('.repeat(4000)}]"`,
      `NOOP ${'"'.repeat(8000)}`,
    ]) {
      expect(ask(`${line}\n`)).toMatch(/^200 result=/);
    }
  });
});

describe('CONTROL STREAM FILE', () => {
  const play = (keys: string, args = '"" 3000 # * 0') => {
    const it = begin({ sounds: () => 80_000 });
    it.call.receive(Buffer.from(`CONTROL STREAM FILE long ${args}\n`));
    for (const key of keys) {
      it.clock.pass(1000);
      it.call.pressNow(key);
    }
    for (let turns = 0; it.call.waits && turns < 10 && it.clock.turn(); turns++);
    return [it.call.elapsedMs, it.events.findLast(({ type }) => type === 'reply')];
  };

  it.each([
    ['', 10_000],
    ['#', 7000],
    ['*', 11_000],
    ['##', 4000 + 0],
    ['00', 11_000],
  ])('wound by %j ends after %i ms', (keys, ms) => {
    expect(play(keys)).toEqual([ms, expect.objectContaining({ line: '200 result=0 endpos=-1' })]);
  });

  it('stops where it is', () => {
    expect(play('#5', '5')).toEqual([2000, expect.objectContaining({ line: '200 result=53 endpos=5000' })]);
    expect(play('05', '5 3000 # * 0')).toEqual([
      2000,
      expect.objectContaining({ line: '200 result=53 endpos=1000' }),
    ]);
  });
});

describe('what stands in for Asterisk', () => {
  it('may throw', () => {
    const { ask, call } = begin({
      applications: {
        Broken: () => {
          throw new Error('of the test');
        },
      },
    });
    expect(ask('EXEC Broken\n')).toBe('200 result=-1\n');
    expect(String(call.problem)).toBe('Error: of the test');
    expect(ask('NOOP\n')).toBe('200 result=0\n');
  });
});

describe('a call that is not answered', () => {
  it.each([
    ['EXEC Playback beep', true],
    ['EXEC Playback nosuch', true],
    ['EXEC Playback beep,noanswer', false],
    ['EXEC Playback beep,skip', false],
    ['EXEC Background beep', true],
    ['EXEC Background beep,n', false],
    ['EXEC Background beep,s', false],
    ['EXEC Read A,beep,1,,1,0.2', true],
    ['EXEC Read A,beep,1,n,1,0.2', false],
    ['EXEC Read A,beep,1,s,1,0.2', false],
    ['EXEC Record /tmp/x.wav,,1', true],
    ['EXEC Record /tmp/x.wav,,1,s', false],
    ['EXEC SayDigits 1', false],
    ['EXEC Wait 0.1', false],
    ['EXEC WaitExten 0.1', false],
    ['EXEC Dial PJSIP/busy', false],
    ['EXEC Dial PJSIP/there', true],
    ['STREAM FILE beep ""', false],
    ['GET DATA beep 20 1', false],
    ['RECORD FILE /tmp/x wav # 20', false],
    ['ANSWER', true],
  ])('%s answers it: %s', (line, answers) => {
    const { ask, events } = begin({ dial: (to) => (to === 'PJSIP/there' ? 'ANSWER' : 'BUSY') });
    ask(`${line}\n`);
    expect(ask('CHANNEL STATUS\n')).toBe(`200 result=${answers ? 6 : 4}\n`);
    expect(events.some(({ type }) => type === 'answer')).toBe(answers);
  });

  it('has a CDR that says so', () => {
    const { ask, clock } = begin();
    const cdr = (name: string) => ask(`GET VARIABLE CDR(${name})\n`).replace(/.*\((.*)\)\n/, '$1');
    clock.pass(1000);
    expect([cdr('disposition'), cdr('duration'), cdr('billsec'), cdr('answer')]).toEqual([
      'NO ANSWER',
      '1',
      '0',
      '',
    ]);
    ask('ANSWER\n');
    clock.pass(2500);
    expect([cdr('disposition'), cdr('duration'), cdr('billsec'), cdr('billsec,f'), cdr('answer,u')]).toEqual([
      'ANSWERED',
      '3',
      '2',
      '2.500000',
      '1.000000',
    ]);
  });
});

describe('a call that is dialled', () => {
  it.each([
    [{ status: 'BUSY', hangupCause: 17 }, 0, '17'],
    [{ status: 'BUSY' }, 0, '0'],
    [{ status: 'ANSWER' }, -1, '16'],
    [{ status: 'ANSWER', hangupCause: 31 }, -1, '31'],
  ])('has a cause of its end: %j', (dial, result, cause) => {
    const { ask } = begin({ dial: () => dial });
    expect(ask('EXEC Dial PJSIP/alice,30\n')).toBe(`200 result=${result}\n`);
    expect(ask('GET VARIABLE HANGUPCAUSE\n')).toBe(`200 result=1 (${cause})\n`);
  });

  it('leaves what Dial() leaves', () => {
    const { ask } = begin({ dial: () => ({ status: 'ANSWER', answeredSeconds: 90 }) });
    ask('EXEC Dial PJSIP/alice,30\n');
    const names = ['DIALSTATUS', 'ANSWEREDTIME', 'DIALEDTIME', 'DIALEDPEERNUMBER'];
    expect(names.map((name) => ask(`GET VARIABLE ${name}\n`))).toEqual(
      ['ANSWER', '90', '90', 'alice'].map((value) => `200 result=1 (${value})\n`),
    );
  });
});
