/** The scripts: the folder that they are served from, who may read them, and whether each is one at all. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { Script } from 'node:vm';
import { RefusedError } from '../../errors';
import { checkOwner } from '../../run/privilege';
import { isInside } from '../../run/resolve';
import { type Finding, Findings, some } from '../findings';
import type { FoundScript } from '../served-scripts';
import type { Survey } from '../survey';

export async function checkScripts(survey: Survey): Promise<Finding[]> {
  const found = new Findings('scripts');
  const { machine, config, user, userName, folder } = survey;
  const { basedir } = config;
  if (machine.isMissing(basedir)) {
    found.failure(
      `[fastagi] basedir = ${basedir} is not there, and scripts are served from nowhere else`,
      `install -d -m 755 ${basedir}`,
    );
    return found.list;
  }
  if (machine.stat(basedir)?.isDirectory() === false) {
    found.failure(
      `[fastagi] basedir = ${basedir} is no folder`,
      `basedir = /var/lib/asterisk/fastagi below [fastagi] in ${survey.file ?? '/etc/asterisk/fastagi.conf'}`,
    );
    return found.list;
  }
  const obstacle = user && machine.obstacle(user, basedir, 'read');
  if (obstacle) {
    found.failure(
      `user ${userName} cannot read [fastagi] basedir = ${basedir}: ${obstacle.place} ${obstacle.why}`,
      obstacle.remedy,
    );
    return found.list;
  }
  const { scripts } = folder;
  if (machine.whyFolder(basedir) === 'EACCES') {
    found.skipped(
      `${basedir} was not looked at: user ${machine.userName(machine.uid)} may not`,
      'sudo fastagi doctor',
    );
    return found.list;
  }
  if (scripts.length === 0) {
    found.warning(
      `there is no script in ${basedir} yet`,
      `echo "agi.verbose('hello');" > ${basedir}/hello.js`,
    );
    return found.list;
  }
  checkLinks(found, survey);
  if (config.setuid) checkOwners(found, survey);
  else checkReaders(found, survey);
  checkWriters(found, survey);
  await checkSyntax(found, survey);
  if (found.isWell) {
    const count = `${scripts.length}${folder.more ? ' and more' : ''} ${scripts.length === 1 ? 'script' : 'scripts'}`;
    const reader =
      user === undefined
        ? ''
        : config.setuid
          ? ', each of an owner that it may run as'
          : `, and user ${userName} can read ${scripts.length === 1 ? 'it' : 'them'}`;
    found.ok(`${count} in ${basedir}${reader}`);
  }
  return found.list;
}

/** What leads out of the folder is never served. */
function checkLinks(found: Findings, { machine, folder, config }: Survey): void {
  const base = machine.realPath(config.basedir) ?? config.basedir;
  for (const { file, name } of folder.scripts) {
    if (!machine.isLink(file)) continue;
    const real = machine.realPath(file);
    if (real === undefined) {
      if (machine.isMissing(file)) found.failure(`${file} is a link that leads nowhere`, `rm ${file}`);
    } else if (!isInside(real, base)) {
      found.failure(
        `${name} is a link that leads out of ${config.basedir}, to ${real}, and is never served`,
        `cp --remove-destination ${real} ${file}`,
      );
    }
  }
}

function checkReaders(found: Findings, { machine, folder, user, userName }: Survey): void {
  if (user === undefined) return;
  const rows = folder.scripts.flatMap(({ file }) => {
    const obstacle = machine.obstacle(user, file, 'read');
    return obstacle === undefined || obstacle.why === 'is not there' ? [] : [{ file, obstacle }];
  });
  // one closed folder closes all that lies in it
  const places = new Map<string, typeof rows>();
  for (const row of rows) places.set(row.obstacle.place, [...(places.get(row.obstacle.place) ?? []), row]);
  for (const [place, closed] of [...places].slice(0, 10)) {
    const { file, obstacle } = closed[0] as (typeof rows)[number];
    const which = place === file ? file : `${some(closed.map((row) => path.basename(row.file)))} in ${place}`;
    found.failure(`user ${userName} cannot read ${which}: ${place} ${obstacle.why}`, obstacle.remedy);
  }
  if (places.size > 10) found.failure(`and so it is with ${places.size - 10} more`);
}

