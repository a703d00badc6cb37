/** Where a file of a machine is, if that machine is a folder: its links lead to places in it, as they will when it runs. */
import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RefusedError } from '../errors';

/** The most links that a path may lead over, as in Linux. */
const LINKS = 40;

/**
 * @param root the folder that holds the machine's files: `/`, or an image
 * @param file as the machine has it
 * @returns its real place, all links followed; of what is not there, where it would be
 * @throws RefusedError for a link that leads to nothing, or in a circle: whoever has put it there would say where
 *   something is made
 */
export function machinePath(root: string, file: string): string {
  const top = realpathSync(root);
  let place = top;
  let links = 0;
  /** The link that is being followed, and how many names come behind it. */
  let link: { readonly at: string; readonly behind: number } | undefined;
  let left = namesIn(path.posix.resolve('/', file));
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    if (link && left.length < link.behind) link = undefined;
    if (name === '..') {
      // above a machine's / there is nothing
      if (place !== top) place = path.dirname(place);
      continue;
    }
    const next = path.join(place, name);
    if (!isPassable(place)) throw new RefusedError('FOLDER', `${place} is no folder`);
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) {
      link ??= { at: next, behind: left.length };
      if (++links > LINKS) throw refusal(link.at, 'in a circle');
      const target = readlinkSync(next);
      if (target.startsWith('/')) place = top;
      left = [...namesIn(target), ...left];
    } else if (stat === undefined && link) throw refusal(link.at, 'to nothing');
    else place = next;
  }
  return place;
}

/** A folder, or not there yet. */
const isPassable = (place: string) => lstatSync(place, { throwIfNoEntry: false })?.isDirectory() ?? true;

const namesIn = (file: string) => file.split('/').filter((name) => name !== '' && name !== '.');

const refusal = (link: string, where: string) =>
  new RefusedError('LINK', `${link} is a link that leads ${where}: remove it, or make what it leads to`);

/** Whether a machine has this. */
export function machineHas(root: string, file: string): boolean {
  try {
    return existsSync(machinePath(root, file));
  } catch {
    return false;
  }
}

/** What a file of a machine says; undefined for none that can be read. */
export function machineText(root: string, file: string): string | undefined {
  try {
    return readFileSync(machinePath(root, file), 'utf8');
  } catch {
    return undefined;
  }
}
