/**
 * Bytes of Asterisk's manager to messages (main/manager.c). A line ends in CRLF, for a value may hold a bare LF;
 * a message ends in an empty line, and some have one more.
 */
import { AmiProtocolError } from '../ami-errors';
import { type AmiEvent, type AmiResponse, toMessage } from './ami-message';
import { decodeText } from './lines';

const CR = 13;
const LF = 10;
const blank = Buffer.from('\r\n\r\n');
/** Before Asterisk 14 a command's output stood as it was, up to this. */
const commandEnd = Buffer.from('--END COMMAND--\r\n\r\n');
const follows = Buffer.from('Response: Follows\r\n');

/** The first line: who is there. */
const banner = /Call Manager\/(\S+)/;
const MAX_BANNER_BYTES = 256;

/** The longest message taken unless told otherwise: Asterisk's longest are the output of its commands. */
export const MAX_MESSAGE_BYTES = 16 << 20;

/** A buffer that was larger than this is let go once its message is complete. */
const KEEP_BYTES = 1 << 18;

export class AmiDecoder {
  readonly #limitBytes: number;
  #held = Buffer.alloc(0);
  #length = 0;
  /** How much of what is held is known to hold no end. */
  #searched = 0;
  #version: string | undefined;
  #strays = 0;

  /** @param limitBytes the longest message taken */
  constructor(limitBytes = MAX_MESSAGE_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** The protocol's version from the first line, `11.0.0`; undefined until that has come. */
  get version(): string | undefined {
    return this.#version;
  }

  /** Bytes of a message that has begun and not ended. */
  get heldBytes(): number {
    return this.#length;
  }

  /** How many messages were neither an event nor an answer. */
  get strays(): number {
    return this.#strays;
  }

  /**
   * The messages that these bytes complete. The bytes may be reused by the caller afterwards.
   * @throws AmiProtocolError for a first line that is not a manager's, and for a message over the limit
   */
  push(chunk: Buffer): (AmiEvent | AmiResponse)[] {
    const bytes = this.#length === 0 ? chunk : this.#append(chunk);
    const messages: (AmiEvent | AmiResponse)[] = [];
    let start = 0;
    if (this.#version === undefined) {
      start = this.#readBanner(bytes);
      if (start === 0) {
        this.#keep(bytes, 0);
        return messages;
      }
    }
    for (;;) {
      while (bytes[start] === CR && bytes[start + 1] === LF) start += 2;
      const isBody = bytes[start] === 0x52 && startsWith(bytes, start, follows);
      const end = isBody ? commandEnd : blank;
      const at = bytes.indexOf(end, start + Math.max(0, this.#searched - end.length + 1));
      if (at === -1) break;
      this.#searched = 0;
      const text = textOf(bytes, start, at);
      const message = toMessage(isBody ? normalBody(text) : text);
      if (message) messages.push(message);
      else this.#strays++;
      start = at + end.length;
    }
    if (bytes.length - start > this.#limitBytes) throw tooLong(this.#limitBytes);
    this.#keep(bytes, start);
    this.#searched = this.#length;
    return messages;
  }

  /** @returns where the first line ends; 0 where it has not come whole */
  #readBanner(bytes: Buffer): number {
    const end = bytes.indexOf(LF);
    const line = bytes
      .toString('latin1', 0, Math.min(end === -1 ? bytes.length : end, MAX_BANNER_BYTES))
      .trimEnd();
    const version = end === -1 ? undefined : banner.exec(line)?.[1];
    if (version !== undefined) {
      this.#version = version;
      return end + 1;
    }
    // a server that is something else is told by what it says, not by the clock
    if (end !== -1 || bytes.length >= MAX_BANNER_BYTES || /[\0-\x08\x0e-\x1f]/.test(line))
      throw noManager(line);
    return 0;
  }

  #append(chunk: Buffer): Buffer {
    const length = this.#length + chunk.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#held.length * 2, 4096));
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    chunk.copy(this.#held, this.#length);
    this.#length = length;
    return this.#held.subarray(0, length);
  }

  #keep(bytes: Buffer, start: number): void {
    if (this.#length > 0) {
      // it lies in our own buffer already
      if (start > 0) this.#held.copyWithin(0, start, this.#length);
      this.#length -= start;
    } else if (start < bytes.length) this.#append(bytes.subarray(start));
    if (this.#length === 0 && this.#held.length > KEEP_BYTES) this.#held = Buffer.alloc(0);
  }
}

function startsWith(bytes: Buffer, start: number, expected: Buffer): boolean {
  return bytes.subarray(start, start + expected.length).equals(expected);
}

/** As UTF-8; a line that is none as Latin-1, so that a caller id in an old encoding costs no other line. */
function textOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  if (!text.includes('\ufffd')) return text;
  const lines: string[] = [];
  for (let from = start; from <= end; ) {
    const found = bytes.indexOf('\r\n', from);
    const until = found === -1 || found > end ? end : found;
    lines.push(decodeText(bytes.subarray(from, until)));
    from = until + 2;
  }
  return lines.join('\r\n');
}

/** A raw body as `Output` headers, a line each, as Asterisk 14 and later send it. */
function normalBody(text: string): string {
  const head = /^Response: Follows\r\n(?:(?:Privilege|ActionID): [^\r\n]*\r\n)*/.exec(text)?.[0] ?? '';
  const body = text.slice(head.length).replace(/\n$/, '');
  return (
    head +
    body
      .split('\n')
      .map((line) => `Output: ${line}`)
      .join('\r\n')
  );
}

function tooLong(limitBytes: number): AmiProtocolError {
  return new AmiProtocolError(
    'AMI_MESSAGE_TOO_LONG',
    `a message of over ${limitBytes} bytes came from the manager: is it one? (maxMessageBytes raises the limit)`,
  );
}

function noManager(line: string): AmiProtocolError {
  return new AmiProtocolError(
    'AMI_NO_MANAGER',
    `what answers there is not Asterisk's manager: it says ${JSON.stringify(line.slice(0, 80))} (the manager's port is [general] port in manager.conf, usually 5038)`,
  );
}
