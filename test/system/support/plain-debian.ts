/** A Debian with nothing but xinetd and Node, in which the package is installed and xinetd runs. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../support/inet';
import { commandInRoot } from './chroot';
import { plainRoot } from './parts';

const run = promisify(execFile);

/** What is done in there: each command with what it printed, and how it ended. */
export interface Done {
  readonly code: number;
  readonly text: string;
}

/**
 * Runs in the root: starts xinetd as Debian does, where nothing is served yet, and then one command after the other.
 * There is no shell in there.
 */
const driver = `
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { commands } = JSON.parse(process.argv[1]);
const target = '/usr/local/lib/node_modules/fastagi';
fs.mkdirSync(target, { recursive: true });
for (const name of ['dist', 'xinetd', 'systemd', 'services.snippet', 'package.json'])
  fs.cpSync('/package/' + name, target + '/' + name, { recursive: true });
fs.mkdirSync('/usr/local/bin', { recursive: true });
for (const name of ['fastagi', 'agi']) fs.symlinkSync('../lib/node_modules/fastagi/dist/' + name, '/usr/local/bin/' + name);
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const xinetd = spawn('/usr/sbin/xinetd', ['-stayalive', '-dontfork', '-filelog', '/tmp/xinetd.log'], { env, stdio: 'ignore' });
xinetd.on('error', (error) => { throw error; });
const wait = setInterval(() => {
  if (!fs.existsSync('/tmp/xinetd.log') || !fs.readFileSync('/tmp/xinetd.log', 'utf8').includes('Started working')) return;
  clearInterval(wait);
  const done = commands.map(([file, ...args]) => {
    const { status, stdout, stderr, error } = spawnSync(file, args, { env, encoding: 'utf8', timeout: 60_000 });
    return { code: status ?? -1, text: error ? String(error) : stdout + stderr };
  });
  xinetd.kill();
  console.log(JSON.stringify(done));
}, 50);
`;

/** Runs commands in there, one after the other, as root. */
export async function inDebian(commands: string[][]): Promise<Done[]> {
  const mountPoint = mkdtempSync(path.join(os.tmpdir(), 'fastagi-install-'));
  try {
    const inside = ['/usr/bin/node', '-e', driver, JSON.stringify({ commands })];
    const command = commandInRoot(await plainRoot(), mountPoint, [{ from: root, to: '/package' }], inside);
    const { stdout } = await run('unshare', ['--mount', '--propagation', 'private', ...command], {
      timeout: 120_000,
    });
    return JSON.parse(stdout) as Done[];
  } finally {
    rmSync(mountPoint, { recursive: true });
  }
}
