/** Where the engines are on this machine. */
import { existsSync } from 'node:fs';
import { engines } from './engines';
import type { SpeechConfig } from './speech';

/**
 * The engine that is used where none is named: the first that is there, in the order of their rows.
 * @throws AgiSpeechError where there is none
 */
export function findEngine({ sections, file }: SpeechConfig): string {
  const programs: Record<string, string | undefined> = {
    festival: sections.festival?.text2wave,
    swift: sections.cepstral?.swift,
  };
  for (const { name, program, voiceNeeded } of engines) {
    // without a model piper cannot speak; and Debian has another program of this name, for mice
    if (voiceNeeded && !sections.tts?.voice?.endsWith('.onnx')) continue;
    if (findProgram(programs[name] || program)) return name;
  }
  throw problems().noEngine(file);
}

/** An absolute path as it is, a name on the PATH; undefined where there is no such file. */
export function findProgram(name: string): string | undefined {
  if (name.includes('/')) return existsSync(name) ? name : undefined;
  // xinetd may leave no PATH
  for (const folder of (process.env.PATH || standardPath).split(':')) {
    const file = `${folder}/${name}`;
    if (folder !== '' && existsSync(file)) return file;
  }
  return undefined;
}

export const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// the words for what is wrong
const problems = (): typeof import('./problems') => require('./problems');
