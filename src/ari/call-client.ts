/** The REST client of one call: made when a script asks for it. */
import { loadBeside } from '../agi/beside';
import type { Commander } from '../agi/commander';
import { checkOptions } from '../agi/options';
import { defaults } from '../config';
import { RefusedError } from '../errors';
import type { Ari, AriOptions } from './ari';
import { ariNames } from './option-names';

export function ariOf({ belongings }: Commander, options: Partial<AriOptions>): Ari {
  checkOptions('ari', options, ariNames);
  if (!belongings.ari) {
    const { Ari, ariOptions } = library();
    const { username, password } = options;
    const user = username !== undefined && password !== undefined ? { username, password } : undefined;
    if (!belongings.config && !user)
      throw new RefusedError(
        'CONFIG_VALUE',
        'this call was given no configuration with [ari]: asyncAgi takes one as its option config, and agi.ari({ host, username, password }) needs none',
      );
    const named = ariOptions(belongings.config ?? defaults, user);
    belongings.ari = new Ari({ ...named, ...options });
  }
  return belongings.ari;
}

const library = () => loadBeside('ari') as typeof import('./index');
