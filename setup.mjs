// Installs and builds what is missing, so that a fresh clone needs no other step.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const at = (...names) => path.join(root, ...names);

/** `npm ci`, where the lockfile says otherwise than what is installed. @param folder the one that has it */
export function install(folder = root) {
  const done = path.join(folder, 'node_modules', '.package-lock.json');
  const lockfile = path.join(folder, 'package-lock.json');
  if (fs.existsSync(done) && fs.statSync(done).mtimeMs >= fs.statSync(lockfile).mtimeMs) return;
  console.error(`Installing what ${path.relative(process.cwd(), lockfile)} names …`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  fs.utimesSync(done, new Date(), new Date());
}

/** `node build.mjs`, where a source is newer than what was built of it. */
export function build() {
  install();
  // the last thing that the build makes
  const built = at('dist', 'types', 'index.d.ts');
  const sources = ['build.mjs', 'package-lock.json', 'bin', 'src'].flatMap((name) => filesOf(at(name)));
  if (
    fs.existsSync(built) &&
    sources.every((file) => fs.statSync(file).mtimeMs <= fs.statSync(built).mtimeMs)
  )
    return;
  execFileSync(process.execPath, [at('build.mjs')], { cwd: root, stdio: 'inherit' });
}

function filesOf(place) {
  if (!fs.statSync(place).isDirectory()) return [place];
  return fs
    .readdirSync(place, { recursive: true })
    .map((name) => path.join(place, name))
    .filter((file) => fs.statSync(file).isFile());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build();
  } catch (error) {
    // npm and the build have said why
    console.error(error.message);
    process.exitCode = 1;
  }
}
