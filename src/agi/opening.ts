/** Reads the request with which a call opens. */
import { readPlainRequest } from '../wire/plain-request';
import { Session, type Tracer } from './session';
import type { Transport } from './transport';

export interface Limits {
  /** How large the request may be. */
  readonly headerBytes: number;
  /** How long it may take; 0: no limit. */
  readonly headerSeconds: number;
}

/**
 * @throws AgiProtocolError for what is no whole request of Asterisk's
 * @throws AgiTimeoutError for one that does not come in time
 */
export function openSession(
  transport: Transport,
  limits: Limits,
  trace: Tracer | undefined,
): Promise<Session> {
  return new Promise((resolve) => {
    let look: NodeJS.Immediate | undefined;
    const gather = (first?: Buffer) => {
      if (look) clearImmediate(look);
      resolve(gathering().gatherRequest(transport, limits, trace, first));
    };
    transport.receiver = {
      onData(chunk) {
        const plain = trace === undefined && chunk.length <= limits.headerBytes;
        const fields = plain ? readPlainRequest(chunk.toString()) : undefined;
        if (fields === undefined) return gather(chunk);
        if (look) clearImmediate(look);
        resolve(new Session(fields, transport));
      },
      onEnd(error) {
        gather();
        transport.receiver.onEnd(error);
      },
    };
    transport.read();
    // the request is nearly always there by now: a timer is half a millisecond of work for nothing, and so is
    // an immediate
    if (!transport.arrived) look = setImmediate(() => gather());
  });
}

// a request that comes in pieces, late, or is to be traced
const gathering = (): typeof import('./gathering') => require('./gathering');
