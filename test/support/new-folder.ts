/** `fastagi new` and npm as processes, and what a new folder's README shows. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { executable } from './inet';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** With npm's settings for a machine without a network, unless `env` has others. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const settings = { npm_config_cache: path.join(cwd, '.npm'), npm_config_offline: 'true' };
  const options = { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...settings, ...env } };
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

export const fastagi = (args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv) =>
  run(process.execPath, [executable('fastagi'), ...args], cwd, env);

/** As the words of the test runner's reporters have it. */
export const passed = (count: number) => expect.stringMatching(new RegExp(`^(# |ℹ )pass ${count}$`, 'm'));

/** What stands in the code blocks of a page. */
export const blocks = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block]) => block as string);

/** A call as it was shown, without what is different in each. */
export const timeless = (text: string) =>
  text
    .replace(/^ +\d+\.\d s {2}/gm, '')
    .replace(/Done: \d+\.\d s/, 'Done: T')
    .replace(/≡ \S+ info fastagi\[\d+\]/, '≡ info');

/** The call that a folder's README shows, as it is shown, and as it is. */
export async function shownCall(
  folder: string,
  node = process.execPath,
): Promise<{ shown: string; real: string }> {
  const [command = '', ...lines] = (blocks(path.join(folder, 'README.md'))[0] as string).split('\n');
  const args = command.replace('$ fastagi ', '').split(' ');
  const { stdout } = await run(node, [executable('fastagi'), ...args], folder);
  return { shown: timeless(lines.join('\n')), real: timeless(stdout) };
}
