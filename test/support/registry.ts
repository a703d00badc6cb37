/** A registry of npm's that has a few packages of this repository's `node_modules`, on 127.0.0.1. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeFolder, root } from './inet';

export class Registry {
  readonly #server: Server;

  private constructor(packages: ReadonlyMap<string, Packed>) {
    this.#server = createServer((request, response) => {
      const name = decodeURIComponent(request.url ?? '').slice(1);
      const found = packages.get(name.replace(/\.tgz$/, ''));
      if (!found) response.writeHead(404).end('{}');
      else if (name.endsWith('.tgz')) response.end(found.tarball);
      else response.end(JSON.stringify(this.#documentOf(name, found)));
    });
  }

  /** @param versions the names of packages, and the versions that they are told to have here */
  static async start(versions: Readonly<Record<string, readonly string[]>>): Promise<Registry> {
    const place = makeFolder();
    const packages = new Map<string, Packed>();
    for (const [name, told] of Object.entries(versions)) {
      const source = path.join(root, 'node_modules', name);
      const { stdout } = await promisify(execFile)(
        'npm',
        ['pack', source, '--silent', '--ignore-scripts', '--pack-destination', place],
        { cwd: place, env: { PATH: process.env.PATH, HOME: place } },
      );
      const { dependencies = {} } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
      packages.set(name, {
        versions: told,
        dependencies,
        tarball: readFileSync(path.join(place, stdout.trim())),
      });
    }
    const registry = new Registry(packages);
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** npm's settings for it. */
  get env(): NodeJS.ProcessEnv {
    return { npm_config_offline: 'false', npm_config_registry: this.url };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #documentOf(name: string, { versions, dependencies, tarball }: Packed): unknown {
    const dist = {
      tarball: `${this.url}${encodeURIComponent(name)}.tgz`,
      integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    };
    return {
      name,
      'dist-tags': { latest: versions.at(-1) },
      versions: Object.fromEntries(
        versions.map((version) => [version, { name, version, dependencies, dist }]),
      ),
    };
  }
}

interface Packed {
  readonly versions: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly tarball: Buffer;
}
