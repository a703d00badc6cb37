/**
 * What an engine has written, as the files that Asterisk plays. The engine's file is read while it is being written, so
 * that when the engine is done there is little left to do. Read in once the engine runs.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Resampler, type Resampling } from './resampling';
import { decodeWave, encodeWave, plainSoundOf, type Sound, WaveError, WaveWriter } from './wave';

/** The files that are made: for one kind of channel, or for both. */
export type Wanted = 8000 | 16_000 | 'both';

export type Ending = 'wav' | 'wav16';

export type WaveFiles = readonly (readonly [ending: Ending, file: Buffer])[];

/** An engine's files while it runs. */
export interface Written {
  readonly wave: string;
  /** What it says of its errors. */
  readonly said: string;
}

/** Half an hour of sound, of any voice there is: more than that is no sentence. */
const MAX_WAVE_BYTES = 200_000_000;
const MAX_SAID_BYTES = 20_000_000;
const ENDLESS = 'made a file without end';
/** What is converted at once, some milliseconds of work: other calls may live in this process. */
const SLICE_SAMPLES = 32_768;
/** How often to look, while an engine writes: the longer it has taken, the less often. */
const LOOK_MS = { least: 1, most: 32, share: 1 / 8 };

/** Converts for one call: what the way from one rate to another takes is worked out once. */
export class Converter {
  readonly #resamplers = new Map<string, Resampler>();

  /**
   * Follows an engine that has been started.
   * @param usualRate what is made ready where the engine has written nothing so far
   * @param onTooMuch told once, of an engine that does not stop writing
   */
  follow(files: Written, usualRate: number, wanted: Wanted, onTooMuch: (problem: string) => void): Following {
    return new Following(files, usualRate, (rate) => this.#begin(rate, wanted), onTooMuch);
  }

  #begin(rate: number, wanted: Wanted): Conversion {
    return new Conversion(rate, wanted, (from, to) => {
      const name = `${from} ${to}`;
      const resampler = this.#resamplers.get(name) ?? new Resampler(from, to);
      this.#resamplers.set(name, resampler);
      return resampler.begin();
    });
  }
}

/** One sound, piece by piece. */
class Conversion {
  readonly rate: number;
  readonly #wide: Resampling | undefined;
  readonly #narrow: Resampling | undefined;
  readonly #files: { readonly ending: Ending; readonly file: WaveWriter }[] = [];

  constructor(rate: number, wanted: Wanted, begin: (from: number, to: number) => Resampling) {
    this.rate = rate;
    // 16,000 Hz of a voice that has no more than 8,000 would be the same twice
    const wide = wanted === 16_000 || (wanted === 'both' && rate > 8000);
    if (wide) this.#files.push({ ending: 'wav16', file: new WaveWriter(16_000) });
    if (wide && rate !== 16_000) this.#wide = begin(rate, 16_000);
    if (wanted === 16_000) return;
    // what is wanted last comes last
    this.#files.push({ ending: 'wav', file: new WaveWriter(8000) });
    const from = wide ? 16_000 : rate;
    if (from !== 8000) this.#narrow = begin(from, 8000);
  }

  get endings(): Ending[] {
    return this.#files.map(({ ending }) => ending);
  }

  take(piece: Int16Array): void {
    this.#add(piece, false);
  }

  end(): WaveFiles {
    this.#add(new Int16Array(0), true);
    return this.#files.map(({ ending, file }) => [ending, file.end()]);
  }

  #add(piece: Int16Array, last: boolean): void {
    let samples = piece;
    for (const { ending, file } of this.#files) {
      const way = ending === 'wav16' ? this.#wide : this.#narrow;
      if (way) samples = last ? join([way.take(samples), way.end()]) : way.take(samples);
      file.add(samples);
    }
  }
}

/** An engine's file, from its first byte to the last. */
export class Following {
  /** Of the files that there will be where the engine has its usual rate; none where there was no time to try. */
  readonly usualEndings: readonly Ending[];
  readonly #files: Written;
  readonly #begin: (rate: number) => Conversion;
  readonly #onTooMuch: (problem: string) => void;
  readonly #begunMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #fd: number | undefined;
  #at = 0;
  #conversion: Conversion | undefined;
  /** What was converted: the file may turn out to be another. */
  readonly #seen: Buffer[] = [];

  constructor(
    files: Written,
    usualRate: number,
    begin: (rate: number) => Conversion,
    onTooMuch: (problem: string) => void,
  ) {
    this.#files = files;
    this.#begin = begin;
    this.#onTooMuch = onTooMuch;
    this.usualEndings = existsSync(files.wave) ? [] : this.#rehearse(usualRate);
    this.#look();
  }

  /** The place in the file up to which it is converted. */
  get at(): number {
    return this.#at;
  }

