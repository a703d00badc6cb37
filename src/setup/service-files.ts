/** The files of a service, from those that the package brings: with this machine's Node, user and Asterisk in them. */
import { readFileSync } from 'node:fs';
import { RefusedError } from '../errors';
import { PlannedFile } from './planned-file';
import { packageFile } from './surroundings';
import { withAttributes } from './xinetd-service';

/** How the service is started: a process for each call, or a server that stays. */
export const serviceKinds = ['xinetd', 'xinetd-wait', 'systemd'] as const;
export type ServiceKind = (typeof serviceKinds)[number];

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
  if (kind === 'systemd') return systemdFiles(terms, root);
  const { node, fastagi, user, from, port, config } = terms;
  const named = config === undefined ? '' : ` --config ${config}`;
  const server = { user, port: String(port), server: node };
  const text =
    kind === 'xinetd'
      ? withAttributes(templateOf(terms, 'xinetd/fastagi'), {
          ...server,
          server_args: `--no-rehash-snapshot ${fastagi}${named}`,
          only_from: from.join(' '),
        })
      : withAttributes(templateOf(terms, 'xinetd/fastagi-wait'), {
          ...server,
          server_args: `${fastagi} listen --fd 0 --idle-seconds 3600${named}`,
          bind: isLocal(from) ? '127.0.0.1' : '0.0.0.0',
        });
  return [new PlannedFile('/etc/xinetd.d/fastagi', text, root)];
}

function systemdFiles(terms: ServiceTerms, root: string): PlannedFile[] {
  const { node, fastagi, user, from, port, config } = terms;
  const named = config === undefined ? '' : ` --config ${config}`;
  const service = withSettings(templateOf(terms, 'systemd/fastagi.service'), {
    User: user,
    ExecStart: `${node} ${fastagi} listen${named}`,
  });
  const socket = withSettings(templateOf(terms, 'systemd/fastagi.socket'), {
    ListenStream: isLocal(from) ? `127.0.0.1:${port}` : String(port),
  });
  return [
    new PlannedFile('/etc/systemd/system/fastagi.service', service, root),
    new PlannedFile('/etc/systemd/system/fastagi.socket', socket, root),
  ];
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
