import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder, outside the repository, that keeps what the system tests unpack from one run to the next. */
export function cacheFolder(): string {
  const { FASTAGI_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  if (FASTAGI_TEST_CACHE) return resolve(FASTAGI_TEST_CACHE);
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'fastagi');
}

/** An empty folder of that name; what a killed run has left in it goes. */
export function emptyFolder(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
