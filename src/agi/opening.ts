/** Reads the request with which a call opens. */
import { LineDecoder, MAX_LINE_BYTES } from '../wire/lines';
import { RequestDecoder } from '../wire/request-decoder';
import { Session, type Tracer } from './session';
import type { Transport } from './transport';

/**
 * @param limits.headerBytes how large the request may be
 * @param limits.headerSeconds how long it may take; 0: no limit
 * @throws AgiProtocolError for what is no whole request of Asterisk's
 * @throws AgiTimeoutError for one that does not come in time
 */
export function openSession(
  transport: Transport,
  limits: { readonly headerBytes: number; readonly headerSeconds: number },
  trace: Tracer | undefined,
): Promise<Session> {
  let resolve!: (session: Session) => void;
  let reject!: (error: unknown) => void;
  const opened = new Promise<Session>((...settle) => {
    [resolve, reject] = settle;
  });
  const lines = new LineDecoder(limits.headerBytes);
  const request = new RequestDecoder();
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    if (limits.headerSeconds > 0) timer ??= setTimeout(onTimeout, limits.headerSeconds * 1000);
  };
  // the request is nearly always there by now: a timer is half a millisecond of work for nothing, and so is
  // an immediate
  const look = transport.arrived ? undefined : setImmediate(watch);
  const end = () => {
    if (look) clearImmediate(look);
    if (timer) clearTimeout(timer);
  };
  const fail = (error: unknown) => {
    end();
    reject(error);
  };
  const onTimeout = () => fail(failures().requestTimeout(limits.headerSeconds));
  const onData = (chunk: Buffer) => {
    try {
      bytes += chunk.length;
      const incoming = lines.push(chunk);
      for (let index = 0; index < incoming.length; index++) {
        const line = incoming[index] as string;
        trace?.('<', line, false);
        if (!request.push(line)) continue;
        const rest = incoming.slice(index + 1);
        if (lines.heldBytes > 0 || (rest.length > 0 && rest.some((line) => line !== 'HANGUP'))) {
          throw failures().moreBehindRequest();
        }
        const session = new Session(request.fields, transport, new LineDecoder(MAX_LINE_BYTES), trace);
        if (rest.length > 0) session.hungUp();
        end();
        resolve(session);
        return;
      }
      if (bytes > limits.headerBytes) {
        throw failures().requestTooLong(limits.headerBytes);
      }
    } catch (error) {
      fail(error);
      return;
    }
    watch();
    transport.read();
  };
  const onEnd = (error?: Error) => fail(failures().requestCut(bytes, error));
  transport.receiver = { onData, onEnd };
  transport.read();
  return opened;
}

// the words for what is no request
const failures = (): typeof import('./failures') => require('./failures');
