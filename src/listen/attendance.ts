/** A script on any transport: the one way in for all that serves calls in a process which goes on. */
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
  const ending = new Ending(config, log, transport, house);
  const opening = openSession(transport, config, ending.tracing?.line);
  void runCall(ending, opening, loader);
  return ending;
}
