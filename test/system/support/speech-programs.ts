import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandInRoot } from './chroot';
import { speechRoot } from './parts';

/**
 * Makes a folder of programs by the names of Debian's speech engines, for a PATH. Each runs the real one inside of
 * its own root, which sees `shared` at the same path.
 * @param home an empty folder
 */
export async function speechPrograms(home: string, shared: string): Promise<string> {
  const root = await speechRoot();
  const mountPoint = join(home, 'mnt');
  const programs = join(home, 'bin');
  mkdirSync(mountPoint);
  mkdirSync(programs);
  for (const program of ['text2wave', 'flite', 'espeak-ng', 'sox']) {
    const command = commandInRoot(root, mountPoint, [shared], [`/usr/bin/${program}`]);
    const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const noted = `echo run >> '${home}/${program}.runs'`;
    writeFileSync(
      join(programs, program),
      `#!/bin/sh\n${noted}\nexec unshare --mount --propagation private ${words} "$@"\n`,
      { mode: 0o755 },
    );
  }
  return programs;
}

/** What sox measures of a sound, by sox's own names for it. */
export async function soxStat(wave: Buffer, ...effects: string[]): Promise<Record<string, number>> {
  const root = await speechRoot();
  const args = [root, '/usr/bin/sox', '-t', 'wav', '-', '-n', ...effects, 'stat'];
  const { stderr, status } = spawnSync('chroot', args, { input: wave });
  if (status !== 0) throw new Error(`sox: ${stderr}`);
  const lines = String(stderr).matchAll(/^(.+?)\s*:\s*(-?[\d.]+)$/gm);
  return Object.fromEntries(
    Array.from(lines, ([, name, value]) => [(name as string).replace(/\s+/g, ' '), Number(value)]),
  );
}

/** What sox says of a sound's format. */
export async function soxInfo(wave: Buffer, what: 'rate' | 'channels' | 'bits' | 'seconds'): Promise<number> {
  const root = await speechRoot();
  const option = { rate: '-r', channels: '-c', bits: '-b', seconds: '-D' }[what];
  const { stdout } = spawnSync('chroot', [root, '/usr/bin/sox', '--info', option, '-'], {
    input: wave,
  });
  return Number(stdout);
}
