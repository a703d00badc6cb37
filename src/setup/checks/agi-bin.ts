/** Scripts of classic AGI: whether Asterisk can start them, which says no more than AGISTATUS=FAILURE where it cannot. */
import path from 'node:path';
import type { Account } from '../accounts';
import { type Finding, Findings } from '../findings';
import type { Survey } from '../survey';

interface Program {
  readonly file: string;
  /** Its first line, behind #!; undefined where it has none. */
  readonly first: string | undefined;
  /** Whether a byte order mark stands in front of it. */
  readonly marked: boolean;
}

/** So many files are looked at. */
const MOST = 500;
/** Of a file, so much; a first line has 255 bytes at most. */
const FIRST_BYTES = 300;

export function checkAgiBin(survey: Survey): Finding[] {
  const found = new Findings('agi-bin');
  const { machine, asterisk } = survey;
  const folders = new Set(asterisk.agiBin.map((folder) => machine.realPath(folder) ?? folder));
  let ours = 0;
  let isBlind = false;
  for (const folder of folders) {
    if (machine.whyFolder(folder) === 'EACCES') {
      isBlind = true;
      found.skipped(
        `${folder} was not looked at: user ${machine.userName(machine.uid)} may not`,
        'sudo fastagi doctor',
      );
    }
    for (const name of machine.names(folder).slice(0, MOST)) {
      const program = readFirstLine(survey, path.join(folder, name));
      if (program === undefined) continue;
      ours++;
      checkProgram(found, survey, program);
    }
  }
  if (ours > 0 && found.isWell && !isBlind) {
    const what = ours === 1 ? 'script' : 'scripts';
    found.ok(`${ours} ${what} in ${[...folders].join(' and ')} that user ${asterisk.user.name} can run`);
  }
  return found.list;
}

/** @returns undefined for a program of another kind, and for what is none */
function readFirstLine({ machine }: Survey, file: string): Program | undefined {
  const stat = machine.stat(file);
  if (!stat?.isFile()) return undefined;
  const text = machine.head(file, FIRST_BYTES) ?? '';
  const marked = text.startsWith('\ufeff');
  const [, first] = /^\ufeff?#!([^\n]*)/.exec(text) ?? [];
  if (first !== undefined) {
    return /(?:^|[/\s])(?:node|agi)(?:[\s\r]|$)/.test(first) ? { file, first, marked } : undefined;
  }
  // a library may lie beside scripts: it is not to be run
  const isScript =
    /\.(?:[cm]?js|agi)$/.test(file) && (stat.mode & 0o111) !== 0 && !text.startsWith('\x7fELF');
  return isScript && /\bagi\b/i.test(machine.read(file) ?? '')
    ? { file, first: undefined, marked }
    : undefined;
}

function checkProgram(found: Findings, survey: Survey, { file, first, marked }: Program): void {
  const { machine, asterisk } = survey;
  const user = asterisk.user.account;
  if (first === undefined) {
    found.failure(
      `${file} has no first line that says what runs it, and Asterisk cannot start it`,
      `sed -i '1i #!/usr/bin/env agi' ${file}`,
    );
    return;
  }
  if (marked) {
    found.failure(
      `${file}: a byte order mark stands in front of #!, and Linux does not see that line`,
      `sed -i '1s/^\\xef\\xbb\\xbf//' ${file}`,
    );
    return;
  }
  if (first.endsWith('\r')) {
    found.failure(
      `${file}: its lines end as on Windows, and Linux looks for a program ${JSON.stringify(path.basename(first.split(/[ \t]+/).at(-1) ?? ''))}`,
      `sed -i 's/\\r$//' ${file}`,
    );
    return;
  }
  const obstacle = user && machine.obstacle(user, file, 'run');
  if (obstacle) {
    found.failure(
      `user ${user.name}, who runs Asterisk, cannot run ${file}: ${obstacle.place} ${obstacle.why}`,
      obstacle.place === file ? `chmod 755 ${file}` : obstacle.remedy,
    );
    return;
  }
  checkInterpreter(found, survey, file, first.trim(), user);
}

function checkInterpreter(
  found: Findings,
  survey: Survey,
  file: string,
  first: string,
  user: Account | undefined,
): void {
  const words = first.split(/[ \t]+/);
  const [interpreter = '', argument] = words;
  if (path.basename(interpreter) !== 'env') {
    for (const program of words.filter((word) => word.startsWith('/')))
      if (!checkThere(found, survey, file, program, user)) return;
    // `#!/usr/local/bin/agi`: that is a script itself, which looks for node
    if (path.basename(interpreter) === 'agi') checkOnPath(found, survey, file, 'node', user);
    return;
  }
  const split = argument === '-S' || argument === '--split-string';
  const name = (split ? words.slice(2) : words.slice(1)).find((word) => !/^-|=/.test(word)) ?? '';
  if (words.length > 2 && !split && !/^-/.test(argument ?? '')) {
    found.failure(
      `${file}: Linux gives env all that stands behind it as one word, and env looks for a program ${JSON.stringify(words.slice(1).join(' '))}`,
      `sed -i '1s|.*|#!${interpreter} -S ${words.slice(1).join(' ')}|' ${file}`,
    );
    return;
  }
  if (!checkOnPath(found, survey, file, name, user)) return;
  if (name === 'agi') checkOnPath(found, survey, file, 'node', user);
}

function checkOnPath(
  found: Findings,
  survey: Survey,
  file: string,
  name: string,
  user: Account | undefined,
): boolean {
  const { machine, asterisk } = survey;
  const place = machine.program(name, asterisk.path);
  if (place !== undefined) return checkThere(found, survey, file, place, user);
  const known = name === 'agi' ? machine.program('agi') : survey.node;
  found.failure(
    `${file} needs ${name}, and Asterisk does not find it in ${asterisk.path} (${asterisk.pathSource})`,
    name === 'agi'
      ? `sed -i '1s|.*|#!${survey.node} ${known ?? path.join(path.dirname(survey.executable), 'agi')}|' ${file}`
      : `install -m 755 ${machine.realPath(survey.node) ?? survey.node} /usr/local/bin/node`,
  );
  return false;
}

/** @returns whether it is, and can be run */
function checkThere(
  found: Findings,
  { machine, node }: Survey,
  file: string,
  program: string,
  user: Account | undefined,
): boolean {
  const isNode = path.basename(program) === 'node';
  if (machine.isMissing(program)) {
    found.failure(
      `${file} is run by ${program}, which is not there`,
      isNode ? `sed -i '1s|${program}|${node}|' ${file}` : `name another in the first line of ${file}`,
    );
    return false;
  }
  const obstacle = user && machine.obstacle(user, program, isNode ? 'run' : 'read');
  if (obstacle === undefined) return true;
  const real = machine.realPath(program) ?? program;
  found.failure(
    `${file} is run by ${program}, and user ${user?.name} cannot run that: ${obstacle.place} ${obstacle.why}`,
    isNode && /^\/(?:root|home)\//.test(real)
      ? `install -m 755 ${real} /usr/local/bin/node`
      : (obstacle.remedy ?? `name another in the first line of ${file}`),
  );
  return false;
}
