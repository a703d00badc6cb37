/**
 * How fast a client of the manager reads, and whether each of 60 actions side by side gets its own answer: ours, and
 * three from npm that the bench installs for itself. A stream is recorded from a real Asterisk, and a process of its
 * own says it again to each client, which has a process of its own as well.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Ami } from '../../src/ami/ami';
import { Asterisk } from '../../test/system/support/asterisk';
import { missingParts } from '../../test/system/support/parts';
import { install, machine, measure, message, readOptions, verdict } from '../peers';
import { spreadOf } from '../statistics';
import type { ClientResult } from './client';

const usage = `Usage: npm run bench -- ami [--events N] [--rounds N] [--json]

  --events N  events in each round, about (60000)
  --rounds N  rounds of each client, each in a fresh process that has read the stream once before (5)
  --json      the result as JSON on stdout
`;

/** The peers, by the versions that were current when this was written. */
const peers = { 'asterisk-manager': '0.2.0', 'asterisk-ami-client': '1.1.5', yana: '0.3.0' };
const GOAL = 3;
const CALLS = 20;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What a real Asterisk sends while calls come and go. */
async function record(file: string): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await using _ = await Asterisk.start({
    version: 22,
    extensions:
      '[legs]\nexten => s,1,Answer()\n same => n,Set(COLOUR=blue)\n same => n,Wait(0.2)\n same => n,Hangup()\n',
    config: {
      'manager.conf': `[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = ${port}\n[jo]\nsecret = secret\nread = all\nwrite = all\n`,
    },
  });
  const events: string[] = [];
  await using ami = await Ami.connect({
    username: 'jo',
    secret: 'secret',
    port,
    trace: (direction, text) =>
      direction === '<' && text.startsWith('Event:') && events.push(`${text}\r\n\r\n`),
  });
  const hangups = ami.events('Hangup');
  const calls = Array.from({ length: CALLS }, () =>
    ami.originate({ channel: 'Local/s@legs/n', context: 'legs', extension: 's' }),
  );
  await Promise.all(calls);
  for (let ended = 0; ended < 2 * CALLS; ended++) await hangups.next();
  writeFileSync(file, events.join(''));
  return events.length;
}

async function main(root: string, folder: string, args: string[]): Promise<void> {
  const options = readOptions(args, usage);
  if (!options) return;
  const { events, rounds, json } = options;
  const lack = missingParts();
  if (lack) throw new Error(`the stream comes from a real Asterisk, which cannot run here: ${lack}`);
  const file = join(folder, 'stream');
  const recorded = await record(file);
  const repeats = Math.ceil(events / recorded);
  say(`recorded ${recorded} events of a real Asterisk; each client reads them ${repeats} times a round`);
  const peersFolder = install(join(folder, 'peers'), peers);
  const server = fork(join(folder, 'replay.mjs'), [file, String(repeats)]);
  const results = new Map<string, ClientResult[]>(
    ['fastagi', ...Object.keys(peers)].map((name) => [name, []]),
  );
  try {
    const port = await message<number>(server, 'the replay');
    for (let round = 1; round <= rounds; round++) {
      for (const [name, list] of results) {
        const places = [name, String(port), root, peersFolder];
        list.push(await measure(join(folder, 'client.mjs'), places, ['--expose-gc']));
      }
      say(`round ${round} of ${rounds}`);
    }
  } finally {
    server.disconnect();
  }
  report(results, repeats * recorded, rounds, json);
}

function report(
  results: ReadonlyMap<string, ClientResult[]>,
  sent: number,
  rounds: number,
  json: boolean,
): void {
  const sum = results.get('fastagi')?.[0]?.sum;
  const rows = [...results].map(([name, list]) => ({
    name,
    eventsPerSecond: spreadOf(list.map(({ events, seconds }) => events / seconds)),
    eventsPerCpuSecond: spreadOf(list.map(({ events, cpuSeconds }) => events / cpuSeconds)),
    readRight: list.every((one) => one.events === sent && one.sum === sum),
    wrongAnswers: list.reduce((total, one) => total + one.wrongAnswers, 0),
    lostAnswers: list.reduce((total, one) => total + one.lostAnswers, 0),
    grownBytes: spreadOf(list.map(({ grownBytes }) => grownBytes)).median,
  }));
  const [ours, ...others] = rows as [(typeof rows)[0], ...typeof rows];
  const fastest = others.reduce((best, row) =>
    row.eventsPerSecond.median > best.eventsPerSecond.median ? row : best,
  );
  const ratio = ours.eventsPerSecond.median / fastest.eventsPerSecond.median;
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ machine: machine(), events: sent, rounds, rows, fastest: fastest.name, ratio, goal: GOAL }, null, 2)}\n`,
    );
    return;
  }
  const thousands = (value: number) => `${Math.round(value / 1000)}k`;
  const lines = [
    `${machine()}; ${sent} events a round, ${rounds} rounds`,
    '',
    `${'median (p25–p75)'.padEnd(22)}${'events/s'.padStart(20)}${'per CPU second'.padStart(16)}   headers   of ${60 * rounds} answers    heap`,
    ...rows.map(
      ({
        name,
        eventsPerSecond: rate,
        eventsPerCpuSecond,
        readRight,
        wrongAnswers,
        lostAnswers,
        grownBytes,
      }) =>
        `${name.padEnd(22)}${`${thousands(rate.median)} (${thousands(rate.p25)}–${thousands(rate.p75)})`.padStart(20)}${thousands(eventsPerCpuSecond.median).padStart(16)}   ${readRight ? 'right' : 'WRONG'}     ${`${wrongAnswers} wrong, ${lostAnswers} lost`.padEnd(17)}${(grownBytes / 1e6).toFixed(1).padStart(6)} MB`,
    ),
    '',
    `events/s, fastagi / ${fastest.name} (the fastest of the others)   ${ratio.toFixed(2)}   goal ≥ ${GOAL}: ${verdict(ratio >= GOAL)}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

const [root, folder, ...args] = process.argv.slice(2);
try {
  await main(root as string, folder as string, args);
} catch (error) {
  say(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
