/** How to listen: the section `[listen]` of the configuration, and the command line, which wins. */
import { isIPv6 } from 'node:net';
import { availableParallelism } from 'node:os';
import { type Config, keys, readConfig } from '../config';
import { misspeltSection, unknownKey } from '../config-problems';
import { RefusedError } from '../errors';
import { toBlockList } from './admission';
import { descriptorsForCalls } from './descriptors';

export interface Settings {
  readonly mode: 'pool' | 'shared';
  readonly host: string;
  readonly port: number;
  /** A descriptor that is the listening socket already. */
  readonly fd: number | undefined;
  readonly processes: number;
  readonly spare: number;
  readonly maxCalls: number;
  readonly maxActive: number;
  readonly maxPerAddress: number;
  readonly allow: readonly string[];
  readonly idleSeconds: number;
  readonly drainSeconds: number;
  /** Shared: after so long in which its event loop has not turned, a process is killed; 0: never. */
  readonly stuckSeconds: number;
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
}

interface Kind {
  /** What a value must be, for a person. */
  readonly due: string;
  /** undefined: it is not that. */
  parse(text: string): unknown;
}

const whole = (least: number, most: number): Kind => ({
  due: `a whole number from ${least} to ${most}`,
  parse: (text) =>
    /^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined,
});
const seconds: Kind = {
  due: 'a number of seconds, 0 to 2000000',
  parse: (text) =>
    /^\d{1,7}(\.\d{1,3})?$/.test(text) && Number(text) <= 2_000_000 ? Number(text) : undefined,
};
const mode: Kind = {
  due: 'pool or shared',
  parse: (text) => (text === 'pool' || text === 'shared' ? text : undefined),
};
const host: Kind = {
  due: 'an address or a host name, and no port, which is a key of its own',
  parse: (text) => {
    // as it stands in an address, and in what is said of where it listens
    const name = /^\[([^\]]*)\]$/.exec(text)?.[1] ?? text;
    return name === '' || /\s/.test(name) || (name.includes(':') && !isIPv6(name)) ? undefined : name;
  },
};
const addresses: Kind = {
  due: 'addresses and networks apart by commas: 127.0.0.1, 192.0.2.0/24, 2001:db8::/32',
  parse: (text) => {
    const words = text.split(/[\s,]+/).filter((word) => word !== '');
    try {
      toBlockList(words);
      return words;
    } catch {
      return undefined;
    }
  },
};
const endpoint: Kind = {
  due: 'an address and a port, as 127.0.0.1:9573, or none',
  parse: (text) => {
    if (['', 'none', 'off', 'no'].includes(text)) return null;
    const [, name, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
    return name === undefined || Number(port) > 65_535 ? undefined : { host: name, port: Number(port) };
  },
};

interface Row {
  readonly kind: Kind;
  readonly describe: string;
}

/** Keys of `[listen]`; on the command line with `-` in the place of `_`. */
export const rows: Readonly<Record<string, Row>> = {
  mode: { kind: mode, describe: 'pool: a call has its process to itself. shared: many calls in each' },
  host: { kind: host, describe: 'The address to listen on [127.0.0.1]' },
  port: { kind: whole(0, 65_535), describe: 'The port to listen on [4573]' },
  processes: { kind: whole(1, 10_000), describe: 'pool: at most so many [50]. shared: so many [1]' },
  spare: {
    kind: whole(0, 10_000),
    describe: 'pool: so many kept ready for the next calls [4]; 0: none is booted before a call',
  },
  max_calls: { kind: whole(1, 1e9), describe: 'pool: calls after which a process is renewed [1000]' },
  max_active: { kind: whole(0, 1e6), describe: 'At most so many calls at once [pool: twice processes]' },
  max_per_address: { kind: whole(0, 1e6), describe: 'At most so many at once from one address; 0: no limit' },
  allow: { kind: addresses, describe: 'Who may connect: addresses, networks; empty: all' },
  idle_seconds: { kind: seconds, describe: 'Leave after so long without a call; 0: never' },
  drain_seconds: { kind: seconds, describe: 'How long calls may take to finish when asked to stop [60]' },
  stuck_seconds: {
    kind: seconds,
    describe: 'shared: a process whose event loop does not turn is killed after so long; 0: never [30]',
  },
  metrics: { kind: endpoint, describe: 'Serve counters to Prometheus on ADDRESS:PORT' },
};

/**
 * Reads the configuration, all of it.
 * @param options what the command line says, by the names of `rows`; `fd` beside them
 * @throws RefusedError with one line that names file, section and key
 */
export function readSettings(
  named: string | undefined,
  options: Record<string, string | undefined> = {},
): { config: Config; settings: Settings } {
  const config = readConfig(named);
  const warnings = [...config.warnings];
  const values: Record<string, unknown> = {};
  const { file = '', sections } = config;
  for (const section in sections) {
    const warning = Object.hasOwn(keys, section)
      ? undefined
      : misspeltSection(file, section, sections, { listen: rows });
    if (warning !== undefined) warnings.push(warning);
  }
  for (const [key, text] of Object.entries(sections.listen ?? {})) {
    const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
    if (row) values[key] = parse(row, text, `${file}: [listen] ${key}`);
    else warnings.push(unknownKey(file, 'listen', key, rows));
  }
  for (const [key, row] of Object.entries(rows)) {
    const text = options[key];
    if (text !== undefined) values[key] = parse(row, text, `--${key.replaceAll('_', '-')}`);
  }
  const fd =
    options.fd === undefined ? undefined : parse({ kind: whole(0, 1023), describe: '' }, options.fd, '--fd');
  const shared = values.mode === 'shared';
  const processes = (values.processes as number | undefined) ?? (shared ? 1 : 50);
  const spare = values.spare as number | undefined;
  if (!shared && spare !== undefined && spare > processes) {
    warnings.push(
      `${spare} processes are to be kept ready ([listen] spare), and there may be ${processes} ([listen] processes): ${processes} are kept`,
    );
  }
  // in the pool each has a process to itself, and a few may wait for one
  let maxActive = (values.max_active as number | undefined) || (shared ? 0 : 2 * processes);
  // of the master's descriptors each takes two there: its own, and its process's line
  const possible = shared ? 0 : Math.floor(descriptorsForCalls() / 2);
  if (possible > 0 && maxActive > possible) {
    warnings.push(
      `${maxActive} calls at once ([listen] max_active, or twice processes) take more descriptors than this process may have (ulimit -n): ${possible} are let in`,
    );
    maxActive = possible;
  }
  const settings: Settings = {
    mode: shared ? 'shared' : 'pool',
    host: (values.host as string | undefined) ?? '127.0.0.1',
    port: (values.port as number | undefined) ?? 4573,
    fd: fd as number | undefined,
    processes,
    spare: Math.min(spare ?? Math.max(4, availableParallelism()), processes),
    // who has become a script's owner cannot serve another's
    maxCalls: config.setuid ? 1 : ((values.max_calls as number | undefined) ?? 1000),
    maxActive,
    maxPerAddress: (values.max_per_address as number | undefined) ?? 0,
    allow: (values.allow as string[] | undefined) ?? [],
    idleSeconds: (values.idle_seconds as number | undefined) ?? 0,
    drainSeconds: (values.drain_seconds as number | undefined) ?? 60,
    stuckSeconds: (values.stuck_seconds as number | undefined) ?? 30,
    metrics: (values.metrics as Settings['metrics'] | null) ?? undefined,
  };
  return { config: { ...config, warnings }, settings };
}

/** @throws RefusedError for what does not go together */
export function checkSettings(config: Config, { mode }: Settings): void {
  if (mode === 'shared' && config.setuid) {
    throw new RefusedError(
      'LISTEN_SETUID',
      `${config.file}: [fastagi] setuid is on, and a process that serves many calls cannot be many users: ` +
        'turn it off, or serve with [listen] mode = pool',
    );
  }
}

function parse({ kind }: Row, text: string, where: string): unknown {
  const value = kind.parse(text.trim());
  if (value !== undefined) return value;
  throw new RefusedError('CONFIG_VALUE', `${where} is ${JSON.stringify(text)}, and must be ${kind.due}`);
}
