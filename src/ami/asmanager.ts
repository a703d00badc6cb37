/** The manager that the configuration names: phpagi.conf's section [asmanager]. */
import { readFileSync } from 'node:fs';
import { type IniSections, readConfig, readPlainIni } from '../config';
import { readIni, toValue, unreadable } from '../config-problems';
import { RefusedError } from '../errors';
import type { AmiOptions } from './ami';
import type { AmiTracer } from './connection';

/**
 * The options of `Ami.connect` as the configuration has them.
 * @param file the configuration; the one that a call would read where it is left out
 * @throws RefusedError for a configuration that cannot be read, holds a wrong value, or names no user or no secret
 */
export function managerOptions(file?: string): AmiOptions {
  const { file: found } = readConfig(file);
  const section = found === undefined ? {} : (sectionsOf(found).asmanager ?? {});
  const where = found === undefined ? 'there is no configuration' : `${found}: [asmanager]`;
  const need = (key: string): string => {
    const value = section[key];
    if (value) return value;
    throw new RefusedError(
      'CONFIG_VALUE',
      found === undefined
        ? 'which manager? There is no configuration that says so: write [asmanager] with server, username and secret into /etc/asterisk/fastagi.conf'
        : `${where} ${key} is not set: it is that of the user in manager.conf`,
    );
  };
  const port = section.port;
  if (port && !/^\d{1,5}$/.test(port)) {
    throw new RefusedError('CONFIG_VALUE', `${where} port is ${JSON.stringify(port)}, and must be a number`);
  }
  const writeLog = toValue('boolean', section.write_log ?? '', `${where} write_log`);
  return {
    host: section.server || '127.0.0.1',
    ...(port ? { port: Number(port) } : {}),
    username: need('username'),
    secret: need('secret'),
    ...(writeLog ? { trace: toConsole } : {}),
  };
}

/** In a script, the console is the log. */
const toConsole: AmiTracer = (direction, text) => console.info(`manager ${direction} ${text}`);

function sectionsOf(file: string): IniSections {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException);
  }
  return readPlainIni(text) ?? readIni(text);
}
