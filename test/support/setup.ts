/** Before all tests: what they run is what the sources say now, and the real parts are there. */
import { missingParts, prepareParts } from '../system/support/parts';

export default async function setup(): Promise<void> {
  // plain JavaScript, shared with `npm run demo`
  const { build } = (await import('../../setup.mjs' as string)) as { build(): void };
  build();
  const missing = missingParts();
  if (missing) console.log(`Skipped: the tests in test/system, for ${missing}.`);
  else await prepareParts((line) => console.log(line));
}
