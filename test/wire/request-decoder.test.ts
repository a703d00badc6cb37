import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { LineDecoder } from '../../src/wire/lines';
import { RequestDecoder } from '../../src/wire/request-decoder';
import { anyPieces, byteByByte, reused } from '../support/pieces';

/** The fields that the bytes hold, and the lines behind the header; undefined while it has not ended. */
function decode(pieces: Iterable<Buffer>): { fields: [string, string][]; rest: string[] | undefined } {
  const lines = new LineDecoder(65_536);
  const decoder = new RequestDecoder();
  let rest: string[] | undefined;
  for (const piece of reused(pieces)) {
    for (const line of lines.push(piece)) {
      if (rest) rest.push(line);
      else if (decoder.push(line)) rest = [];
    }
  }
  return { fields: [...decoder.fields], rest };
}

const header =
  'agi_network: yes\n' +
  'agi_network_script: hello.js?a=1&b=2\n' +
  'agi_request: agi://127.0.0.1/hello.js?a=1&b=2\n' +
  'agi_channel: PJSIP/100-00000001\n' +
  'agi_calleridname: Jürgen: the = sign, "quoted"\n' +
  'agi_accountcode: \n' +
  'agi_threadid: 140000000000000\n' +
  'agi_arg_1: key: value\n' +
  '\n';

const cases: [name: string, bytes: string, fields: [string, string][], rest: string[] | undefined][] = [
  [
    'a header',
    header,
    [
      ['agi_network', 'yes'],
      ['agi_network_script', 'hello.js?a=1&b=2'],
      ['agi_request', 'agi://127.0.0.1/hello.js?a=1&b=2'],
      ['agi_channel', 'PJSIP/100-00000001'],
      ['agi_calleridname', 'Jürgen: the = sign, "quoted"'],
      ['agi_accountcode', ''],
      ['agi_threadid', '140000000000000'],
      ['agi_arg_1', 'key: value'],
    ],
    [],
  ],
  [
    'no empty line',
    'agi_network: yes\nagi_request: x\n',
    [
      ['agi_network', 'yes'],
      ['agi_request', 'x'],
    ],
    undefined,
  ],
  ['no end of the line', 'agi_network: yes\nagi_request: x', [['agi_network', 'yes']], undefined],
  ['what follows', 'agi_request: x\n\nHANGUP\nmore', [['agi_request', 'x']], ['HANGUP']],
  ['a carriage return is text', 'agi_request: x\r\n\n', [['agi_request', 'x\r']], []],
  ['a value of one space', 'agi_request:  \n\n', [['agi_request', ' ']], []],
  ['a newline inside a value', 'agi_arg_1: a\nb\nc: d\n\n', [['agi_arg_1', 'a\nb\nc: d']], []],
  ['a field without its space', 'agi_request: x\nagi_arg_1:y\n\n', [['agi_request', 'x\nagi_arg_1:y']], []],
  [
    'a newline that makes a field of its own',
    'agi_arg_1: a\nagi_arg_2: b\n\n',
    [
      ['agi_arg_1', 'a'],
      ['agi_arg_2', 'b'],
    ],
    [],
  ],
];

describe.each(cases)('%s', (_, text, fields, rest) => {
  const bytes = Buffer.from(text);
  it('whole', () => expect(decode([bytes])).toEqual({ fields, rest }));
  it('byte by byte', () => expect(decode(byteByByte(bytes))).toEqual({ fields, rest }));
  it('in any pieces', () => {
    fc.assert(
      fc.property(anyPieces(bytes), (pieces) => {
        expect(decode(pieces)).toEqual({ fields, rest });
      }),
    );
  });
});

describe('is refused', () => {
  it.each([
    ['\n', 'an empty line came in the place of an AGI request'],
    ['\nagi_network: yes\n\n', 'an empty line came'],
    ['GET / HTTP/1.1\n', 'the connection opened with "GET / HTTP/1.1", which is no AGI request'],
    ['agi_network\n', 'the connection opened with "agi_network", which'],
    ['AGI_NETWORK: yes\n', 'which is no AGI request'],
    [' agi_network: yes\n', 'which is no AGI request'],
    ['\x16\x03\x01\x02\0\x01\n', '"\\u0016\\u0003\\u0001\\u0002\\u0000\\u0001"'],
    [`${'x'.repeat(1000)}\n`, `with "${'x'.repeat(60)}", which`],
    ['agi_request: a\nagi_channel: b\nagi_request: c\n', 'names agi_request twice'],
    ['agi_request: a\nagi_request: a\n', 'names agi_request twice'],
    [
      'agi_network: yes\nagi_request: agi://h\nagi_calleridname: x\nagi_network_script: y\n',
      'out of its place',
    ],
    ['agi_request: x\nagi_arg_1: x\nagi_network_script: y\n', 'out of its place'],
    ['agi_network_script: y\n', 'out of its place'],
    ['agi_accountcode: \nagi_accountcode: root\n', 'names agi_accountcode twice'],
  ])('%j', (text, words) => {
    expect(() => decode([Buffer.from(text)])).toThrow(
      expect.objectContaining({
        name: 'AgiProtocolError',
        code: 'AGI_BAD_REQUEST',
        message: expect.stringContaining(words),
      }),
    );
  });
});

test('a value of many lines', () => {
  const decoder = new RequestDecoder();
  decoder.push('agi_arg_1: x');
  for (let line = 0; line < 100_000; line++) decoder.push('x');
  expect(decoder.push('')).toBe(true);
  expect(decoder.fields.get('agi_arg_1')).toBe('x' + '\nx'.repeat(100_000));
});
