import { closeSync, openSync, readSync, watch, writeFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

/** A file that another process appends to, and what waits for a line in it. */
export class LogFile {
  readonly path: string;
  readonly #fd: number;
  readonly #ended: AbortSignal;
  readonly #decoder = new StringDecoder('utf8');
  readonly #chunk = Buffer.alloc(65536);
  #text = '';
  #open = true;

  /** @param ended aborts, with the reason, when nothing more will be written: waiting then has no use. */
  constructor(path: string, ended: AbortSignal) {
    writeFileSync(path, '', { flag: 'a' });
    this.path = path;
    this.#fd = openSync(path, 'r');
    this.#ended = ended;
  }

  /** All that was written so far. */
  text(): string {
    for (let size = 1; this.#open && size > 0; ) {
      size = readSync(this.#fd, this.#chunk, 0, this.#chunk.length, null);
      this.#text += this.#decoder.write(this.#chunk.subarray(0, size));
    }
    return this.#text;
  }

  /**
   * The first whole line at or after the character `from` that matches, at once if it stands there already.
   *
   * @throws With the log's end in the message, after `timeoutMs` or when the process ends before.
   */
  waitFor(pattern: RegExp | string, timeoutMs = 10_000, from = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        watcher.close();
        this.#ended.removeEventListener('abort', onEnd);
        settle();
      };
      const look = () => {
        const line = findLine(this.text(), pattern, from);
        if (line !== undefined) finish(() => resolve(line));
        return line !== undefined;
      };
      const fail = (why: string) =>
        finish(() => reject(new Error(`${why}, waiting for ${pattern} in ${this.path}:\n${this.#tail()}`)));
      const onEnd = () => look() || fail(String(this.#ended.reason));
      const timer = setTimeout(() => look() || fail(`${timeoutMs} ms passed`), timeoutMs);
      // the watch comes before the first look, so that no line slips between them
      const watcher = watch(this.path, look);
      this.#ended.addEventListener('abort', onEnd);
      if (!look() && this.#ended.aborted) onEnd();
    });
  }

  /** Reads what is left and lets go of the file; the text stays. */
  close(): void {
    if (!this.#open) return;
    this.text();
    this.#open = false;
    closeSync(this.#fd);
  }

  #tail(): string {
    return this.text().split('\n').slice(-40).join('\n');
  }
}

function findLine(text: string, pattern: RegExp | string, from: number): string | undefined {
  const whole = text.slice(from, text.lastIndexOf('\n') + 1);
  const at = typeof pattern === 'string' ? whole.indexOf(pattern) : whole.search(pattern);
  if (at < 0) return undefined;
  return whole.slice(whole.lastIndexOf('\n', at - 1) + 1, whole.indexOf('\n', at));
}
