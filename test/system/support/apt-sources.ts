import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Debian archive that this machine's own apt uses. */
export function debianArchive(): string {
  const found = aptSources().find(({ suites }) => suites.includes(hostSuite()));
  if (!found) throw new Error(`no apt source on this machine names the suite ${hostSuite()}`);
  return found.uri;
}

/** Every `deb` source of the machine, in both of apt's forms. */
export function aptSources(folder = '/etc/apt'): { uri: string; suites: string[] }[] {
  const parts = join(folder, 'sources.list.d');
  const files = existsSync(parts) ? readdirSync(parts).map((file) => join(parts, file)) : [];
  return [join(folder, 'sources.list'), ...files].filter(existsSync).flatMap((file) => {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !/^\s*#/.test(line));
    if (file.endsWith('.sources'))
      return lines
        .join('\n')
        .split(/\n\s*\n/)
        .flatMap(parseStanza);
    if (file.endsWith('.list')) return lines.flatMap(parseOneLine);
    return [];
  });
}

function parseStanza(stanza: string): { uri: string; suites: string[] }[] {
  const field = (name: string) =>
    new RegExp(`^${name}:(.*(?:\\n[ \\t].*)*)`, 'im').exec(stanza)?.[1]?.trim().split(/\s+/) ?? [];
  const [uri] = field('URIs');
  if (!uri || !field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
  return [{ uri, suites: field('Suites') }];
}

function parseOneLine(line: string): { uri: string; suites: string[] }[] {
  const [, uri, suite] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line) ?? [];
  return uri && suite ? [{ uri, suites: [suite] }] : [];
}

/** The host's own release, such as `bookworm`: what its libraries and its perl fit. */
export function hostSuite(): string {
  return osRelease('VERSION_CODENAME') ?? 'stable';
}

export function osRelease(key: string): string | undefined {
  if (!existsSync('/etc/os-release')) return undefined;
  return new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
}
