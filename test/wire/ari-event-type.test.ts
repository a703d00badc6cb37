/** The type of an event, read from the head of its text: what JSON.parse says, or nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peekEventType } from '../../src/wire/ari-event-type';

describe('peekEventType', () => {
  it.each([
    ['{"type":"StasisStart","timestamp":"2026"}', 'StasisStart'],
    ['{"type":"X"}', 'X'],
    ['{"type":""}', ''],
    ['{"variable":"COLOUR","value":"blue","type":"ChannelVarset","channel":{}}', 'ChannelVarset'],
    ['{"cause":16,"soft":true,"x":null,"y":-1.5e+3,"type":"ChannelHangupRequest"}', 'ChannelHangupRequest'],
    ['{"type":"__proto__"}', '__proto__'],
    // a value is no name, whatever a caller has put into it
    [String.raw`{"value":"\",\"type\":\"Dial","type":"ChannelVarset"}`, 'ChannelVarset'],
    [String.raw`{"value":"\\","type":"ChannelVarset"}`, 'ChannelVarset'],
    [String.raw`{"value":"\\\",\"type\":\"Dial\\","type":"ChannelVarset"}`, 'ChannelVarset'],
    [String.raw`{"type\"":"Dial","type":"ChannelVarset"}`, 'ChannelVarset'],
    ['{"value":"type","type":"ChannelVarset"}', 'ChannelVarset'],
  ])('%s', (text, type) => {
    expect(JSON.parse(text).type).toBe(type);
    expect(peekEventType(text)).toBe(type);
  });

  it.each([
    '',
    '{',
    '{}',
    '[]',
    'null',
    '"type"',
    '{"type"',
    '{"type":',
    '{"type":"',
    '{"type":"X',
    '{"type":7}',
    '{"type":null}',
    '{"type":{"type":"X"}}',
    '{"a":{"type":"X"},"type":"Y"}',
    '{"a":[],"type":"Y"}',
    String.raw`{"type":"\u0041"}`,
    // as `pretty = yes` of ari.conf has it
    '{\n  "type": "X"\n}',
    '{"a":1,}',
    '{"a":1 ,"type":"Y"}',
    `{${Array.from({ length: 20 }, (_, at) => `"k${at}":${at}`).join()},"type":"X"}`,
  ])('%s is not told', (text) => {
    expect(peekEventType(text)).toBeUndefined();
  });

  it('is never wrong', () => {
    const name = fc.oneof(fc.constantFrom('type', 'typ', 'a', '"type"', '\\', '__proto__'), fc.string());
    const text = fc.oneof(fc.string(), fc.constantFrom('","type":"X', '\\', '"', '\\"', 'Ä\u2028'));
    const value = fc.oneof(text, text, fc.jsonValue({ maxDepth: 1 }));
    const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one, maxLength: 6 });
    let told = 0;
    fc.assert(
      fc.property(members, (pairs) => {
        const written = `{${pairs.map(([one, other]) => `${JSON.stringify(one)}:${JSON.stringify(other)}`).join()}}`;
        const type = peekEventType(written);
        if (type === undefined) return;
        told++;
        expect(type).toBe(JSON.parse(written).type);
      }),
      { numRuns: 2000 },
    );
    expect(told).toBeGreaterThan(50);
  });

  it('takes a time that grows with the text alone', () => {
    for (const text of ['{"a":"'.padEnd(5e6, '\\"'), '{"a":"'.padEnd(5e6, '\\'), '{"'.padEnd(5e6, 'a')]) {
      expect(peekEventType(text)).toBeUndefined();
    }
  });
});
