/** A folder of scripts to begin with: a script, its test, and what npm and an editor want beside them. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';
import { whyUnread, whyUnwritten } from '../file-problems';

export type ScriptLanguage = 'javascript' | 'typescript';

export interface ScriptFolderOptions {
  /** An absolute path: of nothing, or of a folder that holds hidden files at most, such as `.git`. */
  readonly folder: string;
  readonly language: ScriptLanguage;
  /** The folder of the package `fastagi`: it has the templates, and is what types and tests come from. */
  readonly package: string;
}

/** How many of the names that are in the way are told. */
const TOLD_NAMES = 3;

/**
 * Makes it. Nothing that is there is written over, and where it cannot be made whole, nothing is left of it.
 * @throws RefusedError for a folder that is not empty, and for what cannot be made, with the reason
 */
export function makeScriptFolder(options: ScriptFolderOptions): void {
  const { folder } = options;
  // nor could a configuration name it
  if (/\p{Cc}/u.test(folder)) {
    throw new RefusedError('FOLDER_UNWRITABLE', `${folder} cannot be made: its name has a control character`);
  }
  const files = filesOf(options);
  checkEmpty(folder, Object.keys(files));
  /** What is to go again where this fails, the first one first. */
  const made: string[] = [];
  const makeFolder = (wanted: string) => {
    if (statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) return;
    makeFolder(path.dirname(wanted));
    mkdirSync(wanted);
    made.push(wanted);
  };
  try {
    makeFolder(folder);
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      makeFolder(path.dirname(file));
      // one that has come meanwhile is not ours
      writeFileSync(file, '', { flag: 'wx' });
      made.push(file);
      writeFileSync(file, text);
    }
  } catch (error) {
    for (const place of made.reverse()) rmSync(place, { recursive: true, force: true });
    throw new RefusedError('FOLDER_UNWRITABLE', `${folder} cannot be made: ${whyUnmade(error, folder)}`);
  }
}

/** The script that every new folder has. */
export function firstScript(folder: string, language: ScriptLanguage): string {
  return path.join(folder, 'scripts', language === 'typescript' ? 'extension.ts' : 'extension.mjs');
}

/** Name inside the folder to text. */
function filesOf(options: ScriptFolderOptions): Record<string, string> {
  const template = path.join(options.package, 'templates', options.language);
  const files: Record<string, string> = {};
  try {
    for (const name of readdirSync(template, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(template, name);
      if (!statSync(file).isFile()) continue;
      const text = readFileSync(file, 'utf8');
      // npm packs no .gitignore
      if (name === 'gitignore') files['.gitignore'] = text;
      else files[name] = name === 'package.json' ? withPackage(text, options.package) : text;
    }
  } catch (error) {
    throw new RefusedError('PACKAGE_MISSING', `${template} cannot be read: ${whyUnread(error)}`);
  }
  return files;
}

/** Its types and tests are those of the program that serves the calls, whichever version that is. */
function withPackage(text: string, folder: string): string {
  const manifest = JSON.parse(text);
  manifest.devDependencies.fastagi = `file:${folder}`;
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function checkEmpty(folder: string, wanted: readonly string[]): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new RefusedError('FOLDER_UNWRITABLE', `${folder} cannot be made: ${whyUnmade(error, folder)}`);
  }
  const inTheWay = names.filter((name) => name[0] !== '.' || wanted.includes(name)).sort();
  if (inTheWay.length === 0) return;
  const told = inTheWay.slice(0, TOLD_NAMES).join(', ');
  const more = inTheWay.length > TOLD_NAMES ? ` and ${inTheWay.length - TOLD_NAMES} more` : '';
  throw new RefusedError(
    'FOLDER_NOT_EMPTY',
    `${folder} is not empty, and nothing is written over: it has ${told}${more}. Name a folder that is new or empty`,
  );
}

function whyUnmade(error: unknown, folder: string): string {
  const { code, path: place = folder } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST' || code === 'ENOTDIR') return `${inPlaceOf(place)} is no folder`;
  // as of /proc: what is above it is there by now
  if (code === 'ENOENT') return 'no folder can be made there';
  if (code === 'ENAMETOOLONG') return 'its name is too long';
  return whyUnwritten(error, path.join(folder, 'scripts'));
}

/** The file that stands in the place of a folder. */
function inPlaceOf(place: string): string {
  for (let at = place; at !== path.dirname(at); at = path.dirname(at)) {
    try {
      lstatSync(at);
      return at;
    } catch {
      // it is not there, for what is above is none
    }
  }
  return place;
}
