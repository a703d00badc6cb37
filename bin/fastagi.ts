import { fstatSync, realpathSync } from 'node:fs';
import { serve } from '../src/run/serve';

const args = process.argv.slice(2);
const servesCall = args.length === 0 ? !isTerminal() : args.length === 2 && args[0] === '--config';

if (servesCall) void serve({ config: args[1] });
else void runCommand();

function isTerminal(): boolean {
  try {
    return fstatSync(0).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(0);
  } catch {
    return false;
  }
}

/** yargs costs 20 ms and more, even unused: the commands lie in a file of their own beside this one. */
async function runCommand(): Promise<void> {
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const commands = new URL('fastagi-commands.mjs', pathToFileURL(realpathSync(__filename)));
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
