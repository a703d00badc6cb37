/**
 * How fast a client of ARI is: from nothing to its first answer, in requests to a real Asterisk, and in events of a
 * stream recorded from one, which a process of its own says again. Ours, and two from npm that the bench installs.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ari } from '../../src/ari/ari';
import { type AriServer, startAri } from '../../test/system/support/ari';
import { missingParts } from '../../test/system/support/parts';
import { install, machine, measure, message, readOptions, verdict } from '../peers';
import { spreadOf } from '../statistics';
import type { ClientResult } from './client';

const usage = `Usage: npm run bench -- ari [--events N] [--rounds N] [--json]

  --events N  events in each round (60000)
  --rounds N  rounds of each client, each in a fresh process that has read the stream once before (5)
  --json      the result as JSON on stdout
`;

/** The peers, by the versions that were current when this was written. */
const peers = { 'ari-client': '2.2.0', '@ipcom/asterisk-ari': '1.0.0' };
const contenders = ['fastagi', 'fastagi, HTTP alone', 'fastagi, three types', ...Object.keys(peers)];
/** What an application that only answers listens to. */
const three = ['StasisStart', 'StasisEnd', 'PlaybackFinished'];
const EVENTS_GOAL = 5;
const REQUESTS_GOAL = 0.2;
const CALLS = 5;

interface Recorded {
  readonly type: string;
  readonly channel?: { readonly name: string };
}

/** What was read: the same for all who have read it right. */
interface Reading {
  readonly events: number;
  readonly sum: number;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** What a real Asterisk sends while calls come and go, and how it describes itself. */
async function record(server: AriServer, file: string): Promise<Recorded[]> {
  const { port, username, password } = server;
  await using ari = new Ari({ port, username, password, requestsOverSocket: false });
  const events: Recorded[] = [];
  ari.on('*', (event) => events.push(event as Recorded));
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
  return events;
}

/** What a client that hears these types has to have read of a stream. */
function expected(recorded: readonly Recorded[], types: readonly string[], sent: number): Reading {
  let events = 0;
  let sum = 0;
  for (let serial = 0; serial < sent; serial++) {
    const { type, channel } = recorded[serial % recorded.length] as Recorded;
    if (!types.includes(type)) continue;
    events++;
    sum += channel?.name.length ?? 0;
  }
  return { events, sum };
}

async function main(root: string, folder: string, args: string[]): Promise<void> {
  const options = readOptions(args, usage);
  if (!options) return;
  const { events, rounds, json } = options;
  const lack = missingParts();
  if (lack) throw new Error(`the bench needs a real Asterisk, which cannot run here: ${lack}`);
  await using server = await startAri({ version: 22 });
  const file = join(folder, 'stream');
  const recorded = await record(server, file);
  const all = [...new Set(recorded.map(({ type }) => type))];
  const peersFolder = install(join(folder, 'peers'), peers);
  const replay = fork(join(folder, 'replay.mjs'), [file, String(events)]);
  const results = new Map<string, ClientResult[]>(contenders.map((name) => [name, []]));
  try {
    const port = await message<number>(replay, 'the replay');
    for (let round = 1; round <= rounds; round++) {
      for (const [name, list] of results) {
        const types = name.endsWith('three types') ? three : all;
        const places = [String(server.port), String(port), root, peersFolder, types.join()];
        list.push(await measure(join(folder, 'client.mjs'), [name, ...places], []));
      }
      say(`round ${round} of ${rounds}`);
    }
  } finally {
    replay.disconnect();
  }
  const due = {
    all: expected(recorded, all, events),
    three: expected(recorded, three, events),
  };
  report(results, due, rounds, json);
}

function report(
  results: ReadonlyMap<string, ClientResult[]>,
  due: { readonly all: Reading; readonly three: Reading },
  rounds: number,
  json: boolean,
): void {
  const sent = due.all.events;
  const rows = [...results].map(([name, list]) => ({
    name,
    firstAnswerMs: spreadOf(list.map(({ firstAnswerMs }) => firstAnswerMs)).median,
    eventsPerSecond: spreadOf(list.map(({ seconds }) => sent / seconds)).median,
    eventsPerCpuSecond: spreadOf(list.map(({ cpuSeconds }) => sent / cpuSeconds)).median,
    requestsMs: spreadOf(list.map(({ asksSeconds }) => asksSeconds * 1000)).median,
    readRight: list.every(({ events, sum, inOrder }) => {
      const right = name.endsWith('three types') ? due.three : due.all;
      return inOrder && events === right.events && sum === right.sum;
    }),
  }));
  const ours = rows[0] as (typeof rows)[0];
  const others = rows.filter(({ name }) => name in peers);
  const right = others.filter(({ readRight }) => readRight);
  const eventsRatio = ours.eventsPerSecond / Math.max(...right.map((row) => row.eventsPerSecond));
  const requestsRatio = ours.requestsMs / Math.min(...others.map((row) => row.requestsMs));
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ machine: machine(), events: sent, rounds, rows, eventsRatio, requestsRatio }, null, 2)}\n`,
    );
    return;
  }
  process.stdout.write(
    [
      `${machine()}; ${sent} events a round, ${rounds} rounds`,
      '',
      `${'medians'.padEnd(22)}${'first answer'.padStart(14)}${'events/s'.padStart(12)}${'per CPU second'.padStart(16)}${'1000 requests'.padStart(16)}   events`,
      ...rows.map(
        (row) =>
          `${row.name.padEnd(22)}${`${row.firstAnswerMs.toFixed(0)} ms`.padStart(14)}${`${Math.round(row.eventsPerSecond / 1000)}k`.padStart(12)}${`${Math.round(row.eventsPerCpuSecond / 1000)}k`.padStart(16)}${`${row.requestsMs.toFixed(0)} ms`.padStart(16)}   ${row.readRight ? 'right, in order' : 'WRONG'}`,
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
