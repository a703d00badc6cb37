/** A program of the administrator's choice, run without a shell: its arguments are words, never text to be read. */
import { closeSync, openSync } from 'node:fs';
import { acceptCodeCache } from '../code-cache';
import { standardPath } from './finding';

export interface ProgramRun {
  readonly program: string;
  readonly args: readonly string[];
  /** The file on its standard input; nothing where it is left out. */
  readonly input?: string;
  /** The file that its standard output goes to; to `said` where it is left out. */
  readonly output?: string;
  /** The file that takes what it says of its errors. */
  readonly said: string;
  readonly timeoutMs: number;
}

/** How a program ended: `ended with status 1`, `was ended by SIGSEGV`, `cannot be started: …`; undefined where all went well. */
export interface ProgramEnd {
  readonly problem: string | undefined;
  readonly timedOut: boolean;
}

export interface RunningProgram {
  readonly ended: Promise<ProgramEnd>;
  /** Ends it, and whatever it has started. */
  kill(): void;
}

/** Files in the place of pipes: nothing to read along, and no child of a child that could hold one open. */
export function runProgram(run: ProgramRun): RunningProgram {
  const said = openSync(run.said, 'w', 0o600);
  const input = run.input === undefined ? 'ignore' : openSync(run.input, 'r');
  const output = run.output === undefined ? said : openSync(run.output, 'w', 0o600);
  let child: import('node:child_process').ChildProcess | undefined;
  let timedOut = false;
  const kill = () => {
    if (child?.pid === undefined) return;
    try {
      // it leads a group of its own
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it is gone
    }
  };
  const ended = new Promise<ProgramEnd>((resolve) => {
    const end = (problem: string | undefined) => {
      clearTimeout(timer);
      resolve({ problem, timedOut });
    };
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, run.timeoutMs);
    try {
      acceptCodeCache();
      child = process.getBuiltinModule('node:child_process').spawn(run.program, run.args, {
        env: { ...process.env, PATH: process.env.PATH || standardPath },
        stdio: [input, output, said],
        detached: true,
      });
      child.once('error', (error) => end(`cannot be started: ${error.message}`));
      child.once('exit', (code, signal) => {
        // what it has left behind in its group is of no use to anyone
        if (timedOut) kill();
        end(code === 0 ? undefined : signal ? `was ended by ${signal}` : `ended with status ${code}`);
      });
    } catch (error) {
      // arguments that no program can be given: too long
      end(`cannot be started: ${(error as Error).message}`);
    }
  });
  for (const fd of new Set([said, input, output])) if (typeof fd === 'number') closeSync(fd);
  return { ended, kill };
}
