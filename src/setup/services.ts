/** Finds what serves calls on a machine: in the files of xinetd and systemd, and among the processes. */
import path from 'node:path';
import type { Machine, Process, ServedAccount } from './machine';
import { attribute, pathIn, readCommand, type Service, variables, type XinetdSetup } from './service';
import { STANDARD_PATH } from './surroundings';
import { parseStream, readUnit, serviceOf, settingOf, type Unit, unitNames, wordsOf } from './systemd-unit';
import { readServices } from './xinetd-service';

/** A file that xinetd does not read, though it lies where it does. */
export interface PassedOver {
  readonly file: string;
  /** The end of a sentence that begins with the file. */
  readonly why: string;
}

export interface XinetdFiles {
  /** Its main file. */
  readonly main: string;
  readonly services: readonly Service[];
  readonly passedOver: readonly PassedOver[];
  /** Folders of which the main file does not say that they are to be read. */
  readonly notIncluded: readonly string[];
}

const USUAL_FOLDER = '/etc/xinetd.d';

export function xinetdFiles(machine: Machine, running: Process | undefined): XinetdFiles {
  const named = running?.words.indexOf('-f') ?? -1;
  const main = (named === -1 ? undefined : running?.words[named + 1]) ?? '/etc/xinetd.conf';
  const text = machine.read(main);
  const folders =
    text === undefined
      ? [USUAL_FOLDER]
      : [...text.matchAll(/^\s*includedir\s+(\S+)/gm)].map(([, folder]) =>
          path.resolve('/etc', folder as string),
        );
  const defaults = new Map(
    readServices(text ?? '').find(({ name }) => name === 'defaults')?.attributes ?? [],
  );
  const files: [file: string, text: string][] = [[main, text ?? '']];
  const passedOver: PassedOver[] = [];
  const included = [...new Set(folders)];
  for (const folder of included) {
    for (const name of machine.names(folder)) {
      const file = path.join(folder, name);
      const contents = machine.read(file);
      if (contents === undefined) continue;
      // confparse.c of xinetd's
      if (name.includes('.') || name.endsWith('~')) {
        if (servicesIn(machine, file, contents, defaults).some(({ enabled }) => enabled)) {
          const why = `has a ${name.endsWith('~') ? '~ at the end of' : 'dot in'} its name, and xinetd passes such files over`;
          passedOver.push({ file, why });
        }
      } else files.push([file, contents]);
    }
  }
  const notIncluded = included.includes(USUAL_FOLDER)
    ? []
    : machine
        .names(USUAL_FOLDER)
        .map((name) => `${USUAL_FOLDER}/${name}`)
        .filter((file) => servicesIn(machine, file, machine.read(file) ?? '', defaults).length > 0);
  return {
    main,
    services: files.flatMap(([file, contents]) => servicesIn(machine, file, contents, defaults)),
    passedOver,
    notIncluded: text === undefined ? [] : notIncluded,
  };
}

function servicesIn(
  machine: Machine,
  file: string,
  text: string,
  defaults: XinetdSetup['defaults'],
): Service[] {
  return readServices(text).flatMap((service) => {
    const xinetd = { service, defaults };
    const of = (name: string) => service.attributes.get(name);
    const server = of('server')?.join(' ');
    const command = server === undefined ? undefined : readCommand([server, ...(of('server_args') ?? [])]);
    if (service.name === 'defaults' || (command === undefined && service.name !== 'fastagi')) return [];
    // another program's, under our name
    if (command === undefined && of('redirect') === undefined) return [];
    const env = variables(attribute(xinetd, 'env') ?? []);
    const [port = listedPort(machine, service.name)] = of('port') ?? [];
    return [
      {
        kind: 'xinetd',
        place: file,
        enabled: isEnabled(xinetd),
        command,
        user: of('user')?.[0],
        account: xinetdAccount(machine, file, xinetd),
        host: (attribute(xinetd, 'bind') ?? attribute(xinetd, 'interface'))?.[0],
        port: port === undefined ? undefined : Number(port),
        path: pathIn(env),
        env,
        xinetd,
      },
    ];
  });
}

