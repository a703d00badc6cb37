/** `fastagi ari`: a request to Asterisk's REST interface, its events, or its description as a table with types. */
import { once } from 'node:events';
import type { Argv } from 'yargs';
import { Ari } from '../ari/ari';
import { operations } from '../ari/catalog';
import { describe } from '../ari/catalog-writer';
import { ariOptions } from '../ari/settings';
import { AriArgumentError, AriError } from '../ari-errors';
import { RefusedError } from '../errors';
import { type OperationForm, parseRow, type RawRequest } from '../wire/ari-request';
import { exitCodeOf, exitCodes } from './exit-codes';
import { sayAs, toJson } from './output';

const say = sayAs('ari');

export function options(parser: Argv): Argv {
  return parser
    .positional('method', { type: 'string', describe: 'GET, POST, PUT or DELETE' })
    .positional('path', { type: 'string', describe: '/channels, below the path of the interface' })
    .positional('parameters', {
      type: 'string',
      array: true,
      describe: 'name=value; JSON for those in the body',
    })
    .option('events', {
      type: 'string',
      array: true,
      requiresArg: true,
      describe: 'Print the events of these applications',
    })
    .option('all', { type: 'boolean', default: false, describe: 'With --events: of all that Asterisk has' })
    .option('describe', {
      type: 'boolean',
      default: false,
      describe: "Print the server's operations and types, as TypeScript",
    })
    .example('$0 ari GET /channels', 'who is talking')
    .example('$0 ari POST /channels/1700000000.1/play media=sound:beep', '')
    .example('$0 ari --events hello', 'one line of JSON for each event')
    .epilogue(
      [
        'Who is asked stands in the configuration: [ari] host, port, username, password.',
        'Exit code 0: done; 1: Asterisk says no; 2: wrong use; 3: no configuration, no',
        'connection or no login.',
      ].join('\n'),
    );
}

interface Given {
  readonly method?: string;
  readonly path?: string;
  readonly parameters?: readonly string[];
  readonly events?: readonly string[];
  readonly all?: boolean;
  readonly describe?: boolean;
  readonly config?: string;
}

export async function run(options: Record<string, unknown>): Promise<number> {
  const given = options as Given;
  // before the configuration: it is wrong whoever is asked
  if (given.method !== undefined && !/^(?:GET|POST|PUT|DELETE)$/i.test(given.method)) {
    say(`${JSON.stringify(given.method)} is no method: GET, POST, PUT or DELETE`);
    return exitCodes.usage;
  }
  if (given.events && (given.method !== undefined || given.describe)) {
    say('--events goes with neither a request nor --describe');
    return exitCodes.usage;
  }
  if (given.describe && given.method !== undefined) {
    say('--describe goes with no request');
    return exitCodes.usage;
  }
  if (!given.events && !given.describe && (given.method === undefined || given.path === undefined)) {
    say('which request? METHOD PATH, --events APPLICATION or --describe');
    return exitCodes.usage;
  }
  let ari: Ari;
  try {
    ari = new Ari(ariOptions(given.config));
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof AriError)) throw error;
    say(error.message);
    return exitCodes.refused;
  }
  try {
    if (given.events) return await printEvents(ari, given.events, given.all ?? false);
    if (given.describe) return await print(await describe((path) => ari.request('GET', path)));
    const { method: asked = '', path: place = '' } = given;
    const method = asked.toUpperCase();
    const path = place.replace(/^(?!\/)/, '/');
    const answer = await ari.request(method, path, requestOf(method, path, given.parameters ?? []));
    if (answer === undefined) return 0;
    return await print(Buffer.isBuffer(answer) ? answer : `${toJson(answer, 2)}\n`);
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    say((error as Error).message);
    return code;
  } finally {
    await ari.close();
  }
}

/** What goes into the query and what into the body is the table's to say. */
function requestOf(method: string, path: string, parameters: readonly string[]): RawRequest {
  const form = formOf(method, path);
  const query: Record<string, string> = {};
  let body: Record<string, unknown> | undefined;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    if (equals < 1) throw new AriArgumentError(`${JSON.stringify(parameter)} is not name=value`);
    const name = parameter.slice(0, equals);
    const value = parameter.slice(equals + 1);
    const place = form?.parameters.get(name);
    if (place === 'body') body = fromJson(name, value);
    else if (place === 'in body') body = { ...body, [name]: fromJson(name, value) };
    else query[name] = value;
  }
  return { query, body, binary: form?.answer === 'binary' };
}

function formOf(method: string, path: string): OperationForm | undefined {
  for (const rows of Object.values(operations)) {
    for (const row of Object.values(rows as Record<string, string>)) {
      const form = parseRow(row);
      const pattern = form.path.replace(/\{\w+\}/g, '[^/]+');
      if (form.method === method && new RegExp(`^${pattern}$`).test(path)) return form;
    }
  }
  return undefined;
}

function fromJson(name: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new AriArgumentError(`${name} goes in the body, and must be JSON, such as {"name":"value"}`);
}

async function printEvents(
  ari: Ari,
  applications: readonly string[],
  subscribeAll: boolean,
): Promise<number> {
  const over = new AbortController();
  const end = () => over.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  let failed = false;
  ari.onState((state, error) => {
    if (error) say(error.message);
    if (state === 'connected') say(`listening as ${ari.applicationNames.join(', ')} at ${ari.address}`);
    if (state === 'replaced' || state === 'closed') {
      failed ||= error !== undefined;
      end();
    }
  });
  ari.onGap(({ lostAt, backAt }) =>
    say(`events were lost from ${lostAt.toISOString()} to ${backAt.toISOString()}`),
  );
  ari.on('*', (event) => process.stdout.write(`${toJson(event)}\n`));
  await ari.start(applications, { subscribeAll, signal: over.signal }).catch((error: unknown) => {
    // whoever gives it up knows why
    if (!over.signal.aborted) throw error;
  });
  if (!over.signal.aborted) await once(over.signal, 'abort');
  return failed ? 1 : 0;
}

/** Resolves when all of it is written. */
async function print(text: string | Buffer): Promise<number> {
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  return 0;
}
