import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { withLock } from './lock';

const folder = mkdtempSync(join(tmpdir(), 'fastagi-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.runIf(process.platform === 'linux')('lets one in at a time, also after a failure', async () => {
  let inside = 0;
  const most = await Promise.all(
    [1, 2, 3].map((number) =>
      withLock(join(folder, 'lock'), async () => {
        const seen = ++inside;
        await turn();
        inside--;
        if (number === 2) throw new Error('two');
        return seen;
      }).catch((error: Error) => error.message),
    ),
  );
  expect(most).toEqual([1, 'two', 1]);
});
