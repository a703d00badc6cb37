import { identity } from '../src/run/guard';
import { serve } from '../src/run/serve';

const args = process.argv.slice(2);
const config =
  args[0] === '--config' && args.length === 2 ? args[1] : /^--config=(.+)$/s.exec(args.join(' '))?.[1];

if (args.length === 0 || config !== undefined) void serve({ config, onTerminal: runCommand });
// under xinetd help would go to Asterisk
else if (identity(0) === identity(2) && identity(0)?.startsWith('socket:')) {
  const misuse = `fastagi does not understand ${args.join(' ')}: look at server_args in the xinetd service`;
  void serve({ config: undefined, onTerminal: runCommand, misuse });
} else runCommand();

function runCommand(): void {
  void (require('../src/cli/beside') as typeof import('../src/cli/beside')).runCommand(__filename, args);
}
