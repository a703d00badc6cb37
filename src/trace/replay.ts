/**
 * Asterisk's part, played from a recorded call: a script is given the answers of then, as fast as it asks, and
 * where it asks for something else, that is told.
 *
 * It knows no socket and no process: lines in, lines out.
 */
import { parseWords } from '../wire/agi-command-decoder';
import { readCall } from './calls';
import type { TraceEntry } from './entry';
import { TraceError } from './reader';
import type { Redaction } from './redaction';
import { clock, count, visible } from './visible';

/** A command of the recorded call, and what Asterisk said until the next. */
interface Recorded {
  readonly command: string;
  /** As it may be shown. */
  readonly shown: string;
  readonly atMs: number;
  readonly answers: { readonly line: string; readonly redacted: boolean }[];
}

export interface RecordedCall {
  /** The request's lines, the empty one aside. */
  readonly request: readonly string[];
  readonly commands: readonly Recorded[];
}

/** Where the script went another way. */
export interface Departure {
  /** `changed`: another command in the place of a recorded one; `added`: one more; `left out`: one that did not come. */
  readonly type: 'changed' | 'added' | 'left out';
  /** Where in the recorded call, in milliseconds since its beginning. */
  readonly atMs: number;
  readonly recorded: string | undefined;
  readonly sent: string | undefined;
}

/** A longer call is none to replay. */
const MAX_COMMANDS = 100_000;
/** So far ahead a command is looked for that is not the next one. */
const MAX_AHEAD = 20;
/** So many departures are kept; they are counted all the same. */
const MAX_DEPARTURES = 1000;

/**
 * @param call its number in the file
 * @param redaction takes out of what is shown what a log of Asterisk's has, and a trace would not
 * @throws TraceError for a file that cannot be read, a call without a request, or one that is too long
 */
export async function readRecordedCall(
  file: string,
  call: number,
  redaction?: Redaction,
): Promise<RecordedCall> {
  const request: string[] = [];
  const commands: Recorded[] = [];
  let inRequest = true;
  const take = ({ dir, line, ms, redacted }: TraceEntry) => {
    const shown = redaction && (dir === '<' || dir === '>') ? redaction.apply(dir, line, false) : line;
    if (dir === '>') {
      inRequest = false;
      if (commands.length >= MAX_COMMANDS)
        throw new TraceError(
          'TRACE_LONG',
          `${file}: a call of more than ${MAX_COMMANDS} commands is too long to replay`,
        );
      commands.push({ command: line, shown, atMs: ms, answers: [] });
    } else if (dir === 'hangup') {
      commands.at(-1)?.answers.push({ line: 'HANGUP', redacted: false });
    } else if (dir === '<') {
      if (!inRequest) commands.at(-1)?.answers.push({ line, redacted: redacted === true });
      else if (line === '') inRequest = false;
      else request.push(line);
    }
  };
  for await (const events of readCall(file, call))
    for (const event of events) if (event.type === 'entry') take(event.entry);
  if (!request.some((line) => line.startsWith('agi_'))) {
    throw new TraceError(
      'TRACE_NO_REQUEST',
      `${file}: the request of this call is not in it, so that it cannot be replayed`,
    );
  }
  return { request, commands };
}

export interface ReplayOptions {
  /** Keys for the places where the recorded ones were left out, in their order; `#` ends a row of them. */
  readonly digits?: string;
  /** Takes out of what the script says what should not be shown; one of its own. */
  readonly redaction?: Redaction;
}

export class Replay {
  readonly #recorded: readonly Recorded[];
  readonly #request: readonly string[];
  readonly #departures: Departure[] = [];
  readonly #notes = new Set<string>();
  readonly #redaction: Redaction | undefined;
  #digits: string;
  #next = 0;
  #same = 0;
  #departed = 0;
  #hungUp = false;

  constructor({ request, commands }: RecordedCall, { digits = '', redaction }: ReplayOptions = {}) {
    this.#redaction = redaction;
    this.#request = request;
    this.#recorded = commands;
    this.#digits = digits;
    if (request.some((line) => line.includes('***')))
      this.#notes.add('the request lacks what was left out of the trace: the script is given *** for it');
  }

  /**
   * The request, whole.
   * @param networkScript what the script is asked for by, in the place of what was recorded; undefined for a
   * classic program
   */
  request(networkScript: string | undefined): string {
    const kept = this.#request.filter((line) => !/^agi_network(?:_script)?: /.test(line));
    const network =
      networkScript === undefined
        ? []
        : ['agi_network: yes', ...(networkScript === '' ? [] : [`agi_network_script: ${networkScript}`])];
    return `${[...network, ...kept].join('\n')}\n\n`;
  }

