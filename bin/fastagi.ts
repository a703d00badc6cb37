import { realpathSync } from 'node:fs';
import { identity } from '../src/run/guard';
import { serve } from '../src/run/serve';

const args = process.argv.slice(2);
const config =
  args[0] === '--config' && args.length === 2 ? args[1] : /^--config=(.+)$/s.exec(args.join(' '))?.[1];
const onTerminal = () => void runCommand();

if (args.length === 0 || config !== undefined) void serve({ config, onTerminal });
// under xinetd help would go to Asterisk; but a server of its listening socket is no call
else if (args[0] !== 'listen' && identity(0) === identity(2) && identity(0)?.startsWith('socket:')) {
  const misuse = `fastagi does not understand ${args.join(' ')}: look at server_args in the xinetd service`;
  void serve({ config: undefined, onTerminal, misuse });
} else void runCommand();

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
