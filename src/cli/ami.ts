/** `fastagi ami`: the manager for people and shell scripts. */
import type { Argv } from 'yargs';
import { parseAddress, showAddress } from '../ami/address';
import { Ami, type AmiOptions } from '../ami/ami';
import { managerOptions } from '../ami/asmanager';
import { bridgeCalls } from '../ami/fastagi-bridge';
import { AmiArgumentError } from '../ami-errors';
import { RefusedError } from '../errors';
import { whyUnread } from '../file-problems';
import { printable } from '../log-entry';
import type { AmiMessage, AmiResponse } from '../wire/ami-message';
import { exitCodeOf, exitCodes } from './exit-codes';
import { sayAs, toJson } from './output';

const say = sayAs('ami');

/** How long calls of AsyncAGI may take to finish. */
const FINISH_SECONDS = 60;

interface Given {
  readonly action?: string;
  readonly fields?: readonly (string | number)[];
  readonly config?: string;
  readonly events?: string;
  readonly asyncAgi?: string;
  readonly count?: number;
  readonly json: boolean;
  readonly server?: string;
  readonly username?: string;
  readonly tls?: string;
  readonly timeout: number;
}

export function options(parser: Argv): Argv {
  return parser
    .positional('action', { type: 'string', describe: 'Originate, Ping, Command ...' })
    .positional('fields', { type: 'string', array: true, describe: 'KEY=VALUE for each header' })
    .option('events', { type: 'string', describe: 'Show events: all, or those of these names, NAME,NAME' })
    .option('async-agi', {
      type: 'string',
      describe: 'Hand calls of AGI(agi:async) to the FastAGI server at HOST:PORT',
    })
    .option('count', { type: 'number', requiresArg: true, describe: 'End after so many events' })
    .option('json', { type: 'boolean', default: false, describe: 'A line of JSON for each message' })
    .option('server', { type: 'string', requiresArg: true, describe: 'Another manager, HOST[:PORT]' })
    .option('username', {
      type: 'string',
      requiresArg: true,
      describe: 'Another user there; the secret comes from FASTAGI_AMI_SECRET',
    })
    .option('tls', { type: 'string', describe: 'Use TLS; FILE holds the certificate to trust' })
    .option('timeout', {
      type: 'number',
      default: 10,
      requiresArg: true,
      describe: 'Seconds to wait; 0: for good',
    })
    .epilogue(
      [
        'It goes to the manager that [asmanager] in the configuration names, and shows',
        'the answer, of a list each item.',
        'Exit code 0: done; 1: Asterisk says no; 2: wrong use; 3: no configuration, no',
        'connection or no login.',
        '',
        '  fastagi ami Command "Command=core show uptime"',
        '  fastagi ami QueueStatus Queue=support --json',
        '  fastagi ami --events Hangup,Newchannel --count 10',
        '  fastagi ami --async-agi 127.0.0.1:4573',
      ].join('\n'),
    );
}

export async function run(options: Record<string, unknown>): Promise<number> {
  const given = options as unknown as Given;
  try {
    checkNumbers(given);
    if (given.asyncAgi !== undefined) return await serve(given, given.asyncAgi);
    return given.events === undefined ? await order(given) : await watch(given, given.events);
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    say((error as Error).message);
    return code;
  }
}

/** @throws AmiArgumentError for what is no number: it would count as no limit */
function checkNumbers({ count, timeout }: Given): void {
  if (count !== undefined && !(Number.isInteger(count) && count > 0))
    throw new AmiArgumentError('--count takes a whole number from 1 on');
  if (!(timeout >= 0)) throw new AmiArgumentError('--timeout takes a number of seconds');
}

async function order(given: Given): Promise<number> {
  const { action, fields = [] } = given;
  if (action === undefined) {
    say('which action? fastagi ami ACTION [KEY=VALUE ...], or --events');
    return exitCodes.usage;
  }
  const headers = parseFields(fields.map(String));
  await using ami = await connect(given);
  const { response, items } = await ami.ask(action, headers);
  if (given.json) for (const message of [response, ...items]) show(message, true);
  else if (/^command$/i.test(action)) for (const line of response.all('Output')) write(line);
  else if (items.length > 0 || isListHead(response)) for (const item of items) show(item, false);
  else show(response, false);
  if (response.ok) return exitCodes.done;
  if (!given.json && response.get('Output') === undefined) {
    say(`${action}: ${response.get('Message') ?? 'Asterisk gives no reason'}`);
  }
  return exitCodes.failed;
}

