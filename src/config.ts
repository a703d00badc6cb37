/**
 * The configuration: phpagi.conf's sections and keys as they are, and new ones beside them. Values follow
 * PHP's rules for ini files where they differ from the `ini` package's: a `#` inside a value belongs to it.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'ini';
import { RefusedError } from './errors';

export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config {
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined;
  /** What was found that the file's author should know of, a line each. */
  readonly warnings: readonly string[];
  /** Writes the whole conversation of each call to the log. */
  readonly debug: boolean;
  /** Mails a script's errors to `admin`. */
  readonly errorHandler: boolean;
  readonly admin: string | undefined;
  /** The name under which mails are sent; the machine's own where it is left out. */
  readonly hostname: string | undefined;
  readonly tempdir: string;
  /** Become each script's owner before it is loaded. */
  readonly setuid: boolean;
  /** The folder that scripts are served from. */
  readonly basedir: string;
  /** `stderr`, `syslog` or a file's path; undefined where it is left to the way that the call came. */
  readonly log: string | undefined;
  readonly logLevel: LogLevel;
  /** The program that mails are handed to. */
  readonly sendmail: string;
  /** The longest life of a script, in seconds; 0: no limit. */
  readonly maxSeconds: number;
  /** How long a script may tidy up after its caller has hung up, in seconds; 0: no limit. */
  readonly hangupSeconds: number;
  /** How long a script whose body has returned may still wait for something without a command, in seconds. */
  readonly lingerSeconds: number;
  /** How long a request header may take, in seconds. */
  readonly headerSeconds: number;
  /** How large a request header may be. */
  readonly headerBytes: number;
}

type Kind = 'boolean' | 'text' | 'path' | 'log' | 'level' | 'seconds' | 'bytes';
type Row = { section: string; key: string; kind: Kind; name?: keyof Config };

const agi = 'phpagi';
const fastagi = 'fastagi';
/** Every key there is. Rows without a name belong to rooms that read them by themselves. */
const rows: readonly Row[] = [
  { section: agi, key: 'debug', kind: 'boolean', name: 'debug' },
  { section: agi, key: 'error_handler', kind: 'boolean', name: 'errorHandler' },
  { section: agi, key: 'admin', kind: 'text', name: 'admin' },
  { section: agi, key: 'hostname', kind: 'text', name: 'hostname' },
  { section: agi, key: 'tempdir', kind: 'path', name: 'tempdir' },
  { section: fastagi, key: 'setuid', kind: 'boolean', name: 'setuid' },
  { section: fastagi, key: 'basedir', kind: 'path', name: 'basedir' },
  { section: fastagi, key: 'log', kind: 'log', name: 'log' },
  { section: fastagi, key: 'log_level', kind: 'level', name: 'logLevel' },
  { section: fastagi, key: 'sendmail', kind: 'path', name: 'sendmail' },
  { section: fastagi, key: 'max_seconds', kind: 'seconds', name: 'maxSeconds' },
  { section: fastagi, key: 'hangup_seconds', kind: 'seconds', name: 'hangupSeconds' },
  { section: fastagi, key: 'linger_seconds', kind: 'seconds', name: 'lingerSeconds' },
  { section: fastagi, key: 'header_seconds', kind: 'seconds', name: 'headerSeconds' },
  { section: fastagi, key: 'header_bytes', kind: 'bytes', name: 'headerBytes' },
  ...['server', 'port', 'username', 'secret', 'write_log'].map((key) => ({
    section: 'asmanager',
    key,
    kind: 'text' as const,
  })),
  { section: 'festival', key: 'text2wave', kind: 'text' },
  { section: 'cepstral', key: 'swift', kind: 'text' },
  { section: 'cepstral', key: 'voice', kind: 'text' },
];

export const defaults: Config = {
  file: undefined,
  warnings: [],
  debug: false,
  errorHandler: true,
  admin: undefined,
  hostname: undefined,
  tempdir: '/var/spool/asterisk/tmp',
  setuid: false,
  basedir: '/var/lib/asterisk/fastagi',
  log: undefined,
  logLevel: 'info',
  sendmail: '/usr/sbin/sendmail',
  maxSeconds: 0,
  hangupSeconds: 300,
  lingerSeconds: 5,
  headerSeconds: 10,
  headerBytes: 65_536,
};

const standardFiles = ['/etc/asterisk/fastagi.conf', '/etc/asterisk/phpagi.conf'];

