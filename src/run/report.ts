/** What is said of an error: whole in the log, in one line on the Asterisk console. */
import path from 'node:path';
import { AgiError, RefusedError } from '../errors';
import { hintFor } from './hints';

/** What happens to a call from outside: where we were when we saw it says nothing to anybody. */
const placeless = [
  ...['SERVICE_STOPPED', 'SCRIPT_TIMEOUT', 'SCRIPT_AFTER_HANGUP', 'SCRIPT_STUCK', 'SCRIPT_BODY'],
  ...['AGI_BAD_REQUEST', 'AGI_CUT_REQUEST', 'AGI_REQUEST_TIMEOUT', 'AGI_REQUEST_TOO_LONG'],
];

/** How many are shown of those that an error holds. */
const MAX_ERRORS = 8;
/** How deep they are looked for: each of them may hold as many. */
const MAX_DEPTH = 2;

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
    // by which a process of many calls tells one state of an ES module from the next (`listen/modules.ts`)
    return words().replaceAll(/\?fastagi=\d+(?=:\d)/g, '');
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
  const own = [`${first}${code}${hint === undefined ? '' : `: ${hint}`}`, ...frames].join('\n');
  return own + cause + describeErrorsOf(error, causes);
}

/** Of a host with several addresses, say, Node's error has no text but those that it holds. */
function describeErrorsOf(error: Error, told: readonly unknown[]): string {
  if (told.length > MAX_DEPTH) return '';
  const errors = errorsOf(error).filter((inner) => !told.includes(inner));
  const shown = errors.slice(0, MAX_ERRORS).map((inner) => `\nOne of its errors: ${describe(inner, told)}`);
  const more = errors.length - shown.length;
  return shown.join('') + (more > 0 ? `\nand ${more} more` : '');
}

function errorsOf(error: Error): readonly unknown[] {
  const { errors } = error as { errors?: unknown };
  return Array.isArray(errors) ? errors : [];
}

function summarize(error: unknown, script: { file: string } | undefined): string {
  const text =
    error instanceof RefusedError
      ? error.message
      : typeof error === 'object' && !(error instanceof Error)
        ? inspect(error)
        : String(error);
  const where = script && error instanceof Error ? placeIn(error, script.file) : undefined;
  const hint = error instanceof Error ? (hintFor(error) ?? reasonOf(error)) : undefined;
  return `${text.split('\n', 1)[0]}${hint === undefined ? '' : `: ${hint}`}${where ? ` (${where})` : ''}`;
}

/** `connect ECONNREFUSED 127.0.0.1:3306`, of an error that says no more than that something failed. Ours say it themselves. */
function reasonOf(error: Error): string | undefined {
  const told: unknown[] = [];
  const reasons: string[] = [];
  for (let at: unknown = error; at instanceof Error && !(at instanceof AgiError) && !told.includes(at); ) {
    const [message = ''] = String(at.message).split('\n', 1);
    if (told.length > 0 && message !== '' && !error.message.includes(message)) reasons.push(message);
    told.push(at);
    at = at.cause ?? errorsOf(at)[0];
  }
  return reasons.length === 0 ? undefined : reasons.join(': ');
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
