/** Whether another user may read, run or write a file, and what is in the way: by the owners and modes along its path. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import path from 'node:path';
import { type Account, groupName } from './accounts';

export type Wish = 'read' | 'run' | 'write';

/** What is in the way. */
export interface Obstacle {
  /** The file, or a folder above it. */
  readonly place: string;
  /** What is wrong with that, as the end of a sentence that begins with it. */
  readonly why: string;
  /** A command that mends it; undefined where it takes a decision. */
  readonly remedy: string | undefined;
}

/** The most links that a path may lead over, as in Linux. */
const LINKS = 40;

const bits: Readonly<Record<Wish | 'pass', number>> = { read: 4, write: 2, run: 5, pass: 1 };

/**
 * What keeps a user from a file. Access control lists and capabilities are not looked at.
 * @param file an absolute path; of what is to be written and is not there yet, its folder counts
 * @param root the folder that holds the machine's files, in which the path and what links lead to begins
 * @returns undefined where nothing does
 */
export function obstacleFor(user: Account, file: string, wish: Wish, root = '/'): Obstacle | undefined {
  let links = 0;
  let place = '/';
  let left = file.split('/').filter(Boolean);
  while (left.length > 0) {
    const above = mayNot(user, place, 'pass', root);
    if (above) return above;
    const [name = '', ...further] = left;
    const next = path.join(place, name);
    const stat = statOf(path.join(root, next));
    if (!stat) {
      if (wish === 'write' && further.length === 0) return mayNot(user, place, 'write', root);
      return { place: next, why: 'is not there', remedy: undefined };
    }
    if (stat.isSymbolicLink()) {
      if (++links > LINKS) return { place: next, why: 'is a link that leads in a circle', remedy: undefined };
      const to = readlinkSync(path.join(root, next));
      if (to.startsWith('/')) place = '/';
      left = [...to.split('/').filter(Boolean), ...further];
    } else {
      place = next;
      left = further;
    }
  }
  return mayNot(user, place, wish, root);
}

function mayNot(user: Account, place: string, wish: keyof typeof bits, root: string): Obstacle | undefined {
  const stat = statOf(path.join(root, place));
  if (!stat) return { place, why: 'is not there', remedy: undefined };
  if (stat.isDirectory() && wish === 'run') return { place, why: 'is a folder', remedy: undefined };
  // a folder is read by its names, and by going in; it is written by that, too
  const needed = stat.isDirectory() && wish !== 'pass' ? bits[wish] | bits.pass : bits[wish];
  if (user.uid === 0) {
    if (wish !== 'run' || (stat.mode & 0o111) !== 0) return undefined;
    return { place, why: 'is not executable', remedy: `chmod +x ${place}` };
  }
  if ((permissionsOf(user, stat) & needed) === needed) return undefined;
  return {
    place,
    why: `${whose(stat, root)}, and ${user.name} may not ${words[wish]} it`,
    remedy: remedyOf(user, stat, place, needed, root),
  };
}

const words = { read: 'read', run: 'run', write: 'write to', pass: 'go into' } as const;

/** The three bits that hold for a user. */
function permissionsOf(user: Account, stat: Stats): number {
  if (stat.uid === user.uid) return (stat.mode >> 6) & 7;
  return user.groups.has(stat.gid) ? (stat.mode >> 3) & 7 : stat.mode & 7;
}

function whose(stat: Stats, root: string): string {
  return `belongs to user ${stat.uid}, group ${groupName(stat.gid, root)}, mode ${(stat.mode & 0o7777).toString(8)}`;
}

/** What others may not write stays so: there the group is let in. */
function remedyOf(user: Account, stat: Stats, place: string, needed: number, root: string): string {
  const letters = [...'rwx'].filter((_, at) => needed & (4 >> at)).join('');
  if (stat.uid === user.uid) return `chmod u+${letters} ${place}`;
  if (user.groups.has(stat.gid)) return `chmod g+${letters} ${place}`;
  return needed & bits.write
    ? `chgrp ${groupName(user.gid, root)} ${place} && chmod g+${letters} ${place}`
    : `chmod o+${letters} ${place}`;
}

function statOf(place: string): Stats | undefined {
  try {
    return lstatSync(place);
  } catch {
    return undefined;
  }
}
