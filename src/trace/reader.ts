/** Calls out of a file: a trace of ours, or a log of Asterisk's with `agi set debug on`. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { AgiError } from '../errors';
import { whyUnread } from '../file-problems';
import { redactQuery } from '../wire/redact';
import {
  beginsEntry,
  elapsedMs,
  isLoggerLine,
  type LogLine,
  onScreen,
  parseClock,
  parseLogLine,
} from './asterisk-log';
import {
  describeRequest,
  isTraceHeader,
  parseTraceLine,
  TRACE_VERSION,
  type TraceEntry,
  type TraceHeader,
} from './entry';
import { type FileLine, readFileLines } from './file-lines';
import { dayName, TRACE_ENDING } from './folder';

/** A file that holds no call that can be shown. */
export class TraceError extends AgiError {
  static override readonly kind: string = 'TraceError';

  constructor(code: string, message: string) {
    super(code, message);
  }
}

/** What the file tells, in its order. Calls are numbered from 1. */
export type TraceEvent =
  | {
      readonly type: 'call';
      readonly call: number;
      readonly header: TraceHeader;
      readonly source: 'trace' | 'log';
    }
  | { readonly type: 'entry'; readonly call: number; readonly entry: TraceEntry }
  /** Something that a reader should know of, in words. */
  | { readonly type: 'note'; readonly call: number | undefined; readonly text: string };

/** So many calls of a log may be open at once; the oldest is then taken to have ended. */
const MAX_OPEN_CALLS = 10_000;
/** So long may a request be. */
const MAX_REQUEST_LINES = 2000;
/** So many lines that are none may stand in a trace before it is no trace. */
const MAX_BAD_LINES = 100;

/**
 * Reads the file once, and gives what a piece of it tells after the other.
 * @throws TraceError for a file that cannot be read or holds no call
 */
export async function* readTrace(file: string): AsyncGenerator<TraceEvent[]> {
  checkFile(file);
  let log: AsteriskLog | undefined;
  let trace: OwnTrace | undefined;
  for await (const lines of readFileLines(file)) {
    const events: TraceEvent[] = [];
    for (const line of lines) {
      if (!log && !trace) {
        const first = line.whole ? parseTraceLine(line.text) : undefined;
        if (first && isTraceHeader(first)) trace = new OwnTrace(file);
        else log = new AsteriskLog();
      }
      events.push(...(trace ?? (log as AsteriskLog)).push(line));
    }
    yield events;
  }
  if (trace) yield [...trace.end()];
  else if (log) yield [...log.end()];
  if (log?.calls === 0 || (!log && !trace)) throw noCall(file, log?.isLog ?? false);
}

/** What logrotate leaves, by its first bytes. */
const packings = [
  { name: 'gzip', magic: Buffer.from('1f8b', 'hex'), program: 'zcat' },
  { name: 'bzip2', magic: Buffer.from('BZh'), program: 'bzcat' },
  { name: 'xz', magic: Buffer.from('fd377a585a00', 'hex'), program: 'xzcat' },
  { name: 'zstd', magic: Buffer.from('28b52ffd', 'hex'), program: 'zstdcat' },
];

