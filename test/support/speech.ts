/** Speech without an engine: programs with the engines' command lines, which note what they were given. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaults, toConfig } from '../../src/config';
import { Speech } from '../../src/tts/speech';
import { encodeWave } from '../../src/tts/wave';
import { makeFolder } from './inet';

/** A second of a tone, as an engine would write it. */
export function tone(rate: number, hertz = 440, seconds = 0.2): Buffer {
  const samples = Int16Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.round(12_000 * Math.sin((2 * Math.PI * hertz * i) / rate)),
  );
  return encodeWave(rate, samples);
}

/** What a stand-in does at its end; `$wave` is the file that it is to write. */
export const behaviours = {
  speaks: 'cat "$home/tone.wav" > "$wave"',
  'fails quietly': 'echo "SIOD ERROR: unbound variable : voice_x" >&2; : > "$wave"',
  'writes nothing': 'echo "no licence" >&2',
  fails: 'echo "bad voice" >&2; exit 3',
  crashes: 'kill -SEGV $$',
  hangs: 'sleep 600 & echo $! > "$home/sleeper"; wait',
  'writes half a file': 'head -c 400 "$home/tone.wav" > "$wave"',
  'writes no sound': '{ head -c 40 "$home/tone.wav"; printf "\\0\\0\\0\\0"; } > "$wave"',
  'writes a page': 'echo "<html>quota exceeded</html>" > "$wave"',
  'never stops talking': 'yes "no licence" >&2',
  'never stops writing': 'sleep 600 & echo $! > "$home/sleeper"; truncate -s 300M "$wave"; wait',
  'talks on standard output': 'seq 1 20000; cat "$home/tone.wav" > "$wave"',
} as const;

export interface StandIns {
  /** The folder of the programs, for a PATH. */
  readonly folder: string;
  readonly cache: string;
  file(name: string): string;
  /** The arguments of each of a program's runs, the last of them last. */
  runs(program: string): string[][];
  /** The text that a program was given last. */
  text(program: string): string;
  /** A call's speech under this configuration. */
  speech(tts?: Record<string, string>, others?: Record<string, Record<string, string>>): Speech;
}

/** @param programs name to behaviour */
export function standIns(
  programs: Record<string, keyof typeof behaviours>,
  { rate = 22_050 }: { rate?: number } = {},
): StandIns {
  const folder = makeFolder({ 'tone.wav': '' });
  const cache = path.join(makeFolder(), 'cache');
  writeFileSync(path.join(folder, 'tone.wav'), tone(rate));
  for (const [name, behaviour] of Object.entries(programs)) {
    writeFileSync(
      path.join(folder, name),
      `#!/bin/sh
home=${folder}
for word; do printf '%s\\0' "$word"; done >> "$home/${name}.args"; printf '\\n\\0' >> "$home/${name}.args"
[ "$1" = -lv ] && { echo 'Voices available: kal slt'; exit 0; }
wave=/dev/stdout file=/dev/stdin
while [ $# -gt 0 ]; do
  case $1 in
    -o | -w) wave=$2; shift ;;
    -f) if [ ${name} = piper ]; then wave=$2; else file=$2; fi; shift ;;
    -eval | -m | -p | -n | -voice | --setf | -b | -v | -s | --length_scale) shift ;;
    *) file=$1 ;;
  esac
  shift
done
cat "$file" > "$home/${name}.text"
${behaviours[behaviour]}
`,
    );
    chmodSync(path.join(folder, name), 0o755);
  }
  const file = (name: string) => path.join(folder, name);
  const read = (name: string) => {
    try {
      return readFileSync(file(name), 'utf8');
    } catch {
      return '';
    }
  };
  return {
    folder,
    cache,
    file,
    runs: (program) =>
      read(`${program}.args`)
        .split('\n\0')
        .slice(0, -1)
        .map((run) => run.split('\0').slice(0, -1)),
    text: (program) => read(`${program}.text`),
    speech: (tts = {}, others = {}) =>
      new Speech(toConfig({ ...others, tts: { cache, ...tts } }, 'fastagi.conf')),
  };
}

export { defaults };
