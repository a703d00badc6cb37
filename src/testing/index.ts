/** `fastagi/testing`: calls a script with no Asterisk, from a test of any runner. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Config, defaults, readConfig } from '../config';
import { AgiArgumentError } from '../errors';
import { RealClock, VirtualClock } from '../sim/clock';
import type { CallEvent } from '../sim/events';
import type { CallOptions } from '../sim/options';
import { type PlayedCall, type Playing, placeCall } from '../sim/playing';
import { soundsIn, soundsOf } from '../sim/sounds';
import { parseTarget } from '../sim/target';
import { callFunction, type ScriptFunction } from './in-process';
import { checkNames } from './option-names';
import { TestCall } from './test-call';

export type { Channel } from '../sim/channel';
export type { AgiStatus, CallEvent, CallHappening, HangupSource, SayKind } from '../sim/events';
export type { FunctionStandIn } from '../sim/expressions';
export type { ApplicationStandIn, CallOptions, DialStandIn, Sounds, SpeechStandIn } from '../sim/options';
export { ExpectationError } from './expectation-error';
export type { ScriptFunction } from './in-process';
export { type Place, type Recording, TestCall } from './test-call';

/** The call, the sounds that there are, and how long to wait for the script. */
export interface SimulateOptions extends Omit<CallOptions, 'sounds'> {
  /** Keys that the caller presses by himself, as `press` would. */
  readonly digits?: string | number | undefined;
  /** The query behind a script's name, `name=Jo`: `agi.request.params`. A file may have it in its name. */
  readonly query?: string | undefined;
  /**
   * Sound files: a folder of Asterisk's, whose files have their own length; or names to milliseconds. Every file is
   * there and takes a second, where this is left out.
   */
  readonly sounds?: string | Readonly<Record<string, number>> | undefined;
  /** Files that are not there, whatever `sounds` says. */
  readonly missing?: readonly string[] | undefined;
  /** `virtual`, the default: time goes straight to what is due. `real`: the machine's. */
  readonly clock?: 'virtual' | 'real' | undefined;
  /** How long the script may do nothing while the test waits for it, in real time: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Added to the environment of the script's process. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * The file of the script's configuration, of a function's too; none, and none of the machine's, where this is left
   * out.
   */
  readonly config?: string | undefined;
}

/**
 * Calls a script, and resolves when the call is placed: it has not begun to do anything yet.
 * @param script the function that a script exports, which runs in this process; a script file of any language, which
 * runs in its own; or the address of a FastAGI server, `agi://127.0.0.1/hello.js`
 * @throws TargetError where there is no such file
 * @throws RefusedError for a function's configuration that cannot be read or holds a wrong value
 * @throws AgiArgumentError for what is no script, no moment and no folder; with code `AGI_OPTION` for an option that there is not
 */
export async function simulate(
  script: ScriptFunction | string,
  options: SimulateOptions = {},
): Promise<TestCall> {
  checkNames(options);
  checkScript(script);
  checkValues(options);
  const clock =
    options.clock === 'real' ? new RealClock() : new VirtualClock((options.time ?? new Date()).getTime());
  const events: CallEvent[] = [];
  let log = '';
  let test: TestCall | undefined;
  const playing: Playing = {
    options: { ...options, sounds: soundsFor(options) },
    clock,
    programs: programs(),
    env: { ...process.env, FASTAGI_CONFIG: options.config ?? '/dev/null', ...options.env },
    holds: false,
    onLog: (text) => {
      log += text;
    },
    onCall: (call) =>
      call.onEvent((event) => {
        events.push(event);
        test?.notice();
      }),
  };
  const placed: PlayedCall =
    typeof script === 'function'
      ? callFunction(script, options.query ?? '', playing, configOf(options, playing))
      : placeCall(parseTarget(options.query === undefined ? script : `${script}?${options.query}`), playing);
  const { call, ended, kill } = placed;
  test = new TestCall({
    ...{ call, ended, kill },
    clock,
    events,
    timeoutMs: options.timeoutMs ?? 10_000,
    log: () => log,
    unread: () => placed.unread,
  });
  void placed.ended.then(() => test?.notice());
  if (options.digits !== undefined) test.press(options.digits);
  return test;
}

/** What would be passed over: a time that never comes, a folder in which no file is found. */
function checkValues({ time, timeoutMs = 1, sounds }: SimulateOptions): void {
  const wrong = (text: string) => new AgiArgumentError(`simulate: ${text}`);
  if (time !== undefined && !(time instanceof Date && Number.isFinite(time.getTime())))
    throw wrong('time is no Date, or none that is a moment');
  if (!(timeoutMs > 0))
    throw wrong(`timeoutMs is ${timeoutMs}, and must be a number of milliseconds from 1 on`);
  if (typeof sounds === 'string' && !statSync(sounds, { throwIfNoEntry: false })?.isDirectory())
    throw wrong(`sounds is ${JSON.stringify(sounds)}, which is no folder`);
}

/** JavaScript lets anything through: a default export that is not there, a module that was not taken apart. */
function checkScript(script: unknown): void {
  if (typeof script === 'function' || (typeof script === 'string' && script !== '')) return;
  const what =
    script instanceof Promise
      ? 'a Promise: await it first'
      : typeof (script as { default?: unknown } | null)?.default === 'function'
        ? 'a module: hand over what it exports, its `default`'
        : script === ''
          ? 'an empty text'
          : script === null
            ? 'null'
            : typeof script;
  throw new AgiArgumentError(
    `simulate: the script is ${what}, and must be a function, a file's name or an address agi://HOST/SCRIPT`,
  );
}

/** As a script's process reads it. @throws RefusedError for one that makes no sense */
function configOf({ config }: SimulateOptions, { onLog }: Playing): Config {
  if (config === undefined) return defaults;
  const read = readConfig(config);
  for (const warning of read.warnings) onLog(`${warning}\n`);
  return read;
}

function soundsFor({ sounds, missing = [] }: SimulateOptions): NonNullable<CallOptions['sounds']> {
  const all = typeof sounds === 'string' ? soundsIn(sounds) : soundsOf(sounds);
  return (file, language) => (missing.includes(file) ? undefined : all(file, language));
}

/** The folder of the executables: this file's own, or, where it runs from its source, what was built of it. */
function programs(): string {
  const folders = [__dirname, path.join(__dirname, '../../dist')];
  return folders.find((folder) => existsSync(path.join(folder, 'agi'))) ?? __dirname;
}
