/** The port that Asterisk connects to: who listens there, on which address, and for whom. */
import { isLoopback } from '../addresses';
import { type Finding, Findings } from '../findings';
import type { Listener } from '../machine';
import type { Survey } from '../survey';
import { changedSince } from './xinetd';

export function checkPort(survey: Survey): Finding[] {
  const found = new Findings('port');
  const { machine, address, services, service, processes } = survey;
  const { port } = address;
  // nothing listens in an image
  if (!machine.isLive) return found.list;
  const listeners = machine.listeners().filter((each) => each.port === port);
  if (listeners.length === 0) {
    // what is missing is told with the service
    if (services.length === 0) found.skipped(`nobody listens on port ${port}`);
    else {
      const changed = service?.kind === 'xinetd' ? changedSince(survey, service) : undefined;
      const why = changed === undefined ? '' : `; ${changed} was changed after xinetd was started`;
      found.failure(
        `nobody listens on port ${port}, where ${service?.place} is to serve${why}`,
        startOf(survey),
      );
    }
    return found.list;
  }
  const where = [...new Set(listeners.map(({ host }) => shown(host, port)))].join(' and ');
  const holders = listeners.flatMap(({ inode }) => machine.holders(inode, processes));
  const names = [...new Set(holders.map(({ name, pid }) => `${name}, process ${pid}`))];
  const due = service && servers[service.kind];
  if (due && names.length > 0 && !holders.some(({ name }) => due.test(name))) {
    found.failure(
      `${names[0]}, listens on ${where}, where ${service.place} is to serve, and so that cannot`,
      `end it, or have it listen elsewhere, and then: ${restartOf(survey)}`,
    );
    return found.list;
  }
  if (names.length === 0) {
    found.ok(
      machine.uid === 0
        ? `somebody listens on ${where}`
        : `somebody listens on ${where}; only root sees which process`,
    );
  } else found.ok(`${names[0]}, listens on ${where}`);
  checkOpen(found, survey, listeners);
  return found.list;
}

/** Who has the port where all is well; a server that stays has it from them. */
const servers = { xinetd: /^xinetd$/, systemd: /^(?:systemd|node|MainThread)/, process: undefined } as const;

function restartOf({ service }: Survey): string {
  if (service?.kind !== 'systemd') return 'service xinetd restart';
  const { socket, service: unit } = service.unit ?? {};
  return `systemctl restart ${socket?.name ?? unit?.name}`;
}

function startOf(survey: Survey): string {
  const { service, address } = survey;
  if (service?.kind === 'systemd') return restartOf(survey);
  if (service?.kind === 'process') return `look into its log why it does not listen on ${address.port}`;
  return 'service xinetd restart, and then: journalctl -t xinetd -n 20 says why it leaves the service out';
}

/** Of xinetd with `wait = no` the file is looked at, where only_from stands. */
function checkOpen(found: Findings, survey: Survey, listeners: readonly Listener[]): void {
  const { service, settings, file } = survey;
  const open = listeners.find(({ host }) => !isLoopback(host));
  if (open === undefined || !service?.command?.listens || settings.allow.length > 0) return;
  found.warning(
    `whoever reaches ${shown(open.host, open.port)} can run every script: [listen] allow names nobody, and so everybody may`,
    `allow = 127.0.0.1, ::1 below [listen] in ${file ?? '/etc/asterisk/fastagi.conf'} (the addresses of your Asterisk)`,
  );
}

function shown(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
