/** `[fastagi] setuid`: each script runs as its owner, with the owner's groups and no way back. */
import { statSync } from 'node:fs';
import { RefusedError } from '../errors';
import type { ScriptFile } from './resolve';

/**
 * @throws RefusedError where the process cannot become the owner for good; nothing of the script has run
 * then
 */
export function becomeOwnerOf({ file, name }: ScriptFile): void {
  const { uid, gid } = statSync(file);
  const { getuid, geteuid, getgid, getegid, setuid, setgid } = process;
  // Node has it, its types do not
  const { initgroups } = process as { initgroups?: (user: number, group: number) => void };
  if (!getuid || !geteuid || !getgid || !getegid || !setuid || !setgid || !initgroups) {
    throw new RefusedError(
      'PRIVILEGES',
      '[fastagi] setuid is on, and this system has no such thing: turn it off',
    );
  }
  if (uid === 0) {
    throw new RefusedError(
      'PRIVILEGES',
      `${name} belongs to root, and [fastagi] setuid never runs a script as root: chown it to the user that it should run as`,
    );
  }
  if (geteuid() !== 0) {
    // without root's rights there is nothing to become, only what one is already
    if (getuid() === uid && geteuid() === uid && getgid() === gid && getegid() === gid) return;
    throw new RefusedError(
      'PRIVILEGES',
      `${name} belongs to user ${uid}, group ${gid}, and this process is user ${geteuid()}, group ${getegid()}: ` +
        '[fastagi] setuid needs user = root in the xinetd service',
    );
  }
  try {
    initgroups(uid, gid);
    setgid(gid);
    setuid(uid);
  } catch (error) {
    throw new RefusedError(
      'PRIVILEGES',
      `${name}: cannot become its owner, user ${uid}, group ${gid}: ${(error as Error).message}`,
    );
  }
  if (getuid() !== uid || geteuid() !== uid || getgid() !== gid || getegid() !== gid || canReturn(setuid)) {
    throw new RefusedError('PRIVILEGES', `${name}: root's rights could not be dropped for good`);
  }
}

function canReturn(setuid: (id: number) => void): boolean {
  try {
    setuid(0);
    return true;
  } catch {
    return false;
  }
}
