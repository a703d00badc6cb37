/** The less ordinary part of the configuration: files with quotes and comments in them, and all that is wrong. */
import { parse } from 'ini';
import { type IniSections, keys, logLevels, type ValueKind } from './config';
import { RefusedError } from './errors';
import { whyUnread } from './file-problems';
import { misspeltName } from './nearest-name';
import { noSuchKey } from './option-names';
import { ariKeys, speechKeys } from './section-keys';

export function unreadable(file: string, error: NodeJS.ErrnoException): RefusedError {
  return new RefusedError(
    'CONFIG_UNREADABLE',
    `the configuration ${file} cannot be read: ${whyUnread(error)}`,
  );
}

export function unknownKey(file: string, section: string, key: string, known: object): string {
  return noSuchKey(`${file}: [${section}]`, key, Object.keys(known));
}

type Sections = Readonly<Record<string, object | undefined>>;

const rows = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));

/** Those that every call may read, with the keys that cost none anything as long as nothing is wrong. */
const all = (): Sections => ({
  ...keys,
  tts: rows(speechKeys),
  ari: rows(ariKeys),
  asterisk_ari: rows(ariKeys),
});

/**
 * A section of the user's own is theirs: one that is named nearly as ours, while that is not there, and has a key of its
 * as well, is none. What stands in front of every section, which reads as one without a name, belongs to nobody.
 * @param ours the keys of each
 */
export function misspeltSection(
  file: string,
  section: string,
  sections: IniSections,
  ours: Sections = all(),
): string | undefined {
  const has = Object.keys(sections[section] ?? {});
  if (section === '') return homelessKeys(file, has, ours);
  const absent = Object.keys(ours).filter((name) => !Object.hasOwn(sections, name));
  const meant = misspeltName(section, absent);
  const known = meant === undefined ? undefined : ours[meant];
  if (known === undefined || !has.some((key) => Object.hasOwn(known, key))) return undefined;
  // of three letters, two of which are right, may be a name that somebody has given: [api] with a host and a password
  if (meant === 'ari' && section.toLowerCase() !== meant) return undefined;
  return `${file}: [${section}]: there is no such section (did you mean [${meant}]?), and what it says is passed over`;
}

function homelessKeys(file: string, has: readonly string[], ours: Sections): string | undefined {
  for (const key of has) {
    const homes = Object.keys(ours).filter((name) => Object.hasOwn(ours[name] ?? {}, key));
    if (homes.length > 0)
      return `${file}: ${key} stands in front of every section, and is passed over: it belongs below ${homes.map((name) => `[${name}]`).join(' or ')}`;
  }
  return undefined;
}

const endOfLine = /\r\n|[\r\n]/;

/**
 * Any ini file, by the `ini` package.
 * @throws RefusedError for a section's line that has no end: what follows it would belong to another section, or to none;
 * for what is no text
 */
export function readIni(text: string, file = 'the configuration'): IniSections {
  if (text.includes('\0')) {
    throw new RefusedError(
      'CONFIG_UNREADABLE',
      `the configuration ${file} is no text in UTF-8: there are NUL bytes in it, as in a file that was saved as "Unicode" (UTF-16)`,
    );
  }
  checkSections(text, file);
  const sections: IniSections = {};
  for (const [section, keys] of Object.entries(parse(quoteValues(text)))) {
    if (typeof keys !== 'object' || keys === null) {
      // in front of every section
      sections[''] = { ...sections[''], [section]: String(keys) };
      continue;
    }
    const values: Record<string, string> = {};
    for (const [key, value] of Object.entries(keys)) values[key] = String(value);
    sections[section] = values;
  }
  return sections;
}

function checkSections(text: string, file: string): void {
  for (const [at, line] of text.split(endOfLine).entries()) {
    if (/^\s*\[[^\]]*$/.test(line))
      throw new RefusedError(
        'CONFIG_SECTION',
        `${file}, line ${at + 1}: ${JSON.stringify(line.trim().slice(0, 60))} begins a section, and the ] behind its name is missing`,
      );
  }
}

/**
 * Each value as a JSON string, which the `ini` package takes as it stands; left to itself it would cut
 * `secret = ab#cd` to `ab`.
 */
function quoteValues(text: string): string {
  return text
    .replace(/^\ufeff/, '')
    .split(endOfLine)
    .map((line) => {
      // the package knows no space before a section and no comment behind it, and takes a dot for a nested one
      const section = /^\s*\[([^\]]*)\]\s*(?:[;#].*)?$/.exec(line);
      if (section) return `[${(section[1] as string).replaceAll('.', '\\.')}]`;
      const match = /^\s*([^\s;#[=][^=]*?)\s*(?:=(.*))?$/s.exec(line);
      return match ? `${match[1]}=${quote(phpValue(match[2] ?? ''))}` : line;
    })
    .join('\n');
}

/** On one line for the package's eyes too, which take U+2028 and U+2029 for an end of it. */
function quote(value: string): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
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

/** @throws RefusedError for a value of the wrong kind */
export function toValue(kind: ValueKind, value: string, where: string): unknown {
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
      // PHP's words for nothing, as phpagi.conf has `admin = none`
      return ['', 'null', 'none', 'off', 'no', 'false'].includes(value.toLowerCase()) ? undefined : value;
    case 'path':
      if (!value.startsWith('/')) throw wrong('an absolute path');
      return value;
    case 'log':
      // a word for nothing, as for text
      if (toValue('text', value, where) === undefined) return undefined;
      // as containers are told: opened by that name it would be lost with the descriptor that it takes the place of
      if (['/dev/stderr', '/dev/stdout'].includes(value)) return 'stderr';
      if (!['stderr', 'syslog'].includes(value) && !value.startsWith('/')) {
        throw wrong('stderr, syslog or an absolute path');
      }
      return value;
    case 'folder':
      // a word for nothing, as for text
      if (toValue('text', value, where) === undefined) return undefined;
      if (!value.startsWith('/')) throw wrong('an absolute path, or off');
      return value;
    case 'level':
      if (!(logLevels as readonly string[]).includes(value)) throw wrong(`one of ${logLevels.join(', ')}`);
      return value;
    case 'seconds':
      // what Node's timers can count
      if (!/^\d{1,7}(\.\d{1,3})?$/.test(value) || Number(value) > 2_000_000) {
        throw wrong('a number of seconds, 0 to 2000000');
      }
      return Number(value);
    case 'days':
      if (!/^\d{1,5}$/.test(value)) throw wrong('a number of days, 0 to 99999');
      return Number(value);
    case 'bytes':
      if (!/^\d{1,9}$/.test(value) || Number(value) < 1024) throw wrong('a number of bytes, 1024 or more');
      return Number(value);
  }
}
