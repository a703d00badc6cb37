import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AsteriskFolders, writeAsteriskConfig } from './asterisk-config';
import { type Bind, spawnInRoot } from './chroot';
import { LogFile } from './log-file';
import { asteriskRoot } from './parts';
import { endProcess, mountNamespace, processesIn, run } from './process';

export interface AsteriskOptions {
  version: 16 | 22;
  /** The text of extensions.conf. */
  extensions: string;
  /** Files and folders of the host that Asterisk and its AGI scripts see, at the same path or at `to`. */
  bind?: Bind[];
  /** Other configuration files by name, such as `manager.conf`; they win over the harness's own. */
  config?: Record<string, string>;
  /** Modules loaded beside the usual ones, such as `res_ari.so`. */
  modules?: string[];
  /** Added to the environment of Asterisk, which its classic AGI scripts inherit. */
  env?: Record<string, string>;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A real Asterisk with its own configuration, database and log: many can run at once, of either version.
 *
 * It lives in the host's network, so 127.0.0.1 is the test's own, and in a file system that ends with it.
 */
export class Asterisk {
  /** A folder at the same path for the test and for Asterisk. */
  readonly home: string;
  /** Where `AGI(hello.js)`, a relative name, is looked for. */
  readonly agiBin: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folders: AsteriskFolders;
  readonly #log: LogFile;
  readonly #output: LogFile;
  readonly #namespace: string;

  private constructor(child: ChildProcess, home: string, folders: AsteriskFolders, logs: [LogFile, LogFile]) {
    this.home = home;
    this.agiBin = folders.agiBin;
    this.pid = child.pid as number;
    this.#child = child;
    this.#folders = folders;
    [this.#log, this.#output] = logs;
    this.#namespace = mountNamespace(this.pid);
  }

  /** Resolves when calls can be made. The root is unpacked first where the cache has none, which takes seconds. */
  static async start(options: AsteriskOptions): Promise<Asterisk> {
    const root = await asteriskRoot(options.version);
    const home = mkdtempSync(join(tmpdir(), 'fastagi-asterisk-'));
    const mountPoint = join(home, 'mnt');
    mkdirSync(mountPoint);
    const config = { 'extensions.conf': options.extensions, ...options.config };
    const folders = writeAsteriskConfig(home, root, config, options.modules ?? []);
    const ended = new AbortController();
    const log = new LogFile(join(folders.log, 'full'), ended.signal);
    const output = new LogFile(join(folders.log, 'output'), ended.signal);
    const fd = openSync(output.path, 'a');
    const child = spawnInRoot(
      root,
      mountPoint,
      [home, ...(options.bind ?? [])],
      ['asterisk', '-f', '-C', join(folders.etc, 'asterisk.conf')],
      { env: { PATH: path, HOME: '/root', LANG: 'C.UTF-8', ...options.env }, output: fd },
    );
    closeSync(fd);
    child.once('error', (error) => ended.abort(error));
    child.once('exit', (code, signal) =>
      ended.abort(`Asterisk ended with ${code ?? signal}: ${output.text()}`),
    );
    try {
      // "Asterisk Ready." is the last line of the start: from here on the CLI answers and calls run
      await log.waitFor('Asterisk Ready.', 30_000);
    } catch (error) {
      await endProcess(child);
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
    return new Asterisk(child, home, folders, [log, output]);
  }
  /**
   * What the command line interface prints for one command.
   *
   * @throws Where no server was reached: 16's `asterisk -rx` says so and yet exits with 0.
   */
  async command(cli: string): Promise<string> {
    const remote = ['asterisk', '-C', join(this.#folders.etc, 'asterisk.conf'), '-rx', cli];
    const target = ['--target', String(this.pid), '--mount', '--root'];
    const output = await run('nsenter', [...target, ...remote], { env: { PATH: path, LANG: 'C.UTF-8' } });
    if (output.startsWith('Unable to connect to remote asterisk')) throw new Error(output.trim());
    return output;
  }

  /**
   * A call with no phone: the far half of the Local channel runs the dialplan at `leg`, and once that has
   * answered, the near half runs it at `target`. Resolves when Asterisk has taken the order, not when the
   * call is up.
   *
   * @param leg `extension@context`, to which `/n` keeps the two halves from being optimised away
   */
  async originate(leg: string, target: string): Promise<void> {
    const said = await this.command(`channel originate Local/${leg} extension ${target}`);
    if (said.trim()) throw new Error(`channel originate: ${said.trim()}`);
  }

  /** The first line of the log from the character `from` on that matches; see {@link LogFile.waitFor}. */
  waitForLog(pattern: RegExp | string, timeoutMs?: number, from?: number): Promise<string> {
    return this.#log.waitFor(pattern, timeoutMs, from);
  }

  /** The log so far: notices, warnings, errors, DTMF, and verbose messages up to level 5. */
  log(): string {
    return this.#log.text();
  }

  /** What Asterisk, and its classic AGI scripts on their stderr, printed. */
  output(): string {
    return this.#output.text();
  }

  /** The processes that live in this Asterisk's file system: its own, and classic AGI scripts with theirs. */
  processes(): number[] {
    return processesIn(this.#namespace);
  }

  /** Ends Asterisk and what it started; its mounts go with the last process. May be called twice. */
  async stop(): Promise<void> {
    await endProcess(this.#child);
    for (const pid of this.processes()) killQuietly(pid);
    this.#log.close();
    this.#output.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself meanwhile
  }
}
