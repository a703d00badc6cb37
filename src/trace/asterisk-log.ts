/**
 * What `agi set debug on` puts on Asterisk's console and into its log (res_agi.c, ast_agi_send and
 * ast_agi_fdprintf; seen on 16 and 22):
 *
 *   [Nov 25 15:24:22] VERBOSE[26771][C-00000002] res_agi.c: <Local/a@b-00000000;1>AGI Rx << ANSWER
 *
 * The number in brackets is the thread, `C-…` the call; the console has neither. The first two lines of a
 * FastAGI request do not name the channel.
 */

export interface LogLine {
  /** The time as it is written; empty where there is none. */
  readonly clock: string;
  /** Thread and call; empty on the console. */
  readonly thread: string;
  readonly channel: string;
  /** What there is to it: a line of the conversation, or the script's end. */
  readonly dir: '<' | '>' | 'end';
  readonly line: string;
}

const heading =
  /^(?:.{0,80}?\[([^\]]{5,40})\]\s)?\s*(?:[A-Z]{5,8}\[(\d{1,20})\](?:\[(C-[0-9a-f]{1,16})\])?\s+(?:[\w./]{0,60}:)?(?:\d+ in )?[\w./]{0,60}:\s)?(.*)$/;
const conversation = /^(?:\s*--\s)?(?:<([^>]{0,200})>)?AGI (Tx >>|Rx <<) ?(.*)$/;
const completed = /^(?:\s*--\s)?<([^>]{0,200})>AGI Script .{0,4096} completed, (returning -?\d+)$/;

/** The colours of the console, and the rest of a line that it clears. */
const colours = /\u001b\[[\d;]{0,20}[A-Za-z]/g;

/** What a line of the log tells of an AGI call; undefined where it tells nothing. */
export function parseLogLine(text: string): LogLine | undefined {
  // nearly every line of a log is another's
  if (!text.includes('AGI ')) return undefined;
  const plain = onScreen(text);
  const [, clock = '', number = '', call = '', rest = ''] = heading.exec(plain) ?? [];
  const thread = number === '' ? '' : `${number} ${call}`;
  const said = conversation.exec(rest);
  if (said) {
    const [, channel = '', way, line = ''] = said;
    return { clock, thread, channel, dir: way === 'Tx >>' ? '<' : '>', line };
  }
  const end = completed.exec(rest);
  return end ? { clock, thread, channel: end[1] as string, dir: 'end', line: end[2] as string } : undefined;
}

/** Whether it is a line of a log file's, of any kind: `[Nov 25 15:24:22] NOTICE[26771][C-00000002] pbx.c: …` (logger.c). */
export function isLoggerLine(text: string): boolean {
  return /^\[[^\]]{5,40}\] [A-Z]{5,8}\[\d{1,20}\](?:\[C-[0-9a-f]{1,16}\])?:? /.test(text);
}

/** What a console left of the line on its screen: it writes over its prompt, and in colours. */
export function onScreen(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(colours, '') : text;
  return plain.includes('\r') ? plain.slice(plain.trimEnd().lastIndexOf('\r') + 1) : plain;
}

/** Whether this is the beginning of an entry of the log; else it is the rest of the one before. */
export function beginsEntry(text: string): boolean {
  return /^(?:\u001b\[[\d;]{0,20}m)?(?:\[[^\]]{5,40}\]|\s+(?:--|==|>) |.{0,80}[A-Z]{5,8}\[\d)/.test(text);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A time of the log in milliseconds, for differences; undefined where it is none. */
export function parseClock(clock: string): number | undefined {
  const match =
    /^(?:(\d{4})-(\d\d)-(\d\d)[ T]|([A-Z][a-z]{2}) {1,2}(\d{1,2}) )?(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,6}))?/.exec(
      clock,
    );
  if (!match) return undefined;
  const [, year, month, day, monthName = '', dayOfMonth, hour, minute, second, fraction = ''] = match;
  // a year that is not said is a leap year: there is no other use of it than the difference
  const date = year
    ? [Number(year), Number(month) - 1, Number(day)]
    : monthName
      ? [2000, months.indexOf(monthName), Number(dayOfMonth)]
      : [2000, 0, 1];
  const [y, m, d] = date as [number, number, number];
  const ms = Math.floor(Number(`0.${fraction || 0}`) * 1e6 + 0.5) / 1e3;
  return Date.UTC(y, m, d, Number(hour), Number(minute), Number(second)) + ms;
}

/** Milliseconds from one time of the log to a later one, over midnight or the turn of the year where no date is said. */
export function elapsedMs(from: string, to: string): number {
  const [begin, end] = [parseClock(from), parseClock(to)];
  if (begin === undefined || end === undefined) return 0;
  if (end >= begin) return end - begin;
  const dayMs = 86_400_000;
  if (/^\d\d:/.test(to)) return end - begin + dayMs;
  // the clock was set back, or the year has turned
  return begin - end > 300 * dayMs ? end - begin + 366 * dayMs : 0;
}
