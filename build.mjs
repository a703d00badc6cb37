// Makes dist/: the executables, each one file that runs with nothing beside it, and the library with its types.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
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
 * file costs every call its parsing, and a string nearly as much; a comment costs next to nothing. Each room
 * lies in the file once, and the rooms fetch each other in the same way.
 */
const coldRooms = {
  name: 'cold-rooms',
  setup(build) {
    const texts = new Map();
    const eager = new Set();
    build.initialOptions.write = false;
    build.onResolve({ filter: /^@rooms$/ }, ({ path: name }) => ({ path: name, namespace: 'cold' }));
    build.onLoad({ filter: /^@rooms$/, namespace: 'cold' }, () => ({
      contents: `
        const holders = '@@holders@@';
        const rooms = {};
        export const fetchRoom = ${fetchFromRoom} = (name) => {
          if (rooms[name]) return rooms[name].exports;
          const room = rooms[name] = new module.constructor('fastagi:' + name);
          room.paths = [];
          const holder = Function.prototype.toString.call(holders[name]);
          let text = holder.slice(holder.indexOf('/*') + 2, -3).replaceAll('${hidden}', '*/');
          if (text.startsWith('${packed}')) {
            const { inflateRawSync } = process.getBuiltinModule('node:zlib');
            text = inflateRawSync(Buffer.from(text.slice(${packed.length}), 'base64')).toString();
          }
          room._compile(text, room.id);
          return room.exports;
        };
        fetchRoom.place = __filename;`,
    }));
    build.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path: file }) => {
      const source = fs.readFileSync(file, 'utf8');
      const text = await fetchRooms(source, file, texts, 'fetchRoom');
      const head = text === source ? '' : "import { fetchRoom } from '@rooms';";
      return { loader: 'ts', contents: head + compileAtOnce(text, eager) };
    });
    build.onEnd(({ outputFiles = [] }) => {
      const missing = hotFunctions.filter((name) => !eager.has(name));
      if (missing.length > 0) throw new Error(`no such functions: ${missing.join(', ')}`);
      const holders = Array.from(
        texts,
        ([name, text]) => `${JSON.stringify(name)}:${asComment(isFar(name) ? pack(text) : text)}`,
      );
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
 * Makes each `require('./room')` of a source a fetching of that room, whose text is added to `texts`.
 * @param fetch the expression that fetches a room by its name
 */
async function fetchRooms(source, file, texts, fetch) {
  const nameOf = (room) => path.relative(root, path.resolve(path.dirname(file), `${room}.ts`));
  const call = /\brequire\('(\.\.?\/[\w./-]+)'\)/g;
  for (const [, room] of source.matchAll(call)) {
    const name = nameOf(room);
    if (texts.has(name)) continue;
    texts.set(name, '');
    const inside = {
      name: 'rooms',
      setup(build) {
        build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
          loader: 'ts',
          contents: await fetchRooms(fs.readFileSync(file, 'utf8'), file, texts, fetchFromRoom),
        }));
      },
    };
    const { outputFiles } = await bundle({ ...lean, plugins: [inside], entryPoints: [name], write: false });
    texts.set(name, outputFiles[0].text);
  }
  return source.replace(call, (_, room) => `${fetch}('${nameOf(room)}')`);
}

/**
 * Rooms that begin with a connection or another program, and those for what has gone wrong: what unpacking costs there
 * (2 ms) is not noticed.
 */
function isFar(name) {
  return [
    /^src\/(?:ami|ari|trace)\//,
    // an engine that has been started leaves time for these
    /^src\/tts\/(?:conversion|sweep|problems)/,
    /^src\/config-problems/,
    /^src\/run\/(?:mail|refusal|syslog|tracing|trouble)/,
  ].some((far) => far.test(name));
}

/** What a packed room begins with. */
const packed = 'packed:';

function pack(text) {
  return packed + deflateRawSync(text, { level: 9 }).toString('base64');
}

/** What stands for the end of a comment inside of one. */
const hidden = '*~/';

function asComment(text) {
  if (text.includes(hidden)) throw new Error(`${hidden} stands in a room's own text`);
  return `function(){/*${text.replaceAll('*/', hidden)}*/}`;
}

/** What every call runs before its first command. */
const hotFunctions = [
  ...['serve', 'runCall', 'openSession', 'readPlainRequest', 'load', 'requireAsMain'],
  ...['readConfig', 'readPlainIni', 'toConfig', 'toValue'],
  ...['guard', 'guardConsole', 'guardStdin', 'identity', 'takeOver', 'replace'],
  ...['resolveRequest', 'requestedPath', 'findScript', 'isScriptName', 'isInside', 'isHidden'],
  ...['encodeCommand', 'encodeArgument', 'hasControls', 'checkLine'],
];

/**
 * V8 reads a function twice, once to skip it and once when it is first called, unless it stands in
 * parentheses; esbuild keeps those. The formatter leaves a function's end alone at the beginning of a line.
 * @param found takes the names of those that were put in parentheses
 */
function compileAtOnce(source, found) {
  const declaration = /^(export )?((?:async )?function) (\w+)(\([\s\S]*?^\})$/gm;
  return source.replace(declaration, (whole, exported = '', head, name, rest) => {
    if (!hotFunctions.includes(name)) return whole;
    found.add(name);
    return `${exported}const ${name} = (${head} ${rest});`;
  });
}

const executable = { ...lean, plugins: [coldRooms], banner: { js: '#!/usr/bin/env node' } };

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
  console.error('built dist/fastagi, dist/agi and the library');
}
