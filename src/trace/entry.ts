/**
 * One line of a trace file. The first tells what call it was; each further one is a line of the conversation
 * with its time, or what became of the script.
 */

/** The number of this format. A reader refuses a higher one. */
export const TRACE_VERSION = 1;

/** The first line. What Asterisk left out is left out here too. */
export interface TraceHeader {
  readonly trace: number;
  /** When the request came, as ISO 8601 in UTC. */
  readonly started: string;
  /** The program that wrote it. */
  readonly program?: string;
  readonly pid?: number;
  /** FastAGI's path with its query, or the dialplan's name of a classic program. */
  readonly script?: string;
  readonly channel?: string;
  readonly uniqueId?: string;
  readonly callerId?: string;
  readonly context?: string;
  readonly extension?: string;
}

/**
 * `<` from Asterisk, `>` to it; `hangup`: classic AGI has told of one by a signal; `script`: the file that is run; `error`: what it failed of, in a line; `cut`: why
 * nothing that was said is kept from here on; `end`: the exit code, and the last line of every call whose process
 * was not killed.
 */
export type TraceKind = '<' | '>' | 'hangup' | 'script' | 'error' | 'cut' | 'end';

export interface TraceEntry {
  /** Milliseconds since `started`, by a clock that nobody sets. */
  readonly ms: number;
  readonly dir: TraceKind;
  readonly line: string;
  /** Whether something was left out of the line; `***` stands in its place, or a `*` for each key. */
  readonly redacted?: true;
}

/** Fields of the request that the header repeats. */
const headerFields = {
  channel: 'agi_channel',
  uniqueId: 'agi_uniqueid',
  callerId: 'agi_callerid',
  context: 'agi_context',
  extension: 'agi_extension',
} as const;

/** The header with what `shown` makes of each field of the request that it repeats. */
export function withShown(header: TraceHeader, shown: (field: string, value: string) => string): TraceHeader {
  const result: Record<string, unknown> = { ...header };
  for (const [name, field] of [['script', 'agi_network_script'], ...Object.entries(headerFields)] as const) {
    const value = header[name as keyof TraceHeader];
    if (typeof value === 'string') result[name] = shown(field, value);
  }
  return result as unknown as TraceHeader;
}

/** What a trace's first line says of a request, by its lines. */
export function describeRequest(lines: readonly string[]): Partial<TraceHeader> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(': ');
    if (colon !== -1 && !fields.has(line.slice(0, colon)))
      fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const told: Record<string, string> = {};
  const tell = (name: string, value: string | undefined) => {
    if (value && value !== 'unknown') told[name] = value;
  };
  tell('script', fields.get('agi_network_script') ?? fields.get('agi_request'));
  for (const [name, field] of Object.entries(headerFields)) tell(name, fields.get(field));
  return told;
}

/** A line of the file, with its LF. */
export function encodeTraceLine(line: TraceHeader | TraceEntry): string {
  return `${JSON.stringify(line)}\n`;
}

/** A header or an entry; undefined for what is neither. What a later version adds is passed over. */
export function parseTraceLine(text: string): TraceHeader | TraceEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { trace, started, ms, dir, line } = value as Record<string, unknown>;
  if (typeof trace === 'number' && typeof started === 'string') return textsOf(value as TraceHeader);
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) return undefined;
  if (typeof dir !== 'string' || typeof line !== 'string') return undefined;
  const { redacted } = value as TraceEntry;
  return { ms, dir: dir as TraceKind, line, ...(redacted === true && { redacted }) };
}

/** Only what has the kind that it should have: the file may come from anywhere. */
function textsOf(header: TraceHeader): TraceHeader {
  const { trace, started, pid } = header;
  const kept: Record<string, unknown> = { trace, started };
  if (typeof pid === 'number') kept.pid = pid;
  for (const name of ['program', 'script', ...Object.keys(headerFields)]) {
    const value = (header as unknown as Record<string, unknown>)[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept as unknown as TraceHeader;
}

/** Whether it is the first line of a trace. */
export function isTraceHeader(line: TraceHeader | TraceEntry): line is TraceHeader {
  return 'trace' in line;
}
