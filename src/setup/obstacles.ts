/** What keeps a machine from being set up, each with what is to be done: nobody but a person can decide that. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Config } from '../config';
import { obstacleFor } from './access';
import type { Account } from './accounts';
import { machineHas } from './machine-path';
import { isLocal, type ServiceKind } from './service-files';
import { hasSystemd } from './service-starter';
import { type AsteriskUser, STANDARD_PATH } from './surroundings';

const SETPRIV = '/usr/bin/setpriv';

export interface Wanted {
  readonly kind: ServiceKind;
  /** Whom scripts are to run as, and what is known of him and of Asterisk's. */
  readonly user: {
    readonly name: string;
    readonly account: Account | undefined;
    readonly asterisk: AsteriskUser;
  };
  readonly node: string;
  readonly fastagi: string;
  readonly config: Config;
  /** Its file, where the service is to name it. */
  readonly configFile: string | undefined;
  /** Where it was asked for. */
  readonly basedir: string | undefined;
  readonly from: readonly string[];
  readonly root: string;
}

export function obstaclesTo(wanted: Wanted): string[] {
  const { kind, user, node, fastagi, config, configFile, basedir, from, root } = wanted;
  const { name, account, asterisk } = user;
  const isHere = root === '/';
  return [
    ...(account ? [] : [noUser(name, asterisk)]),
    ...(isHere ? noProgram(kind) : []),
    ...(account && isHere ? unreachable(account, node, fastagi) : []),
    ...(config.setuid && name !== 'root'
      ? [`[fastagi] setuid is on in ${config.file}, which takes --user root`]
      : []),
    ...otherFolder(basedir, config),
    ...openDoor(kind, from, config),
    ...otherService(kind, root),
    ...[node, fastagi, configFile ?? ''].flatMap(unnamed),
  ];
}

function noUser(name: string, { name: asterisk, source }: AsteriskUser): string {
  if (name === asterisk)
    return `there is no user ${name}, ${source}: name whom scripts are to run as, --user NAME`;
  if (asterisk !== 'root') return `there is no user ${name}, as --user says`;
  return `Asterisk's user is root, ${source}, and scripts should not be: make a user for them, useradd --system ${name}, or say --user NAME`;
}

/** What starts the service, where it is not there. */
function noProgram(kind: ServiceKind): string[] {
  if (kind === 'systemd')
    return hasSystemd() ? [] : ['systemd does not run on this machine: --service xinetd'];
  const isThere = STANDARD_PATH.split(':').some((folder) => existsSync(path.join(folder, 'xinetd')));
  // by which a server that stays notices that xinetd has gone
  const isMissing = kind === 'xinetd-wait' && !existsSync(SETPRIV);
  if (isThere) return isMissing ? [`${SETPRIV} is not on this machine: apt-get install util-linux`] : [];
  return [
    `xinetd is not on this machine: apt-get install xinetd${hasSystemd() ? ', or --service systemd' : ''}`,
  ];
}

function unreachable(account: Account, node: string, fastagi: string): string[] {
  return [[node, 'run'] as const, [fastagi, 'read'] as const].flatMap(([file, wish]) => {
    const obstacle = obstacleFor(account, file, wish);
    if (!obstacle) return [];
    const { place, why, remedy } = obstacle;
    // a Node below somebody's home is not for others, and moves with its next version
    const instead = /^\/(root|home)\//.test(`${place}/`)
      ? `install it where everybody may run it, below /usr or /opt, and not in ${place}`
      : remedy;
    return [
      `user ${account.name} could not ${wish} ${file}: ${place} ${why}${instead ? `: ${instead}` : ''}`,
    ];
  });
}

/** What the configuration says holds for the calls, whatever is asked for here. */
function otherFolder(basedir: string | undefined, config: Config): string[] {
  if (basedir === undefined || config.file === undefined || config.basedir === basedir) return [];
  return [
    `${config.file} has basedir = ${config.basedir}: set it to ${basedir} in [fastagi], or leave --basedir out`,
  ];
}

/** A port that others than Asterisk reach runs scripts for them. */
function openDoor(kind: ServiceKind, from: readonly string[], config: Config): string[] {
  if (kind === 'xinetd' || isLocal(from) || config.sections.listen?.allow) return [];
  const file = config.file ?? '/etc/asterisk/fastagi.conf';
  return [
    `with ${kind} it is the server that says who may connect: put allow = ${from.join(', ')} into [listen] of ${file} first, for else everyone who reaches the port could run scripts`,
  ];
}

/** Two cannot listen on one port. */
function otherService(kind: ServiceKind, root: string): string[] {
  const [file, other] =
    kind === 'systemd'
      ? (['/etc/xinetd.d/fastagi', 'xinetd'] as const)
      : (['/etc/systemd/system/fastagi.socket', 'systemd'] as const);
  if (!machineHas(root, file)) return [];
  return [`${file} is there, a service on the same port: fastagi install --remove --service ${other} first`];
}

/** In a service's file a path is a word, and systemd has % for itself. */
function unnamed(file: string): string[] {
  return /[\s"'\\%;$]/.test(file)
    ? [`a service cannot name ${file}: it takes a path without spaces, quotes, and the signs \\ % ; $`]
    : [];
}
