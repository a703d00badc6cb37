/** Contenders from npm, installed for one run of a bench, each of which runs in a process of its own. */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** How long one round of one contender may take. */
const PATIENCE_MS = 120_000;

/**
 * Installs packages into a new folder, without running what they would run.
 * @param peers name to version
 */
export function install(folder: string, peers: Readonly<Record<string, string>>): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = Object.entries(peers).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

/** The first message of a process. @param what its name, for the error */
export function message<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as T));
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code} and said nothing`)));
  });
}

/** Runs a contender in a fresh process, and gives what it has measured. */
export async function measure<T>(
  program: string,
  args: readonly string[],
  flags: readonly string[],
): Promise<T> {
  const child = fork(program, args, {
    execArgv: ['--no-deprecation', ...flags],
    // what a peer prints is its own affair
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  try {
    return await message<T>(child, args[0] ?? program);
  } finally {
    clearTimeout(timer);
  }
}

/** What it was measured on, and when. */
export function machine(): string {
  const day = new Date().toISOString().slice(0, 10);
  return `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}, ${day}`;
}

/** A goal in words. */
export function verdict(met: boolean): string {
  return met ? 'met' : 'not met';
}

/** How many events a round has, and how many rounds there are; undefined where only help was asked for. */
export function readOptions(
  args: string[],
  usage: string,
): { events: number; rounds: number; json: boolean } | undefined {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '60000' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return undefined;
  }
  const [events, rounds] = [Number(values.events), Number(values.rounds)];
  if (!Number.isInteger(events) || events < 1000)
    throw new Error('--events wants a whole number from 1000 on');
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number from 1 on');
  return { events, rounds, json: values.json };
}
