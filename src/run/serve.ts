/** From a connection to a script's exit code: one call in this process. */
import { Agi } from '../agi/agi';
import { FdTransport } from '../agi/fd-transport';
import { openSession } from '../agi/opening';
import type { Session } from '../agi/session';
import { type Config, defaults, readConfig } from '../config';
import { Log } from '../log';
import { Ending } from './ending';
import { guard, guardWarnings, identity } from './guard';
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
  const ending = new Ending(config, log, transport);
  try {
    for (const warning of config.warnings) log.write('warning', warning);
    if (config.trace || log.enabled('debug')) ending.tracing = tracing().beginTracing(config, log);
    const opening = openSession(transport, config, ending.tracing?.line);
    const session = options.script ? await untilHangup(opening) : await opening;
    ending.opened(session);
    if (problem) throw problem;
    const script = options.script
      ? resolveFile(options.script.file)
      : resolveRequest(session.networkScript, config.basedir);
    if (config.setuid && !options.script) privilege().becomeOwnerOf(script, config.basedir);
    ending.found(script);
    const agi = new Agi(session);
    Object.assign(globalThis, { agi, fastagi: agi });
    process.argv = [process.execPath, script.file, ...(options.script?.args ?? [])];
    const loading = load(script.file);
    guardWarnings(log);
    // a script that begins with something else than a command must learn of a hangup, too
    setImmediate(() => session.watchWhileIdle());
    const run = await loading;
    if (!run) return await ending.bodyReturned();
    await run(agi);
    await ending.returned();
  } catch (error) {
    ending.fail(error);
  }
}

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

// a command line that makes no sense
const refusal = (): typeof import('./refusal') => require('./refusal');
// the rights of a script's owner, and the lines of a conversation: for those who turn them on
const privilege = (): typeof import('./privilege') => require('./privilege');
const tracing = (): typeof import('./tracing') => require('./tracing');
