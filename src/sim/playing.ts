/** Places a simulated call to a target: a FastAGI server over a socket, or a script as a child process. */
import { type StdioOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Script, type ScriptLine, SimulatedCall } from './call';
import type { Surroundings } from './channel';
import type { Clock } from './clock';
import { machine } from './machine-time';
import type { CallOptions } from './options';
import { openPipes } from './pipe';
import { type Target, whyNotRun } from './target';

/** How the script's end has gone. */
export interface ScriptEnd {
  /** Of the script's process; undefined over a socket, and for one that a signal has ended. */
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
  /** Why the script could not be reached, or the connection broke, for a person to read. */
  readonly problem?: string;
  /** The call never began: there was nobody to take it. */
  readonly unreached?: true;
}

/** Asterisk's end of the connection, whoever plays it. */
export interface AsteriskEnd {
  readonly begun: boolean;
  readonly over: boolean;
  begin(): void;
  receive(chunk: Buffer): void;
  scriptClosed(exitCode?: number): void;
  notFound(status: 'FAILURE' | 'NOTFOUND'): void;
  hangUp(): void;
}

export interface PlayedCall<Call extends AsteriskEnd = SimulatedCall> {
  readonly call: Call;
  /** Resolves when the script is gone; never rejects. */
  readonly ended: Promise<ScriptEnd>;
  /** Whether replies wait that the script does not read. */
  readonly unread: boolean;
  /** Ends the script, whatever it does. */
  kill(): void;
}

/** How a script is started and listened to. */
export interface Running {
  /** The folder of the `agi` executable. */
  readonly programs: string;
  /** The environment of a script's process. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether an open call keeps this process from ending. */
  readonly holds: boolean;
  /** What the script's process writes on its standard error: its log. */
  onLog(text: string): void;
}

export interface Playing extends Running {
  readonly options: CallOptions;
  readonly clock: Clock;
  readonly surroundings?: Surroundings;
  /** Called with the call before anything happens in it. */
  onCall(call: SimulatedCall): void;
}

/** Replies that the script has not read: where there are more, it is not listened to until it reads. */
const MAX_UNREAD_BYTES = 1 << 20;
/** How long a script may take to end behind the call. */
const GRACE_MS = 5000;
/** Asterisk gives a server this long to take the connection. */
const CONNECT_MS = 2000;

export function placeCall(target: Target, playing: Playing): PlayedCall {
  const make: MakeCall<SimulatedCall> = (script, line) => {
    const call = new SimulatedCall(playing.options, script, playing.clock, line, playing.surroundings);
    playing.onCall(call);
    return call;
  };
  return reachScript(target, playing, playing.options.arguments ?? [], make);
}

/** Makes Asterisk's end for a script that is reached in this way. */
export type MakeCall<Call extends AsteriskEnd> = (script: Script, line: ScriptLine) => Call;

/** Starts or connects to the script, and lets any Asterisk talk to it. @param args of AGI() */
export function reachScript<Call extends AsteriskEnd>(
  target: Target,
  running: Running,
  args: readonly string[],
  make: MakeCall<Call>,
): PlayedCall<Call> {
  return target.type === 'address'
    ? callAddress(target, running, make)
    : callProgram(target, running, args, make);
}

function callAddress<Call extends AsteriskEnd>(
  target: Target & { type: 'address' },
  running: Running,
  make: MakeCall<Call>,
): PlayedCall<Call> {
  const { host, port, request, networkScript } = target;
  const socket = connect({ host, port, allowHalfOpen: true });
  let problem: string | undefined;
  const line: ScriptLine = {
    send: (text) => write(socket, text, socket),
    signal: () => {},
    close: () => socket.end(),
  };
  const call = make({ request, networkScript }, line);
  if (!running.holds) socket.unref();
  const patience = machine.after(CONNECT_MS, () => {
    problem = `${host}:${port} has not taken the connection within ${CONNECT_MS / 1000} s`;
    socket.destroy();
  });
  socket.once('connect', () => {
    machine.forget(patience);
    call.begin();
  });
  socket.on('data', (chunk) => call.receive(chunk));
  socket.on('error', (error: NodeJS.ErrnoException) => {
    problem ??=
      socket.connecting || !call.begun
        ? unreached(host, port, error)
        : `the connection broke: ${error.message}`;
  });
  socket.on('end', () => call.scriptClosed());
  const ended = new Promise<ScriptEnd>((resolve) => {
    socket.once('close', () => {
      machine.forget(patience);
      if (call.begun) call.scriptClosed();
      else call.notFound('FAILURE');
      if (!call.over) call.hangUp();
      resolve(problem === undefined ? {} : { problem, ...(call.begun ? {} : { unreached: true }) });
    });
  });
  return {
    call,
    ended,
    kill: () => void socket.destroy(),
    get unread() {
      return socket.writableLength >= MAX_UNREAD_BYTES;
    },
  };
}

