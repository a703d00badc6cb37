/** The terminal's keys as the phone's, as they are pressed. */
import type { ReadStream } from 'node:tty';

const CTRL_C = '\x03';
/** Arrows, function keys and keys with Alt are several characters. */
const notOfAPhone = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|[^[O])?/g;

export class Keyboard {
  readonly #terminal: ReadStream;
  readonly #onData: (text: string) => void;
  readonly #restore: () => void;

  constructor(terminal: ReadStream, to: { key(key: string): void; hangUp(): void }) {
    this.#terminal = terminal;
    this.#onData = (text) => {
      for (const char of text.replace(notOfAPhone, '')) {
        if (char === CTRL_C || char === 'h' || char === 'H') to.hangUp();
        else if (/^[0-9*#A-Da-d]$/.test(char)) to.key(char.toUpperCase());
      }
    };
    terminal.setRawMode(true);
    this.#restore = () => void terminal.setRawMode(false);
    // however this process ends, the terminal must be as it was
    process.once('exit', this.#restore);
    terminal.setEncoding('utf8').on('data', this.#onData).resume();
  }

  close(): void {
    process.off('exit', this.#restore);
    this.#terminal.off('data', this.#onData).pause();
    this.#restore();
  }
}
