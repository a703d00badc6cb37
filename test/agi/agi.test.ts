// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { AgiHangupError } from '../../src/errors';
import { callOf, DEAD, openCall } from '../support/calls';

const USAGE = '520-Invalid command syntax.  Proper usage follows:\nUsage: X\n520 End of proper usage.';

type Case = readonly [
  name: string,
  run: (agi: Agi) => Promise<unknown>,
  conversation: (readonly [command: string, reply: string])[],
  outcome: unknown,
];

const X = 'GET FULL VARIABLE "${X}~MARK"';
const ALIVE = ['CHANNEL STATUS', '200 result=6'] as const;
const GONE = ['CHANNEL STATUS', DEAD] as const;
const hangup = (code = 'AGI_HANGUP') => expect.objectContaining({ name: 'AgiHangupError', code });
const dead = expect.objectContaining({ name: 'AgiDeadChannelError', code: 'AGI_DEAD_CHANNEL' });
const failed = (command: string) =>
  expect.objectContaining({
    name: 'AgiCommandError',
    code: 'AGI_COMMAND',
    message: expect.stringMatching(`^${command} failed on a live channel`),
  });
const refused = expect.objectContaining({ name: 'AgiArgumentError', code: 'AGI_ARGUMENT' });
const protocol = expect.objectContaining({ name: 'AgiProtocolError', code: 'AGI_PROTOCOL' });