function unreached(host: string, port: number, error: NodeJS.ErrnoException): string {
  const why =
    error.code === 'ECONNREFUSED'
      ? 'nothing listens there: is the server running?'
      : error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN'
        ? 'there is no host of this name'
        : error.message;
  return `no connection to ${host}:${port}: ${why}`;
}

function callProgram<Call extends AsteriskEnd>(
  target: Target & { type: 'file' },
  running: Running,
  args: readonly string[],
  make: MakeCall<Call>,
): PlayedCall<Call> {
  const { file, query, byItself } = target;
  const name = path.basename(file);
  const script =
    query === undefined
      ? { request: file, networkScript: undefined }
      : { request: `agi://127.0.0.1/${name}?${query}`, networkScript: `${name}?${query}` };
  // Asterisk gives a program its arguments on the command line, too
  const command = byItself
    ? [file, ...args]
    : [process.execPath, path.join(running.programs, 'agi'), file, ...args];
  const pipes = openPipes(2);
  const inputs = pipes?.map(({ input }) => input) ?? [];
  const stdio: StdioOptions = pipes === undefined ? 'pipe' : ['pipe', ...inputs];
  const child = spawn(command[0] as string, command.slice(1), {
    stdio,
    // its shebang may name `agi`
    env: { ...running.env, PATH: `${running.programs}${path.delimiter}${running.env.PATH ?? ''}` },
  });
  for (const fd of inputs) closeSync(fd);
  const stdin = child.stdin as Writable;
  const [stdout, stderr] = (pipes?.map(({ output }) => output) ?? [child.stdout, child.stderr]) as [
    Readable,
    Readable,
  ];
  let problem: string | undefined;
  let grace: NodeJS.Timeout | undefined;
  const line: ScriptLine = {
    send: (text) => write(stdin, text, stdout),
    signal: () => void child.kill('SIGHUP'),
    close: () => {
      stdin.end();
      stdout.destroy();
      grace = machine.after(GRACE_MS, () => {
        problem ??= `${name} went on for ${GRACE_MS / 1000} s behind the end of its call, and was ended by force`;
        child.kill('SIGKILL');
      });
    },
  };
  const call = make(script, line);
  // a script that has gone takes no more
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {});
  stdout.on('data', (chunk: Buffer) => call.receive(chunk));
  stderr.setEncoding('utf8').on('data', (text: string) => running.onLog(text));
  const ended = new Promise<ScriptEnd>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      call.notFound('NOTFOUND');
      machine.forget(grace);
      resolve({ problem: `${file} cannot be run: ${whyNotRun(file, error)}`, unreached: true });
    });
    child.once('exit', (code, signal) => {
      const over = () => {
        // Asterisk sees the end of the pipe, and then the process's exit code
        call.scriptClosed(code ?? 1);
        if (!call.over) call.hangUp();
        machine.forget(grace);
        resolve({
          ...(code === null ? {} : { exitCode: code }),
          ...(signal === null ? {} : { signal }),
          ...(problem === undefined ? {} : { problem }),
        });
      };
      if (stdout.readableEnded || stdout.destroyed) over();
      else stdout.once('close', over).resume();
    });
  });
  child.once('spawn', () => call.begin());
  const kill = () => void child.kill('SIGKILL');
  // a test that is left in the middle of a call must not wait for it, nor leave a process behind
  if (!running.holds)
    for (const handle of [child, stdin, stdout, stderr]) (handle as { unref?(): void }).unref?.();
  const release = onExit(kill);
  void ended.then(release);
  return {
    call,
    ended,
    kill,
    get unread() {
      return stdin.writableLength >= MAX_UNREAD_BYTES;
    },
  };
}

/** Calls back when this process exits; the result takes that back. */
function onExit(callback: () => void): () => void {
  process.setMaxListeners(process.getMaxListeners() + 1);
  process.once('exit', callback);
  return () => {
    process.off('exit', callback);
    process.setMaxListeners(process.getMaxListeners() - 1);
  };
}

/** One who does not read is not listened to, as Asterisk blocks. */
function write(to: Writable, text: string, from: { pause(): unknown; resume(): unknown }): void {
  if (to.destroyed || to.writableEnded) return;
  to.write(text);
  if (to.writableLength < MAX_UNREAD_BYTES) return;
  from.pause();
  to.once('drain', () => from.resume());
}
