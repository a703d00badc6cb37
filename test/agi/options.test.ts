/** Options that there are not: in JavaScript nobody else would tell. */
import { describe, expect, it } from 'vitest';
import { Agi } from '../../src/agi/agi';
import { checkOptions } from '../../src/agi/options';
import { TypeAhead } from '../../src/agi/type-ahead';
import { methodNames } from '../../src/run/hints';
import { callOf } from '../support/calls';

/** Whatever a script in JavaScript may call. */
type Anything = Record<string, (...args: unknown[]) => unknown>;

/** The methods that take options, with what stands before them. */
const agiMethods: Record<string, unknown[]> = {
  ari: [],
  ask: [],
  controlStreamFile: ['a'],
  dial: ['PJSIP/alice'],
  enumLookup: ['+4930123456'],
  getData: ['a'],
  getOption: ['a'],
  manager: [],
  menu: [{ 1: 'a' }],
  play: ['a'],
  prepareSpeech: ['a'],
  recordFile: ['a', 'wav'],
  say: ['a'],
  sayAlpha: ['a'],
  sayDate: [0],
  sayDateTime: [0],
  sayDigits: [1],
  sayNumber: [1],
  sayPhonetic: ['a'],
  sayPunctuation: ['a'],
  sayTime: [0],
  speechFile: ['a'],
  speechRecognize: ['a'],
  streamFile: ['a'],
  swift: ['a'],
  text2wav: ['a'],
  textInput: [],
  typeAhead: [],
};

const withoutOptions =
  'answer asyncAgiBreak channelStatus conlog databaseDel databaseDelTree databaseGet databasePut exec execAgi ' +
  'getFullVariable getVariable gosub goto hangup noop parseCallerId receiveChar receiveText send sendImage sendText ' +
  'setAbsoluteTimeout setAccountCode setAutoHangup setCallerId setContext setExtension setGlobalVariable setLanguage ' +
  'setMusic setPriority setVariable speechActivateGrammar speechCreate speechDeactivateGrammar speechDestroy ' +
  'speechLoadGrammar speechSet speechUnloadGrammar tddMode verbose waitForDigit';

/** The methods of a prototype and of what it stands on. */
async function methodsOf(...prototypes: object[]): Promise<string[]> {
  const names = new Set<string>();
  for (let place of prototypes) {
    for (; place !== null && place !== Object.prototype; place = Object.getPrototypeOf(place)) {
      for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(place)))
        if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names].sort();
}

describe('the methods', () => {
  it('are those whose names a script is told that has another one', () => {
    expect([...methodNames].sort()).toEqual(
      [...Object.keys(agiMethods), ...withoutOptions.split(' ')].sort(),
    );
  });
});

describe('an option that there is not', () => {
  it('is looked for in every method', async () => {
    const { DialogueMethods } = await import('../../src/agi/dialogue-methods');
    const { Speaking } = await import('../../src/agi/speaking');
    const own = Object.getOwnPropertyNames(Agi.prototype).filter((name) => name !== 'constructor');
    const inherited = await methodsOf(DialogueMethods.prototype, Speaking.prototype);
    const getters = ['request', 'signal'];
    expect([...own, ...inherited].filter((name) => !getters.includes(name)).sort()).toEqual(
      [...Object.keys(agiMethods), ...withoutOptions.split(' ')].sort(),
    );
  });

  it.each(Object.entries(agiMethods))(
    'of agi.%s is refused before anything is sent',
    async (method, args) => {
      const { agi, left } = callOf();
      const call = async () => (agi as unknown as Anything)[method]?.(...args, { bogus: 1 });
      await expect(call()).rejects.toMatchObject({
        name: 'AgiArgumentError',
        code: 'AGI_OPTION',
        message: expect.stringMatching(new RegExp(`^${method} has no option "bogus": it has \\w+`)),
      });
      expect(left).toEqual([]);
    },
  );

  const plain = ['clear', 'take', 'waitForDigit'];
  it.each(
    Object.getOwnPropertyNames(TypeAhead.prototype).filter(
      (name) => !['constructor', 'digits', ...plain].includes(name),
    ),
  )('of typeAhead().%s is refused', async (method) => {
    const { agi } = callOf();
    const ahead = agi.typeAhead() as unknown as Anything;
    const call = async () => ahead[method]?.(...(agiMethods[method] ?? []), { bogus: 1 });
    await expect(call()).rejects.toMatchObject({ name: 'AgiArgumentError', code: 'AGI_OPTION' });
  });
});

