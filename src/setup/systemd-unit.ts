/** Units of systemd's (systemd.syntax(7)), with what stands in their drop-ins. */
import path from 'node:path';
import type { Machine } from './machine';

export interface Unit {
  readonly name: string;
  /** The unit's own file. */
  readonly file: string;
  /** `Section.Key` to its values, in order; an empty one has taken those before away. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** Where units lie: what stands first wins. */
export const unitFolders = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** @returns undefined where there is none of this name */
export function readUnit(machine: Machine, name: string): Unit | undefined {
  const folder = unitFolders.find((each) => machine.read(`${each}/${name}`) !== undefined);
  if (folder === undefined) return undefined;
  const file = `${folder}/${name}`;
  const values = new Map<string, string[]>();
  addTo(values, machine.read(file) ?? '');
  const dropIns = new Map<string, string>();
  for (const each of [...unitFolders].reverse())
    for (const dropIn of machine.names(`${each}/${name}.d`))
      if (dropIn.endsWith('.conf')) dropIns.set(dropIn, `${each}/${name}.d/${dropIn}`);
  for (const dropIn of [...dropIns.keys()].sort())
    addTo(values, machine.read(dropIns.get(dropIn) as string) ?? '');
  return { name, file, values };
}

export function settingOf(unit: Unit | undefined, key: string): string | undefined {
  return unit?.values.get(key)?.at(-1);
}

/** The names of the units that are there. */
export function unitNames(machine: Machine): string[] {
  const names = unitFolders.flatMap((folder) => machine.names(folder));
  return [...new Set(names)].filter((name) => /\.(?:service|socket)$/.test(name) && !name.includes('@'));
}

/** The words of a command line, without systemd's own signs in front. */
export function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? (plain as string),
  );
  const [program = '', ...rest] = words;
  return [program.replace(/^[-@:+!|]+/, ''), ...rest];
}

/** `127.0.0.1:4573`, `[::1]:4573` or `4573`, which is all addresses; undefined for another kind of socket. */
export function parseStream(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[?([\w.:-]+?)\]?:)?(\d{1,5})$/.exec(text.trim());
  return match ? { host: match[1] ?? '::', port: Number(match[2]) } : undefined;
}

function addTo(values: Map<string, string[]>, text: string): void {
  let section = '';
  for (const line of text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === '' || /^[#;]/.test(trimmed)) continue;
    const named = /^\[(.*)\]$/.exec(trimmed)?.[1];
    if (named !== undefined) section = named;
    const equals = trimmed.indexOf('=');
    if (named !== undefined || equals === -1) continue;
    const key = `${section}.${trimmed.slice(0, equals).trim()}`;
    const value = trimmed.slice(equals + 1).trim();
    values.set(key, value === '' ? [] : [...(values.get(key) ?? []), value]);
  }
}

/** The service that a socket is for. */
export function serviceOf(socket: Unit): string {
  return settingOf(socket, 'Socket.Service') ?? `${path.basename(socket.name, '.socket')}.service`;
}
