// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Values that come in part, as Getvar cuts them: at 1,023 bytes, wherever that is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeVariable } from '../../src/ami/long-values';
import { decodeText } from '../../src/wire/lines';

/** A manager that has one variable, `X`. */
function manager(value: Buffer, hasEval = true) {
  const asked: string[] = [];
  const cut = (bytes: Buffer) => decodeText(bytes.subarray(0, 1023));
  const read = async (name: string) => {
    asked.push(name);
    if (name === 'X' || name === 'F(X)') return cut(value);
    const [, from, length] = /^EVAL\(\$\{X:(\d+):(\d+)\}\)$/.exec(name) ?? [];
    if (from === undefined) throw new Error(name);
    return hasEval ? cut(value.subarray(Number(from), Number(from) + Number(length))) : '';
  };
  return { asked, read };
}

const get = async (value: Buffer, name = 'X', hasEval = true) => {
  const { asked, read } = manager(value, hasEval);
  return { value: await wholeVariable(read, name, await read(name)), asked };
};

describe('a variable', () => {
  it.each([0, 1, 1022])('of %d bytes is asked for once', async (length) => {
    const value = Buffer.alloc(length, 'x');
    expect(await get(value)).toEqual({ value: value.toString(), asked: ['X'] });
  });

  it.each([1023, 1024, 2022, 2023, 2024, 8000])('of %d bytes comes whole', async (length) => {
    const value = Buffer.alloc(length, 'abcdefghijk');
    expect((await get(value)).value).toBe(value.toString());
  });

  it('of any characters comes whole, wherever a piece ends', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'ö', '€', '😀', ': ', '\n'), { minLength: 300, maxLength: 2500 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect((await get(Buffer.from(value))).value).toBe(value);
      }),
      { numRuns: 100 },
    );
  });

  it('in an old encoding comes whole, each byte a character', async () => {
    const value = Buffer.from('M\xfcller '.repeat(400), 'latin1');
    expect((await get(value)).value).toBe(value.toString('latin1'));
  });

  it('is what was given where there is no EVAL', async () => {
    const value = Buffer.alloc(3000, 'x');
    expect((await get(value, 'X', false)).value).toBe('x'.repeat(1023));
  });
});

it('a function is not asked twice: it may do something', async () => {
  const value = Buffer.alloc(3000, 'x');
  expect(await get(value, 'F(X)')).toEqual({ value: 'x'.repeat(1023), asked: ['F(X)'] });
});