  /** The lines that Asterisk says to this command, without their LF. */
  answer(command: string): string[] {
    const sent = this.#redaction?.apply('>', command, false) ?? command;
    const lines = this.#play(command, sent);
    for (const line of lines) this.#redaction?.apply('<', line, false);
    return lines;
  }

  /** @param sent the command as it may be shown */
  #play(command: string, sent: string): string[] {
    const at = this.#find(command);
    if (at === undefined) {
      this.#depart({ type: 'added', atMs: this.#atMs, recorded: undefined, sent });
      return [this.#inventedReply(command)];
    }
    const recorded = this.#recorded[at] as Recorded;
    for (const left of this.#recorded.slice(this.#next, at)) this.#leaveOut(left);
    this.#next = at + 1;
    if (isSame(recorded.command, command)) this.#same++;
    else this.#depart({ type: 'changed', atMs: recorded.atMs, recorded: recorded.shown, sent });
    return this.#answersOf(recorded, command);
  }

  /**
   * The script has ended: what did not come is told as well.
   * @param options.byProcess it was a process, which says by its exit code what takes a word over FastAGI
   */
  end({ byProcess = false } = {}): void {
    for (const left of this.#recorded.slice(this.#next))
      if (!(byProcess && /^\s*failure/i.test(left.command))) this.#leaveOut(left);
    this.#next = this.#recorded.length;
  }

  /** Where the script went another way; empty where it did as recorded. The first thousand. */
  get departures(): readonly Departure[] {
    return this.#departures;
  }

  /** How many commands were recorded. */
  get length(): number {
    return this.#recorded.length;
  }

  /** What should be known of the answers that were made up. */
  get notes(): readonly string[] {
    return [...this.#notes];
  }

  /** Whether the caller is gone by now. */
  get hungUp(): boolean {
    return this.#hungUp;
  }

  /** What there is to say of it, a line each. */
  lines(): string[] {
    const total = count(this.#recorded.length, 'recorded command');
    const lines = [
      this.#departed === 0
        ? `the script did as recorded: ${total}`
        : `the script departs ${this.#departed === 1 ? 'once' : `${this.#departed} times`}: ${this.#same} of ${total} came as they were`,
    ];
    for (const { type, atMs, recorded, sent } of this.#departures) {
      lines.push(`${clock(atMs).padStart(9)}  ${type}`);
      if (recorded !== undefined) lines.push(`           - ${visible(recorded, 1000)}`);
      if (sent !== undefined) lines.push(`           + ${visible(sent, 1000)}`);
    }
    if (this.#departed > this.#departures.length)
      lines.push(`           and ${this.#departed - this.#departures.length} more`);
    return [...lines, ...this.notes.map((text) => `note: ${text}`)];
  }

  get #atMs(): number {
    return (this.#recorded[this.#next] ?? this.#recorded.at(-1))?.atMs ?? 0;
  }

  /** The recorded command that this one stands for; undefined for one more. */
  #find(command: string): number | undefined {
    for (let at = this.#next; at < Math.min(this.#recorded.length, this.#next + MAX_AHEAD); at++)
      if (isSame((this.#recorded[at] as Recorded).command, command)) return at;
    // the same command with other words
    const next = this.#recorded[this.#next];
    return next !== undefined && nameOf(next.command) === nameOf(command) ? this.#next : undefined;
  }

  #leaveOut({ shown, atMs }: Recorded): void {
    this.#depart({ type: 'left out', atMs, recorded: shown, sent: undefined });
  }

  #depart(departure: Departure): void {
    this.#departed++;
    if (this.#departures.length < MAX_DEPARTURES) this.#departures.push(departure);
  }

  #answersOf({ answers }: Recorded, command: string): string[] {
    const lines = answers.map(({ line, redacted }) => (redacted ? this.#standIn(line, command) : line));
    if (lines.includes('HANGUP')) this.#hungUp = true;
    // the mark behind an expression is another in each process
    const [then, now] = [lines.map(markOf).find((mark) => mark !== ''), markOf(command)];
    return then && now ? lines.map((line) => line.replaceAll(then, now)) : lines;
  }

  /** Something in the place of what the trace does not hold. */
  #standIn(line: string, command: string): string {
    const reply = /^200 result=(\*+)(.*)$/.exec(line);
    if (/^\s*GET\s+DATA\b/i.test(command)) {
      return reply ? `200 result=${this.#keys((reply[1] as string).length)}${reply[2]}` : line;
    }
    if (/^\s*(?:(?:GET|DATABASE)\s+(?:FULL\s+)?(?:VARIABLE|GET)|RECEIVE\s+TEXT)\b/i.test(command)) {
      this.#notes.add('values were left out of the trace: the script is given *** for each');
      return reply ? `200 result=1 (***${markOf(command)})` : line;
    }
    if (line.includes(' digit=*')) return line.replace(' digit=*', ` digit=${this.#keys(1)}`);
    return reply ? `200 result=${this.#keys(1).charCodeAt(0)}${reply[2]}` : line;
  }

  #keys(most: number): string {
    const row = /^[^#]*/.exec(this.#digits.slice(0, most)) as RegExpExecArray;
    const pressed = row[0];
    const ends = this.#digits[pressed.length] === '#';
    this.#digits = this.#digits.slice(pressed.length + (ends ? 1 : 0));
    if (pressed.length === most || ends) return most === 1 ? pressed || '#' : pressed;
    this.#notes.add(
      'keys were left out of the trace: 0 is pressed in their place, where no others are given',
    );
    return pressed.padEnd(most, '0');
  }

  /** The recorded call does not say what Asterisk would answer: what it mostly does. */
  #inventedReply(command: string): string {
    const known = this.#recorded.find((recorded) => isSame(recorded.command, command));
    const name = nameOf(command);
    if (
      this.#hungUp &&
      !/^(?:ASYNCAGI|DATABASE|EXEC|GET (?:FULL|VARIABLE)|NOOP|SET VARIABLE|VERBOSE)/.test(name)
    )
      return '511 Command Not Permitted on a dead channel or intercept routine';
    const [first] = known ? this.#answersOf(known, command) : [];
    if (first !== undefined && first !== 'HANGUP' && /^200 [^(]*(?:\(.*\))?[^()]*$/.test(first)) return first;
    if (name === 'GET DATA') return '200 result= (timeout)';
    if (name === 'GET FULL') return `200 result=1 (${markOf(command)})`;
    if (name === 'CHANNEL STATUS') return '200 result=6';
    if (/^(?:STREAM|CONTROL|GET OPTION|RECORD)/.test(name)) return '200 result=0 endpos=0';
    return /^(?:SET |VERBOSE|DATABASE (?:PUT|DEL)$|HANGUP)/.test(name) ? '200 result=1' : '200 result=0';
  }
}

/** The first two words: what every command can be told by. */
function nameOf(command: string): string {
  return parseWords(command).slice(0, 2).join(' ').toUpperCase();
}

/** Whether they say the same, whatever was left out of the recorded one. */
function isSame(recorded: string, sent: string): boolean {
  if (recorded === sent) return true;
  const [then, now] = [recorded, sent].map((line) => withoutMark(parseWords(line))) as [string[], string[]];
  // `SET VARIABLE PIN ***`: what was left out may have been several words
  if (then.at(-1) === '***' && now.length >= then.length) now.length = then.length;
  return (
    then.length === now.length &&
    then.every((word, at) => {
      const other = now[at] as string;
      if (at < 2 && word.toUpperCase() === other.toUpperCase()) return true;
      return word === other || (word.includes('***') && fits(word.split('***'), other));
    })
  );
}

/** Whether the text is these parts with anything between. */
function fits(parts: readonly string[], text: string): boolean {
  const [first, last] = [parts[0] as string, parts.at(-1) as string];
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** What `fastagi` puts behind the expression of GET FULL VARIABLE, to know where its value ends. */
const mark = /~[0-9a-z]{4,14}$/;

function isExpression(words: readonly string[]): boolean {
  return /^GET FULL VARIABLE$/i.test(words.slice(0, 3).join(' '));
}

function withoutMark(words: string[]): string[] {
  return isExpression(words) ? words.map((word, at) => (at === 3 ? word.replace(mark, '') : word)) : words;
}

/** Of a command, or of the last line of its reply. */
function markOf(line: string): string {
  const words = parseWords(line);
  const text = isExpression(words) ? words[3] : /^(.*)\)$/.exec(line)?.[1];
  return mark.exec(text ?? '')?.[0] ?? '';
}