describe('the message', () => {
  it.each<[string, (agi: Anything) => unknown, string]>([
    [
      'a name without its unit',
      (agi) => agi.getData?.('x', { timeout: 5 }),
      'getData has no option "timeout"; did you mean timeoutMs? It has timeoutMs, maxDigits, secret',
    ],
    ['in snake case', (agi) => agi.getData?.('x', { max_digits: 5 }), 'did you mean maxDigits?'],
    ['a part of one', (agi) => agi.getData?.('x', { digits: 5 }), 'did you mean maxDigits?'],
    ['shortened', (agi) => agi.streamFile?.('x', { escape: '1' }), 'did you mean escapeDigits?'],
    ['a slip', (agi) => agi.getData?.('x', { timoutMs: 5 }), 'did you mean timeoutMs?'],
    ['in capitals', (agi) => agi.recordFile?.('x', 'wav', { BEEP: 1 }), 'did you mean beep?'],
    [
      'among messages',
      (agi) => agi.menu?.({ 1: 'a' }, { messages: { timout: 'a' } }),
      'menu: messages has no option "timout"; did you mean timeout?',
    ],
    [
      'among those of a question',
      (agi) => agi.ask?.({ prompt: 'a', messages: { wrong: 'a' } }),
      'ask: messages has no option "wrong": it has timeout, short, invalid, failed',
    ],
    [
      'in a prompt',
      (agi) => agi.play?.({ number: 5, gendre: 'f' }),
      'sayNumber has no option "gendre"; did you mean gender?',
    ],
    [
      'in a text to speak',
      (agi) => agi.play?.([{ say: 'a', voise: 'b' }]),
      'say has no option "voise"; did you mean voice?',
    ],
    [
      'a prompt of no kind',
      (agi) => agi.play?.({ sya: 'a' }),
      'a prompt is the name of a sound file, a list of prompts, or one of { say }',
    ],
    ['a prompt that is a number', (agi) => agi.play?.(5), 'and this is number'],
    [
      'a part of a caller id',
      (agi) => agi.setCallerId?.({ nmae: 'Jo', number: '1' }),
      'setCallerId has no option "nmae"; did you mean name? It has name, number',
    ],
    [
      'a list',
      (agi) => agi.getData?.('x', [5000, 4]),
      'getData: its options are one object, { name: value, … }, and this is a list; it has timeoutMs, maxDigits, secret',
    ],
  ])('%s', async (_name, call, text) => {
    const { agi } = callOf();
    await expect((async () => call(agi as unknown as Anything))()).rejects.toMatchObject({
      name: 'AgiArgumentError',
      message: expect.stringContaining(text),
    });
  });
});

