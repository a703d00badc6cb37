/** The way of a message from the WebSocket to all whom it concerns, and to nobody else. */

import { peekEventType } from '../wire/ari-event-type';
import { redactAriEvent } from '../wire/ari-redact';
import type { ApplicationLink } from './application-link';
import type { EventHub } from './event-hub';
import type { AnyEvent } from './events';
import type { HandleRegistry } from './handle-registry';
import type { RestResponse } from './socket-carrier';

/** The answer to a request over the WebSocket, which is no event. */
const ANSWER = 'RESTResponse';
/** After so many in a row that somebody waited for, only one of so many is asked for its type beforehand. */
const ALL_WANTED = 64;
const UNASKED = 15;

export class EventIntake {
  readonly #hub: EventHub<AnyEvent>;
  readonly #registry: HandleRegistry;
  readonly #link: ApplicationLink;
  readonly #trace: ((direction: '<', text: string) => void) | undefined;
  #events = 0;
  #unreadable = 0;
  /** How many in a row somebody has waited for, of those that were asked; how many pass unasked now. */
  #wantedInARow = 0;
  #unasked = 0;

  constructor(
    hub: EventHub<AnyEvent>,
    registry: HandleRegistry,
    link: ApplicationLink,
    trace: ((direction: '<', text: string) => void) | undefined,
  ) {
    this.#hub = hub;
    this.#registry = registry;
    this.#link = link;
    this.#trace = trace;
  }

  get events(): number {
    return this.#events;
  }

  /** Messages that were no events, of those that were read at all. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Takes a message. */
  receive(text: string): void {
    if (this.#isIdle(text)) {
      this.#trace?.('<', redactAriEvent(text));
      this.#events++;
      return;
    }
    let event: AnyEvent | undefined;
    try {
      event = JSON.parse(text);
    } catch {
      // counted below
    }
    if (event?.type === ANSWER) {
      // what it says is traced by who has asked, and knows whether that is a secret
      this.#trace?.('<', redactAriEvent(JSON.stringify({ ...event, message_body: undefined })));
      this.#link.receiveAnswer(event as unknown as RestResponse);
      return;
    }
    this.#trace?.('<', redactAriEvent(text));
    if (typeof event?.type !== 'string') {
      this.#unreadable++;
      return;
    }
    this.#events++;
    if (event.type === 'StasisStart') this.#registry.enter(event);
    this.#hub.emit(event);
    this.#registry.deliver(event);
    if (this.#link.wants(event.type)) this.#link.noteEvent(event);
  }

  /**
   * Whether nobody has a use for an event. To take one apart is most of what it costs, and much of what Asterisk tells
   * is of no use to an application; where all of it is, the question is what costs too much.
   */
  #isIdle(text: string): boolean {
    if (this.#unasked > 0) {
      this.#unasked--;
      return false;
    }
    const type = peekEventType(text);
    if (type !== undefined && !this.#wants(type)) {
      this.#wantedInARow = 0;
      return true;
    }
    if (++this.#wantedInARow >= ALL_WANTED) this.#unasked = UNASKED;
    return false;
  }

  #wants(type: string): boolean {
    return this.#hub.wants(type) || type === ANSWER || this.#link.wants(type) || this.#registry.wants(type);
  }
}
