/** The line of /etc/services by which xinetd knows the port of a service (services(5)). */
import { existsSync, readFileSync } from 'node:fs';
import { machinePath } from './machine-path';
import { PlannedFile } from './planned-file';

const FILE = '/etc/services';

/** As we make it, whichever port was asked for. */
const OURS = /^fastagi\t\t\d+\/tcp\t\t\t# call scripts for Asterisk \(FastAGI\)\n/m;

/** Its comments may be of before UTF-8. */
const AS_IT_IS = { encoding: 'latin1' } as const;

export interface ServicesLine {
  /** The file with the line; undefined where it is there. */
  readonly file: PlannedFile | undefined;
  /** The file without our line; undefined where it has none. */
  readonly without: PlannedFile | undefined;
  /** Another port that goes by the name, of which xinetd would make nothing. */
  readonly conflict: string | undefined;
}

export function servicesLine(port: number, root: string): ServicesLine {
  const text = textOf(machinePath(root, FILE));
  const line = `fastagi\t\t${port}/tcp\t\t\t# call scripts for Asterisk (FastAGI)\n`;
  const without = OURS.test(text) ? new PlannedFile(FILE, text.replace(OURS, ''), root, AS_IT_IS) : undefined;
  const entries = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/));
  const named = entries.filter(([name, , ...aliases]) => name === 'fastagi' || aliases.includes('fastagi'));
  const tcp = named.find(([, place]) => place?.endsWith('/tcp'));
  if (tcp?.[1] === `${port}/tcp`) return { file: undefined, without, conflict: undefined };
  if (tcp) {
    const conflict = `${FILE} has fastagi at ${tcp[1]}, and this is to be ${port}/tcp: change that line, or say --port ${tcp[1]?.split('/')[0]}`;
    return { file: undefined, without, conflict };
  }
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return { file: new PlannedFile(FILE, before + line, root, AS_IT_IS), without, conflict: undefined };
}

/** A machine may be without one. */
const textOf = (place: string) => (existsSync(place) ? readFileSync(place, AS_IT_IS.encoding) : '');
