/** What the dialplan asks for: a server that listens, a script that is there. */
import path from 'node:path';
import { RefusedError } from '../../errors';
import { nearestName } from '../../nearest-name';
import { resolveRequest } from '../../run/resolve';
import { FASTAGI_PORT } from '../../sim/target';
import { isLoopback } from '../addresses';
import { askConsole } from '../asterisk-console';
import { type Finding, Findings } from '../findings';
import type { Survey } from '../survey';

/** A step that runs a script. */
export interface AgiStep {
  /** `context,extension,priority` */
  readonly place: string;
  /** AGI, EAGI, DeadAGI. */
  readonly application: string;
  /** What stands in its brackets, up to the first comma. */
  readonly target: string;
}

/** So many steps are told of. */
const MOST = 20;

export async function checkDialplan(survey: Survey): Promise<Finding[]> {
  const found = new Findings('dialplan');
  const { machine, asterisk } = survey;
  if (asterisk.process === undefined) return found.list;
  let text: string;
  try {
    ({ text } = await askConsole(machine.at(asterisk.console), 'dialplan show'));
  } catch {
    // why is told with Asterisk
    return found.list;
  }
  // what a variable says is known in a call alone
  const steps = readAgiSteps(text).filter(({ target }) => !/\$[{[]/.test(target));
  const problems = steps.flatMap((step) => {
    const problem = problemOf(survey, step);
    return problem === undefined ? [] : [{ ...step, ...problem }];
  });
  for (const { place, application, target, why, remedy } of problems.slice(0, MOST))
    found.failure(`${place}: ${application}(${target}): ${why}`, remedy);
  if (problems.length > MOST) found.failure(`and so it is with ${problems.length - MOST} more steps`);
  if (problems.length === 0 && steps.length > 0) {
    const what = steps.length === 1 ? 'step runs a script' : 'steps run scripts';
    found.ok(`${steps.length} ${what}, all of which can be had`);
  }
  return found.list;
}

/** The steps of `dialplan show` that run scripts (pbx.c, show_dialplan_helper). */
export function readAgiSteps(text: string): AgiStep[] {
  const steps: AgiStep[] = [];
  let context = '';
  let extension = '';
  for (const line of text.split('\n')) {
    context = /^\[ Context '([^']*)'/.exec(line)?.[1] ?? context;
    extension = /^ {2}'([^']*)' /.exec(line)?.[1] ?? extension;
    const [, priority, done = ''] = /(?:=>|^)\s*(?:\[\S+\])?\s*(\d+)\. (.+)$/.exec(line) ?? [];
    const step = /\b((?:E|Dead)?AGI)\(([^,)]*)/i.exec(done);
    if (!step) continue;
    const [, application = '', target = ''] = step;
    steps.push({ place: `${context},${extension},${priority}`, application, target: target.trim() });
  }
  return steps;
}

function problemOf(survey: Survey, { target }: AgiStep): { why: string; remedy: string } | undefined {
  if (/^agi:async/i.test(target) || target === '') return undefined;
  if (/^h?agi:\/\//i.test(target)) return problemOfAddress(survey, target);
  const { machine, asterisk } = survey;
  const files = target.startsWith('/')
    ? [target]
    : asterisk.agiBin.map((folder) => path.join(folder, target));
  if (!files.every((file) => machine.isMissing(file))) return undefined;
  const names = asterisk.agiBin.flatMap((folder) => machine.names(folder));
  const meant = nearestName(path.basename(target), names);
  return {
    why: `there is no ${files.join(', nor ')}`,
    remedy:
      meant === undefined
        ? `put the script there, and: chmod 755 ${files[0]}`
        : `AGI(${meant}) in extensions.conf, and then: asterisk -rx 'dialplan reload'`,
  };
}

/** Of this machine's own port alone it is known what is behind it. */
function problemOfAddress(survey: Survey, target: string): { why: string; remedy: string } | undefined {
  const { machine, address, config, problem, services } = survey;
  const [, host = '', digits, script = ''] =
    /^agi:\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:\/(.*))?$/i.exec(target) ?? [];
  if (!isLoopback(host.replace(/^\[|\]$/g, ''))) return undefined;
  const port = digits === undefined ? FASTAGI_PORT : Number(digits);
  if (!machine.listeners().some((each) => each.port === port)) {
    return port === address.port || services.length === 0
      ? undefined
      : {
          why: `nobody listens on port ${port}: calls are served on ${address.port}`,
          remedy: `agi://${host}:${address.port}/${script} in extensions.conf, and then: asterisk -rx 'dialplan reload'`,
        };
  }
  // another server's scripts are its own
  if (port !== address.port || problem !== undefined || services.length === 0) return undefined;
  if (machine.whyFolder(config.basedir) !== undefined) return undefined;
  try {
    resolveRequest(script, machine.at(config.basedir));
    return undefined;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const asked = (script.split('?', 1)[0] as string).replace(/\.\w+$/, '');
    const meant = nearestName(
      asked,
      survey.folder.scripts.map(({ name }) => name.replace(/\.\w+$/, '')),
    );
    return {
      why: machine.bare(error.message),
      remedy:
        meant === undefined
          ? `put the script into ${config.basedir}, or mend its name in extensions.conf`
          : `agi://${host}${digits === undefined ? '' : `:${digits}`}/${meant} in extensions.conf, and then: asterisk -rx 'dialplan reload'`,
    };
  }
}
