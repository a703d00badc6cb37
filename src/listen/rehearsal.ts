/**
 * A call that no caller makes, for a process which has just been booted: what a process does for the first time takes
 * it three times as long, so it does all of it once before somebody waits for it. The master plays Asterisk on a
 * connection of its own, and the script is the program's.
 */

import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';

/** What the script is called, beside the program: `rehearsed-script.ts`. */
export const REHEARSED_SCRIPT = 'fastagi-rehearsal.js';

/** As Asterisk says it, which ends in the middle of a call here: there is no channel. */
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

/** Both ends of a connection, for one rehearsal after the other. */
export interface Stage {
  /** For the process: nothing reads from it here. */
  readonly socket: Socket;
  /** Asterisk's end. */
  readonly other: Socket;
}

export class Rehearsals {
  readonly head = `${request}\n`;
  readonly #free: Stage[] = [];
  #closed = false;

  /** @returns undefined where none can be had */
  async take(): Promise<Stage | undefined> {
    for (;;) {
      const stage = this.#free.pop();
      if (!stage) break;
      if (!stage.other.destroyed) return stage;
    }
    return this.#closed ? undefined : makeStage().catch(() => undefined);
  }

  /** @param isClean the rehearsal on it has come to its end */
  giveBack(stage: Stage, isClean: boolean): void {
    if (isClean && !this.#closed) this.#free.push(stage);
    else leave(stage);
  }

  close(): void {
    this.#closed = true;
    for (const stage of this.#free.splice(0)) leave(stage);
  }
}

function leave({ socket, other }: Stage): void {
  socket.destroy();
  other.destroy();
}

/** There is no socketpair() in Node: a port that is open for one connection, and to nobody but this process. */
async function makeStage(): Promise<Stage> {
  const server = net.createServer({ pauseOnConnect: true });
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const other = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    accepted.catch(() => {});
    await once(other, 'connect');
    const [socket] = await accepted;
    const isOurs = socket.remotePort === other.localPort;
    const stage = { socket, other };
    for (const end of [socket, other])
      end
        .on('error', () => leave(stage))
        .on('close', () => leave(stage))
        .unref();
    other.on('data', (text) => {
      for (const byte of text) if (byte === 10) other.write('200 result=1\n');
    });
    if (isOurs) return stage;
    leave(stage);
    throw new Error('somebody else has come in');
  } finally {
    server.close();
  }
}
