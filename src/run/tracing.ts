/** The whole conversation, kept: in the log (`debug`), in a file of the call's own (`trace`), or in both. */
import type { Tracer } from '../agi/session';
import type { Config } from '../config';
import type { Log } from '../log';
import { TraceRecorder } from '../trace/recorder';
import { namesSecret, redact, redactQuery } from '../wire/redact';

export interface Tracing {
  readonly line: Tracer;
  /** Tells what has become of the script, where a file is kept. */
  tell(kind: 'script' | 'error' | 'end', text: string): void;
}

export function beginTracing(config: Config, log: Log): Tracing {
  const recorder = config.trace === undefined ? undefined : recorderFor(config, config.trace, log);
  const logs = log.enabled('debug');
  return {
    line(direction, line, secret) {
      recorder?.line(direction, line, secret);
      if (logs)
        log.write('debug', `${direction} ${secret || namesSecret(line) ? redact(line) : redactQuery(line)}`);
    },
    tell(kind, text) {
      recorder?.tell(kind, text);
    },
  };
}

function recorderFor(
  { traceRedact, traceDays, traceDigits }: Config,
  folder: string,
  log: Log,
): TraceRecorder {
  return new TraceRecorder({
    folder,
    days: traceDays,
    names: (traceRedact ?? '').split(/[\s,]+/).filter((name) => name !== ''),
    digits: traceDigits,
    program: `fastagi ${process.env.FASTAGI_VERSION}`,
    onProblem: (text) => log.write('warning', text),
  });
}