async function watch(given: Given, names: string): Promise<number> {
  if (given.action !== undefined) {
    say('either an action or --events');
    return exitCodes.usage;
  }
  const { count = Number.POSITIVE_INFINITY } = given;
  const named = names.split(',').filter((name) => name !== '');
  const wanted = named.some((name) => /^(?:all|\*)$/i.test(name)) ? [] : named;
  await using ami = await connect(given, true);
  const stop = () => void ami.close();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  ami.onState((state, error) => {
    // why it is over for good is said at the end
    if (state === 'reconnecting') say(error?.message ?? 'the connection is lost');
    else if (state === 'connected') say(`connected to ${ami.address} again: events may have been lost`);
  });
  let shown = 0;
  const events = ami.events(wanted);
  for await (const event of events) {
    show(event, given.json);
    if (++shown >= count) break;
  }
  if (events.dropped > 0) say(`${events.dropped} events were dropped: the output is too slow`);
  return exitCodes.done;
}

/** Until it is told to stop, or the manager refuses it for good. */
async function serve(given: Given, address: string): Promise<number> {
  if (given.action !== undefined || given.events !== undefined) {
    say('--async-agi goes with neither an action nor --events');
    return exitCodes.usage;
  }
  const server = parseAddress(address || '127.0.0.1', undefined, 4573);
  await using ami = await connect(given, true);
  const bridge = bridgeCalls(ami, { server, onProblem: say });
  const hurry = new AbortController();
  let stopping = false;
  const stop = () => {
    if (stopping) hurry.abort('it was told to stop at once');
    else void finish();
  };
  const finish = async () => {
    stopping = true;
    if (bridge.active > 0) say(`stopping: ${bridge.active} calls have ${FINISH_SECONDS} s to finish`);
    setTimeout(() => hurry.abort(`they had ${FINISH_SECONDS} s to finish`), FINISH_SECONDS * 1000).unref();
    await bridge.finish(hurry.signal);
    await ami.close();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  say(`calls of AGI(agi:async,SCRIPT) from ${ami.address} go to ${showAddress(server)}`);
  // awaited here: the client goes with this block
  return await new Promise((resolve) => {
    ami.onState((state, error) => {
      if (state === 'reconnecting') say(error?.message ?? 'the connection is lost');
      else if (state === 'connected') say(`connected to ${ami.address} again`);
      else if (error) say(error.message);
      if (state === 'closed') resolve(error ? exitCodes.refused : exitCodes.done);
    });
  });
}

function connect(given: Given, lasting = false): Promise<Ami> {
  const { username, server } = given;
  const secret = process.env.FASTAGI_AMI_SECRET;
  const timeoutMs = given.timeout * 1000;
  let named: AmiOptions;
  if (username !== undefined) {
    if (!secret)
      throw new RefusedError(
        'NO_SECRET',
        `the secret of ${username} is wanted in the environment variable FASTAGI_AMI_SECRET`,
      );
    named = managerOptions(given.config, { username, secret });
  } else named = managerOptions(given.config);
  return Ami.connect({
    ...named,
    ...(server === undefined ? {} : { host: server }),
    ...(given.tls === undefined ? {} : { tls: given.tls === '' ? true : { ca: readCertificate(given.tls) } }),
    ...(lasting ? {} : { events: 'off' }),
    reconnect: lasting,
    timeoutMs,
    connectTimeoutMs: timeoutMs,
  });
}

function readCertificate(file: string): Buffer {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(file);
  } catch (error) {
    throw new RefusedError('CERTIFICATE', `the certificate ${file} cannot be read: ${whyUnread(error)}`);
  }
}

/** `Variable=A=1`, `Variable=B=2`: a key that comes again is sent again. */
function parseFields(words: readonly string[]): Record<string, string[]> {
  const fields: Record<string, string[]> = Object.create(null);
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw new AmiArgumentError(`${JSON.stringify(word)} is no KEY=VALUE`);
    const key = word.slice(0, equals);
    fields[key] = [...(fields[key] ?? []), word.slice(equals + 1)];
  }
  return fields;
}

function isListHead(response: AmiResponse): boolean {
  return response.get('EventList')?.toLowerCase() === 'start';
}

function show(message: AmiMessage, json: boolean): void {
  if (json) process.stdout.write(`${toJson(message)}\n`);
  else {
    for (const [name, value] of message.headers) write(`${name}: ${value}`);
    write('');
  }
}

/** A hostile caller id must not reach the terminal as orders to it. */
function write(line: string): void {
  process.stdout.write(
    `${/[\0-\x1f\x7f-\x9f]/.test(line) ? printable(line).replaceAll('\n', '\\n') : line}\n`,
  );
}
