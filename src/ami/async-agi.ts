/** AsyncAGI: the dialplan's AGI(agi:async) leaves a call to the manager. Who gets which call, and how it ends. */
import { Agi } from '../agi/agi';
import { closeBelongings } from '../agi/belongings';
import { commander } from '../agi/commander';
import { scriptEnded } from '../agi/failures';
import { openSession } from '../agi/opening';
import type { Tracer } from '../agi/session';
import type { Transport } from '../agi/transport';
import { type Config, defaults, readConfig } from '../config';
import { EventStream } from '../event-stream';
import type { AmiEvent } from '../wire/ami-message';
import type { Ami } from './ami';
import { AsyncTransport, FAILURE } from './async-transport';
import { checkNames, endNames } from './option-names';

/** Which calls to take, and how many. */
export interface AsyncAgiOptions {
  /** How many calls wait at most for someone who takes them; one more is given back to the dialplan. 1,000. */
  readonly limit?: number | undefined;
  /** Takes no more calls; those that run go on. */
  readonly signal?: AbortSignal | undefined;
  /** Which calls are for this program: by the event AsyncAGIStart. All, where it is left out. */
  readonly accept?: ((event: AmiEvent) => boolean) | undefined;
  /**
   * Takes the dialplan's first argument for the name of a script, as FastAGI has it in its address:
   * `AGI(agi:async,hello.js?name=value,argument)` has `request.networkScript`, `request.params` and one argument.
   */
  readonly namesScript?: boolean | undefined;
  /**
   * The configuration of the calls, `[tts]` of which says how `agi.say` speaks, or the path of its file; the defaults
   * where it is left out. A wrong one is a RefusedError at once.
   */
  readonly config?: Config | string | undefined;
  /** Sees every line of the calls' conversations. */
  readonly trace?: Tracer | undefined;
}

/**
 * Calls, for `for await`; `dropped` counts those that nobody took, and that were given back to the dialplan. So are
 * those that wait when it is left.
 */
export type AsyncAgiCalls = EventStream<Agi>;

/**
 * Tells of each call that comes to AsyncAGI, until what this gives back is called; calls that run go on. A transport
 * that is closed gives its call back to the dialplan.
 */
export function onAsyncCall(
  ami: Ami,
  options: Pick<AsyncAgiOptions, 'accept' | 'namesScript'>,
  listener: (transport: Transport) => void,
): () => void {
  const switchboard = new Switchboard(ami, options, listener);
  return () => switchboard.close();
}

/** The calls of a client. */
export function asyncAgiCalls(ami: Ami, options: AsyncAgiOptions): AsyncAgiCalls {
  const { limit = 1000, signal, trace } = options;
  signal?.throwIfAborted();
  const config = typeof options.config === 'string' ? readConfig(options.config) : options.config;
  let opening = 0;
  let over = false;
  const onEnd = () => {
    over = true;
    stopCalls();
    stopState();
    signal?.removeEventListener('abort', onAbort);
  };
  // a caller must not wait in AsyncAGI for a program that has gone
  const giveBack = (agi: Agi) => void endCall(agi);
  const calls = new EventStream<Agi>(Number.POSITIVE_INFINITY, onEnd, undefined, giveBack);
  const stopCalls = onAsyncCall(ami, options, (transport) => {
    if (!calls.awaited && calls.size + opening >= limit) {
      calls.drop();
      transport.close();
      return;
    }
    opening++;
    openSession(transport, config ?? defaults, trace)
      .then(
        (session) => {
          if (over) transport.close();
          else calls.push(new Agi(session, config));
        },
        () => {
          // what is no request of Asterisk's is no call: its channel goes on in the dialplan
          calls.drop();
          transport.close();
        },
      )
      .finally(() => opening--);
  });
  const onAbort = () => calls.end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const stopState = ami.onState((state) => {
    if (state === 'closed') calls.end();
  });
  if (ami.state === 'closed') calls.end();
  return calls;
}

