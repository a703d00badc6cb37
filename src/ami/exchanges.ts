/** Actions that wait: each is known by an ActionID that no other client can have, and gets its own answer and events. */
import { randomBytes } from 'node:crypto';
import {
  AmiActionError,
  AmiArgumentError,
  AmiConnectionError,
  AmiError,
  AmiTimeoutError,
} from '../ami-errors';
import { shareSignal } from '../shared-signal';
import { type AmiFields, encodeAction } from '../wire/ami-action';
import type { AmiEvent, AmiResponse } from '../wire/ami-message';
import type { Connection, Outgoing } from './connection';
import { emptyListReason, refusedAction } from './failures';
import type { ActionOptions } from './manager-actions';
import { actionNames, checkNames } from './option-names';

/** An action that waits. */
interface Exchange {
  readonly action: string;
  readonly serial: number;
  readonly outgoing: Outgoing;
  /** @returns whether this was all */
  onResponse(response: AmiResponse): boolean;
  /** @returns whether this was all */
  onEvent(event: AmiEvent): boolean;
  reject(error: unknown): void;
  timer: NodeJS.Timeout | undefined;
  /** Whether the answer has come, and events that belong to it are due. */
  answered: boolean;
  /** Whether one of these events bore the ActionID. */
  named: boolean;
  /** What to say where it takes too long. */
  late(): AmiTimeoutError;
  done(): void;
}

interface ExchangeHandler {
  onResponse(response: AmiResponse): boolean;
  onEvent?(event: AmiEvent): boolean;
  reject(error: unknown): void;
  late?(sent: boolean): AmiTimeoutError;
}

/** The longest that Node's timers can count. */
const MAX_MS = 0x7fff_ffff;

export class Exchanges {
  readonly #prefix = randomBytes(9).toString('base64url');
  readonly #pending = new Map<string, Exchange>();
  readonly #timeoutMs: number;
  readonly #connectionFor: (action: string) => Connection;
  readonly #onChange: () => void;
  /** The list that comes now: Asterisk sends one at a time. */
  #listing: Exchange | undefined;
  #serial = 0;
  /** The serial number of the action that was given up last, since something was heard of Asterisk. */
  #givenUp = Number.POSITIVE_INFINITY;
  #unasked = 0;

