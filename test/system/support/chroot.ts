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
 * The root is laid under a memory file system that takes every write: the unpacked one is shared by all and
 * never changes. Run in a mount namespace of its own, for then nothing has to be unmounted.
 */
const script = `
set -e
home=$1 lower=$2; shift 2
mount -t tmpfs tmpfs "$home"
mkdir "$home/upper" "$home/work" "$home/root"
mount -t overlay -o "lowerdir=$lower,upperdir=$home/upper,workdir=$home/work" overlay "$home/root"
mkdir -p "$home/root/tmp" "$home/root/run" "$home/root/root"
chmod 1777 "$home/root/tmp"
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
 * The command line that runs a program inside an unpacked root.
 *
 * @param mountPoint an empty folder of the host; it stays empty
 */
export function commandInRoot(root: string, mountPoint: string, binds: Bind[], command: string[]): string[] {
  const pairs = [...hostBinds.map(pathsOf).filter(([from]) => existsSync(from)), ...binds.map(pathsOf)];
  for (const [from] of pairs) statSync(from); // a clearer error than mount's
  return ['sh', '-c', script, 'sh', mountPoint, root, ...pairs.flat(), '--', ...command];
}

function pathsOf(bind: Bind): [from: string, to: string] {
  return typeof bind === 'string' ? [bind, bind] : [bind.from, bind.to];
}
