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
import { BURST, measureLoad } from './load';
import { Residents } from './residents';
import { type Spread, spreadOf } from './statistics';

const usage = `Usage: npm run bench -- [--calls N] [--warm-up N] [--json] [--load [--seconds N] [--servers NAMES]]

  --calls N    counted calls of each contender (150)
  --warm-up N  calls of each before those, not counted (15)
  --json       the result as JSON on stdout
  --load       servers under load instead: ours in each mode, and others
  --seconds N  how long each step of that lasts (1.5)
  --servers NAMES  only those whose names begin with one of these, apart by commas

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
  const { calls, warmUp, json, load, seconds, servers } = parseOptions(args);
  const lack = missingParts();
  if (lack) throw new Error(`the bench needs a real xinetd, which cannot run here: ${lack}`);
  const report = (line: string) => say(`${line}\n`);
  if (load) return underLoad(folder, seconds, servers, report);
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
async function underLoad(
  folder: string,
  seconds: number,
  names: readonly string[],
  report: (line: string) => void,
): Promise<void> {
  const residents = new Residents(folder);
  const pool = ['--processes', '140'];
  const ready = [...pool, '--spare', String(BURST)];
  const once = ['--max-calls', '1'];
  const some = (counts: readonly number[]) => ({ held: { script: 'held.js', counts } });
  // what it gives is the reason why it is not there
  const all: Record<string, () => Promise<unknown>> = {
    'wait = no': () => residents.addPerCall(residents.perCall, [100]),
    'pool, max_calls = 1': () => residents.addOurs('pool, max_calls = 1', [...pool, ...once], some([100])),
    pool: () => residents.addOurs('pool', pool, some([100])),
    'pool, max_calls = 1, spare = 32': () =>
      residents.addOurs(`pool, max_calls = 1, spare = ${BURST}`, [...ready, ...once], { burstOnly: true }),
    'pool, spare = 32': () => residents.addOurs(`pool, spare = ${BURST}`, ready, { burstOnly: true }),
    shared: () => residents.addOurs('shared', ['--mode', 'shared'], some([1000, 5000])),
    Go: () => residents.addGo(report),
    'ding-dong': () => residents.addDingDong(),
    'Asterisk::AGI': async () =>
      residents.addPerCall({ ...(await perlAgi(folder, report)), name: 'Asterisk::AGI' }),
    phpAGI: async () => {
      const php = phpAgi(folder, process.env.PHPAGI_DIR);
      return typeof php === 'string' ? php : residents.addPerCall(php, [100], 'held.php');
    },
    'C, wait = no': () => residents.addFloor(),
  };
  const left: string[] = [];
  try {
    for (const [name, add] of Object.entries(all)) {
      if (names.length > 0 && !names.some((beginning) => name.startsWith(beginning))) continue;
      const reason = await add();
      if (typeof reason === 'string') left.push(`${name} left out: ${reason}`);
    }
    if (residents.served.length === 0) throw new Error(`no server begins with ${names.join(' or ')}`);
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
      seconds: { type: 'string', default: '1.5' },
      servers: { type: 'string', default: '' },
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
  const servers = values.servers
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  return { calls, warmUp, json: values.json, load: values.load, seconds, servers };
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
