import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { AmiDecoder } from '../../src/wire/ami-decoder';
import { AmiEvent, AmiResponse } from '../../src/wire/ami-message';
import { anyPieces, byteByByte, reused } from '../support/pieces';

const LIMIT = 4096;
const banner = 'Asterisk Call Manager/11.0.0\r\n';

type Headers = [string, string][];

function decode(pieces: Iterable<Buffer>): { messages: [string, Headers][]; held: number; strays: number } {
  const decoder = new AmiDecoder(LIMIT);
  const messages: [string, Headers][] = [];
  for (const piece of reused(pieces)) {
    for (const message of decoder.push(piece)) {
      messages.push([message instanceof AmiEvent ? 'event' : 'response', message.headers]);
    }
  }
  return { messages, held: decoder.heldBytes, strays: decoder.strays };
}

const event = (...headers: Headers): [string, Headers] => ['event', headers];
const response = (...headers: Headers): [string, Headers] => ['response', headers];

/** What comes behind the first line, and what it is. */
const cases: [bytes: string | Buffer, messages: [string, Headers][], heldBytes?: number, strays?: number][] =
  [
    ['', []],
    ['Event: A\r\n\r\n', [event(['Event', 'A'])]],
    ['Event: A\r\nX: 1\r\n\r\nEvent: B\r\n\r\n', [event(['Event', 'A'], ['X', '1']), event(['Event', 'B'])]],
    ['Event: A\r\nX: 1\r\n', [], 16],
    ['Event: A\r\n\r', [], 11],
    ['\r\n\r\nEvent: A\r\n\r\n\r\nEvent: B\r\n\r\n\r\n', [event(['Event', 'A']), event(['Event', 'B'])]],
    // repeated headers are data, in order
    [
      'Event: A\r\nVariable: a=1\r\nX: \r\nVariable: b=2\r\n\r\n',
      [event(['Event', 'A'], ['Variable', 'a=1'], ['X', ''], ['Variable', 'b=2'])],
    ],
    // values: colons, leading spaces but one, bare LF, bare CR, none at all
    [
      'Response: Success\r\nOutput:   two spaces: a:b \r\nOutput: \r\nOutput:\r\nValue: a\nb: c\r\nM: x\r\r\n\r\n',
      [
        response(
          ['Response', 'Success'],
          ['Output', '  two spaces: a:b '],
          ['Output', ''],
          ['Output', ''],
          ['Value', 'a\nb: c'],
          ['M', 'x\r'],
        ),
      ],
    ],
    [
      'Response: Error\r\nMessage: No endpoints found\n\r\n\r\n',
      [response(['Response', 'Error'], ['Message', 'No endpoints found\n'])],
    ],
    // the first header says what it is
    [
      'Event: OriginateResponse\r\nResponse: Failure\r\n\r\n',
      [event(['Event', 'OriginateResponse'], ['Response', 'Failure'])],
    ],
    ['event: a\r\n\r\nRESPONSE: b\r\n\r\n', [event(['event', 'a']), response(['RESPONSE', 'b'])]],
    // a line that is no header, and one with no name
    [
      'Response: Success\r\nno colon here\r\n: nameless\r\nX: 1\r\n\r\n',
      [response(['Response', 'Success'], ['', 'no colon here'], ['', 'nameless'], ['X', '1'])],
    ],
    ['Whatever: x\r\n\r\nEvent: A\r\n\r\n', [event(['Event', 'A'])], 0, 1],
    // before Asterisk 14 the output of a command stood as it was
    [
      'Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n  a: b\n\r\n\r\nc\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n',
      [
        response(
          ['Response', 'Follows'],
          ['Privilege', 'Command'],
          ['ActionID', '7'],
          ['Output', '  a: b'],
          ['Output', '\r'],
          ['Output', '\r'],
          ['Output', 'c'],
        ),
        event(['Event', 'A']),
      ],
    ],
    [
      'Response: Follows\r\nPrivilege: Command\r\n--END COMMAND--\r\n\r\n',
      [response(['Response', 'Follows'], ['Privilege', 'Command'], ['Output', ''])],
    ],
    ['Response: Follows\r\nEvent: A\r\n\r\n', [], 31],
    ['Event: Jürgen 王 📞\r\n\r\n', [event(['Event', 'Jürgen 王 📞'])]],
    ['Event: \ufffd sent as such\r\n\r\n', [event(['Event', '\ufffd sent as such'])]],
    // Latin-1 in one line costs no other line
    [
      Buffer.concat([
        Buffer.from('Event: A\r\nName: Øre\r\nCaller: '),
        Buffer.from('J\xfcrgen', 'latin1'),
        Buffer.from('\r\nLast: 王\r\n\r\n'),
      ]),
      [event(['Event', 'A'], ['Name', 'Øre'], ['Caller', 'Jürgen'], ['Last', '王'])],
    ],
    [`Event: A\r\nX: ${'x'.repeat(LIMIT - 13)}`, [], LIMIT],
    [
      `Event: A\r\n${'X: y\r\n'.repeat(500)}\r\n`,
      [event(['Event', 'A'], ...Array.from({ length: 500 }, (): [string, string] => ['X', 'y']))],
    ],
  ];

