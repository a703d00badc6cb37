/** The manager's client of one call: made when a script asks for it, and gone with the call. */
import { loadBeside } from '../agi/beside';
import type { Commander } from '../agi/commander';
import { checkOptions } from '../agi/options';
import { type Config, defaults } from '../config';
import { RefusedError } from '../errors';
import type { Ami, AmiOptions } from './ami';
import { amiNames } from './option-names';

export function managerOf({ belongings }: Commander, options: Partial<AmiOptions>): Promise<Ami> {
  checkOptions('manager', options, amiNames);
  // a script that fails to connect may try again
  const forget = (error: unknown) => {
    delete belongings.manager;
    throw error;
  };
  belongings.manager ??= connect(belongings.config, options).catch(forget);
  return belongings.manager;
}

async function connect(config: Config | undefined, options: Partial<AmiOptions>): Promise<Ami> {
  const { Ami, managerOptions } = library();
  const { username, secret } = options;
  const user = username !== undefined && secret !== undefined ? { username, secret } : undefined;
  if (!config && !user)
    throw new RefusedError(
      'CONFIG_VALUE',
      'this call was given no configuration with [asmanager]: asyncAgi takes one as its option config, and agi.manager({ host, username, secret }) needs none',
    );
  const named = managerOptions(config ?? defaults, user);
  return Ami.connect({ reconnect: false, unref: true, ...named, ...options });
}

const library = () => loadBeside('ami') as typeof import('./index');
