import { serve } from '../src/run/serve';

const usage = `Usage: agi [--config FILE] SCRIPT [ARG ...]

Runs one call script on standard input and output: classic AGI. Make a script
executable, let it begin with

  #!/usr/bin/env agi

and call it from the dialplan: AGI(/path/to/script.js,argument).
`;

const onTerminal = () => {
  process.stderr.write(
    `agi: standard input is a terminal, where no Asterisk asks for a script; "fastagi call ${script}" plays its part\n\n${usage}`,
  );
  process.exitCode = 2;
};

const args = process.argv.slice(2);
let config: string | undefined;
if (args[0] === '--config') config = args.splice(0, 2)[1];
const [script, ...rest] = args;

if (script === '--help' || script === '-h') {
  process.stdout.write(usage);
} else if (script === '--version') {
  process.stdout.write(`${process.env.FASTAGI_VERSION}\n`);
} else if (script === undefined || script.startsWith('-')) {
  process.stderr.write(script === undefined ? usage : `agi: unknown option ${script}\n\n${usage}`);
  process.exitCode = 2;
} else {
  void serve({ config, script: { file: script, args: rest }, onTerminal });
}
