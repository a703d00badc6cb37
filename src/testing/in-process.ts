/** Runs a script's function in this process, against a simulated call: what `fastagi` does for a script file. */
import { Agi } from '../agi/agi';
import { closeBelongings } from '../agi/belongings';
import { commander } from '../agi/commander';
import { inCircles, scriptEnded } from '../agi/failures';
// not when it is first wanted: a test may have exchanged the event loop's turns by then
import { MAX_REFUSALS } from '../agi/hearing';
import { openSession } from '../agi/opening';
import type { Session } from '../agi/session';
import { nobody, type Receiver, type Transport } from '../agi/transport';
import type { Config } from '../config';
import { AgiHangupError } from '../errors';
import { SimulatedCall } from '../sim/call';
import { machine } from '../sim/machine-time';
import type { PlayedCall, Playing, ScriptEnd } from '../sim/playing';

/** What a script file exports. */
export type ScriptFunction = (agi: Agi) => unknown;

/** The script's end of a connection that is nothing but memory. */
class MemoryTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  readonly arrived = false;
  readonly blocked = false;
  readonly #write: (text: string) => void;
  readonly #incoming: Buffer[] = [];
  #ended = false;
  #closed = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  write(text: string): void {
    if (this.#closed || this.#ended) throw new Error('the connection is closed');
    this.#write(text);
  }

  read(): void {
    this.reading = true;
    this.#deliver();
  }

  close(): void {
    this.#closed = true;
    this.receiver = nobody;
  }

  /** What Asterisk sends. */
  take(text: string): void {
    this.#incoming.push(Buffer.from(text));
    this.#deliver();
  }

  /** Asterisk has closed the connection. */
  end(): void {
    this.#ended = true;
    this.#deliver();
  }

  #deliver(): void {
    // never from inside of `read` or `write`; and a script that runs in circles must leave the test its turn
    machine.nextTurn(() => {
      if (!this.reading || this.#closed) return;
      const next = this.#incoming.shift();
      if (next === undefined && !this.#ended) return;
      this.reading = false;
      if (next === undefined) this.receiver.onEnd();
      else this.receiver.onData(next);
    });
  }
}

/** How the function has ended: by this error, where it is not a hangup. */
export interface FunctionEnd extends ScriptEnd {
  readonly error?: unknown;
}

export function callFunction(
  run: ScriptFunction,
  query: string,
  playing: Playing,
  config: Config,
): PlayedCall & { readonly ended: Promise<FunctionEnd> } {
  const name = run.name || 'script';
  const networkScript = query === '' ? name : `${name}?${query}`;
  const transport = new MemoryTransport((text) => call.receive(Buffer.from(text)));
  const call = new SimulatedCall(
    playing.options,
    { request: `agi://127.0.0.1/${networkScript}`, networkScript },
    playing.clock,
    { send: (text) => transport.take(text), signal: () => {}, close: () => transport.end() },
    playing.surroundings,
  );
  playing.onCall(call);
  // a request that no script would get, by an argument with a newline for one, is told to the test
  const ended = serve(run, transport, call, config).catch((error: unknown): FunctionEnd => {
    transport.close();
    call.scriptClosed();
    return { error };
  });
  call.begin();
  return { call, ended, unread: false, kill: () => transport.end() };
}

/** Rejects where the script does not see that its caller is gone; else it never settles. */
function circlesOf(session: Session, name: string): Promise<never> {
  return new Promise((_, reject) => {
    session.onHangup(() => {
      session.onCircles = () => reject(inCircles(name, MAX_REFUSALS));
    });
  });
}

async function serve(
  run: ScriptFunction,
  transport: MemoryTransport,
  call: SimulatedCall,
  config: Config,
): Promise<FunctionEnd> {
  const session = await openSession(transport, { ...config, headerSeconds: 0 }, undefined);
  session.watchWhileIdle();
  const agi = new Agi(session, config);
  let failed: { readonly error: unknown } | undefined;
  try {
    await Promise.race([run(agi), circlesOf(session, run.name || 'the script')]);
    await session.drain();
  } catch (error) {
    if (!(error instanceof AgiHangupError)) failed = { error };
  }
  await agi[commander].belongings.speech?.stop(scriptEnded());
  session.stop();
  if (failed && !session.ended) await session.last('FAILURE');
  transport.close();
  call.scriptClosed();
  await closeBelongings(agi);
  return failed ?? {};
}
