/**
 * Where a syntax error of an ES module lies: Node keeps that to itself, and prints it only where it ends a process.
 * So it is asked again, in processes that check the files and run nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** How many files are looked at, the script and what it imports, and how long. */
const MOST_FILES = 20;
const MOST_MS = 3000;

/** Puts the place, and the line itself, in front of the error's stack, where neither is there. */
export function placeSyntaxError(error: unknown, script: string): void {
  if (!(error instanceof SyntaxError)) return;
  // CommonJS says it by itself
  if (/^(?:file:\/\/)?\/.*:\d+\n/.test(error.stack ?? '')) return;
  const until = performance.now() + MOST_MS;
  const files = [script];
  for (let at = 0; at < files.length && at < MOST_FILES && performance.now() < until; at++) {
    const file = files[at] as string;
    const place = checked(file, Math.ceil(until - performance.now()));
    if (place !== undefined) {
      error.stack = `${place}\n${error.stack}`;
      return;
    }
    for (const imported of importsOf(file)) if (!files.includes(imported)) files.push(imported);
  }
}

/** `/scripts/hello.mjs:3`, the line and a caret below; undefined where the file is well. */
function checked(file: string, timeoutMs: number): string | undefined {
  const { stderr } = spawnSync(process.execPath, ['--check', file], {
    encoding: 'utf8',
    timeout: timeoutMs,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return /^(?:file:\/\/)?(\/.*:\d+\n[^\n]*\n *\^+)$/m.exec(stderr ?? '')?.[1];
}

/** The files beside it that a module names, whose errors would be told as its own. */
function importsOf(file: string): string[] {
  try {
    const text = readFileSync(file, 'utf8');
    const names = Array.from(
      text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g),
      ([, name]) => name as string,
    );
    return names.map((name) => realpathSync(resolve(dirname(file), name)));
  } catch {
    // what is not there is another error
    return [];
  }
}
