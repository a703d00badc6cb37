/** Servers for the bench under load: our own in each mode, and those of others. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { goRoot } from '../test/system/support/parts';
import type { Report } from '../test/system/support/process';
import { Xinetd } from '../test/system/support/xinetd';
import type { Contender } from './contenders';
import type { Served } from './load';

/**
 * What xinetd has, too, and nothing of the shell's: `NODE_EXTRA_CA_CERTS`, say, costs each start of Node 20 some 35 ms,
 * so that ours would be measured with it and what xinetd starts without.
 */
const environment = {
  PATH: `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
};

export class Residents {
  readonly #folder: string;
  readonly #config: string;
  readonly #children: ChildProcess[] = [];
  readonly #xinetds: Xinetd[] = [];
  readonly served: Served[] = [];

  constructor(folder: string) {
    this.#folder = join(folder, 'resident');
    mkdirSync(this.#folder);
    this.#write(
      'hello.js',
      "module.exports = async (agi) => { agi.verbose('cool, the FastAGI server has been called!'); await agi.setVariable('test', '1111'); };\n",
    );
    this.#write(
      'held.js',
      "module.exports = async (agi) => { await agi.verbose('held'); await new Promise((resolve) => agi.signal.addEventListener('abort', resolve)); };\n",
    );
    this.#config = this.#write(
      'fastagi.conf',
      `[fastagi]\nbasedir=${this.#folder}\nlog=${this.#folder}/log\n`,
    );
  }

  /** A program that xinetd starts for each call. */
  async addPerCall(
    { name, command, script }: Contender,
    held?: readonly number[],
    heldScript = 'held.js',
  ): Promise<void> {
    const [server, ...args] = command;
    const limits = 'cps = 10000 1\ninstances = UNLIMITED\nper_source = UNLIMITED';
    const text = `server = ${server}\nserver_args = ${args.join(' ')}\n${limits}`;
    const xinetd = await Xinetd.start({ bench: text });
    this.#xinetds.push(xinetd);
    const { pid } = xinetd;
    const more = held ? { held: { script: heldScript, counts: held } } : {};
    this.served.push({ name, script, port: xinetd.port('bench'), pid, ...more });
  }

  /** `fastagi` under xinetd with the same scripts as the resident ones. */
  get perCall(): Contender {
    const program = join(this.#root, 'dist/fastagi');
    const command = [process.execPath, '--no-rehash-snapshot', program, '--config', this.#config];
    return { name: 'wait = no', command, script: 'hello.js', proof: /^SET VARIABLE/ };
  }

  get #root(): string {
    return process.argv[2] as string;
  }

  /** @param more what of the bench it takes part in, where that is not all */
  async addOurs(name: string, args: readonly string[], more: Partial<Served> = {}): Promise<void> {
    const port = await freePort();
    const program = join(this.#root, 'dist/fastagi');
    await this.#start(
      name,
      port,
      'hello.js',
      [...[program, 'listen', '--config', this.#config, '--port', String(port)], ...args],
      more,
    );
  }

  /** A server of a few dozen lines in Go, where there is a compiler: the host's own or Debian's. */
  async addGo(report: Report): Promise<string | undefined> {
    const program = join(this.#folder, 'go-server');
    try {
      const onPath = (process.env.PATH ?? '')
        .split(delimiter)
        .find((folder) => existsSync(join(folder, 'go')));
      const lib = onPath === undefined ? join(await goRoot(report), 'usr/lib') : '';
      const home = lib && join(lib, readdirSync(lib).find((name) => name.startsWith('go-')) as string);
      execFileSync(
        onPath === undefined ? join(home, 'bin/go') : join(onPath, 'go'),
        ['build', '-o', program, join(this.#root, 'bench/go/server.go')],
        {
          env: {
            ...environment,
            HOME: this.#folder,
            GOCACHE: join(this.#folder, 'go-cache'),
            GO111MODULE: 'off',
            CGO_ENABLED: '0',
            ...(home ? { GOROOT: home } : {}),
          },
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
    } catch (error) {
      return `no Go server can be built: ${(error as Error).message.split('\n', 1)[0]}`;
    }
    const port = await freePort();
    const held = { script: 'held.js', counts: [1000, 5000] };
    await this.#start('Go', port, 'hello.js', [String(port)], { held }, program);
    return undefined;
  }

  /** ding-dong, from npm: one process, the handler is the script. */
  async addDingDong(): Promise<void> {
    const library = JSON.stringify(createRequire(join(this.#root, 'package.json')).resolve('ding-dong'));
    const port = await freePort();
    const file = this.#write(
      'ding-dong.cjs',
      `const AgiServer = require(${library});
       new AgiServer((context) => context.onEvent('variables')
         .then(() => context.verbose('cool, the FastAGI server has been called!'))
         .then(() => context.setVariable('test', '1111'))
         .then(() => context.end(), () => {}), { port: ${port}, host: '127.0.0.1', logger: { info() {}, error() {}, warn() {}, debug() {} } }).start(${port});\n`,
    );
    await this.#start('ding-dong', port, 'hello', [file]);
  }

  /** The floor: a C program of a few lines under xinetd, where there is a compiler. */
  async addFloor(): Promise<string | undefined> {
    const source = this.#write(
      'floor.c',
      `#include <stdio.h>
#include <string.h>
int main(void) {
  char line[1024];
  while (fgets(line, sizeof line, stdin) && line[0] != '\\n') {}
  printf("VERBOSE \\"cool, the FastAGI server has been called!\\" 1\\n"); fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) return 1;
  printf("SET VARIABLE test 1111\\n"); fflush(stdout);
  return !fgets(line, sizeof line, stdin);
}\n`,
    );
    const program = join(this.#folder, 'floor');
    try {
      execFileSync('cc', ['-O2', '-o', program, source], { stdio: 'ignore' });
    } catch {
      return 'there is no C compiler (cc)';
    }
    await this.addPerCall({ name: 'C, wait = no', command: [program], script: 'x', proof: /^SET VARIABLE/ });
    return undefined;
  }

  async stop(): Promise<void> {
    for (const xinetd of this.#xinetds) await xinetd.stop();
    for (const child of this.#children) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    }
  }

  async #start(
    name: string,
    port: number,
    script: string,
    args: readonly string[],
    more: Partial<Served> = {},
    program = process.execPath,
  ): Promise<void> {
    const child = spawn(program, args, { stdio: 'ignore', env: environment });
    this.#children.push(child);
    const { connect } = await import('node:net');
    for (let open = false; !open; ) {
      if (child.exitCode !== null) throw new Error(`${name} has ended with ${child.exitCode}`);
      open = await new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('connect', () => resolve(true));
        socket.once('error', () => setTimeout(resolve, 50, false));
        socket.once('connect', () => socket.destroy());
      });
    }
    this.served.push({ name, script, port, pid: child.pid as number, ...more });
  }

  #write(name: string, text: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, text);
    return file;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
