/** From a connection to a script's exit code: one call in this process. */
import { FdTransport } from '../agi/fd-transport';
import { openSession } from '../agi/opening';
import type { Session } from '../agi/session';
import { type Config, defaults, readConfig } from '../config';
import { Log } from '../log';
import { runCall } from './call';
import { Ending } from './ending';
import { guard, guardWarnings, identity } from './guard';
import type { House } from './house';
import { load } from './load';
import { resolveFile, resolveRequest } from './resolve';

export interface ServeOptions {
  /** The configuration that `--config` names. */
  readonly config: string | undefined;
  /** Classic AGI: the script of the command line and its arguments. FastAGI: left out, Asterisk names it. */
  readonly script?: { readonly file: string; readonly args: readonly string[] };
  /** What is said where standard input is a terminal: no Asterisk is there. */
  readonly onTerminal: () => void;
  /** A command line that makes no sense, to tell Asterisk and the log of. */
  readonly misuse?: string;
}

/** Serves the call on descriptors 0 and 1, and exits. */
export async function serve(options: ServeOptions): Promise<void> {
  const stdin = identity(0);
  if (stdin?.startsWith('/dev/pts/') || stdin?.startsWith('/dev/tty')) return options.onTerminal();
  const transport = new FdTransport(0);
  // a thread of its own waits for the request while the rest is made ready
  transport.read();
  let config: Config = defaults;
  let problem: unknown;
  try {
    config = readConfig(options.config);
    if (options.misuse !== undefined) throw refusal().wrongUse(options.misuse);
  } catch (error) {
    problem = error;
  }
  const log = new Log(config.debug ? 'debug' : config.logLevel);
  transport.output = guard(config, log, stdin);
  const ending = new Ending(config, log, transport, ownProcess);
  for (const warning of config.warnings) log.write('warning', warning);
  const opening = openSession(transport, config, ending.tracing?.line);
  return runHere(ending, options.script ? untilHangup(opening) : opening, options.script, problem);
}

/**
 * The one call of this process.
 * @param problem what keeps it from running a script
 */
export function runHere(
  ending: Ending,
  opening: Promise<Session>,
  classic?: ServeOptions['script'],
  problem?: unknown,
): Promise<void> {
  const { config, log } = ending;
  process.on('uncaughtException', (error) => ending.fail(error));
  process.on('unhandledRejection', (error) => ending.fail(error));
  process.on('beforeExit', () => ending.onNothingLeft());
  process.on('exit', (code) => {
    if (!ending.over) departure().onExit(ending, code);
  });
  return runCall(ending, opening, {
    find(session) {
      if (problem) throw problem;
      if (classic) return resolveFile(classic.file);
      const script = resolveRequest(session.networkScript, config.basedir);
      if (config.setuid) privilege().becomeOwnerOf(script, config.basedir);
      return script;
    },
    load({ file }, agi) {
      Object.assign(globalThis, { agi, fastagi: agi });
      process.argv = [process.execPath, file, ...(classic?.args ?? [])];
      const loading = load(file);
      guardWarnings(() => log);
      return loading;
    },
  });
}

/** The process ends with its call. */
export const ownProcess = {
  leave(ending, code) {
    const { transport } = ending;
    if (transport.reading) departure().leaveByForce(ending, code);
    // closed by us, Asterisk need not wait for the end of the process
    transport.close();
    // Node waits for its threads: what is at work there must not keep the process for ever
    if (process.getActiveResourcesInfo().length > 0) departure().leaveInTime(ending.log, code);
    else process.exit(code);
  },
  alive: (transport) => departure().alive(transport),
  watch: (maxSeconds, line) => departure().watch(maxSeconds, line),
} satisfies House;

/** Classic AGI tells a hangup by a signal, and at any time. */
async function untilHangup(opening: Promise<Session>): Promise<Session> {
  let hungUp = false;
  let session: Session | undefined;
  process.on('SIGHUP', () => {
    hungUp = true;
    session?.hungUp();
  });
  session = await opening;
  if (hungUp) session.hungUp();
  return session;
}

// an exit that something holds up
const departure = (): typeof import('./departure') => require('./departure');
// a command line that makes no sense
const refusal = (): typeof import('./refusal') => require('./refusal');
// the rights of a script's owner, for those who turn them on
const privilege = (): typeof import('./privilege') => require('./privilege');
