/** The files of a service, from those that the package brings: with this machine's Node, user and Asterisk in them. */
import { readFileSync } from 'node:fs';
import { RefusedError } from '../errors';
import { PlannedFile } from './planned-file';
import { packageFile } from './surroundings';
import { withAttributes } from './xinetd-service';

/** How the service is started: a process for each call, or a server that stays. */
export const serviceKinds = ['xinetd', 'xinetd-wait', 'systemd'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

/** As the package's files name them. */
const NODE = '/usr/bin/node';
const FASTAGI = '/usr/local/bin/fastagi';

export interface ServiceTerms {
  /** The executable that this runs in: the package's files lie beside it. */
  readonly executable: string;
  /** By these paths the service names them. */
  readonly node: string;
  readonly fastagi: string;
  /** Whom it runs as. */
  readonly user: string;
  /** Where Asterisk is: addresses that may connect. */
  readonly from: readonly string[];
  readonly port: number;
  /** Where it is not one of the standard ones. */
  readonly config: string | undefined;
}

/** @throws RefusedError where the package's files are not there */
export function serviceFiles(kind: ServiceKind, terms: ServiceTerms, root: string): PlannedFile[] {
  const { user, from, port } = terms;
  if (kind === 'systemd') {
    const service = withPrograms(templateOf(terms, 'systemd/fastagi.service'), 'ExecStart=', terms);
    const socket = templateOf(terms, 'systemd/fastagi.socket');
    const place = isLocal(from) ? `127.0.0.1:${port}` : String(port);
    return [
      new PlannedFile('/etc/systemd/system/fastagi.service', withSettings(service, { User: user }), root),
      new PlannedFile(
        '/etc/systemd/system/fastagi.socket',
        withSettings(socket, { ListenStream: place }),
        root,
      ),
    ];
  }
  const template = templateOf(terms, kind === 'xinetd' ? 'xinetd/fastagi' : 'xinetd/fastagi-wait');
  const programs = withPrograms(withPrograms(template, '\tserver\t', terms), '\tserver_args\t', terms);
  const door = kind === 'xinetd' ? { only_from: from.join(' ') } : { bind: addressFor(from) };
  const text = withAttributes(programs, { user, port: String(port), ...door });
  return [new PlannedFile('/etc/xinetd.d/fastagi', text, root)];
}

/** Where a server listens. Linux has IPv4 at `::`, too. */
function addressFor(from: readonly string[]): string {
  if (isLocal(from)) return '127.0.0.1';
  return from.some((address) => address.includes(':')) ? '::' : '0.0.0.0';
}

/** Names this machine's programs in the line that begins so, in the place of the package's, and its configuration. */
function withPrograms(text: string, begin: string, { node, fastagi, config }: ServiceTerms): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(begin));
  if (at === -1) throw new Error(`the service file has no line ${begin}`);
  const named = (lines[at] as string).replace(NODE, () => node).replace(FASTAGI, () => fastagi);
  const isCommand = named.includes(fastagi);
  lines[at] = isCommand && config !== undefined ? `${named} --config ${config}` : named;
  return lines.join('\n');
}

/** Whether Asterisk is on this machine alone. */
export function isLocal(from: readonly string[]): boolean {
  return from.every((address) => address === '::1' || address.startsWith('127.'));
}

/** A unit with other values, its comments and its order as they are. */
function withSettings(text: string, values: Readonly<Record<string, string>>): string {
  let changed = text;
  for (const [key, value] of Object.entries(values)) {
    const line = new RegExp(`^${key}=.*$`, 'm');
    if (!line.test(changed)) throw new Error(`the unit has no ${key}`);
    changed = changed.replace(line, () => `${key}=${value}`);
  }
  return changed;
}

function templateOf({ executable }: ServiceTerms, name: string): string {
  const file = packageFile(executable, name);
  if (file === undefined) {
    throw new RefusedError(
      'PACKAGE',
      `${name} is not beside ${executable}: install the whole package, npm install --global fastagi-VERSION.tgz`,
    );
  }
  return readFileSync(file, 'utf8');
}
