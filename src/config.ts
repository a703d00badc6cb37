/**
 * The configuration: phpagi.conf's sections and keys as they are, and new ones beside them. Values follow
 * PHP's rules for ini files where they differ from the `ini` package's: a `#` inside a value belongs to it.
 */
import { readFileSync } from 'node:fs';

export const logLevels = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Config {
  /** The file that was read; undefined where there is none. */
  readonly file: string | undefined;
  /** What was found that the file's author should know of, a line each. */
  readonly warnings: readonly string[];
  /** As they were read, for the rooms that have keys of their own. */
  readonly sections: IniSections;
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
  /** How long a request header may take, in seconds; 0: no limit. */
  readonly headerSeconds: number;
  /** How large a request header may be. */
  readonly headerBytes: number;
}

export type ValueKind =
  | 'boolean'
  | 'text'
  | 'path'
  | 'log'
  | 'level'
  | 'seconds'
  | 'bytes'
  | 'folder'
  | 'days';

/** A key that the room it belongs to reads by itself. */
const own = ['text'] as const;

/** Section to key to kind and name. Keys without a name belong to rooms that read them by themselves. */
export const keys: Record<
  string,
  Record<string, readonly [kind: ValueKind, name?: keyof Config] | undefined> | undefined
> = {
  phpagi: {
    debug: ['boolean', 'debug'],
    error_handler: ['boolean', 'errorHandler'],
    admin: ['text', 'admin'],
    hostname: ['text', 'hostname'],
    tempdir: ['path', 'tempdir'],
  },
  fastagi: {
    setuid: ['boolean', 'setuid'],
    basedir: ['path', 'basedir'],
    log: ['log', 'log'],
    log_level: ['level', 'logLevel'],
    sendmail: ['path', 'sendmail'],
    max_seconds: ['seconds', 'maxSeconds'],
    hangup_seconds: ['seconds', 'hangupSeconds'],
    linger_seconds: ['seconds', 'lingerSeconds'],
    header_seconds: ['seconds', 'headerSeconds'],
    header_bytes: ['bytes', 'headerBytes'],
    trace: own,
    trace_redact: own,
    trace_days: own,
    trace_digits: own,
  },
  asmanager: { server: own, port: own, username: own, secret: own, write_log: own },
  festival: { text2wave: own },
  cepstral: { swift: own, voice: own },
  // the keys of these are known to the rooms that read them, and cost no call anything that does not
  tts: undefined,
  ari: undefined,
  asterisk_ari: undefined,
  listen: undefined,
};

export const defaults: Config = {
  file: undefined,
  warnings: [],
  sections: {},
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

/** Where it is looked for, in this order. */
export const standardFiles: readonly string[] = ['/etc/asterisk/fastagi.conf', '/etc/asterisk/phpagi.conf'];

/** Section to key to value, as text. */
export type IniSections = Record<string, Record<string, string>>;

/**
 * Reads the configuration, once for each call.
 * @param named the file of `--config`; else `FASTAGI_CONFIG`, else the first standard one that exists
 * @throws RefusedError with one line that names file, section and key
 */
export function readConfig(named: string | undefined = process.env.FASTAGI_CONFIG || undefined): Config {
  for (const file of named === undefined ? standardFiles : [named]) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw problems().unreadable(file, error as NodeJS.ErrnoException);
    }
    return toConfig(readPlainIni(text) ?? problems().readIni(text, file), file);
  }
  return defaults;
}

/** @throws RefusedError for a value of the wrong kind */
export function toConfig(sections: IniSections, file: string): Config {
  const config: Record<string, unknown> = { ...defaults, file, sections };
  const warnings: string[] = [];
  for (const section in sections) {
    const alias = section === 'agi' ? 'phpagi' : section;
    const known = Object.hasOwn(keys, alias) ? keys[alias] : undefined;
    if (known === undefined) {
      // sections of the user's own are theirs
      const warning = Object.hasOwn(keys, alias)
        ? undefined
        : problems().misspeltSection(file, section, sections);
      if (warning !== undefined) warnings.push(warning);
      continue;
    }
    for (const key in sections[section]) {
      const row = Object.hasOwn(known, key) ? known[key] : undefined;
      if (row === undefined) warnings.push(problems().unknownKey(file, section, key, known));
      else if (row[1] !== undefined) {
        const value = sections[section][key] as string;
        config[row[1]] =
          toValue(row[0], value) ?? problems().toValue(row[0], value, `${file}: [${section}] ${key}`);
      }
    }
  }
  config.warnings = warnings;
  return config as unknown as Config;
}

/** The values that nobody has to think about; undefined for all others. */
function toValue(kind: ValueKind, value: string): unknown {
  if (kind === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined;
  // what lies in /dev may be a name of what a call has open already
  const isFile = value[0] === '/' && !value.startsWith('/dev/');
  return isFile && (kind === 'path' || kind === 'log') ? value : undefined;
}

/**
 * Sections, keys and values of a file that holds nothing but known ones and no character that an ini file
 * could mean otherwise, as nearly every one does; undefined for any other, which is for the `ini` package to
 * read: it costs half a millisecond of every call's start. So would regular expressions, a tenth of that.
 */
export function readPlainIni(text: string): IniSections | undefined {
  // no prototype: a section may be named `constructor`
  const sections: IniSections = Object.create(null);
  let section: Record<string, string> | undefined;
  let known: object | undefined;
  for (const untrimmed of text.split('\n')) {
    const line = untrimmed.trim();
    const first = line[0];
    if (first === undefined || first === ';' || first === '#') continue;
    if (first === '[') {
      const name = line.slice(1, -1);
      if (!line.endsWith(']') || !(Object.hasOwn(keys, name) || name === 'agi')) return undefined;
      known = keys[name === 'agi' ? 'phpagi' : name];
      section = sections[name] ??= {};
      continue;
    }
    const equals = line.indexOf('=');
    const key = line.slice(0, equals).trimEnd();
    const value = line.slice(equals + 1).trimStart();
    if (equals === -1 || section === undefined || (known && !Object.hasOwn(known, key))) return undefined;
    for (const special of `"'\\;\r`) if (value.includes(special)) return undefined;
    section[key] = value;
  }
  return sections;
}

// what an ordinary file never needs
const problems = (): typeof import('./config-problems') => require('./config-problems');
