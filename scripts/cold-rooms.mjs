// The rooms of the executables that travel as text: an esbuild plugin.
import fs from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { deflateRawSync } from 'node:zlib';
import { build as bundle } from 'esbuild';

/**
 * A room that few calls want travels as a comment: `require('./mail')` in the sources of an executable takes
 * the text out of the function that holds it and compiles it there and then. Code that merely lies in the
 * file costs every call its parsing, and a string nearly as much; a comment costs what reading it does, 3 µs a
 * kilobyte. So each room lies in the file once, the rooms fetch each other in the same way, and what they share
 * with what every call runs they take from there.
 */
export const coldRooms = (root, options) => ({
  name: 'cold-rooms',
  setup(build) {
    const rooms = new Rooms(root, options);
    build.initialOptions.write = false;
    build.onResolve({ filter: /^@rooms$/ }, ({ path: name }) => ({ path: name, namespace: 'cold' }));
    build.onLoad({ filter: /^@rooms$/, namespace: 'cold' }, async () => {
      const hot = await Promise.all(hotRooms.map(async (name) => [name, await rooms.exportsOf(name)]));
      const contents = `
        ${hot.map(([name, names]) => `import { ${names} } from './${name}';`).join('')}
        const holders = '@@holders@@';
        const hot = (name) => ({ ${hot.map(([name, names]) => `'${name}': { ${names} }`).join()} })[name];
        // a script may put another in its place
        const textOf = Function.prototype.toString;
        const rooms = {};
        export const fetchRoom = globalThis[Symbol.for('fastagi.rooms')] = (name) => {
          if (rooms[name]) return rooms[name].exports;
          if (!holders[name]) return hot(name);
          const room = rooms[name] = new module.constructor('fastagi:' + name);
          room.paths = [];
          room.fetch = fetchRoom;
          const holder = textOf.call(holders[name]);
          let text = holder.slice(holder.indexOf('/*') + 2, -3).replaceAll('${hidden}', '*/');
          if (text.startsWith('${packed}')) {
            const { inflateRawSync } = process.getBuiltinModule('node:zlib');
            text = inflateRawSync(Buffer.from(text.slice(${packed.length}), 'base64')).toString();
          }
          room._compile(text, room.id);
          return room.exports;
        };
        fetchRoom.place = __filename;`;
      return { resolveDir: root, contents };
    });
    build.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path: file }) => {
      const source = fs.readFileSync(file, 'utf8');
      const text = await rooms.link(source, file, 'fetchRoom');
      const head = text === source ? '' : "import { fetchRoom } from '@rooms';";
      return { loader: 'ts', contents: head + compileAtOnce(text, hotFunctions, rooms.eager) };
    });
    build.onEnd(({ outputFiles = [] }) => {
      const missing = [...hotFunctions, ...speakingFunctions].filter((name) => !rooms.eager.has(name));
      if (missing.length > 0) throw new Error(`no such functions: ${missing.join(', ')}`);
      const holders = Array.from(
        rooms.texts,
        ([name, text]) => `${JSON.stringify(name)}:${asComment(isFar(name) ? pack(text) : text)}`,
      );
      for (const output of outputFiles) {
        const text = output.text.replace(/(["'`])@@holders@@\1/, () => `{${holders.join()}}`);
        output.contents = Buffer.from(text);
      }
    });
  },
});

/** How a room reaches the others. */
const fetchFromRoom = 'fetchRoom';

/** What every call runs anyhow, and rooms use as well. */
const hotRooms = [
  'src/agi/commander.ts',
  'src/agi/outcome.ts',
  'src/agi/session.ts',
  'src/config.ts',
  'src/run/ending.ts',
  'src/wire/agi-command.ts',
];

/** What several rooms import, without being a room by itself. */
const sharedRooms = ['src/errors.ts', 'src/tts/sha256.ts', 'src/wire/dialplan.ts'];

/** Words for what goes wrong: those who import them need not wait for their text. */
const wordRooms = ['src/agi/failures.ts', 'src/wire/problems.ts', 'src/tts/problems.ts'];

