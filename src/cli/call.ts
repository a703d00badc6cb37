/** `fastagi call`: plays Asterisk's part against a script, with the terminal as the caller's phone. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Argv } from 'yargs';
import { RefusedError } from '../errors';
import { whyUnread } from '../file-problems';
import { areKeys, type SimulatedCall } from '../sim/call';
import { RealClock, VirtualClock } from '../sim/clock';
import { type CallOptions, DEFAULT_VERSION } from '../sim/options';
import { type PlayedCall, placeCall, type ScriptEnd } from '../sim/playing';
import { soundsIn, soundsOf } from '../sim/sounds';
import { parseTarget, type Target } from '../sim/target';
import { JsonScreen, type Screen, type Summary, TextScreen } from './call-screen';
import { exitCodeOf, exitCodes } from './exit-codes';
import { Keyboard } from './keyboard';
import { sayAs } from './output';
import { SoundPlayer } from './sound-player';

/** A call that nobody can hang up by hand is hung up after this. */
const UNATTENDED_SECONDS = 60;
/** How long a script may say nothing at all. */
const SILENCE_SECONDS = 60;
/** The same behind a hangup. */
const FAREWELL_SECONDS = 10;
/** No call has as many: such a script runs in circles. */
const MAX_COMMANDS = 100_000;
const LOOK_MS = 100;

/** Where Asterisk's sounds lie, as a rule. */
const soundFolders = ['/var/lib/asterisk/sounds', '/usr/share/asterisk/sounds'];

const texts = { type: 'string', array: true, nargs: 1, requiresArg: true } as const;
const text = { type: 'string', requiresArg: true } as const;

export function options(parser: Argv): Argv {
  return parser
    .positional('target', {
      type: 'string',
      describe: 'agi://HOST[:PORT]/SCRIPT?QUERY, or a script file of any language',
    })
    .positional('args', { type: 'string', array: true, describe: 'The arguments of AGI()' })
    .options({
      digits: { ...text, describe: 'Keys that are pressed by themselves, 1234#w5; w is half a second' },
      'hangup-after': {
        type: 'number',
        requiresArg: true,
        describe: 'Hang up after so many seconds; 0: never',
      },
      hungup: {
        type: 'boolean',
        default: false,
        describe: 'The call is over before the script begins, as in the extension h',
      },
      callerid: { ...text, describe: 'Who calls: 5551234, or "Jo Do" <5551234>' },
      dnid: { ...text, describe: 'The number that was dialled' },
      context: { ...text, default: 'default', describe: 'Where in the dialplan it is' },
      extension: { ...text, default: 's', describe: 'The same' },
      priority: { type: 'number', requiresArg: true, default: 1, describe: 'The same' },
      var: { ...texts, describe: 'A channel variable, NAME=VALUE; may be repeated' },
      arg: { ...texts, describe: 'One more argument of AGI(); may be repeated' },
      language: { ...text, default: 'en', describe: "The channel's language" },
      asterisk: { ...text, default: DEFAULT_VERSION, describe: 'The version that is played' },
      sounds: { ...text, describe: 'A folder of sound files: how long they are, and which are missing' },
      play: {
        type: 'boolean',
        default: false,
        describe: 'Play the sounds, with a player that is found on the PATH',
      },
      wire: { type: 'boolean', default: false, describe: 'Show every line on the wire' },
      fast: {
        type: 'boolean',
        default: false,
        describe: 'Let time pass at once; takes no keys from the terminal',
      },
      json: { type: 'boolean', default: false, describe: 'One JSON object a line, for programs' },
      replay: {
        ...text,
        describe:
          'Run the script against this recorded call (a trace, or a log of Asterisk), and say where it departs',
      },
      recorded: {
        ...text,
        describe: 'Which call of the log: number, unique id or channel',
      },
      timeout: {
        type: 'number',
        requiresArg: true,
        describe: 'End a script that says nothing for so many seconds',
      },
    })
    .epilogue(
      [
        'Exit code 0: done; 1: the script failed, or did not as recorded; 2: wrong use;',
        '3: there is no such script, file or server, or the script was refused.',
      ].join('\n'),
    );
}

interface Given {
  readonly target: string;
  readonly _: readonly (string | number)[];
  readonly args?: readonly string[];
  readonly arg?: readonly string[];
  readonly digits?: string;
  readonly hangupAfter?: number;
  readonly hungup: boolean;
  readonly callerid?: string;
  readonly dnid?: string;
  readonly context: string;
  readonly extension: string;
  readonly priority: number;
  readonly var?: readonly string[];
  readonly language: string;
  readonly asterisk: string;
  readonly sounds?: string;
  readonly play: boolean;
  readonly wire: boolean;
  readonly fast: boolean;
  readonly json: boolean;
  readonly replay?: string;
  readonly recorded?: string;
  readonly timeout?: number;
  readonly config?: string;
}

