/** What a mask says, as Asterisk 16 and 22 were seen to take it. */
import { describe, expect, it } from 'vitest';
import { keepsBack, toMask } from '../../src/ami/event-mask';

describe('a mask', () => {
  it.each(['', 'on', 'ON', 'true', 'yes', 'y', 't', 'call', 'user,call', 'agi,call,', 'all', 'user,all'])(
    '%j lets calls through',
    (mask) => expect(keepsBack(mask, 'call')).toBe(false),
  );

  it.each(['off', 'false', 'no', 'n', 'f', '0', 'none', 'calls', 'Call', 'user', 'user,on', 'user|call'])(
    '%j keeps calls back',
    (mask) => expect(keepsBack(mask, 'call')).toBe(true),
  );

  it.each(['1', '2', '-1'])('%s is bits, and may let them through', (mask) =>
    expect(keepsBack(mask, 'call')).toBe(false),
  );

  it.each([
    ['user, call', 'user,call'],
    [' call ', 'call'],
    ['on', 'on'],
  ])('%j is sent as %j: a blank would be part of the class', (text, sent) => expect(toMask(text)).toBe(sent));
});
