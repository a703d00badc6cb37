/** The machine that is looked at: its files, users, processes and open ports. Nothing here changes anything. */
import { execFile } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { type Obstacle, obstacleFor, type Wish } from './access';
import { type Account, groupName, readAccount } from './accounts';
import { isOfHere, STANDARD_PATH } from './surroundings';

/** A process, as /proc tells of it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly words: readonly string[];
  /** When it was started, in ms since 1970; to the hundredth of a second. */
  readonly startedMs: number;
}

/** A user as a service runs as him, which may be with less than he has. */
export interface ServedAccount extends Account {
  /** Groups that he is in, and the service is not. */
  readonly lost?: {
    readonly groups: ReadonlySet<number>;
    /** The end of a sentence that says why. */
    readonly why: string;
    readonly remedy: string;
  };
}

/** A socket of TCP that listens. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  readonly inode: string;
}

export interface Run {
  /** How it ended; undefined where it was not started, or took too long. */
  readonly code: number | undefined;
  readonly output: string;
  readonly problem: string | undefined;
}

/** How long a program may take that is asked for something. */
const RUN_MS = 3000;
/** The user that may do nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };
/** Ticks of /proc's clock in a second: the same on all that Linux runs on today. */
const TICKS = 100;

export class Machine {
  /** The folder that holds the machine's files: all paths begin there. */
  readonly root: string;
  /** Who looks. */
  readonly uid: number;

  constructor(root = '/', uid = process.geteuid?.() ?? 0) {
    this.root = root === '/' ? root : realpathSync(root);
    this.uid = uid;
  }

  /** Where a file of the machine's lies for this process. */
  at(file: string): string {
    return path.join(this.root, file);
  }

  /** A text in which files are named as on the machine. */
  bare(text: string): string {
    return this.root === '/' ? text : text.replaceAll(this.root, '');
  }

  /** Whether it runs, and is not an image that lies in a folder: nothing is started or asked there. */
  get isLive(): boolean {
    return this.root === '/' || this.names('/proc').length > 0;
  }

  /** @returns undefined for what is not there, may not be read, or is no file: a pipe would never end */
  read(file: string): string | undefined {
    try {
      if (!statSync(this.at(file)).isFile()) return undefined;
      return readFileSync(this.at(file), 'utf8');
    } catch {
      return undefined;
    }
  }

  /** The first bytes of a file, however large it is. */
  head(file: string, bytes: number): string | undefined {
    try {
      const fd = openSync(this.at(file), 'r');
      try {
        const buffer = Buffer.alloc(bytes);
        return buffer.toString('utf8', 0, readSync(fd, buffer));
      } finally {
        closeSync(fd);
      }
    } catch {
      return undefined;
    }
  }

  /** Why it cannot be read, by the system's code: ENOENT, EACCES; undefined where it can. */
  whyUnread(file: string): string | undefined {
    try {
      accessSync(this.at(file), constants.R_OK);
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unreadable';
    }
  }

  /** The names in a folder, sorted; none where there is no such folder. */
  names(folder: string): string[] {
    try {
      return readdirSync(this.at(folder)).sort();
    } catch {
      return [];
    }
  }

  /** Why the names in a folder cannot be had, by the system's code; undefined where they can. */
  whyFolder(folder: string): string | undefined {
    try {
      readdirSync(this.at(folder));
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unreadable';
    }
  }

  /** Of what a link leads to; undefined for what is not there, or may not be looked at. */
  stat(file: string): Stats | undefined {
    try {
      return statSync(this.at(file));
    } catch {
      return undefined;
    }
  }

  /** Whether it is known not to be there: what may not be looked at may be. */
  isMissing(file: string): boolean {
    try {
      statSync(this.at(file));
      return false;
    } catch (error) {
      return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');
    }
  }

  isLink(file: string): boolean {
    try {
      return lstatSync(this.at(file)).isSymbolicLink();
    } catch {
      return false;
    }
  }

  /** With no link left in it; undefined for what is not there, or may not be looked at. */
  realPath(file: string): string | undefined {
    try {
      const real = realpathSync(this.at(file));
      if (this.root === '/') return real;
      // a link of the machine's that leads out of the folder that its files lie in
      return real.startsWith(this.root) ? real.slice(this.root.length) || '/' : undefined;
    } catch {
      return undefined;
    }
  }

  account(wanted: string | number): Account | undefined {
    return readAccount(wanted, this.root);
  }

  /** Whom a process runs as, with the groups that it really has. */
  accountOf({ uid, gid, groups }: Process): Account {
    const { name = String(uid), home = '/' } = this.account(uid) ?? {};
    return { name, uid, gid, groups: new Set([gid, ...groups]), home };
  }

  /** The number of a group that is named, or is one. */
  groupId(wanted: string): number | undefined {
    const line = (this.read('/etc/group') ?? '').split('\n').find((each) => each.startsWith(`${wanted}:`));
    const number = line?.split(':')[2] ?? wanted;
    return /^\d+$/.test(number) ? Number(number) : undefined;
  }

  /** Whether a user is known that stands in no file: one of LDAP's, say. */
  async hasUser(name: string): Promise<boolean> {
    if (this.account(name) !== undefined || /^\d+$/.test(name)) return true;
    const getent = this.program('getent');
    if (getent === undefined || !this.isLive) return false;
    const { code } = await this.run(getent, ['passwd', name]);
    return code === 0;
  }

  userName(uid: number): string {
    return this.account(uid)?.name ?? String(uid);
  }

