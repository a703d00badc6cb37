/** The manager that the configuration names: phpagi.conf's section [asmanager]. */
import { type Config, readConfig } from '../config';
import { toValue } from '../config-problems';
import { RefusedError } from '../errors';
import { parseAddress } from './address';
import type { AmiOptions } from './ami';
import type { AmiTracer } from './connection';

/**
 * The options of `Ami.connect` as the configuration has them.
 * @param config the configuration, or the path of its file; the one that a call would read where it is left out
 * @param user in the place of the one in the configuration
 * @throws RefusedError for a configuration that cannot be read, holds a wrong value, or names no user or no secret
 */
export function managerOptions(
  config?: Config | string,
  user?: { readonly username: string; readonly secret: string },
): AmiOptions {
  const { file, sections } = typeof config === 'object' ? config : readConfig(config);
  const section: Record<string, string> = { ...sections.asmanager, ...user };
  const where = `${file ?? 'the configuration'}: [asmanager]`;
  const need = (key: string): string => {
    const value = section[key];
    if (value) return value;
    throw new RefusedError(
      'CONFIG_VALUE',
      file === undefined
        ? 'which manager? There is no configuration that says so: write [asmanager] with server, username and secret into /etc/asterisk/fastagi.conf'
        : `${where} ${key} is not set: it is that of the user in manager.conf`,
    );
  };
  const { server, port, write_log: writeLog = '' } = section;
  if (port && !/^\d{1,5}$/.test(port)) {
    throw new RefusedError('CONFIG_VALUE', `${where} port is ${JSON.stringify(port)}, and must be a number`);
  }
  const place = { host: server || '127.0.0.1', ...(port ? { port: Number(port) } : {}) };
  try {
    parseAddress(place.host, place.port, 5038);
  } catch (error) {
    throw new RefusedError('CONFIG_VALUE', `${where} server: ${(error as Error).message}`);
  }
  return {
    ...place,
    username: need('username'),
    secret: need('secret'),
    ...(toValue('boolean', writeLog, `${where} write_log`) ? { trace: toConsole } : {}),
  };
}

/** In a script, the console is the log. */
const toConsole: AmiTracer = (direction, text) => console.info(`manager ${direction} ${text}`);
