import { fstatSync, realpathSync } from 'node:fs';
import { serve } from '../src/run/serve';

const args = process.argv.slice(2);
const servesCall = args.length === 0 ? !isTerminal() : args.length === 2 && args[0] === '--config';

if (servesCall) void serve({ config: args[1] });
// yargs costs 20 ms and more, even unused: the commands lie in a file of their own beside this one
else require(realpathSync(__filename).replace(/[^/]*$/, 'fastagi-commands.js')).main(args);

function isTerminal(): boolean {
  try {
    return fstatSync(0).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(0);
  } catch {
    return false;
  }
}
