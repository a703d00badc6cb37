import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandInRoot } from './chroot';
import { EnclosedProcess } from './enclosed-process';
import { freePort } from './free-port';
import { LogFile } from './log-file';
import { mariadbRoot, postgresRoot } from './parts';

/** Debian's nobody: PostgreSQL does not run as root. */
const NOBODY = 65_534;

interface Recipe {
  readonly root: () => Promise<string>;
  /** Makes the data folder and starts the server on it, in a shell. */
  readonly command: (root: string, home: string, port: number) => string;
  /** What the server says when it takes connections. */
  readonly ready: string;
  readonly url: (port: number) => string;
}

const recipes: Record<'mysql' | 'postgres', Recipe> = {
  mysql: {
    root: mariadbRoot,
    command: (_, home, port) =>
      `exec mariadbd --no-defaults --user=root --datadir=${home}/data --socket=${home}/socket --pid-file=${home}/pid \
        --bind-address=127.0.0.1 --port=${port} --skip-grant-tables --skip-networking=0 --innodb-buffer-pool-size=8M`,
    ready: 'ready for connections',
    url: (port) => `mysql://root@127.0.0.1:${port}/test`,
  },
  postgres: {
    root: postgresRoot,
    command: (root, home, port) => {
      const [version] = readdirSync(join(root, 'usr/lib/postgresql'));
      const programs = `/usr/lib/postgresql/${version}/bin`;
      return `set -e; cd ${home}
        as="setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups"
        $as ${programs}/initdb --pgdata=${home}/data --username=test --auth=trust --no-sync --locale=C --encoding=UTF8
        exec $as ${programs}/postgres -D ${home}/data -p ${port} -c listen_addresses=127.0.0.1 \
          -c unix_socket_directories=${home} -c fsync=off`;
    },
    ready: 'ready to accept connections',
    url: (port) => `postgres://test@127.0.0.1:${port}/postgres`,
  },
};

/** A real MariaDB or PostgreSQL on a port of its own, with nothing in it; all of it ends with the test. */
export class DatabaseServer {
  readonly url: string;
  readonly #home: string;
  readonly #process: EnclosedProcess;
  readonly #log: LogFile;

  private constructor(kind: keyof typeof recipes, root: string, home: string, port: number) {
    const { command, url } = recipes[kind];
    this.url = url(port);
    this.#home = home;
    const mountPoint = join(home, 'mnt');
    mkdirSync(mountPoint);
    const logPath = join(home, 'log');
    const output = openSync(logPath, 'a');
    this.#process = new EnclosedProcess(
      kind,
      commandInRoot(root, mountPoint, [home], ['sh', '-c', command(root, home, port)]),
      { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }, output },
    );
    closeSync(output);
    this.#log = new LogFile(logPath, this.#process.ended);
  }

  /** Resolves when it takes connections. */
  static async start(kind: 'mysql' | 'postgres'): Promise<DatabaseServer> {
    const root = await recipes[kind].root();
    const home = mkdtempSync(join(tmpdir(), `fastagi-${kind}-`));
    chmodSync(home, 0o755);
    mkdirSync(join(home, 'data'), { mode: 0o700 });
    // to MariaDB a folder is a database
    if (kind === 'mysql') mkdirSync(join(home, 'data/test'));
    if (kind === 'postgres')
      for (const folder of [home, join(home, 'data')]) chownSync(folder, NOBODY, NOBODY);
    const server = new DatabaseServer(kind, root, home, await freePort());
    try {
      await server.#log.waitFor(recipes[kind].ready, 60_000);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#process.end('SIGKILL');
    this.#log.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
