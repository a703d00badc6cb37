/**
 * Makes src/tts/filter-bank-code.ts: the inner loop of the resampler in WebAssembly, four multiplications at once. There
 * it stands as bytes, for to assemble it is nothing that a call should do; here is what they are. `--print` writes it
 * to standard output instead.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Numbers as WebAssembly has them (LEB128). */
const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);
const vector = (items) => [...number(items.length), ...items.flat()];
const section = (id, bytes) => [id, ...vector(bytes)];
const name = (text) => vector([...Buffer.from(text)].map((byte) => [byte]));

const I32 = 0x7f;
const V128 = 0x7b;
const simd = (code, ...rest) => [0xfd, ...number(code), ...rest];

const locals = [
  'taps',
  'width',
  'phases',
  'step',
  'input',
  'phase',
  'count',
  'output',
  'tap',
  'end',
  'at',
  'a',
  'b',
];
const get = (local) => [0x20, locals.indexOf(local)];
const set = (local) => [0x21, locals.indexOf(local)];
const tee = (local) => [0x22, locals.indexOf(local)];
const block = (...body) => [0x02, 0x40, ...body.flat(), 0x0b];
const loop = (...body) => [0x03, 0x40, ...body.flat(), 0x0b];
const when = (...body) => [0x04, 0x40, ...body.flat(), 0x0b];
/** To the beginning of a loop, or the end of a block: the innermost is 0. */
const goto = (depth) => [0x0c, depth];
const gotoIf = (depth) => [0x0d, depth];
const constant = (value) => [0x41, ...number(value)];
const isZero = [0x45];
const less = [0x49];
const notLess = [0x4f];
const add = [0x6a];
const subtract = [0x6b];
const multiply = [0x6c];
const addFloats = [0x92];
const store16 = [0x3b, 1, 0];
const load4 = (offset) => simd(0, 0, offset);
const zeros = simd(12, ...Array(16).fill(0));
const add4 = simd(0xe4);
const multiply4 = simd(0xe6);
const lane = (which) => simd(0x1f, which);
const spread = simd(0x13);
const nearest4 = simd(0x6a);
const toIntegers4 = simd(0xf8);
const narrow = simd(0x85);
const firstShort = simd(0x18, 0);

const increase = (local, by) => [...get(local), ...by, ...add, ...set(local)];
/** Four more taps, at an offset in bytes. */
const accumulate = (sum, offset) => [
  ...get(sum),
  ...[...get('tap'), ...load4(offset), ...get('at'), ...load4(offset), ...multiply4],
  ...add4,
  ...set(sum),
];

// (taps, width in bytes, phases, step, input, phase, count, output): all places are in bytes
const code = block(
  loop(
    [...get('count'), ...isZero, ...gotoIf(1)],
    [...get('phase'), ...get('width'), ...multiply, ...get('taps'), ...add, ...tee('tap')],
    [...get('width'), ...add, ...set('end')],
    [...get('input'), ...set('at')],
    // two sums that do not wait for each other
    [...zeros, ...tee('a'), ...set('b')],
    loop(accumulate('a', 0), accumulate('b', 16), increase('at', constant(32)), [
      ...get('tap'),
      ...constant(32),
      ...add,
      ...tee('tap'),
      ...get('end'),
      ...less,
      ...gotoIf(0),
    ]),
    get('output'),
    [...get('a'), ...get('b'), ...add4, ...tee('a'), ...lane(0)],
    [1, 2, 3].flatMap((which) => [...get('a'), ...lane(which), ...addFloats]),
    // to the nearest sample, and no further than the ends
    [...spread, ...nearest4, ...toIntegers4, ...tee('a'), ...get('a'), ...narrow, ...firstShort],
    store16,
    increase('output', constant(2)),
    increase('phase', get('step')),
    loop(
      [...get('phase'), ...get('phases'), ...notLess],
      when(
        [...get('phase'), ...get('phases'), ...subtract, ...set('phase')],
        increase('input', constant(4)),
        goto(1),
      ),
    ),
    [...get('count'), ...constant(1), ...subtract, ...set('count')],
    goto(0),
  ),
);

const parameters = 8;
const body = [
  ...vector([
    [3, I32],
    [2, V128],
  ]),
  ...code,
  0x0b,
];
const bytes = Buffer.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...section(1, vector([[0x60, ...vector(Array(parameters).fill([I32])), 0]])),
  ...section(3, vector([[0]])),
  // one memory of 64 kB, to grow
  ...section(5, vector([[0, 1]])),
  ...section(
    7,
    vector([
      [...name('memory'), 2, 0],
      [...name('run'), 0, 0],
    ]),
  ),
  ...section(10, vector([vector(body)])),
]);

const text = `/** Made by scripts/filter-bank.mjs, which says what it is. */
export const filterBankCode =
  '${bytes.toString('base64')}';
`;
if (process.argv.includes('--print')) process.stdout.write(text);
else writeFileSync(fileURLToPath(new URL('../src/tts/filter-bank-code.ts', import.meta.url)), text);
