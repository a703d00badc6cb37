/** `fastagi call --replay`: runs a script against a recorded call, and says where it departs. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../config';
import { reachScript } from '../sim/playing';
import type { Target } from '../sim/target';
import { CallTable } from '../trace/calls';
import { chosenNames, Redaction } from '../trace/redaction';
import { Replay, readRecordedCall } from '../trace/replay';
import { ReplayCall } from '../trace/replay-call';
import { visible } from '../trace/visible';
import { exitCodeOf, exitCodes } from './exit-codes';
import { sayAs, toJson } from './output';

/** How long a script may say nothing. */
const SILENCE_SECONDS = 10;
/** So many commands more than recorded: such a script runs in circles. */
const MAX_MORE = 10_000;
const LOOK_MS = 50;

export interface ReplayRun {
  readonly replay: string;
  /** Which call of a log. */
  readonly recorded?: string;
  readonly digits?: string;
  readonly args: readonly string[];
  readonly wire: boolean;
  readonly json: boolean;
  readonly timeout?: number;
  readonly config?: string;
}

/** @returns the exit code: 0 where the script did as recorded */
export async function replayCall(target: Target, wanted: ReplayRun): Promise<number> {
  let replay: Replay;
  try {
    const calls = await CallTable.of(wanted.replay);
    // a log of Asterisk's holds what a trace does not
    const names = calls.isLog ? chosenNames(readConfig(wanted.config).sections.fastagi?.trace_redact) : [];
    const shown = () => (calls.isLog ? new Redaction({ names, digits: false }) : undefined);
    const number = calls.choose(wanted.recorded);
    if (number === undefined) {
      process.stderr.write(`${calls.lines('--recorded', shown()).join('\n')}\n`);
      return exitCodes.usage;
    }
    const [ofScript, digits] = [shown(), wanted.digits];
    replay = new Replay(await readRecordedCall(wanted.replay, number, shown()), {
      ...(digits === undefined ? {} : { digits }),
      ...(ofScript === undefined ? {} : { redaction: ofScript }),
    });
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    sayAs('call')(visible((error as Error).message));
    return code;
  }
  const problem = await play(target, replay, wanted);
  const same = replay.departures.length === 0 && problem === undefined;
  const { departures, notes } = replay;
  if (wanted.json) say(toJson({ same, departures, notes, ...(problem && { problem }) }));
  else {
    for (const line of replay.lines()) say(line);
    if (problem !== undefined) say(`the script failed: ${visible(problem)}`);
  }
  return same ? 0 : 1;
}

/** @returns what went wrong beside the conversation */
async function play(target: Target, replay: Replay, wanted: ReplayRun): Promise<string | undefined> {
  let problem: string | undefined;
  let heardAt = performance.now();
  const { call, ended, kill } = reachScript(
    target,
    {
      holds: true,
      programs: path.dirname(fileURLToPath(import.meta.url)),
      env: { ...process.env, ...(wanted.config === undefined ? {} : { FASTAGI_CONFIG: wanted.config }) },
      onLog: (text) => process.stderr.write(`${visible(text.trimEnd())}\n`),
    },
    wanted.args,
    (script, line) =>
      new ReplayCall(replay, script, line, (direction, text) => {
        heardAt = performance.now();
        if (wanted.wire && !wanted.json) say(`${direction} ${visible(text)}`);
      }),
  );
  const seconds = wanted.timeout ?? SILENCE_SECONDS;
  const watch = setInterval(() => {
    if (call.commands > replay.length + MAX_MORE)
      problem ??= `it has sent over ${MAX_MORE} commands more than recorded, and was ended`;
    else if (performance.now() - heardAt > seconds * 1000)
      problem ??= `it has said nothing for ${seconds} s, and was ended`;
    else return;
    kill();
  }, LOOK_MS);
  const end = await ended;
  clearInterval(watch);
  if (problem !== undefined) return problem;
  if (end.problem !== undefined) return end.problem;
  if (end.signal !== undefined && !(end.signal === 'SIGHUP' && replay.hungUp))
    return `it was ended by ${end.signal}`;
  return end.exitCode ? `it ended with exit code ${end.exitCode}` : undefined;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
