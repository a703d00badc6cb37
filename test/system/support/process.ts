import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Told of each step of long work. */
export type Report = (line: string) => void;

/** Runs a program to its end and gives its stdout; a status other than 0 rejects with what it printed. */
export async function run(
  command: string,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; onLine?: (line: string) => void } = {},
): Promise<string> {
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output.push(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const { onLine } = options;
  if (onLine) createInterface({ input: child.stdout }).on('line', onLine);
  const status = await closed(child);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: status ${status}\n${output.join('').slice(-4000)}`);
  return stdout;
}

/** The exit code or the signal's name, when the process and its pipes are done. */
export function closed(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
}
