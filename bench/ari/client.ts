/** One client of ARI in a process of its own: starts, reads a stream of events, and asks a thousand times. */
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

export interface ClientResult {
  /** From nothing to the answer to the first request, the loading of the package included. */
  readonly firstAnswerMs: number;
  readonly events: number;
  readonly inOrder: boolean;
  /** What was read of the events comes to: the same for all who have read them right. */
  readonly sum: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** A thousand requests, 50 of them side by side. */
  readonly asksSeconds: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the peers have no types that fit
type Any = any;

interface Contender {
  /** Resolves when the client can ask. */
  connect(port: number): Promise<void>;
  /** Resolves when the client hears events. */
  listen(types: readonly string[], onEvent: (event: Any) => void): Promise<void>;
  ask(): Promise<unknown>;
}

const ASKS = 1000;
/** More than Asterisk has connections for (`sessionlimit`, 100) leave ari-client waiting for ever. */
const SIDE_BY_SIDE = 50;
const login = { username: 'tester', password: 's3cret#x' };

function contender(name: string, root: string, peers: string): Contender {
  const load = (from: string, id: string): Any => createRequire(join(from, 'x.js'))(id);
  let client: Any;
  if (name.startsWith('fastagi')) {
    const requestsOverSocket = name !== 'fastagi, HTTP alone';
    return {
      async connect(port) {
        const { Ari } = load(root, './dist/ari.js');
        client = new Ari({ port, ...login, requestsOverSocket });
      },
      async listen(types, onEvent) {
        for (const type of types) client.on(type, onEvent);
        await client.start('bench');
      },
      ask: () => client.asterisk.ping(),
    };
  }
  if (name === 'ari-client') {
    return {
      async connect(port) {
        client = await load(peers, name).connect(`http://127.0.0.1:${port}`, login.username, login.password);
      },
      async listen(types, onEvent) {
        for (const type of types) client.on(type, onEvent);
        await client.start('bench');
      },
      ask: () => client.asterisk.ping(),
    };
  }
  return {
    async connect(port) {
      const { AriClient } = load(peers, name);
      client = new AriClient({ host: '127.0.0.1', port, secure: false, ...login });
    },
    async listen(types, onEvent) {
      await client.connectWebSocket(['bench']);
      for (const type of types) client.on(type, onEvent);
    },
    ask: () => client.asterisk.ping(),
  };
}

async function main(
  [name, live, replay, root, peers]: [string, string, string, string, string],
  types: readonly string[],
): Promise<ClientResult> {
  const began = performance.now();
  const asker = contender(name, root, peers);
  await asker.connect(Number(live));
  await asker.ask();
  const firstAnswerMs = performance.now() - began;
  await asker.listen(['StasisStart'], () => {});
  // once for the compiler, and for the connections
  for (let round = 0; round < 100; round++) await asker.ask();
  const asked = performance.now();
  let left = ASKS;
  const askOn = async () => {
    while (left-- > 0) await asker.ask();
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, askOn));
  const asksSeconds = (performance.now() - asked) / 1000;

  const reader = contender(name, root, peers);
  let seen = { events: 0, sum: 0, last: -1, inOrder: true };
  let ended = () => {};
  await reader.connect(Number(replay));
  await reader.listen([...types, 'DeviceStateChanged'], (event: Any) => {
    if (event.type === 'DeviceStateChanged') return ended();
    if (event.serial <= seen.last) seen.inOrder = false;
    seen.last = event.serial;
    seen.events++;
    seen.sum += event.channel?.name?.length ?? 0;
  });
  let seconds = 0;
  let cpuSeconds = 0;
  for (let round = 0; round < 2; round++) {
    seen = { events: 0, sum: 0, last: -1, inOrder: true };
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const cpu = process.cpuUsage();
    const start = performance.now();
    const [response] = await once(http.get(`http://127.0.0.1:${replay}/begin`), 'response');
    response.resume();
    await end;
    seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    cpuSeconds = (user + system) / 1e6;
  }
  const { events, sum, inOrder } = seen;
  return { firstAnswerMs, events, sum, inOrder, seconds, cpuSeconds, asksSeconds };
}

const [name, live, replay, root, peers, types] = process.argv.slice(2) as [
  ...[string, string, string, string, string],
  string,
];
// what a peer says goes nowhere
console.log = console.info = console.warn = () => {};
process.send?.(await main([name, live, replay, root, peers], types.split(',')), () => process.exit(0));
