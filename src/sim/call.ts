/**
 * One call, as Asterisk plays it: lines of the script's in, lines of Asterisk's out, and what the caller hears and
 * does beside. It knows no socket and no process, and takes its time from the clock that it is given.
 */
import { CommandDecoder, parseWords } from '../wire/agi-command-decoder';
import { encodeRequest } from '../wire/agi-request-encoder';
import { maxCommandBytes } from '../wire/problems';
import { Channel, NORMAL_CLEARING, Surroundings } from './channel';
import type { Clock } from './clock';
import { findCommand } from './commands';
import type { AgiStatus, CallEvent, CallHappening, HangupSource } from './events';
import type { Scope } from './expressions';
import { writeVariable } from './functions';
import { type CallOptions, type Simulation, simulationOf } from './options';
import type { Happening, Outcome, Stage, Steps, Wait } from './steps';

/** The script's end of the connection, as the call sees it. */
export interface ScriptLine {
  send(text: string): void;
  /** Classic AGI: tells a hangup by SIGHUP. */
  signal(): void;
  /** Asterisk has done with the script. */
  close(): void;
}

/** How the script is reached. */
export interface Script {
  /** `agi_request`: the address or the file, as the dialplan names it. */
  readonly request: string;
  /** FastAGI: the path and the query behind the host; undefined: classic AGI. */
  readonly networkScript: string | undefined;
}

/** How long a key of the caller's takes. */
const KEY_MS = 100;
/** What a `w` among the keys is: half a second in which he presses none. */
const PAUSE_MS = 500;

