/**
 * Calls of AsyncAGI for any FastAGI server: each gets a connection to it, as if Asterisk had made one. So scripts run
 * unchanged, in whatever way that server runs them.
 */
import net from 'node:net';
import type { Transport } from '../agi/transport';
import { AmiActionError, AmiConnectionError } from '../ami-errors';
import { AgiArgumentError } from '../errors';
import { type Address, showAddress } from './address';
import type { Ami } from './ami';
import { onAsyncCall } from './async-agi';

export interface BridgeOptions {
  /** Where the FastAGI server listens. */
  readonly server: Address;
  /** Told of a call that the server did not take, or left with an error. */
  readonly onProblem: (text: string) => void;
}

/** How long the server may take to accept a connection. */
const CONNECT_MS = 5000;
/** The longest command taken from a server; AsyncAGI takes far less. */
const MAX_COMMAND_BYTES = 65_536;
/** So many commands of a server that does not wait for answers are kept; what is more waits on its own side. */
const MAX_WAITING = 100;

/** The calls that are on their way between Asterisk and the server. */
export interface Bridge {
  readonly active: number;
  /** Takes no more calls; those that run go on. */
  stop(): void;
  /**
   * Takes no more calls, and resolves when those that run are over: a call that is left alone waits in AsyncAGI for good.
   * @param hurry those that are there then are given back to the dialplan, as failed
   */
  finish(hurry: AbortSignal): Promise<void>;
}

/**
 * Hands each call of AsyncAGI to the server. The dialplan's first argument names the script:
 * `AGI(agi:async,hello.js?name=value,argument)`.
 */
export function bridgeCalls(ami: Ami, options: BridgeOptions): Bridge {
  const fails = new Set<(problem: string) => void>();
  let onNone: (() => void) | undefined;
  const stop = onAsyncCall(ami, { namesScript: true }, (transport) => {
    const fail = bridge(transport, options, () => {
      fails.delete(fail);
      if (fails.size === 0) onNone?.();
    });
    fails.add(fail);
  });
  return {
    get active() {
      return fails.size;
    },
    stop,
    async finish(hurry) {
      stop();
      const none = new Promise<void>((resolve) => {
        onNone = resolve;
      });
      if (fails.size === 0) return;
      const end = () => {
        for (const fail of [...fails]) fail(`the bridge is stopped (${hurry.reason})`);
      };
      if (hurry.aborted) end();
      else hurry.addEventListener('abort', end, { once: true });
      await none;
    },
  };
}

/**
 * @param onOver called once, when the call is not here any more
 * @returns ends it with AGISTATUS=FAILURE
 */
function bridge(
  transport: Transport,
  { server, onProblem }: BridgeOptions,
  onOver: () => void,
): (problem: string) => void {
  const socket = net.connect({ host: server.host, port: server.port, noDelay: true });
  const commands: string[] = [];
  let held = '';
  let asked = false;
  let requested = false;
  let leaving = false;
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    transport.close();
    socket.destroy();
    onOver();
  };
  const fail = (problem: string) => {
    if (over) return;
    onProblem(`${showAddress(server)}: ${problem}: the call goes on in the dialplan, with AGISTATUS=FAILURE`);
    try {
      transport.write('FAILURE\n');
    } catch {
      // it has gone already
    }
    end();
  };
  const timer = setTimeout(() => fail(`no connection within ${CONNECT_MS} ms`), CONNECT_MS);
  // one at a time, as Asterisk's own end of a FastAGI connection reads them
  const next = () => {
    while (!asked && !over) {
      const command = commands.shift();
      if (command === undefined) {
        // the last words of a script that has failed have been answered
        if (leaving) end();
        return;
      }
      if (commands.length < MAX_WAITING) socket.resume();
      try {
        transport.write(`${command}\n`);
        asked = true;
      } catch (error) {
        // gone: the transport tells of that by itself
        if (!(error instanceof AgiArgumentError)) return;
        socket.write(
          `520-Invalid command syntax.  Proper usage follows:\n${error.message}\n520 End of proper usage.\n`,
        );
      }
    }
  };
  transport.receiver = {
    onData: (bytes) => {
      // the request, and the word that the caller has gone, answer nothing
      if (requested && !bytes.equals(hangup)) asked = false;
      requested = true;
      socket.write(Buffer.from(bytes));
      transport.read();
      next();
    },
    onEnd: (error) => {
      // of a connection that is lost the client tells, once and not for each call
      if (error && !(error instanceof AmiConnectionError)) {
        const isLeft = error instanceof AmiActionError && error.code === 'AMI_PERMISSION';
        const end = isLeft ? 'the call is left in AsyncAGI' : 'the call goes on in the dialplan';
        onProblem(`${showAddress(server)}: ${error.message}: ${end}`);
      }
      if (!over) onOver();
      over = true;
      clearTimeout(timer);
      transport.close();
      socket.end();
    },
  };
  transport.read();
  socket.once('connect', () => clearTimeout(timer));
  socket.on('data', (chunk: Buffer) => {
    held += chunk.toString('latin1');
    const lines = held.split('\n');
    held = lines.pop() as string;
    // a byte is a character here, so that none is lost where a piece ends inside of one
    for (const line of lines) commands.push(Buffer.from(line, 'latin1').toString());
    if (commands.length >= MAX_WAITING) socket.pause();
    if (held.length > MAX_COMMAND_BYTES) fail('a command without end');
    else next();
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('end', () => {
    leaving = true;
    next();
  });
  return fail;
}

const hangup = Buffer.from('HANGUP\n');
