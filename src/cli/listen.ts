/** `fastagi listen`: serves calls until it is told to stop. */
import { fileURLToPath } from 'node:url';
import type { Argv } from 'yargs';
import { listen } from '../listen/listen';
import { rows } from '../listen/settings';

export function options(parser: Argv): Argv {
  let told = parser.option('fd', {
    type: 'string',
    requiresArg: true,
    describe: 'This descriptor is the listening socket: 0 under xinetd, wait = yes',
  });
  told = told.option('async-agi', {
    type: 'boolean',
    default: false,
    describe: 'Take calls of AGI(agi:async,SCRIPT) too, from the manager of [asmanager]',
  });
  for (const [key, { describe }] of Object.entries(rows)) {
    told = told.option(key.replaceAll('_', '-'), { type: 'string', requiresArg: true, describe });
  }
  return told.epilogue(
    [
      'Exit code 0: it was told to stop; 2: wrong use; 3: a configuration that does not',
      'do, or nowhere to listen.',
    ].join('\n'),
  );
}

export function run(given: Record<string, unknown>): Promise<number> {
  const overrides: Record<string, string | undefined> = { fd: text(given.fd) };
  for (const key of Object.keys(rows)) overrides[key] = text(given[key.replaceAll('_', '-')]);
  // beside the commands: what a serving process needs, and nothing else
  const program = {
    starter: fileURLToPath(new URL('fastagi-process.js', import.meta.url)),
    errand: fileURLToPath(new URL('fastagi-errand.js', import.meta.url)),
    file: fileURLToPath(new URL('fastagi-serving.js', import.meta.url)),
  };
  return listen({ config: text(given.config), overrides, program, asyncAgi: given.asyncAgi === true });
}

/** An option that is given twice is a list: the last one holds. */
function text(value: unknown): string | undefined {
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? undefined : String(last);
}
