/**
 * How long a call waits: a real xinetd starts each contender, one process a call, and this side plays
 * Asterisk. One call at a time, a round of all contenders after the other, so that a slow minute of the
 * machine meets all alike; in an order of chance, so that none always follows the same one.
 */
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { requestFor } from '../test/support/asterisk';
import { missingParts } from '../test/system/support/parts';
import { Xinetd } from '../test/system/support/xinetd';
import { type Timing, timeCall } from './asterisk-side';
import { type Contender, fastagi, nodeFloor, perlAgi, phpAgi } from './contenders';
import { measureLoad } from './load';
import { Residents } from './residents';
import { type Spread, spreadOf } from './statistics';

const usage = `Usage: npm run bench -- [--calls N] [--warm-up N] [--json] [--load [--seconds N]]

  --calls N    counted calls of each contender (150)
  --warm-up N  calls of each before those, not counted (15)
  --json       the result as JSON on stdout
  --load       servers under load instead: ours in each mode, and others
  --seconds N  how long each step of that lasts (3)

phpAGI takes part where PHPAGI_DIR names a folder with phpagi.php and
phpagi-fastagi.php, and php is on PATH.
`;

interface Result {
  readonly firstCommandMs: Spread;
  readonly wholeCallMs: Spread;
  readonly commandsPerCall: number;
}

interface Ratio {
  readonly what: string;
  readonly ratio: number;
  readonly goal: number | undefined;
}

const say = (text: string): void => void process.stderr.write(text);

async function main(root: string, folder: string, args: string[]): Promise<void> {
  const { calls, warmUp, json, load, seconds } = parseOptions(args);
  const lack = missingParts();
  if (lack) throw new Error(`the bench needs a real xinetd, which cannot run here: ${lack}`);
  const report = (line: string) => say(`${line}\n`);
  if (load) return underLoad(folder, seconds, report);
  const contenders = [nodeFloor(folder), fastagi(root, folder), await perlAgi(folder, report)];
  const php = phpAgi(folder, process.env.PHPAGI_DIR);
  if (typeof php !== 'string') contenders.push(php);

  const services = contenders.map(({ command }, index) => [`bench-${index}`, serviceFor(command)] as const);
  const xinetd = await Xinetd.start(Object.fromEntries(services));
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
  let timings: Map<string, Timing[]>;
  try {
    timings = await Promise.race([measure(xinetd, contenders, warmUp, calls), interrupted]);
  } finally {
    await xinetd.stop();
  }

  const results = new Map([...timings].map(([name, list]) => [name, resultOf(list)]));
  const ratios = ratiosOf(results);
  const machine = {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.availableParallelism(),
    node: process.version,
    date: new Date().toISOString().slice(0, 10),
  };
  const left = typeof php === 'string' ? { phpAGI: php } : {};
  if (json) {
    const contenders = Object.fromEntries(results);
    process.stdout.write(
      `${JSON.stringify({ machine, calls, contenders, leftOut: left, ratios: ratios.map(judge) }, null, 2)}\n`,
    );
    return;
  }
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, ${machine.date}; ${calls} calls each`,
    '',
    ...table(results),
    ...Object.entries(left).map(([name, reason]) => `${name.padEnd(15)} left out: ${reason}`),
    '',
    ...ratios.map(ratioLine),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A held call of the pool's is a process: 100 of them, where a shared process has 5,000. */
async function underLoad(folder: string, seconds: number, report: (line: string) => void): Promise<void> {
  const residents = new Residents(folder);
  const left: string[] = [];
  try {
    await residents.addPerCall(residents.perCall, [100]);
    const pool = ['--processes', '120'];
    await residents.addOurs('pool, max_calls = 1', [...pool, '--max-calls', '1'], [100]);
    await residents.addOurs('pool', pool, [100]);
    await residents.addOurs('shared', ['--mode', 'shared'], [1000, 5000]);
    await residents.addDingDong();
    await residents.addPerCall({ ...(await perlAgi(folder, report)), name: 'Asterisk::AGI' });
    const php = phpAgi(folder, process.env.PHPAGI_DIR);
    if (typeof php === 'string') left.push(`phpAGI left out: ${php}`);
    else await residents.addPerCall(php);
    const noFloor = await residents.addFloor();
    if (noFloor) left.push(`the C program left out: ${noFloor}`);
    const lines = await measureLoad(residents.served, seconds, say);
    const machine = `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} cores, Node ${process.version}`;
    const head = `${machine}, ${new Date().toISOString().slice(0, 10)}; ${seconds} s a step, the load beside it`;
    process.stdout.write(`${[head, '', ...lines, ...left].join('\n')}\n`);
  } finally {
    await residents.stop();
  }
}

function parseOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      calls: { type: 'string', default: '150' },
      'warm-up': { type: 'string', default: '15' },
      json: { type: 'boolean', default: false },
      load: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '3' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const calls = Number(values.calls);
  const warmUp = Number(values['warm-up']);
  if (!Number.isInteger(calls) || calls < 1) throw new Error('--calls wants a whole number from 1 on');
  if (!Number.isInteger(warmUp) || warmUp < 0) throw new Error('--warm-up wants a whole number from 0 on');
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new Error('--seconds wants a number above 0');
  return { calls, warmUp, json: values.json, load: values.load, seconds };
}

/** No limits of xinetd's own, so that none of them is what is measured. */
function serviceFor([server, ...args]: readonly string[]): string {
  return `server = ${server}
