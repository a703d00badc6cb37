/** The quick way to a request is never another one: it gives what `RequestDecoder` gives, or nothing at all. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { LineDecoder } from '../../src/wire/lines';
import { readPlainRequest } from '../../src/wire/plain-request';
import { RequestDecoder } from '../../src/wire/request-decoder';

/** The fields in their order, where the bytes are a whole request with nothing behind it; else undefined. */
function decode(bytes: Buffer): [string, string][] | undefined {
  const lines = new LineDecoder(65_536);
  const decoder = new RequestDecoder();
  let whole = false;
  try {
    for (const line of lines.push(Buffer.from(bytes))) {
      if (whole) return undefined;
      whole = decoder.push(line);
    }
  } catch {
    return undefined;
  }
  return whole && lines.heldBytes === 0 ? [...decoder.fields] : undefined;
}

const plain = (bytes: Buffer) => {
  const fields = readPlainRequest(bytes.toString());
  return fields && [...fields];
};

const cases: [name: string, bytes: string | Buffer, fields: [string, string][] | undefined][] = [
  ['one field', 'agi_request: x\n\n', [['agi_request', 'x']]],
  [
    'a script behind agi_network',
    'agi_network: yes\nagi_network_script: a: b\n\n',
    [
      ['agi_network', 'yes'],
      ['agi_network_script', 'a: b'],
    ],
  ],
  ['an empty value', 'agi_accountcode: \n\n', [['agi_accountcode', '']]],
  ['a carriage return is text', 'agi_request: x\r\n\n', [['agi_request', 'x\r']]],
  ['a NUL is text', 'agi_request: \0\n\n', [['agi_request', '\0']]],
  ['a name without letters', 'agi_: \n\n', [['agi_', '']]],
  ['UTF-8', 'agi_calleridname: Jürgen 😀\n\n', [['agi_calleridname', 'Jürgen 😀']]],
  [
    'a line separator that is no newline',
    'agi_arg_1: a\u2028b\u0085c\n\n',
    [['agi_arg_1', 'a\u2028b\u0085c']],
  ],
  ['a name of JavaScript’s own', 'agi___proto__: x\n\n', [['agi___proto__', 'x']]],
  ['nothing', '', undefined],
  ['an empty line', '\n', undefined],
  ['two empty lines', '\n\n', undefined],
  ['no empty line', 'agi_request: x\n', undefined],
  ['no end of the line', 'agi_request: x', undefined],
  ['HANGUP behind it', 'agi_request: x\n\nHANGUP\n', undefined],
  ['one more empty line', 'agi_request: x\n\n\n', undefined],
  ['another request behind it', 'agi_request: x\n\nagi_request: x\n\n', undefined],
  ['a field twice', 'agi_request: x\nagi_request: x\n\n', undefined],
  ['a script out of its place', 'agi_request: x\nagi_network_script: y\n\n', undefined],
  ['a script in front', 'agi_network_script: y\n\n', undefined],
  ['a newline inside a value', 'agi_arg_1: a\nb\n\n', undefined],
  ['a field without its space', 'agi_request: x\nagi_arg_1:y\n\n', undefined],
  ['lines that end as on Windows', 'agi_request: x\r\n\r\n', undefined],
  ['Latin-1', Buffer.from('agi_calleridname: J\xfcrgen\n\n', 'latin1'), undefined],
  ['the character for what is no UTF-8', 'agi_arg_1: \ufffd\n\n', undefined],
  ['something else', 'GET / HTTP/1.1\r\n\r\n', undefined],
];

describe.each(cases)('%s', (_, given, fields) => {
  const bytes = Buffer.from(given);
  it(fields ? 'is read' : 'is left to the decoder', () => expect(plain(bytes)).toEqual(fields));
  if (fields) it('is read so by the decoder', () => expect(decode(bytes)).toEqual(fields));
});

/** What a request is made of, and what may have got into one. */
const fragment = fc.oneof(
  fc.constantFrom('agi_', 'agi_network', 'agi_network_script', 'agi_request', 'agi_arg_1', 'agi_callerid'),
  fc.constantFrom(
    ': ',
    ':',
    ' ',
    '\n',
    '\n',
    '\n\n',
    '\r\n',
    '\r',
    '\0',
    'HANGUP\n',
    '\ufeff',
    '\u2028',
    '\ufffd',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const fields = fc.uniqueArray(
  fc.constantFrom('network', 'network_script', 'request', 'channel', 'arg_1', 'arg_2'),
  {
    minLength: 1,
  },
);
const values = fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 6, maxLength: 6 });
const sane = fc
  .tuple(fields, values)
  .map(([names, values]) => `${names.map((name, at) => `agi_${name}: ${values[at]}\n`).join('')}\n`);

/** A request that is nearly one: with a piece of it exchanged for something else. */
const nearly = fc.tuple(sane, fc.nat(), fc.nat({ max: 4 }), fragment).map(([text, at, length, other]) => {
  const place = at % (text.length + 1);
  return text.slice(0, place) + other + text.slice(place + length);
});
const bytes = fc.oneof(
  sane.map((text) => Buffer.from(text)),
  nearly.map((text) => Buffer.from(text)),
  fc.array(fragment, { maxLength: 12 }).map((parts) => Buffer.from(`${parts.join('')}\n\n`)),
  // bytes that are no UTF-8
  fc.tuple(sane, fc.nat(), fc.integer({ min: 0x80, max: 0xff })).map(([text, at, byte]) => {
    const buffer = Buffer.from(text);
    buffer[at % buffer.length] = byte;
    return buffer;
  }),
);

test('whatever comes, it gives what the decoder gives, or leaves it to that', () => {
  fc.assert(
    fc.property(bytes, (bytes) => {
      const quick = plain(bytes);
      if (quick !== undefined) expect(quick).toEqual(decode(bytes));
    }),
    { numRuns: 5000 },
  );
});

test('what an Asterisk sends by itself is never left to the decoder', () => {
  const value = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !/[\n\ufffd]/.test(text));
  const names = fc.uniqueArray(
    fc.constantFrom('request', 'channel', 'callerid', 'context', 'arg_1', 'arg_2'),
  );
  fc.assert(
    fc.property(names, fc.array(value, { minLength: 8, maxLength: 8 }), (names, values) => {
      const all = ['network', 'network_script', ...names];
      const bytes = Buffer.from(`${all.map((name, at) => `agi_${name}: ${values[at]}\n`).join('')}\n`);
      expect(plain(bytes)).toEqual(all.map((name, at) => [`agi_${name}`, values[at]]));
      expect(decode(bytes)).toEqual(plain(bytes));
    }),
    { numRuns: 1000 },
  );
});
