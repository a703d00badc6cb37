/** The folder of the scripts, as a server finds it. */
import { statSync } from 'node:fs';
import type { Config } from '../config';

/** A server without its scripts would refuse every call. */
export function basedirWarnings({ basedir, file }: Config): string[] {
  let why = 'is no folder';
  try {
    if (statSync(basedir).isDirectory()) return [];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    why = code === 'ENOENT' ? 'is not there' : `cannot be looked into: ${message}`;
  }
  const where = file ?? '/etc/asterisk/fastagi.conf';
  return [
    `the folder of the scripts, ${basedir}, ${why}: no call will find one. mkdir -p ${basedir}, or name another by [fastagi] basedir in ${where}`,
  ];
}
