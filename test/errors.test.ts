import { describe, expect, it, vi } from 'vitest';
import * as errors from '../src/errors';
import type { AgiReply } from '../src/wire/agi-reply';

const reply = { code: 520, text: '520-x', usage: 'Usage: X' } as AgiReply;

const make = (from: typeof errors) =>
  [
    [new from.AgiError('MINE', 'text'), 'AgiError', 'MINE', []],
    [new from.AgiHangupError('text'), 'AgiHangupError', 'AGI_HANGUP', ['AgiHangupError']],
    [
      new from.AgiHangupError('text', { code: 'AGI_CLOSED' }),
      'AgiHangupError',
      'AGI_CLOSED',
      ['AgiHangupError'],
    ],
    [
      new from.AgiDeadChannelError('text', reply),
      'AgiDeadChannelError',
      'AGI_DEAD_CHANNEL',
      ['AgiHangupError', 'AgiDeadChannelError'],
    ],
    [
      new from.AgiUnknownCommandError('text', reply),
      'AgiUnknownCommandError',
      'AGI_UNKNOWN_COMMAND',
      ['AgiUnknownCommandError'],
    ],
    [new from.AgiUsageError('text', reply), 'AgiUsageError', 'AGI_USAGE', ['AgiUsageError']],
    [new from.AgiArgumentError('text'), 'AgiArgumentError', 'AGI_ARGUMENT', ['AgiArgumentError']],
    [new from.AgiCommandError('text', reply), 'AgiCommandError', 'AGI_COMMAND', ['AgiCommandError']],
    [new from.AgiProtocolError('text'), 'AgiProtocolError', 'AGI_PROTOCOL', ['AgiProtocolError']],
    [new from.AgiTimeoutError('text', 'LATE'), 'AgiTimeoutError', 'LATE', ['AgiTimeoutError']],
    [new from.AgiSpeechError('SPEECH_ENGINE', 'text'), 'AgiSpeechError', 'SPEECH_ENGINE', ['AgiSpeechError']],
    [new from.RefusedError('NO', 'text'), 'RefusedError', 'NO', ['RefusedError']],
  ] as const;

vi.resetModules();
const copy: typeof errors = await import('../src/errors');

const classes = Object.entries(errors) as [string, abstract new (...parts: never[]) => Error][];

it('the copy is another one', () => {
  expect(copy.AgiError).not.toBe(errors.AgiError);
  expect(classes.length).toBe(11);
});

describe.each([
  ['of the same copy', make(errors)],
  ['of another copy', make(copy)],
])('an error %s', (_, made) => {
  it.each(made)('%s', (error, name, code, kinds) => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(code);
    expect(error.message).toBe('text');
    expect(String(error)).toBe(`${name}: text`);
    expect(error.stack).toContain('errors.test');
    expect(Object.keys(error)).not.toContain('name');
    const is = classes.filter(([, type]) => error instanceof type).map(([name]) => name);
    expect(new Set(is)).toEqual(new Set(['AgiError', ...kinds]));
  });
});

it('a reply and a cause are kept', () => {
  const cause = new Error('EPIPE');
  expect(new errors.AgiHangupError('x', { cause, reply })).toMatchObject({ cause, reply });
  expect(new errors.AgiHangupError('x').reply).toBeUndefined();
  expect(new errors.AgiDeadChannelError('x', reply).reply).toBe(reply);
  expect(new errors.AgiDeadChannelError('x').reply).toBeUndefined();
  expect(new errors.AgiUsageError('x', reply)).toMatchObject({ usage: 'Usage: X', reply });
  expect(new errors.AgiUsageError('x', { ...reply, usage: undefined }).usage).toBe('');
});

it("a class of the user's own is its parent's kind, and nobody else is its", () => {
  class Mine extends errors.AgiHangupError {}
  class Other extends errors.AgiHangupError {}
  const mine = new Mine('x');
  expect(mine).toBeInstanceOf(Mine);
  expect(mine).toBeInstanceOf(errors.AgiHangupError);
  expect(mine).toBeInstanceOf(copy.AgiHangupError);
  expect(mine).not.toBeInstanceOf(Other);
  expect(new errors.AgiHangupError('x')).not.toBeInstanceOf(Mine);
});

it.each([undefined, null, 'AgiError', 1, {}, [], new Error('x'), { code: 'AGI_HANGUP' }, () => {}])(
  '%s is no AgiError',
  (value) => {
    expect(value instanceof errors.AgiError).toBe(false);
    expect(value instanceof errors.AgiHangupError).toBe(false);
  },
);
