/** How the master and a process of its talk: over Node's own line, or, with a process of one call, over a plain one. */
import type { ChildProcess, SendHandle } from 'node:child_process';
import type { Socket } from 'node:net';
import type { BareConnection } from '../agi/socket-transport';
import { END_SIGNAL, type Errand, type Order, type Report, type Terms } from './messages';
import { readReports } from './reports';

/** The most that a process has to say at once: of many thousand calls. */
const REPORT_BYTES = 1 << 24;

/** What Node reads a line to a child process with. */
interface Reading {
  onread: (...read: unknown[]) => void;
  readonly bytesRead: number;
}

export interface Line {
  /**
   * @param onReport what the process says, not looked at yet
   * @param onSilence it says nothing any more
   */
  listen(onReport: (said: unknown) => void, onSilence: () => void): void;
  /** Does nothing where the process has gone: its end tells all. */
  send(order: Order, socket?: Socket): void;
  /** Whether such a report can come over this line. */
  carries(type: Report['type']): boolean;
  close(): void;
}

/** Node's: orders and sockets go there, reports come back. */
export class OrderLine implements Line {
  readonly #child: ChildProcess;
  readonly #mode: Terms['mode'];

  constructor(child: ChildProcess, mode: Terms['mode']) {
    this.#child = child;
    this.#mode = mode;
  }

  listen(onReport: (said: unknown) => void, onSilence: () => void): void {
    this.#child.on('message', onReport).on('disconnect', onSilence);
    const onLie = () => onReport(undefined);
    this.#guardNodesOwn(onLie);
    this.#guardReading(onLie);
  }

  /**
   * Node throws what is no JSON in the middle of nowhere, and what stands in front of it stays in front of all that
   * follows: nothing that the process says would be heard any more. It keeps what has no end, as well.
   */
  #guardReading(onLie: () => void): void {
    const child = this.#child as ChildProcess & { [name: symbol]: Reading | undefined };
    const name = Object.getOwnPropertySymbols(child).find(
      ({ description }) => description === 'kChannelHandle',
    );
    const reading = name && child[name];
    // what another Node calls otherwise is as it is there
    if (typeof reading?.onread !== 'function') return;
    const { onread } = reading;
    let heardBytes = 0;
    const heard = () => {
      heardBytes = reading.bytesRead;
    };
    child.on('message', heard).on('internalMessage', heard);
    reading.onread = function (this: unknown, ...read: unknown[]) {
      try {
        onread.apply(this, read);
      } catch (error) {
        if (!String((error as Error).stack).includes('parseChannelMessages')) throw error;
        onLie();
      }
      if (reading.bytesRead - heardBytes > REPORT_BYTES) onLie();
    };
  }

  /**
   * By this line the two Nodes talk, too, and a script can say what the process's Node would: words that are out of their
   * place would end the master. All that Node there has to say is that a socket has come, or has not.
   */
  #guardNodesOwn(onLie: () => void): void {
    const child = this.#child as ChildProcess & { _handleQueue?: unknown };
    // what waits for a socket to have come; without one, Node has none to be told of
    const knowsQueue = '_handleQueue' in child;
    const nodes = child.rawListeners('internalMessage');
    child.removeAllListeners('internalMessage');
    child.on('internalMessage', (message: { readonly cmd: string }, handle?: BareConnection) => {
      const isDue = !knowsQueue || Array.isArray(child._handleQueue);
      if (isDue && (message.cmd === 'NODE_HANDLE_ACK' || message.cmd === 'NODE_HANDLE_NACK'))
        for (const listener of nodes) listener.call(child, message, handle);
      else {
        handle?.close();
        onLie();
      }
    });
  }

  send(order: Order, socket?: Socket): void {
    if (!this.#child.connected) return;
    // bare, so that no streams are made for it twice, and none are counted
    const { _handle: bare } = (socket ?? {}) as { _handle?: unknown };
    this.#child.send(order, bare as SendHandle, {}, () => {});
  }

  carries(type: Report['type']): boolean {
    if (this.#mode === 'pool') return ['ready', 'taken', 'done', 'free'].includes(type);
    return type !== 'free';
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** A process has its call from the start, and says how that goes: JSON in lines. */
export class ErrandLine implements Line {
  readonly #child: ChildProcess;
  /** There is none where the master has no descriptors left. */
  readonly #line: Socket | null | undefined;

  constructor(child: ChildProcess, errand: Errand) {
    this.#child = child;
    this.#line = child.stdio?.[3] as Socket | null | undefined;
    this.#line?.write(`${JSON.stringify(errand)}\n`);
  }

  listen(onReport: (said: unknown) => void, onSilence: () => void): void {
    if (this.#line) readReports(this.#line, onReport, onSilence);
  }

  /** It is heard by a signal, and can be told nothing but to end. */
  send(order: Order): void {
    if (order.type === 'end') this.#child.kill(END_SIGNAL);
  }

  carries(type: Report['type']): boolean {
    return type === 'taken' || type === 'done';
  }

  close(): void {
    this.#line?.destroy();
  }
}
