/** What took how long: the lines of a call as steps, each command with Asterisk's time for it and the script's before it. */
import type { TraceEntry } from './entry';
import { count } from './visible';

/** A command and what came of it. */
export interface Exchange {
  readonly type: 'exchange';
  readonly command: string;
  /** All that Asterisk said to it, its lines joined by LF; undefined where nothing came. */
  readonly reply: string | undefined;
  /** When it was sent, since the beginning. */
  readonly atMs: number;
  /** How long the script took for it: since the reply before, or since the request. */
  readonly scriptMs: number;
  /** How long Asterisk took for it; undefined where nothing came. */
  readonly asteriskMs: number | undefined;
  readonly outcome: 'done' | 'refused' | 'hangup' | 'unanswered';
  /** Whether something was left out. */
  readonly redacted: boolean;
}

/** Something that happened at one moment. */
export interface Moment {
  readonly type: 'request' | 'hangup' | 'script' | 'error' | 'end' | 'other';
  readonly text: string;
  readonly atMs: number;
}

export type Step = Exchange | Moment;

interface OpenCommand {
  readonly command: string;
  readonly atMs: number;
  readonly scriptMs: number;
  redacted: boolean;
}

export class Timeline {
  #request: { lines: number; done: boolean } | undefined = { lines: 0, done: false };
  #open: OpenCommand | undefined;
  /** Whether the script has ended: Asterisk writes HANGUP at the end of every session over FastAGI. */
  #over = false;
  #reply: string[] = [];
  #repliedMs = 0;
  /** When the other side last had the word. */
  #heardMs = 0;

  /** The steps that this entry completes. */
  push({ dir, line, ms, redacted: isRedacted }: TraceEntry): Step[] {
    const redacted = isRedacted === true;
    if (dir === '>') {
      const before = [...this.#endRequest(ms), ...this.#close()];
      this.#open = { command: line, atMs: ms, scriptMs: Math.max(0, ms - this.#heardMs), redacted };
      return before;
    }
    if (dir === 'hangup' && !this.#request) return this.#hangUp(ms);
    if (dir !== '<') {
      if (dir === 'end') this.#over = true;
      const type = dir === 'script' || dir === 'error' || dir === 'end' ? dir : 'other';
      const moment: Moment = { type, text: type === 'end' ? endText(line) : line, atMs: ms };
      return [...this.#endRequest(ms), ...(dir === 'script' ? [] : this.#close()), moment];
    }
    if (this.#request) {
      this.#heardMs = ms;
      if (line !== '') this.#request.lines++;
      return line === '' ? this.#endRequest(ms) : [];
    }
    if (line === 'HANGUP') return this.#hangUp(ms);
    if (this.#open) {
      if (this.#reply.length < 1000) this.#reply.push(line);
      this.#open.redacted ||= redacted;
      this.#repliedMs = ms;
    }
    this.#heardMs = ms;
    return [];
  }

  /** The steps that are left when the call's last line has been read. */
  end(): Step[] {
    return [...this.#endRequest(this.#heardMs), ...this.#close()];
  }

  #hangUp(atMs: number): Step[] {
    // a command that waits is still answered
    const before = this.#open && this.#reply.length === 0 ? [] : this.#close();
    const over = this.#over || /^failure/i.test(this.#open?.command ?? '');
    const moment: Moment = over
      ? { type: 'other', text: 'Asterisk ended the session', atMs }
      : { type: 'hangup', text: 'the caller hung up', atMs };
    return [...before, moment];
  }

  #endRequest(ms: number): Moment[] {
    const request = this.#request;
    if (request === undefined) return [];
    this.#request = undefined;
    this.#heardMs = Math.min(ms, this.#heardMs);
    if (request.lines === 0) return [];
    return [{ type: 'request', text: `request of ${count(request.lines, 'line')}`, atMs: this.#heardMs }];
  }

  #close(): Exchange[] {
    const open = this.#open;
    if (open === undefined) return [];
    this.#open = undefined;
    const reply = this.#reply.length > 0 ? this.#reply.join('\n') : undefined;
    this.#reply = [];
    const asteriskMs = reply === undefined ? undefined : Math.max(0, this.#repliedMs - open.atMs);
    return [{ type: 'exchange', ...open, reply, asteriskMs, outcome: outcomeOf(reply) }];
  }
}

function outcomeOf(reply: string | undefined): Exchange['outcome'] {
  if (reply === undefined) return 'unanswered';
  // GOSUB says so before its real reply
  const last = reply.replace(/^100 [^\n]*\n/, '');
  if (/^511 /.test(last)) return 'hangup';
  return /^200 /.test(last) ? 'done' : 'refused';
}

function endText(line: string): string {
  return /^\d+$/.test(line) ? `exit code ${line}` : line;
}

/** What a whole call comes to, however long it is. */
export class Summary {
  commands = 0;
  refused = 0;
  asteriskMs = 0;
  scriptMs = 0;
  totalMs = 0;
  hungUpMs: number | undefined;
  error: string | undefined;
  end: string | undefined;
  /** The commands that Asterisk, and the script before them, took longest for; the longest first. */
  readonly slowest: { asterisk: Exchange[]; script: Exchange[] } = { asterisk: [], script: [] };

  push(step: Step): void {
    this.totalMs = Math.max(this.totalMs, step.atMs);
    if (step.type === 'hangup') this.hungUpMs ??= step.atMs;
    if (step.type === 'error') this.error ??= step.text;
    if (step.type === 'end') this.end = step.text;
    if (step.type !== 'exchange') return;
    this.commands++;
    if (step.outcome === 'refused') this.refused++;
    this.scriptMs += step.scriptMs;
    this.asteriskMs += step.asteriskMs ?? 0;
    this.totalMs = Math.max(this.totalMs, step.atMs + (step.asteriskMs ?? 0));
    keepLongest(this.slowest.asterisk, step, (exchange) => exchange.asteriskMs ?? 0);
    keepLongest(this.slowest.script, step, (exchange) => exchange.scriptMs);
  }
}

const KEPT_SLOWEST = 3;

function keepLongest(kept: Exchange[], step: Exchange, lengthMs: (exchange: Exchange) => number): void {
  if (lengthMs(step) < 1) return;
  kept.push(step);
  kept.sort((a, b) => lengthMs(b) - lengthMs(a));
  kept.length = Math.min(kept.length, KEPT_SLOWEST);
}
