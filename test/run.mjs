// `npm test`: types, lint and format, then every test. Arguments go to vitest: npm test -- test/wire
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../setup.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

build();
run('types', 'typescript/bin/tsc');
run('lint and format', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings');
run('tests', 'vitest/vitest.mjs', 'run', ...process.argv.slice(2));

function run(what, program, ...args) {
  console.log(`\n— ${what}`);
  const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
