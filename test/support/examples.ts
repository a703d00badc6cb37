/** The examples, and the database drivers that some of them need. */
import path from 'node:path';
import { withLock } from '../system/support/lock';
import { root } from './inet';

export const example = (name: string) => path.join(root, 'examples', name);

/** Installs the drivers where that has not been done; SQLite is compiled then, which takes a minute. */
export async function installDrivers(): Promise<void> {
  const { install } = (await import('../../setup.mjs' as string)) as { install(folder: string): void };
  const folder = path.join(root, 'examples');
  const lock = path.join(root, 'dist', 'examples.lock');
  if (process.platform === 'linux') await withLock(lock, async () => install(folder));
  else install(folder);
}
