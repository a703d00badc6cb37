/**
 * The folder that a process stands in may be removed: no Node that is started there comes to its first line, and no
 * thread of one that runs.
 * @returns whether it is there; else this process stands in `/` from now on
 */
export function standOnGround(): boolean {
  try {
    // without this, `cwd` gives what it gave the last time
    process.chdir('.');
    process.cwd();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return true;
    process.chdir('/');
    return false;
  }
}