const outcomes: Case[] = [
  ['answer', (agi) => agi.answer(), [['ANSWER', '200 result=0']], undefined],
  ['channelStatus', (agi) => agi.channelStatus(), [['CHANNEL STATUS', '200 result=6']], 'up'],
  ['channelStatus 0', (agi) => agi.channelStatus(), [['CHANNEL STATUS', '200 result=0']], 'down'],
  ['channelStatus 9', (agi) => agi.channelStatus(), [['CHANNEL STATUS', '200 result=9']], 'pre-ring'],
  [
    'channelStatus of none',
    (agi) => agi.channelStatus('PJSIP/1 2'),
    [['CHANNEL STATUS "PJSIP/1 2"', '200 result=-1']],
    undefined,
  ],
  ['hangup', (agi) => agi.hangup(), [['HANGUP', '200 result=1\nHANGUP']], undefined],
  ['hangup of another', (agi) => agi.hangup('PJSIP/2'), [['HANGUP PJSIP/2', '200 result=1']], true],
  ['hangup of none', (agi) => agi.hangup('PJSIP/2'), [['HANGUP PJSIP/2', '200 result=-1']], false],
  ['noop', (agi) => agi.noop(), [['NOOP', '200 result=0']], undefined],
  ['noop with text', (agi) => agi.noop('a b'), [['NOOP "a b"', '200 result=0']], undefined],
  ['send', async (agi) => (await agi.send('TDD MODE on')).result, [['TDD MODE on', '200 result=1']], '1'],
  [
    'verbose',
    (agi) => agi.verbose('cool, it works'),
    [['VERBOSE "cool, it works" 1', '200 result=1']],
    undefined,
  ],
  ['verbose of a number', (agi) => agi.verbose(42, 3), [['VERBOSE 42 3', '200 result=1']], undefined],
  [
    'verbose of several lines',
    (agi) => agi.verbose('one\ntwo\r\nthree\rfo\0ur\n', 2),
    [
      ['VERBOSE one 2', '200 result=1'],
      ['VERBOSE two 2', '200 result=1'],
      ['VERBOSE three 2', '200 result=1'],
      ['VERBOSE four 2', '200 result=1'],
      ['VERBOSE "" 2', '200 result=1'],
    ],
    undefined,
  ],
  [
    'streamFile',
    (agi) => agi.streamFile('hello-world'),
    [['STREAM FILE hello-world "" 0', '200 result=0 endpos=11200']],
    { outcome: 'complete', endposSamples: 11200 },
  ],
  [
    'streamFile ended by a key',
    (agi) => agi.streamFile('a', { escapeDigits: '0123456789*#', offsetSamples: 800 }),
    [['STREAM FILE a 0123456789*# 800', '200 result=35 endpos=1600']],
    { outcome: 'digit', digit: '#', endposSamples: 1600 },
  ],
  [
    'streamFile of a missing file',
    (agi) => agi.streamFile('none'),
    [['STREAM FILE none "" 0', '200 result=-1 endpos=0'], ALIVE],
    { outcome: 'missing', endposSamples: 0 },
  ],
  [
    'streamFile of a missing file from further on',
    (agi) => agi.streamFile('none', { offsetSamples: 80 }),
    [['STREAM FILE none "" 80', '200 result=-1 endpos=80'], ALIVE],
    { outcome: 'missing', endposSamples: 80 },
  ],
  [
    'waitForDigit',
    (agi) => agi.waitForDigit(5000),
    [['WAIT FOR DIGIT 5000', '200 result=42']],
    { outcome: 'digit', digit: '*' },
  ],
  [
    'waitForDigit for ever',
    (agi) => agi.waitForDigit(),
    [['WAIT FOR DIGIT -1', '200 result=48']],
    { outcome: 'digit', digit: '0' },
  ],
  [
    'waitForDigit in vain',
    (agi) => agi.waitForDigit(0),
    [['WAIT FOR DIGIT 0', '200 result=0']],
    { outcome: 'timeout' },
  ],
  [
    'sayDigits',
    (agi) => agi.sayDigits('0012*'),
    [['SAY DIGITS 0012* ""', '200 result=0']],
    { outcome: 'complete' },
  ],
  [
    'sayDigits ended by a key',
    (agi) => agi.sayDigits(42, { escapeDigits: '1' }),
    [['SAY DIGITS 42 1', '200 result=49']],
    { outcome: 'digit', digit: '1' },
  ],
  [
    'getData',
    (agi) => agi.getData('vm-extension', { timeoutMs: 5000, maxDigits: 4 }),
    [['GET DATA vm-extension 5000 4', '200 result=0012']],
    { outcome: 'complete', digits: '0012' },
  ],
  [
    "getData with Asterisk's own limits",
    (agi) => agi.getData('a'),
    [['GET DATA a 0 1023', '200 result=*7']],
    { outcome: 'complete', digits: '*7' },
  ],
  [
    'getData in part',
    (agi) => agi.getData('a', { maxDigits: 1 }),
    [['GET DATA a 0 1', '200 result=12 (timeout)']],
    { outcome: 'timeout', digits: '12' },
  ],
  [
    'getData in vain',
    (agi) => agi.getData('a', { maxDigits: 1023 }),
    [['GET DATA a 0 1023', '200 result= (timeout)']],
    { outcome: 'timeout', digits: '' },
  ],
  [
    'getData ended by a lone #',
    (agi) => agi.getData('a'),
    [['GET DATA a 0 1023', '200 result=']],
    { outcome: 'complete', digits: '' },
  ],
  [
    'getData of a missing prompt',
    (agi) => agi.getData('none'),
    [['GET DATA none 0 1023', '200 result=-1'], ALIVE],
    { outcome: 'missing', digits: '' },
  ],
  ['getVariable', (agi) => agi.getVariable('X'), [[X, '200 result=1 (a (b) c~MARK)']], 'a (b) c'],
  [
    'getVariable over lines',
    (agi) => agi.getVariable('X'),
    [[X, '200 result=1 (a)\nHANGUP\n200 result=0\nb)~MARK)']],
    'a)\nHANGUP\n200 result=0\nb)',
  ],
  [
    'getVariable of 2,000 bytes',
    (agi) => agi.getVariable('X'),
    [[X, `200 result=1 (${'ä'.repeat(1000)}~MARK)`]],
    'ä'.repeat(1000),
  ],
  [
    'getVariable, empty',
    (agi) => agi.getVariable('X'),
    [
      [X, '200 result=1 (~MARK)'],
      ['GET VARIABLE X', '200 result=1 ()'],
    ],
    '',
  ],
  [
    'getVariable, not set',
    (agi) => agi.getVariable('X'),
    [
      [X, '200 result=1 (~MARK)'],
      ['GET VARIABLE X', '200 result=0'],
    ],
    undefined,
  ],
  [
    'getVariable of a function',
    (agi) => agi.getVariable('CALLERID(num)'),
    [['GET FULL VARIABLE "${CALLERID(num)}~MARK"', '200 result=1 (~MARK)']],
    '',
  ],
  [
    'getVariable of a name that is code',
    (agi) => agi.getVariable('X}${SHELL(id)'),
    [['GET VARIABLE "X}${SHELL(id)"', '200 result=0']],
    undefined,
  ],
  [
    'databaseGet',
    (agi) => agi.databaseGet('f', 'k'),
    [['GET FULL VARIABLE "${DB(f/k)}~MARK"', '200 result=1 (a\n)b~MARK)']],
    'a\n)b',
  ],
  [
    'databaseGet of none',
    (agi) => agi.databaseGet('f', 'k'),
    [
      ['GET FULL VARIABLE "${DB(f/k)}~MARK"', '200 result=1 (~MARK)'],
      ['DATABASE GET f k', '200 result=0'],
    ],
    undefined,
  ],
  [
    'databaseGet of a name that is code',
    (agi) => agi.databaseGet('f', '${k}'),
    [['DATABASE GET f "${k}"', '200 result=1 (v)']],
    'v',
  ],
  [
    'setVariable of several lines',
    (agi) => agi.setVariable('X', 'a,\nä'),
    [
      ['GET VARIABLE AGIEXECFULL', '200 result=0'],
      ['SET VARIABLE AGIEXECFULL yes', '200 result=1'],
      ['EXEC Set "X=${URIDECODE(a%2C%0A%C3%A4)}"', '200 result=0'],
      ['SET VARIABLE AGIEXECFULL ""', '200 result=1'],
    ],
    undefined,
  ],
  [
    'verbose of an object',
    (agi) => agi.verbose({ a: 1, b: ['x'] }, 3),
    [['VERBOSE "{ a: 1, b: [ \'x\' ] }" 3', '200 result=1']],
    undefined,
  ],
  [
    'goto',
    (agi) => agi.goto('c', '5', 'label'),
    [
      ['SET CONTEXT c', '200 result=0'],
      ['SET EXTENSION 5', '200 result=0'],
      ['SET PRIORITY label', '200 result=0'],
    ],
    undefined,
  ],
  [
    'setGlobalVariable',
    (agi) => agi.setGlobalVariable('X', 'a b'),
    [['SET VARIABLE "GLOBAL(X)" "a b"', '200 result=1']],
    undefined,
  ],
  [
    'setLanguage',
    (agi) => agi.setLanguage('de'),
    [['SET VARIABLE "CHANNEL(language)" de', '200 result=1']],
    undefined,
  ],
  [
    'setAbsoluteTimeout',
    (agi) => agi.setAbsoluteTimeout(60),
    [['SET VARIABLE "TIMEOUT(absolute)" 60', '200 result=1']],
    undefined,
  ],
  [
    'dial',
    (agi) => agi.dial('PJSIP/alice', { timeoutSeconds: 20, flags: 'tT' }),
    [
      ['EXEC Dial PJSIP/alice,20,tT', '200 result=0'],
      ['GET VARIABLE DIALSTATUS', '200 result=1 (BUSY)'],
      ['GET VARIABLE ANSWEREDTIME', '200 result=0'],
    ],
    { status: 'BUSY', answeredSeconds: 0 },
  ],
  [
    'databasePut',
    (agi) => agi.databasePut('f', 'k', 'a b'),
    [['DATABASE PUT f k "a b"', '200 result=1']],
    undefined,
  ],
  ['databaseDel', (agi) => agi.databaseDel('f', 'k'), [['DATABASE DEL f k', '200 result=1']], undefined],
  ['databaseDelTree', (agi) => agi.databaseDelTree('f'), [['DATABASE DELTREE f', '200 result=0']], true],
  [
    'databaseDelTree of nothing',
    (agi) => agi.databaseDelTree('f', 't'),
    [['DATABASE DELTREE f t', '200 result=1']],
    false,
  ],
  [
    'controlStreamFile',
    (agi) => agi.controlStreamFile('a'),
    [['CONTROL STREAM FILE a "" 3000 # *', '200 result=0 endpos=-1']],
    { outcome: 'complete', endposMs: undefined },
  ],
  [
    'controlStreamFile ended by a key',
    (agi) =>
      agi.controlStreamFile('a', {
        escapeDigits: '12',
        skipMs: 500,
        forward: '6',
        rewind: '4',
        pause: '5',
        offsetMs: 1000,
      }),
    [['CONTROL STREAM FILE a 12 500 6 4 5 1000', '200 result=49 endpos=800']],
    { outcome: 'digit', digit: '1', endposMs: 800 },
  ],
  [
    'controlStreamFile of none',
    (agi) => agi.controlStreamFile('a'),
    [['CONTROL STREAM FILE a "" 3000 # *', '200 result=-1 endpos=-1'], ALIVE],
    { outcome: 'missing', endposMs: undefined },
  ],
  [
    'getOption',
    (agi) => agi.getOption('a', { escapeDigits: '12', timeoutMs: 100 }),
    [['GET OPTION a 12 100', '200 result=50 endpos=80']],
    { outcome: 'digit', digit: '2', endposSamples: 80 },
  ],
  [
    'getOption in vain',
    (agi) => agi.getOption('a'),
    [['GET OPTION a 0123456789*# 5000', '200 result=0 endpos=80'], ALIVE],
    { outcome: 'timeout', endposSamples: 80 },
  ],
  [
    'getOption of none',
    (agi) => agi.getOption('a'),
    [['GET OPTION a 0123456789*# 5000', '200 result=-1 endpos=0'], ALIVE],
    { outcome: 'missing', endposSamples: 0 },
  ],
  [
    'recordFile',
    (agi) => agi.recordFile('a', 'wav'),
    [['RECORD FILE a wav # -1', '200 result=35 (dtmf) endpos=80']],
    { outcome: 'digit', digit: '#', endposSamples: 80 },
  ],
  [
    'recordFile in full',
    (agi) =>
      agi.recordFile('a', 'wav', {
        escapeDigits: '',
        timeoutMs: 100,
        offsetSamples: 8,
        beep: true,
        silenceSeconds: 2,
      }),
    [['RECORD FILE a wav "" 100 8 BEEP s=2', '200 result=0 (timeout) endpos=80']],
    { outcome: 'timeout', endposSamples: 80 },
  ],
  [
    'recordFile with left-over time',
    (agi) => agi.recordFile('a', 'wav'),
    [['RECORD FILE a wav # -1', '200 result=1500 (timeout) endpos=80']],
    { outcome: 'timeout', endposSamples: 80 },
  ],
  [
    'recordFile until the caller hangs up',
    (agi) => agi.recordFile('a', 'wav'),
    [['RECORD FILE a wav # -1', '200 result=-1 (hangup) endpos=80\nHANGUP']],
    { outcome: 'hangup', endposSamples: 80 },
  ],
  [
    'recordFile that cannot be written',
    (agi) => agi.recordFile('a', 'wav'),
    [['RECORD FILE a wav # -1', '200 result=-1 (writefile)']],
    { outcome: 'unwritable', endposSamples: 0 },
  ],
  [
    'recordFile that lost its channel',
    (agi) => agi.recordFile('a', 'wav'),
    [['RECORD FILE a wav # -1', '200 result=-1 (waitfor) endpos=8'], ALIVE],
    { outcome: 'interrupted', endposSamples: 8 },
  ],
  [
    'recordFile whose caller hung up in the beep',
    (agi) => agi.recordFile('a', 'wav', { beep: true }),
    [['RECORD FILE a wav # -1 BEEP', '200 result=-1 (randomerror) endpos=0'], GONE],
    { outcome: 'hangup', endposSamples: 0 },
  ],
  [
    'verbose of a long line',
    (agi) => agi.verbose('x'.repeat(1000)),
    [480, 480, 40].map((length) => [`VERBOSE ${'x'.repeat(length)} 1`, '200 result=1'] as const),
    undefined,
  ],
  [
    'databaseGet of more than a function gives',
    (agi) => agi.databaseGet('f', 'k'),
    [
      ['GET FULL VARIABLE "${DB(f/k)}~MARK"', `200 result=1 (${'x'.repeat(4094)}~MARK)`],
      ['DATABASE GET f k', `200 result=1 (${'x'.repeat(9000)})`],
      ['NOOP', '200 result=0'],
    ],
    'x'.repeat(9000),
  ],
  [
    'databaseGet of a family that DB() would take apart',
    (agi) => agi.databaseGet('a\\x', 'k):1'),
    [['DATABASE GET "a\\\\x" "k):1"', '200 result=1 (v)']],
    'v',
  ],
  [
    'sayAlpha',
    (agi) => agi.sayAlpha('a b'),
    [['SAY ALPHA "a b" ""', '200 result=0']],
    { outcome: 'complete' },
  ],
  [
    'sayPhonetic',
    (agi) => agi.sayPhonetic('a', { escapeDigits: '#' }),
    [['SAY PHONETIC a #', '200 result=35']],
    { outcome: 'digit', digit: '#' },
  ],
  [
    'sayNumber',
    (agi) => agi.sayNumber(-5, { gender: 'f' }),
    [['SAY NUMBER -5 "" f', '200 result=0']],
    { outcome: 'complete' },
  ],
  [
    'sayDate',
    (agi) => agi.sayDate(new Date(86_400_999)),
    [['SAY DATE 86400 ""', '200 result=0']],
    { outcome: 'complete' },
  ],
  ['sayTime', (agi) => agi.sayTime(0), [['SAY TIME 0 ""', '200 result=0']], { outcome: 'complete' }],
  [
    'sayDateTime',
    (agi) => agi.sayDateTime(0),
    [['SAY DATETIME 0 ""', '200 result=0']],
    { outcome: 'complete' },
  ],
  [
    'sayDateTime of a zone',
    (agi) => agi.sayDateTime(0, { timezone: 'UTC' }),
    [[`SAY DATETIME 0 "" "ABdY 'digits/at' IMp" UTC`, '200 result=0']],
    { outcome: 'complete' },
  ],
  ['sendText', (agi) => agi.sendText('hi there'), [['SEND TEXT "hi there"', '200 result=0']], undefined],
  ['sendImage', (agi) => agi.sendImage('a'), [['SEND IMAGE a', '200 result=0']], undefined],
  [
    'receiveChar',
    (agi) => agi.receiveChar(100),
    [['RECEIVE CHAR 100', '200 result=97']],
    { outcome: 'char', char: 'a' },
  ],
  [
    'receiveChar in vain',
    (agi) => agi.receiveChar(100),
    [['RECEIVE CHAR 100', '200 result=-1 (hangup)'], ALIVE],
    { outcome: 'timeout' },
  ],
  [
    'receiveChar of none',
    (agi) => agi.receiveChar(100),
    [['RECEIVE CHAR 100', '200 result=0']],
    { outcome: 'unsupported' },
  ],
  ['receiveText', (agi) => agi.receiveText(100), [['RECEIVE TEXT 100', '200 result=1 (a (b))']], 'a (b)'],
  [
    'receiveText in vain',
    (agi) => agi.receiveText(100),
    [['RECEIVE TEXT 100', '200 result=-1'], ALIVE],
    undefined,
  ],
  ['tddMode', (agi) => agi.tddMode('on'), [['TDD MODE on', '200 result=0']], false],
  ['setAutoHangup', (agi) => agi.setAutoHangup(60), [['SET AUTOHANGUP 60', '200 result=0']], undefined],
  [
    'setCallerId',
    (agi) => agi.setCallerId({ name: 'Jo "X" Do', number: '123' }),
    [['SET CALLERID "\\"Jo \\\\\\"X\\\\\\" Do\\" <123>"', '200 result=1']],
    undefined,
  ],
  ['setContext', (agi) => agi.setContext('c'), [['SET CONTEXT c', '200 result=0']], undefined],
  ['setExtension', (agi) => agi.setExtension('5'), [['SET EXTENSION 5', '200 result=0']], undefined],
  ['setPriority', (agi) => agi.setPriority('label'), [['SET PRIORITY label', '200 result=0']], undefined],
  ['setMusic', (agi) => agi.setMusic(true, 'jazz'), [['SET MUSIC ON jazz', '200 result=0']], undefined],
  ['setMusic off', (agi) => agi.setMusic(false), [['SET MUSIC OFF', '200 result=0']], undefined],
  [
    'gosub',
    (agi) => agi.gosub('sub', 's', 1, 'a', 'b'),
    [['GOSUB sub s 1 a,b', '100 result=0 Trying...\n200 result=0 Gosub complete']],
    undefined,
  ],
  ['asyncAgiBreak', (agi) => agi.asyncAgiBreak(), [['ASYNCAGI BREAK', '200 result=0']], undefined],
  ['speechCreate', (agi) => agi.speechCreate('x'), [['SPEECH CREATE x', '200 result=1']], undefined],
  ['speechSet', (agi) => agi.speechSet('a', 1), [['SPEECH SET a 1', '200 result=1']], undefined],
  ['speechDestroy', (agi) => agi.speechDestroy(), [['SPEECH DESTROY', '200 result=1']], undefined],
  [
    'speechLoadGrammar',
    (agi) => agi.speechLoadGrammar('g', '/p'),
    [['SPEECH LOAD GRAMMAR g /p', '200 result=1']],
    undefined,
  ],
  [
    'speechUnloadGrammar',
    (agi) => agi.speechUnloadGrammar('g'),
    [['SPEECH UNLOAD GRAMMAR g', '200 result=1']],
    undefined,
  ],
  [
    'speechActivateGrammar',
    (agi) => agi.speechActivateGrammar('g'),
    [['SPEECH ACTIVATE GRAMMAR g', '200 result=1']],
    undefined,
  ],
  [
    'speechDeactivateGrammar',
    (agi) => agi.speechDeactivateGrammar('g'),
    [['SPEECH DEACTIVATE GRAMMAR g', '200 result=1']],
    undefined,
  ],
  [
    'speechRecognize',
    (agi) => agi.speechRecognize('p', { timeoutSeconds: 7, offsetSamples: 8 }),
    [
      [
        'SPEECH RECOGNIZE p 7 8',
        '200 result=1 (speech) endpos=80 results=2 score0=900 text0="call home" grammar0=g score1=10 text1="x" grammar1=h',
      ],
    ],
    {
      outcome: 'speech',
      endposSamples: 80,
      results: [
        { text: 'call home', score: 900, grammar: 'g' },
        { text: 'x', score: 10, grammar: 'h' },
      ],
    },
  ],
  [
    'speechRecognize of a key',
    (agi) => agi.speechRecognize('p'),
    [['SPEECH RECOGNIZE p 5', '200 result=1 (digit) digit=5 endpos=80']],
    { outcome: 'digit', digit: '5', endposSamples: 80 },
  ],
  [
    'speechRecognize in vain',
    (agi) => agi.speechRecognize('p'),
    [['SPEECH RECOGNIZE p 5', '200 result=1 (timeout) endpos=80']],
    { outcome: 'timeout', endposSamples: 80 },
  ],
  [
    'getFullVariable',
    (agi) => agi.getFullVariable('${CALLERID(name)}'),
    [['GET FULL VARIABLE "${CALLERID(name)}~MARK"', '200 result=1 ("Jo" <1>~MARK)']],
    '"Jo" <1>',
  ],
  [
    'getFullVariable of another channel',
    (agi) => agi.getFullVariable('x', 'PJSIP/2'),
    [['GET FULL VARIABLE x~MARK PJSIP/2', '200 result=1 (~MARK)']],
    '',
  ],
  [
    'getFullVariable of no channel',
    (agi) => agi.getFullVariable('x', 'none'),
    [['GET FULL VARIABLE x~MARK none', '200 result=0']],
    undefined,
  ],
  [
    'setVariable',
    (agi) => agi.setVariable('test', '1111'),
    [['SET VARIABLE test 1111', '200 result=1']],
    undefined,
  ],
  [
    'setVariable, empty',
    (agi) => agi.setVariable('test', ''),
    [['SET VARIABLE test ""', '200 result=1']],
    undefined,
  ],
  [
    'setVariable of a function',
    (agi) => agi.setVariable('CALLERID(name)', 'J"o'),
    [['SET VARIABLE "CALLERID(name)" "J\\"o"', '200 result=1']],
    undefined,
  ],
  [
    'exec',
    (agi) => agi.exec('Playback', 'a&b', 'noanswer'),
    [['EXEC Playback "a&b,noanswer"', '200 result=0']],
    0,
  ],
  ['exec without arguments', (agi) => agi.exec('Ringing'), [['EXEC Ringing ""', '200 result=0']], 0],
  ['exec with numbers', (agi) => agi.exec('Wait', 1, 2), [['EXEC Wait 1,2', '200 result=3']], 3],
  [
    'exec that gives 1',
    (agi) => agi.exec('Foo'),
    [
      ['EXEC Foo ""', '200 result=1'],
      ['NOOP', '200 result=0'],
    ],
    1,
  ],
  [
    'exec that gives -1 on a live channel',
    (agi) => agi.exec('Foo'),
    [['EXEC Foo ""', '200 result=-1'], ALIVE],
    -1,
  ],
];

