/** `fastagi new`: makes a folder of scripts to begin with. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argv } from 'yargs';
import { readConfig } from '../config';
import { RefusedError } from '../errors';
import { isInside } from '../run/resolve';
import { obstacleFor } from '../setup/access';
import { installDependencies } from '../setup/dependencies';
import { packageFolder } from '../setup/own-package';
import { firstScript, makeScriptFolder, type ScriptLanguage } from '../setup/script-folder';
import { asteriskUser } from '../setup/surroundings';
import { exitCodeOf, exitCodes } from './exit-codes';
import { sayAs } from './output';

const say = sayAs('new');

export const options = (parser: Argv) =>
  parser
    .positional('folder', {
      type: 'string',
      demandOption: true,
      describe: 'A folder that is not there yet, or is empty; . is this one',
    })
    .options({
      typescript: {
        type: 'boolean',
        describe: 'Scripts in TypeScript, as by itself where this Node runs them (22.18)',
      },
      javascript: { type: 'boolean', describe: 'Scripts in JavaScript, as by itself elsewhere' },
      install: {
        type: 'boolean',
        default: true,
        describe: 'Run "npm install" there; --no-install leaves that to you',
      },
    })
    .epilogue(
      [
        'Exit code 0: it is there; 2: wrong use; 3: the folder is not empty, or cannot be',
        'made, or this Node does not run TypeScript.',
      ].join('\n'),
    );

interface Given {
  readonly folder: string;
  readonly typescript?: boolean;
  readonly javascript?: boolean;
  readonly install: boolean;
  readonly config?: string;
}

export function run(given: Record<string, unknown>): number {
  const wanted = given as unknown as Given;
  if (wanted.typescript && wanted.javascript) {
    say('--typescript and --javascript: one folder is one of them');
    return exitCodes.usage;
  }
  try {
    make(wanted);
    return exitCodes.done;
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    say((error as Error).message);
    return code;
  }
}

/** @throws RefusedError */
function make(wanted: Given): void {
  const served = servedFolder(wanted.config);
  const language = languageOf(wanted);
  const executable = fileURLToPath(new URL('fastagi', import.meta.url));
  const fastagi = packageFolder(executable);
  makeScriptFolder({ folder: path.resolve(wanted.folder), language, package: fastagi });
  const folder = realpathSync(wanted.folder);
  const other = runsTypeScript()
    ? language === 'typescript'
      ? '--javascript makes one of JavaScript'
      : '--typescript makes one of TypeScript'
    : 'TypeScript takes Node 22.18';
  print([`Made ${folder}: scripts in ${names[language]} (${other}).`]);
  if (wanted.install) install(folder, { fastagi, language });
  print(nextSteps({ folder, language, served, installed: wanted.install, program: commandOf(executable) }));
}

const names = { javascript: 'JavaScript', typescript: 'TypeScript' } as const;

function runsTypeScript(): boolean {
  return Boolean((process.features as { typescript?: unknown }).typescript);
}

/** @throws RefusedError for TypeScript on a Node that would refuse to run it */
function languageOf({ typescript, javascript }: Given): ScriptLanguage {
  const wanted = typescript ?? (javascript === undefined ? runsTypeScript() : !javascript);
  if (!wanted) return 'javascript';
  if (runsTypeScript()) return 'typescript';
  throw new RefusedError(
    'SCRIPT_TYPESCRIPT',
    `Node runs scripts in TypeScript from 22.18 on, and ${process.execPath} is ${process.version}. Scripts in ` +
      'JavaScript have the same types, in an editor: --javascript',
  );
}

/** How this program is called from a shell; npx and npm have it on a PATH of their own. */
function commandOf(executable: string): string {
  const folders = (process.env.PATH ?? '').split(':').filter((each) => !each.endsWith('/node_modules/.bin'));
  const onPath = folders.some((folder) => realOf(path.join(folder, 'fastagi')) === executable);
  return onPath ? 'fastagi' : shellWord(executable);
}

