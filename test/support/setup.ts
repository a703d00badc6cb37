/** Before all tests: what they run is what the sources say now, and the real parts are there. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { missingParts, prepareParts } from '../system/support/parts';

export default async function setup(): Promise<() => void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fastagi-tests-'));
  chmodSync(folder, 0o755);
  process.env.FASTAGI_TEST_FOLDER = folder;
  // plain JavaScript, shared with `npm run demo`
  const { build } = (await import('../../setup.mjs' as string)) as { build(): void };
  build();
  const missing = missingParts();
  if (missing) console.log(`Skipped: the tests in test/system, for ${missing}.`);
  else await prepareParts((line) => console.log(line));
  return () => rmSync(folder, { recursive: true, force: true });
}
