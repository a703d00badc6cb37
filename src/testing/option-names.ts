/** The names of what a simulated call is made of. */
import { AgiArgumentError } from '../errors';
import { misspeltIn, noSuchOption, type OptionNames, strangerIn } from '../option-names';
import type { SimulateOptions } from './index';

const simulateNames = {
  digits: true,
  query: true,
  sounds: true,
  missing: true,
  clock: true,
  timeoutMs: true,
  env: true,
  config: true,
  callerId: true,
  dnid: true,
  rdnis: true,
  context: true,
  extension: true,
  priority: true,
  arguments: true,
  variables: true,
  globals: true,
  database: true,
  language: true,
  channel: true,
  accountCode: true,
  answered: true,
  hungUp: true,
  version: true,
  time: true,
  recordable: true,
  speaksMs: true,
  speech: true,
  functions: true,
  applications: true,
  dial: true,
  labels: true,
  subroutines: true,
  usage: true,
} as const satisfies OptionNames<SimulateOptions>;

const callerNames = { name: true, number: true };

/**
 * The caller may be a row of a database, as in `setCallerId`.
 * @throws AgiArgumentError with code `AGI_OPTION` for an option that there is not
 */
export function checkNames(options: SimulateOptions): void {
  refuse('simulate', strangerIn(options, simulateNames), simulateNames);
  const { callerId } = options;
  if (typeof callerId === 'object')
    refuse('simulate: callerId', misspeltIn(callerId, callerNames), callerNames);
}

function refuse(what: string, name: string | undefined, names: object): void {
  if (name !== undefined) throw new AgiArgumentError(noSuchOption(what, name, names), 'AGI_OPTION');
}
