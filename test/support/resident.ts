/** `fastagi listen` as a process of the test's own, and Asterisk's side of its calls. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect } from 'vitest';
import { type Answering, answerAll, requestFor } from './asterisk';
import { type Ended, executable, makeFolder } from './inet';

export interface ResidentOptions {
  /** Files of the folder that scripts are served from. */
  readonly files?: Record<string, string>;
  /** Lines of `[fastagi]`. */
  readonly config?: string;
  /** Lines of `[listen]`. */
  readonly listen?: string;
  readonly args?: readonly string[];
  readonly flags?: readonly string[];
  readonly node?: string;
  /** What its environment holds beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder that it is started in. */
  readonly cwd?: string;
}

export interface Call {
  readonly socket: net.Socket;
  /** Every command that has come so far. */
  readonly commands: string[];
  /** Resolves when the other side has closed, with all that it said. */
  readonly closed: Promise<string[]>;
}

export class Resident {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  port = 0;
  readonly logFile: string;
  readonly #configFile: string;
  readonly #options: ResidentOptions;

  private constructor(options: ResidentOptions) {
    this.#options = options;
    this.folder = makeFolder(options.files);
    const place = makeFolder();
    this.logFile = path.join(place, 'log');
    this.#configFile = path.join(place, 'fastagi.conf');
    this.configure();
    this.child = spawn(
      options.node ?? process.execPath,
      [
        ...(options.flags ?? []),
        ...[executable('fastagi'), 'listen', '--config', this.#configFile, '--port', '0'],
        ...(options.args ?? []),
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH, ...options.env },
        ...(options.cwd !== undefined && { cwd: options.cwd }),
      },
    );
    this.ended = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => resolve({ code, signal })),
    );
  }

  /** Resolves when calls can be placed. */
  static async start(options: ResidentOptions): Promise<Resident> {
    const resident = new Resident(options);
    const line = await resident.logged(/listening on 127\.0\.0\.1:(\d+)/);
    resident.port = Number(line[1]);
    return resident;
  }

  /** One that is not expected to get so far. */
  static spawn(options: ResidentOptions): Resident {
    return new Resident(options);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Writes its configuration anew. */
  configure(changes: Pick<ResidentOptions, 'config' | 'listen'> & { folder?: string } = {}): void {
    const { config = '', listen = '' } = { ...this.#options, ...changes };
    const log = `log=${this.logFile}`;
    const basedir = `basedir=${changes.folder ?? this.folder}`;
    writeFileSync(this.#configFile, `[fastagi]\n${basedir}\n${log}\n${config}\n[listen]\n${listen}\n`);
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.folder, name), text);
  }

  log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  /** Waits until the log has what matches, `times` times. */
  async logged(pattern: RegExp | string, times = 1): Promise<RegExpMatchArray> {
    const expression =
      typeof pattern === 'string'
        ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g')
        : new RegExp(pattern.source, `g${pattern.flags.replace('g', '')}`);
    let found: RegExpMatchArray[] = [];
    await expect
      .poll(
        () => {
          found = [...this.log().matchAll(expression)];
          return found.length >= times || this.log();
        },
        { timeout: 20_000 },
      )
      .toBe(true);
    return found[times - 1] as RegExpMatchArray;
  }

  /** Waits until its counters are like this. */
  async counted(pattern: RegExp): Promise<void> {
    await expect
      .poll(
        () => {
          this.child.kill('SIGUSR1');
          return this.log();
        },
        { timeout: 20_000 },
      )
      .toMatch(pattern);
  }

  /** Places a call, and answers its commands. */
  place(script: string, answer: Answering = answerAll, request = requestFor(script)): Call {
    const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    const commands: string[] = [];
    let held = '';
    socket.on('data', (chunk) => {
      held += chunk;
      const lines = held.split('\n');
      held = lines.pop() as string;
      for (const command of lines) {
        commands.push(command);
        const reply = answer(command, undefined as never);
        if (reply !== undefined) socket.write(`${reply}\n`);
        if (command === 'FAILURE') socket.end('HANGUP\n');
      }
    });
    if (request !== '') socket.write(request);
    const closed = new Promise<string[]>((resolve) => socket.once('close', () => resolve(commands)));
    return { socket, commands, closed };
  }

  /** Places a call and sees it through: every command that came. */
  call(script: string, answer?: Answering): Promise<string[]> {
    return this.place(script, answer).closed;
  }

  /** Places a call, and waits until it has said `word`. */
  async hold(script: string, word = 'VERBOSE held 1'): Promise<Call> {
    const call = this.place(script);
    await expect.poll(() => call.commands, { timeout: 20_000 }).toContain(word);
    return call;
  }

  /** The processes that it has started and that live. */
  processes(): number[] {
    const file = `/proc/${this.pid}/task/${this.pid}/children`;
    return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => {
        for (const pid of [...this.processes(), this.pid]) process.kill(pid, 'SIGKILL');
      }, 15_000);
      await this.ended;
      clearTimeout(timer);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
