/** Where calls leave their marks: the log, the folder of traces; and whether the disks below have room. */
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { toValue } from '../../config-problems';
import { DEFAULT_LOG_FILE } from '../../run/guard';
import { type Finding, Findings } from '../findings';
import type { Machine } from '../machine';
import { speechFolder } from '../speech-folder';
import type { Survey } from '../survey';

export function checkLog(survey: Survey): Finding[] {
  const found = new Findings('log');
  const { machine, config, user, userName } = survey;
  const { log } = config;
  if (log === 'syslog') {
    const logger = machine.program('logger');
    if (logger === undefined)
      found.warning('[fastagi] log = syslog, and there is no logger', 'apt-get install bsdutils');
    else if (machine.isMissing('/dev/log'))
      found.warning('[fastagi] log = syslog, and nobody reads /dev/log', 'apt-get install rsyslog');
    else found.ok('syslog: journalctl -t fastagi shows it');
    return found.list;
  }
  // under xinetd standard error is the connection, and a daemon's is nothing
  const { kind, command, place } = survey.service ?? {};
  if (log?.[0] !== '/' && command?.listens && kind !== 'xinetd') {
    found.ok(`standard error of ${place}`);
    return found.list;
  }
  const file = log?.startsWith('/') ? log : DEFAULT_LOG_FILE;
  if (user === undefined) {
    found.skipped(`${file}: who writes it is not known`);
    return found.list;
  }
  const folder = path.dirname(file);
  if (machine.isMissing(folder)) {
    found.warning(
      `${file} cannot be written, for there is no folder ${folder}: ${elsewhere(machine)}`,
      `install -d -m 750 -o ${userName} -g ${machine.groupOf(user)} ${folder}`,
    );
    return found.list;
  }
  if (machine.stat(file)?.isDirectory()) {
    found.warning(
      `the log ${file} is a folder: ${elsewhere(machine)}`,
      `log = ${file}/fastagi.log below [fastagi] in ${survey.file}`,
    );
    return found.list;
  }
  if (user.uid === 0 && machine.isLink(file)) {
    found.warning(
      `${file} is a link, and root writes no log through one: ${elsewhere(machine)}`,
      `log = ${machine.realPath(file) ?? file} below [fastagi] in ${survey.file ?? '/etc/asterisk/fastagi.conf'}`,
    );
    return found.list;
  }
  const obstacle = machine.obstacle(user, file, 'write');
  if (obstacle) {
    const isClosed = obstacle.why.endsWith('go into it');
    found.warning(
      `user ${userName} cannot write ${file}: ${obstacle.place} ${obstacle.why}: ${elsewhere(machine)}`,
      isClosed
        ? obstacle.remedy
        : machine.isMissing(file)
          ? `install -m 640 -o ${userName} -g ${machine.groupOf(user)} /dev/null ${file}`
          : `chown ${userName} ${file}`,
    );
  } else found.ok(`${file}, and user ${userName} can write it`);
  return found.list;
}

/** Where entries go that the log does not take. */
function elsewhere(machine: Machine): string {
  const hasSyslog = machine.program('logger') !== undefined && !machine.isMissing('/dev/log');
  return hasSyslog
    ? "entries go to the system's log (journalctl -t fastagi)"
    : "entries are lost, for there is no system's log (logger and /dev/log), either";
}

/** The folder that `[fastagi] trace` names, by the rules of trace/folder. */
export function checkTraces(survey: Survey): Finding[] {
  const found = new Findings('traces');
  const { machine, user, userName } = survey;
  const folder = traceFolder(survey);
  if (folder === undefined) return found.list;
  if (folder instanceof Error) {
    found.warning(machine.bare(folder.message), `trace = /var/spool/fastagi/traces in ${survey.file}`);
    return found.list;
  }
  const whole = `[fastagi] trace = ${folder}`;
  if (machine.isMissing(folder)) {
    found.warning(
      `${whole} is not there, and no call is traced`,
      `install -d -m 700 -o ${userName} ${folder}`,
    );
    return found.list;
  }
  const stat = machine.stat(folder);
  const real = machine.realPath(folder);
  if (stat !== undefined && !stat.isDirectory())
    found.warning(`${whole} is no folder, and no call is traced`, `name another in ${survey.file}`);
  else if (real !== undefined && real !== folder.replace(/\/+$/, '').replace(/\/{2,}/g, '/'))
    found.warning(
      `a link leads from ${whole} to ${real}, and no call is traced`,
      `trace = ${real} in ${survey.file}`,
    );
  else if (stat !== undefined && (stat.mode & 0o022) !== 0) {
    found.warning(
      `${whole}: others than its owner may write there, and no call is traced`,
      `chmod go-w ${folder}`,
    );
  } else {
    const obstacle = user && machine.obstacle(user, folder, 'write');
    if (obstacle) {
      found.warning(
        `user ${userName} cannot write to ${whole}: ${obstacle.place} ${obstacle.why}`,
        obstacle.place === folder ? `chown ${userName} ${folder}` : obstacle.remedy,
      );
    } else found.ok(`traces are kept in ${folder}`);
  }
  return found.list;
}

