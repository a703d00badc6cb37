/** One call's life, from its request to its end, in whatever process and over whatever transport. */
import { Agi } from '../agi/agi';
import type { Session } from '../agi/session';
import type { Ending } from './ending';
import type { ScriptFunction } from './load';
import type { ScriptFile } from './resolve';

/** How a process finds and loads the scripts of its calls. */
export interface Loader {
  /** @throws RefusedError for what is not served */
  find(session: Session): ScriptFile;
  /** Runs the script's body where that is due, and gives the function that it exports, if it exports one. */
  load(script: ScriptFile, agi: Agi): ScriptFunction | undefined | Promise<ScriptFunction | undefined>;
}

/** Resolves when the script is done, however that went: its end is the ending's to see to. */
export async function runCall(ending: Ending, opening: Promise<Session>, loader: Loader): Promise<void> {
  try {
    const session = await opening;
    ending.opened(session);
    const script = loader.find(session);
    ending.found(script);
    const agi = new Agi(session, ending.config);
    const loading = loader.load(script, agi);
    // a script that begins with something else than a command must learn of a hangup, too
    setImmediate(() => session.watchWhileIdle());
    const run = await loading;
    if (!run) return await ending.bodyReturned();
    await run(agi);
    await ending.returned();
  } catch (error) {
    ending.fail(error);
  }
}