function checkFile(file: string): void {
  let fd: number | undefined;
  try {
    // not blocking: a pipe that nobody writes to must not hold us
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new TraceError('TRACE_FOLDER', describeFolder(file));
    if (!stat.isFile())
      throw new TraceError(
        'TRACE_KIND',
        `${file} is no file, but a device, a pipe or a socket: save what it gives in a file first`,
      );
    const head = Buffer.alloc(6);
    readSync(fd, head, 0, head.length, 0);
    const packed = packings.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
    if (packed)
      throw new TraceError(
        'TRACE_KIND',
        `${file} is compressed (${packed.name}): unpack it into a file first, ${packed.program} ${file} > call.log`,
      );
  } catch (error) {
    if (error instanceof AgiError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const advice =
      code === 'ENOENT'
        ? '; traces lie in the folder that [fastagi] trace names, in one of its own for each day'
        : code === 'EACCES'
          ? "; a trace is its writer's alone, the user of the service: read it as that one, or as root"
          : '';
    throw new TraceError('TRACE_UNREADABLE', `${file} cannot be read: ${whyUnread(error)}${advice}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Traces lie in the folder of a day, and nobody looks through the whole of a disk for them. */
function describeFolder(folder: string): string {
  const base = folder.replace(/\/+$/, '');
  const tracesIn = (within: string) =>
    namesIn(`${base}/${within}`).filter((name) => name.endsWith(TRACE_ENDING));
  const days = namesIn(`${base}/`).filter((name) => dayName.test(name));
  const found = [
    ...tracesIn(''),
    ...days.sort().flatMap((day) => tracesIn(day).map((name) => `${day}/${name}`)),
  ];
  const newest = found.sort().at(-1);
  return newest === undefined
    ? `${folder} is a folder without traces: name a trace, or a log of Asterisk's`
    : `${folder} is a folder: name a trace in it, the newest is ${base}/${newest}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // gone, or another's: nothing can be named in it
    return [];
  }
}

function noCall(file: string, isLog: boolean): TraceError {
  if (isLog) {
    return new TraceError(
      'TRACE_NONE',
      `${file} holds no call: it is a log of Asterisk's with no AGI debug lines: "agi set debug on" on Asterisk's console, and "verbose" among what logger.conf writes to this file`,
    );
  }
  return new TraceError(
    'TRACE_NONE',
    `${file} holds no call: it is neither a trace of fastagi's ([fastagi] trace) nor a log of Asterisk's with the lines of "agi set debug on"`,
  );
}

class OwnTrace {
  readonly #file: string;
  #bad = 0;
  #begun = false;
  #ended = false;

  constructor(file: string) {
    this.#file = file;
  }

  *push(line: FileLine): Generator<TraceEvent> {
    const parsed = line.cut ? undefined : parseTraceLine(line.text);
    if (parsed === undefined) {
      yield* this.#badLine(line);
    } else if (isTraceHeader(parsed)) {
      if (this.#begun) return yield* this.#badLine(line);
      if (parsed.trace > TRACE_VERSION) {
        throw new TraceError(
          'TRACE_VERSION',
          `${this.#file} was written by a newer version (format ${parsed.trace}, this one reads ${TRACE_VERSION}): update fastagi`,
        );
      }
      this.#begun = true;
      yield { type: 'call', call: 1, header: parsed, source: 'trace' };
    } else {
      if (parsed.dir === 'end') this.#ended = true;
      yield { type: 'entry', call: 1, entry: parsed };
    }
  }

  *#badLine(line: FileLine): Generator<TraceEvent> {
    if (++this.#bad > MAX_BAD_LINES)
      throw new TraceError(
        'TRACE_BROKEN',
        `${this.#file} is no trace: more than ${MAX_BAD_LINES} lines of it are none`,
      );
    const what = !line.whole
      ? 'is cut in its middle: the process was killed as it wrote, or still writes'
      : line.cut
        ? 'is too long, and is passed over'
        : 'is no line of a trace, and is passed over';
    yield { type: 'note', call: 1, text: `line ${line.number} ${what}` };
  }

  *end(): Generator<TraceEvent> {
    if (!this.#ended)
      yield {
        type: 'note',
        call: 1,
        text: 'the trace has no end: the process was killed, or the call still goes on',
      };
  }
}

interface OpenCall {
  readonly number: number;
  /** The time of its first line. */
  readonly clock: string;
  /** Lines of the request until it is whole; undefined then. */
  request: TraceEntry[] | undefined;
  ms: number;
}

class AsteriskLog {
  calls = 0;
  /** Whether a line of it is one that Asterisk's logger writes. */
  isLog = false;
  /** By thread and call, or by channel; in the order they began. */
  readonly #open = new Map<string, OpenCall>();
  /** Lines without a channel on a console: the beginning of a request whose channel comes with the next line. */
  #unnamed: LogLine[] = [];
  /** Whose line it was, if the line before was one. */
  #last: { call: OpenCall; line: string; onConsole: boolean } | undefined;
  #toldOfSeconds = false;

  *push(line: FileLine): Generator<TraceEvent> {
    const parsed = parseLogLine(line.text);
    if (!parsed) {
      this.isLog ||= isLoggerLine(line.text);
      const last = this.#last;
      this.#last = undefined;
      if (!last || line.cut) return;
      const text = last.onConsole ? onScreen(line.text) : line.text;
      // on a console anything may stand between; only a value that has not ended goes on
      const goesOn = last.onConsole
        ? /^200 result=\S* \(/.test(last.line) && !last.line.endsWith(')')
        : !beginsEntry(text);
      if (!goesOn) return;
      this.#last = { ...last, line: `${last.line}\n${text}` };
      yield* this.#add(last.call, '<', text, undefined);
      return;
    }
    if (parsed.thread === '' && parsed.channel === '') {
      if (this.#unnamed.length < 10) this.#unnamed.push(parsed);
      return;
    }
    const key = parsed.thread || parsed.channel;
    const waiting = this.#unnamed.splice(0);
    for (const one of [...waiting, parsed]) yield* this.#take(key, one);
  }

  *#take(key: string, { clock, thread, channel, dir, line }: LogLine): Generator<TraceEvent> {
    let call = this.#open.get(key);
    const begins =
      dir === '<' &&
      (line.startsWith('agi_network: ') || (line.startsWith('agi_request: ') && !call?.request));
    if (!call || begins) {
      if (call) yield* this.#flush(call);
      call = { number: ++this.calls, clock, request: [], ms: 0 };
      this.#open.delete(key);
      this.#open.set(key, call);
      if (!begins) {
        call.request = undefined;
        yield this.#callEvent(call, channel === '' ? {} : { channel });
        yield { type: 'note', call: call.number, text: 'the log begins in the middle of this call' };
      }
      if (this.#open.size > MAX_OPEN_CALLS) {
        const [oldest, ended] = this.#open.entries().next().value as [string, OpenCall];
        yield* this.#flush(ended);
        this.#open.delete(oldest);
      }
      const time = parseClock(clock);
      if (!this.#toldOfSeconds && (time === undefined || !/:\d\d[.,]\d/.test(clock))) {
        this.#toldOfSeconds = true;
        const what = time === undefined ? 'no times that are understood' : 'its times in whole seconds';
        yield {
          type: 'note',
          call: undefined,
          text: `the log has ${what}: "dateformat = %F %T.%3q" in logger.conf has milliseconds`,
        };
      }
    }
    this.#last = dir === '<' ? { call, line, onConsole: thread === '' } : undefined;
    yield* this.#add(call, dir, line, clock);
  }

  *#add(call: OpenCall, dir: LogLine['dir'], line: string, clock: string | undefined): Generator<TraceEvent> {
    // threads write their lines in an order that is not always that of their times
    if (clock !== undefined) call.ms = Math.max(call.ms, elapsedMs(call.clock, clock));
    const entry: TraceEntry = { ms: call.ms, dir, line };
    if (call.request === undefined) {
      yield { type: 'entry', call: call.number, entry };
      return;
    }
    call.request.push(entry);
    if (line === '' || dir !== '<' || call.request.length > MAX_REQUEST_LINES) yield* this.#flush(call);
  }

  /** The request is whole, or will not become so. */
  *#flush(call: OpenCall): Generator<TraceEvent> {
    const { request } = call;
    if (request === undefined) return;
    call.request = undefined;
    yield this.#callEvent(call, describeRequest(request.map(({ line }) => line)));
    for (const entry of request) yield { type: 'entry', call: call.number, entry };
  }

  #callEvent(call: OpenCall, told: { -readonly [key in keyof TraceHeader]?: TraceHeader[key] }): TraceEvent {
    const header = { trace: TRACE_VERSION, started: call.clock, ...told };
    if (header.script !== undefined) header.script = redactQuery(header.script);
    return { type: 'call', call: call.number, header, source: 'log' };
  }

  *end(): Generator<TraceEvent> {
    for (const call of this.#open.values()) yield* this.#flush(call);
  }
}