  constructor(host: {
    /** How long an action may wait for its answer, where it does not say so itself. */
    readonly timeoutMs: number;
    /** What an action is sent by. @throws the reason where it cannot be */
    connectionFor(action: string): Connection;
    /** Told when an action has begun or ended. */
    onChange(): void;
  }) {
    this.#timeoutMs = host.timeoutMs;
    this.#connectionFor = host.connectionFor;
    this.#onChange = host.onChange;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** How many answers came that no action waited for. */
  get unasked(): number {
    return this.#unasked;
  }

  /**
   * Whether an action has been sent whose answer has not come and may still come; one behind an action that was given
   * up waits for the same in vain, and who sends one after the other would never find out.
   */
  get waits(): boolean {
    for (const { answered, serial } of this.#pending.values()) if (!answered) return serial < this.#givenUp;
    return false;
  }

  /** Asterisk is there: what was given up was only slow. */
  heard(): void {
    this.#givenUp = Number.POSITIVE_INFINITY;
  }

  /** Another connection: no list goes on in it. */
  reset(): void {
    this.#listing = undefined;
    this.heard();
  }

  /** No more will come: each action is told what can have become of it. */
  end(error: unknown): void {
    for (const exchange of [...this.#pending.values()]) {
      exchange.done();
      exchange.reject(error instanceof AmiError ? lostDuring(exchange, error) : error);
    }
  }

  /**
   * Sends an action, and tells the handler what comes back for it.
   * @returns the exchange; undefined where it was refused, as the handler has been told
   */
  begin(
    action: string,
    fields: AmiFields = {},
    options: ActionOptions = {},
    handler: ExchangeHandler & { patienceMs?(): number },
  ): Exchange | undefined {
    const { signal, timeoutMs = this.#timeoutMs } = options;
    const serial = ++this.#serial;
    const id = `${this.#prefix}-${serial}`;
    let text: string;
    let connection: Connection;
    try {
      checkNames(action, options, actionNames);
      signal?.throwIfAborted();
      checkMs('timeoutMs', timeoutMs);
      text = encodeAction(action, fields, id);
      connection = this.#connectionFor(action);
    } catch (error) {
      handler.reject(error);
      return undefined;
    }
    const late = () => {
      const { begun } = exchange.outgoing;
      return (
        handler.late?.(begun) ??
        new AmiTimeoutError(
          begun
            ? `no answer to ${action} within ${timeoutMs} ms; Asterisk may have carried it out all the same`
            : `${action} could not be sent within ${timeoutMs} ms: Asterisk does not read`,
          begun,
        )
      );
    };
    const onAbort = () => {
      exchange.done();
      handler.reject(signal?.reason);
    };
    const exchange: Exchange = {
      action,
      serial,
      outgoing: connection.send(text),
      onResponse: (response) => {
        const over = handler.onResponse(response);
        if (!over) exchange.timer = this.#startTimer(exchange, handler.patienceMs?.() ?? timeoutMs);
        return over;
      },
      onEvent: (event) => handler.onEvent?.(event) ?? false,
      reject: handler.reject,
      timer: undefined,
      answered: false,
      named: false,
      late,
      done: () => {
        clearTimeout(exchange.timer);
        signal?.removeEventListener('abort', onAbort);
        connection.cancel(exchange.outgoing);
        if (this.#listing === exchange) this.#listing = undefined;
        this.#pending.delete(id);
        this.#onChange();
      },
    };
    shareSignal(signal);
    signal?.addEventListener('abort', onAbort, { once: true });
    exchange.timer = this.#startTimer(exchange, timeoutMs);
    this.#pending.set(id, exchange);
    this.#onChange();
    return exchange;
  }

  #startTimer(exchange: Exchange, ms: number): NodeJS.Timeout | undefined {
    clearTimeout(exchange.timer);
    if (ms === 0) return undefined;
    return setTimeout(() => {
      if (!exchange.answered) this.#givenUp = exchange.serial;
      exchange.done();
      exchange.reject(exchange.late());
    }, ms);
  }

  /** The same for an action that is answered by a list of events. */
  beginList(
    action: string,
    fields: AmiFields | undefined,
    options: ActionOptions | undefined,
    handler: {
      onItem(item: AmiEvent): void;
      onEnd(response: AmiResponse, complete: AmiEvent | undefined): void;
      onRefusal?(response: AmiResponse): void;
      reject(error: unknown): void;
    },
  ): void {
    let response: AmiResponse;
    const exchange = this.begin(action, fields, options, {
      onResponse: (first) => {
        response = first;
        if (!first.ok) {
          if (handler.onRefusal) handler.onRefusal(first);
          else if (emptyListReason.test(first.get('Message') ?? '')) handler.onEnd(first, undefined);
          else handler.reject(refusedAction(action, first));
          return true;
        }
        if (first.get('EventList')?.toLowerCase() !== 'start') {
          handler.onEnd(first, undefined);
          return true;
        }
        this.#listing = exchange;
        return false;
      },
      onEvent: (event) => {
        const mark = event.get('EventList')?.toLowerCase();
        if (mark === undefined) {
          exchange?.timer?.refresh();
          handler.onItem(event);
          return false;
        }
        if (mark === 'complete') handler.onEnd(response, event);
        else {
          const text = `Asterisk has broken off the list that answers ${action}`;
          handler.reject(new AmiActionError('AMI_LIST_CANCELLED', text, action, event));
        }
        return true;
      },
      reject: handler.reject,
    });
  }

  /** An answer; one that nobody waits for is counted. */
  onResponse(response: AmiResponse): void {
    this.#listing = undefined;
    const exchange = this.#pending.get(response.get('ActionID') ?? '');
    if (!exchange || exchange.answered) {
      this.#unasked++;
      return;
    }
    exchange.answered = true;
    if (exchange.onResponse(response)) exchange.done();
  }

  /** @returns whether it is for everyone, and not only an item of a list that one has asked for */
  onEvent(event: AmiEvent): boolean {
    // most events are nobody's: they are not taken apart for it
    const own = this.#pending.size > 0 && event.text.includes(this.#prefix);
    const exchange = own ? this.#pending.get(event.get('ActionID') ?? '') : undefined;
    if (exchange) {
      const listed = this.#listing === exchange;
      exchange.named = true;
      if (exchange.onEvent(event)) exchange.done();
      // items belong to whoever has asked for the list; what became of a call is everyone's to know
      return !listed;
    }
    // IAXpeers: items without an ActionID, which come between the list's two ends and nothing else does
    if (this.#listing && !this.#listing.named && !own) this.#listing.onEvent(event);
    return true;
  }
}

/** What became of an action whose connection has ended. */
function lostDuring(exchange: Exchange, error: AmiError): AmiError {
  const sent = exchange.outgoing.begun;
  const what = exchange.answered
    ? 'Asterisk has taken it, and what was to follow will not come'
    : sent
      ? 'it was sent, and Asterisk may have carried it out'
      : 'it was not sent';
  const code = error instanceof AmiConnectionError ? error.code : 'AMI_LOST';
  return new AmiConnectionError(code, `${exchange.action}: ${error.message}; ${what}`, {
    cause: error,
    retryable: code !== 'AMI_CLOSED',
    sent,
  });
}

/** @throws AmiArgumentError for what no timer can count */
export function checkMs(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= MAX_MS)) {
    throw new AmiArgumentError(`${name} is ${ms}, and must be a number of milliseconds, 0 to ${MAX_MS}`);
  }
}
