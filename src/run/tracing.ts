/** The whole conversation, kept: in the log (`debug`), in a file of the call's own (`trace`), or in both. */
import type { Tracer } from '../agi/session';
import type { Config } from '../config';
import type { Log } from '../log';
import { TraceRecorder } from '../trace/recorder';
import { Redaction } from '../trace/redaction';

export interface Tracing {
  readonly line: Tracer;
  /** Tells what has become of the script, where a file is kept. */
  tell(kind: 'hangup' | 'script' | 'error' | 'end', text: string): void;
}

export function beginTracing(config: Config, log: Log): Tracing {
  const { trace: folder, traceRedact = '', traceDays: days, traceDigits: digits } = config;
  const names = traceRedact.split(/[\s,]+/).filter((name) => name !== '');
  const onProblem = (text: string) => log.write('warning', text);
  const program = `fastagi ${process.env.FASTAGI_VERSION}`;
  const recorder = folder && new TraceRecorder({ folder, days, names, digits, program, onProblem });
  // the keys that a caller presses are what one turns `debug` on for
  const redaction = log.enabled('debug') ? new Redaction({ names, digits: true }) : undefined;
  return {
    line(direction, line, secret) {
      if (recorder) recorder.line(direction, line, secret);
      if (redaction) log.write('debug', `${direction} ${redaction.apply(direction, line, secret)}`);
    },
    tell(kind, text) {
      if (recorder) recorder.tell(kind, text);
    },
  };
}