export async function run(given: Record<string, unknown>): Promise<number> {
  const wanted = given as unknown as Given;
  let target: Target;
  let call: CallOptions;
  let player: SoundPlayer | undefined;
  try {
    call = callOptions(wanted);
    target = parseTarget(wanted.target);
    if (wanted.play) player = new SoundPlayer(soundsFolder(wanted), wanted.language);
  } catch (error) {
    sayAs('call')((error as Error).message);
    return exitCodeOf(error) ?? exitCodes.usage;
  }
  const { replay } = wanted;
  if (replay !== undefined) {
    const { replayCall } = await import('./replay');
    return replayCall(target, { ...wanted, replay, args: [...(call.arguments ?? [])] });
  }
  const screen: Screen = wanted.json
    ? new JsonScreen(process.stdout)
    : new TextScreen(process.stdout, wanted);
  return new Placed(wanted, target, call, screen, player).ended();
}

/** @throws Error for what makes no sense */
function callOptions(wanted: Given): CallOptions {
  const { digits = '', hangupAfter = 0, timeout = 1, priority } = wanted;
  if (!areKeys(digits))
    throw new Error(`--digits ${digits}: a phone has the keys 0-9 * # A-D, and w is a pause`);
  if (!(hangupAfter >= 0)) throw new Error('--hangup-after takes a number of seconds');
  if (!(timeout > 0)) throw new Error('--timeout takes a number of seconds, above 0');
  if (!Number.isInteger(priority) || priority < 1)
    throw new Error('--priority takes a whole number from 1 on');
  if (wanted.recorded !== undefined && wanted.replay === undefined)
    throw new Error('--recorded names a call of the file that --replay names: --replay FILE is missing');
  if (!/^\d+\.\d+/.test(wanted.asterisk))
    throw new Error(`--asterisk ${wanted.asterisk} is no version, as ${DEFAULT_VERSION}`);
  const variables: Record<string, string> = {};
  for (const assignment of wanted.var ?? []) {
    const equals = assignment.indexOf('=');
    if (equals < 1) throw new Error(`--var ${assignment} is no NAME=VALUE`);
    variables[assignment.slice(0, equals)] = assignment.slice(equals + 1);
  }
  const folder = soundsFolder(wanted);
  const { callerid, dnid, context, extension, language, asterisk } = wanted;
  // behind `--`, and the command's own name
  const [, ...rest] = wanted._;
  const all = [...(wanted.args ?? []), ...rest, ...(wanted.arg ?? [])].map(String);
  if (all.some((value) => /[\r\n\0]/.test(value)))
    throw new Error('an argument of AGI() with a line break in it');
  return {
    ...(callerid === undefined ? {} : { callerId: callerid }),
    ...(dnid === undefined ? {} : { dnid }),
    ...{ context, extension, priority, language, variables, version: asterisk, arguments: all },
    hungUp: wanted.hungup,
    sounds: folder === undefined ? soundsOf(undefined) : soundsIn(folder),
  };
}

/** The folder that was named; where sounds are to be played, the usual one. */
function soundsFolder({ sounds, play }: Given): string | undefined {
  if (sounds !== undefined) {
    if (!statSync(sounds, { throwIfNoEntry: false })?.isDirectory())
      throw new RefusedError('SOUNDS', `--sounds ${sounds} is no folder`);
    try {
      accessSync(sounds, constants.X_OK);
    } catch (error) {
      throw new RefusedError('SOUNDS', `--sounds ${sounds}: ${whyUnread(error)}`);
    }
    return path.resolve(sounds);
  }
  const usual = play ? soundFolders.find((folder) => existsSync(folder)) : undefined;
  if (play && usual === undefined)
    throw new RefusedError('SOUNDS', '--play finds no sound files: name their folder by --sounds');
  return usual;
}

/** A call on its way. */
class Placed {
  readonly #wanted: Given;
  readonly #screen: Screen;
  readonly #clock: RealClock | VirtualClock;
  readonly #placed: PlayedCall;
  readonly #keyboard: Keyboard | undefined;
  readonly #attended: boolean;
  /** Whether `agi` runs the script, whose exit codes are known. */
  readonly #isOurs: boolean;
  /** A timer that is left would hold up the end of this process. */
  #cancelHangup: (() => void) | undefined;
  #changedAt = performance.now();
  #told = false;
  /** Why the call was ended from here, for the summary. */
  #problem: string | undefined;
  #killed = false;

