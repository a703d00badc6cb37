/** AsyncAGI: the dialplan's AGI(agi:async) leaves a call to the manager. Who gets which call, and how it ends. */
import { setTimeout } from 'node:timers/promises';
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

/** How long after its channel the event comes, at most, that tells of a call. */
const HEIR_MS = 200;

/** Hands each event to the call that it is about. */
class Switchboard {
  /** By the channel's name. */
  readonly #calls = new Map<string, AsyncTransport>();
  /** The channels of AsyncAGI that other programs have taken. */
  readonly #strangers = new Set<string>();
  /** Those whose channel is no more, and of which it is not known yet whether they go on. */
  readonly #doubtful = new Set<AsyncTransport>();
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
        if (!this.#open || (accept && !accept(event))) {
          this.#strangers.add(event.get('Channel') ?? '');
          return;
        }
        const call = new AsyncTransport(ami, event.get('Channel') ?? '', namesScript, () => {
          if (this.#calls.get(call.channel) === call) this.#calls.delete(call.channel);
          this.#rest();
        });
        this.#seat(call);
        call.onRequest(event);
        listener(call);
      }),
      ami.on('AsyncAGIExec', (event) => (callOf(event) ?? this.#foundBy(event))?.onResult(event)),
      ami.on('AsyncAGIEnd', (event) => {
        this.#strangers.delete(event.get('Channel') ?? '');
        callOf(event)?.onEnd();
      }),
      ami.on('BridgeEnter', (event) => callOf(event)?.onBridge()),
      ami.on('Hangup', (event) => {
        this.#strangers.delete(event.get('Channel') ?? '');
        const call = callOf(event);
        if (call && call.uniqueId === event.get('Uniqueid')) void this.#onHangup(ami, call);
      }),
      ami.on('AttendedTransfer', (event) => this.#onTransfer(event)),
      ami.onState((state, error) => {
        if (state === 'connected') return;
        this.#strangers.clear();
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
    this.#move(call, event.get(`${who}Channel`) as string, event.get(`${who}Uniqueid`));
  }

  /**
   * The channel is no more, and AsyncAGI has not told of its end: another has its place (a phone's INVITE with Replaces), of
   * which no event tells, or it was taken elsewhere before.
   */
  async #onHangup(ami: Ami, call: AsyncTransport): Promise<void> {
    this.#doubtful.add(call);
    let heirs = await this.#heirs(ami, call);
    if (heirs.size > 0) {
      // one that has just come by itself is told of meanwhile
      await setTimeout(HEIR_MS, undefined, { ref: false });
      const still = await this.#heirs(ami, call);
      heirs = new Map([...heirs].filter(([channel]) => still.has(channel)));
    }
    // an event has told meanwhile
    if (!this.#doubtful.delete(call)) return;
    const [heir] = heirs;
    if (heir && heirs.size === 1) this.#move(call, ...heir);
    else call.onEnd();
  }

  /** The call whose command this is the answer to, wherever it is now. */
  #foundBy(event: AmiEvent): AsyncTransport | undefined {
    for (const call of this.#doubtful) {
      if (!call.awaits(event)) continue;
      this.#move(call, event.get('Channel') ?? '', event.get('Uniqueid'));
      return call;
    }
    return undefined;
  }

  /** Channels that stand where the call stood and that no AsyncAGIStart has told of, with their unique ids. */
  async #heirs(ami: Ami, call: AsyncTransport): Promise<Map<string, string | undefined>> {
    const heirs = new Map<string, string | undefined>();
    // who may not ask has a call that is over
    for (const one of await ami.channels().catch(() => [])) {
      const channel = one.get('Channel') ?? '';
      if (call.isAt(one) && !this.#calls.has(channel) && !this.#strangers.has(channel))
        heirs.set(channel, one.get('Uniqueid'));
    }
    return heirs;
  }

  #move(call: AsyncTransport, channel: string, uniqueId: string | undefined): void {
    if (this.#calls.get(call.channel) !== call) return;
    this.#doubtful.delete(call);
    this.#calls.delete(call.channel);
    call.onMove(channel, uniqueId);
    this.#seat(call);
  }

  #rest(): void {
    if (this.#open || this.#calls.size > 0) return;
    for (const stop of this.#stops) stop();
  }
}
