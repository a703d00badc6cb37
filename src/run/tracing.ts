/** The whole conversation, kept: in the log (`debug`), in a file of the call's own (`trace`), or in both. */
import type { Tracer } from '../agi/session';
import type { Config, ValueKind } from '../config';
import type { Log } from '../log';
import { TraceRecorder } from '../trace/recorder';
import { chosenNames, Redaction } from '../trace/redaction';

export interface Tracing {
  readonly line: Tracer;
  /** Tells what has become of the script, where a file is kept. */
  tell(kind: 'hangup' | 'script' | 'error' | 'end', text: string): void;
}

export function beginTracing(config: Config, log: Log): Tracing {
  const names = chosenNames(config.sections.fastagi?.trace_redact);
  const recorder = openRecorder(config, names, log);
  // the keys that a caller presses are what one turns `debug` on for
  const redaction = log.enabled('debug') ? new Redaction({ names, digits: true }) : undefined;
  return {
    line(direction, line, secret) {
      recorder?.line(direction, line, secret);
      if (redaction) log.write('debug', `${direction} ${redaction.apply(direction, line, secret)}`);
    },
    tell(kind, text) {
      recorder?.tell(kind, text);
    },
  };
}

/** What `[fastagi] trace` and its like say; a value that makes no sense costs the trace, and not the call. */
function openRecorder(config: Config, names: readonly string[], log: Log): TraceRecorder | undefined {
  const onProblem = (text: string) => log.write('warning', text);
  const settings = config.sections.fastagi ?? {};
  const setting = (kind: ValueKind, key: string, otherwise: unknown): unknown => {
    const text = settings[key];
    if (text === undefined || (kind === 'folder' && text.startsWith('/'))) return text ?? otherwise;
    return problems().toValue(kind, text, `${config.file}: [fastagi] ${key}`);
  };
  try {
    const folder = setting('folder', 'trace', undefined) as string | undefined;
    if (folder === undefined) return undefined;
    const days = setting('days', 'trace_days', 30) as number;
    const digits = setting('boolean', 'trace_digits', false) as boolean;
    const program = `fastagi ${process.env.FASTAGI_VERSION}`;
    return new TraceRecorder({ folder, days, names, digits, program, onProblem });
  } catch (error) {
    onProblem(`no trace of this call: ${(error as Error).message}`);
    return undefined;
  }
}

// what an ordinary value never needs
const problems = (): typeof import('../config-problems') => require('../config-problems');
