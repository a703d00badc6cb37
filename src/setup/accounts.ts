/** The users of a machine, as its files name them (passwd(5), group(5)). */
import { machineText } from './machine-path';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Every group that its processes are in. */
  readonly groups: ReadonlySet<number>;
  readonly home: string;
}

/**
 * @param wanted a name, or a number
 * @param root the folder that holds the machine's files: `/`, or one that a package is made in
 * @returns undefined where there is no such user
 */
export function readAccount(wanted: string | number, root = '/'): Account | undefined {
  for (const line of linesOf(root, 'etc/passwd')) {
    const [name = '', , uid, gid, , home = ''] = line.split(':');
    if (name !== wanted && Number(uid) !== wanted) continue;
    return { name, uid: Number(uid), gid: Number(gid), groups: groupsOf(name, Number(gid), root), home };
  }
  return undefined;
}

/** The name of a group, else its number. */
export function groupName(gid: number, root = '/'): string {
  const line = linesOf(root, 'etc/group').find((each) => Number(each.split(':')[2]) === gid);
  return line?.split(':', 1)[0] ?? String(gid);
}

function groupsOf(user: string, gid: number, root: string): Set<number> {
  const groups = new Set([gid]);
  for (const line of linesOf(root, 'etc/group')) {
    const [, , number, members = ''] = line.split(':');
    if (members.split(',').includes(user)) groups.add(Number(number));
  }
  return groups;
}

function linesOf(root: string, file: string): string[] {
  return (machineText(root, file) ?? '').split('\n').filter(Boolean);
}