const roomCall = /\brequire\('(\.\.?\/[\w./-]+)'\)/g;

/** The texts of the rooms that one executable holds. */
class Rooms {
  /** Name to text. */
  texts = new Map();
  /** Of the functions that are compiled at once, those that there are. */
  eager = new Set();
  #root;
  #options;
  /** What may not be copied into another room: all that any source fetches, and what they share. */
  #names;
  /** Name to the rooms that it imports, and so fetches before it has anything to give itself. */
  #imports = new Map();

  constructor(root, options) {
    this.#root = root;
    this.#options = options;
    this.#names = new Set([...hotRooms, ...sharedRooms]);
    for (const entry of fs.readdirSync(path.join(root, 'src'), { recursive: true })) {
      if (!entry.endsWith('.ts')) continue;
      const file = path.join(root, 'src', entry);
      for (const [, room] of fs.readFileSync(file, 'utf8').matchAll(roomCall)) {
        this.#names.add(this.#nameOf(room, file));
      }
    }
  }

  /**
   * Makes each `require('./room')` of a source a fetching of that room, and sees to its text.
   * @param fetch the expression that fetches a room by its name
   */
  async link(source, file, fetch) {
    for (const [, room] of source.matchAll(roomCall)) await this.#add(this.#nameOf(room, file));
    return source.replace(roomCall, (_, room) => `${fetch}('${this.#nameOf(room, file)}')`);
  }

  async #add(name) {
    if (this.texts.has(name) || hotRooms.includes(name)) return;
    this.texts.set(name, '');
    const inside = {
      name: 'rooms',
      setup: (build) => {
        build.onResolve({ filter: /^\.\.?\// }, async ({ path: to, importer }) => {
          const found = this.#nameOf(to, importer);
          if (found === name || !this.#names.has(found)) return undefined;
          if (!wordRooms.includes(found)) this.#import(name, found);
          await this.#add(found);
          const names = importedNames(fs.readFileSync(importer, 'utf8'), to) || (await this.exportsOf(found));
          return { path: `${found}?${names}`, namespace: 'room' };
        });
        build.onLoad({ filter: /./, namespace: 'room' }, ({ path: asked }) => {
          const [found, names] = asked.split('?');
          const room = `${fetchFromRoom}('${found}')`;
          if (!wordRooms.includes(found)) return { contents: `export const { ${names} } = ${room};` };
          const words = names
            .split(',')
            .map((word) => `export const ${word} = (...told) => ${room}.${word}(...told);`);
          return { contents: words.join('') };
        });
        build.onLoad({ filter: /\.ts$/, namespace: 'file' }, async ({ path: file }) => ({
          loader: 'ts',
          contents: compileAtOnce(
            await this.link(fs.readFileSync(file, 'utf8'), file, fetchFromRoom),
            speakingFunctions,
            this.eager,
          ),
        }));
      },
    };
    const { outputFiles } = await bundle({
      ...this.#options,
      format: 'esm',
      plugins: [inside],
      entryPoints: [name],
      write: false,
    });
    this.texts.set(name, toCommonJs(outputFiles[0].text, name));
  }

  /** @throws Error for rooms that import each other: whichever is fetched second would find nothing in the first */
  #import(name, found) {
    this.#imports.set(name, [...(this.#imports.get(name) ?? []), found]);
    const reach = new Set([found]);
    for (const room of reach) for (const further of this.#imports.get(room) ?? []) reach.add(further);
    if (reach.has(name)) throw new Error(`${name} and ${found} import each other, and cannot both be rooms`);
  }

