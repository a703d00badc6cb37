/** `fastagi doctor`: looks at a set-up, and says what stands in a call's way and what mends it. */
import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argv } from 'yargs';
import { printable } from '../log-entry';
import { startWatchdog } from '../run/watchdog';
import { examine } from '../setup/doctor';
import type { Finding, FindingState } from '../setup/findings';
import { Machine } from '../setup/machine';
import { lastingPath } from '../setup/surroundings';
import { exitCodes } from './exit-codes';
import { sayAs, toJson } from './output';

const say = sayAs('doctor');

/** Whatever is the matter with the machine, somebody waits for an answer. */
const LONGEST_SECONDS = 15;
const tooLong = `fastagi doctor: ended after ${LONGEST_SECONDS} s, in which a file could not be read: is it a pipe, or on a file server that is dead?\n`;

export function options(parser: Argv): Argv {
  return parser
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object, for programs' })
    .option('root', {
      type: 'string',
      requiresArg: true,
      describe: "Look at the machine's files in this folder, an image's say",
    })
    .epilogue(
      [
        'It looks, in the order in which a call meets them, at Asterisk, the service, the',
        'port, Node, the configuration, the scripts, the log and what they use, and says',
        'under each thing that is wrong what mends it. It changes nothing, and needs no',
        'Asterisk. As root it sees more.',
        'It calls the port and asks for a script that there is not, fastagi-doctor: that',
        'leaves one line in the log. It logs in to the manager and to ARI where the',
        'configuration names them.',
        "Exit code 0: nothing stands in a call's way; 1: something does; 2: wrong use;",
        '3: a configuration that cannot be used.',
      ].join('\n'),
    );
}

export async function run(given: Record<string, unknown>): Promise<number> {
  const { json, config, root = '/' } = given as { json: boolean; config?: string; root?: string };
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    say(`--root ${root}: there is no such folder`);
    return exitCodes.refused;
  }
  startWatchdog(LONGEST_SECONDS, tooLong);
  // what settings warn of is told as a finding
  process.removeAllListeners('warning');
  const isHere = root === '/';
  const inEnvironment = isHere ? process.env.FASTAGI_CONFIG : undefined;
  const file = config || inEnvironment;
  const named = file
    ? { file: path.resolve(isHere ? '.' : '/', file), by: config ? '--config' : 'FASTAGI_CONFIG' }
    : undefined;
  const machine = new Machine(root);
  const executable = realpathSync(fileURLToPath(new URL('fastagi', import.meta.url)));
  const { findings, configured } = await examine({
    machine,
    // what looks at an image is not in it
    ...(isHere
      ? { node: lastingPath(process.execPath), executable: lastingPath(executable) }
      : { node: machine.program('node') ?? '/usr/bin/node', executable: '/usr/local/bin/fastagi' }),
    named,
  });
  const failed = findings.some(({ state }) => state === 'failure');
  const code = !configured ? exitCodes.refused : failed ? exitCodes.failed : exitCodes.done;
  await print(json ? `${toJson({ code, findings }, 2)}\n` : textOf(findings));
  return code;
}

const signs: Readonly<Record<FindingState, readonly [sign: string, word: string, colour: number]>> = {
  ok: ['✓', 'ok', 32],
  warning: ['!', 'warning', 33],
  failure: ['✗', 'wrong', 31],
  skipped: ['-', 'skipped', 2],
};

/** The words in place of signs are for who reads a file, or a log, by no terminal. */
export function textOf(findings: readonly Finding[], terminal = isTerminal()): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.flatMap(({ subject, state, text, remedy }) => {
    const [sign, word, colour] = signs[state];
    const mark = terminal ? `\x1b[${colour}m${sign}\x1b[0m` : word.padEnd('warning'.length);
    const indent = ' '.repeat((terminal ? 1 : 'warning'.length) + width + 4);
    const line = `${mark}  ${subject.padEnd(width)}  ${printable(text)}`;
    return remedy === undefined ? [line] : [line, `${indent}→ ${printable(remedy)}`];
  });
  return `${[...lines, '', lastLine(findings)].join('\n')}\n`;
}

function lastLine(findings: readonly Finding[]): string {
  const count = (state: FindingState) => findings.filter((finding) => finding.state === state).length;
  const failures = count('failure');
  const warnings = count('warning');
  const looked = warnings === 0 ? '' : `, ${warnings} to look at`;
  if (failures === 0) return `All well: nothing stands in a call's way${looked}.`;
  return `${failures} ${failures === 1 ? 'thing' : 'things'} to mend${looked}.`;
}

function isTerminal(): boolean {
  const { isTTY = false } = process.stdout;
  return isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Resolves when all of it is written. */
async function print(text: string): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
}
