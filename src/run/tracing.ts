/** `debug`: the whole conversation in the log, secrets aside. */
import type { Tracer } from '../agi/session';
import type { Log } from '../log';
import { namesSecret, redact, redactQuery } from '../wire/redact';

export function traceTo(log: Log): Tracer {
  return (direction, line, secret) =>
    log.write('debug', `${direction} ${secret || namesSecret(line) ? redact(line) : redactQuery(line)}`);
}