const KEYS = /^[0-9*#ABCDw]*$/;

/** Whether these are keys of a phone, or `w`, a pause of half a second. */
export function areKeys(text: string): boolean {
  return KEYS.test(text);
}

export class SimulatedCall {
  readonly channel: Channel;
  readonly #clock: Clock;
  readonly #options: Simulation;
  readonly #line: ScriptLine;
  readonly #script: Script;
  readonly #arguments: readonly string[];
  readonly #decoder: CommandDecoder;
  readonly #beganAt: number;
  readonly #stage: Stage;
  readonly #listeners: ((event: CallEvent) => void)[] = [];
  readonly #lines: string[] = [];
  /** Read when the script is started, and not again (run_agi). */
  readonly #tellsHangup: boolean;
  readonly #exitsOnHangup: boolean;
  #running: Steps<Outcome> | undefined;
  #usage = '';
  #wait: Wait | undefined;
  #cancelWait: (() => void) | undefined;
  /** Keys that wait for something that listens. */
  #keys: string[] = [];
  #cancelKey: (() => void) | undefined;
  #hangupTimer: { at: number; cancel: () => void } | undefined;
  #hungUp = false;
  #dead = false;
  #scriptClosed = false;
  #exitCode = 0;
  #status: AgiStatus = 'SUCCESS';
  #begun = false;
  #over = false;
  #commands = 0;
  #saidFailure = false;
  #warnedOfEarly = false;
  #problem: unknown;
  #lastedMs = 0;
  #last = '';

  constructor(
    options: CallOptions,
    script: Script,
    clock: Clock,
    line: ScriptLine,
    surroundings = new Surroundings(),
  ) {
    this.#options = simulationOf(options);
    this.#script = script;
    this.#clock = clock;
    this.#line = line;
    this.#arguments = options.arguments ?? [];
    this.#beganAt = clock.now();
    this.#decoder = new CommandDecoder(maxCommandBytes(this.#options.version));
    this.channel = channelOf(options, surroundings, this.#beganAt);
    const scope: Scope = {
      channel: this.channel,
      get now() {
        return clock.now();
      },
      version: this.#options.version,
      functions: this.#options.functions,
      warn: (text) => this.#tell({ type: 'warning', text }),
    };
    for (const [name, value] of Object.entries(options.variables ?? {}))
      writeVariable(name, String(value), scope);
    const { variables } = this.channel;
    this.#tellsHangup = !isFalse(variables.get('AGISIGHUP'));
    this.#exitsOnHangup = isTrue(variables.get('AGIEXITONHANGUP'));
    if (options.hungUp) {
      // nothing tells a script that begins behind the hangup: it is refused what needs a caller
      this.#hungUp = true;
      this.#dead = true;
      this.channel.hangupCause = NORMAL_CLEARING;
    }
    this.#stage = this.#makeStage(scope);
  }

  #makeStage(scope: Scope): Stage {
    const call = this;
    return {
      channel: this.channel,
      options: this.#options,
      scope,
      speech: false,
      now: () => this.#clock.now(),
      reply: (text) => this.#reply(text),
      tell: (happening) => this.#tell(happening),
      hangUp: (by) => this.#markHungUp(by),
      get hungUp() {
        return call.#hungUp;
      },
    };
  }

  /** Milliseconds since the call began. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#beganAt;
  }

  /** Whether a command is under way that only time or the caller can end. */
  get waits(): boolean {
    return this.#wait !== undefined;
  }

  /** Whether only the caller can end what is waited for. */
  get waitsForEver(): boolean {
    return this.#wait !== undefined && this.#wait.ms === undefined;
  }

  /** Whether something listens to the caller's keys now. */
  get listens(): boolean {
    return this.#wait !== undefined && this.#wait.keys !== '';
  }

  /** How many keys of the caller's wait for something that listens. */
  get keysLeft(): string {
    return this.#keys.join('');
  }

  get hungUp(): boolean {
    return this.#hungUp;
  }

  get over(): boolean {
    return this.#over;
  }

  /** AGISTATUS, so far. */
  get status(): AgiStatus {
    return this.#status;
  }

  onEvent(listener: (event: CallEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether the request was sent: there is a script. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Sends the request. */
  begin(): void {
    this.#begun = true;
    const { channel } = this;
    const request = encodeRequest({
      networkScript: this.#script.networkScript,
      request: this.#script.request,
      channel: channel.name,
      language: channel.language,
      type: channel.name.split('/')[0] as string,
      uniqueId: channel.uniqueId,
      version: this.#options.version,
      callerId: channel.callerNumber || undefined,
      callerIdName: channel.callerName || undefined,
      callingPres: channel.presentation,
      dnid: channel.dnid || undefined,
      rdnis: channel.rdnis || undefined,
      context: channel.context,
      extension: channel.extension,
      priority: channel.priority,
      enhanced: false,
      accountCode: channel.accountCode,
      threadId: '140000000000000',
      arguments: this.#arguments,
    });
    this.#watchHangupTime();
    this.#line.send(request);
  }

  /** What has come from the script. */
  receive(chunk: Buffer): void {
    if (this.#over) return;
    const lines = this.#decoder.push(chunk);
    const early = lines.length > 1 || (lines.length > 0 && (this.#running || this.#lines.length > 0));
    if (early && !this.#warnedOfEarly) {
      this.#warnedOfEarly = true;
      this.#tell({
        type: 'warning',
        text: 'a command came before the reply to the one before: Asterisk ends what it plays for it, or does not see it until more comes',
      });
    }
    this.#lines.push(...lines);
    if (lines.length > 0) this.#proceed();
  }

  /** The script has closed its end, or its process has ended. @param exitCode of the process of classic AGI */
  scriptClosed(exitCode = 0): void {
    if (this.#over || this.#scriptClosed) return;
    this.#lines.push(...this.#decoder.end());
    this.#scriptClosed = true;
    this.#exitCode = exitCode;
    this.#proceed();
  }

  /** The script could not be reached at all: AGISTATUS is FAILURE for a server, NOTFOUND for a file. */
  notFound(status: 'FAILURE' | 'NOTFOUND'): void {
    if (this.#over) return;
    this.#status = status;
    this.#finish(false);
  }

  /** The caller presses keys, one after the other; each waits until something listens. `w` is half a second of nothing. */
  press(keys: string): void {
    if (this.#over) return;
    this.#keys.push(...keys);
    this.#typeNext();
  }

  /** The caller presses a key this moment: it is lost where nothing listens. */
  pressNow(key: string): void {
    if (!this.#over) this.#key(key);
  }

  /** The caller sends a text, as a softphone can. */
  sendText(text: string): void {
    if (this.#wait?.text) this.#resume({ type: 'text', text });
  }

  hangUp(by: HangupSource = 'caller'): void {
    if (this.#hungUp || this.#over) return;
    this.#markHungUp(by);
    if (this.#wait) this.#resume({ type: 'hangup' });
    else this.#proceed();
  }

  #markHungUp(by: HangupSource): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#keys = [];
    this.#cancelKey?.();
    this.#cancelKey = undefined;
    this.#tell({ type: 'hangup', by });
  }

  // — keys

  #typeNext(): void {
    if (this.#cancelKey || this.#keys.length === 0 || !this.listens) return;
    const key = this.#keys[0] as string;
    this.#cancelKey = this.#clock.after(key === 'w' ? PAUSE_MS : KEY_MS, () => {
      this.#cancelKey = undefined;
      // what listened may have ended meanwhile
      if (!this.listens) return;
      this.#keys.shift();
      if (key !== 'w') this.#key(key);
      this.#typeNext();
    });
  }

  #key(key: string): void {
    const heard = this.#wait?.keys.includes(key) ?? false;
    this.#tell({ type: 'key', key, heard });
    if (heard) this.#resume({ type: 'key', key });
  }

  // — commands

  #proceed(): void {
    if (this.#running) {
      if (this.#wait?.cancellable && (this.#lines.length > 0 || this.#scriptClosed))
        this.#resume({ type: 'command' });
      return;
    }
    while (!this.#running && !this.#over) {
      if (this.#hungUp && !this.#dead) {
        this.#noticeHangup();
        continue;
      }
      const line = this.#lines.shift();
      if (line !== undefined) this.#command(line);
      else if (this.#scriptClosed) {
        if (this.#exitCode !== 0 && this.#status === 'SUCCESS') this.#status = 'FAILURE';
        this.#finish(true);
      } else return;
    }
  }

  #noticeHangup(): void {
    this.#dead = true;
    if (this.#status === 'SUCCESS') this.#status = 'HANGUP';
    if (this.#tellsHangup) this.#tellHangup();
    if (this.#exitsOnHangup) this.#finish(true);
  }

  #tellHangup(): void {
    if (this.#script.networkScript === undefined) this.#line.signal();
    else this.#reply('HANGUP');
  }

  #command(line: string): void {
    this.#commands++;
    this.#tell({ type: 'command', line });
    if (/^failure/i.test(line)) {
      this.#saidFailure = true;
      this.#status = 'FAILURE';
      this.#finish(true);
      return;
    }
    const words = parseWords(line);
    const command = findCommand(words);
    if (!command) {
      this.#reply('510 Invalid or unknown command');
      return;
    }
    if (this.#dead && !command.dead) {
      this.#reply('511 Command Not Permitted on a dead channel or intercept routine');
      return;
    }
    this.#last = line;
    this.#usage = command.usage;
    this.#guarded(() => {
      const run = command.run(this.#stage, words);
      if (typeof run === 'string') {
        this.#done(run);
        return;
      }
      this.#running = run;
      this.#advance(run.next());
    });
  }

  /** What the user has put in the place of a function or an application may throw. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#problem ??= error;
      this.#running = undefined;
      this.#tell({
        type: 'warning',
        text: `${this.#last}: what stands in for Asterisk there has thrown ${error}`,
      });
      this.#reply('200 result=-1');
    }
  }

  /** Goes on with the command that waits. */
  #resume(happening: Happening): void {
    const running = this.#running as Steps<Outcome>;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#wait = undefined;
    this.#guarded(() => this.#advance(running.next(happening)));
    this.#proceed();
  }

  #advance(step: IteratorResult<Wait, Outcome>): void {
    let next = step;
    const running = this.#running as Steps<Outcome>;
    for (;;) {
      if (next.done) {
        this.#running = undefined;
        this.#done(next.value);
        return;
      }
      // what waits on a channel that has hung up waits for nothing
      if (this.#hungUp) next = running.next({ type: 'hangup' });
      else if (next.value.cancellable && (this.#lines.length > 0 || this.#scriptClosed)) {
        next = running.next({ type: 'command' });
      } else break;
    }
    this.#wait = next.value;
    if (next.value.ms !== undefined) {
      this.#cancelWait = this.#clock.after(next.value.ms, () => this.#resume({ type: 'time' }));
    }
    this.#typeNext();
  }

  #done(outcome: Outcome): void {
    if (outcome === 'usage') this.#replyUsage();
    // a failure for another reason than a hangup is seen in the dialplan
    if (outcome === 'failure' && (this.#dead || !this.#hungUp)) this.#status = 'FAILURE';
    this.#watchHangupTime();
  }

  #replyUsage(): void {
    if (!this.#options.usage) {
      this.#reply('520 Invalid command syntax.  Proper usage not available.');
      return;
    }
    this.#reply('520-Invalid command syntax.  Proper usage follows:');
    this.#reply(`Usage: ${this.#usage}`);
    this.#reply('520 End of proper usage.');
  }

  /** SET AUTOHANGUP and TIMEOUT(absolute). */
  #watchHangupTime(): void {
    const { hangupAt } = this.channel;
    if (hangupAt === this.#hangupTimer?.at) return;
    this.#hangupTimer?.cancel();
    this.#hangupTimer = undefined;
    if (hangupAt === undefined || this.#over) return;
    const cancel = this.#clock.after(hangupAt - this.#clock.now(), () => this.hangUp('timeout'));
    this.#hangupTimer = { at: hangupAt, cancel };
  }

  #reply(text: string): void {
    this.#tell({ type: 'reply', line: text });
    this.#line.send(`${text}\n`);
  }

  #tell(happening: CallHappening): void {
    const event = { atMs: this.elapsedMs, ...happening };
    for (const listener of this.#listeners) listener(event);
  }

  /** @param reached whether there was a script at all */
  #finish(reached: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#lastedMs = this.elapsedMs;
    this.#hangupTimer?.cancel();
    this.#cancelKey?.();
    // FastAGI is always told, live call or not; a process where it is still there and was not told before
    if (reached && this.#tellsHangup) {
      if (this.#script.networkScript !== undefined || !(this.#scriptClosed || this.#dead)) this.#tellHangup();
    }
    this.#line.close();
    this.channel.set('AGISTATUS', this.#status);
    this.#tell({ type: 'end', status: this.#status });
  }

  /** The command that runs, or ran last, for messages. */
  get lastCommand(): string {
    return this.#last;
  }

  /** How many commands have come. */
  get commands(): number {
    return this.#commands;
  }

  /** What a function or an application of the user's own has thrown. */
  get problem(): unknown {
    return this.#problem;
  }

  /** Whether the script ended the call by FAILURE, as `fastagi` does for a script that throws. */
  get saidFailure(): boolean {
    return this.#saidFailure;
  }

  /** How long the call has lasted, until its end. */
  get lastedMs(): number {
    return this.#over ? this.#lastedMs : this.elapsedMs;
  }

  /** What has come of a line that has not ended. */
  get heldLine(): string {
    return this.#decoder.held;
  }
}

function channelOf(options: CallOptions, surroundings: Surroundings, now: number): Channel {
  const channel = new Channel(surroundings);
  const { callerId, database = {}, globals = {} } = options;
  if (typeof callerId === 'string') channel.callerId = callerId;
  else if (callerId) {
    channel.callerName = callerId.name;
    channel.callerNumber = callerId.number;
  }
  // as a line tells them: what is empty is not told
  channel.callerName ||= undefined;
  channel.callerNumber ||= undefined;
  // who is charged for the call; it stays what it was where the script sets another caller id
  channel.ani = channel.callerNumber ?? '';
  channel.name = options.channel ?? 'PJSIP/caller-00000001';
  channel.uniqueId = `${Math.floor(now / 1000)}.1`;
  channel.language = options.language ?? 'en';
  channel.accountCode = options.accountCode ?? '';
  channel.dnid = options.dnid ?? '';
  channel.rdnis = options.rdnis ?? '';
  channel.context = options.context ?? 'default';
  channel.extension = options.extension ?? 's';
  channel.priority = options.priority ?? 1;
  channel.answered = options.answered ?? false;
  channel.beganAt = now;
  channel.answeredAt = channel.answered ? now : undefined;
  for (const [name, value] of Object.entries(globals)) surroundings.globals.set(name, String(value));
  for (const [family, values] of Object.entries(database)) {
    for (const [key, value] of Object.entries(values))
      surroundings.database.set(`${family}/${key}`, String(value));
  }
  return channel;
}

/** As Asterisk's ast_true() and ast_false() take a word. */
function isTrue(word: string | undefined): boolean {
  return word !== undefined && /^(yes|true|y|t|1|on)$/i.test(word);
}

function isFalse(word: string | undefined): boolean {
  return word !== undefined && /^(no|false|n|f|0|off)$/i.test(word);
}
