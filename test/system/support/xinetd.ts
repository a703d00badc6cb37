import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ownLoader } from './debian';
import { EnclosedProcess } from './enclosed-process';
import { freePort } from './free-port';
import { LogFile } from './log-file';
import { xinetdRoot } from './parts';
import { completeService, overrideService, serviceAttribute, serviceName } from './xinetd-service';

type Attributes = Record<string, string | number>;

/** What systemd gives a service, and the folder of the node that runs the tests, wherever it lies. */
const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** What lets a service run on any machine, beside any other. */
const own = { type: 'UNLISTED', bind: '127.0.0.1', disable: 'no' };

/** A real xinetd on ports of its own, on 127.0.0.1. */
export class Xinetd {
  readonly #process: EnclosedProcess;
  readonly #home = mkdtempSync(join(tmpdir(), 'fastagi-xinetd-'));
  readonly #ports: Map<string, number>;
  readonly #log: LogFile;

  private constructor(root: string, texts: string[], env: NodeJS.ProcessEnv) {
    const logPath = join(this.#home, 'log');
    const configPath = join(this.#home, 'xinetd.conf');
    writeFileSync(configPath, [defaults(logPath), ...texts].join('\n'));
    const output = openSync(logPath, 'a');
    this.#process = new EnclosedProcess(
      'xinetd',
      [
        ...ownLoader(root),
        join(root, 'usr/sbin/xinetd'),
        ...['-dontfork', '-f', configPath, '-filelog', logPath, '-pidfile', join(this.#home, 'pid')],
      ],
      { env: { PATH: path, ...env }, output },
    );
    closeSync(output);
    this.#log = new LogFile(logPath, this.#process.ended);
    this.#ports = new Map(texts.map((text) => [serviceName(text), Number(serviceAttribute(text, 'port'))]));
  }

  /**
   * Starts services from the bodies of their blocks: the lines between the braces. What a body leaves out is
   * filled in: a stream service over TCP, `wait = no`, as root, on a free port of 127.0.0.1.
   */
  static async start(services: Record<string, string>): Promise<Xinetd> {
    const texts = Object.entries(services).map(async ([name, body]) =>
      completeService(`service ${name}\n{\n${body}\n}\n`, {
        socket_type: 'stream',
        protocol: 'tcp',
        wait: 'no',
        user: 'root',
        ...own,
        port: await freePort(),
      }),
    );
    return Xinetd.#start(await Promise.all(texts));
  }

  /**
   * Starts the one service of a service file as it is shipped, but for `attributes`, and for what lets it run
   * beside others: a free port of 127.0.0.1 (unless `attributes` has one), unlisted, not disabled.
   * @param env what xinetd's own environment holds beside its PATH
   */
  static async startFile(
    text: string,
    attributes: Attributes = {},
    env: NodeJS.ProcessEnv = {},
  ): Promise<Xinetd> {
    const port = await freePort();
    return Xinetd.#start([overrideService(text, { ...own, port, ...attributes })], env);
  }

  static async #start(texts: string[], env: NodeJS.ProcessEnv = {}): Promise<Xinetd> {
    const xinetd = new Xinetd(await xinetdRoot(), texts, env);
    try {
      // the ports are open when this line is there; a service with a fault is left out, with an ERROR above
      const line = await xinetd.waitForLog('Started working: ');
      if (!line.includes(` ${texts.length} available service`)) throw new Error(`xinetd:\n${xinetd.log()}`);
      return xinetd;
    } catch (error) {
      await xinetd.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  port(name: string): number {
    const port = this.#ports.get(name);
    if (port === undefined) throw new Error(`no service named ${name}`);
    return port;
  }

  /** xinetd's own messages, and START, EXIT and FAIL lines of the services that set no log of their own. */
  log(): string {
    return this.#log.text();
  }

  /** The first line of the log from the character `from` on that matches; see {@link LogFile.waitFor}. */
  waitForLog(pattern: RegExp | string, timeoutMs?: number, from?: number): Promise<string> {
    return this.#log.waitFor(pattern, timeoutMs, from);
  }

  /** xinetd's own process, and those of the servers that it started, with theirs. */
  processes(): number[] {
    return this.#process.processes();
  }

  /**
   * Ends xinetd, and the servers that it started: by itself it leaves those running on their connections, on
   * SIGTERM as on SIGQUIT, whatever its manual says. May be called twice.
   */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM');
    this.#log.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Where a service says nothing of its own; the limits are xinetd's, so that a test sees what users see. */
function defaults(logPath: string): string {
  return `defaults
{
\tlog_type = FILE ${logPath}
\tlog_on_success = PID HOST EXIT DURATION
\tlog_on_failure = HOST ATTEMPT
}
`;
}
