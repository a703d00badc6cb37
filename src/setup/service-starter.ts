/** Has the machine take up a service that is new or has changed. */
import { execFileSync } from 'node:child_process';
import { machineHas } from './machine-path';
import type { ServiceKind } from './service-files';
import { processNamed, STANDARD_PATH } from './surroundings';

const COMMAND_MS = 30_000;

/** What has been done, for a person to read, or what is left for him to do. */
export interface Started {
  readonly done: boolean;
  readonly text: string;
}

/** Whether systemd has the services of this machine. */
export const hasSystemd = (root = '/') => machineHas(root, '/run/systemd/system');

export function startService(kind: ServiceKind): Started {
  if (kind === 'systemd') {
    if (!hasSystemd()) return undone('systemd does not run here', 'systemctl enable --now fastagi.socket');
    return run(
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', '--now', 'fastagi.socket'],
      ['systemctl', 'try-restart', 'fastagi.service'],
    );
  }
  if (hasSystemd())
    return run(['systemctl', 'enable', 'xinetd'], ['systemctl', 'reload-or-restart', 'xinetd']);
  const xinetd = processNamed('xinetd');
  if (!xinetd) return undone('xinetd does not run', 'service xinetd start');
  // rereads its configuration; services that have not changed go on
  process.kill(xinetd.pid, 'SIGHUP');
  return { done: true, text: `xinetd, process ${xinetd.pid}, reads its configuration again` };
}

/**
 * Has the machine let go of a service, whose files are taken away meanwhile: systemd does so while they are there,
 * xinetd when they are gone.
 */
export function stopService(kind: ServiceKind, takeAway: () => void): Started {
  if (kind === 'systemd' && hasSystemd()) {
    const stopped = run(['systemctl', 'disable', '--now', 'fastagi.socket', 'fastagi.service']);
    takeAway();
    return stopped.done ? run(['systemctl', 'daemon-reload']) : stopped;
  }
  takeAway();
  return kind === 'systemd' ? { done: true, text: 'systemd does not run here' } : startService(kind);
}

function run(...commands: (readonly [string, ...string[]])[]): Started {
  for (const [program, ...args] of commands) {
    try {
      execFileSync(program, args, {
        timeout: COMMAND_MS,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, PATH: STANDARD_PATH },
      });
    } catch (error) {
      const { stderr, message } = error as { stderr?: Buffer; message: string };
      const said = stderr?.toString().trim().split('\n').at(-1);
      return undone(
        `${[program, ...args].join(' ')} failed: ${said || message}`,
        [program, ...args].join(' '),
      );
    }
  }
  return { done: true, text: commands.map((words) => words.join(' ')).join(', ') };
}

const undone = (why: string, command: string): Started => ({ done: false, text: `${why}: ${command}` });