  /** The engine has ended. @returns the files, or what is wrong with the engine's */
  async finish(): Promise<WaveFiles | string> {
    this.stop();
    let sound: Sound;
    try {
      const file = readWave(this.#files.wave);
      if (typeof file === 'string') return file;
      sound = decodeWave(file);
    } catch (error) {
      if (error instanceof WaveError) return `made no sound: what it wrote ${error.message}`;
      throw error;
    }
    return this.#convert(sound);
  }

  /** The engine has ended, and there was nothing to say. */
  silence(): Promise<WaveFiles> {
    this.stop();
    return this.#convert({ rate: 16_000, samples: new Int16Array(0) });
  }

  /** Looks no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /**
   * While the engine has written nothing, what comes when it has ended, with a second of silence: what runs for the first
   * time takes ten times as long. After so much of it V8 compiles the filters' code once more, which is done by then, too.
   */
  #rehearse(rate: number): Ending[] {
    readWave(this.#files.said);
    const sound = decodeWave(encodeWave(rate, new Int16Array(rate)));
    const conversion = this.#begin(rate);
    this.#conversion = conversion;
    conversion.take(sound.samples);
    this.#seen.push(bytesOf(sound));
    // runs to its end; what fails here fails again with the real sound
    this.#convert(sound).catch(() => {});
    this.#conversion = undefined;
    this.#seen.length = 0;
    return conversion.endings;
  }

  /** The whole sound, of which some is converted by now. */
  async #convert(sound: Sound): Promise<WaveFiles> {
    const { rate, samples } = sound;
    const done = this.#isBeginningOf(sound) ? this.#seen.reduce((sum, { length }) => sum + length / 2, 0) : 0;
    const conversion = (done > 0 && this.#conversion) || this.#begin(rate);
    for (let at = done; at < samples.length; at += SLICE_SAMPLES) {
      conversion.take(samples.subarray(at, at + SLICE_SAMPLES));
      if (at + SLICE_SAMPLES < samples.length) await new Promise(setImmediate);
    }
    return conversion.end();
  }

  #look(): void {
    if (this.#stopped) return;
    let grown = false;
    try {
      const size = this.#size();
      const tooMuch = this.#saidTooMuch() ?? (size > MAX_WAVE_BYTES ? ENDLESS : undefined);
      if (tooMuch !== undefined) {
        this.#onTooMuch(tooMuch);
        return;
      }
      grown = this.#read(size);
    } catch {
      // what it writes is no file that can be read: to be told when it has ended
    }
    // most engines end soon when they have begun to write
    if (grown) setImmediate(() => this.#look());
    else this.#timer = setTimeout(() => this.#look(), this.#waitMs());
  }

  #waitMs(): number {
    const passedMs = performance.now() - this.#begunMs;
    return Math.min(Math.max(passedMs * LOOK_MS.share, LOOK_MS.least), LOOK_MS.most);
  }

  #saidTooMuch(): string | undefined {
    return statSync(this.#files.said).size > MAX_SAID_BYTES ? 'said things without end' : undefined;
  }

  /** How long the engine's file is by now. */
  #size(): number {
    const { wave } = this.#files;
    if (this.#fd === undefined) {
      // an error a look would cost more than all else here
      if (!existsSync(wave)) return 0;
      this.#fd = openSync(wave, constants.O_RDONLY | constants.O_NONBLOCK);
    }
    return fstatSync(this.#fd).size;
  }

  /** @returns whether there was something to read */
  #read(size: number): boolean {
    if (this.#fd === undefined) return false;
    if (!this.#conversion) {
      const head = Buffer.alloc(Math.min(size, 4096));
      const plain = plainSoundOf(head.subarray(0, readSync(this.#fd, head, 0, head.length, 0)));
      // before the first sample flite writes another rate than it will have
      if (!plain || size - plain.start < 2) return false;
      this.#conversion = this.#begin(plain.rate);
      this.#at = plain.start;
    }
    const length = Math.min(size - this.#at, SLICE_SAMPLES * 2) & ~1;
    if (length <= 0) return false;
    // of its own, for a view of samples begins at an even place
    const piece = Buffer.from(new ArrayBuffer(length));
    if (readSync(this.#fd, piece, 0, length, this.#at) < length) return false;
    this.#conversion.take(new Int16Array(piece.buffer));
    this.#seen.push(piece);
    this.#at += length;
    return true;
  }

  /** Whether the sound begins with what was seen of it. */
  #isBeginningOf(sound: Sound): boolean {
    if (this.#conversion?.rate !== sound.rate) return false;
    const bytes = bytesOf(sound);
    let at = 0;
    return this.#seen.every((piece) => {
      at += piece.length;
      return piece.equals(bytes.subarray(at - piece.length, at));
    });
  }
}

function bytesOf({ samples }: Sound): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** @returns the whole file, or what is wrong with it */
function readWave(name: string): Buffer | string {
  // festival and flite end with status 0 even where they have failed; and an error costs more than a look
  if (!existsSync(name)) return 'made no sound';
  const fd = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(fd);
    if (!found.isFile()) return 'made no sound';
    if (found.size > MAX_WAVE_BYTES) return ENDLESS;
    // of its own, for a view of samples begins at an even place
    const file = Buffer.from(new ArrayBuffer(found.size));
    let length = 0;
    for (let read = -1; length < file.length && read !== 0; length += read)
      read = readSync(fd, file, length, file.length - length, length);
    return file.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}

function join(pieces: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
