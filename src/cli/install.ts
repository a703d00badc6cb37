/** `fastagi install`: sets this machine up, so that Asterisk can call scripts. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argv } from 'yargs';
import { whyUnwritten } from '../file-problems';
import { toBlockList } from '../listen/admission';
import { placeFirstCall } from '../setup/first-call';
import { type Installation, type InstallOptions, planInstallation, type Step } from '../setup/installation';
import { planRemoval } from '../setup/removal';
import { isLocal, type ServiceKind, serviceKinds } from '../setup/service-files';
import { startService, stopService } from '../setup/service-starter';
import { FASTAGI_PORT } from '../sim/target';
import { exitCodeOf, exitCodes } from './exit-codes';
import { sayAs } from './output';

const say = sayAs('install');

const text = { type: 'string', requiresArg: true } as const;

export function options(parser: Argv): Argv {
  return parser
    .options({
      service: {
        ...text,
        choices: serviceKinds,
        describe: 'A process for each call by xinetd, or a server that stays: by what is there',
      },
      user: { ...text, describe: "Whom scripts run as; Asterisk's user" },
      from: {
        ...text,
        array: true,
        nargs: 1,
        describe: 'Where Asterisk is; may be repeated  [127.0.0.1 ::1]',
      },
      basedir: { ...text, describe: 'The folder of the scripts, where no configuration says it' },
      port: {
        type: 'number',
        requiresArg: true,
        default: FASTAGI_PORT,
        describe: 'What Asterisk connects to',
      },
      replace: {
        type: 'boolean',
        default: false,
        describe: 'Put other files in the place of those that are there, and keep those beside them',
      },
      remove: {
        type: 'boolean',
        default: false,
        describe: 'Take the service away again; scripts, configuration and log stay',
      },
      start: {
        type: 'boolean',
        default: true,
        describe: 'Start the service and try it; --no-start for an image',
      },
      'dry-run': { type: 'boolean', default: false, describe: 'Show what there is to do, and do nothing' },
      root: {
        ...text,
        default: '/',
        describe: "Set up the machine's files in this folder, and start nothing",
      },
    })
    .epilogue(
      [
        'It may be run again at any time: what is there stays, and nothing of yours is',
        'written over. At the end it places a call to hello.js, as Asterisk would.',
        '',
        'Exit code 0: all is set up; 1: the service did not start, or did not answer;',
        '2: wrong use; 3: something is in the way, and nothing was changed.',
      ].join('\n'),
    );
}

interface Given {
  readonly config?: string;
  readonly service?: ServiceKind;
  readonly user?: string;
  readonly from?: string[];
  readonly basedir?: string;
  readonly port: number;
  readonly replace: boolean;
  readonly remove: boolean;
  readonly start: boolean;
  readonly dryRun: boolean;
  readonly root: string;
}

export async function run(options: Record<string, unknown>): Promise<number> {
  const given = options as unknown as Given;
  const root = path.resolve(given.root);
  const from = given.from ?? ['127.0.0.1', '::1'];
  const misuse = misuseOf({ ...given, from });
  if (misuse !== undefined) {
    say(misuse);
    return exitCodes.usage;
  }
  const wanted: InstallOptions = {
    executable: fileURLToPath(new URL('fastagi', import.meta.url)),
    config: given.config === undefined ? undefined : path.resolve(given.config),
    kind: given.service,
    user: given.user,
    from,
    port: given.port,
    basedir: given.basedir === undefined ? undefined : path.resolve(given.basedir),
    root,
  };
  try {
    return await (given.remove ? remove(wanted, given) : install(wanted, given));
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    say((error as Error).message);
    return code;
  }
}

async function install(wanted: InstallOptions, { dryRun, replace, start }: Given): Promise<number> {
  const installation = planInstallation(wanted);
  const { steps, obstacles } = installation;
  const others = replace ? [] : steps.filter(({ standing }) => standing === 'different');
  if (dryRun || others.length > 0 || obstacles.length > 0) {
    for (const step of steps) show(marks[step.standing], step.subject, step.text, step.difference);
    for (const obstacle of obstacles) say(obstacle);
    if (others.length > 0) {
      say(
        `${namesOf(others)}: not as it would be made. --replace puts that in its place, and keeps what is there beside it`,
      );
    }
    if (!dryRun) say('nothing was changed');
    return obstacles.length + others.length === 0 ? exitCodes.done : exitCodes.refused;
  }
  if (!mayChange(wanted)) return exitCodes.refused;
  const isNew = steps.some(({ standing }) => standing !== 'there');
  for (const step of steps) {
    const problem = make(step);
    if (problem === undefined) continue;
    say(`${step.subject} cannot be made: ${problem}. What is above it has been, and stays`);
    return exitCodes.failed;
  }
  return wanted.root === '/' && start ? begin(installation, wanted, isNew) : exitCodes.done;
}

function remove(wanted: InstallOptions, { dryRun, replace, start }: Given): number {
  const removals = planRemoval(wanted);
  const others = replace ? [] : removals.flatMap((removal) => removal.others);
  if (others.length > 0)
    say(
      `${namesOf(others.filter(({ standing }) => standing === 'different'))}: not as it would be made by these options, and stays: give those that it was made by, ` +
        'or --replace, which takes it away however it is',
    );
  const due = removals
    .map(({ kind, ours, others }) => ({ kind, steps: replace ? [...ours, ...others] : ours }))
    .filter(({ steps }) => steps.length > 0);
  if (due.length === 0) {
    if (others.length > 0) return exitCodes.refused;
    say('there is nothing to take away');
  }
  if (due.length > 0 && !dryRun && !mayChange(wanted)) return exitCodes.refused;
  let isGone = true;
  for (const { kind, steps } of due) {
    const takeAway = () => {
      for (const { subject, unmake } of steps) {
        const problem = dryRun ? undefined : problemOf(subject, unmake);
        isGone &&= problem === undefined;
        show(
          problem === undefined ? '-' : '!',
          subject,
          problem ?? (dryRun ? 'would be taken away' : 'taken away'),
        );
      }
    };
    if (dryRun || wanted.root !== '/' || !start) takeAway();
    else {
      const { done, text: told } = stopService(kind, takeAway);
      show(done ? '-' : '!', 'the service', told);
      isGone &&= done;
    }
  }
  return isGone ? exitCodes.done : exitCodes.failed;
}

const namesOf = (steps: readonly Step[]) => steps.map(({ subject }) => subject).join(', ');

/** Whether this user may; he is told where he may not. */
function mayChange({ root }: InstallOptions): boolean {
  if (root !== '/' || process.getuid?.() === 0) return true;
  say('it takes root to set a machine up: sudo fastagi install. --dry-run shows what there is to do');
  return false;
}