  constructor(
    wanted: Given,
    target: Target,
    options: CallOptions,
    screen: Screen,
    player: SoundPlayer | undefined,
  ) {
    this.#wanted = wanted;
    this.#screen = screen;
    this.#clock = wanted.fast ? new VirtualClock(Date.now()) : new RealClock();
    this.#isOurs = target.type === 'file' && !target.byItself;
    this.#attended = process.stdin.isTTY === true && !wanted.fast;
    screen.opened(wanted.target, this.#attended);
    this.#placed = placeCall(target, {
      options,
      clock: this.#clock,
      holds: true,
      programs: path.dirname(fileURLToPath(import.meta.url)),
      env: { ...process.env, ...(wanted.config === undefined ? {} : { FASTAGI_CONFIG: wanted.config }) },
      onLog: (line) => screen.log(line),
      onCall: (call) =>
        call.onEvent((event) => {
          this.#changedAt = performance.now();
          this.#told = false;
          screen.event(event);
          player?.event(event, call);
        }),
    });
    const { call } = this.#placed;
    if (wanted.digits !== undefined) call.press(wanted.digits);
    const hangupSeconds = wanted.hangupAfter ?? (this.#attended ? 0 : UNATTENDED_SECONDS);
    if (hangupSeconds > 0) {
      this.#cancelHangup = this.#clock.after(hangupSeconds * 1000, () => call.hangUp());
    }
    if (this.#attended) {
      this.#keyboard = new Keyboard(process.stdin, {
        key: (key) => call.pressNow(key),
        hangUp: () => this.#hangUp(),
      });
    }
  }

  async ended(): Promise<number> {
    const { call, ended } = this.#placed;
    const onSignal = () => this.#hangUp();
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    const watch = setInterval(() => this.#watch(), LOOK_MS);
    if (this.#clock instanceof VirtualClock) void this.#hurry(this.#clock, call);
    const end = await ended;
    clearInterval(watch);
    this.#cancelHangup?.();
    this.#keyboard?.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    const summary = this.#summary(end);
    if (summary.failure === undefined && saidNothing(call))
      this.#screen.note('the script has ended without a command');
    this.#screen.closed(summary);
    if (summary.failure === undefined) return exitCodes.done;
    const refused = end.unreached || (this.#isOurs && end.exitCode === exitCodes.refused);
    return refused ? exitCodes.refused : exitCodes.failed;
  }

  /** Time passes as soon as nothing else happens. */
  async #hurry(clock: VirtualClock, call: SimulatedCall): Promise<void> {
    while (!call.over) {
      await new Promise(setImmediate);
      if (call.waits) clock.turn();
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** What nobody would end. */
  #watch(): void {
    const { call } = this.#placed;
    if (call.commands > MAX_COMMANDS) {
      this.#end(`the script has sent over ${MAX_COMMANDS} commands, and was ended`);
      return;
    }
    if (!this.#attended && call.waitsForEver && call.keysLeft === '' && !this.#wanted.hangupAfter) {
      this.#screen.note('nobody is here to press a key: the caller hangs up');
      call.hangUp();
      return;
    }
    if (call.waits) return;
    const silentSeconds = (performance.now() - this.#changedAt) / 1000;
    const { timeout } = this.#wanted;
    if (call.hungUp && silentSeconds > (timeout ?? FAREWELL_SECONDS)) {
      this.#end(this.#silence('after the hangup '));
    } else if (silentSeconds > (timeout ?? SILENCE_SECONDS)) {
      if (timeout === undefined && this.#attended) this.#nudge();
      else this.#end(this.#silence(''));
    }
  }

  #nudge(): void {
    if (this.#told) return;
    this.#told = true;
    this.#screen.note(`the script has said nothing for ${SILENCE_SECONDS} s; h hangs up`);
  }

  #silence(when: string): string {
    const { call } = this.#placed;
    const seconds = this.#wanted.timeout ?? (when === '' ? SILENCE_SECONDS : FAREWELL_SECONDS);
    const half = JSON.stringify(call.heldLine.slice(0, 60));
    const said = this.#placed.unread
      ? 'has not read the replies to its commands'
      : call.heldLine === ''
        ? 'has said nothing'
        : `has sent half a line, ${half}, and nothing more`;
    return `${when}the script ${said} for ${seconds} s, and was ended`;
  }

  #end(problem: string): void {
    this.#problem ??= problem;
    this.#placed.call.hangUp();
    this.#kill();
  }

  /** The caller hangs up; asked for twice, the script is ended. */
  #hangUp(): void {
    const { call } = this.#placed;
    if (call.hungUp || call.over) this.#kill();
    else call.hangUp();
  }

  #kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    this.#placed.kill();
  }

  #summary(end: ScriptEnd): Summary {
    const { call } = this.#placed;
    const failure = this.#problem ?? (this.#killed ? 'the script was ended by force' : failureOf(end, call));
    const { channel } = call;
    return {
      durationMs: call.lastedMs,
      commands: call.commands,
      answered: channel.answered,
      status: call.status,
      ...(call.hungUp
        ? {}
        : {
            goesOn: {
              context: channel.context,
              extension: channel.extension,
              priority: channel.moved ? channel.priority : this.#wanted.priority + 1,
            },
          }),
      ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
      ...(failure === undefined ? {} : { failure }),
    };
  }
}

function saidNothing(call: SimulatedCall): boolean {
  return call.commands === 0 && !call.hungUp;
}

function failureOf(end: ScriptEnd, call: SimulatedCall): string | undefined {
  if (end.problem !== undefined) return end.problem;
  if (end.signal !== undefined) {
    // a program of any language that does nothing about SIGHUP
    return end.signal === 'SIGHUP' && call.hungUp ? undefined : `the script was ended by ${end.signal}`;
  }
  if (end.exitCode) return `the script ended with exit code ${end.exitCode}`;
  if (call.saidFailure) return 'the script said FAILURE';
  // a server has no exit code to say that this was meant
  if (end.exitCode === undefined && saidNothing(call))
    return 'the server has closed the connection without a command';
  return undefined;
}
