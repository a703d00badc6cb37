/** The configuration: which one is read, what is wrong with it, and who may read it. */

import { standardFiles } from '../../config';
import { type Finding, Findings } from '../findings';
import type { ServedAccount } from '../machine';
import { configOf } from '../service';
import type { Survey } from '../survey';

const [, PHPAGI = ''] = standardFiles;

/** Keys that nobody but the scripts' user should see. */
const secrets = [
  ['asmanager', 'secret'],
  ['ari', 'password'],
  ['asterisk_ari', 'password'],
  ['tts', 'secret'],
] as const;

/** A user that no machine has. */
const stranger = { name: 'nobody', uid: 0xffff_fffd, gid: 0xffff_fffd, groups: new Set<number>(), home: '/' };

export function checkConfiguration(survey: Survey): Finding[] {
  const found = new Findings('configuration');
  const { machine, file, fileSource, config, problem, user, userName } = survey;
  if (file === undefined) {
    found.ok('there is none (/etc/asterisk/fastagi.conf), and the defaults hold');
    return found.list;
  }
  if (problem !== undefined) {
    const isOurs = machine.whyUnread(file) === 'EACCES';
    found.failure(
      machine.bare(problem.message),
      isOurs ? 'sudo fastagi doctor' : remedyFor(problem.code, file, machine.isMissing(file)),
    );
    found.skipped('scripts, log and all else that it names were not looked at');
  }
  const own = survey.service && serviceFile(survey);
  if (own !== undefined && own !== file) {
    found.warning(
      `${file} was looked at, and ${survey.service?.place} reads ${own}`,
      `fastagi doctor --config ${own}`,
    );
  }
  for (const warning of config.warnings) {
    const text = machine.bare(warning);
    // of the process that looks, not of the server's
    if (!/descriptors than this process/.test(text)) found.warning(text, `mend that line in ${file}`);
  }
  checkReader(found, survey, user);
  checkSecrets(found, survey);
  if (found.isWell) {
    const by = fileSource === undefined ? '' : ` (named by ${fileSource})`;
    const other = file !== PHPAGI && fileSource === undefined && !machine.isMissing(PHPAGI);
    found.ok(
      `${file}${by}${user === undefined ? '' : `, and user ${userName} can read it`}${other ? `; ${PHPAGI} beside it is not read` : ''}`,
    );
  }
  return found.list;
}

/** What the service would read by itself. */
function serviceFile({ service, machine }: Survey): string | undefined {
  if (service === undefined) return undefined;
  return configOf(service) ?? ['/etc/asterisk/fastagi.conf', PHPAGI].find((each) => !machine.isMissing(each));
}

function remedyFor(code: string, file: string, isMissing: boolean): string {
  if (isMissing) return `write it, or take its name out of the service: ${file}`;
  if (code === 'LISTEN_SETUID')
    return `setuid = off below [fastagi], or mode = pool below [listen], in ${file}`;
  return `mend that line in ${file}: docs/configuration.md has every key`;
}

/** Who serves calls reads it; and Asterisk's user, for classic AGI. */
function checkReader(found: Findings, survey: Survey, user: ServedAccount | undefined): void {
  const { machine, file = '', asterisk } = survey;
  for (const reader of new Set([user, asterisk.user.account])) {
    if (reader === undefined || (reader !== user && survey.service !== undefined)) continue;
    const obstacle = machine.obstacle(reader, file, 'read');
    if (obstacle === undefined || obstacle.why === 'is not there') continue;
    const group = machine.groupOf(reader);
    found.failure(
      `user ${reader.name} cannot read ${file}: ${obstacle.place} ${obstacle.why}`,
      // what may hold secrets is opened to one group
      obstacle.place === file && !/groups = yes/.test(obstacle.remedy ?? '')
        ? `chgrp ${group} ${file} && chmod g+r ${file}`
        : obstacle.remedy,
    );
    return;
  }
}

function checkSecrets(found: Findings, { machine, config, file = '', user }: Survey): void {
  const held = secrets.find(([section, key]) => config.sections[section]?.[key]);
  if (held === undefined || machine.isMissing(file) || machine.obstacle(stranger, file, 'read')) return;
  const group = user === undefined ? 'asterisk' : machine.groupOf(user);
  found.warning(
    `everybody on this machine can read ${file}, and [${held[0]}] ${held[1]} stands in it`,
    `chgrp ${group} ${file} && chmod 640 ${file}`,
  );
}
