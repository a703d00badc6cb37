/** A file of xinetd's: whether xinetd takes it, whom it lets in, and what it hands to a call. */
import { FASTAGI_PORT } from '../../sim/target';
import { isLoopback } from '../addresses';
import type { Findings } from '../findings';
import { attribute, type Service, type XinetdSetup } from '../service';
import { listedPort } from '../services';
import type { Survey } from '../survey';

export function checkXinetd(found: Findings, survey: Survey, service: Service): void {
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
  const attributes = service.xinetd?.service.attributes;
  const type = attributes?.get('type') ?? [];
  const [port] = attributes?.get('port') ?? [];
  if (type.includes('UNLISTED')) {
    if (port === undefined)
      found.failure(`${place} is UNLISTED and has no port`, `port = ${FASTAGI_PORT} in ${place}`);
    return;
  }
  const listed = listedPort(machine, name);
  if (listed === undefined) {
    found.failure(
      `/etc/services does not know ${name}, and xinetd leaves a service out that it has no name for`,
      `echo '${name} ${port ?? FASTAGI_PORT}/tcp' >> /etc/services && service xinetd restart`,
    );
  } else if (port !== undefined && Number(port) !== listed) {
    found.failure(
      `${place} says port ${port}, and /etc/services has ${listed} for ${name}: xinetd leaves the service out`,
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
