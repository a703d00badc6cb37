/** The Node that runs scripts, and the file of fastagi: there, new enough, and open to whom they are for. */
import path from 'node:path';
import { type Finding, Findings } from '../findings';
import type { ServedAccount } from '../machine';
import type { ServedCommand } from '../service';
import { STANDARD_PATH } from '../surroundings';
import type { Survey } from '../survey';

interface User {
  readonly name: string;
  readonly account: ServedAccount | undefined;
}

/** The oldest that is served: see engines in package.json. */
const LEAST = [20, 19] as const;

export async function checkNode(survey: Survey): Promise<Finding[]> {
  const found = new Findings('node');
  const { machine } = survey;
  const commands = survey.services.flatMap(({ enabled, command, account, user, path: searched, place }) =>
    enabled && command
      ? [{ command, user: { name: user ?? survey.userName, account }, searched, place }]
      : [],
  );
  if (commands.length === 0) {
    if (machine.isMissing(survey.node)) {
      found.failure(
        `there is no node in ${STANDARD_PATH}`,
        `get Node ${LEAST.join('.')} or newer: nodejs.org, or your system's package nodejs`,
      );
    } else
      await checkOne(found, survey, survey.node, { name: survey.userName, account: survey.user }, undefined);
    return found.list;
  }
  const seen = new Set<string>();
  for (const { command, user, searched, place } of commands) {
    checkLauncher(found, survey, command, user, searched, place);
    const node = nodeOf(survey, found, command, searched, place);
    if (node === undefined || seen.has(`${node} ${user.name}`)) continue;
    seen.add(`${node} ${user.name}`);
    await checkOne(found, survey, node, user, place);
  }
  return found.list;
}

/** `server = /usr/bin/setpriv` */
function checkLauncher(
  found: Findings,
  { machine }: Survey,
  { launcher }: ServedCommand,
  { name: userName, account: user }: User,
  searched: string,
  place: string,
): void {
  if (launcher === undefined) return;
  const file = machine.program(launcher, searched);
  if (file === undefined) {
    const install =
      path.basename(launcher) === 'setpriv' ? 'apt-get install util-linux' : `name another in ${place}`;
    found.failure(`${launcher} is not there, and ${place} starts it`, install);
    return;
  }
  const obstacle = user && machine.obstacle(user, file, 'run');
  if (obstacle)
    found.failure(`user ${userName} cannot run ${file}: ${obstacle.place} ${obstacle.why}`, obstacle.remedy);
}

/** `server = /usr/bin/node`; or fastagi itself, whose first line looks for one on the PATH. */
function nodeOf(
  { machine, node }: Survey,
  found: Findings,
  { program, executable }: ServedCommand,
  searched: string,
  place: string,
): string | undefined {
  if (program !== executable) {
    const file = machine.program(program, searched);
    if (file === undefined) {
      found.failure(
        `${program} is not there, and ${place} starts it`,
        `command -v node says where yours is (this one is ${node}): name that in ${place}`,
      );
    }
    return file;
  }
  const file = machine.program('node', searched);
  if (file === undefined) {
    found.failure(
      `${executable} looks for node on the PATH, and in ${searched} there is none`,
      `server = ${node} and server_args = ${executable} in ${place}`,
    );
  }
  return file;
}

async function checkOne(
  found: Findings,
  survey: Survey,
  node: string,
  { name: userName, account: user }: User,
  /** Undefined where no service names it. */
  place: string | undefined,
): Promise<void> {
  const { machine } = survey;
  const naming = place === undefined ? 'the service' : place;
  const obstacle = user && machine.obstacle(user, node, 'run');
  if (obstacle) {
    const real = machine.realPath(node) ?? node;
    // a version manager's in a home of somebody's: no home is to be opened for it
    const isPrivate = /^\/(?:root|home)\//.test(real);
    found.failure(
      `user ${userName} cannot run ${node}: ${obstacle.place} ${obstacle.why}`,
      isPrivate || obstacle.remedy === undefined
        ? `install -m 755 ${real} /usr/local/bin/node, and name /usr/local/bin/node in ${naming}`
        : obstacle.remedy,
    );
    return;
  }
  const reader = user === undefined ? '' : `, and user ${userName} can run it`;
  if (!machine.isLive) {
    found.ok(`${node}${reader}; its version was not looked at, for an image's programs are not run`);
    return;
  }
  const { output, problem, code } = await machine.run(node, ['--version'], user);
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(output.trim()) ?? [];
  if (major === undefined) {
    const why = problem === undefined ? `ended with ${code}: ${output.trim().split('\n')[0]}` : problem;
    found.failure(`${node} --version ${why}`, `name another node in ${naming}`);
  } else if (Number(major) < LEAST[0] || (Number(major) === LEAST[0] && Number(minor) < LEAST[1])) {
    found.failure(
      `${node} is ${output.trim()}, and fastagi needs ${LEAST.join('.')} or newer`,
      `name a newer Node in ${naming} (the one that runs here is ${survey.node})`,
    );
  } else found.ok(`${node} is ${output.trim()}${reader}`);
}

/** What serves calls beside the executable itself, by who needs it. */
const besides = ['fastagi-commands.mjs', 'fastagi-process.js', 'fastagi-serving.js', 'fastagi-errand.js'];

export function checkProgram(survey: Survey): Finding[] {
  const found = new Findings('fastagi');
  const { machine } = survey;
  const rows = survey.services.flatMap(({ enabled, command, user, account, place }) =>
    enabled && command ? [{ ...command, userName: user ?? survey.userName, user: account, place }] : [],
  );
  if (rows.length === 0) {
    const { executable, node: program, userName } = survey;
    if (machine.isMissing(executable)) {
      found.failure(
        `${executable} is not there`,
        'umask 022 && npm install --global --prefix /usr/local PACKAGE-FILE',
      );
      return found.list;
    }
    const none = { launcher: undefined, flags: [], args: [], listens: false };
    rows.push({ ...none, executable, program, userName, user: survey.user, place: 'the service' });
  }
  for (const { executable, program, listens, userName, user, place } of rows) {
    const isProgram = program === executable;
    // relative to where a process was started
    if (!path.isAbsolute(executable)) continue;
    if (machine.isMissing(executable)) {
      const at = machine.program('fastagi') ?? survey.executable;
      found.failure(`${executable} is not there, and ${place} starts it`, `name ${at} in ${place}`);
      continue;
    }
    const real = machine.realPath(executable) ?? executable;
    const files = [real, ...(listens ? besides.map((name) => path.join(path.dirname(real), name)) : [])];
    const obstacles = files.flatMap(
      (file, at) =>
        (user &&
          machine.obstacle(user, at === 0 ? executable : file, at === 0 && isProgram ? 'run' : 'read')) ??
        [],
    );
    const [obstacle] = obstacles;
    if (obstacle) {
      found.failure(
        `user ${userName} cannot ${isProgram ? 'run' : 'read'} ${executable}: ${obstacle.place} ${obstacle.why}`,
        obstacle.remedy === undefined || /^\/(?:root|home)\//.test(real)
          ? 'umask 022 && npm install --global --prefix /usr/local PACKAGE-FILE, where every user can read it'
          : obstacle.remedy,
      );
    } else
      found.ok(
        `${executable}${user === undefined ? '' : `, and user ${userName} can ${isProgram ? 'run' : 'read'} it`}`,
      );
  }
  return found.list;
}
