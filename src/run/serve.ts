/** From a connection to a script's exit code: one call in this process. */
import { Agi } from '../agi/agi';
import { FdTransport } from '../agi/fd-transport';
import { openSession, type Tracer } from '../agi/session';
import { type Config, defaults, readConfig } from '../config';
import { AgiTimeoutError } from '../errors';
import { Log } from '../log';
import { redact, redactQuery } from '../wire/redact';
import { Ending } from './ending';
import { guard } from './guard';
import { load } from './load';
import { becomeOwner } from './privilege';
import { resolveFile, resolveRequest } from './resolve';

export interface ServeOptions {
  /** The configuration that `--config` names. */
  readonly config: string | undefined;
  /** Classic AGI: the script of the command line and its arguments. FastAGI: left out, Asterisk names it. */
  readonly script?: { readonly file: string; readonly args: readonly string[] };
}

/** Serves the call on descriptors 0 and 1, and exits. */
export async function serve(options: ServeOptions): Promise<void> {
  const transport = new FdTransport(0);
  // a thread of its own waits for the request while the rest is made ready
  transport.read();
  let config: Config = defaults;
  let problem: unknown;
  try {
    config = readConfig(options.config);
  } catch (error) {
    problem = error;
  }
  const log = new Log(undefined, config.logLevel);
  transport.output = guard(config, log);
  const ending = new Ending(config, log, transport);
  try {
    for (const warning of config.warnings) log.warning(warning);
    const trace: Tracer | undefined = log.enabled('debug')
      ? (direction, line, secret) => log.debug(`${direction} ${secret ? redact(line) : redactQuery(line)}`)
      : undefined;
    let hangUp = () => {
      hungUp = true;
    };
    let hungUp = false;
    // classic AGI tells a hangup by this signal, and at any time
    if (options.script) process.on('SIGHUP', () => hangUp());
    const session = await withinSeconds(config.headerSeconds, openSession(transport, config, trace));
    hangUp = () => session.hungUp();
    if (hungUp) hangUp();
    ending.watch(session);
    if (problem) throw problem;
    const script = options.script
      ? resolveFile(options.script.file)
      : resolveRequest(session.request.networkScript, config.basedir);
    if (config.setuid && !options.script) becomeOwner(script, script.name);
    ending.script = script;
    const agi = new Agi(session);
    Object.assign(globalThis, { agi, fastagi: agi });
    process.argv = [process.execPath, script.file, ...(options.script?.args ?? session.request.arguments)];
    const run = await load(script.file);
    if (!run) return await ending.bodyReturned();
    await run(agi);
    await ending.returned();
  } catch (error) {
    await ending.fail(error);
  }
}

function withinSeconds<T>(seconds: number, promise: Promise<T>): Promise<T> {
  if (seconds === 0) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new AgiTimeoutError(
          `no whole AGI request came within ${seconds} s ([fastagi] header_seconds)`,
          'AGI_REQUEST_TIMEOUT',
        ),
      );
    }, seconds * 1000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
