/** A script on any transport: the one way in for all that serves calls in a process which goes on. */
import type { Agi } from '../agi/agi';
import { closeBelongings } from '../agi/belongings';
import { commander } from '../agi/commander';
import { scriptEnded } from '../agi/failures';
import { openSession } from '../agi/opening';
import type { Transport } from '../agi/transport';
import type { Config } from '../config';
import type { Log } from '../log';
import { type Loader, runCall } from '../run/call';
import { Ending } from '../run/ending';
import type { House } from '../run/house';

/**
 * Begins a call: the request is read from the transport, the script found, loaded and run, the connection closed.
 * @param house is told when it is over, whatever happens
 */
export function attend(
  transport: Transport,
  { config, log, house, loader }: { config: Config; log: Log; house: House; loader: Loader },
): Ending {
  let agi: Agi | undefined;
  const ending = new Ending(config, log, transport, {
    leave(ending, code) {
      const silence = agi?.[commander].belongings.speech?.stop(scriptEnded());
      const rest = agi && closeBelongings(agi);
      // what an engine has on the disk is taken away before the process may go
      if (silence) void silence.then(() => house.leave(ending, code, rest));
      else house.leave(ending, code, rest);
    },
    ...(house.alive && { alive: house.alive.bind(house) }),
    ...(house.watch && { watch: house.watch.bind(house) }),
  });
  const opening = openSession(transport, config, ending.tracing?.line);
  void runCall(ending, opening, {
    find: (session) => loader.find(session),
    load(script, call) {
      agi = call;
      return loader.load(script, call);
    },
  });
  return ending;
}
