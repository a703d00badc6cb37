/**
 * A call that no caller makes, for a process which has just been booted: what a process does for the first time takes
 * it three times as long, so it does all of it once before somebody waits for it. The master plays Asterisk on a
 * connection of its own, and the script is the program's.
 */

import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** What the script is called, beside the program: `rehearsed-script.ts`. */
export const REHEARSED_SCRIPT = 'fastagi-rehearsal.js';

const NEWLINE = 10;
/** How long it may take to come by a connection. */
const OPEN_MS = 1000;

/** What Asterisk would say of a channel that is none. */
const request = [
  'network: yes',
  `network_script: ${REHEARSED_SCRIPT}`,
  `request: agi://127.0.0.1/${REHEARSED_SCRIPT}`,
  'channel: Local/rehearsal@fastagi-00000000;1',
  'language: en',
  'type: Local',
  'uniqueid: 0.0',
  'version: 22.0.0',
  'callerid: unknown',
  'calleridname: unknown',
  'callingpres: 0',
  'callingani2: 0',
  'callington: 0',
  'callingtns: 0',
  'dnid: unknown',
  'rdnis: unknown',
  'context: rehearsal',
  'extension: s',
  'priority: 1',
  'enhanced: 0.0',
  'accountcode: ',
  'threadid: 0',
]
  .map((field) => `agi_${field}\n`)
  .join('');

/** What the process reads. */
export const rehearsalHead = `${request}\n`;

/** A connection with an Asterisk at its end that answers each command at once. */
export class Stage {
  /** For the process: nothing reads from it here. */
  readonly socket: Socket;
  readonly #asterisk: Socket;

  private constructor(socket: Socket, asterisk: Socket) {
    this.socket = socket;
    this.#asterisk = asterisk;
    for (const end of [socket, asterisk]) end.on('error', () => this.close()).unref();
    asterisk.on('data', (text) => {
      for (const byte of text) if (byte === NEWLINE) asterisk.write('200 result=1\n');
    });
  }

  /**
   * There is no socketpair() in Node: a port is open for one connection, and to nobody but this process.
   * @throws Error where none can be had in time: a firewall may be in between
   */
  static async open(): Promise<Stage> {
    const server = net.createServer({ pauseOnConnect: true }).unref();
    const asterisk = new net.Socket();
    const inTime = { signal: AbortSignal.timeout(OPEN_MS) };
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening', inTime);
      const accepted = once(server, 'connection', inTime) as Promise<[Socket]>;
      asterisk.connect((server.address() as AddressInfo).port, '127.0.0.1');
      const [[socket]] = await Promise.all([accepted, once(asterisk, 'connect', inTime)]);
      const isOurs = socket.remotePort === asterisk.localPort;
      const stage = new Stage(socket, asterisk);
      if (isOurs) return stage;
      stage.close();
      throw new Error('somebody else has come in');
    } catch (error) {
      asterisk.destroy();
      throw error;
    } finally {
      server.close();
    }
  }

  close(): void {
    this.socket.destroy();
    this.#asterisk.destroy();
  }
}
