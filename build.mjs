// Makes dist/: the executables, each one file that runs with nothing beside it, and the library with its types.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { coldRooms } from './scripts/cold-rooms.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // an ES module as entry costs 4 ms and more at the start of a call
  format: 'cjs',
  define: { 'process.env.FASTAGI_VERSION': JSON.stringify(version) },
  metafile: true,
  logLevel: 'warning',
};

// every kilobyte costs a call's start 60 µs of parsing
const lean = { ...common, minify: true };

/**
 * Beside a `package.json` that says `"type": "module"` Node takes a copy of an executable for an ES module, which has no
 * `require`: then it makes itself one. Elsewhere these are the names of what a CommonJS module is given, and keep it.
 */
const inAnyFolder = `"use strict";var require,module,__filename;if(!require){
const load=process.getBuiltinModule,Module=load("module");
__filename=load("fs").realpathSync(process.argv[1]);
module=new Module(__filename);require=Module.createRequire(__filename)}`;

const executable = {
  ...lean,
  plugins: [coldRooms(root, lean)],
  banner: { js: `#!/usr/bin/env node\n${inAnyFolder.replaceAll('\n', '')}` },
};

/**
 * `require('./room')` in a program that holds all its rooms: esbuild makes the room's exports anew each time, some
 * microseconds for what is asked for with each command. So they are kept.
 */
const lastingRooms = {
  name: 'lasting-rooms',
  setup(build) {
    build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path: file }) => {
      const kept = [];
      const text = fs.readFileSync(file, 'utf8').replace(/\brequire\('\.\.?\/[\w./-]+'\)/g, (call) => {
        kept.push(`room${kept.length}`);
        return `(${kept.at(-1)} ??= ${call})`;
      });
      const head = kept.map((name) => `var ${name}: any;`).join('');
      return { loader: 'ts', contents: head + text };
    });
  },
};

/** The program that is run from compiled code gets `import()` from what runs it. */
const givenImporting = {
  name: 'given-importing',
  setup(build) {
    const given = path.join(root, 'src/listen/given-importing.ts');
    build.onResolve({ filter: /\/importing$/ }, () => ({ path: given }));
  },
};

export const products = [
  { ...executable, entryPoints: ['bin/fastagi.ts'], outfile: 'dist/fastagi' },
  { ...executable, entryPoints: ['bin/agi.ts'], outfile: 'dist/agi' },
  // what serves the calls of `fastagi listen`, and what starts that
  {
    ...lean,
    plugins: [givenImporting, lastingRooms],
    entryPoints: ['src/listen/serving-process.ts'],
    outfile: 'dist/fastagi-serving.js',
  },
  { ...lean, entryPoints: ['bin/fastagi-process.ts'], outfile: 'dist/fastagi-process.js' },
  // what does so for one call that has waited
  {
    ...executable,
    banner: {},
    entryPoints: ['bin/fastagi-errand.ts'],
    outfile: 'dist/fastagi-errand.js',
  },
  { ...lean, entryPoints: ['src/listen/rehearsed-script.ts'], outfile: 'dist/fastagi-rehearsal.js' },
  // yargs is an ES module, and asks where it lies
  {
    ...common,
    format: 'esm',
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/fastagi-commands.mjs',
    // for CommonJS packages in it that ask for Node's own modules
    banner: {
      js: "import * as nodeModule from 'node:module';\nconst require = nodeModule.createRequire(import.meta.url);",
    },
  },
  { ...common, entryPoints: ['src/index.ts'], outfile: 'dist/index.js' },
  // types alone, for `import 'fastagi/globals'`
  { ...common, entryPoints: ['src/globals.ts'], outfile: 'dist/globals.js' },
  { ...common, entryPoints: ['src/ami/index.ts'], outfile: 'dist/ami.js' },
  { ...common, entryPoints: ['src/testing/index.ts'], outfile: 'dist/testing.js' },
  // `fastagi/ari`, and what `agi.ari()` loads: it lies beside the executables
  { ...common, entryPoints: ['src/ari/index.ts'], outfile: 'dist/ari.js' },
];

async function make(product) {
  const { outputFiles } = await bundle({ ...product, write: false });
  for (const { path: file, contents } of outputFiles) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, contents);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  fs.rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  await Promise.all(products.map(make));
  // Node asks the nearest one how to read the executables, at each call's start: so one is near, and short
  fs.writeFileSync(path.join(root, 'dist/package.json'), '{"type":"commonjs"}\n');
  for (const file of ['fastagi', 'agi']) fs.chmodSync(path.join(root, 'dist', file), 0o755);
  execFileSync(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  console.error('built dist/fastagi, dist/agi and the library');
}
