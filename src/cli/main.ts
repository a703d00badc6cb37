/** `fastagi` with arguments or on a terminal: help and commands. It is loaded only then. */
import yargs from 'yargs';

/** @param args the command line behind `fastagi` */
export async function main(args: string[]): Promise<void> {
  const parser = yargs(args)
    .scriptName('fastagi')
    .usage(
      [
        'Usage: $0 [--config FILE]',
        '',
        'Serves one call of Asterisk\'s on standard input and output: the "server" of an',
        'xinetd service. Asterisk asks for it with AGI(agi://HOST/SCRIPT), and the script',
        'is looked for in the folder that the configuration names:',
        '',
        '  /etc/asterisk/fastagi.conf, else /etc/asterisk/phpagi.conf',
        '  [fastagi]',
        '  basedir = /var/lib/asterisk/fastagi',
        '',
        'It takes no call from a terminal. "npm run demo" shows one; the xinetd service',
        'file is xinetd/fastagi. Scripts run as classic AGI by "agi SCRIPT".',
      ].join('\n'),
    )
    .option('config', { type: 'string', requiresArg: true, describe: 'Read this configuration instead' })
    .version(process.env.FASTAGI_VERSION ?? '')
    .help()
    .alias({ help: 'h', version: 'V' })
    .strict()
    .demandCommand(0, 0, '', 'fastagi takes no command like this')
    .wrap(80)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    });
  try {
    const { help, version } = await parser.parse();
    if (help || version) return;
    // not a call, and nothing that was asked for: the help is what is wanted
    process.stderr.write((await parser.getHelp()) + '\n');
    process.exitCode = args.length === 0 ? 0 : 2;
  } catch (error) {
    process.stderr.write(`${await parser.getHelp()}\n\nfastagi: ${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
