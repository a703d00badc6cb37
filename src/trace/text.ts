/** A call as lines of text: what was said when, and what took how long. */
import type { TraceHeader } from './entry';
import type { Exchange, Step, Summary } from './timeline';
import { clock, count, duration, visible } from './visible';

export interface TextOptions {
  /** Whether the reader is a terminal that has colours. */
  readonly colour: boolean;
  /** Columns of the terminal; lines are not cut where it is left out. */
  readonly columns?: number;
}

/** So much of one line is shown where nothing is known of a width. */
const MAX_SHOWN = 2000;

export class TextView {
  readonly #colour: boolean;
  readonly #columns: number | undefined;

  constructor({ colour, columns }: TextOptions) {
    this.#colour = colour;
    this.#columns = columns;
  }

  /** The lines above: which call it is. */
  header(header: TraceHeader): string[] {
    const rows = headerRows(header).map(
      ([name, value]) => `  ${this.#paint(dim, name.padEnd(9))} ${visible(value, 400)}`,
    );
    const title = this.#paint(bold, visible(header.script ?? 'a call', 400));
    return [`${title}  ${visible(header.started, 60)}`, ...rows, '', this.#paint(dim, columnTitles)];
  }

  step(step: Step): string[] {
    const at = clock(step.atMs).padStart(9);
    if (step.type === 'exchange') return this.#exchange(step, at);
    const sign = step.type === 'hangup' || step.type === 'error' ? red : dim;
    const name =
      step.type === 'script' || step.type === 'error' || step.type === 'end' ? `${step.type}: ` : '';
    return [
      `${at}${' '.repeat(22)}${this.#paint(sign, this.#fit(`${name}${visible(step.text, MAX_SHOWN)}`, 31))}`,
    ];
  }

  note(text: string): string {
    return this.#paint(yellow, `note: ${visible(text, MAX_SHOWN)}`);
  }

  /** The lines below: what it comes to. */
  summary(summary: Summary): string[] {
    const parts = [
      duration(summary.totalMs),
      count(summary.commands, 'command'),
      `Asterisk ${duration(summary.asteriskMs)}`,
      `script ${duration(summary.scriptMs)}`,
    ];
    if (summary.refused > 0) parts.push(this.#paint(red, `${summary.refused} refused`));
    if (summary.hungUpMs !== undefined) parts.push(`hung up at ${clock(summary.hungUpMs)}`);
    if (summary.end !== undefined) parts.push(visible(summary.end, 60));
    const slowest = (
      who: string,
      exchanges: readonly Exchange[],
      lengthMs: (one: Exchange) => number,
      before = '',
    ) =>
      exchanges.map((one) =>
        this.#fit(
          `slowest of ${who}: ${duration(lengthMs(one)).padStart(8)}  ${before}${visible(one.command, MAX_SHOWN)}`,
          0,
        ),
      );
    return [
      '',
      parts.join(', '),
      ...slowest('Asterisk', summary.slowest.asterisk, (one) => one.asteriskMs ?? 0),
      ...slowest('the script', summary.slowest.script, (one) => one.scriptMs, 'before '),
    ];
  }

  #exchange({ command, reply, scriptMs, asteriskMs, outcome }: Exchange, at: string): string[] {
    const script = duration(scriptMs).padStart(10);
    const asterisk = (asteriskMs === undefined ? '-' : duration(asteriskMs)).padStart(10);
    const sign = outcome === 'done' ? plain : outcome === 'refused' ? red : yellow;
    const answer = reply === undefined ? 'no answer' : visible(reply, MAX_SHOWN);
    const space = this.#columns === undefined ? MAX_SHOWN * 2 : Math.max(30, this.#columns - 31);
    const said = visible(command, MAX_SHOWN);
    const head = `${at}${this.#paint(scriptMs >= SLOW_MS ? yellow : dim, script)}${this.#paint(asteriskMs !== undefined && asteriskMs >= SLOW_MS ? cyan : dim, asterisk)}  `;
    if (said.length + answer.length + 3 <= space)
      return [`${head}${this.#paint(bold, said)} → ${this.#paint(sign, answer)}`];
    return [
      `${head}${this.#paint(bold, this.#fit(said, 31))}`,
      `${' '.repeat(31)}→ ${this.#paint(sign, this.#fit(answer, 33))}`,
    ];
  }

  /** What there is room for behind so many columns. */
  #fit(text: string, column: number): string {
    if (this.#columns === undefined) return text;
    const room = Math.max(28, this.#columns - column);
    return text.length > room ? `${text.slice(0, room - 1)}…` : text;
  }

  #paint(code: string, text: string): string {
    return this.#colour && code !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** From here on a time stands out. */
const SLOW_MS = 1000;
const [plain, bold, dim, red, yellow, cyan] = ['', '1', '2', '31', '33', '36'] as const;
const columnTitles = '       at    script  Asterisk  command → reply';

/** What is said of a call above its timeline. */
export function headerRows({
  channel,
  uniqueId,
  callerId,
  context,
  extension,
  program,
  pid,
}: TraceHeader): [string, string][] {
  const rows: [string, string | undefined][] = [
    ['channel', channel],
    ['unique id', uniqueId],
    ['caller', callerId],
    ['dialled', extension && context ? `${extension}@${context}` : extension],
    ['served by', program && pid ? `${program}, process ${pid}` : program],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
}
