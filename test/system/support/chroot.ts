import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

/** A file or folder of the host: seen at the same path inside, or at `to`. */
export type Bind = string | { from: string; to: string };

/** What programs in the root need of the host: names, users, and a node to run scripts with. */
const hostBinds: Bind[] = [
  '/dev',
  '/proc',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/group',
  '/etc/ssl/certs',
  { from: process.execPath, to: '/usr/bin/node' },
];

/**
 * In a mount namespace of our own, so that every mount goes with the last process in it, even where all of
 * us are killed. The root is laid under a memory file system that takes every write: the unpacked one is
 * shared by all and never changes. Each program replaces the one before (exec), so the process we start is
 * in the end the program itself, under the id we know.
 */
const script = `
set -e
home=$1 lower=$2; shift 2
mount -t tmpfs tmpfs "$home"
mkdir "$home/upper" "$home/work" "$home/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" overlay "$home/root"
while [ "$1" != -- ]; do
  to="$home/root$2"
  if [ -d "$1" ]; then mkdir -p "$to"; else mkdir -p "\${to%/*}"; [ -e "$to" ] || : > "$to"; fi
  mount --rbind "$1" "$to"
  shift 2
done
shift
exec chroot "$home/root" "$@"
`;

/**
 * Starts a program inside an unpacked root.
 *
 * @param mountPoint an empty folder of the host; it stays empty
 * @param stdio the numbers of the open files that take the program's stdout and stderr
 */
export function spawnInRoot(
  root: string,
  mountPoint: string,
  binds: Bind[],
  command: string[],
  options: { env: Record<string, string>; output: number },
): ChildProcess {
  const pairs = [...hostBinds.filter((bind) => existsSync(pathsOf(bind)[0])), ...binds].flatMap(pathsOf);
  for (const path of pairs.filter((_, index) => index % 2 === 0)) statSync(path); // a clear error before mount's
  return spawn(
    'setpriv',
    // when the test process dies, so does the program
    // biome-ignore format: one program a line
    [
      '--pdeathsig', 'KILL',
      'unshare', '--mount', '--propagation', 'private',
      'sh', '-c', script, 'sh', mountPoint, root, ...pairs, '--',
      ...command,
    ],
    { stdio: ['ignore', options.output, options.output], env: options.env },
  );
}

function pathsOf(bind: Bind): [from: string, to: string] {
  return typeof bind === 'string' ? [bind, bind] : [bind.from, bind.to];
}
