/** Conversations between a script and Asterisk; see the table. */

export type AsteriskMajor = 16 | 22;

/**
 * A call, line by line:
 *
 * - `> LINE` the script sends;
 * - `< LINE` Asterisk answers; `*` stands for a number that time makes (see the table);
 * - `playing FILE` waits until the caller hears that file;
 * - `press KEYS`, `write TEXT`, `hang up`: what the caller does meanwhile;
 * - `moment` a moment passes, long enough for Asterisk to have begun what it was told;
 * - `close` the script closes the connection; the last step does so, too, where nothing else ended it;
 * - `end` Asterisk closes the connection;
 * - `exit CODE` the script's process ends with this code, in classic AGI, where `< SIGHUP` is the signal;
 * - `status WORD` what AGISTATUS is in the dialplan afterwards.
 */
export interface Conversation {
  readonly name: string;
  /** Where it holds; in both where it is left out. */
  readonly versions?: readonly AsteriskMajor[];
  /** Channel variables that the dialplan has set before. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Classic AGI, where FastAGI is what is left out. */
  readonly classic?: true;
  /** Called when the caller is gone, by the extension `h`. */
  readonly dead?: true;
  readonly steps: readonly string[];
}

/** What plays one conversation: Asterisk, or what stands in for it. */
export interface Partner {
  send(bytes: string): void;
  /** The next whole line; undefined at the end. */
  line(): Promise<string | undefined>;
  playing(file: string): Promise<void>;
  press(keys: string): Promise<void>;
  write(text: string): Promise<void>;
  hangup(): Promise<void>;
  moment(): Promise<void>;
  close(): void;
  exit(code: number): void;
  status(): Promise<string>;
}

/** What came of it, in the table's own words: equal to the steps where both agree. */
export async function hold(conversation: Conversation, partner: Partner): Promise<string[]> {
  const seen: string[] = [];
  let closed = false;
  const close = () => {
    if (!closed) partner.close();
    closed = true;
  };
  for (const step of conversation.steps) {
    const [, word, rest] = /^(\S+) ?(.*)$/s.exec(step) as unknown as [string, string, string];
    if (word === '<') {
      const line = await partner.line();
      seen.push(line === undefined ? 'end' : `< ${masked(line, rest)}`);
      if (line === undefined) break;
      continue;
    }
    if (word === 'end') {
      const line = await partner.line();
      seen.push(line === undefined ? 'end' : `< ${line}`);
      continue;
    }
    if (word === 'status') {
      close();
      seen.push(`status ${await partner.status()}`);
      continue;
    }
    if (word === '>') partner.send(`${rest}\n`);
    else if (word === 'playing') await partner.playing(rest);
    else if (word === 'press') await partner.press(rest);
    else if (word === 'write') await partner.write(rest);
    else if (step === 'moment') await partner.moment();
    else if (word === 'close') close();
    else if (word === 'exit') partner.exit(Number(rest));
    else if (step === 'hang up') await partner.hangup();
    else throw new Error(`no such step: ${step}`);
    seen.push(step);
  }
  close();
  return seen;
}

/** The line, with `*` where the table has it and a number stands. */
function masked(line: string, expected: string): string {
  const pattern = expected
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('-?\\d+');
  return expected.includes('*') && new RegExp(`^${pattern}$`, 's').test(line) ? expected : line;
}

/** Lines of a connection: the text of a usage block, which is Asterisk's own prose, becomes one line of three dots. */
export class Lines {
  #lines: string[] = [];
  #held = '';
  #ended = false;
  #usage = false;
  #waiting: (() => void) | undefined;

  push(chunk: string): void {
    const lines = (this.#held + chunk).split('\n');
    this.#held = lines.pop() as string;
    for (const line of lines) {
      if (this.#usage && !line.includes('520 End of proper usage.')) continue;
      if (this.#usage) this.#lines.push('…');
      this.#usage = line.startsWith('520-');
      this.#lines.push(line);
    }
    this.#waiting?.();
  }

  end(): void {
    if (this.#held !== '') this.#lines.push(this.#held);
    this.#held = '';
    this.#ended = true;
    this.#waiting?.();
  }

  /** Whether there is a line, or the end. */
  get some(): boolean {
    return this.#lines.length > 0 || this.#ended;
  }

  async next(timeoutMs: number): Promise<string | undefined> {
    if (this.#lines.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#waiting = () => {
          if (this.#lines.length === 0 && !this.#ended) return;
          clearTimeout(timer);
          resolve();
        };
      });
      this.#waiting = undefined;
    }
    return this.#lines.shift() ?? (this.#ended ? undefined : '(nothing came)');
  }
}
