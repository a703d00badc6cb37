// `npm run bench`: installs and builds what is missing, bundles the bench (Node 20 strips no types) and runs it.
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

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fastagi-bench-'));
try {
  const { build } = await import('esbuild');
  // `npm run bench -- ami` measures the manager's client, anything else the start of a call
  const args = process.argv.slice(2);
  const ami = args[0] === 'ami' && args.shift() === 'ami';
  const entryPoints = ami
    ? ['main', 'replay', 'client'].map((name) => `bench/ami/${name}.ts`)
    : ['bench/main.ts'];
  await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'warning',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    // rooms that the sources fetch by require
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  // Ctrl-C reaches the bench as well, which ends its xinetd; here it must not come before that
  process.on('SIGINT', () => {});
  const program = ['--enable-source-maps', path.join(folder, 'main.mjs'), root, folder];
  const { status } = spawnSync(process.execPath, [...program, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
