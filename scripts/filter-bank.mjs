/**
 * Makes src/tts/filter-bank-code.ts: the inner loops of the resampler in WebAssembly. There they stand as bytes, for to
 * assemble them is nothing that a call should do; here is what they are. `--print` writes it to standard output instead.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Numbers as WebAssembly has them (LEB128), and those of an instruction, whose last byte has a sign. */
const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);
const signed = (value) => (value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >>> 7)]);
const vector = (items) => [...number(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...vector(bytes)];
const name = (text) => vector([...Buffer.from(text)].map((byte) => [byte]));

const I32 = 0x7f;
const F64 = 0x7c;
const V128 = 0x7b;

/** A function: `body` is given what reads and writes its parameters and locals, by their names. */
function code(parameters, locals, body) {
  const names = [...parameters, ...locals].map(([name]) => name);
  const at = (instruction) => (name) => {
    if (!names.includes(name)) throw new Error(`there is no local ${name}`);
    return [instruction, names.indexOf(name)];
  };
  const instructions = body({ get: at(0x20), set: at(0x21), tee: at(0x22) }).flat(Infinity);
  const types = vector(locals.map(([, type]) => [1, type]));
  return {
    type: [0x60, ...vector(parameters.map(([, type]) => [type])), 0],
    code: vector([...types, ...instructions, 0x0b]),
  };
}

const block = (...body) => [0x02, 0x40, ...body, 0x0b];
const loop = (...body) => [0x03, 0x40, ...body, 0x0b];
const when = (...body) => [0x04, 0x40, ...body, 0x0b];
/** To the beginning of a loop, or the end of a block: the innermost is 0. */
const goto = (depth) => [0x0c, depth];
const gotoIf = (depth) => [0x0d, depth];

const i32 = {
  const: (value) => [0x41, ...signed(value)],
  isZero: 0x45,
  less: 0x49,
  notLess: 0x4f,
  notMore: 0x4d,
  add: 0x6a,
  subtract: 0x6b,
  multiply: 0x6c,
  store16: [0x3b, 1, 0],
};
const f32 = { add: 0x92 };
const f64 = { add: 0xa0, subtract: 0xa1, multiply: 0xa2, divide: 0xa3, fromI32: 0xb8 };
const toF32 = 0xb6;
const simd = (operation, ...rest) => [0xfd, ...number(operation), ...rest];
const v128 = {
  load: (offset) => simd(0, 0, ...number(offset)),
  loadOne: (offset) => simd(9, 2, ...number(offset)),
  store: simd(11, 0, 0),
  const: (...values) => simd(12, ...new Uint8Array(Float32Array.from(values).buffer)),
  backwards: simd(13, ...[12, 8, 4, 0].flatMap((at) => [at, at + 1, at + 2, at + 3])),
  spread: simd(0x13),
  lane: (which) => simd(0x1f, which),
  nearest: simd(0x6a),
  add: simd(0xe4),
  subtract: simd(0xe5),
  multiply: simd(0xe6),
  divide: simd(0xe7),
  toIntegers: simd(0xf8),
  toShorts: simd(0x85),
  firstShort: simd(0x18, 0),
};
/** All four lanes of a local together. */
const sumOf = (vector) => [
  ...[vector, v128.lane(0)],
  ...[1, 2, 3].map((which) => [vector, v128.lane(which), f32.add]),
];

/** Makes output samples. All places are in bytes, and so is the width. */
const run = code(
  ['taps', 'width', 'phases', 'step', 'input', 'phase', 'count', 'output'].map((name) => [name, I32]),
  [...['tap', 'end', 'at'].map((name) => [name, I32]), ...['a', 'b'].map((name) => [name, V128])],
  ({ get, set, tee }) => {
    const increase = (local, by) => [get(local), by, i32.add, set(local)];
    /** Adds four more taps, at an offset. */
    const accumulate = (offset) => [
      ...[get('tap'), v128.load(offset), get('at'), v128.load(offset), v128.multiply, v128.add],
    ];
    return block(
      loop(
        [get('count'), i32.isZero, gotoIf(1)],
        [get('phase'), get('width'), i32.multiply, get('taps'), i32.add, tee('tap')],
        [get('width'), i32.add, set('end')],
        [get('input'), set('at')],
        // two sums that do not wait for each other
        [v128.const(0, 0, 0, 0), tee('a'), set('b')],
        loop(
          [get('a'), accumulate(0), accumulate(32), set('a')],
          [get('b'), accumulate(16), accumulate(48), set('b')],
          increase('at', i32.const(64)),
          [get('tap'), i32.const(64), i32.add, tee('tap'), get('end'), i32.less, gotoIf(0)],
        ),
        get('output'),
        [get('a'), get('b'), v128.add, set('a'), sumOf(get('a'))],
        // to the nearest sample, and no further than the ends
        [v128.spread, v128.nearest, v128.toIntegers, tee('a'), get('a'), v128.toShorts, v128.firstShort],
        i32.store16,
        increase('output', i32.const(2)),
        increase('phase', get('step')),
        loop(
          [get('phase'), get('phases'), i32.notLess],
          when(
            [get('phase'), get('phases'), i32.subtract, set('phase')],
            increase('input', i32.const(4)),
            goto(1),
          ),
        ),
        [get('count'), i32.const(1), i32.subtract, set('count')],
        goto(0),
      ),
    );
  },
);

/** Where `design` finds what it needs besides: two times four floats, then floats. */
const given = { cosines: 0, sines: 16, cosine: 32, sine: 36, series: 40 };
/** As src/tts/filter-design.ts has them. */
const SERIES_TERMS = 12;

/**
 * Makes the taps of all phases, as `designPhase` of src/tts/plain-filter-bank.ts does for one, and a row more at the end.
 * What is on the right of one place is on the left of another, seen in a mirror: each such arm, from a place outwards, is
 * made once and put into two rows.
 */
const design = code(
  [
    ...['taps', 'half', 'phases'].map((name) => [name, I32]),
    ...['first', 'sine', 'cosine', 'y', 'x'].map((name) => [name, F64]),
  ],
  [
    ...['arm', 'left', 'right', 'end'].map((name) => [name, I32]),
    ...[['next', F64]],
    ...['distance', 'ys', 'xs', 'nexts', 'inside', 'value'].map((name) => [name, V128]),
  ],
  ({ get, set, tee }) => {
    const bytes = (local, each) => [get(local), i32.const(each), i32.multiply];
    const spread = (value) => [value, toF32, v128.spread];
    const one = (place) => [i32.const(0), v128.loadOne(place)];
    const four = (place) => [i32.const(0), v128.load(place)];
    /** The sine, or the cosine, of two angles together, by those of each. */
    const sine = (by, y, x, c, s) => [y, c, by.multiply, x, s, by.multiply, by.add];
    const cosine = (by, y, x, c, s) => [x, c, by.multiply, y, s, by.multiply, by.subtract];
    const start = [spread(get('y')), spread(get('x')), four(given.cosines), four(given.sines)];
    const fourOn = [get('ys'), get('xs'), one(given.cosine), one(given.sine)];
    const armOn = [get('y'), get('x'), get('cosine'), get('sine')];
    return [
      loop(
        [get('taps'), get('arm'), bytes('half', 8), i32.multiply, i32.add],
        [bytes('half', 4), i32.add, i32.const(16), i32.subtract, set('left')],
        [get('taps'), get('phases'), get('arm'), i32.subtract, bytes('half', 8), i32.multiply, i32.add],
        [bytes('half', 4), i32.add, tee('right'), bytes('half', 4), i32.add, set('end')],
        spread([get('first'), get('arm'), f64.fromI32, get('phases'), f64.fromI32, f64.divide, f64.add]),
        [v128.const(0, 1, 2, 3), v128.add, set('distance')],
        [sine(v128, ...start), set('ys'), cosine(v128, ...start), set('xs')],
        loop(
          [v128.const(1, 1, 1, 1)],
          [get('distance'), spread([get('half'), f64.fromI32]), v128.divide, tee('inside')],
          [get('inside'), v128.multiply, v128.subtract, set('inside')],
          one(given.series),
          Array.from({ length: SERIES_TERMS - 1 }, (_, term) => [
            [get('inside'), v128.multiply, one(given.series + 4 * (term + 1)), v128.add],
          ]),
          [get('ys'), v128.multiply, get('distance'), v128.divide, set('value')],
          [get('right'), get('value'), v128.store],
          [get('left'), get('value'), get('value'), v128.backwards, v128.store],
          [sine(v128, ...fourOn), cosine(v128, ...fourOn), set('xs'), set('ys')],
          [get('distance'), v128.const(4, 4, 4, 4), v128.add, set('distance')],
          [get('left'), i32.const(16), i32.subtract, set('left')],
          [get('right'), i32.const(16), i32.add, tee('right'), get('end'), i32.less, gotoIf(0)],
        ),
        [sine(f64, ...armOn), cosine(f64, ...armOn), set('x'), set('y')],
        [get('arm'), i32.const(1), i32.add, tee('arm'), get('phases'), i32.notMore, gotoIf(0)],
      ),
      // the same loudness at every place
      loop(
        [
          get('taps'),
          tee('right'),
          bytes('half', 8),
          i32.add,
          set('end'),
          v128.const(0, 0, 0, 0),
          set('value'),
        ],
        loop(
          [get('value'), get('right'), v128.load(0), v128.add, set('value')],
          [get('right'), i32.const(16), i32.add, tee('right'), get('end'), i32.less, gotoIf(0)],
        ),
        [v128.const(1, 1, 1, 1), sumOf(get('value')), v128.spread, v128.divide, set('value')],
        loop(
          [get('taps'), get('taps'), v128.load(0), get('value'), v128.multiply, v128.store],
          [get('taps'), i32.const(16), i32.add, tee('taps'), get('end'), i32.less, gotoIf(0)],
        ),
        [get('phases'), i32.const(1), i32.subtract, tee('phases'), gotoIf(0)],
      ),
    ];
  },
);

const functions = { run, design };
const bytes = Buffer.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, vector(Object.values(functions).map(({ type }) => type))),
  ...section(3, vector(Object.keys(functions).map((_, index) => [index]))),
  // one memory of 64 kB, to grow
  ...section(5, vector([[0, 1]])),
  ...section(
    7,
    vector([
      [...name('memory'), 2, 0],
      ...Object.keys(functions).map((exported, index) => [...name(exported), 0, index]),
    ]),
  ),
  ...section(10, vector(Object.values(functions).map(({ code }) => code))),
]);

const text = `/** Made by scripts/filter-bank.mjs, which says what it is. */
export const filterBankCode =
  '${bytes.toString('base64')}';
`;
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(fileURLToPath(new URL('../src/tts/filter-bank-code.ts', import.meta.url)), text);