function misuseOf({
  from,
  port,
  basedir,
  user,
  root,
}: Given & { from: readonly string[] }): string | undefined {
  try {
    toBlockList(from);
  } catch (error) {
    return `--from takes the address of an Asterisk, or a network of them: ${(error as Error).message} is neither`;
  }
  const all = from.find((address) => /\/0+$/.test(address));
  if (all !== undefined)
    return `--from ${all} would let everybody run scripts: name the addresses of your Asterisk`;
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return '--port takes a whole number from 1 to 65535';
  if (basedir !== undefined && !/^\/[^\s"';\\]*$/.test(basedir))
    return `--basedir takes an absolute path without spaces, quotes and semicolons: ${JSON.stringify(basedir)} is none`;
  if (basedir !== undefined && path.resolve(basedir) === '/')
    return '--basedir / would make all files of the machine scripts';
  if (user !== undefined && !/^[\w.-]+$/.test(user))
    return `--user takes a user's name: ${JSON.stringify(user)} is none`;
  if (!existsSync(root)) return `--root takes a folder that is there: ${root} is not`;
  return undefined;
}

const marks = { there: '✓', missing: '+', different: '≠' } as const;

/** @returns why not */
function make({ subject, standing, text: what, make: doIt }: Step): string | undefined {
  if (standing === 'there') {
    show(marks.there, subject, what);
    return undefined;
  }
  let kept: string | undefined;
  const problem = problemOf(subject, () => {
    kept = doIt();
  });
  if (problem === undefined)
    show(marks.missing, subject, kept === undefined ? what : `${what}; what was there is ${kept}`);
  return problem;
}

/** Does what is to be done with a file. @returns why the system would not */
function problemOf(file: string, work: (() => void) | undefined): string | undefined {
  try {
    work?.();
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return whyUnwritten(error, file);
  }
}

/** The script that a new folder has. */
const FIRST = 'hello.js';

/** One to begin with. */
function scriptIn(basedir: string): string {
  const names = readdirSync(basedir).filter((name) => /^[^.].*\.(?:[mc]?[jt]s|agi)$/.test(name));
  return names.includes(FIRST) ? FIRST : (names.sort()[0] ?? 'SCRIPT');
}

/** Starts the service, where it does not answer yet; tries it, and says how to go on. */
async function begin(
  { kind, basedir }: Installation,
  { port, from }: InstallOptions,
  isNew: boolean,
): Promise<number> {
  const script = scriptIn(basedir);
  // another one may do what nobody has asked for
  const canBeTried = isLocal(from) && from.includes('127.0.0.1') && script === FIRST;
  let call = canBeTried && !isNew ? await placeFirstCall(port, script, 0) : undefined;
  let isStarted = true;
  if (!call?.answered) {
    const started = startService(kind);
    isStarted = started.done;
    show(isStarted ? marks.missing : '!', 'the service', started.text);
    call = isStarted && canBeTried ? await placeFirstCall(port, script) : undefined;
  }
  if (call) show(call.answered ? marks.there : '!', `a call to ${script}`, call.text);
  const host = isLocal(from)
    ? from.some((address) => address.startsWith('127.'))
      ? '127.0.0.1'
      : '[::1]'
    : 'THIS-MACHINE';
  const place = `agi://${host}${port === FASTAGI_PORT ? '' : `:${port}`}/${script}`;
  process.stdout.write(
    [
      '',
      `Scripts lie in ${basedir}. In /etc/asterisk/extensions.conf:`,
      '',
      `  exten => 4573,1,AGI(${place})`,
      `   same => n,Verbose(1,AGISTATUS is \${AGISTATUS}${script === FIRST ? `, test is \${test}` : ''})`,
      '',
      "then asterisk -rx 'dialplan reload', and dial 4573 in that context.",
      '',
    ].join('\n'),
  );
  return isStarted && call?.answered !== false ? exitCodes.done : exitCodes.failed;
}

function show(mark: string, subject: string, what: string, difference: readonly string[] = []): void {
  process.stdout.write(`${mark} ${subject}: ${what}\n`);
  for (const line of difference) process.stdout.write(`    ${line}\n`);
}
