/**
 * Makes src/tts/filter-bank-code.ts: the inner loops of the resampler in WebAssembly, and the window of its filters. There
 * they stand as bytes, for to assemble and to work them out is nothing that a call should do; here is what they are.
 * `--print` writes it to standard output instead.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** As src/tts/filter-design.ts has them. */
const STOP_DB = 70;
const WINDOW_POINTS = 128;

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
/** The first of two values where a third is not 0. */
const choose = 0x1b;

const i32 = {
  const: (value) => [0x41, ...signed(value)],
  isZero: 0x45,
  less: 0x49,
  notLess: 0x4f,
  add: 0x6a,
  subtract: 0x6b,
  multiply: 0x6c,
  store16: [0x3b, 1, 0],
  fromF64: 0xab,
};
const f32 = {
  load: (offset) => [0x2a, 2, offset],
  store: [0x38, 2, 0],
  add: 0x92,
  fromF64: 0xb6,
};
const f64 = {
  const: (value) => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)],
  equal: 0x61,
  absolute: 0x99,
  floor: 0x9c,
  add: 0xa0,
  subtract: 0xa1,
  multiply: 0xa2,
  divide: 0xa3,
  least: 0xa4,
  fromI32: 0xb8,
  fromF32: 0xbb,
};
const simd = (operation, ...rest) => [0xfd, ...number(operation), ...rest];
const v128 = {
  load: (offset) => simd(0, 0, offset),
  zeros: simd(12, ...Array(16).fill(0)),
  add: simd(0xe4),
  multiply: simd(0xe6),
  lane: (which) => simd(0x1f, which),
  spread: simd(0x13),
  nearest: simd(0x6a),
  toIntegers: simd(0xf8),
  toShorts: simd(0x85),
  firstShort: simd(0x18, 0),
};

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
        [v128.zeros, tee('a'), set('b')],
        loop(
          [get('a'), accumulate(0), accumulate(32), set('a')],
          [get('b'), accumulate(16), accumulate(48), set('b')],
          increase('at', i32.const(64)),
          [get('tap'), i32.const(64), i32.add, tee('tap'), get('end'), i32.less, gotoIf(0)],
        ),
        get('output'),
        [get('a'), get('b'), v128.add, tee('a'), v128.lane(0)],
        [1, 2, 3].map((which) => [get('a'), v128.lane(which), f32.add]),
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

/**
 * Makes the taps of all phases, as `designPhase` of src/tts/plain-filter-bank.ts does for one. The window is at the
 * memory's beginning.
 */
const design = code(
  [
    ...['row', 'width', 'phases'].map((name) => [name, I32]),
    ...['half', 'turns'].map((name) => [name, F64]),
    ...['sine', 'cosine', 'phaseSine', 'phaseCosine', 'firstY', 'firstX'].map((name) => [name, F64]),
  ],
  [
    ...['phase', 'at', 'end', 'below'].map((name) => [name, I32]),
    ...['scale', 'distance', 'place', 'edge', 'value', 'sum', 'y', 'x', 'next'].map((name) => [name, F64]),
  ],
  ({ get, set, tee }) => {
    /** Turns a point by an angle. */
    const turn = (y, x, sine, cosine) => [
      [get(y), get(cosine), f64.multiply, get(x), get(sine), f64.multiply, f64.add, set('next')],
      [get(x), get(cosine), f64.multiply, get(y), get(sine), f64.multiply, f64.subtract, set(x)],
      [get('next'), set(y)],
    ];
    return [
      [f64.const(WINDOW_POINTS), get('half'), f64.divide, set('scale')],
      loop(
        [f64.const(1), get('half'), f64.subtract, get('phase'), f64.fromI32, get('phases'), f64.fromI32],
        [f64.divide, f64.subtract, set('distance'), get('firstY'), set('y'), get('firstX'), set('x')],
        [f64.const(0), set('sum'), get('row'), tee('at'), get('width'), i32.add, set('end')],
        loop(
          [get('distance'), f64.absolute, get('scale'), f64.multiply, f64.const(WINDOW_POINTS), f64.least],
          [tee('place'), i32.fromF64, i32.const(4), i32.multiply],
          [tee('below'), f32.load(0), f64.fromF32, tee('edge')],
          [get('below'), f32.load(4), f64.fromF32, get('edge'), f64.subtract],
          // how far behind the point below it is
          [get('place'), get('place'), f64.floor, f64.subtract, f64.multiply, f64.add],
          [get('turns'), get('y'), f64.const(Math.PI), get('distance'), f64.multiply, f64.divide],
          [get('distance'), f64.const(0), f64.equal, choose, f64.multiply, tee('value')],
          [get('sum'), f64.add, set('sum'), get('at'), get('value'), f32.fromF64, f32.store],
          turn('y', 'x', 'sine', 'cosine'),
          [get('distance'), f64.const(1), f64.add, set('distance')],
          [get('at'), i32.const(4), i32.add, tee('at'), get('end'), i32.less, gotoIf(0)],
        ),
        loop(
          [get('row'), get('row'), f32.load(0), f64.fromF32, get('sum'), f64.divide, f32.fromF64, f32.store],
          [get('row'), i32.const(4), i32.add, tee('row'), get('end'), i32.less, gotoIf(0)],
        ),
        turn('firstY', 'firstX', 'phaseSine', 'phaseCosine'),
        [get('phase'), i32.const(1), i32.add, tee('phase'), get('phases'), i32.less, gotoIf(0)],
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

/** The modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x) {
  let sum = 1;
  for (let k = 1, term = 1; term > sum * 1e-16; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** J. F. Kaiser's, from its middle to its end, and one point more; as floats of 32 bits. */
const beta = 0.1102 * (STOP_DB - 8.7);
const window = Buffer.alloc((WINDOW_POINTS + 2) * 4);
for (let i = 0; i <= WINDOW_POINTS; i++)
  window.writeFloatLE(bessel(beta * Math.sqrt(1 - (i / WINDOW_POINTS) ** 2)) / bessel(beta), i * 4);

const text = `/** Made by scripts/filter-bank.mjs, which says what it is. */
export const filterBankCode =
  '${bytes.toString('base64')}';

export const windowPoints =
  '${window.toString('base64')}';
`;
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(fileURLToPath(new URL('../src/tts/filter-bank-code.ts', import.meta.url)), text);
