/** Wave files (RIFF): any that an engine writes to samples, samples to the two that Asterisk plays. */

/** One channel of sound. */
export interface Sound {
  readonly rate: number;
  readonly samples: Int16Array;
}

/** A file that is no whole wave file; its message is what it is instead. */
export class WaveError extends Error {}

interface Format {
  readonly code: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

const PCM = 1;
const FLOAT = 3;
const A_LAW = 6;
const MU_LAW = 7;
const EXTENSIBLE = 0xfffe;

/** The names of its parts, as numbers: a Buffer's own ways to read and write letters take a process longer at first. */
const RIFF = 0x52494646;
const WAVE = 0x57415645;
const FMT = 0x666d7420;
const DATA = 0x64617461;

/** Whether this machine keeps a sample as a wave file does. */
export const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** From here on a size stands for "not known": what writes to a pipe cannot come back to fill it in. */
const UNKNOWN_SIZE = 0x7fff_0000;

/**
 * Reads a wave file: linear of 8 to 32 bits, floating point, A-law or mu-law, of any rate and any number of
 * channels, which are mixed into one.
 * @throws WaveError for all else, and for a file that is shorter than it says
 */
export function decodeWave(file: Buffer): Sound {
  if (file.length === 0) throw new WaveError('is empty');
  const head = readHead(file);
  if (!head) throw new WaveError('is a wave file without sound');
  const { format, start, size } = head;
  const unknown = size >= UNKNOWN_SIZE || (size === 0 && start < file.length);
  if (!unknown && start + size > file.length)
    throw new WaveError(`ends after ${file.length - start} of ${size} bytes of sound`);
  return decodeSamples(format, unknown ? file.subarray(start) : file.subarray(start, start + size));
}

/**
 * Where the samples begin in a file that is still being written, and at which rate; undefined where that cannot be
 * told yet, or they do not lie there as they are in memory: 16 bits, one channel.
 */
export function plainSoundOf(file: Buffer): { readonly rate: number; readonly start: number } | undefined {
  let head: ReturnType<typeof readHead>;
  try {
    head = readHead(file);
  } catch {
    // what it is when it is whole is another's to tell
    return undefined;
  }
  return head && isPlain(head.format) ? { rate: head.format.rate, start: head.start } : undefined;
}

/** To where the sound begins; undefined where the file ends before it does. */
function readHead(file: Buffer): { format: Format; start: number; size: number } | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || view.getUint32(0) !== RIFF || view.getUint32(8) !== WAVE)
    throw new WaveError(`is no wave file: it begins with ${JSON.stringify(file.toString('latin1', 0, 12))}`);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = view.getUint32(at);
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (name === FMT) format = decodeFormat(view, start, Math.min(size, file.length - start));
    if (name === DATA) {
      if (!format) throw new WaveError('has sound before it says of which format');
      return { format, start, size };
    }
    // chunks begin at even places
    at = start + size + (size % 2);
  }
  return undefined;
}

/** What nearly all engines write. */
function isPlain({ code, channels, bits }: Format): boolean {
  return code === PCM && bits === 16 && channels === 1 && littleEndian;
}

function decodeFormat(view: DataView, at: number, length: number): Format {
  if (length < 16) throw new WaveError('has a format that is cut off');
  const read16 = (offset: number) => view.getUint16(at + offset, true);
  const channels = read16(2);
  const rate = view.getUint32(at + 4, true);
  const code = read16(0) === EXTENSIBLE && length >= 26 ? read16(24) : read16(0);
  if (channels === 0 || rate < 1000 || rate > 768_000)
    throw new WaveError(`has ${channels} channels at ${rate} Hz`);
  return { code, channels, rate, bits: read16(14) };
}

