/**
 * Bytes to lines. AGI ends a line with LF alone, in both directions (`ANSWER\r` is an unknown command),
 * so a carriage return is part of the text.
 */

const LF = 10;

/** The longest line of Asterisk's that is taken; its own stay far below. */
export const MAX_LINE_BYTES = 1 << 20;

/**
 * Text as UTF-8; where the bytes are not UTF-8, as Latin-1, so that a caller id in an old encoding does
 * not cost the call and no byte is lost.
 */
export function decodeText(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes('\ufffd') && !Buffer.from(text).equals(bytes) ? bytes.toString('latin1') : text;
}

export class LineDecoder {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #heldBytes = 0;

  /** @param limitBytes the longest line taken, without its LF */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of a line that has begun and not ended. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * The lines that these bytes complete. The bytes may be reused by the caller afterwards.
   * @throws AgiProtocolError for a line over the limit, as soon as the limit is passed
   */
  push(chunk: Buffer): string[] {
    // whole lines of plain text, as nearly always
    if (this.#heldBytes === 0 && chunk[chunk.length - 1] === LF && chunk.length <= this.#limitBytes) {
      const text = chunk.toString();
      if (!text.includes('\ufffd')) return text.slice(0, -1).split('\n');
    }
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#hold(chunk.subarray(start, end));
      lines.push(
        decodeText(this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)),
      );
      this.#parts = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(Buffer.from(chunk.subarray(start)));
    return lines;
  }

  #hold(part: Buffer): void {
    this.#heldBytes += part.length;
    if (this.#heldBytes > this.#limitBytes) {
      throw problems().lineTooLong(this.#limitBytes);
    }
    this.#parts.push(part);
  }
}

// what never comes from an Asterisk
const problems = (): typeof import('./problems') => require('./problems');