const failures: Case[] = [
  ['answer', (agi) => agi.answer(), [['ANSWER', '200 result=-1'], ALIVE], failed('ANSWER')],
  ['answer, gone', (agi) => agi.answer(), [['ANSWER', '200 result=-1'], GONE], hangup()],
  ['answer, told of it', (agi) => agi.answer(), [['ANSWER', 'HANGUP\n200 result=-1']], hangup()],
  ['answer, dead', (agi) => agi.answer(), [['ANSWER', DEAD]], dead],
  ['answer, no number', (agi) => agi.answer(), [['ANSWER', '200 OK']], protocol],
  [
    'streamFile, gone',
    (agi) => agi.streamFile('a'),
    [['STREAM FILE a "" 0', '200 result=-1 endpos=80'], GONE],
    hangup(),
  ],
  [
    'streamFile, gone at the start',
    (agi) => agi.streamFile('a'),
    [['STREAM FILE a "" 0', '200 result=-1 endpos=0'], GONE],
    hangup(),
  ],
  [
    'streamFile, broken off',
    (agi) => agi.streamFile('a'),
    [['STREAM FILE a "" 0', '200 result=-1 endpos=80'], ALIVE],
    failed('STREAM FILE'),
  ],
  [
    'streamFile, wrong',
    (agi) => agi.streamFile('a'),
    [['STREAM FILE a "" 0', USAGE]],
    expect.objectContaining({ code: 'AGI_USAGE', usage: 'Usage: X' }),
  ],
  [
    'waitForDigit, gone',
    (agi) => agi.waitForDigit(),
    [['WAIT FOR DIGIT -1', '200 result=-1'], GONE],
    hangup(),
  ],
  [
    'waitForDigit, failed',
    (agi) => agi.waitForDigit(),
    [['WAIT FOR DIGIT -1', '200 result=-1'], ALIVE],
    failed('WAIT FOR DIGIT'),
  ],
  ['sayDigits, gone', (agi) => agi.sayDigits(1), [['SAY DIGITS 1 ""', '200 result=-1'], GONE], hangup()],
  ['getData, gone', (agi) => agi.getData('a'), [['GET DATA a 0 1023', '200 result=-1'], GONE], hangup()],
  ['getData of no digits', (agi) => agi.getData('a', { maxDigits: 0 }), [], refused],
  ['getData of too many', (agi) => agi.getData('a', { maxDigits: 1024 }), [], refused],
  ['getData of half a digit', (agi) => agi.getData('a', { maxDigits: 1.5 }), [], refused],
  ['getData back in time', (agi) => agi.getData('a', { timeoutMs: -1 }), [], refused],
  ['getData over 32 bits', (agi) => agi.getData('a', { timeoutMs: 2 ** 31 }), [], refused],
  ['setVariable with a NUL', (agi) => agi.setVariable('X', '\0'), [], refused],
  ['exec with a newline', (agi) => agi.exec('Foo', 'a', 'b\n'), [], refused],
  ['send of two lines', (agi) => agi.send('NOOP\nNOOP'), [], refused],
  [
    'exec of none',
    (agi) => agi.exec('Foo', 1),
    [['EXEC Foo 1', '200 result=-2']],
    expect.objectContaining({
      name: 'AgiCommandError',
      code: 'AGI_NO_APPLICATION',
      message: expect.stringContaining('"Foo"'),
    }),
  ],
  ['exec, gone', (agi) => agi.exec('Foo'), [['EXEC Foo ""', '200 result=-1'], GONE], hangup()],
  ['exec, told of it', (agi) => agi.exec('Foo'), [['EXEC Foo ""', '200 result=-1\nHANGUP']], hangup()],
  [
    'send of what is unknown',
    (agi) => agi.send('FOO'),
    [['FOO', '510 Invalid or unknown command']],
    expect.objectContaining({ code: 'AGI_UNKNOWN_COMMAND' }),
  ],
];

