/** Asterisk's end of a call in memory: an answer to each line, and whatever else it may say. */
import { nobody, type Receiver, type Transport } from '../../src/agi/transport';

/** Gives the bytes that come back for a command; undefined where nothing does. */
export type Script = (command: string) => string | undefined;

export class MemoryTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  readonly arrived = false;
  readonly blocked = false;
  closed = false;
  /** Every command that was written, without its LF. */
  readonly commands: string[] = [];
  /** What `write` throws, once set. */
  broken: Error | undefined;
  /** Gives the answers; none while undefined. */
  script: Script | undefined;
  readonly #incoming: (Buffer | 'end' | Error)[] = [];

  constructor(script?: Script) {
    this.script = script;
  }

  write(text: string): void {
    if (this.broken) throw this.broken;
    if (!/^[^\n]*\n$/.test(text)) throw new Error(`not one whole line: ${JSON.stringify(text)}`);
    // the mark behind an expression is another one in each process
    const mark = /~[0-9a-z]{6,}/.exec(text)?.[0] ?? '';
    const command = text.slice(0, -1).replace(mark, mark && '~MARK');
    this.commands.push(command);
    const answer = this.script?.(command);
    if (answer !== undefined) this.say(answer.replaceAll('~MARK', mark));
  }

  read(): void {
    this.reading = true;
    queueMicrotask(() => this.#deliver());
  }

  close(): void {
    this.closed = true;
    this.receiver = nobody;
  }

  /** What Asterisk sends, as one piece. */
  say(bytes: string | Buffer): void {
    this.#incoming.push(Buffer.from(bytes as string));
    this.#deliver();
  }

  /** The connection ends. */
  end(error?: Error): void {
    this.#incoming.push(error ?? 'end');
    this.#deliver();
  }

  #deliver(): void {
    if (!this.reading || this.#incoming.length === 0) return;
    const next = this.#incoming.shift() as Buffer | 'end' | Error;
    this.reading = false;
    // a real one never calls back from inside of `read` or `write`
    queueMicrotask(() => {
      if (next === 'end') this.receiver.onEnd();
      else if (next instanceof Error) this.receiver.onEnd(next);
      else this.receiver.onData(next);
    });
  }
}

/** Resolves when all that was said has been heard, and what follows from it has happened. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
