/** What a look at a set-up has found: a line for each thing, and what mends those that are not well. */

/** `failure` stands in a call's way, `warning` does not, or not always; what is `skipped` could not be looked at. */
export type FindingState = 'ok' | 'warning' | 'failure' | 'skipped';

export interface Finding {
  /** What was looked at: `port`, `scripts`. */
  readonly subject: string;
  readonly state: FindingState;
  /** What is so, and where. No secret is in it. */
  readonly text: string;
  /** The command that mends it, or the line that is to be written and into which file. */
  readonly remedy?: string;
}

/** The findings of one subject, in order. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  ok(text: string): void {
    this.#add('ok', text);
  }

  skipped(text: string, remedy?: string): void {
    this.#add('skipped', text, remedy);
  }

  warning(text: string, remedy?: string): void {
    this.#add('warning', text, remedy);
  }

  failure(text: string, remedy?: string): void {
    this.#add('failure', text, remedy);
  }

  /** Whether there is nothing yet that is to be mended. */
  get isWell(): boolean {
    return !this.list.some(({ state }) => state === 'warning' || state === 'failure');
  }

  #add(state: FindingState, text: string, remedy?: string): void {
    const finding = { subject: this.#subject, state, text };
    this.list.push(remedy === undefined ? finding : { ...finding, remedy });
  }
}

/** The first few of many, for a line. */
export function some(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ');
}