describe('gives', () => {
  it.each(outcomes)('%s', async (_, run, conversation, outcome) => {
    const { agi, left } = callOf(...conversation);
    expect(await run(agi)).toEqual(outcome);
    expect(left).toEqual([]);
  });
});

describe('fails', () => {
  it.each(failures)('%s', async (_, run, conversation, error) => {
    const { agi, left, transport } = callOf(...conversation);
    await expect(run(agi)).rejects.toEqual(error);
    expect(left).toEqual([]);
    expect(transport.commands.length).toBe(conversation.length);
  });
});

it('a hangup that a reply shows comes with that reply', async () => {
  const { agi } = callOf(['STREAM FILE a "" 0', '200 result=-1 endpos=80'], GONE);
  await expect(agi.streamFile('a')).rejects.toMatchObject({
    reply: { text: '200 result=-1 endpos=80', fields: { endpos: '80' } },
  });
});

it('hanging up aborts the signal', async () => {
  const { agi } = callOf(['HANGUP', '200 result=1\nHANGUP']);
  const { signal } = agi;
  await agi.hangup();
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBeInstanceOf(AgiHangupError);
});

it('commands that nobody awaits go out in their order, those of one method together', async () => {
  const { agi, session, transport } = callOf(
    ['VERBOSE a 1', '200 result=1'],
    ['VERBOSE b 1', '200 result=1'],
    ['STREAM FILE none "" 0', '200 result=-1 endpos=0'],
    ALIVE,
    ['SET VARIABLE test 1111', '200 result=1'],
  );
  void agi.verbose('a\nb');
  void agi.streamFile('none');
  void agi.setVariable('test', '1111');
  await session.drain();
  expect(transport.commands.length).toBe(5);
});

