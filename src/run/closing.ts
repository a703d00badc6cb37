/** The end of a call that goes as it should. */
import { type Ending, exitCodes } from './ending';

/** How long a script that has returned may go on unwatched. */
const LOOK_AFTER_MS = 20;

export async function returned(ending: Ending): Promise<void> {
  await ending.session?.drain();
  await finish(ending);
}

export async function bodyReturned(ending: Ending): Promise<void> {
  const { session } = ending;
  await session?.drain();
  if (ending.begun) return;
  // without a read that waits, Node itself tells when nothing is left: `beforeExit`
  session?.rest();
  ending.bodyHasReturned = true;
  setTimeout(() => {
    if (!ending.begun) ending.trouble.watchLeftovers();
  }, LOOK_AFTER_MS).unref();
}

export function onNothingLeft(ending: Ending): void {
  if (ending.begun) return;
  const { session, transport } = ending;
  if (ending.bodyHasReturned) void finish(ending);
  // only a hangup can wake the script now, where it has asked to be told, or has been at something else for a while
  else if ((session?.controller || session?.idles) && !session.ended && !session.gone) transport.read();
  else ending.trouble.stuck();
}

export async function finish(ending: Ending): Promise<void> {
  if (ending.begun) return;
  ending.begun = true;
  const { session, transport } = ending;
  if (session && !session.ended) {
    session.stop();
    // a read that waits may hold up the exit; a NOOP ends it
    if (session.busy || transport.blocked) await ending.trouble.leaveQuietly(session);
  }
  const code = chosenCode(ending);
  if (code !== exitCodes.done) departure().sayFailure(ending);
  ending.leave(code);
}

/** What the script has set as its process's exit code. */
function chosenCode({ house }: Ending): number {
  // beside others nobody can tell whose it is
  return house.alive ? Number(process.exitCode ?? exitCodes.done) : exitCodes.done;
}

// a call that goes as it should, with an exit code that says otherwise
const departure = (): typeof import('./departure') => require('./departure');
