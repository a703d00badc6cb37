import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAsteriskConfig } from './asterisk-config';
import { type Bind, commandInRoot } from './chroot';
import { EnclosedProcess } from './enclosed-process';
import { LogFile } from './log-file';
import { asteriskRoot } from './parts';
import { run } from './process';

export interface AsteriskOptions {
  version: 16 | 22;
  /** The text of extensions.conf. */
  extensions: string;
  /** Files and folders of the host that Asterisk and its AGI scripts see, at the same path or at `to`. */
  bind?: Bind[];
  /** Other configuration files by name, such as `manager.conf`; they win over the harness's own. */
  config?: Record<string, string>;
  /**
   * Modules loaded beside the usual ones, such as `res_ari.so`. Asterisk puts them in order but adds none:
   * name all that each needs. AMI needs no module, only `manager.conf`.
   */
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
  readonly #process: EnclosedProcess;
  readonly #configPath: string;
  readonly #log: LogFile;
  readonly #output: LogFile;

  private constructor(home: string, root: string, options: AsteriskOptions) {
    this.home = home;
    const config = { 'extensions.conf': options.extensions, ...options.config };
    const folders = writeAsteriskConfig(this.home, root, config, options.modules ?? []);
    this.agiBin = folders.agiBin;
    this.#configPath = join(folders.etc, 'asterisk.conf');
    const mountPoint = join(this.home, 'mnt');
    mkdirSync(mountPoint);
    const outputPath = join(folders.log, 'output');
    const output = openSync(outputPath, 'a');
    this.#process = new EnclosedProcess(
      'Asterisk',
      commandInRoot(
        root,
        mountPoint,
        [this.home, ...(options.bind ?? [])],
        ['asterisk', '-f', '-C', this.#configPath],
      ),
      { env: { PATH: path, HOME: '/root', LANG: 'C.UTF-8', ...options.env }, output },
    );
    closeSync(output);
    this.#output = new LogFile(outputPath, this.#process.ended);
    this.#log = new LogFile(join(folders.log, 'full'), this.#process.ended);
  }

  /** Resolves when calls can be made. The root is unpacked first where the cache has none, which takes seconds. */
  static async start(options: AsteriskOptions): Promise<Asterisk> {
    const root = await asteriskRoot(options.version);
    const home = mkdtempSync(join(tmpdir(), 'fastagi-asterisk-'));
    let asterisk: Asterisk | undefined;
    try {
      chmodSync(home, 0o755); // scripts may run as another user
      asterisk = new Asterisk(home, root, options);
      // "Asterisk Ready." is the last line of the start: from here on the CLI answers and calls run
      await asterisk.waitForLog('Asterisk Ready.', 30_000);
      return asterisk;
    } catch (error) {
      const output = asterisk?.output() ?? '';
      await asterisk?.stop();
      rmSync(home, { recursive: true, force: true });
      throw new Error(`Asterisk ${options.version} did not start: ${error}\n${output}`);
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /**
   * What the command line interface prints for one command.
   *
   * @throws Where no server was reached: 16's `asterisk -rx` says so and yet exits with 0.
   */
  async command(cli: string): Promise<string> {
    const remote = ['asterisk', '-C', this.#configPath, '-rx', cli];
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
    return this.#process.processes();
  }

  /**
   * Ends Asterisk and what it started; its mounts go with the last process. May be called twice.
   *
   * At once: a clean end (`command('core stop now')`, or SIGTERM) looks only once a second whether the calls
   * are over, and waits up to 15 s for a script that does not end at the hangup.
   */
  async stop(): Promise<void> {
    await this.#process.end('SIGKILL');
    this.#log.close();
    this.#output.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
