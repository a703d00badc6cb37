/** The REST interface that the configuration names: the section [ari], or phpari.ini's [asterisk_ari]. */
import { readFileSync } from 'node:fs';
import { type Config, readConfig, readPlainIni } from '../config';
import { readIni, unreadable } from '../config-problems';
import { RefusedError } from '../errors';
import { noSuchKey } from '../option-names';
import { ariKeys } from '../section-keys';
import { parseAddress } from './address';
import type { AriOptions } from './ari';

const secure: Record<string, boolean | undefined> = { http: false, https: true, ws: false, wss: true };

/**
 * The options of `new Ari` as the configuration has them.
 * @param config the configuration, or its file; the one that a call would read where it is left out
 * @param user in the place of the one in the configuration
 * @throws RefusedError for a configuration that cannot be read, holds a wrong value, or names no user or no password
 */
export function ariOptions(
  config?: string | Pick<Config, 'file'>,
  user?: { readonly username: string; readonly password: string },
): AriOptions {
  const { file: found } = typeof config === 'object' ? config : readConfig(config);
  const sections = found === undefined ? {} : sectionsOf(found);
  const name = sections.ari === undefined && sections.asterisk_ari !== undefined ? 'asterisk_ari' : 'ari';
  const section: Record<string, string> = { ...sections[name], ...user };
  const wrong = (text: string) => new RefusedError('CONFIG_VALUE', text);
  const where = `${found}: [${name}]`;
  for (const key in section) {
    // in a call it is in the log
    if (!ariKeys.includes(key)) process.emitWarning(noSuchKey(where, key, ariKeys));
  }
  const need = (key: string): string => {
    const value = section[key];
    if (value) return value;
    throw wrong(
      found === undefined
        ? 'which Asterisk? There is no configuration that says so: write [ari] with host, username and password into /etc/asterisk/fastagi.conf'
        : `${where} ${key} is not set: it is that of the user in ari.conf`,
    );
  };
  const port = section.port;
  if (port && !/^\d{1,5}$/.test(port)) {
    throw wrong(`${where} port is ${JSON.stringify(port)}, and must be a number`);
  }
  const ways = (['protocol', 'transport'] as const).flatMap((key) => {
    const value = section[key]?.toLowerCase();
    if (!value) return [];
    const tls = secure[value];
    if (tls !== undefined) return [tls];
    const due = key === 'protocol' ? 'http or https' : 'ws or wss';
    throw wrong(`${where} ${key} is ${JSON.stringify(value)}, and must be ${due}`);
  });
  if (new Set(ways).size > 1) throw wrong(`${where} protocol and transport: one is with TLS and one without`);
  const { host, endpoint, ca } = section;
  if (ca && ways[0] === false) {
    throw wrong(`${where} ca is for TLS, and protocol or transport says that there is none`);
  }
  const tls = ca ? { ca: authority(ca, where) } : ways[0];
  const place = {
    ...(host ? { host } : {}),
    ...(port ? { port: Number(port) } : {}),
    ...(endpoint ? { prefix: endpoint } : {}),
    ...(tls === undefined ? {} : { tls }),
  };
  try {
    parseAddress(place);
  } catch (error) {
    throw wrong(`${where}: ${(error as Error).message}`);
  }
  const username = need('username');
  if (user === undefined && username.includes(':')) {
    throw wrong(
      `${where} username is ${JSON.stringify(username)}, and that of a user in ari.conf has no colon`,
    );
  }
  return { username, password: need('password'), ...place };
}

function authority(file: string, where: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new RefusedError('CONFIG_VALUE', `${where} ca cannot be read: ${(error as Error).message}`);
  }
  // what is none is passed over by TLS, and then Asterisk's certificate is not accepted
  if (/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(text)) return text;
  throw new RefusedError(
    'CONFIG_VALUE',
    `${where} ca is ${file}, which holds no certificate (PEM is wanted)`,
  );
}

function sectionsOf(file: string) {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException);
  }
  return readPlainIni(text) ?? readIni(text);
}
