/** A call that is open, over a transport in memory. */
import { Agi } from '../../src/agi/agi';
import { Session, type Tracer } from '../../src/agi/session';
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
  return { transport, trace, session: new Session(raw, transport, tracer) };
}

/** Asterisk's reply where a command needs a live channel. */
export const DEAD = '511 Command Not Permitted on a dead channel or intercept routine';

/** A command, and what comes back for it. */
export type Exchange = readonly [command: string, reply: string];

/** A call in which each command must be the next one of the list, and gets its reply. */
export function callOf(...conversation: Exchange[]) {
  const left = [...conversation];
  const call = openCall((command) => {
    const next = left.shift();
    if (command !== next?.[0]) throw new Error(`sent ${command}, and due was ${next?.[0]}`);
    return `${next[1]}\n`;
  });
  return { ...call, agi: new Agi(call.session), left };
}
