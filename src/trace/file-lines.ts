/** Lines of a file that may be of any size and hold any bytes: a piece of it is in memory at a time. */
import { createReadStream } from 'node:fs';

const LF = 10;
/** The most of one line that is kept. AGI's own stay below 1 MiB, and JSON may write each byte as six. */
const MAX_LINE_BYTES = 8 << 20;

export interface FileLine {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
  /** Whether it ends with an LF: the last one of a file that is cut, or still being written, does not. */
  readonly whole: boolean;
  /** Whether it is longer than what is kept of it. */
  readonly cut: boolean;
}

/**
 * The lines of one piece of the file after the other: to await each line alone would take longer than to read it.
 * @throws the system's error where the file cannot be read
 */
export async function* readFileLines(
  file: string,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<FileLine[]> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const hold = (part: Buffer) => {
    if (bytes < maxLineBytes) parts.push(part.subarray(0, maxLineBytes - bytes));
    bytes += part.length;
  };
  const take = (whole: boolean): FileLine => {
    const line = { text: decode(Buffer.concat(parts)), number: ++number, whole, cut: bytes > maxLineBytes };
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    const lines: FileLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      hold(chunk.subarray(start, end));
      lines.push(take(true));
      start = end + 1;
    }
    if (start < chunk.length) hold(Buffer.from(chunk.subarray(start)));
    if (lines.length > 0) yield lines;
  }
  if (bytes > 0) yield [take(false)];
}

/** Text as UTF-8, and what is none as Latin-1, as on the wire. */
function decode(bytes: Buffer): string {
  const text = bytes.toString();
  const read = text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text;
  return read.endsWith('\r') ? read.slice(0, -1) : read;
}
