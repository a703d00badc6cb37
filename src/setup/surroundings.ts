/** What a set-up is made of on this machine: which Node, which fastagi, whose Asterisk. */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Account, readAccount } from './accounts';
import { machineText } from './machine-path';

/** Where xinetd, systemd and Asterisk look for programs. */
export const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface AsteriskUser {
  /** Undefined where there is no such user. */
  readonly account: Account | undefined;
  readonly name: string;
  /** How that is known, as the end of "Asterisk's user is NAME, …". */
  readonly source: string;
}

/**
 * Whom Asterisk runs as: who has the process that runs, else who its configuration names, else `asterisk`.
 * @param root the folder that holds the machine's files
 */
export function asteriskUser(root = '/'): AsteriskUser {
  const running = root === '/' ? runningAsterisk() : undefined;
  if (running !== undefined) {
    const account = readAccount(running.uid);
    return { account, name: account?.name ?? String(running.uid), source: `who runs process ${running.pid}` };
  }
  const named = namedUser(root);
  if (named) return { ...named, account: readAccount(named.name, root) };
  return { account: readAccount('asterisk', root), name: 'asterisk', source: 'the usual one' };
}

/** A process of Asterisk's. */
export const runningAsterisk = () => processNamed('asterisk');

/**
 * A process of this machine's own: those of containers on it are others' affairs. To root it is one of a program of
 * root's, for everybody may call a process as he likes, and what is set up runs as that one's user.
 */
export function processNamed(wanted: string): { readonly pid: number; readonly uid: number } | undefined {
  for (const name of namesIn('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (readFileSync(`/proc/${name}/comm`, 'utf8').trim() !== wanted || !isOfHere(name)) continue;
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (wanted === 'asterisk' && isConsole(words)) continue;
      if (isGenuine(name, wanted)) return { pid: Number(name), uid: statSync(`/proc/${name}`).uid };
    } catch {
      // it has ended
    }
  }
  return undefined;
}

function isGenuine(pid: string, wanted: string): boolean {
  if (process.getuid?.() !== 0) return true;
  const exe = `/proc/${pid}/exe`;
  // the program may have been replaced since
  const program = path.basename(readlinkSync(exe).replace(/ \(deleted\)$/, ''));
  return program === wanted && statSync(exe).uid === 0;
}

/**
 * Whether a process sees the same files, as far as that can be told: one of a container has another root. A service of
 * systemd's may have mounts of its own (PrivateTmp) on the same.
 */
export function isOfHere(pid: number | string): boolean {
  try {
    const there = statSync(`/proc/${pid}/root`);
    const here = statSync('/');
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    // not this user's to look at
    return true;
  }
}

/** Whether a command line is that of a console of Asterisk's, `asterisk -rvvv`, which is a process of the same name. */
export function isConsole([, ...args]: readonly string[]): boolean {
  return args.some((arg) => /^-[A-Za-z]*[rR]/.test(arg));
}

/** As in `runuser` of asterisk.conf, and in Debian's way before that. */
function namedUser(root: string): { name: string; source: string } | undefined {
  const places = [
    ['etc/asterisk/asterisk.conf', /^\s*runuser\s*=>?\s*([\w.-]+)/m],
    ['etc/default/asterisk', /^\s*AST_USER\s*=\s*"?([\w.-]+)/m],
    ['etc/sysconfig/asterisk', /^\s*AST_USER\s*=\s*"?([\w.-]+)/m],
  ] as const;
  for (const [file, pattern] of places) {
    const name = pattern.exec(machineText(root, file) ?? '')?.[1];
    if (name !== undefined) return { name, source: `as /${file} says` };
  }
  return undefined;
}

/**
 * The path by which a service should name a program of which the real path is known: one that stays when another
 * version takes its place, where the standard PATH has one.
 */
export function lastingPath(program: string): string {
  const real = realOf(program);
  for (const folder of STANDARD_PATH.split(':')) {
    const place = path.join(folder, path.basename(program));
    if (realOf(place) === real) return place;
  }
  return program;
}

/** A file of the package that this program was installed with; undefined where it lies alone. */
export function packageFile(executable: string, name: string): string | undefined {
  const file = path.join(path.dirname(realOf(executable) ?? executable), '..', name);
  return existsSync(file) ? path.resolve(file) : undefined;
}

function realOf(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
