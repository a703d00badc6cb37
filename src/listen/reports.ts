/** What a process says to its master, as it comes over the line. */
import type { Socket } from 'node:net';
import type { CallResult, Report } from './messages';

/** The most that a process on an errand has to say at once. */
const LINE_BYTES = 65_536;
/** More calls than any process has, or has had since it spoke last. */
const CALLS = 1e9;
/** Longer than any script is at it before its first command. */
const LONGEST_MS = 1e10;
const words = ['ready', 'taken', 'done', 'free', 'tally', 'stale', 'deaf', 'pong'];

/** A script can reach the line: what comes over it is looked at before it is believed. */
export function isReport(said: unknown): said is Report {
  if (typeof said !== 'object' || said === null) return false;
  const { type, id, active, calls, ended, refused, why } = said as Record<string, unknown>;
  if (typeof type !== 'string' || !words.includes(type)) return false;
  if (type === 'tally') {
    return (
      [active, calls].every(isCount) &&
      Array.isArray(ended) &&
      ended.every(isResult) &&
      typeof refused === 'object' &&
      refused !== null &&
      Object.values(refused).every(isCount)
    );
  }
  // what is no text may throw when it is to be written to the log
  if (type === 'stale' || type === 'deaf') return typeof why === 'string';
  if (type === 'done') return Number.isInteger(id) && isResult(said);
  return type === 'taken' ? Number.isInteger(id) : true;
}

/** A counter that falls would end the master where it is shown, one without end where its calls are counted as lost. */
function isCount(said: unknown): boolean {
  return Number.isInteger(said) && (said as number) >= 0 && (said as number) <= CALLS;
}

/** What is no number would end the master where it is added up, and one without end would be all that is seen of the others. */
function isResult(said: unknown): said is CallResult {
  if (typeof said !== 'object' || said === null) return false;
  const { firstCommandMs } = said as Record<string, unknown>;
  if (firstCommandMs === undefined) return true;
  return typeof firstCommandMs === 'number' && Math.abs(firstCommandMs) <= LONGEST_MS;
}

/** The reports of a process without Node's own line. */
export function readReports(line: Socket, onReport: (report: unknown) => void, onSilence: () => void): void {
  let text = '';
  line.setEncoding('utf8');
  line.on('error', () => {});
  line.on('close', onSilence);
  line.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
      onReport(parsed(text.slice(0, end)));
      text = text.slice(end + 1);
    }
    if (text.length <= LINE_BYTES) return;
    text = '';
    onReport(undefined);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