/** What /etc/services has for a name. */
export function listedPort(machine: Machine, name: string): number | undefined {
  const line = (machine.read('/etc/services') ?? '')
    .split('\n')
    .map((each) => each.replace(/#.*/, '').trim().split(/\s+/))
    .find(
      ([first, port = '', ...aliases]) => (first === name || aliases.includes(name)) && port.endsWith('/tcp'),
    );
  return line === undefined ? undefined : Number.parseInt(line[1] as string, 10);
}

const named = (machine: Machine, name: string) =>
  machine.account(name) ?? (/^\d+$/.test(name) ? machine.account(Number(name)) : undefined);

/** xinetd gives a server one group, where it is not told `groups = yes` (child.c, set_credentials). */
function xinetdAccount(machine: Machine, place: string, setup: XinetdSetup): ServedAccount | undefined {
  const [name] = setup.service.attributes.get('user') ?? [];
  const account = name === undefined ? undefined : named(machine, name);
  if (account === undefined) return undefined;
  const [group] = attribute(setup, 'group') ?? [];
  const gid = (group === undefined ? undefined : machine.groupId(group)) ?? account.gid;
  const all = new Set([...account.groups, gid]);
  if (/^yes$/i.test(attribute(setup, 'groups')?.[0] ?? '')) return { ...account, gid, groups: all };
  const lost = {
    groups: all,
    why: 'he is in a group that may, and xinetd gives a server his own group alone',
    remedy: `groups = yes in ${place}, and then: service xinetd restart`,
  };
  return { ...account, gid, groups: new Set([gid]), lost };
}

function unitAccount(machine: Machine, unit: Unit): ServedAccount | undefined {
  const account = named(machine, settingOf(unit, 'Service.User') ?? 'root');
  const group = settingOf(unit, 'Service.Group');
  if (account === undefined || group === undefined) return account;
  const gid = machine.groupId(group) ?? account.gid;
  return { ...account, gid, groups: new Set([...account.groups, gid]) };
}

function isEnabled({ service, defaults }: XinetdSetup): boolean {
  const id = service.attributes.get('id')?.[0] ?? service.name;
  const only = defaults.get('enabled');
  if (only !== undefined && !only.includes(id)) return false;
  if (defaults.get('disabled')?.includes(id)) return false;
  return !/^(?:yes|true|on|1)$/i.test(service.attributes.get('disable')?.[0] ?? 'no');
}

/** Services and sockets of systemd's that run fastagi. */
export function systemdServices(machine: Machine): Service[] {
  const units = unitNames(machine).flatMap((name) => readUnit(machine, name) ?? []);
  const sockets = units.filter(({ name }) => name.endsWith('.socket'));
  return units.flatMap((unit) => {
    const start = settingOf(unit, 'Service.ExecStart');
    const command = start === undefined ? undefined : readCommand(wordsOf(start));
    if (command === undefined || !(command.listens || isPerCall(unit, sockets))) return [];
    const socket = sockets.find((each) => serviceOf(each) === unit.name);
    const stream = parseStream(settingOf(socket, 'Socket.ListenStream') ?? '');
    const words = (unit.values.get('Service.Environment') ?? []).flatMap((line) =>
      wordsOf(`x ${line}`).slice(1),
    );
    const env = variables(words);
    return [
      {
        kind: 'systemd',
        place: unit.file,
        enabled: [unit.name, socket?.name].some((name) => name !== undefined && isWanted(machine, name)),
        command,
        user: settingOf(unit, 'Service.User') ?? 'root',
        account: unitAccount(machine, unit),
        host: stream?.host,
        port: stream?.port,
        path: pathIn(env),
        env,
        unit: { service: unit, socket },
      },
    ];
  });
}

/** Whether something that starts wants the unit: that is what `systemctl enable` makes. */
function isWanted(machine: Machine, name: string): boolean {
  return ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'].some((folder) =>
    machine
      .names(folder)
      .some(
        (each) => /\.(?:wants|requires)$/.test(each) && machine.names(`${folder}/${each}`).includes(name),
      ),
  );
}

/** A service without `listen` is one of a call's only where a socket gives it connections. */
function isPerCall(unit: Unit, sockets: readonly Unit[]): boolean {
  return sockets.some(
    (socket) => serviceOf(socket) === unit.name && settingOf(socket, 'Socket.Accept') === 'yes',
  );
}

/** `fastagi listen` that neither xinetd nor a unit of systemd's has started. */
export function startedByHand(
  machine: Machine,
  processes: readonly Process[],
  units: readonly string[],
): Service[] {
  const xinetd = new Set(processes.filter(({ name }) => name === 'xinetd').map(({ pid }) => pid));
  return processes.flatMap((process) => {
    const { pid, parent, words, uid } = process;
    const command = readCommand(words);
    // a shell that has it in its command line has it as one word
    if (!command?.listens || words.indexOf(command.executable) > 8 || xinetd.has(parent)) return [];
    const group = machine.read(`/proc/${pid}/cgroup`) ?? '';
    if (units.some((unit) => group.includes(`/${unit}`))) return [];
    const config = machine.variable(pid, 'FASTAGI_CONFIG');
    return [
      {
        kind: 'process',
        place: `process ${pid}`,
        enabled: true,
        command,
        user: machine.userName(uid),
        account: machine.accountOf(process),
        host: undefined,
        port: undefined,
        path: machine.variable(pid, 'PATH') ?? STANDARD_PATH,
        env: new Map(config === undefined ? [] : [['FASTAGI_CONFIG', config]]),
        pid,
      },
    ];
  });
}
