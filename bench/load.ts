/**
 * What servers do under load: calls a second with 1, 8 and 32 at once, the time to the first command at fixed
 * rates of arrival, up to where a server falls behind, processor time a call, and memory a held call. One server
 * after the other at each step, so that a slow minute of the machine meets all alike.
 */
import { connect, type Socket } from 'node:net';
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
}

const AT_ONCE = [1, 8, 32];
/** Between two calls of an idle server's. */
const IDLE_MS = 150;
const RATES = [10, 20, 40, 80, 160, 320];
/** More than this behind, and a server does not keep up: at higher rates it is not asked. */
const BEHIND_MS = 1000;

interface Row {
  readonly server: Served;
  firstMs: number;
  processorMs: number;
  readonly aSecond: Map<number, number>;
  readonly atRate: Map<number, string>;
  readonly heldKb: Map<number, number>;
}

export async function measureLoad(
  servers: readonly Served[],
  seconds: number,
  say: (text: string) => void,
): Promise<string[]> {
  const rows = servers.map(
    (server): Row => ({
      server,
      firstMs: 0,
      processorMs: 0,
      aSecond: new Map(),
      atRate: new Map(),
      heldKb: new Map(),
    }),
  );
  for (const row of rows) row.firstMs = await idle(row.server);
  say('idle: done\n');
  for (const atOnce of AT_ONCE) {
    for (const row of rows) {
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
  return table(rows);
}

async function idle({ port, script }: Served): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < 25; call++) {
    times.push((await timeCall(port, requestFor(script))).firstCommandMs);
    // what the call has used up is made ready again, by servers that make ready
    await delay(IDLE_MS);
  }
  return spreadOf(times.slice(5)).median;
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
