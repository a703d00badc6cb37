/** A call of nobody's to the port: what refuses it in fastagi's own words serves others. */
import net from 'node:net';
import { isLoopback, loopbackAmong } from '../addresses';
import { type Finding, Findings } from '../findings';
import { attribute } from '../service';
import type { Survey } from '../survey';

/** A script that no folder has. */
export const PROBE = 'fastagi-doctor';
const PROBE_MS = 3000;
const PROBE_BYTES = 64 << 10;

type Outcome =
  | { readonly type: 'none'; readonly error: NodeJS.ErrnoException }
  | { readonly type: 'closed' | 'silent'; readonly said: string };

export async function checkCall(survey: Survey): Promise<Finding[]> {
  const found = new Findings('call');
  const { machine, service, address } = survey;
  const { port } = address;
  const listener = machine.listeners().find((each) => each.port === port);
  if (listener === undefined) return found.list;
  const { allow } = survey.settings;
  const [named, from] = service?.command?.listens
    ? ['[listen] allow', allow.length > 0 ? allow : undefined]
    : ['only_from', service?.xinetd && attribute(service.xinetd, 'only_from')];
  const allowed = from && loopbackAmong(from);
  const hosts = ways(listener.host).filter((host) => !isLoopback(host) || (allowed?.includes(host) ?? true));
  if (hosts.length === 0 || allowed?.length === 0) {
    found.skipped(
      `no call was tried: ${named} ${named === 'only_from' ? `in ${service?.place} ` : ''}does not let this machine in (on that of Asterisk: fastagi call agi://THIS-HOST:${port}/${PROBE})`,
    );
    return found.list;
  }
  const begun = performance.now();
  let host = '';
  let outcome: Outcome | undefined;
  for (host of hosts) {
    outcome = await place(host, port);
    if (outcome.type !== 'none') break;
  }
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const ms = Math.round(performance.now() - begun);
  if (outcome) judge(found, survey, where, outcome, ms);
  return found.list;
}

function judge(found: Findings, survey: Survey, where: string, outcome: Outcome, ms: number): void {
  if (outcome.type === 'none') {
    found.failure(`nobody takes a call at ${where}: ${outcome.error.message}`, restart(survey));
    return;
  }
  const { said } = outcome;
  const words = /^VERBOSE "(?:fastagi: )?((?:[^"\\]|\\.)*)"/m.exec(said)?.[1]?.replace(/\\(.)/g, '$1');
  if (words?.includes(PROBE) && words.startsWith('there is no script')) {
    found.ok(`a call to ${where} was taken, and refused as it should be, within ${ms} ms`);
  } else if (words !== undefined && /\bfastagi\b|basedir|\.conf\b/.test(said)) {
    found.failure(`a call to ${where} is refused: ${survey.machine.bare(words)}`, logOf(survey));
  } else if (said.startsWith('FAILURE')) {
    found.failure(
      `the server at ${where} lets no call in: [listen] allow, max_active or max_per_address`,
      logOf(survey),
    );
  } else if (said !== '') {
    found.failure(
      `what answers at ${where} is another server than fastagi: it said ${JSON.stringify(said.slice(0, 80))}`,
      `ss -ltnp 'sport = :${survey.address.port}' (as root) shows which; it must go, or the port be another`,
    );
  } else if (outcome.type === 'silent') {
    found.failure(
      `${where} takes the call, and says nothing for ${PROBE_MS / 1000} s`,
      `ss -ltnp 'sport = :${survey.address.port}' (as root) shows who is there; ${restart(survey)}`,
    );
  } else {
    found.failure(
      `${where} takes the call, and closes it without a word: the server could not be started, or xinetd lets nobody in (only_from, instances, cps)`,
      `journalctl -t xinetd -t fastagi -n 20, and by hand: ${byHand(survey)}`,
    );
  }
}

function restart({ service }: Survey): string {
  if (service?.kind === 'xinetd') return 'service xinetd restart';
  const { socket, service: unit } = service?.unit ?? {};
  return unit ? `systemctl restart ${socket?.name ?? unit.name}` : 'start the server again';
}

function logOf({ config, service }: Survey): string {
  if (config.log?.startsWith('/')) return `tail ${config.log} says more`;
  if (config.log === 'syslog') return 'journalctl -t fastagi -n 20 says more';
  if (service?.kind === 'systemd') return `journalctl -u ${service.unit?.service?.name} -n 20 says more`;
  return 'tail /var/log/asterisk/fastagi.log, or journalctl -t fastagi -n 20, says more';
}

/** The command that the service runs, with a request that is at its end at once. */
function byHand({ service, userName }: Survey): string {
  const { command } = service ?? {};
  if (command === undefined) return 'fastagi call';
  const { program, flags, executable, args } = command;
  const words = program === executable ? [program, ...args] : [program, ...flags, executable, ...args];
  return `su -s /bin/sh ${userName} -c '${words.join(' ')} </dev/null'`;
}

/** Of an address that stands for all, those of this machine. */
function ways(host: string): string[] {
  if (host === '0.0.0.0') return ['127.0.0.1'];
  return host === '::' ? ['127.0.0.1', '::1'] : [host];
}

/** Plays an Asterisk that asks for a script, until the other side has said what it wants or closes. */
function place(host: string, port: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    let said = '';
    let isOver = false;
    const end = (outcome: Outcome) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end({ type: 'silent', said }), PROBE_MS);
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(request(host)));
    socket.on('data', (text: string) => {
      said += text;
      if (said.length > PROBE_BYTES) end({ type: 'closed', said });
      else if (/^FAILURE$/m.test(said)) end({ type: 'closed', said });
      // the answer to each command, as far as it is one
      else if (text.includes('\n')) socket.write('200 result=1\n');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (said === '' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') end({ type: 'none', error });
      else end({ type: 'closed', said });
    });
    socket.on('close', () => end({ type: 'closed', said }));
  });
}

function request(host: string): string {
  const fields = {
    agi_network: 'yes',
    agi_network_script: PROBE,
    agi_request: `agi://${host.includes(':') ? `[${host}]` : host}/${PROBE}`,
    agi_channel: PROBE,
    agi_language: 'en',
    agi_type: 'Local',
    agi_uniqueid: PROBE,
    agi_version: '22',
    agi_callerid: 'unknown',
    agi_calleridname: 'unknown',
    agi_context: PROBE,
    agi_extension: PROBE,
    agi_priority: '1',
    agi_enhanced: '0.0',
    agi_accountcode: '',
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  return `${lines.join('')}\n`;
}
