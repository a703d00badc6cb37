/**
 * What servers do under load: calls a second with 1, 8 and 32 at once, the time to the first command of a burst and at
 * fixed rates of arrival, up to where a server falls behind, processor time a call, and memory a held call. One server
 * after the other at each step, so that a slow minute of the machine meets all alike.
 */

import { connect, type Socket } from 'node:net';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { requestFor } from '../test/support/asterisk';
import { timeCall } from './asterisk-side';
import { memoryKb, processorMs, processTree } from './process-tree';
import { spreadOf } from './statistics';

export interface Served {
  readonly name: string;
  readonly script: string;
  readonly port: number;
  /** The process whose tree serves. */
  readonly pid: number;
  /** A script that holds its call until the caller hangs up, and how many of those to hold. */
  readonly held?: { readonly script: string; readonly counts: readonly number[] };
  /** Takes part in the burst alone. */
  readonly burstOnly?: boolean;
}

/** The server that the others are shown in proportion to, where it is there. */
const REFERENCE = 'phpAGI';

const AT_ONCE = [1, 8, 32];
/** Between two calls of an idle server's. */
const IDLE_MS = 150;
/** Calls a second, twelve for each processor among them. */
const RATES = [...new Set([10, 12 * os.availableParallelism(), 40, 160, 320])].sort((a, b) => a - b);
/** Calls of a burst, and how often there is one; a pool is as large. */
export const BURST = 32;
const BURSTS = 3;
/** In which a pool boots what a burst has used up. */
const SETTLE_MS = 6000;
/** What is not counted at each number of calls at once: servers that go on get quicker with each call at first. */
const WARM_UP_SECONDS = 0.7;
/** More than this behind, and a server does not keep up: at higher rates it is not asked. */
const BEHIND_MS = 1000;

interface Row {
  readonly server: Served;
  firstMs: number;
  processorMs: number;
  burst: { median: number; slowest: number } | undefined;
  readonly aSecond: Map<number, number>;
  readonly atRate: Map<number, string>;
  readonly heldKb: Map<number, number>;
}

export async function measureLoad(
  servers: readonly Served[],
  seconds: number,
  say: (text: string) => void,
): Promise<string[]> {
  const all = servers.map(
    (server): Row => ({
      server,
      firstMs: 0,
      processorMs: 0,
      burst: undefined,
      aSecond: new Map(),
      atRate: new Map(),
      heldKb: new Map(),
    }),
  );
  const rows = all.filter(({ server }) => !server.burstOnly);
  for (const row of rows) row.firstMs = await idle(row.server);
  say('idle: done\n');
  const bursts = new Map<Row, number[]>(all.map((row) => [row, []]));
  for (let round = 0; round < BURSTS; round++) {
    for (const row of all) bursts.get(row)?.push(...(await burst(row.server)));
    await delay(SETTLE_MS);
  }
  for (const [row, times] of bursts)
    row.burst = { median: spreadOf(times).median, slowest: Math.max(...times) };
  say('bursts: done\n');
  for (const atOnce of AT_ONCE) {
    for (const row of rows) {
      await saturate(row.server, atOnce, WARM_UP_SECONDS);
      await delay(200);
      const before = processorMs(row.server.pid);
      const calls = await saturate(row.server, atOnce, seconds);
      await delay(200);
      row.aSecond.set(atOnce, calls / seconds);
      if (atOnce === 8) row.processorMs = (processorMs(row.server.pid) - before) / Math.max(1, calls);
    }
    say(`${atOnce} at once: done\n`);
  }
  const tired = new Set<Row>();
  for (const rate of RATES) {
    for (const row of rows.filter((row) => !tired.has(row))) {
      const { median, p95 } = await arrive(row.server, rate, seconds);
      row.atRate.set(rate, `${median.toFixed(1)}/${p95.toFixed(0)}`);
      if (p95 > BEHIND_MS) tired.add(row);
      await delay(300);
    }
    say(`${rate} a second: done\n`);
  }
  for (const row of rows) {
    for (const count of row.server.held?.counts ?? []) row.heldKb.set(count, await hold(row.server, count));
  }
  return [...table(rows), '', ...burstTable(all), ...proportions(all)];
}

async function idle({ port, script }: Served): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < 15; call++) {
    times.push((await timeCall(port, requestFor(script))).firstCommandMs);
    // what the call has used up is made ready again, by servers that make ready
    await delay(IDLE_MS);
  }
  return spreadOf(times.slice(5)).median;
}

/** The time to the first command of each of many calls that come in the same moment. */
function burst({ port, script }: Served): Promise<number[]> {
  const request = requestFor(script);
  const call = () =>
    timeCall(port, request).then(
      ({ firstCommandMs }) => firstCommandMs,
      () => 10_000,
    );
  return Promise.all(Array.from({ length: BURST }, call));
}

