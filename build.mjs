// Makes dist/: the executables, each one file that runs with nothing beside it, and the library with its types.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

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
 * A room that few calls want travels as a comment: `require('./mail')` in the sources of an executable takes
 * the text out of the function that holds it and compiles it there and then. Code that merely lies in the
 * file costs every call its parsing, and a string nearly as much; a comment costs nothing. Each room lies in
 * the file once, and the rooms fetch each other in the same way.
 */
const coldRooms = {
  name: 'cold-rooms',
  setup(build) {
    const texts = new Map();
    build.initialOptions.write = false;
    fetchRooms(build, texts, "require('@rooms')");
    build.onResolve({ filter: /^@rooms$/ }, ({ path: name }) => ({ path: name, namespace: 'cold' }));
    build.onLoad({ filter: /^@rooms$/, namespace: 'cold' }, () => ({
      contents: `
        const holders = '@@holders@@';
        const rooms = {};
        module.exports = ${fetchFromRoom} = (name) => {
          if (rooms[name]) return rooms[name].exports;
          const room = rooms[name] = new require.main.constructor('fastagi:' + name);
          room.paths = [];
          const text = Function.prototype.toString.call(holders[name]);
          room._compile(text.slice(text.indexOf('/*') + 2, -3).replaceAll('${hidden}', '*/'), room.id);
          return room.exports;
        };
        module.exports.place = __filename;`,
    }));
    build.onEnd(({ outputFiles = [] }) => {
      const holders = Array.from(texts, ([name, text]) => `${JSON.stringify(name)}:${asComment(text)}`);
      for (const output of outputFiles) {
        const text = output.text.replace(/(["'`])@@holders@@\1/, () => `{${holders.join()}}`);
        output.contents = Buffer.from(text);
      }
    });
  },
};

/** How a room that has been compiled reaches the others. */
const fetchFromRoom = "globalThis[Symbol.for('fastagi.rooms')]";

/**
 * Makes each `require('./room')` a fetching of that room, whose text is added to `texts`.
 * @param fetch the expression that fetches a room by its name
 */
function fetchRooms(build, texts, fetch) {
  build.onResolve({ filter: /^\.\.?\// }, async ({ kind, path: name, resolveDir }) => {
    if (kind !== 'require-call') return undefined;
    const { path: file } = await build.resolve(name, { kind: 'import-statement', resolveDir });
    return { path: file, namespace: 'cold' };
  });
  build.onLoad({ filter: /^\//, namespace: 'cold' }, async ({ path: file }) => {
    const name = path.relative(root, file);
    if (!texts.has(name)) {
      texts.set(name, '');
      const inside = { name: 'rooms', setup: (build) => fetchRooms(build, texts, fetchFromRoom) };
      const { outputFiles } = await bundle({ ...lean, plugins: [inside], entryPoints: [file], write: false });
      texts.set(name, outputFiles[0].text);
    }
    return { contents: `module.exports = ${fetch}('${name}');`, resolveDir: root };
  });
}

/** What stands for the end of a comment inside of one. */
const hidden = '*~/';

function asComment(text) {
  if (text.includes(hidden)) throw new Error(`${hidden} stands in a room's own text`);
  return `function(){/*${text.replaceAll('*/', hidden)}*/}`;
}

/** What every call runs before its first command. */
const hotFunctions = [
  ...['serve', 'runCall', 'openSession', 'load', 'requireAsMain'],
  ...['readConfig', 'readPlainIni', 'toConfig', 'toValue'],
  ...['guard', 'guardConsole', 'identity', 'takeOver', 'replace'],
  ...['resolveRequest', 'requestedPath', 'findScript', 'isScriptName', 'isInside', 'isHidden'],
  ...['encodeCommand', 'encodeArgument', 'hasControls', 'checkLine'],
];

/**
 * V8 reads a function twice, once to skip it and once when it is first called, unless it stands in
 * parentheses; esbuild keeps those. The formatter leaves a function's end alone at the beginning of a line.
 */
const eagerFunctions = {
  name: 'eager-functions',
  setup(build) {
    const missing = new Set(hotFunctions);
    const declaration = /^(export )?((?:async )?function) (\w+)(\([\s\S]*?^\})$/gm;
    build.onLoad({ filter: /\.ts$/, namespace: 'file' }, ({ path: file }) => ({
      loader: 'ts',
      contents: fs
        .readFileSync(file, 'utf8')
        .replace(declaration, (whole, exported = '', head, name, rest) =>
          missing.delete(name) ? `${exported}const ${name} = (${head} ${rest});` : whole,
        ),
    }));
    build.onEnd(() => {
      if (missing.size > 0) throw new Error(`no such functions: ${[...missing].join(', ')}`);
    });
  },
};

const executable = { ...lean, plugins: [eagerFunctions, coldRooms], banner: { js: '#!/usr/bin/env node' } };

export const products = [
  { ...executable, entryPoints: ['bin/fastagi.ts'], outfile: 'dist/fastagi' },
  { ...executable, entryPoints: ['bin/agi.ts'], outfile: 'dist/agi' },
  // what serves the calls of `fastagi listen`
  { ...lean, entryPoints: ['bin/fastagi-process.ts'], outfile: 'dist/fastagi-process.js' },
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
  for (const file of ['fastagi', 'agi']) fs.chmodSync(path.join(root, 'dist', file), 0o755);
  execFileSync(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: root,
      stdio: 'inherit',
    },
  );
  console.log('built dist/fastagi, dist/agi and the library');
}
