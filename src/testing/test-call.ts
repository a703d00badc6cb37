/** A call that a test drives step by step, and looks at afterwards. */
import { isDeepStrictEqual } from 'node:util';
import { describeError } from '../run/report';
import type { SimulatedCall } from '../sim/call';
import { areKeys } from '../sim/call';
import { type Clock, VirtualClock } from '../sim/clock';
import type { AgiStatus, CallEvent } from '../sim/events';
import { machine } from '../sim/machine-time';
import type { ScriptEnd } from '../sim/playing';
import { excerpt, printable, transcript } from '../sim/transcript';
import { ExpectationError } from './expectation-error';

/** A place in the dialplan. */
export interface Place {
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
}

/** A recording of the caller. */
export interface Recording {
  /** Without its extension, as the script names it. */
  readonly file: string;
  readonly format: string;
  readonly durationMs: number;
}

type End = ScriptEnd & { readonly error?: unknown };
type EventOf<T extends CallEvent['type']> = Extract<CallEvent, { type: T }>;

/** No call has as many: such a script runs in circles. */
const MAX_COMMANDS = 100_000;
/** Nor does one last as long by its own clock: a menu that is played again and again to nobody. */
const MAX_STEP_HOURS = 4;
/** Between two looks at a script that is at work. */
const LOOK_MS = 50;

/**
 * Time stands still in the call, and goes on only while the test awaits something of it; then it goes straight to
 * what is due next, so that a timeout of a minute takes none. (With `clock: 'real'` it is the machine's.)
 */
export class TestCall {
  readonly #call: SimulatedCall;
  readonly #clock: Clock;
  readonly #events: CallEvent[];
  readonly #timeoutMs: number;
  readonly #kill: () => void;
  readonly #start: Place;
  readonly #log: () => string;
  readonly #unread: () => boolean;
  #end: End | undefined;
  /** How far the test has come in the events. */
  #seen = 0;

  /** Calls are made by `simulate`. @internal */
  constructor(parts: {
    readonly call: SimulatedCall;
    readonly clock: Clock;
    readonly events: CallEvent[];
    readonly ended: Promise<End>;
    readonly timeoutMs: number;
    readonly kill: () => void;
    readonly log: () => string;
    readonly unread: () => boolean;
  }) {
    this.#call = parts.call;
    this.#clock = parts.clock;
    this.#events = parts.events;
    this.#timeoutMs = parts.timeoutMs;
    this.#kill = parts.kill;
    this.#log = parts.log;
    this.#unread = parts.unread;
    const { context, extension, priority } = parts.call.channel;
    this.#start = { context, extension, priority };
    void parts.ended.then((end) => {
      this.#end = end;
    });
  }

  // — the caller

  /**
   * The caller presses keys, `0` to `9`, `*`, `#`, `A` to `D`, one after the other; `w` is half a second in which he
   * presses none. Each key waits until the script listens for keys, and is lost where it does not listen for this one.
   */
  press(keys: string | number): void {
    const text = String(keys);
    if (!areKeys(text))
      throw new TypeError(`press(${JSON.stringify(keys)}): a phone has the keys 0-9 * # A-D`);
    this.#call.press(text);
  }

  /** The caller hangs up. */
  hangUp(): void {
    this.#call.hangUp();
  }

  /** The caller sends a text, for RECEIVE TEXT and RECEIVE CHAR; it is lost where the script waits for none. */
  sendText(text: string): void {
    this.#call.sendText(text);
  }

  // — steps

