import { expect, test } from 'vitest';
import { LineDecoder } from '../../src/wire/lines';

test('a line over the limit is refused by name', () => {
  expect(() => new LineDecoder(10).push(Buffer.from('x'.repeat(11)))).toThrow(
    expect.objectContaining({ code: 'AGI_LINE_TOO_LONG' }),
  );
});
