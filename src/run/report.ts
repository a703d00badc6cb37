/** What is said of an error: whole in the log, in one line on the Asterisk console. */
import path from 'node:path';
import { AgiError, RefusedError } from '../errors';
import { hintFor } from './hints';

/** What happens to a call from outside: where we were when we saw it says nothing to anybody. */
const placeless = [
  ...['SERVICE_STOPPED', 'SCRIPT_TIMEOUT', 'SCRIPT_AFTER_HANGUP', 'SCRIPT_STUCK', 'SCRIPT_BODY'],
  ...['AGI_BAD_REQUEST', 'AGI_CUT_REQUEST', 'AGI_REQUEST_TIMEOUT', 'AGI_REQUEST_TOO_LONG'],
];

/** The error with its stack, its causes and its code, for the log. */
export function describeError(error: unknown): string {
  return tell(() => describe(error, []));
}

/** `hello.js: TypeError: x is not a function (hello.js:12)` */
export function summarizeError(error: unknown, script: { file: string; name: string } | undefined): string {
  const subject = script?.name ?? 'fastagi';
  const text = tell(() => summarize(error, script));
  const line = text.startsWith(subject) ? text : `${subject}: ${text}`;
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

/** An error whose getters throw, or a script that has set Error.prepareStackTrace, must not hide the error. */
function tell(words: () => string): string {
  try {
    return words();
  } catch (problem) {
    return `an error that cannot be shown: showing it failed itself${problem instanceof Error ? `, with ${Object.prototype.toString.call(problem)}` : ''}`;
  }
}

function describe(error: unknown, told: readonly unknown[]): string {
  if (error instanceof RefusedError || (error instanceof AgiError && placeless.includes(error.code)))
    return `${error.message} [${error.code}]`;
  if (!(error instanceof Error)) return `a script threw what is no error: ${inspect(error)}`;
  const code = error instanceof AgiError ? ` [${error.code}]` : '';
  const stack = typeof error.stack === 'string' ? error.stack : String(error);
  // a stack is fixed when the error is made; the message may have changed since
  const whole = stack.includes(error.message) ? stack : `${error}\n${stack}`;
  const causes = [...told, error];
  const cause =
    error.cause === undefined || causes.includes(error.cause)
      ? ''
      : `\nCaused by: ${describe(error.cause, causes)}`;
  const hint = hintFor(error);
  const [first, ...frames] = whole.split('\n');
  return [`${first}${code}${hint === undefined ? '' : `: ${hint}`}`, ...frames].join('\n') + cause;
}

function summarize(error: unknown, script: { file: string } | undefined): string {
  const text =
    error instanceof RefusedError
      ? error.message
      : typeof error === 'object' && !(error instanceof Error)
        ? inspect(error)
        : String(error);
  const where = script && error instanceof Error ? placeIn(error, script.file) : undefined;
  const hint = error instanceof Error ? hintFor(error) : undefined;
  return `${text.split('\n', 1)[0]}${hint === undefined ? '' : `: ${hint}`}${where ? ` (${where})` : ''}`;
}

/** Where in the script's own folder the error comes from. */
function placeIn(error: Error, file: string): string | undefined {
  const folder = path.dirname(file) + path.sep;
  for (const [, place, line] of String(error.stack ?? '').matchAll(/(?:file:\/\/)?(\/[^\n()]*?):(\d+)/g)) {
    if (place?.startsWith(folder) && !place.includes('node_modules'))
      return `${place.slice(folder.length)}:${line}`;
  }
  return undefined;
}

function inspect(value: unknown): string {
  return process.getBuiltinModule('node:util').inspect(value);
}
