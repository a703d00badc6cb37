/** The calls that a file holds: a trace has one, a log of Asterisk's many. */
import { type TraceHeader, withShown } from './entry';
import { readTrace, TraceError, type TraceEvent } from './reader';
import type { Redaction } from './redaction';
import { count, visible } from './visible';

/** So many calls are listed, the last of the file. */
const MAX_LISTED = 1000;

interface ListedCall {
  readonly number: number;
  readonly header: TraceHeader;
}

export class CallTable {
  readonly #file: string;
  /** The last calls of the file, by number. */
  readonly #calls: ListedCall[] = [];
  #count = 0;
  #isLog = false;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Looks through the file once.
   * @throws TraceError for a file that cannot be read or holds no call
   */
  static async of(file: string): Promise<CallTable> {
    const table = new CallTable(file);
    for await (const events of readTrace(file)) {
      for (const event of events) {
        if (event.type !== 'call') continue;
        table.#count++;
        table.#calls.push({ number: event.call, header: event.header });
        if (table.#calls.length > MAX_LISTED) table.#calls.shift();
        // a trace has no other, and may be long
        if (event.source === 'trace') return table;
        table.#isLog = true;
      }
    }
    return table;
  }

  /** Whether it is a log of Asterisk's, which holds all that was said. */
  get isLog(): boolean {
    return this.#isLog;
  }

  /**
   * The number of the call that is meant; undefined where there are several and none is named.
   * @param named its number, unique id or channel
   * @throws TraceError where there is none of this name, or more than one
   */
  choose(named: string | undefined): number | undefined {
    if (named === undefined) return this.#count === 1 ? this.#calls[0]?.number : undefined;
    const found = this.#calls.filter(
      ({ number, header }) =>
        String(number) === named || header.uniqueId === named || header.channel === named,
    );
    const [only, second] = found;
    if (only && !second) return only.number;
    throw new TraceError(
      'TRACE_CALL',
      second
        ? `${this.#file} holds ${found.length} calls of ${JSON.stringify(named)}: name one by its number, ${found
            .slice(0, 20)
            .map(({ number }) => number)
            .join(', ')}`
        : `${this.#file} holds no call ${JSON.stringify(named)} among its ${count(this.#count, 'call')}: "fastagi trace ${this.#file}" lists them`,
    );
  }

  /**
   * The calls, one a line, and what to do with them.
   * @param option the one that names a call
   * @param redaction takes out what should not be shown
   */
  lines(option = '--call', redaction?: Redaction): string[] {
    const left = this.#count - this.#calls.length;
    return [
      `${visible(this.#file)} holds ${count(this.#count, 'call')}; ${option} NUMBER takes one:`,
      ...(left > 0 ? [`(${left} before these)`] : []),
      ...this.#calls.map(({ number, header }) => {
        const { started, channel, uniqueId, script } = redaction ? shownHeader(header, redaction) : header;
        const words = [started, script ?? '?', channel ?? '', uniqueId ?? ''].map((word) =>
          visible(word, 120),
        );
        return `${String(number).padStart(5)}  ${words.join('  ')}`.trimEnd();
      }),
    ];
  }
}

/**
 * What the file tells of one call, a piece after the other.
 * @param redaction takes out what should not be shown
 */
export async function* readCall(
  file: string,
  call: number,
  redaction?: Redaction,
): AsyncGenerator<TraceEvent[]> {
  for await (const events of readTrace(file)) {
    const own = events.filter((event) => event.call === undefined || event.call === call);
    yield redaction ? own.map((event) => redacted(event, redaction)) : own;
  }
}

function redacted(event: TraceEvent, redaction: Redaction): TraceEvent {
  if (event.type === 'call') return { ...event, header: shownHeader(event.header, redaction) };
  if (event.type !== 'entry') return event;
  const { dir, line } = event.entry;
  const shown = dir === '<' || dir === '>' ? redaction.apply(dir, line, false) : redaction.words(line);
  return shown === line ? event : { ...event, entry: { ...event.entry, line: shown, redacted: true } };
}

function shownHeader(header: TraceHeader, redaction: Redaction): TraceHeader {
  return withShown(header, (field, value) => redaction.fieldValue(field, value));
}
