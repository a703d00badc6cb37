/** The door: takes connections, lets calls in, and sends away what cannot be served, fast and with a word. */
import type { Server, Socket } from 'node:net';
import { monotonicMs } from '../agi/socket-transport';
import type { Log } from '../log';
import { encodeCommand } from '../wire/agi-command';
import type { Admission, RefusalReason } from './admission';

/** Connections that may wait in the kernel to be accepted. */
export const BACKLOG = 1024;
/** How long one who is sent away may take to hear it. */
const FAREWELL_MS = 2000;
/** So many are given that time at once: each takes a descriptor, and Asterisk goes as soon as it hears the word. */
const FAREWELLS_MOST = 64;
/** How often the log tells of those who were sent away. */
const TELL_EVERY_MS = 1000;

/** How long one who asks for nothing is let be where others find no place: Asterisk says at once what it wants. */
export const SILENT_MS = 1000;

export interface Callbacks {
  /** @param release must be called when the connection is done with; more than once does nothing */
  onCall(socket: Socket, release: () => void): void;
  onRefusal(reason: RefusalReason): void;
  /**
   * All places are taken: who is there for longer than `SILENT_MS`, and has asked for nothing yet, is to go.
   * @returns whether somebody has been let go
   */
  makeRoom(): boolean;
}

export class Reception {
  readonly #servers: readonly Server[];
  readonly #admission: Admission;
  readonly #log: Log;
  readonly #callbacks: Callbacks;
  #refused: Partial<Record<RefusalReason, number>> = {};
  /** Those sent away since the log was told, and the last of them. */
  readonly #untold = new Map<RefusalReason, { count: number; address: string }>();
  #telling: NodeJS.Timeout | undefined;
  /** Those who have been told to go, and have not yet; who was told first is the first. */
  readonly #going = new Set<Socket>();
  #deafMs = Number.NEGATIVE_INFINITY;

  constructor(servers: readonly Server[], admission: Admission, log: Log, callbacks: Callbacks) {
    this.#servers = servers;
    this.#admission = admission;
    this.#log = log;
    this.#callbacks = callbacks;
    for (const server of servers) {
      // a machine without memory or descriptors: it may have some again, and the calls that are there go on
      server.on('error', (error) => this.#onDeaf(error));
      server.on('connection', (socket) => {
        const address = socket.remoteAddress ?? '';
        const reason = admission.admit(address);
        if (reason === undefined) this.#letIn(socket, address);
        else if (reason === 'max_active') this.#squeezeIn(socket, address);
        else this.refuse(socket, reason, address);
      });
    }
  }

  #letIn(socket: Socket, address: string): void {
    let isIn = true;
    this.#callbacks.onCall(socket, () => {
      if (isIn) this.#admission.release(address);
      isIn = false;
    });
  }

  /**
   * All places are taken. Where this process was held up, those who seem to be silent may have spoken meanwhile: what has
   * come of them is read before one of them must go.
   */
  #squeezeIn(socket: Socket, address: string): void {
    // nobody else listens to it yet
    socket.on('error', () => {});
    setImmediate(() => {
      // it has gone meanwhile
      if (socket.destroyed) return;
      let reason = this.#admission.admit(address);
      if (reason === 'max_active' && this.#callbacks.makeRoom()) reason = this.#admission.admit(address);
      if (reason) this.refuse(socket, reason, address);
      else this.#letIn(socket, address);
    });
  }

  /** The numbers since they were taken last, and those who are in. */
  takeCount(): { refused: Partial<Record<RefusalReason, number>>; active: number } {
    const refused = this.#refused;
    this.#refused = {};
    return { refused, active: this.#admission.active };
  }

  /**
   * Sends one away. On a line that begins with FAILURE, Asterisk goes on in the dialplan at once, with
   * AGISTATUS=FAILURE (res_agi.c).
   */
  refuse(socket: Socket, reason: RefusalReason, address: string): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
    const untold = this.#untold.get(reason);
    this.#untold.set(reason, { count: (untold?.count ?? 0) + 1, address });
    if (!this.#telling) {
      this.tell();
      this.#telling = setInterval(() => this.tell(), TELL_EVERY_MS).unref();
    }
    this.#seeOff(socket);
    this.#callbacks.onRefusal(reason);
  }

  #seeOff(socket: Socket): void {
    sendAway(socket);
    this.#going.add(socket);
    socket.on('close', () => this.#going.delete(socket));
    const [first] = this.#going;
    if (first === undefined || this.#going.size <= FAREWELLS_MOST) return;
    this.#going.delete(first);
    first.destroy();
  }

  #onDeaf({ message }: Error): void {
    const now = monotonicMs();
    if (now - this.#deafMs < TELL_EVERY_MS) return;
    this.#deafMs = now;
    this.#log.write('error', `a connection could not be accepted: ${message} [ACCEPT]`);
  }

  /** Takes no more connections; what is said to those who are there goes on. */
  close(): void {
    for (const server of this.#servers) if (server.listening) server.close();
    this.tell();
  }

  /** The log hears of those whom it has not been told of. */
  tell(): void {
    if (this.#untold.size === 0) {
      clearInterval(this.#telling);
      this.#telling = undefined;
    }
    for (const [reason, { count, address }] of this.#untold) {
      const what = count === 1 ? `a call from ${address}` : `${count} calls, the last from ${address},`;
      this.#log.write('warning', `${what} refused: [listen] ${reason} [REFUSED]`);
    }
    this.#untold.clear();
  }
}

/**
 * One word, and the end. The other side may be in the middle of its request: closed with that unread, the word
 * would be lost to it.
 * @param why for Asterisk's console, where it has said what it wants: it does a command before it sees what stands behind
 */
export function sendAway(socket: Socket, why?: string): void {
  socket.on('error', () => {});
  const told = why === undefined ? '' : `${encodeCommand('VERBOSE', [why, 1])}\n`;
  socket.end(`${told}FAILURE\n`);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.on('close', () => clearTimeout(timer));
}
