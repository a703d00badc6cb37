/** The REST client of one call: made when a script asks for it. */
import { loadBeside } from '../agi/beside';
import type { Commander } from '../agi/commander';
import { checkOptions } from '../agi/options';
import { defaults } from '../config';
import type { Ari, AriOptions } from './ari';
import { ariNames } from './option-names';

export function ariOf({ belongings }: Commander, options: Partial<AriOptions>): Ari {
  checkOptions('ari', options, ariNames);
  if (!belongings.ari) {
    const { Ari, ariOptions } = library();
    const { username, password } = options;
    const known = username !== undefined && password !== undefined;
    const named = known ? { username, password } : ariOptions(belongings.config ?? defaults);
    belongings.ari = new Ari({ ...named, ...options });
  }
  return belongings.ari;
}

const library = () => loadBeside('ari') as typeof import('./index');