/** `setuid`: the rules of run/privilege, which refuses the call otherwise. */
function checkOwners(found: Findings, { machine, folder, config }: Survey): void {
  for (const { file, name } of folder.scripts) {
    const real = machine.realPath(file);
    const stat = machine.stat(file);
    if (real === undefined || stat === undefined || machine.whyFolder(config.basedir) === 'EACCES') continue;
    const owner = machine.account(stat.uid);
    try {
      checkOwner(machine.at(real), name, machine.at(config.basedir));
      if (owner === undefined) {
        found.failure(
          `${file} belongs to user ${stat.uid}, whom this machine does not know, and [fastagi] setuid cannot become`,
          `chown USER:GROUP ${file}`,
        );
        continue;
      }
      const obstacle = machine.obstacle(owner, file, 'read');
      if (obstacle) {
        found.failure(
          `user ${owner.name}, who owns ${file}, cannot read it: ${obstacle.place} ${obstacle.why}`,
          obstacle.remedy,
        );
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const text = machine.bare(error.message);
      const [, place = file] = /^(\/.*?) (?:belongs|can be)/.exec(text) ?? [];
      found.failure(
        text.replace(/: (?:chown|chmod) .*$/, ''),
        /can be written/.test(text)
          ? `chmod go-w ${place}`
          : `chown USER:GROUP ${place === file ? file : `${place}`} (those that it should run as)`,
      );
    }
  }
}

/** Who may write a script may do what it does. */
function checkWriters(found: Findings, { machine, folder, config }: Survey): void {
  if (config.setuid) return;
  const open = [config.basedir, ...folder.scripts.map(({ file }) => file)].filter(
    (file) => !machine.isLink(file) && ((machine.stat(file)?.mode ?? 0) & 0o002) !== 0,
  );
  if (open.length === 0) return;
  found.warning(
    `everybody on this machine can write to ${some(open)}, and so decide what calls do`,
    `chmod o-w ${open.slice(0, 20).join(' ')}`,
  );
}

/** How long all of them may take that have to be asked of another process. */
const CHECK_MS = 3000;

async function checkSyntax(found: Findings, { machine, folder }: Survey): Promise<void> {
  const modules: { readonly script: FoundScript; readonly problem?: Problem }[] = [];
  const typed: string[] = [];
  for (const script of folder.scripts) {
    const { name, text } = script;
    if (text === undefined || !isForNode(name, text)) continue;
    if (/\.[cm]?ts$/.test(name)) typed.push(name);
    else if (name.endsWith('.mjs')) modules.push({ script });
    else {
      const problem = problemOfScript(text, machine.at(script.file));
      if (problem === undefined) continue;
      if (name.endsWith('.cjs')) told(found, script, problem);
      // it may be an ES module, which Node finds out in the same way
      else modules.push({ script, problem });
    }
  }
  if (typed.length > 0 && !(process.features as { typescript?: unknown }).typescript) {
    found.warning(
      `${some(typed)}: TypeScript, and this Node (${process.version}) cannot strip its types`,
      'run the service with Node 22.18 or newer, or compile the scripts to JavaScript',
    );
  }
  const until = performance.now() + CHECK_MS;
  let skipped = 0;
  // no more at once than a busy machine can bear
  for (let at = 0; at < modules.length; at += 4) {
    if (performance.now() > until) {
      skipped = modules.length - at;
      break;
    }
    const now = modules.slice(at, at + 4);
    const problems = await Promise.all(now.map(({ script }) => problemOfModule(script.text as string)));
    for (const [index, { script, problem: first }] of now.entries()) {
      const problem = problems[index];
      if (problem) told(found, script, first === undefined || isModule(first.message) ? problem : first);
    }
  }
  if (skipped > 0) found.skipped(`the syntax of ${skipped} more was not looked at: it would take too long`);
}

function told(found: Findings, { file }: FoundScript, { line, message }: Problem): void {
  found.failure(`${file}, line ${line}: ${message}`, `mend line ${line} of ${file}`);
}

/** What has another ending, or none, may be anything: it is a script of Node's if its first line says so. */
function isForNode(name: string, text: string): boolean {
  if (/\.[cm]?[jt]s$/.test(name)) return true;
  return /^#!.*\b(?:node|agi)\b/.test(text.slice(0, 200));
}

interface Problem {
  readonly line: number;
  readonly message: string;
}

/** Compiled as Node would wrap it; nothing of it runs. */
function problemOfScript(text: string, file: string): Problem | undefined {
  const body = text.replace(/^\ufeff/, '').replace(/^#!.*/, '');
  try {
    new Script(`(function (exports, require, module, __filename, __dirname) {${body}\n})`, {
      filename: file,
    });
    return undefined;
  } catch (error) {
    const { message, stack = '' } = error as Error;
    const line = Number(/:(\d+)\n/.exec(stack)?.[1] ?? 1);
    return { line, message: `SyntaxError: ${message}` };
  }
}

/** Whether what is wrong is only that it is no ES module. */
function isModule(message: string): boolean {
  return /import statement outside a module|Unexpected token 'export'|import\.meta|await is only valid|reserved word/.test(
    message,
  );
}

/** As the standard input of a process that checks it, so that its name and its folder have no say. */
function problemOfModule(text: string): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const args = ['--input-type=module', '--check', '-'];
    const options = { timeout: CHECK_MS, killSignal: 'SIGKILL', env: {} } as const;
    const child = execFile(process.execPath, args, options, (_error, _stdout, stderr) => {
      const [, line] = /^(?:file:.*|\[stdin\]|-):(\d+)$/m.exec(stderr) ?? [];
      const [message] = /^SyntaxError: .*/m.exec(stderr) ?? [];
      resolve(message === undefined ? undefined : { line: Number(line ?? 1), message });
    });
    child.stdin?.on('error', () => {}).end(text.replace(/^#!.*/, ''));
  });
}
