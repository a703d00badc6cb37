/** What a set-up has made, to be taken away again: the service. Scripts, configuration and log are the user's. */
import { type InstallOptions, planInstallation, type Step } from './installation';
import type { ServiceKind } from './service-files';

/** The services of whoever starts them. */
export interface Removal {
  readonly kind: ServiceKind;
  /** As they were made. */
  readonly ours: readonly Step[];
  /**
   * Files of these names that are not as they would be made: somebody has changed them, or they are another's; and what
   * belongs to them.
   */
  readonly others: readonly Step[];
}

/** xinetd has one file for both of its kinds. */
const starters: readonly (readonly ServiceKind[])[] = [['xinetd', 'xinetd-wait'], ['systemd']];

/**
 * Changes nothing.
 * @returns none where nothing was made
 * @throws RefusedError for a configuration that cannot be read
 */
export function planRemoval(options: InstallOptions): Removal[] {
  return starters
    .map((kinds) => kinds.filter((kind) => options.kind === undefined || kind === options.kind))
    .flatMap(([first, ...more]) => (first === undefined ? [] : [removalOf([first, ...more], options)]))
    .filter(({ ours, others }) => ours.length + others.length > 0);
}

function removalOf(kinds: readonly [ServiceKind, ...ServiceKind[]], options: InstallOptions): Removal {
  const steps = kinds
    .flatMap((kind) => planInstallation({ ...options, kind }).steps)
    .filter(({ unmake }) => unmake !== undefined);
  const ours = unique(steps.filter(({ standing }) => standing === 'there'));
  const names = ours.map(({ subject }) => subject);
  const others = unique(
    steps.filter(({ standing, subject }) => standing === 'different' && !names.includes(subject)),
  );
  // a service that stays needs its line of /etc/services
  return others.length === 0
    ? { kind: kinds[0], ours, others }
    : { kind: kinds[0], ours: [], others: [...ours, ...others] };
}

function unique(steps: readonly Step[]): Step[] {
  return steps.filter(({ subject }, at) => steps.findIndex((step) => step.subject === subject) === at);
}
