/** Before all tests: what they run is what the sources say now. */
import { execFileSync } from 'node:child_process';
import { root } from './inet';

export default function setup(): void {
  execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
