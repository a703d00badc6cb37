import { describe, expect, it, test } from 'vitest';
import { toRequest } from '../../src/wire/agi-request';

const requestOf = (fields: Record<string, string>) => toRequest(new Map(Object.entries(fields)));
const paramsOf = (script: string) => ({ ...requestOf({ agi_network_script: script }).params });

test('every field of a FastAGI request', () => {
  const raw = new Map(
    Object.entries({
      agi_network: 'yes',
      agi_network_script: 'hello.js?lang=en',
      agi_request: 'agi://127.0.0.1/hello.js?lang=en',
      agi_channel: 'PJSIP/100-00000001',
      agi_language: 'en',
      agi_type: 'PJSIP',
      agi_uniqueid: '1700000000.1',
      agi_version: '22.10.1',
      agi_callerid: '0301234567',
      agi_calleridname: 'Jo Do',
      agi_callingpres: '67',
      agi_callingani2: '62',
      agi_callington: '33',
      agi_callingtns: '0',
      agi_dnid: '100',
      agi_rdnis: '200',
      agi_context: 'default',
      agi_extension: '*97',
      agi_priority: '3',
      agi_enhanced: '0.0',
      agi_accountcode: 'sales',
      agi_threadid: '-1407000000',
      agi_arg_1: 'one',
      agi_arg_2: '',
      agi_arg_3: 'three',
    }),
  );
  expect(toRequest(raw)).toEqual({
    network: true,
    networkScript: 'hello.js?lang=en',
    params: { lang: 'en' },
    request: 'agi://127.0.0.1/hello.js?lang=en',
    channel: 'PJSIP/100-00000001',
    language: 'en',
    type: 'PJSIP',
    uniqueId: '1700000000.1',
    version: '22.10.1',
    callerId: '0301234567',
    callerIdName: 'Jo Do',
    callingPres: 67,
    callingAni2: 62,
    callingTon: 33,
    callingTns: 0,
    dnid: '100',
    rdnis: '200',
    context: 'default',
    extension: '*97',
    priority: 3,
    enhanced: false,
    accountCode: 'sales',
    threadId: '-1407000000',
    arguments: ['one', '', 'three'],
    raw,
  });
});

test('a classic request with nothing known', () => {
  expect(
    requestOf({
      agi_request: 'hello.js',
      agi_callerid: 'unknown',
      agi_calleridname: 'unknown',
      agi_dnid: 'unknown',
      agi_rdnis: 'unknown',
      agi_accountcode: '',
      agi_callingpres: '',
      agi_priority: 'first',
    }),
  ).toMatchObject({
    network: false,
    networkScript: undefined,
    params: {},
    request: 'hello.js',
    callerId: undefined,
    callerIdName: undefined,
    dnid: undefined,
    rdnis: undefined,
    accountCode: undefined,
    callingPres: undefined,
    priority: undefined,
    channel: undefined,
    enhanced: false,
    arguments: [],
  });
});

test('`unknown` is a value like any other where Asterisk does not mean "none" by it', () => {
  expect(
    requestOf({
      agi_extension: 'unknown',
      agi_accountcode: 'unknown',
      agi_context: 'unknown',
      agi_arg_1: 'unknown',
    }),
  ).toMatchObject({
    extension: 'unknown',
    accountCode: 'unknown',
    context: 'unknown',
    arguments: ['unknown'],
  });
});

test('EAGI', () => {
  expect(requestOf({ agi_enhanced: '1.0' }).enhanced).toBe(true);
});

describe('arguments', () => {
  it.each<[Record<string, string>, string[]]>([
    [{ agi_arg_2: 'b', agi_arg_1: 'a' }, ['a', 'b']],
    [{ agi_arg_1: 'a', agi_arg_3: 'c' }, ['a']],
    [{ agi_arg_0: 'z', agi_arg_2: 'b' }, []],
    [
      Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`agi_arg_${at + 1}`, String(at)])),
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11'],
    ],
  ])('%j → %j', (fields, args) => {
    expect(requestOf(fields).arguments).toEqual(args);
  });
});

describe('params', () => {
  it.each<[string, Record<string, string>]>([
    ['hello.js', {}],
    ['hello.js?', {}],
    ['hello.js?&&', {}],
    ['?a=1', { a: '1' }],
    ['hello.js?a=1&b=2', { a: '1', b: '2' }],
    ['hello.js?a=1&&b=2&', { a: '1', b: '2' }],
    ['hello.js?a', { a: '' }],
    ['hello.js?a=', { a: '' }],
    ['hello.js?=1', { '': '1' }],
    ['hello.js?a=b=c', { a: 'b=c' }],
    ['hello.js?a=b?c', { a: 'b?c' }],
    ['hello.js?a=1&a=2', { a: '2' }],
    ['hello.js?a+b=c+d', { 'a b': 'c d' }],
    ['hello.js?a%20b=c%26d%3De%2Bf', { 'a b': 'c&d=e+f' }],
    ['hello.js?n=J%C3%BCrgen', { n: 'Jürgen' }],
    ['hello.js?n=Jürgen', { n: 'Jürgen' }],
    ['hello.js?off=100%', { off: '100%' }],
    ['hello.js?off=5%25&x=%zz+1', { off: '5%', x: '%zz 1' }],
    ['hello.js?n=J%FCrgen', { n: 'J%FCrgen' }],
    ['hello.js?a%3', { 'a%3': '' }],
    ['hello.js?double=%2525', { double: '%25' }],
  ])('%s → %j', (script, params) => {
    expect(paramsOf(script)).toEqual(params);
  });

  it('are plain data, whatever the names', () => {
    const { params } = requestOf({ agi_network_script: 'x?__proto__=1&constructor=2&toString' });
    expect(Object.entries(params)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['toString', ''],
    ]);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it.each([
    ['a FastAGI request', { agi_network_script: 'x?a=1' }],
    ['a classic one', {}],
  ])('has nothing that was not asked for: %s', (_, fields) => {
    expect(requestOf(fields).params.constructor).toBeUndefined();
  });
});
