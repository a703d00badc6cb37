/** A program of the administrator's choice, run without a shell: its arguments are words, never text to be read. */
import { closeSync, openSync } from 'node:fs';
import { acceptCodeCache } from '../code-cache';
import { type Stdio, startDirectly, type Wanted } from './direct-start';
import { standardPath } from './engines';

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
  const opened: number[] = [];
  try {
    const open = (file: string, flags: string) => {
      const fd = openSync(file, flags, 0o600);
      opened.push(fd);
      return fd;
    };
    const said = open(run.said, 'w');
    const input = run.input === undefined ? 'ignore' : open(run.input, 'r');
    return start(run, [input, run.output === undefined ? said : open(run.output, 'w'), said]);
  } finally {
    // the program has its own; and where one could not be opened, the others are of no use
    for (const fd of opened) closeSync(fd);
  }
}

function start(run: ProgramRun, stdio: readonly Stdio[]): RunningProgram {
  let pid: number | undefined;
  let timedOut = false;
  const kill = () => {
    if (pid === undefined) return;
    try {
      // it leads a group of its own
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it is gone
    }
  };
  const ended = new Promise<ProgramEnd>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (problem: string | undefined) => {
      clearTimeout(timer);
      // what it has left behind in its group is of no use to anyone
      if (timedOut) kill();
      // the number may be another's from now on
      pid = undefined;
      resolve({ problem, timedOut });
    };
    const wanted: Wanted = {
      program: run.program,
      args: run.args,
      // xinetd may leave no PATH
      env: { ...process.env, PATH: process.env.PATH || standardPath },
      stdio,
      onExit: (status, signal) =>
        end(signal ? `was ended by ${signal}` : status === 0 ? undefined : `ended with status ${status}`),
    };
    try {
      pid =
        startDirectly(wanted) ?? startByNode(wanted, (error) => end(`cannot be started: ${error.message}`));
    } catch (error) {
      // arguments that no program can be given: too long
      end(`cannot be started: ${(error as Error).message}`);
    }
    // behind the start: a process's first timer takes it some time
    if (pid === undefined) return;
    timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, run.timeoutMs);
  });
  return { ended, kill };
}

/** @returns its number; undefined where `onError` tells why there is none */
function startByNode(wanted: Wanted, onError: (error: Error) => void): number | undefined {
  const { program, args, env, stdio, onExit } = wanted;
  acceptCodeCache();
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn(program, args, { env, stdio: [...stdio], detached: true });
  child.once('error', onError);
  child.once('exit', onExit);
  return child.pid;
}
