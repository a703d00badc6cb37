/** A request that does not come whole and at once: it is waited for, piece by piece, for as long as it may take. */
import { LineDecoder } from '../wire/lines';
import { RequestDecoder } from '../wire/request-decoder';
import { moreBehindRequest, requestCut, requestTimeout, requestTooLong } from './failures';
import type { Limits } from './opening';
import { Session, type Tracer } from './session';
import type { Transport } from './transport';

/** @param first what of it has come; more has been asked for where that is nothing */
export function gatherRequest(
  transport: Transport,
  limits: Limits,
  trace: Tracer | undefined,
  first: Buffer | undefined,
): Promise<Session> {
  return new Promise((resolve, reject) => {
    const lines = new LineDecoder(limits.headerBytes);
    const request = new RequestDecoder();
    let bytes = 0;
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(error);
    };
    const onTimeout = () => fail(requestTimeout(limits.headerSeconds));
    const timer = limits.headerSeconds > 0 ? setTimeout(onTimeout, limits.headerSeconds * 1000) : undefined;
    const onData = (chunk: Buffer) => {
      try {
        bytes += chunk.length;
        const incoming = lines.push(chunk);
        for (let index = 0; index < incoming.length; index++) {
          const line = incoming[index] as string;
          trace?.('<', line, false);
          if (!request.push(line)) continue;
          const rest = incoming.slice(index + 1);
          if (lines.heldBytes > 0 || rest.some((line) => line !== 'HANGUP')) throw moreBehindRequest();
          const session = new Session(request.fields, transport, trace);
          if (rest.length > 0) session.hungUp();
          clearTimeout(timer);
          resolve(session);
          return;
        }
        if (bytes > limits.headerBytes) throw requestTooLong(limits.headerBytes);
      } catch (error) {
        fail(error);
        return;
      }
      transport.read();
    };
    transport.receiver = { onData, onEnd: (error) => fail(requestCut(bytes, error)) };
    if (first) onData(first);
  });
}