  /** Goes on until the caller hears this file. @throws ExpectationError where the script ends before */
  async prompt(file: string): Promise<void> {
    await this.#until(
      `the caller to hear ${JSON.stringify(file)}`,
      (event) => event.type === 'play' && event.file === file,
    );
  }

  /** Goes on until this is said: the text that the command was given, as `1234` of SAY DIGITS. */
  async saying(text: string | number): Promise<void> {
    await this.#until(
      `${JSON.stringify(String(text))} to be said`,
      (event) => event.type === 'say' && event.text === String(text),
    );
  }

  /** Goes on until the script sends a command that is this, or begins with it, or matches. */
  async command(line: string | RegExp): Promise<string> {
    const matches = (sent: string) => (typeof line === 'string' ? sent.startsWith(line) : line.test(sent));
    const event = await this.#until(
      `the command ${String(line)}`,
      (event) => event.type === 'command' && matches(event.line),
    );
    return (event as EventOf<'command'>).line;
  }

  /** Goes on until the script listens for keys. */
  async listening(): Promise<void> {
    await this.#until('the script to listen for keys', (event) => event.type === 'listen');
  }

  /** Lets time pass in the call, while a command of the script's waits for it. */
  async pass(ms: number): Promise<void> {
    const until = this.#clock.now() + ms;
    await this.#goOn(`${ms} ms to pass`, () => this.#clock.now() >= until || this.#end !== undefined, until);
  }

  /**
   * Goes on until the script has ended.
   * @throws ExpectationError where it failed: by an error, an exit code, a FAILURE; where it waits for ever, or says
   * nothing for `timeoutMs`
   */
  async ended(): Promise<void> {
    await this.#toTheEnd();
    const failure = this.failure;
    if (failure !== undefined) {
      const cause = failure instanceof Error ? failure : undefined;
      throw this.#error(`the script failed: ${cause ? describeError(cause) : failure}`, undefined, cause);
    }
  }

  /** Goes on until the script has failed, and gives its error, or a text that says how. */
  async failed(): Promise<unknown> {
    await this.#toTheEnd();
    if (this.failure === undefined) throw this.#error('expected the script to fail, and it did not');
    return this.failure;
  }

  /** Ends the script at once, however far it has come. */
  close(): void {
    this.#call.hangUp();
    this.#kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  // — looking

  /** The files that the caller heard, in order. */
  get played(): string[] {
    return this.#all('play').flatMap(({ file, missing }) => (missing ? [] : [file]));
  }

  /** What was said, as the commands were given it: `1234` of SAY DIGITS, seconds since 1970 of SAY TIME. */
  get said(): string[] {
    return this.#all('say').map(({ text }) => text);
  }

  /** What the caller heard in order: files and what was said. */
  get heard(): string[] {
    return this.#events.flatMap((event) =>
      event.type === 'play' && !event.missing ? [event.file] : event.type === 'say' ? [event.text] : [],
    );
  }

  /** The files that the script played and that are not there. */
  get missing(): string[] {
    return this.#all('play').flatMap(({ file, missing }) => (missing ? [file] : []));
  }

  /** The keys that something listened to. */
  get keys(): string {
    return this.#all('key')
      .filter(({ heard }) => heard)
      .map(({ key }) => key)
      .join('');
  }

  /** What was recorded of the caller, in order. */
  get recordings(): Recording[] {
    return this.#all('record').map(({ file, format, durationMs }) => ({ file, format, durationMs }));
  }

  /** The channel's variables as they are now. */
  get variables(): Record<string, string> {
    return Object.fromEntries(this.#call.channel.variables);
  }

  /** The global variables as they are now. */
  get globals(): Record<string, string> {
    return Object.fromEntries(this.#call.channel.surroundings.globals);
  }

  /** Asterisk's database as it is now, `family/key` to value. */
  get database(): Record<string, string> {
    return Object.fromEntries(this.#call.channel.surroundings.database);
  }

  /** The caller id as it is now. */
  get callerId(): { readonly name: string; readonly number: string } {
    const { callerName: name = '', callerNumber: number = '' } = this.#call.channel;
    return { name, number };
  }

  /** The channel's language as it is now. */
  get language(): string {
    return this.#call.channel.language;
  }

  /** What the script wrote on Asterisk's console. */
  get verbose(): string[] {
    return this.#all('verbose').map(({ text }) => text);
  }

  /** The applications that the script ran by EXEC, as `Dial(PJSIP/alice,20)`. */
  get applications(): string[] {
    return this.#all('application').map(({ name, data }) => `${name}(${data})`);
  }

  /** The subroutines that it ran by GOSUB, as `sub,s,1(one,two)`. */
  get subroutines(): string[] {
    return this.#all('subroutine').map(({ place, arguments: args }) => `${place}(${args.join(',')})`);
  }

  /** What it sent to the caller's screen. */
  get texts(): string[] {
    return this.#all('send').flatMap(({ what, text }) => (what === 'text' ? [text] : []));
  }

  /** Every command of the script's, as it came. */
  get commands(): string[] {
    return this.#all('command').map(({ line }) => line);
  }

  /** What Asterisk would take differently than a script's author may think, and what the simulation does not know. */
  get warnings(): string[] {
    return this.#all('warning').map(({ text }) => text);
  }

  /** Whether the call was answered. */
  get answered(): boolean {
    return this.#call.channel.answered;
  }

  /** Whether the call is over. */
  get hungUp(): boolean {
    return this.#call.hungUp;
  }

  /** AGISTATUS, so far. A missing file that was played makes it FAILURE, as in Asterisk. */
  get status(): AgiStatus {
    return this.#call.status;
  }

  /** The exit code of the script's process; undefined while it runs, and where it has none. */
  get exitCode(): number | undefined {
    return this.#end?.exitCode;
  }

  /** Why the script failed: the error that its function threw, or a text; undefined where it did not. */
  get failure(): unknown {
    const end = this.#end;
    if (!end) return undefined;
    if (this.#call.problem !== undefined) return this.#call.problem;
    if ('error' in end) return end.error;
    if (end.problem !== undefined) return this.#withLog(end.problem);
    if (end.exitCode) return this.#withLog(`its process ended with exit code ${end.exitCode}`);
    // a program that does nothing about the signal of a hangup ends by it, as it should
    const byHangup = end.signal === 'SIGHUP' && this.#call.hungUp;
    if (end.signal !== undefined && !byHangup) return this.#withLog(`its process was ended by ${end.signal}`);
    const failure = this.#all('command').some(({ line }) => /^failure/i.test(line));
    return failure ? this.#withLog('it said FAILURE') : undefined;
  }

  /** What the script's process wrote to its log. */
  get log(): string {
    return this.#log();
  }

  /** Where the dialplan goes on; undefined where the caller is gone. */
  get goesTo(): Place | undefined {
    if (this.#call.hungUp) return undefined;
    const { context, extension, priority, moved } = this.#call.channel;
    return { context, extension, priority: moved ? priority : this.#start.priority + 1 };
  }

  /** How long the call has lasted by its own clock. */
  get durationMs(): number {
    return this.#events.at(-1)?.atMs ?? 0;
  }

  /** Everything that has happened. */
  get events(): readonly CallEvent[] {
    return this.#events;
  }

  /** The whole conversation as text, for a person to read. */
  get conversation(): string {
    return transcript(this.#events);
  }

  // — expectations, for any test runner

  /** @throws ExpectationError where the caller heard anything else than these files and sayings, in this order */
  expectHeard(...expected: (string | number)[]): this {
    return this.#expectSequence('to hear', expected.map(String), (event) =>
      event.type === 'play' && !event.missing ? event.file : event.type === 'say' ? event.text : undefined,
    );
  }

  /** @throws ExpectationError where other files were played, or in another order */
  expectPlayed(...expected: string[]): this {
    return this.#expectSequence('to hear the files', expected, (event) =>
      event.type === 'play' && !event.missing ? event.file : undefined,
    );
  }

  /** @throws ExpectationError where anything else was said */
  expectSaid(...expected: (string | number)[]): this {
    return this.#expectSequence('to be told', expected.map(String), (event) =>
      event.type === 'say' ? event.text : undefined,
    );
  }

  /** @throws ExpectationError where the variable has another value, or (undefined) any */
  expectVariable(name: string, expected: string | number | undefined): this {
    const value = this.#call.channel.variables.get(name);
    const wanted = expected === undefined ? undefined : String(expected);
    if (value === wanted) return this;
    const at = this.#events.findLastIndex((event) => event.type === 'variable' && event.name === name);
    throw this.#error(`expected the variable ${name} to be ${quote(wanted)}, and it is ${quote(value)}`, at);
  }

  /** @throws ExpectationError where the dialplan goes on elsewhere */
  expectGoesTo(context: string, extension = 's', priority = 1): this {
    const place = this.goesTo;
    if (isDeepStrictEqual(place, { context, extension, priority })) return this;
    const goes = place
      ? `goes on at ${place.context},${place.extension},${place.priority}`
      : 'ends, for the caller is gone';
    const at = this.#events.findLastIndex(({ type }) => type === 'move' || type === 'hangup');
    throw this.#error(
      `expected the dialplan to go on at ${context},${extension},${priority}, and it ${goes}`,
      at,
    );
  }

  /** @throws ExpectationError where AGISTATUS is another */
  expectStatus(expected: AgiStatus): this {
    if (this.status === expected) return this;
    throw this.#error(`expected AGISTATUS to be ${expected}, and it is ${this.status}`);
  }

  /** @throws ExpectationError where no command is this, begins with it, or matches */
  expectCommand(expected: string | RegExp): this {
    const found = this.commands.some((line) =>
      typeof expected === 'string' ? line.startsWith(expected) : expected.test(line),
    );
    if (found) return this;
    throw this.#error(`expected the command ${String(expected)}, and the script has not sent it`);
  }

  #expectSequence(what: string, expected: string[], pick: (event: CallEvent) => string | undefined): this {
    const actual: { text: string; index: number }[] = [];
    this.#events.forEach((event, index) => {
      const text = pick(event);
      if (text !== undefined) actual.push({ text, index });
    });
    let at = 0;
    while (at < expected.length && actual[at]?.text === expected[at]) at++;
    if (at === expected.length && actual.length === expected.length) return this;
    const heard = actual.map(({ text }) => text);
    const place =
      at >= expected.length
        ? `nothing more was expected than ${list(expected)}`
        : `${quote(expected[at])} was expected here, in ${list(expected)}`;
    throw this.#error(
      `expected the caller ${what} ${list(expected)}, and it was ${list(heard)}`,
      actual[at]?.index,
      undefined,
      place,
    );
  }

  // — going on

  #all<T extends CallEvent['type']>(type: T): EventOf<T>[] {
    return this.#events.filter((event): event is EventOf<T> => event.type === type);
  }

  async #toTheEnd(): Promise<void> {
    await this.#goOn('the script to end', () => this.#end !== undefined);
    this.#seen = this.#events.length;
  }

  async #until(what: string, test: (event: CallEvent) => boolean): Promise<CallEvent> {
    let found: CallEvent | undefined;
    const from = this.#seen;
    let at = from;
    await this.#goOn(what, () => {
      for (; at < this.#events.length; at++) {
        const event = this.#events[at] as CallEvent;
        if (!test(event)) continue;
        found = event;
        this.#seen = at + 1;
        return true;
      }
      if (this.#end !== undefined) {
        throw this.#error(
          `expected ${what}, and the script has ended`,
          from,
          undefined,
          'waited for from here on',
        );
      }
      return false;
    });
    return found as CallEvent;
  }

  /** Lets the script and the time of the call go on until it is enough. */
  async #goOn(what: string, enough: () => boolean, untilMs?: number): Promise<void> {
    const from = this.#seen;
    const begunAt = this.#clock.now();
    let count = -1;
    let quietSince = machine.now();
    while (!enough()) {
      // what the script does about the last thing that happened comes first
      await new Promise<void>(machine.nextTurn);
      if (enough()) return;
      if (this.#events.length !== count) {
        count = this.#events.length;
        quietSince = machine.now();
        if (this.#call.commands > MAX_COMMANDS)
          throw this.#givenUp(what, from, `the script has sent over ${MAX_COMMANDS} commands`);
        continue;
      }
      if (this.#call.waits && !(this.#clock instanceof VirtualClock)) {
        // the machine's time passes by itself
        if (this.#call.waitsForEver && this.#call.keysLeft === '') throw this.#stuck(what, from);
        quietSince = machine.now();
      } else if (this.#call.waits && this.#clock instanceof VirtualClock) {
        const hours = (this.#clock.now() - begunAt) / 3_600_000;
        if (untilMs === undefined && hours > MAX_STEP_HOURS)
          throw this.#givenUp(what, from, `${MAX_STEP_HOURS} hours have passed by the call's own clock`);
        if (this.#clock.turn(untilMs)) continue;
        if (untilMs !== undefined) {
          this.#clock.pass(untilMs - this.#clock.now());
          return;
        }
        throw this.#stuck(what, from);
      }
      if (machine.now() - quietSince > this.#timeoutMs) throw this.#silent(what, from);
      await new Promise<void>((resolve) => {
        const timer = machine.after(LOOK_MS, resolve);
        this.#wake = () => {
          machine.forget(timer);
          resolve();
        };
      });
    }
  }

  #wake: (() => void) | undefined;

  /** Something has happened. @internal */
  notice(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #stuck(what: string, from: number): ExpectationError {
    const command = printable(this.#call.lastCommand);
    return this.#givenUp(what, from, `${command} waits for the caller for ever: press() or hangUp() first`);
  }

  #silent(what: string, from: number): ExpectationError {
    const half = this.#call.heldLine;
    const why = this.#unread()
      ? 'has not read the replies to its commands'
      : half === ''
        ? 'has done nothing'
        : `has sent half a line, ${JSON.stringify(half.slice(0, 60))}, and nothing`;
    return this.#givenUp(what, from, this.#withLog(`the script ${why} for ${this.#timeoutMs} ms`));
  }

  /** Nothing more is to come of this call. */
  #givenUp(what: string, from: number, why: string): ExpectationError {
    const error = this.#error(`expected ${what}, and ${why}`, from, undefined, 'waited for from here on');
    this.close();
    return error;
  }

  #withLog(text: string): string {
    const log = this.#log().trimEnd();
    return log === '' ? text : `${text}; its log:\n${log}`;
  }

  #error(message: string, at?: number, cause?: unknown, place = 'here'): ExpectationError {
    return new ExpectationError(
      message,
      excerpt(this.#events, at, place),
      cause === undefined ? undefined : { cause },
    );
  }
}

function quote(text: string | undefined): string {
  return text === undefined ? 'not set' : JSON.stringify(text);
}

function list(texts: readonly string[]): string {
  return texts.length === 0 ? 'nothing' : texts.map((text) => JSON.stringify(text)).join(', ');
}