/**
 * Gives a call of `asyncAgi` back to the dialplan, once the commands that are queued have been answered; nothing where
 * it has left already, by a hangup or by `agi.asyncAgiBreak()`. What the call has beside its conversation, engines at
 * work and the clients of `agi.manager()` and `agi.ari()`, ends in either case.
 * @param options.failed makes AGISTATUS=FAILURE
 * @throws AmiArgumentError with code `AMI_OPTION` for an option that there is not; the call has been given back, as failed
 */
export async function endCall(agi: Agi, options: { readonly failed?: boolean } = {}): Promise<void> {
  let wrong: unknown;
  try {
    checkNames('endCall', options, endNames);
  } catch (error) {
    // a caller must not wait for good in AsyncAGI for a slip in a program
    wrong = error;
  }
  const { session, belongings } = agi[commander];
  await session.drain();
  await belongings.speech?.stop(scriptEnded());
  if (!session.ended) {
    session.stop(scriptEnded());
    await session.last(wrong || options.failed ? FAILURE : 'ASYNCAGI BREAK');
  }
  await closeBelongings(agi);
  if (wrong) throw wrong;
}

/** Hands each event to the call that it is about. */
class Switchboard {
  /** By the channel's name. */
  readonly #calls = new Map<string, AsyncTransport>();
  readonly #stops: (() => void)[];
  #open = true;

  constructor(
    ami: Ami,
    { accept, namesScript = false }: Pick<AsyncAgiOptions, 'accept' | 'namesScript'>,
    listener: (transport: Transport) => void,
  ) {
    const callOf = (event: AmiEvent) => this.#calls.get(event.get('Channel') ?? '');
    this.#stops = [
      ami.on('AsyncAGIStart', (event) => {
        if (!this.#open || (accept && !accept(event))) return;
        const call = new AsyncTransport(ami, event.get('Channel') ?? '', namesScript, () => {
          if (this.#calls.get(call.channel) === call) this.#calls.delete(call.channel);
          this.#rest();
        });
        this.#seat(call);
        call.onRequest(event);
        listener(call);
      }),
      ami.on('AsyncAGIExec', (event) => callOf(event)?.onResult(event)),
      ami.on('AsyncAGIEnd', (event) => callOf(event)?.onEnd()),
      ami.on('BridgeEnter', (event) => callOf(event)?.onBridge()),
      ami.on('Hangup', (event) => callOf(event)?.onHangup(event.get('Uniqueid'))),
      ami.on('AttendedTransfer', (event) => this.#onTransfer(event)),
      ami.onState((state, error) => {
        if (state === 'connected') return;
        for (const call of [...this.#calls.values()]) call.onLost(state === 'reconnecting', error);
      }),
      // callers must not wait in AsyncAGI for a program that has gone
      ami.onLeaving(() => {
        for (const call of [...this.#calls.values()]) call.onLeaving();
      }),
    ];
  }

  /** Takes no more calls. */
  close(): void {
    this.#open = false;
    this.#rest();
  }

  #seat(call: AsyncTransport): void {
    // one whose end was not told: it is not there any more
    this.#calls.get(call.channel)?.onEnd();
    this.#calls.set(call.channel, call);
  }

  /**
   * Who is handed over to a call that is no bridge's takes the transferer's place in it (bridge.c,
   * ast_bridge_transfer_attended): the channel of the call has the name of his from then on.
   */
  #onTransfer(event: AmiEvent): void {
    if (event.get('DestType') !== 'App') return;
    // the other side is in a bridge; and whichever of the two is told is the one who stays
    const side = event.get('OrigBridgeUniqueid') === undefined ? 'Orig' : 'Second';
    const who = ['Transferee', 'TransferTarget'].find((name) => event.get(`${name}Channel`) !== undefined);
    const call = this.#calls.get(event.get(`${side}TransfererChannel`) ?? '');
    if (!call || !who) return;
    this.#calls.delete(call.channel);
    call.onMove(event.get(`${who}Channel`) as string, event.get(`${who}Uniqueid`));
    this.#seat(call);
  }

  #rest(): void {
    if (this.#open || this.#calls.size > 0) return;
    for (const stop of this.#stops) stop();
  }
}