/**
 * Reads the configuration, once for each call.
 * @param file the file that `--config` names; else `FASTAGI_CONFIG`, else the first standard one that exists
 * @throws RefusedError with one line that names file, section and key
 */
export function readConfig(file: string | undefined = process.env.FASTAGI_CONFIG || undefined): Config {
  for (const candidate of file === undefined ? standardFiles : [file]) {
    let text: string;
    try {
      text = readFileSync(candidate, 'utf8');
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' && file === undefined) continue;
      const why =
        code === 'ENOENT'
          ? 'there is no such file'
          : code === 'EACCES'
            ? 'this user may not read it'
            : message;
      throw new RefusedError('CONFIG_UNREADABLE', `the configuration ${candidate} cannot be read: ${why}`);
    }
    return parseConfig(text, candidate);
  }
  return defaults;
}

/** @throws RefusedError for a value of the wrong kind */
export function parseConfig(text: string, file: string): Config {
  const sections: Record<string, unknown> = parse(quoteValues(text));
  const config: Record<string, unknown> = { ...defaults, file };
  const warnings: string[] = [];
  for (const [written, keys] of Object.entries(sections)) {
    const section = written === 'agi' ? agi : written;
    const known = rows.filter((row) => row.section === section);
    if (typeof keys !== 'object' || keys === null) {
      warnings.push(`${file}: the key ${written} stands outside every section, and is passed over`);
      continue;
    }
    // sections of the user's own are theirs
    if (known.length === 0) continue;
    for (const [key, value] of Object.entries(keys)) {
      const row = known.find((row) => row.key === key);
      const where = `${file}: [${written}] ${key}`;
      if (!row)
        warnings.push(
          `${where}: there is no such key, and it is passed over; known here: ${known.map((row) => row.key).join(', ')}`,
        );
      else if (row.name) config[row.name] = toValue(row, String(value), where);
    }
  }
  config.warnings = warnings;
  return config as unknown as Config;
}

/**
 * Each value as a JSON string, which the `ini` package takes as it stands; left to itself it would cut
 * `secret = ab#cd` to `ab`.
 */
function quoteValues(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .split(/\r\n|[\r\n]/)
    .map((line) => {
      const match = /^\s*([^\s;#[=][^=]*?)\s*(?:=(.*))?$/.exec(line);
      return match ? `${match[1]}=${JSON.stringify(phpValue(match[2] ?? ''))}` : line;
    })
    .join('\n');
}

/** What PHP's parse_ini_file makes of the text behind `=`, but for its words for true and false. */
function phpValue(text: string): string {
  const trimmed = text.trim();
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(trimmed);
  if (double) return (double[1] as string).replace(/\\(["\\])/g, '$1');
  const single = /^'([^']*)'/.exec(trimmed);
  if (single) return single[1] as string;
  const comment = trimmed.indexOf(';');
  return comment === -1 ? trimmed : trimmed.slice(0, comment).trimEnd();
}

function toValue({ kind }: Row, value: string, where: string): unknown {
  const wrong = (due: string) =>
    new RefusedError('CONFIG_VALUE', `${where} is ${JSON.stringify(value)}, and must be ${due}`);
  switch (kind) {
    case 'boolean': {
      const word = value.toLowerCase();
      if (['on', 'yes', 'true', '1'].includes(word)) return true;
      if (['off', 'no', 'false', 'none', 'null', '0', ''].includes(word)) return false;
      throw wrong('on or off (yes, no, true, false, 1, 0)');
    }
    case 'text':
      return ['', 'null'].includes(value.toLowerCase()) ? undefined : value;
    case 'path':
      if (!value.startsWith('/')) throw wrong('an absolute path');
      return value;
    case 'log':
      if (value !== 'stderr' && value !== 'syslog' && !value.startsWith('/'))
        throw wrong('stderr, syslog or an absolute path');
      return value;
    case 'level':
      if (!(logLevels as readonly string[]).includes(value)) throw wrong(`one of ${logLevels.join(', ')}`);
      return value;
    case 'seconds':
      // what Node's timers can count
      if (!/^\d{1,7}(\.\d{1,3})?$/.test(value) || Number(value) > 2_000_000)
        throw wrong('a number of seconds, 0 to 2000000');
      return Number(value);
    case 'bytes':
      if (!/^\d{1,9}$/.test(value) || Number(value) < 1024) throw wrong('a number of bytes, 1024 or more');
      return Number(value);
  }
}