function decodeSamples(format: Format, data: Buffer): Sound {
  const { code, channels, rate, bits } = format;
  const frame = (bits / 8) * channels;
  const length = Math.floor(data.length / frame);
  const read = reader(code, bits);
  if (isPlain(format)) {
    // as it lies: a sentence read sample by sample costs milliseconds
    const plain = data.byteOffset % 2 === 0 ? data : new Uint8Array(data);
    return { rate, samples: new Int16Array(plain.buffer, plain.byteOffset, length) };
  }
  const samples = new Int16Array(length);
  const width = bits / 8;
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += read(data, i * frame + channel * width);
    samples[i] = toSample(sum / channels);
  }
  return { rate, samples };
}

/** To the nearest sample, and no further than the ends. */
export function toSample(value: number): number {
  return value >= 0x7fff ? 0x7fff : value <= -0x8000 ? -0x8000 : Math.round(value);
}

/** Reads one sample at a place, as one of 16 bits. */
function reader(code: number, bits: number): (data: Buffer, at: number) => number {
  if (code === PCM) {
    if (bits === 16) return (data, at) => data.readInt16LE(at);
    // 8 bits alone have no sign
    if (bits === 8) return (data, at) => ((data[at] as number) - 0x80) * 0x100;
    if (bits === 24) return (data, at) => data.readIntLE(at, 3) / 0x100;
    if (bits === 32) return (data, at) => data.readInt32LE(at) / 0x1_0000;
  }
  if (code === FLOAT && bits === 32) return (data, at) => data.readFloatLE(at) * 0x8000;
  if (code === FLOAT && bits === 64) return (data, at) => data.readDoubleLE(at) * 0x8000;
  if (code === A_LAW && bits === 8) return (data, at) => fromALaw(data[at] as number);
  if (code === MU_LAW && bits === 8) return (data, at) => fromMuLaw(data[at] as number);
  throw new WaveError(`has sound of a kind that is not known here: format ${code}, ${bits} bits`);
}

/** G.711. */
function fromALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const value = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return code & 0x80 ? value : -value;
}

/** G.711. */
function fromMuLaw(byte: number): number {
  const code = ~byte & 0xff;
  const value = ((((code & 15) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
  return code & 0x80 ? -value : value;
}

const HEAD_BYTES = 44;
/** Some seconds of sound; twice as much when that is full. */
const ROOM_BYTES = 262_144;

/** A wave file of 16 bits: Asterisk's `wav` at 8,000 Hz, its `wav16` at 16,000 (formats/format_wav.c). */
export class WaveWriter {
  readonly #rate: number;
  #file = Buffer.allocUnsafeSlow(ROOM_BYTES);
  #length = HEAD_BYTES;

  constructor(rate: number) {
    this.#rate = rate;
  }

  add({ buffer, byteOffset, byteLength }: Int16Array): void {
    const length = this.#length + byteLength;
    if (length > this.#file.length) {
      const roomier = Buffer.allocUnsafeSlow(length * 2);
      this.#file.copy(roomier, 0, 0, this.#length);
      this.#file = roomier;
    }
    this.#file.set(new Uint8Array(buffer, byteOffset, byteLength), this.#length);
    this.#length = length;
  }

  /** No more is to come. @returns the whole file */
  end(): Buffer {
    const file = this.#file.subarray(0, this.#length);
    const bytes = file.length - HEAD_BYTES;
    const head = new DataView(file.buffer, file.byteOffset, HEAD_BYTES);
    head.setUint32(0, RIFF);
    head.setUint32(4, 36 + bytes, true);
    head.setUint32(8, WAVE);
    head.setUint32(12, FMT);
    head.setUint32(16, 16, true);
    head.setUint16(20, PCM, true);
    head.setUint16(22, 1, true);
    head.setUint32(24, this.#rate, true);
    head.setUint32(28, this.#rate * 2, true);
    head.setUint16(32, 2, true);
    head.setUint16(34, 16, true);
    head.setUint32(36, DATA);
    head.setUint32(40, bytes, true);
    if (!littleEndian) file.subarray(HEAD_BYTES).swap16();
    return file;
  }
}

/** A whole file at once. */
export function encodeWave(rate: number, samples: Int16Array): Buffer {
  const file = new WaveWriter(rate);
  file.add(samples);
  return file.end();
}
