/**
 * How fast a client of ARI is: from nothing to its first answer, in requests to a real Asterisk, and in events of a
 * stream recorded from one, which a process of its own says again. Ours, and two from npm that the bench installs.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ari } from '../../src/ari/ari';
import { type AriServer, startAri } from '../../test/system/support/ari';
import { missingParts } from '../../test/system/support/parts';
import { spreadOf } from '../statistics';
import type { ClientResult } from './client';

const usage = `Usage: npm run bench -- ari [--events N] [--rounds N] [--json]

  --events N  events in each round (20000)
  --rounds N  rounds of each client, each in a fresh process that has read the stream once before (5)
  --json      the result as JSON on stdout
`;

/** The peers, by the versions that were current when this was written. */
const peers = { 'ari-client': '2.2.0', '@ipcom/asterisk-ari': '1.0.0' };
const names = ['fastagi', 'fastagi, HTTP alone', ...Object.keys(peers)];
const EVENTS_GOAL = 5;
const REQUESTS_GOAL = 0.2;
const CALLS = 5;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What a real Asterisk sends while calls come and go, and how it describes itself. */
async function record(server: AriServer, file: string): Promise<string[]> {
  const { port, username, password } = server;
  await using ari = new Ari({ port, username, password, requestsOverSocket: false });
  const events: { type: string }[] = [];
  ari.on('*', (event) => events.push(event));
  ari.onCall(async (caller) => {
    const playback = await caller.play({ media: 'digits:1' });
    await playback.finished;
    await caller.hangup();
  });
  await ari.start('bench');
  for (let call = 0; call < CALLS; call++) {
    const channel = ari.channel();
    await channel.originate({ endpoint: 'Local/waiter@test', app: 'bench' });
    await channel.ended;
  }
  const documents: Record<string, string> = {};
  const resources = (await ari.request('GET', '/api-docs/resources.json')) as { apis: { path: string }[] };
  for (const place of [
    '/resources.json',
    ...resources.apis.map(({ path }) => path.replace('/api-docs', '')),
  ]) {
    const path = `/api-docs${place.replace('{format}', 'json')}`;
    const document = JSON.stringify(await ari.request('GET', path));
    // it names the host that it was asked at
    documents[`/ari${path}`] = document.replaceAll(`127.0.0.1:${port}`, '@@HOST@@');
  }
  writeFileSync(file, JSON.stringify({ events: events.map((event) => JSON.stringify(event)), documents }));
  say(`recorded ${events.length} events of a real Asterisk`);
  return [...new Set(events.map(({ type }) => type))];
}

function install(folder: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const packages = Object.entries(peers).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

function message<T>(child: ChildProcess, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (value) => resolve(value as T));
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code} and said nothing`)));
  });
}

async function measure(name: string, folder: string, args: readonly string[]): Promise<ClientResult> {
  const child = fork(join(folder, 'client.mjs'), [name, ...args], {
    execArgv: ['--no-deprecation'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
  try {
    return await message<ClientResult>(child, name);
  } finally {
    clearTimeout(timer);
  }
}

async function main(root: string, folder: string, args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: 'string', default: '20000' },
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const [events, rounds] = [Number(values.events), Number(values.rounds)];
  if (!Number.isInteger(events) || events < 1000)
    throw new Error('--events wants a whole number from 1000 on');
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds wants a whole number from 1 on');
  const lack = missingParts();
  if (lack) throw new Error(`the bench needs a real Asterisk, which cannot run here: ${lack}`);
  await using server = await startAri({ version: 22 });
  const file = join(folder, 'stream');
  const types = await record(server, file);
  const peersFolder = install(join(folder, 'peers'));
  const replay = fork(join(folder, 'replay.mjs'), [file, String(events)]);
  const results = new Map<string, ClientResult[]>(names.map((name) => [name, []]));
  try {
    const port = await message<number>(replay, 'the replay');
    for (let round = 1; round <= rounds; round++) {
      for (const [name, list] of results) {
        const places = [String(server.port), String(port), root, peersFolder, types.join()];
        list.push(await measure(name, folder, places));
      }
      say(`round ${round} of ${rounds}`);
    }
  } finally {
    replay.disconnect();
  }
  report(results, events, rounds, values.json);
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
    firstAnswerMs: spreadOf(list.map(({ firstAnswerMs }) => firstAnswerMs)).median,
    eventsPerSecond: spreadOf(list.map(({ events, seconds }) => events / seconds)).median,
    requestsMs: spreadOf(list.map(({ asksSeconds }) => asksSeconds * 1000)).median,
    readRight: list.every((one) => one.events === sent && one.sum === sum && one.inOrder),
  }));
  const ours = rows[0] as (typeof rows)[0];
  const others = rows.slice(2);
  const right = others.filter(({ readRight }) => readRight);
  const eventsRatio = ours.eventsPerSecond / Math.max(...right.map((row) => row.eventsPerSecond));
  const requestsRatio = ours.requestsMs / Math.min(...others.map((row) => row.requestsMs));
  const machine = `${os.cpus()[0]?.model}, ${os.availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ machine, events: sent, rounds, rows, eventsRatio, requestsRatio }, null, 2)}\n`,
    );
    return;
  }
  const verdict = (met: boolean) => (met ? 'met' : 'not met');
  process.stdout.write(
    [
      `${machine}; ${sent} events a round, ${rounds} rounds`,
      '',
      `${'medians'.padEnd(22)}${'first answer'.padStart(14)}${'events/s'.padStart(12)}${'1000 requests'.padStart(16)}   events`,
      ...rows.map(
        (row) =>
          `${row.name.padEnd(22)}${`${row.firstAnswerMs.toFixed(0)} ms`.padStart(14)}${`${Math.round(row.eventsPerSecond / 1000)}k`.padStart(12)}${`${row.requestsMs.toFixed(0)} ms`.padStart(16)}   ${row.readRight ? 'right, in order' : 'WRONG'}`,
      ),
      '',
      `events/s, fastagi / the fastest other that has them right   ${eventsRatio.toFixed(2)}   goal ≥ ${EVENTS_GOAL}: ${verdict(eventsRatio >= EVENTS_GOAL)}`,
      `1000 requests, fastagi / the fastest other                  ${requestsRatio.toFixed(2)}   goal ≤ ${REQUESTS_GOAL}: ${verdict(requestsRatio <= REQUESTS_GOAL)}`,
      '',
    ].join('\n'),
  );
}

const [root, folder, ...args] = process.argv.slice(2);
try {
  await main(root as string, folder as string, args);
} catch (error) {
  say(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
