/**
 * SHA-256 (FIPS 180-4) and HMAC (RFC 2104) over it. To load node:crypto costs a call 3 to 11 ms, more than all
 * else that a cached sentence needs; what is hashed here is a sentence.
 */

/** The first 32 bits behind the point of the square roots of the first 8 primes, and of the cube roots of the first 64. */
const start = words('6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19');
const rounds = words(
  '428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3' +
    '72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da' +
    '983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13' +
    '650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070' +
    '19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208' +
    '90befffaa4506cebbef9a3f7c67178f2',
);

export function sha256(data: Uint8Array): Buffer {
  return Buffer.from(sha256Hex(data), 'hex');
}

/** In hexadecimal digits. */
export function sha256Hex(data: Uint8Array): string {
  let hex = '';
  for (const word of digestOf(data)) hex += (word >>> 0).toString(16).padStart(8, '0');
  return hex;
}

function digestOf(data: Uint8Array): Int32Array {
  const state = start.slice();
  const w = new Int32Array(64);
  const { length } = data;
  const end = ((length + 72) >> 6) << 6;
  for (let at = 0; at < end; ) {
    for (let i = 0; i < 16; i++) {
      let word = 0;
      for (let byte = 0; byte < 4; byte++, at++)
        word = (word << 8) | (at < length ? (data[at] as number) : at === length ? 0x80 : 0);
      w[i] = word;
    }
    // a length in bits beyond 32 of them would be half a gigabyte
    if (at === end) w[15] = length * 8;
    compress(state, w);
  }
  return state;
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Buffer {
  const inner = Buffer.alloc(64, 0x36);
  const outer = Buffer.alloc(64, 0x5c);
  const short = key.length > 64 ? sha256(key) : key;
  for (let i = 0; i < short.length; i++) {
    inner[i] = 0x36 ^ (short[i] as number);
    outer[i] = 0x5c ^ (short[i] as number);
  }
  return sha256(Buffer.concat([outer, sha256(Buffer.concat([inner, data]))]));
}

/** Written out, for it is run once or twice: V8 does not get to make calls of it cheap. */
function compress(state: Int32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    w[i] =
      (w[i - 16] as number) +
      (w[i - 7] as number) +
      (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
      (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const t1 =
      (h +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
        ((e & f) ^ (~e & g)) +
        (rounds[i] as number) +
        (w[i] as number)) |
      0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + s0 + ((b & c) ^ (b & d) ^ (c & d))) | 0;
  }
  const added = [a, b, c, d, e, f, g, h];
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (added[i] as number);
}

function words(hex: string): Int32Array {
  const found = new Int32Array(hex.length / 8);
  for (let at = 0; at < found.length; at++) found[at] = Number.parseInt(hex.slice(at * 8, at * 8 + 8), 16);
  return found;
}