const named = cases.map(([text, messages, held = 0, strays = 0]) => {
  const bytes = Buffer.from(text as string);
  const shown = JSON.stringify(bytes.toString('latin1'));
  const name = shown.length > 70 ? `${shown.slice(0, 70)}… (${bytes.length} bytes)` : shown;
  return [name, Buffer.concat([Buffer.from(banner), bytes]), { messages, held, strays }] as const;
});

describe.each(named)('%s', (_, bytes, expected) => {
  it('whole', () => expect(decode([bytes])).toEqual(expected));
  it('byte by byte', () => expect(decode(byteByByte(bytes))).toEqual(expected));
  it('in any pieces', () => {
    fc.assert(
      fc.property(anyPieces(bytes), (pieces) => {
        expect(decode(pieces)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the first line', () => {
  it.each([
    ['Asterisk Call Manager/11.0.0\r\n', '11.0.0'],
    ['Asterisk Call Manager/1.1\r\n', '1.1'],
    ['Somebody Call Manager/99-x\r\n', '99-x'],
  ])('%j', (bytes, version) => {
    const decoder = new AmiDecoder();
    for (const byte of byteByByte(Buffer.from(bytes))) {
      expect(decoder.version).toBeUndefined();
      decoder.push(byte);
    }
    expect(decoder.version).toBe(version);
    expect(decoder.heldBytes).toBe(0);
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0-OpenSSH_9.2'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP/1.1 400'],
    ['220 mail ESMTP\r\n', '220 mail'],
    ['\x4a\0\0\0\x0a5.7.42-log', 'J'],
    ['Asterisk Call Manager\r\n', 'Asterisk Call Manager'],
    ['x'.repeat(300), 'xxx'],
    ['\r\n', '""'],
  ])('%j is no manager', (bytes, said) => {
    for (const pieces of [[Buffer.from(bytes)], byteByByte(Buffer.from(bytes))]) {
      expect(() => decode(pieces)).toThrow(
        expect.objectContaining({
          name: 'AmiProtocolError',
          code: 'AMI_NO_MANAGER',
          message: expect.stringContaining(said),
        }),
      );
    }
  });
});

describe('a message without end', () => {
  it.each([
    ['a line', `Event: ${'x'.repeat(LIMIT)}`],
    ['lines', `Event: A\r\n${'X: y\r\n'.repeat(LIMIT)}`],
    ['a command’s output', `Response: Follows\r\n${'a\r\n\r\n'.repeat(LIMIT)}`],
  ])('%s', (_, bytes) => {
    const whole = Buffer.from(banner + bytes);
    for (const pieces of [[whole], byteByByte(whole)]) {
      expect(() => decode(pieces)).toThrow(
        expect.objectContaining({ code: 'AMI_MESSAGE_TOO_LONG', message: expect.stringContaining('4096') }),
      );
    }
  });

  it('takes linear time and no more memory than its limit, byte by byte', () => {
    const decoder = new AmiDecoder(1 << 20);
    decoder.push(Buffer.from(banner));
    const line = Buffer.from('no colon in this line\r\n');
    let sent = 0;
    // quadratic time would not end within the test's own limit
    for (; sent < (1 << 20) - line.length; sent += line.length) decoder.push(line);
    expect(decoder.heldBytes).toBe(sent);
    decoder.push(Buffer.from('\r\n'));
    expect(decoder.heldBytes).toBe(0);
    expect(decoder.strays).toBe(1);
  });
});

test('any events in any pieces come out as they went in', () => {
  const value = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ''));
  const messages = fc.array(
    fc.record({ name: fc.stringMatching(/^[A-Z][a-z]{0,8}$/), values: fc.array(value, { maxLength: 4 }) }),
    { maxLength: 6 },
  );
  const drawn = messages.chain((list) => {
    const text = list.map(
      ({ name, values }) => `Event: ${name}\r\n${values.map((v) => `V: ${v}\r\n`).join('')}\r\n`,
    );
    return anyPieces(Buffer.from(banner + text.join(''))).map((pieces) => ({ list, pieces }));
  });
  fc.assert(
    fc.property(drawn, ({ list, pieces }) => {
      expect(decode(pieces).messages).toEqual(
        list.map(({ name, values }) =>
          event(['Event', name], ...values.map((v): [string, string] => ['V', v])),
        ),
      );
    }),
  );
});

describe('a message', () => {
  const text =
    'Event: Dial\r\nChanVariable: a=1\r\nDestChannel: x\r\nchanvariable: b=2\r\nStatus: 1\r\nStatus: 2\r\nStatus: 3';
  const message = new AmiEvent(text);

  it('has a name', () => expect(message.name).toBe('Dial'));
  it.each([
    ['Event', 'Dial'],
    ['event', 'Dial'],
    ['DESTCHANNEL', 'x'],
    ['ChanVariable', 'a=1'],
    ['Nothing', undefined],
    ['', undefined],
  ])('gets the first %s', (name, value) => expect(message.get(name)).toBe(value));
  it.each<[string, string, string | undefined]>([
    [
      'Event: A\r\nXChannel: no\r\nChannelX: no\r\nNo: Channel: no\r\nLf: a\nChannel: no\r\nChannel:yes',
      'Channel',
      'yes',
    ],
    ['Event: A\r\nchannel: other case\r\nChannel: this', 'Channel', 'this'],
    ['Event: A\r\nchannel: other case\r\nCHANNEL: this', 'Channel', 'other case'],
    ['Event: A\r\nA:\r\nB: ', 'A', ''],
    ['Event: A\r\nA:\r\nB: ', 'B', ''],
    ['Event: A\r\nA:  two', 'A', ' two'],
    ['Event: A\r\n: nameless', '', 'nameless'],
  ])('%j: %s', (text, name, value) => {
    const fresh = new AmiEvent(text);
    expect(fresh.get(name)).toBe(value);
    expect(fresh.headers.length).toBeGreaterThan(1);
    expect(fresh.get(name)).toBe(value);
  });
  it('gets all of a name, in order', () => {
    expect(message.all('CHANVARIABLE')).toEqual(['a=1', 'b=2']);
    expect(message.all('none')).toEqual([]);
  });
  it('is an object', () => {
    expect(JSON.parse(JSON.stringify(message))).toEqual({
      Event: 'Dial',
      ChanVariable: 'a=1',
      DestChannel: 'x',
      chanvariable: 'b=2',
      Status: ['1', '2', '3'],
    });
  });
  it('of hostile names is an object without a past', () => {
    const hostile = new AmiEvent('Event: A\r\n__proto__: x\r\nconstructor: y\r\nconstructor: z');
    expect(JSON.stringify(hostile)).toBe('{"Event":"A","__proto__":"x","constructor":["y","z"]}');
    expect(hostile.get('toString')).toBeUndefined();
  });
  it.each([
    ['Response: Success', true],
    ['Response: Goodbye', true],
    ['Response: Follows', true],
    ['Response: Error', false],
    ['response: error', false],
  ])('%j is taken: %s', (line, ok) => expect(new AmiResponse(line).ok).toBe(ok));
});
