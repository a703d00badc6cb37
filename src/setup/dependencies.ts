/** What a folder of scripts needs in its `node_modules`: by npm, else, without a network, what it cannot do without. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';
import { whyUnwritten } from '../file-problems';

/** npm alone takes two minutes to see that there is no network. */
const patience = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=30000'];

/**
 * Runs `npm install` in a folder; where that fails, links `fastagi` there, which is on this machine, so that the scripts'
 * tests run and editors know what a call can do.
 * @param fastagi the folder of that package
 * @returns why npm has installed nothing; undefined where it has
 * @throws RefusedError where not even the link can be made
 */
export function installDependencies(folder: string, fastagi: string): string | undefined {
  // on a server NODE_ENV may say production, and what is wanted is there to develop with
  const args = ['install', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error', ...patience];
  const npm = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  const link = path.join(folder, 'node_modules', 'fastagi');
  if (npm.status === 0 && existsSync(link)) return undefined;
  try {
    mkdirSync(path.dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync(fastagi, link);
  } catch (error) {
    throw new RefusedError('FOLDER_UNWRITABLE', `${link} cannot be made: ${whyUnwritten(error, link)}`);
  }
  return whyNot(npm);
}

function whyNot({ error, signal, status, stderr }: ReturnType<typeof spawnSync>): string {
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return 'there is no npm on the PATH';
  if (error) return `npm cannot be run: ${error.message}`;
  if (signal) return `npm was ended by ${signal}`;
  const [, code] = /^npm (?:error|ERR!) code (\w+)/m.exec(String(stderr)) ?? [];
  return `"npm install" has failed with ${code ?? `exit code ${status}`}`;
}
