/** Keeps one call in a file of its own, each line at once, so that a crash loses nothing. */
import { closeSync, writeSync } from 'node:fs';
import { describeRequest, encodeTraceLine, TRACE_VERSION, type TraceEntry, type TraceKind } from './entry';
import { openTraceFile } from './folder';
import { Redaction, type RedactionRules } from './redaction';

/** A call that says more than this is a script that runs in circles: the rest is not kept. */
const MAX_FILE_BYTES = 64 << 20;

export interface RecorderOptions extends RedactionRules {
  readonly folder: string;
  /** Days that files are kept; 0: for ever. */
  readonly days: number;
  /** `fastagi 1.0.0` */
  readonly program: string;
  /** How large a file may become; 64 MiB. */
  readonly maxBytes?: number;
  /** Told once of what keeps the trace from being written; the call goes on. */
  readonly onProblem: (text: string) => void;
}

export class TraceRecorder {
  readonly #options: RecorderOptions;
  readonly #redaction: Redaction;
  readonly #at = new Date();
  readonly #begunMs = performance.now();
  /** The request's lines, until they are whole and say what the file is called; undefined then. */
  #request: TraceEntry[] | undefined = [];
  #uniqueId: string | undefined;
  #fd: number | undefined;
  #bytes = 0;
  #isFull = false;

  /** It makes no file yet: that comes with the end of the request. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#redaction = new Redaction(options);
  }

  /** A line of the conversation. @param secret hold it back, as its command asks */
  line(direction: '<' | '>', line: string, secret: boolean): void {
    if (this.#isFull) return;
    const shown = this.#redaction.apply(direction, line, secret);
    if (this.#request && line.startsWith('agi_uniqueid: ')) this.#uniqueId = line.slice(14);
    this.#add(direction, shown, shown !== line);
    if (this.#request && line === '') this.#open(this.#request);
    const { maxBytes = MAX_FILE_BYTES } = this.#options;
    if (this.#bytes < maxBytes) return;
    this.#isFull = true;
    this.#add('cut', `the trace holds ${maxBytes} bytes, and what was said from here on is not kept`, false);
  }

  /** What has become of the script. */
  tell(kind: 'hangup' | 'script' | 'error' | 'end', text: string): void {
    // who asks for nothing, as a health check, leaves no trace
    const shown = this.#redaction.words(text);
    if (!this.#request) this.#add(kind, shown, shown !== text);
    if (kind === 'end') this.#close();
  }

  #add(dir: TraceKind, line: string, redacted: boolean): void {
    const ms = Math.round((performance.now() - this.#begunMs) * 1000) / 1000;
    const entry: TraceEntry = redacted ? { ms, dir, line, redacted } : { ms, dir, line };
    if (this.#request) this.#request.push(entry);
    else this.#write(encodeTraceLine(entry));
  }

  #open(request: readonly TraceEntry[]): void {
    this.#request = undefined;
    const { folder, days, program } = this.#options;
    try {
      this.#fd = openTraceFile(folder, { days, at: this.#at, uniqueId: this.#uniqueId }).fd;
    } catch (error) {
      this.#options.onProblem(
        `no trace of this call: [fastagi] trace = ${folder}: ${(error as Error).message}`,
      );
      return;
    }
    const header = {
      trace: TRACE_VERSION,
      started: this.#at.toISOString(),
      program,
      pid: process.pid,
      ...describeRequest(request.map(({ line }) => line)),
    };
    this.#write([header, ...request].map(encodeTraceLine).join(''));
  }

  #write(text: string): void {
    if (this.#fd === undefined) return;
    try {
      this.#bytes += writeSync(this.#fd, text);
    } catch (error) {
      this.#options.onProblem(
        `the trace of this call ends here: [fastagi] trace = ${this.#options.folder}: ${(error as Error).message}`,
      );
      this.#close();
    }
  }

  #close(): void {
    if (this.#fd === undefined) return;
    try {
      closeSync(this.#fd);
    } catch {
      // closed already by the script
    }
    this.#fd = undefined;
  }
}
