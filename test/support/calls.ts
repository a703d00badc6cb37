/** A call that is open, over a transport in memory. */
import { Session, type Tracer } from '../../src/agi/session';
import { LineDecoder, MAX_LINE_BYTES } from '../../src/wire/lines';
import { MemoryTransport, type Script } from './memory-transport';

export interface Call {
  readonly transport: MemoryTransport;
  readonly session: Session;
  /** The conversation, `> ` and `< `; secret lines have a `!` in front. */
  readonly trace: string[];
}

export function openCall(script?: Script, fields: Record<string, string> = { agi_version: '22.10.1' }): Call {
  const transport = new MemoryTransport(script);
  const trace: string[] = [];
  const tracer: Tracer = (direction, line, secret) => trace.push(`${secret ? '!' : ''}${direction} ${line}`);
  const raw = new Map(Object.entries(fields));
  return { transport, trace, session: new Session(raw, transport, new LineDecoder(MAX_LINE_BYTES), tracer) };
}
