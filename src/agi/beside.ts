/** Clients that few calls want lie in files of their own beside the executable, hundreds of kilobytes that no other call reads. */
import { acceptCodeCache } from '../code-cache';
import { AgiError } from '../errors';

/** Where an executable has its rooms, and says where it lies itself (build.mjs). */
const rooms = Symbol.for('fastagi.rooms');

/**
 * @param name the file's, without its ending: `ami`
 * @throws AgiError with code `CLIENT_MISSING` where it is not there
 */
export function loadBeside(name: string): unknown {
  // they bring sockets, HTTP and cryptography with them
  acceptCodeCache();
  const { createRequire } = process.getBuiltinModule('node:module');
  const { place } = ((globalThis as Record<symbol, unknown>)[rooms] ?? {}) as { place?: string };
  const file = process.getBuiltinModule('node:fs').realpathSync(place ?? __filename);
  const load = createRequire(file);
  for (const wanted of [`./${name}.js`, `fastagi/${name}`]) {
    try {
      return load(wanted);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new AgiError(
    'CLIENT_MISSING',
    `this client lies in ${name}.js beside ${file}, which is not there: install the whole package, not the one file`,
  );
}
