/** A script that the dialplan asks for by the manager: AGI(agi:async,hello.js,argument). */
import type { Agi } from '../agi/agi';
import { endCall } from '../ami/async-agi';
import { AgiHangupError, RefusedError } from '../errors';
import { printable } from '../log-entry';
import type { ScriptFunction } from './load';
import { summarizeError } from './report';
import { resolveRequest, type ScriptFile } from './resolve';

export interface AsyncScriptOptions {
  /** The folder that scripts are served from. */
  readonly basedir: string;
  /** Loads a script, and gives the function that it exports. Many calls run in one process: a body is no call here. */
  readonly load: (script: ScriptFile) => ScriptFunction | undefined | Promise<ScriptFunction | undefined>;
}

/**
 * Runs the script that a call of `asyncAgi({ namesScript: true })` asks for, and gives the call back to the dialplan.
 * A hangup ends it quietly; any other error makes AGISTATUS=FAILURE, with a line on the console.
 * @throws RefusedError for a script that is not served
 * @throws whatever the script throws
 */
export async function runRequestedScript(agi: Agi, options: AsyncScriptOptions): Promise<void> {
  let script: ScriptFile | undefined;
  try {
    script = resolveRequest(agi.request.networkScript, options.basedir);
    const run = await options.load(script);
    if (!run) {
      throw new RefusedError(
        'SCRIPT_NO_FUNCTION',
        `${script.name} exports no function: where one process serves many calls, a script is export default async function (agi) { … }`,
      );
    }
    await run(agi);
  } catch (error) {
    if (error instanceof AgiHangupError) return await endCall(agi);
    await agi.verbose(printable(summarizeError(error, script)), 1).catch(() => {});
    await endCall(agi, { failed: true });
    throw error;
  }
  await endCall(agi);
}
