/** What there is to look at on a machine: who serves calls, as whom, by which configuration, for which Asterisk. */
import path from 'node:path';
import { type Config, defaults, standardFiles } from '../config';
import { RefusedError } from '../errors';
import { checkSettings, readSettings, rows, type Settings } from '../listen/settings';
import { FASTAGI_PORT } from '../sim/target';
import type { Listener, Machine, Process, ServedAccount } from './machine';
import { readScripts, type ScriptFolder } from './served-scripts';
import { configOf, optionOf, type Service } from './service';
import { startedByHand, systemdServices, type XinetdFiles, xinetdFiles } from './services';
import { type AsteriskUser, asteriskUser, isConsole, STANDARD_PATH } from './surroundings';

export interface AsteriskPlace {
  readonly process: Process | undefined;
  readonly user: AsteriskUser;
  /** The folder of its configuration. */
  readonly etc: string;
  /** The socket of its console. */
  readonly console: string;
  /** Where `AGI(hello.js)` is looked for; several where nothing says which. */
  readonly agiBin: readonly string[];
  /** Where the first lines of its AGI programs look for theirs. */
  readonly path: string;
  /** How that is known. */
  readonly pathSource: string;
}

export interface Survey {
  readonly machine: Machine;
  readonly processes: readonly Process[];
  readonly xinetd: XinetdFiles & { readonly process: Process | undefined };
  readonly services: readonly Service[];
  /** The one that calls come to, as far as can be told. */
  readonly service: Service | undefined;
  readonly asterisk: AsteriskPlace;
  /** The Node and the file of fastagi that look. */
  readonly node: string;
  readonly executable: string;
  /** The configuration that was read; undefined where there is none. */
  readonly file: string | undefined;
  /** Who says that it is this one. */
  readonly fileSource: string | undefined;
  /** The defaults, where it could not be read. */
  readonly config: Config;
  readonly settings: Settings;
  /** Why it cannot be used. */
  readonly problem: RefusedError | undefined;
  /** What lies in `basedir`. */
  readonly folder: ScriptFolder;
  /** Whom scripts run as, or who becomes their owner. */
  readonly userName: string;
  readonly user: ServedAccount | undefined;
  /** Where the service is, or would be. */
  readonly address: { readonly host: string; readonly port: number };
}

export interface Looker {
  readonly machine: Machine;
  readonly node: string;
  readonly executable: string;
  /** The configuration that the command line or the environment names, and which of them. */
  readonly named?: { readonly file: string; readonly by: string } | undefined;
}

export function survey({ machine, node, executable, named }: Looker): Survey {
  const processes = machine.processes();
  const xinetd = eldest(
    processes,
    ({ name, words }) => name === 'xinetd' || /\/xinetd$/.test(words[0] ?? ''),
  );
  const files = xinetdFiles(machine, xinetd);
  const units = systemdServices(machine);
  const unitNames = units.map(({ place }) => path.basename(place));
  const services = [...files.services, ...units, ...startedByHand(machine, processes, unitNames)];
  const service = services.find(({ enabled }) => enabled) ?? services[0];
  const asterisk = asteriskPlace(machine, processes);
  const own = service && configOf(service);
  const standard = standardFiles.find((each) => !machine.isMissing(each));
  const file = named?.file ?? own ?? standard;
  const read = readAll(machine, file, service);
  const userName = service?.user ?? asterisk.user.name;
  return {
    machine,
    processes,
    xinetd: { ...files, process: xinetd },
    services,
    service,
    asterisk,
    node,
    executable,
    file,
    fileSource: named?.by ?? (own === undefined ? undefined : service?.place),
    ...read,
    folder: readScripts(machine, read.config.basedir),
    userName,
    user: service === undefined ? asterisk.user.account : service.account,
    address: addressOf(service, read.settings, heldBy(machine, service)),
  };
}

/** The server itself, and none of its children, which are of the same name until they have become what they are for. */
function eldest(processes: readonly Process[], is: (process: Process) => boolean): Process | undefined {
  const all = processes.filter(is);
  return all.find(({ parent }) => !all.some(({ pid }) => pid === parent)) ?? all[0];
}

/** The configuration as one would read it that serves calls. */
function readAll(
  machine: Machine,
  file: string | undefined,
  service: Service | undefined,
): Pick<Survey, 'config' | 'settings' | 'problem'> {
  const args = service?.command?.listens ? service.command.args : [];
  const given = Object.fromEntries(
    Object.keys(rows).map((key) => [key, optionOf(args, key.replaceAll('_', '-'))]),
  );
  try {
    // an empty file has the defaults
    const { config, settings } = readSettings(file === undefined ? '/dev/null' : machine.at(file), given);
    if (service?.command?.listens) checkSettings(config, settings);
    return { config: { ...config, file }, settings, problem: undefined };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { settings } = readSettings('/dev/null');
    return { config: defaults, settings, problem: error };
  }
}

function addressOf(
  service: Service | undefined,
  settings: Settings,
  held: readonly Listener[],
): { host: string; port: number } {
  const { kind, host, port, command } = service ?? {};
  if (kind === 'process') {
    // one that was given its socket, or may take any
    const { metrics } = settings;
    return (
      held.find((each) => each.port === settings.port) ??
      held.find((each) => each.port !== metrics?.port) ?? { host: settings.host, port: settings.port }
    );
  }
  // xinetd listens on all addresses, where it is not told otherwise
  if (kind === 'xinetd') return { host: host ?? '::', port: port ?? FASTAGI_PORT };
  if (port !== undefined) return { host: host ?? settings.host, port };
  return command?.listens
    ? { host: settings.host, port: settings.port }
    : { host: '127.0.0.1', port: FASTAGI_PORT };
}

/** What a server by hand listens on, as far as whoever looks may see it. */
function heldBy(machine: Machine, service: Service | undefined): Listener[] {
  const { pid } = service ?? {};
  if (pid === undefined) return [];
  return machine.listeners().filter(({ inode }) => machine.holds(pid, inode));
}

function asteriskPlace(machine: Machine, processes: readonly Process[]): AsteriskPlace {
  const running = eldest(processes, ({ name, words }) => name === 'asterisk' && !isConsole(words));
  const named = running?.words.indexOf('-C') ?? -1;
  const file = (named === -1 ? undefined : running?.words[named + 1]) ?? '/etc/asterisk/asterisk.conf';
  const text = machine.read(file) ?? '';
  const folder = (key: string) => new RegExp(`^\\s*${key}\\s*=>?\\s*([^;\\s]+)`, 'm').exec(text)?.[1];
  const account = running && machine.accountOf(running);
  const user: AsteriskUser =
    account === undefined
      ? asteriskUser(machine.root)
      : { account, name: account.name, source: `who runs process ${running?.pid}` };
  const agiDir = folder('astagidir');
  const ownPath = running && machine.variable(running.pid, 'PATH');
  return {
    process: running,
    user,
    etc: folder('astetcdir') ?? path.dirname(file),
    console: `${folder('astrundir') ?? '/var/run/asterisk'}/asterisk.ctl`,
    agiBin: agiDir === undefined ? ['/usr/share/asterisk/agi-bin', '/var/lib/asterisk/agi-bin'] : [agiDir],
    path: ownPath ?? STANDARD_PATH,
    pathSource: ownPath === undefined ? 'the usual PATH of a service' : `the PATH of process ${running?.pid}`,
  };
}
