/** yargs costs 20 ms and more, even unused: the commands lie in a file of their own beside the executable. */
import { realpathSync } from 'node:fs';

export async function runCommand(executable: string, args: readonly string[]): Promise<void> {
  if (!hasWorkingFolder()) {
    process.stderr.write('fastagi: the folder that it is called in has been removed: cd to another one\n');
    process.exitCode = 3;
    return;
  }
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const commands = new URL('fastagi-commands.mjs', pathToFileURL(realpathSync(executable)));
  try {
    const { main } = await import(commands.href);
    await main(args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    process.stderr.write(
      `fastagi: help and commands lie in ${commands.pathname}, which is not there; calls are served without it\n`,
    );
    process.exitCode = 2;
  }
}

/** The commands and what they are made of look for files from there. */
function hasWorkingFolder(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
