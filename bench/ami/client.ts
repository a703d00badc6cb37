/** One client of the manager in a process of its own: reads the whole stream, and sends actions side by side. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What a client must be able to do to take part. */
interface Contender {
  /** Resolves when it is logged in. From then on each event comes with a way to its headers. */
  connect(
    port: number,
    onEvent: (name: string, header: (name: string) => string | undefined) => void,
  ): Promise<void>;
  /** Sends an action and gives a header of its answer. */
  ask(action: string, fields: Record<string, string>, header: string): Promise<string | undefined>;
}

export interface ClientResult {
  readonly events: number;
  /** What the headers that were read come to: the same for all who have read them right. */
  readonly sum: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** What the heap holds more than before, when all is read, in bytes. */
  readonly grownBytes: number;
  readonly wrongAnswers: number;
  readonly lostAnswers: number;
}

const ACTIONS = 60;
const PATIENCE_MS = 5000;
/** What every contender reads of every event: who listens does at least this. */
const read = ['Channel', 'Uniqueid', 'ChannelStateDesc', 'Context'];

// biome-ignore lint/suspicious/noExplicitAny: the peers have no types
type Any = any;

function contender(name: string, root: string, peers: string): Contender {
  const load = (from: string, id: string): Any => createRequire(join(from, 'x.js'))(id);
  if (name === 'fastagi') {
    const { Ami } = load(root, './dist/ami.js');
    let ami: Any;
    return {
      async connect(port, onEvent) {
        ami = await Ami.connect({ username: 'bench', secret: 'bench', port, reconnect: false });
        ami.on('*', (event: Any) => onEvent(event.name, (header) => event.get(header)));
      },
      ask: async (action, fields, header) => (await ami.action(action, fields)).get(header),
    };
  }
  if (name === 'asterisk-manager') {
    let ami: Any;
    return {
      connect: (port, onEvent) =>
        new Promise((resolve) => {
          ami = load(peers, name)(port, '127.0.0.1', 'bench', 'bench', true);
          ami.on('managerevent', (event: Any) =>
            onEvent(event.event, (header) => event[header.toLowerCase()]),
          );
          ami.on('response', () => resolve());
        }),
      ask: (action, fields, header) =>
        new Promise((resolve, reject) =>
          ami.action({ action, ...fields }, (error: unknown, response: Any) =>
            error ? reject(error) : resolve(response[header.toLowerCase()]),
          ),
        ),
    };
  }
  if (name === 'asterisk-ami-client') {
    const client = new (load(peers, name))({ reconnect: false, keepAlive: false });
    return {
      async connect(port, onEvent) {
        client.on('event', (event: Any) => onEvent(event.Event, (header) => event[header]));
        await client.connect('bench', 'bench', { host: '127.0.0.1', port });
      },
      ask: async (Action, fields, header) => (await client.action({ Action, ...fields }, true))[header],
    };
  }
  const ami = new (load(peers, name))({ host: '127.0.0.1', login: 'bench', password: 'bench', events: true });
  return {
    connect: (port, onEvent) => {
      ami.options.port = port;
      ami.on('event', (event: Any) => onEvent(event.Event, (header) => event[header]));
      return new Promise((resolve) => ami.connect(resolve));
    },
    ask: (Action, fields, header) =>
      new Promise((resolve) => ami.send({ Action, ...fields }, (response: Any) => resolve(response[header]))),
  };
}

async function main(name: string, port: number, root: string, peers: string): Promise<ClientResult> {
  const client = contender(name, root, peers);
  let events = 0;
  let sum = 0;
  let ended = () => {};
  await client.connect(port, (event, header) => {
    if (event === 'BenchEnd') return ended();
    events++;
    for (const one of read) sum += header(one)?.length ?? 0;
  });
  const readStream = async () => {
    events = 0;
    sum = 0;
    const end = new Promise<void>((resolve) => {
      ended = resolve;
    });
    void client.ask('BenchBegin', {}, 'Response').catch(() => {});
    await end;
  };
  const heapBytes = () => {
    (globalThis as { gc?: () => void }).gc?.();
    return process.memoryUsage().heapUsed;
  };
  // once for the compiler
  await readStream();
  const heap = heapBytes();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await readStream();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const grownBytes = heapBytes() - heap;
  const seen = { events, sum };
  const late = Symbol('late');
  const answers = await Promise.all(
    Array.from({ length: ACTIONS }, (_, at) =>
      Promise.race([
        client.ask('BenchEcho', { Value: `value ${at}` }, 'Value').catch(() => late),
        new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, late)),
      ]),
    ),
  );
  return {
    ...seen,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    grownBytes,
    wrongAnswers: answers.filter((answer, at) => answer !== late && answer !== `value ${at}`).length,
    lostAnswers: answers.filter((answer) => answer === late).length,
  };
}

const [name, port, root, peers] = process.argv.slice(2) as [string, string, string, string];
process.send?.(await main(name, Number(port), root, peers), () => process.exit(0));
