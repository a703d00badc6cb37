/** What serves calls on a machine, whoever starts it: a file of xinetd's, a unit of systemd's, or a server by hand. */
import path from 'node:path';
import type { ServedAccount } from './machine';
import { STANDARD_PATH } from './surroundings';
import type { Unit } from './systemd-unit';
import type { XinetdService } from './xinetd-service';

/** A command line that runs fastagi. */
export interface ServedCommand {
  /** What starts it, where that is another program: setpriv. */
  readonly launcher: string | undefined;
  /** Node; or the executable itself, whose first line looks for one. */
  readonly program: string;
  /** Node's own options, in front of the executable. */
  readonly flags: readonly string[];
  /** The file `fastagi`. */
  readonly executable: string;
  /** What stands behind it. */
  readonly args: readonly string[];
  /** `fastagi listen`: one process for many calls. */
  readonly listens: boolean;
}

export interface Service {
  readonly kind: 'xinetd' | 'systemd' | 'process';
  /** Its file, or `process 4711`. */
  readonly place: string;
  /** Whether it is to serve: not one that is turned off. */
  readonly enabled: boolean;
  /** Undefined where xinetd hands connections on (`redirect`). */
  readonly command: ServedCommand | undefined;
  /** Whom it runs as; undefined where nothing says so. */
  readonly user: string | undefined;
  /** The same, with the groups that it has; undefined for a user that no file knows. */
  readonly account: ServedAccount | undefined;
  readonly host: string | undefined;
  /** Undefined where the configuration says it. */
  readonly port: number | undefined;
  /** Where its programs are looked for. */
  readonly path: string;
  /** Variables that it gets, as far as they are known. */
  readonly env: ReadonlyMap<string, string>;
  readonly xinetd?: XinetdSetup;
  readonly unit?: UnitSetup;
  readonly pid?: number;
}

export interface XinetdSetup {
  readonly service: XinetdService;
  /** What holds for a service that does not say otherwise. */
  readonly defaults: ReadonlyMap<string, readonly string[]>;
}

export interface UnitSetup {
  readonly service: Unit | undefined;
  readonly socket: Unit | undefined;
}

/** Programs that become another one, whose words stand behind theirs. */
const launchers = ['setpriv', 'env', 'nice', 'ionice', 'taskset', 'chrt', 'prlimit', 'stdbuf'];

/** @returns undefined for a command line that has no fastagi in it */
export function readCommand(words: readonly string[]): ServedCommand | undefined {
  const at = words.findIndex((word) => path.basename(word) === 'fastagi');
  const executable = words[at];
  if (executable === undefined) return undefined;
  const before = words.slice(0, at);
  const [first] = before;
  const isLaunched = first !== undefined && launchers.includes(path.basename(first));
  // a launcher's own words may be anything
  const node = isLaunched
    ? before.findLastIndex((word) => /^node(?:js)?[\d.]*$/.test(path.basename(word)))
    : 0;
  const args = words.slice(at + 1);
  return {
    launcher: isLaunched ? first : undefined,
    program: before[node] ?? executable,
    flags: node === -1 ? [] : before.slice(node + 1),
    executable,
    args,
    listens: args.includes('listen'),
  };
}

/** The value of an option, as yargs takes it; the last one holds. */
export function optionOf(args: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (const [at, arg] of args.entries()) {
    if (arg === `--${name}`) value = args[at + 1];
    else if (arg.startsWith(`--${name}=`)) value = arg.slice(name.length + 3);
  }
  return value;
}

/** The configuration that a service names. */
export function configOf({ command, env }: Service): string | undefined {
  const { args = [], listens = false } = command ?? {};
  // of a call's process a path with spaces is several words: see bin/fastagi.ts
  if (!listens && args[0]?.startsWith('--config=')) return args.join(' ').slice('--config='.length);
  return optionOf(args, 'config') ?? env.get('FASTAGI_CONFIG');
}

/** An attribute of a service, as xinetd takes it. */
export function attribute({ service, defaults }: XinetdSetup, name: string): readonly string[] | undefined {
  return service.attributes.get(name) ?? defaults.get(name);
}

/** `NAME=VALUE` words. */
export function variables(words: readonly string[]): Map<string, string> {
  return new Map(
    words.map((word) => {
      const equals = word.indexOf('=');
      return [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

export const pathIn = (env: ReadonlyMap<string, string>) => env.get('PATH') || STANDARD_PATH;
