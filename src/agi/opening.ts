/** Reads the request with which a call opens. */
import { AgiProtocolError, AgiTimeoutError } from '../errors';
import { MAX_REPLY_BYTES } from '../wire/agi-reply';
import { LineDecoder } from '../wire/lines';
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
  return new Promise((resolve, reject) => {
    const lines = new LineDecoder(limits.headerBytes);
    const request = new RequestDecoder();
    let bytes = 0;
    let timer: NodeJS.Timeout | undefined;
    // the request is nearly always there by now: a timer is half a millisecond of work for nothing
    const look = setImmediate(() => {
      if (limits.headerSeconds > 0) timer = setTimeout(onTimeout, limits.headerSeconds * 1000);
    });
    const end = () => {
      clearImmediate(look);
      clearTimeout(timer);
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
    };
    const onTimeout = () =>
      fail(
        new AgiTimeoutError(
          `no whole AGI request came within ${limits.headerSeconds} s ([fastagi] header_seconds)`,
          'AGI_REQUEST_TIMEOUT',
        ),
      );
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
            throw new AgiProtocolError(
              "more came behind the AGI request's empty line: a value of the dialplan's holds a newline",
              'AGI_BAD_REQUEST',
            );
          }
          const session = new Session(request.fields, transport, new LineDecoder(MAX_REPLY_BYTES), trace);
          if (rest.length > 0) session.hungUp();
          end();
          resolve(session);
          return;
        }
        if (bytes > limits.headerBytes) {
          throw new AgiProtocolError(
            `an AGI request of over ${limits.headerBytes} bytes`,
            'AGI_REQUEST_TOO_LONG',
          );
        }
      } catch (error) {
        fail(error);
        return;
      }
      transport.read();
    };
    const onEnd = (error?: Error) => {
      const why = error ? ` (${error.message})` : '';
      fail(
        bytes === 0
          ? new AgiProtocolError(
              `the connection was closed before an AGI request came${why}`,
              'AGI_NO_REQUEST',
            )
          : new AgiProtocolError(
              `the connection was closed in the middle of the AGI request${why}`,
              'AGI_CUT_REQUEST',
            ),
      );
    };
    transport.receiver = { onData, onEnd };
    transport.read();
  });
}