it('the request is there', () => {
  const { session } = openCall(undefined, { agi_network_script: 'x?a=1' });
  expect(new Agi(session).request.params.a).toBe('1');
});

describe('the trace', () => {
  it.each<[string, (agi: Agi) => Promise<unknown>, string, string]>([
    ['getData', (agi) => agi.getData('pin', { secret: true }), 'GET DATA pin 0 1023', '200 result=1234'],
    ['getVariable', (agi) => agi.getVariable('${PIN}'), 'GET VARIABLE "${PIN}"', '200 result=1 (1234)'],
    [
      'setVariable',
      (agi) => agi.setVariable('user_password', 'x'),
      'SET VARIABLE user_password x',
      '200 result=1',
    ],
  ])('marks what is secret: %s', async (_, run, command, reply) => {
    const { agi, trace } = callOf([command, reply]);
    await run(agi);
    expect(trace).toEqual([`!> ${command}`, `!< ${reply}`]);
  });

  it.each<[string, (agi: Agi) => Promise<unknown>, string, string]>([
    ['getData', (agi) => agi.getData('pin'), 'GET DATA pin 0 1023', '200 result=1234'],
    ['getVariable', (agi) => agi.getVariable('${SPINNER}'), 'GET VARIABLE "${SPINNER}"', '200 result=0'],
    ['setVariable', (agi) => agi.setVariable('test', 1), 'SET VARIABLE test 1', '200 result=1'],
  ])('and nothing else: %s', async (_, run, command, reply) => {
    const { agi, trace } = callOf([command, reply]);
    await run(agi);
    expect(trace).toEqual([`> ${command}`, `< ${reply}`]);
  });
});

