/** `[fastagi] setuid`: each script runs as its owner, with the owner's groups and no way back. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { RefusedError } from '../errors';
import type { ScriptFile } from './resolve';

/**
 * @param basedir the folder that scripts are served from
 * @throws RefusedError where the process cannot become the owner for good, or where anyone but root and the
 * owner could have put another file in the script's place; nothing of the script has run then
 */
export function becomeOwnerOf({ file, name }: ScriptFile, basedir: string): void {
  const { getuid, geteuid, getgid, getegid, setuid, setgid } = process;
  // Node has it, its types do not
  const { initgroups } = process as { initgroups?: (user: number, group: number) => void };
  if (!getuid || !geteuid || !getgid || !getegid || !setuid || !setgid || !initgroups) {
    throw refused('[fastagi] setuid is on, and this system has no such thing: turn it off');
  }
  const { uid, gid } = checkOwner(file, name, basedir);
  if (geteuid() !== 0) {
    // without root's rights there is nothing to become, only what one is already
    if (getuid() === uid && geteuid() === uid && getgid() === gid && getegid() === gid) return;
    throw refused(
      `${name} belongs to user ${uid}, group ${gid}, and this process is user ${geteuid()}, group ${getegid()}: ` +
        '[fastagi] setuid needs user = root in the xinetd service',
    );
  }
  try {
    initgroups(uid, gid);
    setgid(gid);
    setuid(uid);
  } catch (error) {
    throw refused(`${name}: cannot become its owner, user ${uid}, group ${gid}: ${(error as Error).message}`);
  }
  if (getuid() !== uid || geteuid() !== uid || getgid() !== gid || getegid() !== gid || canReturn(setuid)) {
    throw refused(`${name}: root's rights could not be dropped for good`);
  }
  takeHome();
}

/** Programs look for what is their user's where these lead them: in root's home there is nothing that they may read. */
function takeHome(): void {
  const { username, homedir } = process.getBuiltinModule('node:os').userInfo();
  Object.assign(process.env, { HOME: homedir, USER: username, LOGNAME: username });
}

function canReturn(setuid: (id: number) => void): boolean {
  try {
    setuid(0);
    return true;
  } catch {
    return false;
  }
}

/**
 * The script is loaded by its path, after its owner is known: so the path must be the owner's, too.
 * @throws RefusedError where anyone but root and the owner could have put another file in the script's place
 */
export function checkOwner(file: string, name: string, basedir: string): { uid: number; gid: number } {
  const script = lstatSync(file);
  if (!script.isFile()) throw refused(`${name} is no file`);
  const { uid, gid } = script;
  if (uid === 0 || gid === 0) {
    throw refused(
      `${name} belongs to ${uid === 0 ? 'root' : "root's group"}, and [fastagi] setuid never runs a script with root's rights: ` +
        'chown USER:GROUP it to those that it should run as',
    );
  }
  const base = realpathSync.native(basedir);
  for (let place = file; ; place = dirname(place)) {
    const { uid: owner, mode } = lstatSync(place);
    if (owner !== 0 && owner !== uid) {
      throw refused(
        `${place} belongs to user ${owner}, who could put another file in the place of ${name}, which belongs to user ${uid}`,
      );
    }
    if (mode & 0o022) {
      throw refused(
        `${place} can be written by others than its owner, who could change what runs as user ${uid}: chmod go-w it`,
      );
    }
    if (place === base || place === dirname(place)) return { uid, gid };
  }
}

function refused(text: string): RefusedError {
  return new RefusedError('PRIVILEGES', text);
}
