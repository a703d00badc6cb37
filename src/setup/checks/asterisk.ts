/** Asterisk itself: whether it runs, and can run call scripts at all. */
import { askConsole } from '../asterisk-console';
import { type Finding, Findings } from '../findings';
import type { Survey } from '../survey';

export async function checkAsterisk({ machine, asterisk, folder }: Survey): Promise<Finding[]> {
  const found = new Findings('asterisk');
  const { process } = asterisk;
  if (process === undefined) {
    const program = machine.program('asterisk');
    if (program === undefined) {
      found.skipped(
        'there is no Asterisk on this machine: what it does with a call is to be looked at where it is',
      );
    } else if (!machine.isLive)
      found.ok(`${program} is installed, and is to run as user ${asterisk.user.name}`);
    else found.failure(`${program} is installed, and does not run`, 'service asterisk start');
    return found.list;
  }
  const runs = `Asterisk runs as user ${asterisk.user.name}, process ${process.pid}`;
  let modules: string;
  try {
    const answer = await askConsole(machine.at(asterisk.console), 'module show');
    modules = answer.text;
    found.ok(`Asterisk ${answer.version} runs as user ${asterisk.user.name}, process ${process.pid}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      found.ok(runs);
      found.skipped(
        `its modules were not looked at: user ${machine.userName(machine.uid)} may not use ${asterisk.console}`,
        'sudo fastagi doctor',
      );
    } else if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      found.ok(runs);
      found.skipped(`its modules were not looked at: nobody is at its console, ${asterisk.console}`);
    } else {
      found.failure(
        `${runs}, and does not answer at its console, ${asterisk.console}: ${(error as Error).message}`,
        'service asterisk restart',
      );
    }
    return found.list;
  }
  const isLoaded = (name: string) =>
    new RegExp(`^${name}\\.so\\s(?!.*\\bNot Running).*\\bRunning\\b`, 'm').test(modules);
  if (isLoaded('res_agi')) found.ok('res_agi.so is loaded: the dialplan has AGI()');
  else {
    found.failure(
      `res_agi.so is not loaded, and without it the dialplan has no AGI(): ${whyNotLoaded(asterisk.etc, machine.read(`${asterisk.etc}/modules.conf`))}`,
      "asterisk -rx 'module load res_agi.so'",
    );
  }
  const speech = folder.scripts.filter(({ text = '' }) => /\.speech(?:Create|Recognize)\s*\(/.test(text));
  if (speech.length > 0 && !isLoaded('res_speech')) {
    found.failure(
      `${speech[0]?.name} recognises speech, and res_speech.so is not loaded`,
      "asterisk -rx 'module load res_speech.so'",
    );
  }
  return found.list;
}

function whyNotLoaded(etc: string, text = ''): string {
  const line = text.split('\n').findIndex((each) => /^\s*noload\s*=>?\s*res_agi(?:\.so)?\b/.test(each));
  if (line !== -1) return `${etc}/modules.conf, line ${line + 1}, says so`;
  return `look for load = res_agi.so, or autoload = yes, in ${etc}/modules.conf`;
}
