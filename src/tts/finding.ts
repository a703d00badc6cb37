/** Where the engines are on this machine. */
import { existsSync } from 'node:fs';
import { engines } from './engines';
import type { SpeechSettings } from './settings';

export interface FoundEngine {
  readonly name: string;
  readonly program: string;
}

/** The engine that is used where none is named: the first that is there, in the order of their rows. */
export function findEngine(settings: SpeechSettings): FoundEngine | undefined {
  if (settings.command !== undefined) return { name: 'command', program: '' };
  for (const { name, program, voiceNeeded } of engines) {
    // without a model piper cannot speak; and Debian has another program of this name, for mice
    if (voiceNeeded && !settings.voice?.endsWith('.onnx')) continue;
    const found = findProgram(settings.programs[name] ?? program);
    if (found) return { name, program: found };
  }
  return undefined;
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
