import { identity } from '../src/run/guard';
import { serve } from '../src/run/serve';

const args = process.argv.slice(2);
let config: string | undefined;
if (args[0] === '--config' && args.length === 2) config = args[1];
// a path with a space in it is several words in xinetd's server_args
else if (args[0]?.startsWith('--config=') && (args.length === 1 || isConnection()))
  config = args.join(' ').slice('--config='.length) || undefined;

if (args.length === 0 || config !== undefined) void serve({ config, onTerminal: runCommand });
// under xinetd help would go to Asterisk; but a server of its listening socket is no call
else if (args[0] !== 'listen' && isConnection()) {
  const misuse = `fastagi does not understand ${args.join(' ')}: look at server_args in the xinetd service`;
  void serve({ config: undefined, onTerminal: runCommand, misuse });
} else runCommand();

function isConnection(): boolean {
  return identity(0) === identity(2) && identity(0)?.startsWith('socket:') === true;
}

function runCommand(): void {
  void (require('../src/cli/beside') as typeof import('../src/cli/beside')).runCommand(__filename, args);
}