function install(folder: string, made: { fastagi: string; language: ScriptLanguage }): void {
  process.stderr.write('npm install …\n');
  const problem = installDependencies(folder, made.fastagi);
  if (problem === undefined) return;
  const missing = made.language === 'typescript' ? '@types/node and typescript are' : '@types/node is';
  say(
    `${problem}: ${missing} missing, by which an editor knows Node's own modules. Scripts and tests run without. ` +
      `Once npm can be had, and a network: cd ${shellWord(folder)} && npm install`,
  );
}

/** What serves calls here. */
interface Served {
  /** The configuration; undefined where there is none yet. */
  readonly file: string | undefined;
  readonly basedir: string | undefined;
  /** Scripts run as their owner, and not as Asterisk's user. */
  readonly setuid: boolean;
}

/** @throws RefusedError where the configuration was named, and cannot be read */
function servedFolder(named: string | undefined): Served {
  try {
    const { file, basedir, setuid } = readConfig(named);
    return { file, basedir, setuid };
  } catch (error) {
    if (named !== undefined) throw error;
    // it is for Asterisk's user to read, and not for everybody
    return { file: standardFile, basedir: undefined, setuid: false };
  }
}

const standardFile = '/etc/asterisk/fastagi.conf';

interface Made {
  readonly folder: string;
  readonly language: ScriptLanguage;
  readonly served: Served;
  readonly installed: boolean;
  /** How this program is called. */
  readonly program: string;
}

function nextSteps({ folder, language, served, installed, program }: Made): string[] {
  const scripts = path.join(folder, 'scripts');
  const script = firstScript(folder, language);
  const install = installed ? [] : ['npm install'];
  const lines = [
    '',
    "A call in this terminal, whose keys are the phone's:",
    `  ${program} call ${shellWord(script)}`,
    'Its test:',
    `  ${[`cd ${shellWord(folder)}`, ...install, 'npm test'].join(' && ')}`,
  ];
  const base = realOf(served.basedir);
  const isServed = base !== undefined && isInside(folder, base);
  if (isServed) {
    lines.push(`It lies in ${base}, which is served: Asterisk can call its script, and its test as well.`);
  } else if (served.file === undefined && isPlain(scripts)) {
    lines.push('For Asterisk, as root:', `  ${program} install --basedir ${scripts}`);
  } else if (base !== scripts) {
    lines.push(`For Asterisk, in ${served.file ?? standardFile}:`);
    lines.push('  [fastagi]', `  basedir = ${iniValue(scripts)}`);
  }
  if (!served.setuid) lines.push(...mayRead(script, folder));
  const asked = path.relative(isServed ? base : scripts, path.join(scripts, path.parse(script).name));
  const address = asked.split('/').map(encodeName).join('/');
  return [...lines, 'In the dialplan:', `  exten => 4573,1,AGI(agi://127.0.0.1/${address})`];
}

/** As a URL has it, and as the dialplan takes it in `AGI()`, where brackets and quotes have a meaning. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What is to be done for Asterisk's user to read the scripts, where there is one on this machine. */
function mayRead(script: string, folder: string): string[] {
  const { account } = asteriskUser();
  const obstacle = account && obstacleFor(account, script, 'read');
  if (!account || !obstacle) return [];
  const { place, why, remedy } = obstacle;
  const isOurs = place === folder || place.startsWith(`${folder}/`);
  const command = isOurs ? `chmod -R o+rX ${shellWord(folder)}` : remedy;
  return [
    `Asterisk's user ${account.name} cannot read it, for ${place} ${why}:`,
    `  ${command ?? 'another place is better'}`,
  ];
}

function realOf(folder: string | undefined): string | undefined {
  try {
    return folder === undefined ? undefined : realpathSync(folder);
  } catch {
    return undefined;
  }
}

/** Whether a path is one word wherever it stands. */
function isPlain(text: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(text);
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
  return isPlain(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as the configuration takes it, where ; begins a comment. */
function iniValue(text: string): string {
  return text.includes(';') ? `"${text}"` : text;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
