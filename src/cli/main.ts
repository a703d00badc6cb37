/** `fastagi` with arguments or on a terminal: help and commands. It is loaded only then. */
import yargs, { type Argv } from 'yargs';
import { nearestName } from '../nearest-name';
import { exitCodes } from '../run/ending';
import { endWithOutput } from './output';

/** A command, in a file of its own in this folder. */
export interface Command {
  /** Tells yargs of the command's options and arguments. */
  options(parser: Argv): Argv;
  /**
   * Does it.
   * @param options what was given, by the names of `options`
   * @returns the exit code, once all is done
   */
  run(options: Record<string, unknown>): number | Promise<number>;
}

interface CommandRow {
  /** Its name, and its arguments as yargs has them: `call <target> [args..]`. */
  readonly usage: string;
  readonly describe: string;
  /** Read in when it is the one that is asked for, with what it needs. */
  readonly load: () => Promise<Command>;
  /** It puts descriptors 1 and 2 on its log and prints nothing: no stream of Node's may hold them. */
  readonly takesOutput?: true;
}

const commands: readonly CommandRow[] = [
  {
    usage: 'listen',
    describe: 'Serves calls until it is told to stop: no start-up in the way of each',
    load: () => import('./listen'),
    takesOutput: true,
  },
  {
    usage: 'ami [action] [fields..]',
    describe: "Gives Asterisk's manager an order, or shows its events",
    load: () => import('./ami'),
  },
  {
    usage: 'call <target> [args..]',
    describe: "Plays Asterisk's part against a script: a call with no PBX",
    load: () => import('./call'),
  },
  {
    usage: 'new <folder>',
    describe: 'Makes a folder of scripts to begin with: a script, its test, types',
    load: () => import('./new'),
  },
  {
    usage: 'speech',
    describe: 'Serves what calls have spoken to an Asterisk on another machine',
    load: () => import('./speech'),
  },
  {
    usage: 'trace <file>',
    describe: 'Shows what was said in a call, and what took how long',
    load: () => import('./trace'),
  },
  {
    usage: 'ari [method] [path] [parameters..]',
    describe: 'Asks the REST interface of Asterisk, or shows what happens there',
    load: () => import('./ari'),
  },
  {
    usage: 'install',
    describe: 'Sets this machine up, so that Asterisk can call scripts',
    load: () => import('./install'),
  },
  {
    usage: 'doctor',
    describe: "Looks at a set-up: what stands in a call's way, and what mends it",
    load: () => import('./doctor'),
  },
];

/** How yargs begins to say that arguments are missing. */
const tooFew = 'Not enough non-option arguments';

