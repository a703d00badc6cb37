/** What a person, or a program, sees of a call. */
import type { AgiStatus, CallEvent } from '../sim/events';
import { describeEvent, printable, seconds } from '../sim/transcript';
import { toJson } from './output';

export interface Summary {
  readonly durationMs: number;
  readonly commands: number;
  readonly answered: boolean;
  /** AGISTATUS. */
  readonly status: AgiStatus;
  /** Where the dialplan goes on; not where the call is over. */
  readonly goesOn?: { readonly context: string; readonly extension: string; readonly priority: number };
  readonly exitCode?: number;
  readonly failure?: string;
}

export interface Screen {
  /** @param attended whether the terminal's keys are the phone's */
  opened(target: string, attended: boolean): void;
  event(event: CallEvent): void;
  /** What the script's process has written on its standard error. */
  log(text: string): void;
  /** Something that the simulation itself has to say. */
  note(text: string): void;
  closed(summary: Summary): void;
}

interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** One JSON object a line: every event, `log`, `note`, and at the end `summary`. */
export class JsonScreen implements Screen {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  opened(): void {}

  event(event: CallEvent): void {
    this.#write(event);
  }

  log(text: string): void {
    this.#write({ type: 'log', text });
  }

  note(text: string): void {
    this.#write({ type: 'note', text });
  }

  closed(summary: Summary): void {
    this.#write({ type: 'summary', ...summary });
  }

  #write(value: object): void {
    this.#output.write(`${toJson(value)}\n`);
  }
}

const colours: Partial<Record<CallEvent['type'], number>> = {
  command: 33,
  reply: 36,
  play: 32,
  say: 32,
  key: 35,
  warning: 31,
  hangup: 31,
  end: 2,
  verbose: 2,
};

/** Lines for a person; readable without colour. */
export class TextScreen implements Screen {
  readonly #output: Output;
  readonly #wire: boolean;
  readonly #coloured: boolean;
  #command = '';
  #attended = false;
  #place: string | undefined;
  /** The keys that were last told of. */
  #keys: string | undefined;
  /** The start of a line of the log. */
  #heldLog = '';

  constructor(output: Output, { wire }: { readonly wire: boolean }) {
    this.#output = output;
    this.#wire = wire;
    this.#coloured = output.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  }

  opened(target: string, attended: boolean): void {
    this.#attended = attended;
    const keys = attended ? '   (0-9 * # A-D are the keys of the phone, h or Ctrl-C hangs up)' : '';
    this.#line(`${this.#paint(1, `Call to ${printable(target)}`)}${this.#paint(2, keys)}`);
  }

  event(event: CallEvent): void {
    if (event.type === 'command') this.#command = event.line;
    if (event.type === 'listen') {
      // each command of a menu listens anew, and as a rule for the same
      if (!this.#attended || event.keys === this.#keys) return;
      this.#keys = event.keys;
      this.#at(event.atMs, this.#paint(2, `… listens for ${printable([...event.keys].join(' '))}`));
      return;
    }
    if ((event.type === 'command' || event.type === 'reply') && !this.#wire) {
      // what Asterisk does not take is worth a line in any case; that the caller is gone was told before
      if (event.type !== 'reply' || !/^5(?!11|20 End)/.test(event.line)) return;
      this.#at(event.atMs, this.#paint(31, `! ${printable(this.#command)}: ${printable(event.line)}`));
      return;
    }
    if (event.type === 'end') return;
    const text = describeEvent(event);
    // SET CONTEXT, SET EXTENSION and SET PRIORITY say one thing, and may say it thrice
    if (event.type === 'move' && text === this.#place) return;
    if (event.type === 'move') this.#place = text;
    if (text !== undefined) this.#at(event.atMs, this.#paint(colours[event.type], text));
  }

  log(text: string): void {
    const lines = (this.#heldLog + text).split('\n');
    this.#heldLog = lines.pop() as string;
    for (const line of lines) this.#line(`${' '.repeat(10)}${this.#paint(2, `≡ ${printable(line)}`)}`);
  }

  note(text: string): void {
    this.#line(`${' '.repeat(10)}${this.#paint(31, `! ${printable(text)}`)}`);
  }

  closed(summary: Summary): void {
    if (this.#heldLog !== '') this.log('\n');
    const { durationMs, commands, answered, status, goesOn, failure } = summary;
    const place = goesOn
      ? `the dialplan goes on at ${printable(`${goesOn.context},${goesOn.extension},${goesOn.priority}`)}`
      : 'the dialplan ends, for the caller is gone';
    const counted = `${commands} command${commands === 1 ? '' : 's'}`;
    this.#line(
      `${this.#paint(1, 'Done')}: ${seconds(durationMs)}, ${counted}, ${answered ? 'answered' : 'not answered'}; ${place}; AGISTATUS is ${status}`,
    );
    if (failure !== undefined) this.#line(this.#paint(31, `Failed: ${printable(failure)}`));
  }

  #at(ms: number, text: string): void {
    this.#line(`${this.#paint(2, seconds(ms).padStart(8))}  ${text}`);
  }

  #line(text: string): void {
    this.#output.write(`${text}\n`);
  }

  #paint(colour: number | undefined, text: string): string {
    return this.#coloured && colour !== undefined && text !== '' ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }
}
