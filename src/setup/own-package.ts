/** The package that this program was installed with. */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';
import { packageFile, STANDARD_PATH } from './surroundings';

/**
 * Its folder, by a path that stays when another version takes its place, where there is one: of `/usr/local/bin/fastagi`
 * it is `/usr/local/lib/node_modules/fastagi`, even if that is a link to a clone.
 * @param executable the real path of `fastagi`
 * @param programs the folders that programs are installed in
 * @throws RefusedError where the executable lies alone
 */
export function packageFolder(executable: string, programs = STANDARD_PATH.split(':')): string {
  const manifest = packageFile(executable, 'package.json');
  if (manifest === undefined || !isOurs(manifest)) {
    throw new RefusedError(
      'PACKAGE_MISSING',
      `${executable} lies there without the package that it belongs to, which this needs: install it by npm, as README.md says`,
    );
  }
  const folder = path.dirname(manifest);
  for (const place of programs) {
    const named = path.join(place, path.basename(executable));
    if (named === executable || realOf(named) !== executable) continue;
    const linked = path.resolve(place, targetOf(named));
    const lasting = path.dirname(path.dirname(linked));
    if (realOf(lasting) === folder) return lasting;
  }
  return folder;
}

function isOurs(manifest: string): boolean {
  try {
    return JSON.parse(readFileSync(manifest, 'utf8')).name === 'fastagi';
  } catch {
    return false;
  }
}

function realOf(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}

/** Where a link leads, by one step; a folder above may be a link instead. */
function targetOf(place: string): string {
  try {
    return readlinkSync(place);
  } catch {
    return place;
  }
}
