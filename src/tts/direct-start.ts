/**
 * A program started by what `node:child_process` itself stands on. To load that module, which brings streams, sockets
 * and datagrams with it, takes a process of one call 7 ms, and one more to run its functions for the first time: more
 * than all else that fastagi adds to an engine. Nothing of it is needed here, for there are no pipes.
 *
 * The binding is Node's own affair: a version that takes other arguments would end the process, not throw. So it is
 * used where these very arguments have been seen to hold, and never in a version that came later; there, and wherever
 * else anything is not as it should be, the module is loaded. `test/system/nodes.test.ts` holds it in each line of Node.
 */

/** A descriptor of ours, or nothing. */
export type Stdio = 'ignore' | number;

/** A program that is to be started, at the head of a group of processes. */
export interface Wanted {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdio: readonly Stdio[];
  /** @param signal what has ended it, where something has */
  onExit(status: number | null, signal: string | null): void;
}

/** The last version of each line of Node that was looked at. */
const known: Readonly<Record<string, number>> = { 20: 20, 22: 23, 24: 21, 26: 10 };

interface ProcessHandle {
  readonly pid: number;
  onexit: (status: number, signal: string) => void;
  spawn(...words: unknown[]): number;
  close(): void;
}

interface ProcessBinding {
  readonly Process: new () => ProcessHandle;
  /** Where there are some, as there are since June 2026, the arguments are given one by one, else in an object. */
  readonly constants?: { readonly kProcessFlagDetached: number };
}

/** @returns its number; undefined where it has not been started, and is to be started in another way */
export function startDirectly({ program, args, env, stdio, onExit }: Wanted): number | undefined {
  const words = [program, ...args];
  // the system would take a NUL for the end of a word
  if (!isKnown() || words.some((word) => word.includes('\0'))) return undefined;
  const pairs: string[] = [];
  for (const name in env) pairs.push(`${name}=${env[name]}`);
  const descriptors = stdio.map((fd) => (fd === 'ignore' ? { type: fd } : { type: 'fd', fd }));
  try {
    const { Process, constants } = (process as unknown as Bindings).binding('process_wrap');
    const handle = new Process();
    handle.onexit = (status, signal) => {
      handle.close();
      onExit(status, signal);
    };
    const problem = constants
      ? handle.spawn(program, words, undefined, pairs, descriptors, constants.kProcessFlagDetached)
      : handle.spawn({ file: program, args: words, envPairs: pairs, stdio: descriptors, detached: true });
    if (problem === 0) return handle.pid;
    handle.close();
  } catch {
    // a script has taken it away
  }
  return undefined;
}

interface Bindings {
  binding(name: 'process_wrap'): ProcessBinding;
}

/** Only in a process of one call, which has the flag of the service file, and where Node has not been told to warn of it. */
function isKnown(): boolean {
  const { execArgv, versions, env, permission } = process as NodeJS.Process & { permission?: object };
  return (
    isKnownVersion(versions.node) &&
    execArgv.includes('--no-rehash-snapshot') &&
    permission === undefined &&
    !env.NODE_OPTIONS &&
    !env.NODE_PENDING_DEPRECATION &&
    !execArgv.includes('--pending-deprecation')
  );
}

export function isKnownVersion(node: string): boolean {
  const [line = '', version] = node.split('.');
  return Number(version) <= (known[line] ?? -1);
}
