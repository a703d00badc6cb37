// `npm run bench`, `npm run bench -- speech`, `npm run bench -- ami`, `npm run bench -- ari`: installs and builds what is missing, bundles the bench (Node 20 strips no types) and runs it.
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

/** What each measurement is made of: the first is the program, the others are processes of its own. */
const benches = {
  speech: ['bench/speech.ts'],
  ami: ['bench/ami/main.ts', 'bench/ami/replay.ts', 'bench/ami/client.ts'],
  ari: ['bench/ari/main.ts', 'bench/ari/replay.ts', 'bench/ari/client.ts'],
};
const named = process.argv[2] in benches;
const entryPoints = named ? benches[process.argv[2]] : ['bench/main.ts'];
const asked = process.argv.slice(named ? 3 : 2);
// ahead of all else on the machine: what is measured, and never what builds it, which would wait for others for ever
const realtime = asked.includes('--realtime') ? ['chrt', '-r', '50'] : [];
const words = asked.filter((word) => word !== '--realtime');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fastagi-bench-'));
try {
  const { build } = await import('esbuild');
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
  const program = path.join(folder, path.basename(entryPoints[0]).replace('.ts', '.mjs'));
  const node = [process.execPath, '--enable-source-maps'];
  const [command, ...args] = [...realtime, ...node, program, root, folder, ...words];
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