it.each<[string, (agi: Agi) => Promise<unknown>]>([
  ['a NUL', (agi) => agi.setVariable('PIN', 'hunter2\0')],
  ['too long', (agi) => agi.databasePut('pins', 'PIN=', `hunter2${'x'.repeat(9000)}`)],
])('an error shows nothing of a secret argument: %s', async (_, run) => {
  const { agi } = callOf();
  await expect(run(agi)).rejects.toEqual(
    expect.objectContaining({ code: 'AGI_ARGUMENT', message: expect.not.stringContaining('hunter2') }),
  );
});

describe('an option that is undefined is one that is left out', () => {
  const nothing = (...names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
  const moment = new Date(0);
  it.each<[string, string[], (agi: Agi, options: object) => Promise<unknown>]>([
    ['streamFile', ['escapeDigits', 'offsetSamples'], (agi, o) => agi.streamFile('x', o)],
    ['getData', ['timeoutMs', 'maxDigits', 'secret'], (agi, o) => agi.getData('x', o)],
    ['getOption', ['escapeDigits', 'timeoutMs'], (agi, o) => agi.getOption('x', o)],
    [
      'controlStreamFile',
      ['escapeDigits', 'skipMs', 'forward', 'rewind', 'pause', 'offsetMs'],
      (agi, o) => agi.controlStreamFile('x', o),
    ],
    [
      'recordFile',
      ['escapeDigits', 'timeoutMs', 'offsetSamples', 'beep', 'silenceSeconds'],
      (agi, o) => agi.recordFile('x', 'wav', o),
    ],
    ['sayNumber', ['escapeDigits', 'gender'], (agi, o) => agi.sayNumber(7, o)],
    ['sayDateTime', ['escapeDigits', 'format', 'timezone'], (agi, o) => agi.sayDateTime(moment, o)],
    ['sayDigits', ['escapeDigits'], (agi, o) => agi.sayDigits('7', o)],
    ['dial', ['timeoutSeconds', 'flags'], (agi, o) => agi.dial('PJSIP/x', o)],
    [
      'menu',
      ['greeting', 'beep', 'timeoutMs', 'attempts', 'messages'],
      (agi, o) => agi.menu({ 1: 'one', 2: 'two' }, o),
    ],
    [
      'ask',
      [
        ...['minDigits', 'maxDigits', 'timeoutMs', 'interDigitTimeoutMs', 'endKey', 'cancelKey'],
        ...['secret', 'attempts', 'parse', 'messages'],
      ],
      (agi, o) => agi.ask({ prompt: 'x', ...o }),
    ],
    ['textInput', ['mode', 'prompt', 'timeoutMs', 'echo'], (agi, o) => agi.textInput(o)],
    ['speechRecognize', ['timeoutSeconds', 'offsetSamples'], (agi, o) => agi.speechRecognize('x', o)],
  ])('%s', async (_, names, run) => {
    const said = async (options: object) => {
      const { session, transport } = openCall(() => '200 result=0 endpos=0\n');
      const outcome = await run(new Agi(session), options).catch((error) => error);
      return { outcome, sent: transport.commands };
    };
    const left = await said({});
    expect(left.sent.length).toBeGreaterThan(0);
    expect(await said(nothing(...names))).toEqual(left);
  });
});
