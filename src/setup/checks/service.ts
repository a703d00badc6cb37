/** What takes Asterisk's connection and starts fastagi: a file of xinetd's, a unit of systemd's, or a server by hand. */
import { FASTAGI_PORT } from '../../sim/target';
import { isLoopback } from '../addresses';
import { type Finding, Findings } from '../findings';
import { attribute, type Service, type XinetdSetup } from '../service';
import type { Survey } from '../survey';

export async function checkService(survey: Survey): Promise<Finding[]> {
  const found = new Findings('service');
  const { services, xinetd } = survey;
  for (const { file, why } of xinetd.passedOver)
    found.failure(`${file} ${why}`, `mv ${file} /etc/xinetd.d/fastagi && service xinetd restart`);
  for (const file of xinetd.notIncluded) {
    found.failure(
      `${file} is not read: ${xinetd.main} has no line includedir /etc/xinetd.d`,
      `echo 'includedir /etc/xinetd.d' >> ${xinetd.main} && service xinetd restart`,
    );
  }
  if (services.length === 0 && found.isWell) none(found, survey);
  for (const service of services) {
    if (service.kind === 'xinetd') checkXinetd(found, survey, service);
    else if (service.kind === 'systemd') await checkUnit(found, survey, service);
    else found.ok(`fastagi listen, started by hand: ${service.place}, user ${service.user}`);
  }
  for (const service of services) if (service.enabled) await checkCommand(found, survey, service);
  checkRivals(found, survey);
  return found.list;
}

function none(found: Findings, { machine, asterisk }: Survey): void {
  const classic = asterisk.agiBin.some((folder) => machine.names(folder).length > 0);
  const text =
    'nothing serves agi://: no file of /etc/xinetd.d and no unit of systemd names fastagi, and no fastagi listen runs';
  // scripts of Asterisk's own need none
  if (classic) found.warning(text, 'fastagi install');
  else found.failure(text, 'fastagi install');
}

function checkXinetd(found: Findings, survey: Survey, service: Service): void {
  const { machine, xinetd } = survey;
  const setup = service.xinetd as XinetdSetup;
  const { name } = setup.service;
  const { place } = service;
  const of = (key: string) => setup.service.attributes.get(key);
  if (!service.enabled) {
    const isOnly = !survey.services.some(({ enabled }) => enabled);
    const why = /^(?:yes|true|on|1)$/i.test(of('disable')?.[0] ?? 'no')
      ? { text: `${place} is turned off: disable = yes`, line: `disable = no in ${place}` }
      : {
          text: `${place} is turned off: by enabled or disabled in the defaults of ${xinetd.main}`,
          line: `take ${name} out of disabled, or add it to enabled, in the defaults of ${xinetd.main}`,
        };
    if (isOnly) found.failure(why.text, `${why.line}, and then: service xinetd restart`);
    else found.skipped(why.text);
    return;
  }
  const before = found.list.length;
  for (const [key, usual] of required(service)) {
    if (of(key) === undefined)
      found.failure(
        `${place} has no ${key}, and xinetd leaves the service out`,
        `${key} = ${usual} in ${place}`,
      );
  }
  checkName(found, survey, service, name);
  if (service.command) checkWait(found, place, service, of('wait')?.[0]);
  checkWhoMayConnect(found, survey, service, setup);
  checkEnvironment(found, survey, service, setup);
  const { process } = xinetd;
  if (!machine.isLive) {
    if (found.list.length === before) found.ok(`xinetd is to serve by ${place}, as user ${service.user}`);
    return;
  }
  if (process === undefined) {
    if (machine.program('xinetd') === undefined)
      found.failure('xinetd is not installed', 'apt-get install xinetd');
    else found.failure(`xinetd does not run, and ${place} is for it`, 'service xinetd start');
  }
  if (found.list.length > before) return;
  const changed = changedSince(survey, service);
  // a reload leaves no trace, so this may be as it should
  const note =
    changed === undefined
      ? ''
      : `; ${changed} was changed after xinetd was started: if xinetd has not been told since, service xinetd restart`;
  found.ok(`xinetd, process ${process?.pid}, serves by ${place}, as user ${service.user}${note}`);
}

/** A file of xinetd's that may say something else than when xinetd read it. */
export function changedSince({ machine, xinetd }: Survey, { place }: Service): string | undefined {
  const { process } = xinetd;
  if (process === undefined) return undefined;
  return [place, xinetd.main].find((file) => (machine.stat(file)?.ctimeMs ?? 0) > process.startedMs + 1000);
}

function required({ command }: Service): [key: string, usual: string][] {
  const rows: [string, string][] = [
    ['socket_type', 'stream'],
    ['wait', command?.listens ? 'yes' : 'no'],
    ['user', 'asterisk'],
  ];
  return rows;
}

