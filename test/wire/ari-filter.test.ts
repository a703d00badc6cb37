import { expect, it } from 'vitest';
import { admitOwn } from '../../src/wire/ari-filter';
import { encodeRaw } from '../../src/wire/ari-request';

const through = (method: string, path: string, body?: unknown) => {
  const { body: text } = admitOwn(encodeRaw(method, path, { body }));
  return text === undefined ? undefined : JSON.parse(text);
};
const types = (...names: string[]) => names.map((type) => ({ type }));

it.each([
  [{ allowed: types('A') }, { allowed: types('A', 'RESTResponse', 'ApplicationReplaced') }],
  [{ allowed: types('ApplicationReplaced') }, { allowed: types('ApplicationReplaced', 'RESTResponse') }],
  [
    { allowed: types('RESTResponse', 'ApplicationReplaced') },
    { allowed: types('RESTResponse', 'ApplicationReplaced') },
  ],
  [
    { allowed: types('A'), disallowed: types('B') },
    { allowed: types('A', 'RESTResponse', 'ApplicationReplaced'), disallowed: types('B') },
  ],
  // all is allowed
  [{ allowed: [] }, { allowed: [] }],
  [{ disallowed: types('B') }, { disallowed: types('B') }],
  [{}, {}],
  // Asterisk has words for these
  [{ allowed: [null, 'A', 1] }, { allowed: [null, 'A', 1, ...types('RESTResponse', 'ApplicationReplaced')] }],
  [{ allowed: 'A' }, { allowed: 'A' }],
  [null, null],
  [7, 7],
])('%j goes as %j', (filter, sent) => {
  expect(through('PUT', '/applications/hello/eventFilter', filter)).toEqual(sent);
});

it('is nothing else', () => {
  expect(through('PUT', '/applications/hello/eventFilter')).toBeUndefined();
  const body = { allowed: types('A') };
  expect(through('POST', '/applications/hello/eventFilter', body)).toEqual(body);
  expect(through('PUT', '/bridges/hello/eventFilter', body)).toEqual(body);
});
