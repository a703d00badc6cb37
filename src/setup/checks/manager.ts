/** Asterisk's manager, where the configuration names one: whether it lets this user in, and what it may do. */
import { parseAddress } from '../../ami/address';
import { Ami, type AmiOptions } from '../../ami/ami';
import { managerOptions } from '../../ami/asmanager';
import { AmiConnectionError, AmiError, AmiLoginError } from '../../ami-errors';
import { RefusedError } from '../../errors';
import { given } from '../../tts/given';
import { isLoopback } from '../addresses';
import { type AsteriskConf, isOn, readAsteriskConf } from '../asterisk-conf';
import { type Finding, Findings } from '../findings';
import type { Survey } from '../survey';

const LOGIN_MS = 3000;

export async function checkManager(survey: Survey): Promise<Finding[]> {
  const found = new Findings('manager');
  const { machine, config, file, service } = survey;
  const section = config.sections.asmanager ?? {};
  const isAsync = service?.command?.args.includes('--async-agi') === true;
  // what an image names is not on this machine
  if (!machine.isLive) return found.list;
  // phpagi.conf names a server that nobody need ask
  if (!isAsync && given(section.username) === undefined && given(section.secret) === undefined)
    return found.list;
  let options: AmiOptions;
  try {
    options = managerOptions(config);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    found.failure(
      machine.bare(error.message),
      `write it below [asmanager] in ${file ?? '/etc/asterisk/fastagi.conf'}`,
    );
    return found.list;
  }
  const { host = '127.0.0.1', port, username } = options;
  const where = port === undefined ? host : `${host}:${port}`;
  try {
    await using ami = await Ami.connect({
      host,
      ...(port === undefined ? {} : { port }),
      username,
      secret: options.secret,
      events: 'off',
      reconnect: false,
      connectTimeoutMs: LOGIN_MS,
      timeoutMs: LOGIN_MS,
      pingEveryMs: 0,
    });
    found.ok(`${username} is let in at ${where}`);
    // it names what this user may do, and nothing else (main/manager.c, action_listcommands)
    const { response } = await ami.ask('ListCommands');
    if (isAsync && response.get('AGI') === undefined) {
      found.failure(
        `${username} may not steer calls, as --async-agi does: the class agi is missing in its write line`,
        `${lineOf(survey, username, 'write')}, and then: asterisk -rx 'manager reload'`,
      );
    }
    const makes = survey.folder.scripts.find(({ text = '' }) => /\.originate\s*\(/.test(text));
    if (makes !== undefined && response.get('Originate') === undefined) {
      found.failure(
        `${username} may not make calls, as ${makes.name} does: the class originate is missing in its write line`,
        `${lineOf(survey, username, 'write', 'originate')}, and then: asterisk -rx 'manager reload'`,
      );
    }
    if (isAsync) checkReading(found, survey, username);
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    const [why, remedy] = explain(survey, error, username, isLoopback(hostIn(host)));
    const text = `${username} is not let in at ${where}: ${why}`;
    if (isAsync || isAsked(survey)) found.failure(text, remedy);
    else found.warning(`${text} (no script here asks for it)`, remedy);
  }
  return found.list;
}

/** A script that asks for the manager says so in one of these ways. */
function isAsked({ folder }: Survey): boolean {
  return folder.scripts.some(({ text = '' }) =>
    /\.manager\s*\(|\bfastagi\/ami\b|\bAmi\.connect\b/.test(text),
  );
}

function lineOf(
  { asterisk, machine }: Survey,
  username: string,
  key: 'read' | 'write',
  missing = 'agi',
): string {
  const file = `${asterisk.etc}/manager.conf`;
  const now = confOf(machine.read(file))?.get(username)?.get(key);
  return now === undefined
    ? `add ${missing} to the ${key} line below [${username}] in ${file}`
    : `${key} = ${now},${missing} below [${username}] in ${file}`;
}

/** Which events a user sees nobody tells it; the file does. */
function checkReading(found: Findings, survey: Survey, username: string): void {
  const { machine, asterisk } = survey;
  const read = confOf(machine.read(`${asterisk.etc}/manager.conf`))
    ?.get(username)
    ?.get('read');
  if (read === undefined || /\b(?:agi|all)\b/.test(read)) return;
  found.failure(
    `${username} does not see calls of AGI(agi:async): the class agi is missing in its read line`,
    `${lineOf(survey, username, 'read')}, and then: asterisk -rx 'manager reload'`,
  );
}

/** Without a port, and without the brackets of IPv6. */
function hostIn(address: string): string {
  return parseAddress(address, undefined, 5038).host;
}

const confOf = (text: string | undefined): AsteriskConf | undefined =>
  text === undefined ? undefined : readAsteriskConf(text);

/** What manager.conf has to do with it, where it lies on this machine and whoever looks may read it. */
function explain(
  { machine, asterisk, file, config }: Survey,
  error: AmiError,
  username: string,
  here: boolean,
): [why: string, remedy: string] {
  const place = `${asterisk.etc}/manager.conf`;
  const reload = "and then: asterisk -rx 'manager reload'";
  const conf = here ? confOf(machine.read(place)) : undefined;
  const general = conf?.get('general');
  if (error instanceof AmiConnectionError) {
    if (here && asterisk.process === undefined)
      return [`${error.message}; Asterisk does not run`, 'service asterisk start'];
    if (conf && !isOn(general?.get('enabled')))
      return [
        `${error.message}: the manager is off in ${place}`,
        `enabled = yes below [general] in ${place}, ${reload}`,
      ];
    const { port } = config.sections.asmanager ?? {};
    const real = general?.get('port');
    if (real !== undefined && real !== (port || '5038'))
      return [
        `${error.message}: in ${place} it is port ${real}`,
        `port = ${real} below [asmanager] in ${file}`,
      ];
    return [error.message, `enabled = yes, bindaddr and port below [general] in ${place}, ${reload}`];
  }
  if (error instanceof AmiLoginError && conf) {
    const user = conf.get(username);
    if (user === undefined || username === 'general')
      return [
        `${place} has no user [${username}]`,
        `[${username}], with secret, read and write, in ${place}, ${reload}`,
      ];
    const secret = user.get('secret');
    if (secret !== undefined && secret !== config.sections.asmanager?.secret)
      return [
        `its secret is another one in ${place}`,
        `secret in ${file}, below [asmanager], as in ${place}, below [${username}]`,
      ];
    if (user.has('deny') || user.has('permit') || user.has('acl'))
      return [
        `deny, permit or acl of [${username}] in ${place} may not name this address`,
        `permit = 127.0.0.1/255.255.255.255 below [${username}] in ${place}, ${reload}`,
      ];
    return [
      `${error.message}, though ${place} has this user and this secret`,
      "asterisk -rx 'manager reload'",
    ];
  }
  if (error instanceof AmiLoginError)
    return [
      error.message,
      `username and secret below [asmanager] in ${file}, as in manager.conf of Asterisk`,
    ];
  return [error.message, `server and port below [asmanager] in ${file}: where Asterisk's manager listens`];
}
