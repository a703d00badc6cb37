/** The scripts of a folder, as calls could ask for them. */
import path from 'node:path';
import { isHidden, isScriptName } from '../run/resolve';
import type { Machine } from './machine';

export interface FoundScript {
  /** Its place on the machine, links and all. */
  readonly file: string;
  /** Its name inside the folder. */
  readonly name: string;
  /** Undefined where whoever looks may not read it, or it is too long to be one. */
  readonly text: string | undefined;
}

export interface ScriptFolder {
  readonly scripts: readonly FoundScript[];
  /** Whether there are more than were looked at. */
  readonly more: boolean;
}

/** Folders of the system's, in which reading may have no end. */
const systems = ['/dev', '/proc', '/run', '/sys'];
/** So much of a folder is looked at, and of a file. */
const MOST_FILES = 2000;
const MOST_FOLDERS = 500;
const MOST_BYTES = 2 << 20;
/** Of all of them together. */
const MOST_IN_ALL = 64 << 20;

export function readScripts(machine: Machine, base: string): ScriptFolder {
  const scripts: FoundScript[] = [];
  const folders = [''];
  let left = MOST_IN_ALL;
  for (let at = 0; at < folders.length && at < MOST_FOLDERS; at++) {
    for (const entry of machine.names(path.join(base, folders[at] as string))) {
      const name = path.join(folders[at] as string, entry);
      if (isHidden(name)) continue;
      const file = path.join(base, name);
      const stat = machine.stat(file);
      if (stat?.isDirectory()) {
        // a link to a folder may lead in a circle
        if (!machine.isLink(file) && !systems.includes(file)) folders.push(name);
      } else if ((stat === undefined || stat.isFile()) && isScriptName(entry)) {
        if (scripts.length === MOST_FILES) return { scripts, more: true };
        const size = stat?.size ?? 0;
        const text = size <= Math.min(MOST_BYTES, left) ? machine.read(file) : undefined;
        left -= text?.length ?? 0;
        scripts.push({ file, name, text });
      }
    }
  }
  return { scripts, more: folders.length > MOST_FOLDERS };
}
