// `npm run bench`, `npm run bench -- speech`: installs and builds what is missing, bundles the bench (Node 20 strips no types) and runs it.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const run = (file, ...args) =>
  execFileSync(file, args, { cwd: root, stdio: ['ignore', process.stderr, 'inherit'] });

if (!fs.existsSync(path.join(root, 'node_modules/esbuild'))) run('npm', 'ci');
// always, for it takes half a second: what is measured is what the sources say now
run(process.execPath, 'build.mjs');

const [which, ...words] =
  process.argv[2] === 'speech' ? process.argv.slice(2) : ['main', ...process.argv.slice(2)];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fastagi-bench-'));
try {
  const { build } = await import('esbuild');
  const outfile = path.join(folder, 'bench.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: [`bench/${which}.ts`],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'warning',
    outfile,
  });
  // Ctrl-C reaches the bench as well, which ends its xinetd; here it must not come before that
  process.on('SIGINT', () => {});
  const args = ['--enable-source-maps', outfile, root, folder, ...words];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