  /** The name of a user's own group. */
  groupOf({ gid }: Account): string {
    return groupName(gid, this.root);
  }

  obstacle(user: ServedAccount, file: string, wish: Wish): Obstacle | undefined {
    const obstacle = obstacleFor(user, file, wish, this.root);
    const { lost } = user;
    if (obstacle && lost && !obstacleFor({ ...user, groups: lost.groups }, file, wish, this.root))
      return { ...obstacle, why: `${obstacle.why}: ${lost.why}`, remedy: lost.remedy };
    // what whoever looks may not see seems not to be there
    return obstacle?.why === 'is not there' && !this.isMissing(obstacle.place) ? undefined : obstacle;
  }

  /** The place of a program on a PATH, or of one that is named by its path; undefined where there is none. */
  program(name: string, searched = STANDARD_PATH): string | undefined {
    if (name.includes('/')) return this.isMissing(name) || this.stat(name)?.isDirectory() ? undefined : name;
    return searched
      .split(':')
      .map((folder) => path.join(folder, name))
      .find((file) => file.startsWith('/') && this.stat(file)?.isFile());
  }

  /**
   * What a program of the machine's says, in a few seconds at most.
   * @param user as whom it runs, where whoever looks is root: what others may write must not run as root; where it is
   * root, too, a machine in a folder may be anybody's
   */
  run(program: string, args: readonly string[], user?: Account): Promise<Run> {
    if (!this.isLive)
      return Promise.resolve({ code: undefined, output: '', problem: 'is not run in an image' });
    const { uid = 0, gid = 0 } = user ?? {};
    const options = {
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 20,
      cwd: '/',
      env: { PATH: STANDARD_PATH, LC_ALL: 'C', SYSTEMD_PAGER: '' },
      ...(this.uid !== 0 ? {} : uid !== 0 ? { uid, gid } : this.root === '/' ? {} : NOBODY),
    } as const;
    return new Promise((resolve) => {
      const child = execFile(this.at(program), args, options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
        const timedOut = error?.killed === true;
        const why = timedOut ? `took longer than ${RUN_MS / 1000} s` : (error?.code ?? error?.signal);
        resolve({
          code,
          output: this.bare(stdout + stderr),
          problem: code !== undefined ? undefined : String(why),
        });
      });
      // what it has started may hold its output open
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, RUN_MS + 200).unref();
      child.stdin?.end();
    });
  }

  /** This machine's own, as far as /proc shows them to whoever looks: not those of containers. */
  processes(): Process[] {
    const boot = Number(/^btime (\d+)/m.exec(this.read('/proc/stat') ?? '')?.[1] ?? 0) * 1000;
    return this.names('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name) || (this.root === '/' && !isOfHere(name))) return [];
      const stat = this.read(`/proc/${name}/stat`);
      const status = this.read(`/proc/${name}/status`);
      if (stat === undefined || status === undefined) return [];
      // the name is in brackets, and may have any letter in it
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const process: Process = {
        pid: Number(name),
        parent: Number(fields[1]),
        name: /\((.*)\)/s.exec(stat)?.[1] ?? '',
        uid: Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1] ?? -1),
        gid: Number(/^Gid:\s*\d+\s+(\d+)/m.exec(status)?.[1] ?? -1),
        groups: (/^Groups:\s*([\d ]*)/m.exec(status)?.[1] ?? '').split(' ').filter(Boolean).map(Number),
        words: (this.read(`/proc/${name}/cmdline`) ?? '').split('\0').filter((word) => word !== ''),
        startedMs: boot + (Number(fields[19]) / TICKS) * 1000,
      };
      // the dead that nobody has buried
      return fields[0] === 'Z' ? [] : [process];
    });
  }

  /** A variable of a process's environment, as it was started; undefined where there is none, or it may not be read. */
  variable(pid: number, name: string): string | undefined {
    const entry = this.read(`/proc/${pid}/environ`)
      ?.split('\0')
      .find((each) => each.startsWith(`${name}=`));
    return entry?.slice(name.length + 1);
  }

  listeners(): Listener[] {
    return ['tcp', 'tcp6'].flatMap((table) =>
      (this.read(`/proc/net/${table}`) ?? '').split('\n').flatMap((line) => {
        const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
        const [address, port] = local.split(':');
        // TCP_LISTEN of include/net/tcp_states.h
        if (state !== '0A' || address === undefined || port === undefined) return [];
        return [{ host: hostOf(address), port: Number.parseInt(port, 16), inode }];
      }),
    );
  }

  /** The processes that have a socket; those of others show it to root alone. */
  holders(inode: string, processes: readonly Process[]): Process[] {
    return processes.filter(({ pid }) => this.holds(pid, inode));
  }

  holds(pid: number, inode: string): boolean {
    return this.names(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(this.at(`/proc/${pid}/fd/${fd}`)) === `socket:[${inode}]`;
      } catch {
        return false;
      }
    });
  }
}

/** An address as /proc/net/tcp has it: words of 32 bits in the order of the machine, which is little-endian. */
function hostOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)?.flatMap((word) => word.match(/../g)?.reverse() ?? []) ?? [];
  const numbers = bytes.map((byte) => Number.parseInt(byte, 16));
  if (numbers.length === 4) return numbers.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => `${hex2(numbers[2 * at])}${hex2(numbers[2 * at + 1])}`);
  if (groups.slice(0, 6).join('') === '00000000000000000000ffff') return numbers.slice(12).join('.');
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function hex2(byte = 0): string {
  return byte.toString(16).padStart(2, '0');
}