server_args = ${args.join(' ')}
cps = 10000 1
instances = UNLIMITED
per_source = UNLIMITED`;
}

async function measure(
  xinetd: Xinetd,
  contenders: readonly Contender[],
  warmUp: number,
  calls: number,
): Promise<Map<string, Timing[]>> {
  const timings = new Map<string, Timing[]>(contenders.map(({ name }) => [name, []]));
  const rounds = warmUp + calls;
  for (let round = 0; round < rounds; round++) {
    for (const index of shuffled([...contenders.keys()])) {
      const { name, script, proof } = contenders[index] as Contender;
      const timing = await timeCall(xinetd.port(`bench-${index}`), requestFor(script));
      if (!timing.commands.some((command) => proof.test(command))) {
        throw new Error(`${name} did not do its work; it sent:\n${timing.commands.join('\n')}`);
      }
      if (round >= warmUp) timings.get(name)?.push(timing);
      await ended(xinetd);
    }
    progress(round + 1, rounds);
  }
  return timings;
}

function shuffled<T>(values: readonly T[]): T[] {
  return values
    .map((value) => [Math.random(), value] as const)
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value);
}

/** The end of one process must not slow down the start of the next. */
async function ended(xinetd: Xinetd): Promise<void> {
  while (xinetd.processes().length > 1) await delay(1);
}

function progress(done: number, all: number): void {
  const line = `round ${done} of ${all}`;
  if (process.stderr.isTTY) say(`\r${line}${done === all ? '\n' : ''}`);
  else if (done === all || done % Math.ceil(all / 10) === 0) say(`${line}\n`);
}

function resultOf(timings: readonly Timing[]): Result {
  return {
    firstCommandMs: spreadOf(timings.map((timing) => timing.firstCommandMs)),
    wholeCallMs: spreadOf(timings.map((timing) => timing.wholeCallMs)),
    commandsPerCall: timings[0]?.commands.length ?? 0,
  };
}

function ratiosOf(results: ReadonlyMap<string, Result>): Ratio[] {
  const ratios: Ratio[] = [];
  const compare = (other: string, span: 'firstCommandMs' | 'wholeCallMs', goal?: number) => {
    const ours = results.get('fastagi')?.[span].median;
    const theirs = results.get(other)?.[span].median;
    if (ours === undefined || theirs === undefined) return;
    const what = `${span === 'firstCommandMs' ? 'first command' : 'whole call'}, fastagi / ${other}`;
    ratios.push({ what, ratio: ours / theirs, goal });
  };
  compare('node', 'firstCommandMs', 1.1);
  compare('phpAGI', 'firstCommandMs', 1.45);
  compare('phpAGI', 'wholeCallMs', 1.3);
  compare('Asterisk::AGI', 'firstCommandMs');
  compare('Asterisk::AGI', 'wholeCallMs');
  return ratios;
}

function judge({ what, ratio, goal }: Ratio) {
  const rounded = Number(ratio.toFixed(3));
  return goal === undefined ? { what, ratio: rounded } : { what, ratio: rounded, goal, met: ratio <= goal };
}

function ratioLine({ what, ratio, goal }: Ratio): string {
  const verdict =
    goal === undefined ? '' : `   goal ≤ ${goal.toFixed(2)}: ${ratio <= goal ? 'met' : 'not met'}`;
  return `${what.padEnd(40)} ${ratio.toFixed(3)}${verdict}`;
}

function table(results: ReadonlyMap<string, Result>): string[] {
  const cell = ({ median, p25, p75 }: Spread) =>
    `${median.toFixed(1)} (${p25.toFixed(1)}–${p75.toFixed(1)})`.padStart(22);
  return [
    `${'median ms (p25–p75)'.padEnd(20)}${'first command'.padStart(17)}${'whole call'.padStart(22)}   commands`,
    ...[...results].map(
      ([name, { firstCommandMs, wholeCallMs, commandsPerCall }]) =>
        `${name.padEnd(15)}${cell(firstCommandMs)}${cell(wholeCallMs)}${String(commandsPerCall).padStart(11)}`,
    ),
  ];
}

const [root, folder, ...args] = process.argv.slice(2);
try {
  await main(root as string, folder as string, args);
} catch (error) {
  say(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
