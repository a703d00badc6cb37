// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
import { describe, expect, it, test } from 'vitest';
import { namesSecret, redact, redactQuery } from '../../src/wire/redact';

describe('a secret line', () => {
  it.each([
    ['SET VARIABLE PIN 1234', 'SET VARIABLE PIN ***'],
    ['SET VARIABLE PASSWORD "a b \\"c\\""', 'SET VARIABLE PASSWORD ***'],
    ['GET VARIABLE PIN', 'GET VARIABLE PIN ***'],
    ['GET FULL VARIABLE "${PIN}" PJSIP/1', 'GET FULL VARIABLE "${PIN}" ***'],
    ['GET DATA enter-pin 5000 4', 'GET DATA enter-pin ***'],
    ['DATABASE PUT cards 100 4111111111111111', 'DATABASE PUT cards ***'],
    ['EXEC Set PIN=1234', '***'],
    ['200 result=1234', '200 result=***'],
    ['200 result=1234 (timeout)', '200 result=*** (timeout)'],
    ['200 result= (timeout)', '200 result=*** (timeout)'],
    ['200 result=1 (hunter2)', '200 result=***'],
    ['200 result=1 (a (timeout)', '200 result=*** (timeout)'],
    ['200 result=1 (\u2028hunter2)', '***'],
    ['second line of a value)', '***'],
    ['520-Invalid command syntax.  Proper usage follows:', '***'],
    ['', '***'],
  ])('%s → %s', (line, shown) => {
    expect(redact(line)).toBe(shown);
  });
});

it.each([
  ['GET FULL VARIABLE "${PIN}~k3"', true],
  ['GET VARIABLE userPin', true],
  // the mark is random
  ['GET FULL VARIABLE "${X}~a7pin9"', false],
  ['GET FULL VARIABLE "${X}~pwd"', false],
])('whether %s names a secret: %s', (line, secret) => {
  expect(namesSecret(line)).toBe(secret);
});

describe('a line of the header', () => {
  it.each([
    ['agi_network_script: x.js?pin=1234', 'agi_network_script: x.js?pin=***'],
    [
      'agi_network_script: x.js?user=jo&password=a%20b&lang=en',
      'agi_network_script: x.js?user=jo&password=***&lang=en',
    ],
    ['agi_request: agi://h/x?a=1&ApiToken=xyz', 'agi_request: agi://h/x?a=1&ApiToken=***'],
    ['agi_request: agi://h/x?client_secret=a=b', 'agi_request: agi://h/x?client_secret=***'],
    ['x?card=1&cvc=2&cvv=3', 'x?card=***&cvc=***&cvv=***'],
    ['x?pin=', 'x?pin=***'],
    ['x?a?pin=1234', 'x?a?pin=***'],
    ['x?a=1?pin=1234', 'x?a=1?pin=***'],
    ['x?pin=12?34&a=5', 'x?pin=***&a=5'],
    ['x?pin', 'x?pin'],
    ['x?a=pin', 'x?a=pin'],
    ['agi_network_script: pin/x.js?a=1', 'agi_network_script: pin/x.js?a=1'],
    ['agi_calleridname: Jo = Do & Co', 'agi_calleridname: Jo = Do & Co'],
  ])('%s → %s', (line, shown) => {
    expect(redactQuery(line)).toBe(shown);
  });
});

test.each(['?', '?pin', '&pin', 'pin', '?a=', '=', '&'])(
  'a long line of %j, as a caller may make it',
  (unit) => {
    const line = `?${unit.repeat(64_000 / unit.length)}`;
    expect(redactQuery(line).startsWith('?')).toBe(true);
  },
);