/** xinetd knows a service by its name in /etc/services, if it is not UNLISTED. */
function checkName(found: Findings, { machine }: Survey, service: Service, name: string): void {
  const { place } = service;
  const type = service.xinetd?.service.attributes.get('type') ?? [];
  if (type.includes('UNLISTED')) {
    if (service.port === undefined)
      found.failure(`${place} is UNLISTED and has no port`, `port = ${FASTAGI_PORT} in ${place}`);
    return;
  }
  const line = (machine.read('/etc/services') ?? '')
    .split('\n')
    .map((each) => each.replace(/#.*/, '').trim().split(/\s+/))
    .find(
      ([first, port = '', ...aliases]) => (first === name || aliases.includes(name)) && port.endsWith('/tcp'),
    );
  const listed = line === undefined ? undefined : Number.parseInt(line[1] as string, 10);
  if (listed === undefined) {
    found.failure(
      `/etc/services does not know ${name}, and xinetd leaves a service out that it has no name for`,
      `echo '${name} ${service.port ?? FASTAGI_PORT}/tcp' >> /etc/services && service xinetd restart`,
    );
  } else if (service.port !== undefined && service.port !== listed) {
    found.failure(
      `${place} says port ${service.port}, and /etc/services has ${listed} for ${name}: xinetd leaves the service out`,
      `port = ${listed} in ${place}, or type = UNLISTED`,
    );
  }
}

function checkWait(found: Findings, place: string, { command }: Service, wait: string | undefined): void {
  const waits = wait === 'yes';
  if (command === undefined || wait === undefined) return;
  if (command.listens && !waits) {
    found.failure(
      `${place}: fastagi listen wants the listening socket, and with wait = no it gets a connection`,
      `wait = yes in ${place}`,
    );
  }
  if (!command.listens && waits) {
    found.failure(
      `${place}: with wait = yes fastagi gets the listening socket, and without listen it takes that for a call`,
      `wait = no in ${place}`,
    );
  }
}

function checkWhoMayConnect(found: Findings, survey: Survey, service: Service, setup: XinetdSetup): void {
  const { place, command, port, host } = service;
  // only the first connection is seen by xinetd: what the server itself says is told with its port
  if (command?.listens) return;
  const from = attribute(setup, 'only_from');
  if (from?.length === 0) {
    found.failure(
      `${place}: only_from is empty, and so nobody may connect`,
      `only_from = 127.0.0.1 ::1 in ${place}`,
    );
    return;
  }
  const all = from?.find((word) => /^(?:0\.0\.0\.0(?:\/0)?|0\.0\.0\.0\/0\.0\.0\.0|::\/0|::)$/.test(word));
  if (from !== undefined && all === undefined) return;
  if (host !== undefined && isLoopback(host)) return;
  const why = from === undefined ? 'it has no only_from' : `only_from = ${all} is everybody`;
  found.warning(
    `${place}: whoever reaches port ${port ?? survey.address.port} of this machine can run every script: ${why}`,
    `only_from = 127.0.0.1 ::1 in ${place} (the addresses of your Asterisk), and then: service xinetd restart`,
  );
}

/** What makes Node print, or another Node of it, before fastagi has a say. */
const meddling = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_DEBUG', 'NODE_V8_COVERAGE'];

function checkEnvironment(found: Findings, survey: Survey, service: Service, setup: XinetdSetup): void {
  const { machine, xinetd } = survey;
  const { place, env } = service;
  const passed = attribute(setup, 'passenv');
  for (const name of meddling) {
    if (env.has(name)) {
      found.warning(
        `${place} sets ${name} in env: Node may print because of it, to Asterisk, before fastagi can keep that off the wire`,
        `take ${name} out of env in ${place}, and then: service xinetd restart`,
      );
    } else if (passed === undefined || passed.includes(name)) {
      // without passenv a service gets all that xinetd itself has
      if (xinetd.process && machine.variable(xinetd.process.pid, name) !== undefined) {
        found.warning(
          `xinetd was started with ${name} in its environment, and hands it to every call`,
          `passenv = (nothing behind it) in ${place}, and then: service xinetd restart`,
        );
      }
    }
  }
}

async function checkUnit(found: Findings, survey: Survey, service: Service): Promise<void> {
  const { machine } = survey;
  const { service: unit, socket } = service.unit ?? {};
  const names = [socket?.name, unit?.name].filter((name) => name !== undefined);
  const [first = ''] = names;
  const systemctl = machine.program('systemctl');
  if (!machine.isLive) {
    found.ok(`systemd is to serve by ${names.join(' and ')}, as user ${service.user}`);
    return;
  }
  if (machine.stat('/run/systemd/system') === undefined || systemctl === undefined) {
    found.skipped(`${service.place} is there, and systemd does not run on this machine`);
    return;
  }
  const properties = 'Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,Result';
  const { output, problem } = await machine.run(systemctl, ['show', `--property=${properties}`, ...names]);
  if (problem !== undefined) {
    found.skipped(`systemctl show ${names.join(' ')} ${problem}`);
    return;
  }
  const states = output
    .trim()
    .split(/\n\n+/)
    .map((block) => new Map(block.split('\n').map((line) => line.split('=', 2) as [string, string])));
  const state = (name: string | undefined) => states.find((each) => each.get('Id') === name);
  const active = names.filter((name) => state(name)?.get('ActiveState') === 'active');
  if (!service.enabled && active.length === 0 && survey.services.some(({ enabled }) => enabled)) {
    found.skipped(`${service.place} is turned off`);
    return;
  }
  const before = found.list.length;
  if (states.some((each) => each.get('NeedDaemonReload') === 'yes')) {
    found.warning(
      `a file of ${names.join(' or ')} was changed, and systemd has not read it again`,
      `systemctl daemon-reload && systemctl restart ${names.join(' ')}`,
    );
  }
  const failed = names.find((name) => state(name)?.get('ActiveState') === 'failed');
  if (failed !== undefined) {
    found.failure(
      `${failed} has failed (${state(failed)?.get('Result')})`,
      `journalctl -u ${failed} -n 20, mend what it says, and then: systemctl reset-failed ${failed} && systemctl start ${first}`,
    );
  } else if (!active.includes(first)) {
    found.failure(`${first} does not run`, `systemctl enable --now ${first}`);
  }
  if (active.includes(first) && state(first)?.get('UnitFileState') === 'disabled')
    found.warning(`${first} runs, and will not after a restart of the machine`, `systemctl enable ${first}`);
  if (found.list.length === before) {
    found.ok(`systemd serves by ${active.join(' and ')}, as user ${service.user}`);
  }
}

/** Whom it runs as, and with what rights. */
async function checkCommand(found: Findings, survey: Survey, service: Service): Promise<void> {
  const { config, machine, asterisk, file = '/etc/asterisk/fastagi.conf' } = survey;
  const { place, command, user } = service;
  if (command === undefined) {
    const target = service.xinetd?.service.attributes.get('redirect')?.join(':');
    found.ok(`${place} hands each connection on to ${target}`);
    return;
  }
  if (user !== undefined && !(await machine.hasUser(user)))
    found.failure(
      `${place}: there is no user ${user} on this machine`,
      userLine(service, asterisk.user.name),
    );
  if (command.flags.includes('--no-rehash-snapshot') && command.listens) {
    const line = {
      xinetd: ` from server_args in ${place}`,
      systemd: ` from ExecStart in ${place}`,
      process: '',
    };
    found.warning(
      `${place}: --no-rehash-snapshot gives a process of many calls hash tables of a seed that everybody knows`,
      `take --no-rehash-snapshot away${line[service.kind]}`,
    );
  }
  if (config.setuid && user !== undefined && user !== 'root') {
    found.warning(
      `${file}: [fastagi] setuid is on, and ${place} runs as user ${user}: only scripts of that user and its group are served`,
      `${userLine(service, 'root')}; or setuid = off below [fastagi] in ${file}`,
    );
  }
  if (!config.setuid && user === 'root' && survey.problem === undefined) {
    found.warning(
      `${place}: every script runs with root's rights`,
      `${userLine(service, asterisk.user.name)}; or setuid = on below [fastagi] in ${file}`,
    );
  }
}

function userLine({ kind, place }: Service, name: string): string {
  if (kind === 'xinetd') return `user = ${name} in ${place}`;
  return kind === 'systemd' ? `User=${name} in ${place}` : `start it as user ${name}`;
}

/** Two that want the same port: one of them does not get it. */
function checkRivals(found: Findings, survey: Survey): void {
  const serving = survey.services.filter(({ enabled }) => enabled);
  const portOf = ({ port, kind }: Service) => port ?? (kind === 'process' ? undefined : survey.address.port);
  for (const [at, service] of serving.entries()) {
    const rival = serving.slice(0, at).find((other) => {
      const port = portOf(service);
      return port !== undefined && port === portOf(other);
    });
    if (rival === undefined) continue;
    found.failure(
      `${rival.place} and ${service.place} are both for port ${portOf(service)}: only one of them gets it`,
      turnOff(service),
    );
  }
}

function turnOff({ kind, place, unit }: Service): string {
  if (kind === 'xinetd') return `disable = yes in ${place}, and then: service xinetd restart`;
  const names = [unit?.socket?.name, unit?.service?.name].filter((name) => name !== undefined);
  return `systemctl disable --now ${names.join(' ')}`;
}
