/**
 * Asterisk's side of a command: bytes to command lines, and a line to its words, as res_agi.c takes them apart
 * (run_agi and parse_args).
 */
import { MAX_COMMAND_WORDS } from './agi-command';
import { decodeText } from './lines';

const LF = 10;

/** Bytes to command lines, which end at an LF, at the limit, or with the connection. */
export class CommandDecoder {
  readonly #limitBytes: number;
  #held: Buffer = Buffer.alloc(0);

  /** @param limitBytes the longest line without its LF; what is longer is taken as another command */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** What has come of a line that has not ended. */
  get held(): string {
    return decodeText(this.#held);
  }

  /** The lines that these bytes complete. */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    for (;;) {
      const end = rest.subarray(0, this.#limitBytes + 1).indexOf(LF);
      if (end !== -1) {
        lines.push(decodeText(rest.subarray(0, end)));
        rest = rest.subarray(end + 1);
      } else if (rest.length > this.#limitBytes) {
        // its buffer has room for one byte more where there is no LF
        lines.push(decodeText(rest.subarray(0, this.#limitBytes + 1)));
        rest = rest.subarray(this.#limitBytes + 1);
      } else break;
    }
    this.#held = Buffer.from(rest);
    return lines;
  }

  /** The connection has ended: what has come of a line is a command as well. */
  end(): string[] {
    const rest = decodeText(this.#held);
    this.#held = Buffer.alloc(0);
    return rest === '' ? [] : [rest];
  }
}

/**
 * Only `"` toggles quoting, a backslash takes the next character literally everywhere, space and tab separate
 * words. Behind the 127th word nothing is read any more.
 */
export function parseWords(line: string): string[] {
  const words: string[] = [];
  let quoted = false;
  let escaped = false;
  let between = true;
  for (const char of line) {
    if (char === '\\' && !escaped) {
      escaped = true;
      continue;
    }
    if (char === '"' && !escaped) {
      quoted = !quoted;
      if (quoted && between) {
        words.push('');
        between = false;
      }
      continue;
    }
    if ((char === ' ' || char === '\t') && !quoted && !escaped) {
      between = true;
      continue;
    }
    if (between) {
      if (words.length >= MAX_COMMAND_WORDS) continue;
      words.push('');
      between = false;
    }
    words[words.length - 1] += char;
    escaped = false;
  }
  return words;
}