async function saturate({ port, script }: Served, atOnce: number, seconds: number): Promise<number> {
  const request = requestFor(script);
  const end = performance.now() + seconds * 1000;
  let calls = 0;
  const lane = async () => {
    while (performance.now() < end) {
      await timeCall(port, request).then(
        () => calls++,
        () => {},
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return calls;
}

/** Calls that come whether the ones before are done or not; one that is lost has waited for ever. */
async function arrive(
  { port, script }: Served,
  rate: number,
  seconds: number,
): Promise<{ median: number; p95: number }> {
  const request = requestFor(script);
  const calls: Promise<number>[] = [];
  const began = performance.now();
  for (let call = 0; call < rate * seconds; call++) {
    await delay(Math.max(0, began + (call * 1000) / rate - performance.now()));
    calls.push(
      timeCall(port, request).then(
        ({ firstCommandMs }) => firstCommandMs,
        () => 10_000,
      ),
    );
  }
  const times = (await Promise.all(calls)).sort((a, b) => a - b);
  return { median: spreadOf(times).median, p95: times[Math.floor((times.length - 1) * 0.95)] as number };
}

/** Memory that each of so many calls adds, in kB. */
async function hold({ port, pid, held }: Served, count: number): Promise<number> {
  const tree = () => processTree(pid);
  const before = memoryKb(tree());
  const sockets: Socket[] = [];
  for (let call = 0; call < count; call++) {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.on('error', () => {});
    socket.write(requestFor(held?.script ?? ''));
    await new Promise((resolve) => {
      socket.once('data', resolve);
      socket.once('close', resolve);
    });
    socket.on('data', () => {});
    socket.write('200 result=1\n');
  }
  await delay(500);
  const kb = (memoryKb(tree()) - before) / count;
  for (const socket of sockets) socket.end('HANGUP\n');
  await delay(1000);
  return kb;
}

function table(rows: readonly Row[]): string[] {
  const most = Math.max(...rows.map(({ aSecond }) => aSecond.get(8) ?? 0));
  const cell = (text: string | number | undefined, width: number) => String(text ?? '–').padStart(width);
  return [
    [
      'server'.padEnd(24),
      cell('first ms', 9),
      ...AT_ONCE.map((atOnce) => cell(`${atOnce}: /s`, 9)),
      cell('cpu ms', 8),
      '  held kB a call',
    ].join(''),
    ...rows.map(({ server, firstMs, aSecond, processorMs, heldKb }) =>
      [
        server.name.padEnd(24),
        cell(firstMs.toFixed(2), 9),
        ...AT_ONCE.map((atOnce) => cell(aSecond.get(atOnce)?.toFixed(0), 9)),
        cell(processorMs.toFixed(2), 8),
        `  ${[...heldKb].map(([count, kb]) => `${kb.toFixed(1)} at ${count}`).join(', ') || '–'}`,
      ].join(''),
    ),
    '',
    'calls a second, 8 at once',
    ...rows.map(({ server, aSecond }) => {
      const length = Math.round(((aSecond.get(8) ?? 0) / most) * 50);
      return `${server.name.padEnd(24)}${'█'.repeat(length) || '▏'}`;
    }),
    '',
    'first command at fixed rates of arrival, median/95th percentile in ms',
    `${'server'.padEnd(24)}${RATES.map((rate) => cell(`${rate}/s`, 13)).join('')}`,
    ...rows.map(
      ({ server, atRate }) =>
        `${server.name.padEnd(24)}${RATES.map((rate) => cell(atRate.get(rate), 13)).join('')}`,
    ),
  ];
}

function burstTable(rows: readonly Row[]): string[] {
  return [
    `first command, ${BURST} calls in the same moment, median/slowest in ms`,
    ...rows.map(
      ({ server, burst }) =>
        `${server.name.padEnd(34)}${`${burst?.median.toFixed(1)}/${burst?.slowest.toFixed(0)}`.padStart(13)}`,
    ),
  ];
}

/** Everything as a part of what the reference takes; nothing where that is not there. */
function proportions(rows: readonly Row[]): string[] {
  const reference = rows.find(({ server }) => server.name === REFERENCE);
  if (!reference) return [];
  const cell = (part: number) => (Number.isFinite(part) ? part.toFixed(part < 1 ? 3 : 1) : '–').padStart(9);
  const part = (row: Row, of: (row: Row) => number | undefined) =>
    cell((of(row) ?? Number.NaN) / (of(reference) ?? Number.NaN));
  const heldKb = ({ heldKb }: Row) => [...heldKb.values()].at(-1);
  const columns: [string, (row: Row) => number | undefined][] = [
    ['first', ({ firstMs, server }) => (server.burstOnly ? undefined : firstMs)],
    ['burst', ({ burst }) => burst?.median],
    ...AT_ONCE.map((atOnce): [string, (row: Row) => number | undefined] => [
      `${atOnce}: /s`,
      ({ aSecond }) => aSecond.get(atOnce),
    ]),
    ['cpu', ({ processorMs, server }) => (server.burstOnly ? undefined : processorMs)],
    ['held', heldKb],
  ];
  return [
    '',
    `the same, ${REFERENCE} = 1`,
    `${''.padEnd(34)}${columns.map(([name]) => name.padStart(9)).join('')}`,
    ...rows.map((row) => `${row.server.name.padEnd(34)}${columns.map(([, of]) => part(row, of)).join('')}`),
  ];
}
