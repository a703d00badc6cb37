/** Where sound files come from: a folder of Asterisk's, or a list of names. */
import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { type Sounds, withoutEnding } from './options';
import { SAMPLES_A_MS } from './steps';

/** Bytes of a second, and of what stands in front. */
const formats: Record<string, readonly [bytesASecond: number, header: number]> = {
  gsm: [1650, 0],
  wav: [16_000, 44],
  WAV: [1625, 60],
  wav49: [1625, 60],
  ulaw: [8000, 0],
  ul: [8000, 0],
  pcm: [8000, 0],
  alaw: [8000, 0],
  al: [8000, 0],
  g722: [8000, 0],
  sln: [16_000, 0],
  sln16: [32_000, 0],
};

const DEFAULT_MS = 1000;

/**
 * Every file is there and takes a second, where there is no list; but none that is named with its ending.
 * @param list names to milliseconds
 */
export function soundsOf(list: Readonly<Record<string, number>> | undefined): Sounds {
  if (!list) return (file) => (withoutEnding(file) === undefined ? DEFAULT_MS * SAMPLES_A_MS : undefined);
  return (file) => (Object.hasOwn(list, file) ? (list[file] as number) * SAMPLES_A_MS : undefined);
}

/** Files of a folder, of a language's own folder inside it first, as Asterisk looks for them. */
export function soundsIn(folder: string): Sounds {
  return (file, language) => {
    const found = findSound(folder, file, language);
    if (!found) return undefined;
    const [bytesASecond, header] = formats[found.format] as readonly [number, number];
    return Math.round(((found.bytes - header) / bytesASecond) * 1000 * SAMPLES_A_MS);
  };
}

export interface SoundFile {
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
}

export function findSound(folder: string, file: string, language: string): SoundFile | undefined {
  const places = path.isAbsolute(file)
    ? [file]
    : [path.join(folder, language, file), path.join(folder, 'en', file), path.join(folder, file)];
  for (const place of places) {
    for (const format of Object.keys(formats)) {
      const stat = statOf(`${place}.${format}`);
      if (stat?.isFile()) return { path: `${place}.${format}`, format, bytes: stat.size };
    }
  }
  return undefined;
}

/** What cannot be looked at, such as a name that is too long, is not there to Asterisk either. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}
