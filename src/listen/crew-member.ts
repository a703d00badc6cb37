/** A process that serves calls, as the master sees it. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import os from 'node:os';
import { monotonicMs } from '../agi/socket-transport';
import type { Log } from '../log';
import type { CompiledProgram } from './compiled-program';
import type { Descriptor } from './doors';
import { ErrandLine, type Line, OrderLine } from './line';
import type { CallOrder, Order, Report, Terms } from './messages';
import { raisePriority } from './priority';
import { isReport } from './reports';

/** How long a boot may take, and a process to take a call that it is handed. */
const PATIENCE_MS = 20_000;
/** By so much a timer may be late: one that is later was held up with this process, and others may have been, too. */
const LATE_MS = 1000;
/** How long a process that has nothing to say any more may take to end. */
const LAST_MS = 2000;
/** How long a process may take to leave once it has been told that its time is over. */
const LEAVE_MS = 10_000;
/** What a process of the pool has to say of a call, at the most: that it is taken, that it is done, and that itself is free. */
const WORDS_A_CALL = 3;
/** And beside its calls: that it is ready, and that it leaves. */
const OWN_WORDS = 2;

export interface Watcher {
  onReport(member: CrewMember, report: Report): void;
  /** The process has left by itself: nothing of it is on its calls' connections any more. */
  onLeave(member: CrewMember): void;
  /** The process has ended, however that went. */
  onExit(member: CrewMember, how: Exit): void;
}

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Files beside the executables. */
export interface Program {
  /** What Node runs. */
  readonly starter: string;
  /** What that runs, as it is or compiled. */
  readonly file: string;
  /** What Node runs for a call that waits. */
  readonly errand: string;
}

export interface BootOptions {
  readonly program: Program;
  readonly compiled: CompiledProgram | undefined;
  readonly terms: Terms;
  /** Stand back behind the calls while it boots. */
  readonly politely: boolean;
  /** Sockets that it is to accept from by itself. */
  readonly descriptors: readonly Descriptor[];
  readonly log: Log;
  /** The one call that it is for, which it has from the start. */
  readonly errand?: { readonly call: CallOrder; readonly fd: number };
}

export class CrewMember {
  readonly #child: ChildProcess;
  readonly #line: Line;
  readonly #log: Log;
  /** Whether it serves the call that it was started for, and no other. */
  readonly isOnErrand: boolean;
  /** Whether it serves no second call, whatever it says: by then it may be a script's owner. */
  readonly servesOne: boolean;
  /** `starting`: with the call that it is for. */
  state: 'booting' | 'idle' | 'starting' | 'busy' | 'leaving';
  /** When it became idle last. */
  idleSinceMs = 0;
  /** Whether it stands back behind the calls, until it is ready. */
  #polite = false;
  #patience: NodeJS.Timeout | undefined;
  #patienceEndsMs = Number.POSITIVE_INFINITY;
  /** Whether it is its end that is due: nothing else that comes from it will do. */
  #isEndDue = false;
  #silence: NodeJS.Timeout | undefined;
  #isCut = false;
  #isDistrusted = false;
  /** Whether it has said that it is ready. */
  #isReady = false;
  /** How much it may still say: who talks without end would have the master hear nobody else. */
  #wordsLeft: number;

  constructor(options: BootOptions, watcher: Watcher) {
    const { terms, politely, descriptors, log, errand } = options;
    this.#log = log;
    this.isOnErrand = errand !== undefined;
    this.servesOne = terms.maxCalls === 1;
    // those of many calls have one owner, and say how they are as often as they are asked
    this.#wordsLeft = terms.mode === 'shared' ? Number.POSITIVE_INFINITY : OWN_WORDS;
    if (errand) this.#wordsLeft += WORDS_A_CALL;
    const priority = os.getPriority();
    // a fixed seed of the hash tables is for processes of one call
    const flags = process.execArgv.filter((flag) => flag !== '--no-rehash-snapshot');
    const { words, stdio } = commandOf(options, priority);
    // a script's owner must not be able to type on the terminal that root has started the server from
    this.#child = spawn(process.execPath, [...flags, ...words], { stdio, detached: terms.config.setuid });
    const { pid } = this.#child;
    if (politely && pid !== undefined) {
      try {
        os.setPriority(pid, Math.min(19, priority + 10));
        this.#polite = true;
      } catch {
        // it has ended already
      }
    }
    this.#line = errand
      ? new ErrandLine(this.#child, { terms, call: errand.call })
      : new OrderLine(this.#child, terms.mode);
    this.#line.listen(
      (said) => {
        if (this.#isDistrusted) return;
        if (this.#canSay(said)) watcher.onReport(this, said);
        else this.distrust();
      },
      () => this.#onSilence(),
    );
    this.#watchEnd(watcher);
    if (errand) {
      this.state = 'starting';
      this.expect('has not begun the call that it was started for');
    } else {
      this.state = 'booting';
      this.send({ type: 'begin', terms, sockets: descriptors.length });
      this.expect('is not ready');
    }
  }

  #onSilence(): void {
    // one that ends closes its line, too, and may be seen to have ended before that
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#silence = setTimeout(() => {
      if (this.state !== 'leaving') this.#cut('has closed its line to this one');
    }, LAST_MS).unref();
  }

