/** Asterisk's REST interface, where the configuration names one: whether it is there and lets this user in. */
import { Ari, type AriOptions } from '../../ari/ari';
import { ariOptions } from '../../ari/settings';
import { AriConnectionError, AriError } from '../../ari-errors';
import { RefusedError } from '../../errors';
import { noSuchKey } from '../../option-names';
import { ariKeys } from '../../section-keys';
import { given } from '../../tts/given';
import { isLoopback } from '../addresses';
import { isOn, readAsteriskConf } from '../asterisk-conf';
import { type Finding, Findings } from '../findings';
import type { Survey } from '../survey';

const ASK_MS = 3000;

export async function checkAri(survey: Survey): Promise<Finding[]> {
  const found = new Findings('ari');
  const { machine, config, file } = survey;
  const { ari: own, asterisk_ari: old } = config.sections;
  const section = own ?? old;
  if (
    file === undefined ||
    (given(section?.username) === undefined && given(section?.password) === undefined)
  )
    return found.list;
  const name = own === undefined ? 'asterisk_ari' : 'ari';
  for (const key of Object.keys(section ?? {})) {
    if (!ariKeys.includes(key))
      found.warning(noSuchKey(`${file}: [${name}]`, key, ariKeys), `mend that line in ${file}`);
  }
  let options: AriOptions;
  try {
    options = ariOptions({ file: machine.at(file) });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    found.failure(machine.bare(error.message), `mend that line below [${name}] in ${file}`);
    return found.list;
  }
  const ari = new Ari({ ...options, timeoutMs: ASK_MS, connectTimeoutMs: ASK_MS, reconnect: false });
  try {
    await ari.request('GET', '/asterisk/info', { query: { only: 'system' } });
    found.ok(`${options.username} is let in at ${ari.address}`);
  } catch (error) {
    if (!(error instanceof AriError)) throw error;
    const [why, remedy] = explain(survey, error, options, name);
    const text = `${options.username} is not let in at ${ari.address}: ${why}`;
    // a script that asks for it says so
    if (survey.folder.scripts.some((script) => /\.ari\s*\(|\bfastagi\/ari\b/.test(script.text ?? '')))
      found.failure(text, remedy);
    else found.warning(`${text} (no script here asks for it)`, remedy);
  } finally {
    await ari.close();
  }
  return found.list;
}

function explain(
  { machine, asterisk, file }: Survey,
  error: AriError,
  { host = '127.0.0.1', port, username }: AriOptions,
  name: string,
): [why: string, remedy: string] {
  const here = isLoopback(host.replace(/^\[|\]$/g, ''));
  const http = `${asterisk.etc}/http.conf`;
  const place = `${asterisk.etc}/ari.conf`;
  const conf = (each: string) => {
    const text = here ? machine.read(each) : undefined;
    return text === undefined ? undefined : readAsteriskConf(text);
  };
  const { message, code } = error;
  if (error instanceof AriConnectionError) {
    if (here && asterisk.process === undefined)
      return [`${message}; Asterisk does not run`, 'service asterisk start'];
    const general = conf(http)?.get('general');
    if (general && !isOn(general.get('enabled')))
      return [
        `${message}: the server of HTTP is off in ${http}`,
        `enabled = yes below [general] in ${http}, and then: asterisk -rx 'module reload http'`,
      ];
    const real = general?.get('bindport');
    if (real !== undefined && real !== String(port ?? 8088))
      return [`${message}: in ${http} it is port ${real}`, `port = ${real} below [${name}] in ${file}`];
    return [message, `enabled = yes, bindaddr and bindport below [general] in ${http}`];
  }
  if (code === 'ARI_OFF')
    return [
      message,
      `enabled = yes below [general] in ${place}, and then: asterisk -rx 'module load res_ari.so'`,
    ];
  if (code === 'ARI_UNAUTHORIZED') {
    const users = conf(place);
    if (users && !users.has(username))
      return [
        `${place} has no user [${username}]`,
        `[${username}], with type = user and password, in ${place}, and then: asterisk -rx 'module reload res_ari.so'`,
      ];
    return [message, `password below [${name}] in ${file}, as below [${username}] in ${place}`];
  }
  return [message, `host and port below [${name}] in ${file}: bindaddr and bindport of ${http}`];
}
