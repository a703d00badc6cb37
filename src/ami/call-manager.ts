/** The manager's client of one call: made when a script asks for it, and gone with the call. */
import type { Commander } from '../agi/commander';
import { type Config, defaults } from '../config';
import { Ami, type AmiOptions } from './ami';
import { managerOptions } from './asmanager';

export function managerOf({ belongings }: Commander, options: Partial<AmiOptions>): Promise<Ami> {
  // a script that fails to connect may try again
  const forget = (error: unknown) => {
    delete belongings.manager;
    throw error;
  };
  belongings.manager ??= connect(belongings.config ?? defaults, options).catch(forget);
  return belongings.manager;
}

async function connect(config: Config, options: Partial<AmiOptions>): Promise<Ami> {
  const { username, secret } = options;
  const known = username !== undefined && secret !== undefined;
  const named = known ? { username, secret } : managerOptions(config);
  return Ami.connect({ reconnect: false, unref: true, ...named, ...options });
}

/** For a process that serves many calls: what this call has opened must not stay open behind it. */
export async function closeManager({ belongings }: Commander): Promise<void> {
  const { manager } = belongings;
  delete belongings.manager;
  await manager?.then((ami) => ami.close()).catch(() => {});
}
