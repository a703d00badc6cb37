/** Looks at a set-up in the order in which a call meets it, and changes nothing. */
import { checkAgiBin } from './checks/agi-bin';
import { checkAri } from './checks/ari';
import { checkAsterisk } from './checks/asterisk';
import { checkCall } from './checks/call';
import { checkConfiguration } from './checks/configuration';
import { checkDialplan } from './checks/dialplan';
import { checkDisk, checkLog, checkTraces } from './checks/log';
import { checkManager } from './checks/manager';
import { checkNode, checkProgram } from './checks/node';
import { checkPort } from './checks/port';
import { checkScripts } from './checks/scripts';
import { checkService } from './checks/service';
import { checkSpeech } from './checks/speech';
import { type Finding, Findings } from './findings';
import { type Looker, type Survey, survey } from './survey';

type Check = (survey: Survey) => readonly Finding[] | Promise<readonly Finding[]>;

const checks: readonly (readonly [subject: string, check: Check])[] = [
  ['asterisk', checkAsterisk],
  ['dialplan', checkDialplan],
  ['service', checkService],
  ['port', checkPort],
  ['node', checkNode],
  ['fastagi', checkProgram],
  ['configuration', checkConfiguration],
  ['scripts', checkScripts],
  ['log', checkLog],
  ['traces', checkTraces],
  ['disk', checkDisk],
  ['call', checkCall],
  ['agi-bin', checkAgiBin],
  ['speech', checkSpeech],
  ['manager', checkManager],
  ['ari', checkAri],
];

/** Those of which the configuration says where they are. */
const configured: readonly string[] = ['scripts', 'log', 'traces', 'disk', 'speech', 'manager', 'ari'];

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** Whether the configuration can be used at all. */
  readonly configured: boolean;
}

/** All checks side by side: each has its own limit on time. */
export async function examine(looker: Looker): Promise<Diagnosis> {
  const there = survey(looker);
  // what a configuration names is not known where it cannot be read, and the defaults are not what calls get
  const known = checks.filter(([subject]) => there.problem === undefined || !configured.includes(subject));
  const found = await Promise.all(known.map(([subject, check]) => attempt(subject, check, there)));
  return { findings: found.flat(), configured: there.problem === undefined };
}

/** How long one of them may take; each has limits of its own, below this. */
const CHECK_MS = 10_000;

/** What goes wrong in one of them, or takes too long, costs the others nothing. */
async function attempt(subject: string, check: Check, there: Survey): Promise<readonly Finding[]> {
  const found = new Findings(subject);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(() => {
      found.skipped(`this could not be looked at within ${CHECK_MS / 1000} s`);
      resolve(found.list);
    }, CHECK_MS);
  });
  try {
    return await Promise.race([check(there), late]);
  } catch (error) {
    found.skipped(`this could not be looked at: ${(error as Error).message}`);
    return found.list;
  } finally {
    clearTimeout(timer);
  }
}