describe('the names', () => {
  interface Options {
    readonly one?: number;
    readonly two?: string;
  }
  const options: Options = {};

  it('are those of the type: the compiler holds them', () => {
    checkOptions('x', options, { one: true, two: true });
    // @ts-expect-error one is missing
    checkOptions('x', options, { one: true });
    // @ts-expect-error one is too many
    checkOptions('x', options, { one: true, two: true, three: true });
  });

  it('may be those of what the options are made from', async () => {
    const { agi, left } = callOf(['GET DATA x 5 1023', '200 result=1']);
    await agi.getData('x', Object.create({ timeoutMs: 5 }));
    expect(left).toEqual([]);
    await expect(agi.getData('x', Object.create({ timeout: 5 }))).rejects.toThrow('did you mean timeoutMs?');
  });

  class Settings {
    timeoutMs = 5;
    maxDigits = undefined;
    describe() {
      return 'five';
    }
  }
  /** As they were written before there were classes: its methods are enumerated. */
  function OldSettings(this: { timeoutMs: number }) {
    this.timeoutMs = 5;
  }
  OldSettings.prototype = { constructor: OldSettings, describe: () => 'five' };

  it.each<[string, object]>([
    ['undefined', { timeoutMs: 5, escapeDigits: undefined }],
    ['a known one undefined', { timeoutMs: 5, maxDigits: undefined }],
    ['an instance of a class', new Settings()],
    ['an instance of an old class', new (OldSettings as unknown as new () => object)()],
    ['of no prototype', Object.assign(Object.create(null), { timeoutMs: 5 })],
    ['frozen', Object.freeze({ timeoutMs: 5 })],
    ['a proxy', new Proxy({ timeoutMs: 5 }, {})],
    ['with a symbol', { timeoutMs: 5, [Symbol('x')]: 1 }],
  ])('are not missed in what says nothing else: %s', async (_name, options) => {
    const { agi, left } = callOf(['GET DATA x 5 1023', '200 result=1']);
    await agi.getData('x', options);
    expect(left).toEqual([]);
  });

  it('are not those that somebody has given to all objects', async () => {
    const { agi, left } = callOf(['GET DATA x 5 1023', '200 result=1']);
    const all = Object.prototype as { inspectAll?: unknown };
    all.inspectAll = 1;
    try {
      await agi.getData('x', { timeoutMs: 5 });
    } finally {
      delete all.inspectAll;
    }
    expect(left).toEqual([]);
  });

  it('reach a method by way of a prompt, and of keys that are typed ahead, from a prototype as well', async () => {
    const { agi, left } = callOf(
      ['SAY NUMBER 5 "" f', '200 result=0'],
      ['SAY NUMBER 6 12', '200 result=0'],
      ['SAY DIGITS 7 ""', '200 result=0'],
    );
    await agi.play(Object.assign(Object.create({ number: 5 }), { gender: 'f' }));
    await agi.typeAhead().sayNumber(6, Object.create({ escapeDigits: '12' }));
    await agi.play({ digits: '7', gender: undefined } as never);
    expect(left).toEqual([]);
  });
});

describe('what describes a thing, and may be a row of a database', () => {
  const row = { id: 7, number: '123', hostname: 'x', created: new Date(0), note: null, number2: '456' };

  it.each<[string, object, string]>([
    ['with more columns than are read', { ...row, name: 'Jo' }, '"Jo"'],
    ['with a column that is empty', { ...row, name: null }, '""'],
    ['with one that is like a name, beside that name', { ...row, name: 'Jo', nmae: 'x' }, '"Jo"'],
    ['with one that only has a name in it', { ...row, nickname: 'x', surname: 'y' }, '""'],
  ])('is taken %s', async (_name, callerId, told) => {
    const { agi, left } = callOf([`SET CALLERID "${told.replaceAll('"', '\\"')} <123>"`, '200 result=1']);
    await agi.setCallerId(callerId as { number: string });
    expect(left).toEqual([]);
  });

  it('may have its number as a number', async () => {
    const { agi, left } = callOf(
      ['SET CALLERID "\\"Jo\\" <5551234>"', '200 result=1'],
      ['SET CALLERID 5551234', '200 result=1'],
    );
    await agi.setCallerId({ id: 7, name: 'Jo', number: 5551234 } as { number: number });
    await agi.setCallerId(5551234);
    expect(left).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['a slip', { ...row, nmae: 'Jo' }, 'setCallerId has no option "nmae"; did you mean name?'],
    [
      'in capitals, as some databases have them',
      { ID: 7, NAME: 'Jo', NUMBER: '1' },
      'setCallerId has no option "NAME"; did you mean name?',
    ],
    ['no number', { id: 7, phone: '1' }, 'setCallerId: number: an AGI argument is a text or a number'],
    [
      'a number that is empty',
      { number: null },
      'setCallerId: number: an AGI argument is a text or a number',
    ],
    ['a name that is no text', { number: '1', name: {} }, 'setCallerId: name: an AGI argument is'],
    ['a list', ['Jo', '1'], 'setCallerId: its options are one object'],
    ['nothing', null, 'setCallerId: its options are one object'],
  ])('is refused with %s', async (_name, callerId, text) => {
    const { agi, left } = callOf();
    await expect(agi.setCallerId(callerId as string)).rejects.toMatchObject({
      name: 'AgiArgumentError',
      message: expect.stringContaining(text),
    });
    expect(left).toEqual([]);
  });
});