  #watchEnd(watcher: Watcher): void {
    let isOver = false;
    const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(this.#patience);
      clearTimeout(this.#silence);
      this.#line.close();
      watcher.onExit(this, { code, signal });
    };
    // a process that could not be started, or has been killed while it was written to: its exit tells all
    this.#child.on('error', (error) => {
      if (this.#child.pid !== undefined) return;
      this.#log.write('error', `no process can be started: ${error.message} [PROCESS_START]`);
      onExit(null, null);
    });
    // its last words may not have been read yet: a call that it has served must not be another's. Something that the
    // script has started may hold the line open.
    this.#child.on('exit', (code, signal) => {
      if (signal === null) watcher.onLeave(this);
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => onExit(code, signal), LAST_MS);
    });
    this.#child.on('close', onExit);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Whether it has stayed behind the calls, though it is ready: to come forth it was missing the right. */
  get isHeldBack(): boolean {
    try {
      return os.getPriority(this.pid) > os.getPriority();
    } catch {
      // it has ended
      return false;
    }
  }

  /** A call waits for it: on a machine that has much to do, who stands back would stand there for long. */
  hurry(): void {
    if (!this.#polite || this.state !== 'booting') return;
    this.#polite = false;
    raisePriority(this.pid, os.getPriority());
  }

  /** Whether something is due from it. */
  get waited(): boolean {
    return this.#patience !== undefined;
  }

  /** Ends the process where it does not do what is due in time; what is due sooner already stays so. */
  expect(what: string, withinMs = PATIENCE_MS): void {
    const endsMs = monotonicMs() + withinMs;
    if (this.#isEndDue || this.#patienceEndsMs <= endsMs) return;
    this.content();
    this.#wait(what, withinMs);
  }

  #wait(what: string, withinMs: number): void {
    const endsMs = monotonicMs() + withinMs;
    this.#patienceEndsMs = endsMs;
    this.#patience = setTimeout(() => {
      if (monotonicMs() - endsMs > LATE_MS) {
        this.#wait(what, withinMs);
        return;
      }
      this.#log.write(
        'error',
        `process ${this.pid} ${what} after ${withinMs / 1000} s, and is killed [PROCESS_STUCK]`,
      );
      this.kill();
    }, withinMs).unref();
  }

  /** Its call is over: with what it has left behind it may take no other's place for ever. */
  expectTidy(): void {
    this.expect('has not tidied up', LEAVE_MS);
  }

  /** It is to end, and nothing else will do. */
  expectEnd(withinMs = LEAVE_MS): void {
    this.expect('has not left', withinMs);
    this.#isEndDue = true;
  }

  /** What was due has come. */
  content(): void {
    if (this.#isEndDue) return;
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#patienceEndsMs = Number.POSITIVE_INFINITY;
  }

  /**
   * Hands over a call. The socket stays open here, too, until the process has said that it has it; in a pool, until the
   * call is over.
   * @param withinMs how long that may take; 0: as long as it likes
   */
  hand(order: CallOrder, socket: Socket, withinMs = PATIENCE_MS): void {
    this.#wordsLeft += WORDS_A_CALL;
    this.#line.send(order, socket);
    if (withinMs > 0) this.expect('has not taken the call that it was handed', withinMs);
  }

  send(order: Order): void {
    this.#line.send(order);
  }

  #canSay(said: unknown): said is Report {
    if (--this.#wordsLeft < 0 || !isReport(said)) return false;
    const { type } = said;
    if (!this.#line.carries(type)) return false;
    if (type !== 'deaf' && type !== 'ready') return true;
    // what it was given to listen on is known before it is ready
    if (this.#isReady) return false;
    this.#isReady = type === 'ready';
    return true;
  }

  /** It has said what cannot be: a script can reach the descriptor of the line. Nothing more of it is heard. */
  distrust(): void {
    this.#isDistrusted = true;
    this.#cut('has said what it cannot say');
  }

  /** Who lies, or cannot be told anything, serves no more calls. */
  #cut(what: string): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#log.write('error', `process ${this.pid} ${what}, and is killed [PROCESS_LINE]`);
    this.kill();
  }

  /**
   * To take no more, and to leave when it is done.
   * @param isDone nothing is left for it to do
   */
  dismiss(isDone: boolean): void {
    this.state = 'leaving';
    this.send({ type: 'leave' });
    if (isDone) this.expectEnd();
  }

  /** Its time is over: what it does is ended. */
  end(why: string): void {
    this.state = 'leaving';
    this.send({ type: 'end', why });
    this.expectEnd();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** What Node runs, and with which descriptors. */
function commandOf(
  { program, compiled, descriptors, errand }: BootOptions,
  priority: number,
): { words: string[]; stdio: StdioOptions } {
  if (errand) return { words: [program.errand], stdio: [errand.fd, 'inherit', 'inherit', 'pipe'] };
  // the type of what `spawn` takes knows streams only, and not the sockets that they are made of
  const sockets = descriptors as readonly number[];
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc', ...sockets];
  const words = [program.starter, `${priority}`];
  if (compiled) {
    words.push(...[stdio.length, compiled.textBytes, compiled.bytes].map(String));
    stdio.push(compiled.fd);
  }
  return { words, stdio };
}
