/** What takes Asterisk's connection and starts fastagi: a file of xinetd's, a unit of systemd's, or a server by hand. */
import { type Finding, Findings } from '../findings';
import type { Service } from '../service';
import type { Survey } from '../survey';
import { checkUnit } from './systemd';
import { checkXinetd } from './xinetd';

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