/** @param args the command line behind `fastagi` */
export async function main(args: string[]): Promise<void> {
  let chosen: (() => number | Promise<number>) | undefined;
  let asked = 'fastagi';
  // `fastagi help ami`
  if (args[0] === 'help' && args.length > 1) args = [...args.slice(1), '--help'];
  /** What there is to choose from. */
  let wanted: Wanted = {
    names: [
      ...commands.map(({ usage }) => usage.split(' ', 1)[0] as string),
      '--config',
      '--version',
      '--help',
    ],
  };
  const parser = yargs(args)
    .scriptName('fastagi')
    .usage('Usage: $0 [--config FILE]\nor     $0 COMMAND [OPTION ...]')
    // here and not above, where yargs would take off the spaces that a line begins with
    .epilogue(
      [
        "With no command it serves one call of Asterisk's on standard input and output:",
        'the "server" of an xinetd service. Asterisk asks for it with',
        'AGI(agi://HOST/SCRIPT), and the script is looked for in the folder that the',
        'configuration names:',
        '',
        '  /etc/asterisk/fastagi.conf, else /etc/asterisk/phpagi.conf',
        '  [fastagi]',
        '  basedir = /var/lib/asterisk/fastagi',
        '',
        'It takes no call from a terminal: "fastagi call SCRIPT" plays one, and "fastagi',
        'install" sets the service up. Scripts run as classic AGI by "agi SCRIPT".',
      ].join('\n'),
    )
    .option('config', {
      type: 'string',
      requiresArg: true,
      global: true,
      describe: 'Read this configuration instead',
    })
    .version(process.env.FASTAGI_VERSION ?? '')
    .help()
    .alias({ help: 'h', version: 'V' })
    .strict()
    // what stands behind -- is text like all arguments
    .parserConfiguration({ 'parse-positional-numbers': false })
    .wrap(80)
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new Error(message);
    });
  for (const { usage, describe, load, takesOutput } of commands) {
    parser.command(
      usage,
      describe,
      async (command) => {
        asked = `fastagi ${usage.split(' ', 1)}`;
        const told = (await load()).options(command.usage(`Usage: $0 ${usage} [OPTION ...]\n\n${describe}.`));
        wanted = { usage, names: Object.keys(optionsOf(told).key).map((name) => `--${name}`) };
        return told;
      },
      async (options) => {
        // an empty shell variable, or -, which yargs takes for that
        const [, needed = ''] = /<(\w+)>/.exec(usage) ?? [];
        if (options[needed] === '') throw new Error(tooFew);
        const { run } = await load();
        keepLast(options, parser);
        chosen = () => {
          if (!takesOutput) endWithOutput(asked);
          return run(options);
        };
      },
    );
  }
  try {
    // help or version, by an option or by the word
    let shown = '';
    await parser.parse(
      args,
      (_error: unknown, options: { readonly _: readonly unknown[] }, output: string) => {
        const [word] = options._;
        // yargs has the help of all for whoever asks for that of none
        if (output !== '' && asked === 'fastagi' && word !== undefined && word !== 'help')
          throw new Error(`Unknown argument: ${word}`);
        shown = output;
      },
    );
    if (shown !== '') {
      endWithOutput(asked);
      process.stdout.write(`${shown}\n`);
      return;
    }
  } catch (error) {
    const { message } = error as Error;
    process.stderr.write(
      `${asked}: ${inOurWords(message, wanted, { args, command: commandIn(parser) })} "${asked} --help" shows what there is\n`,
    );
    process.exitCode = exitCodes.usage;
    return;
  }
  if (chosen) {
    process.exitCode = await chosen();
    return;
  }
  // not a call, and nothing that was asked for: the help is what is wanted
  process.stderr.write((await parser.getHelp()) + '\n');
  process.exitCode = args.length === 0 ? exitCodes.done : exitCodes.usage;
}

interface Wanted {
  /** The command's, where one was named. */
  readonly usage?: string;
  readonly names: readonly string[];
}

/** What yargs says of a command line, in words that name what was likely meant. */
function inOurWords(
  message: string,
  { usage, names }: Wanted,
  { args, command }: { readonly args: readonly string[]; readonly command: string | undefined },
): string {
  if (usage !== undefined && message.startsWith(tooFew)) return `something is missing: fastagi ${usage};`;
  const [, stranger] = /^Unknown arguments?: (.*?)(?:, |$)/s.exec(message) ?? [];
  if (stranger === undefined) return `${message};`;
  if (usage === undefined && command !== undefined)
    return withGuess(`there is no command ${JSON.stringify(command)}`, command, names);
  if (args.includes(stranger)) return `${JSON.stringify(stranger)} is more than it takes: fastagi ${usage};`;
  // yargs tells it without its dashes, and without the no- that means off
  const isGiven = (arg: string) => /^--?(?:no-)?([^=]*)/.exec(arg)?.[1] === stranger;
  const given = args.find(isGiven)?.split('=', 1)[0];
  return withGuess(`there is no option ${given ?? `-${stranger}`}`, stranger, names);
}

function withGuess(told: string, name: string, names: readonly string[]): string {
  const meant = nearestName(name, names);
  return meant === undefined ? `${told};` : `${told}; did you mean ${meant}?`;
}

/** What stands in the place of a command. */
function commandIn(parser: Argv): string | undefined {
  const { parsed } = parser as unknown as { parsed: false | { argv: { _: readonly unknown[] } } };
  const [word] = parsed === false ? [] : parsed.argv._;
  return word === undefined ? undefined : String(word);
}

/** What yargs knows of a parser's options: by name, and those of them that are lists. */
function optionsOf(parser: Argv): {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
} {
  return (parser as unknown as { getOptions(): ReturnType<typeof optionsOf> }).getOptions();
}

/** An option that is given twice is a list to yargs: the last one holds, where the option is none itself. */
function keepLast(options: Record<string, unknown>, parser: Argv): void {
  const { array } = optionsOf(parser);
  for (const [name, value] of Object.entries(options)) {
    if (Array.isArray(value) && name !== '_' && !array.includes(name)) options[name] = value.at(-1);
  }
}
