/** A call to the service that has just been set up, as Asterisk would place it. */
import { setTimeout } from 'node:timers/promises';
import { RealClock } from '../sim/clock';
import { placeCall } from '../sim/playing';
import { parseTarget } from '../sim/target';

/** How long a service may take to be there, and the call. */
const START_MS = 5000;
const CALL_MS = 10_000;
const AGAIN_MS = 100;

export interface FirstCall {
  readonly answered: boolean;
  /** What the script said, or why it did not. */
  readonly text: string;
}

/**
 * Waits for the service, for it starts beside this program. Asterisk itself is not needed.
 * @param startMs how long it may take to be there
 */
export async function placeFirstCall(port: number, script: string, startMs = START_MS): Promise<FirstCall> {
  const lastMs = performance.now() + startMs;
  for (;;) {
    const { unreached, ...call } = await placeOne(port, script);
    if (!unreached || performance.now() > lastMs) return call;
    await setTimeout(AGAIN_MS);
  }
}

async function placeOne(port: number, script: string): Promise<FirstCall & { unreached: boolean }> {
  const said: string[] = [];
  const { call, ended, kill } = placeCall(parseTarget(`agi://127.0.0.1:${port}/${script}`), {
    options: {},
    clock: new RealClock(),
    programs: '',
    env: {},
    holds: true,
    onLog: () => {},
    onCall: (placed) =>
      placed.onEvent((event) => {
        if (event.type === 'verbose') said.push(event.text);
      }),
  });
  const limit = new AbortController();
  const over = setTimeout(CALL_MS, undefined, { signal: limit.signal }).then(kill, () => {});
  const { problem, unreached = false } = await ended;
  limit.abort();
  await over;
  const answered = problem === undefined && call.status === 'SUCCESS' && said.length > 0;
  return {
    answered,
    unreached,
    text: said.at(-1) ?? problem ?? 'the server has closed the connection without a word',
  };
}