/** @returns an Error for a value that makes no sense */
function traceFolder({ config, file }: Survey): string | undefined | Error {
  const text = config.sections.fastagi?.trace;
  if (text === undefined) return undefined;
  try {
    return toValue('folder', text, `${file}: [fastagi] trace`) as string | undefined;
  } catch (error) {
    return error as Error;
  }
}

const MEGABYTE = 1_000_000;
/** Less than this is called full. */
const LEAST_BYTES = 10 * MEGABYTE;
const LEAST_PART = 0.01;
const STATFS_MS = 2000;

/** Room on the disks that calls write to, and a clock that can be right. */
export async function checkDisk(survey: Survey): Promise<Finding[]> {
  const found = new Findings('disk');
  const { machine, config } = survey;
  const traces = traceFolder(survey);
  const places = [
    ['the log', path.dirname(config.log?.startsWith('/') ? config.log : DEFAULT_LOG_FILE)],
    ['traces', typeof traces === 'string' ? traces : undefined],
    ['spoken files', speechFolder(survey)],
    ['temporary files', config.tempdir],
  ] as const;
  const looked: string[] = [];
  for (const [what, folder] of places) {
    const there = folder && thereAbove(machine, folder);
    if (!there || looked.includes(there)) continue;
    looked.push(there);
    const room = await roomIn(machine.at(there));
    if (room === undefined) continue;
    const { free, whole, files } = room;
    if (free < LEAST_BYTES || free < whole * LEAST_PART) {
      found.warning(
        `the disk of ${there} is full, where ${what} go: ${Math.floor(free / MEGABYTE)} of ${Math.ceil(whole / MEGABYTE)} MB are left`,
        `du -xhd1 ${there} | sort -h shows what takes it`,
      );
    } else if (files !== undefined && files.whole > 0 && files.free < files.whole * LEAST_PART) {
      found.warning(
        `the disk of ${there} has room, and no more files: ${files.free} of ${files.whole} are left`,
        `du -x --inodes -d1 ${there} | sort -n shows what takes them`,
      );
    }
  }
  checkClock(found, survey);
  if (found.isWell && looked.length > 0) found.ok(`there is room in ${looked.join(', ')}`);
  return found.list;
}

function checkClock(found: Findings, { machine, executable }: Survey): void {
  const made = machine.root === '/' ? machine.stat(executable)?.mtimeMs : undefined;
  // a day, for a file that was made elsewhere
  if (made === undefined || Date.now() > made - 86_400_000) return;
  found.warning(
    `the clock says ${new Date().toISOString()}, before this program was made: names of traces, the log and certificates go by it`,
    'timedatectl set-ntp true',
  );
}

/** The folder, or the nearest above it that is there. */
function thereAbove(machine: Machine, folder: string): string {
  let place = folder;
  while (place !== '/' && machine.isMissing(place)) place = path.dirname(place);
  return place;
}

/** A dead file server answers nobody: then nothing is said of it. */
async function roomIn(place: string) {
  const timer = new AbortController();
  const late = new Promise<undefined>((resolve) => {
    const timeout = setTimeout(resolve, STATFS_MS, undefined);
    timer.signal.addEventListener('abort', () => clearTimeout(timeout));
  });
  try {
    const stat = await Promise.race([statfs(place), late]);
    return (
      stat && {
        free: stat.bavail * stat.bsize,
        whole: stat.blocks * stat.bsize,
        files: { free: stat.ffree, whole: stat.files },
      }
    );
  } catch {
    return undefined;
  } finally {
    timer.abort();
  }
}
