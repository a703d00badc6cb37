/**
 * The REST client of one call: made when a script asks for it. It lies in a file of its own beside the executables,
 * 200 kB that no call reads which does not ask.
 */
import type { Commander } from '../agi/commander';
import { defaults } from '../config';
import { AgiError } from '../errors';
import type { Ari, AriOptions } from './ari';

/** Where an executable has its rooms, and says where it lies itself (build.mjs). */
const rooms = Symbol.for('fastagi.rooms');

export function ariOf({ belongings }: Commander, options: Partial<AriOptions>): Ari {
  if (!belongings.ari) {
    const { Ari, ariOptions } = library();
    const { username, password } = options;
    const known = username !== undefined && password !== undefined;
    const named = known ? { username, password } : ariOptions(belongings.config ?? defaults);
    belongings.ari = new Ari({ ...named, ...options });
  }
  return belongings.ari;
}

function library(): typeof import('./index') {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { place } = ((globalThis as Record<symbol, unknown>)[rooms] ?? {}) as { place?: string };
  const file = place ?? __filename;
  const load = createRequire(file);
  for (const name of ['./ari.js', 'fastagi/ari']) {
    try {
      return load(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new AgiError('ARI_MISSING', `the REST client lies in ari.js beside ${file}, which is not there`);
}