  /** The names of all values that a source exports. */
  async exportsOf(name) {
    const account = { ...this.#options, format: 'esm', entryPoints: [name], write: false, outfile: 'x' };
    const { metafile } = await bundle(account);
    return Object.values(metafile.outputs)[0].exports.join();
  }

  #nameOf(to, from) {
    return path.relative(this.#root, path.resolve(path.dirname(from), `${to}.ts`));
  }
}

/** The names that a source imports from one place; none where it takes all as one. */
function importedNames(source, place) {
  const names = [];
  for (const [, list, from] of source.matchAll(/^import \{([^}]*)\} from '([^']+)';$/gm)) {
    if (from !== place) continue;
    names.push(
      ...list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name && !name.startsWith('type ')),
    );
  }
  if (names.some((name) => name.includes(' '))) {
    throw new Error(`${place}: what rooms share is imported by its own names`);
  }
  return names.join();
}

/** A room's text as `require` would have it: esbuild's own way of that costs each room half a kilobyte. */
function toCommonJs(text, name) {
  const imported = /(?<=^|[;}\n])import(\{[^}]*\}| [\w$]+ )from"(node:\w+)";/g;
  const exported = /export\{([^}]*)\};\s*$/;
  const inside = text
    .replace(imported, (_, names, from) => `var${names.replaceAll(' as ', ':')}=require("${from}");`)
    .replace(exported, (_, names) => {
      const pairs = names.split(',').map((one) => one.split(' as ').reverse().join(':'));
      return `module.exports={${pairs.join()}};`;
    });
  // what is left of an ES module cannot be compiled
  new Script(`(function(exports,require,module){${inside}})`, { filename: name });
  if (inside.includes('Dynamic require'))
    throw new Error(`${name} names require in another way than to fetch a room`);
  return `"use strict";${inside.includes(fetchFromRoom) ? `var ${fetchFromRoom}=module.fetch;` : ''}${inside}`;
}

/**
 * Rooms that begin with a connection or another program, and those for what has gone wrong: what unpacking costs there
 * (2 ms) is not noticed.
 */
function isFar(name) {
  return [
    /^src\/(?:ami|ari|trace)\//,
    /^src\/tts\/(?:problems|plain-filter-bank)/,
    /^src\/config-problems/,
    /^src\/run\/(?:mail|refusal|syslog|tracing|trouble|report)/,
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
  ...['serve', 'runHere', 'runCall', 'openSession', 'readPlainRequest', 'load', 'requireAsMain'],
  ...['readConfig', 'readPlainIni', 'toConfig', 'toValue'],
  ...['guard', 'guardConsole', 'guardStdin', 'identity', 'takeOver', 'replace'],
  ...['resolveRequest', 'requestedPath', 'findScript', 'isScriptName', 'isInside', 'isHidden'],
  ...['encodeCommand', 'encodeArgument', 'hasControls', 'checkLine'],
];

/** What a call runs that speaks: before its engine does, and while it does. */
const speakingFunctions = [
  ...['speechOf', 'textOf', 'isSilent', 'speak', 'stream', 'checkOptions', 'check', 'strangerIn'],
  ...['trimSlash', 'isPlain', 'given', 'sha256Hex', 'digestOf', 'compress'],
  ...['readSettings', 'checkSpeakable', 'isName', 'engineCommand', 'fill', 'encodeText', 'claim', 'take'],
  ...['findProgram', 'runProgram', 'start', 'startDirectly', 'isKnown', 'isKnownVersion', 'allowListeners'],
  ...['beginPart', 'hasNoSample', 'readWave', 'join', 'bytesOf', 'gcd', 'filterBank', 'firstDistance'],
  ...['decodeWave', 'plainSoundOf', 'readHead', 'decodeFormat', 'decodeSamples', 'encodeWave', 'release'],
];

/**
 * V8 reads a function twice, once to skip it and once when it is first called, unless it stands in
 * parentheses; esbuild keeps those. The formatter leaves a function's end alone at the beginning of a line.
 * @param names of the functions
 * @param found takes the names of those that were put in parentheses
 */
function compileAtOnce(source, names, found) {
  const declaration = /^(export )?((?:async )?function) (\w+)((?:<[^(]*>)?\([\s\S]*?^\})$/gm;
  return source.replace(declaration, (whole, exported = '', head, name, rest) => {
    if (!names.includes(name)) return whole;
    found.add(name);
    return `${exported}const ${name} = (${head} ${rest});`;
  });
}
