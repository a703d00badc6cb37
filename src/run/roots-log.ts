/** The log where it is root who opens it, in a folder that is another's: that of Asterisk's user. */
import { constants, fchownSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A file that is not there is made, and is its folder's owner's: else one call, or one test, as root would leave a log in
 * which no call of the service's can write.
 * @throws Error of the system's; a link is not followed
 */
export function openAsRoot(file: string, flags: number, mode: number): number {
  // root must not be led by a link in a folder that Asterisk's user can write
  const strict = flags | constants.O_NOFOLLOW;
  try {
    return openSync(file, strict);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  let fd: number;
  try {
    fd = openSync(file, strict | constants.O_CREAT | constants.O_EXCL, mode);
  } catch (error) {
    // another has been quicker
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return openSync(file, strict);
    throw error;
  }
  try {
    const { uid, gid } = statSync(dirname(file));
    fchownSync(fd, uid, gid);
  } catch {
    // root of a container, who may not give anything away
  }
  return fd;
}
