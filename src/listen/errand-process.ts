/**
 * A process for one call that waited for it (`max_calls = 1`): the call is there before the process is, on descriptor 0
 * as under xinetd, and the process ends with it. What receives sockets from another process, and what tells of them,
 * is a fifth of a boot, and not wanted here: the line to the master is plain JSON on descriptor 3.
 */
import { readSync, writeSync } from 'node:fs';
import { FdTransport } from '../agi/fd-transport';
import { openSession } from '../agi/opening';
import { monotonicMs } from '../agi/socket-transport';
import { Log } from '../log';
import { Ending } from '../run/ending';
import { guardConsole, guardOutput, guardStdin } from '../run/guard';
import type { House } from '../run/house';
import { ownProcess, runHere } from '../run/serve';
import { END_SIGNAL, type Errand, masterSignals, type Report, STOPPED } from './messages';

const LINE = 3;
const NEWLINE = 10;

export function serveErrand(): void {
  const { terms, call } = receive();
  const { config, syslog } = terms;
  const log = new Log(config.debug ? 'debug' : config.logLevel);
  log.fd = 2;
  log.syslog = syslog;
  const transport = new GivenTransport(call.head);
  const tellEnd = (ending: Ending, code: number) => {
    const { firstWriteMs } = transport;
    const firstCommandMs = firstWriteMs === undefined ? undefined : firstWriteMs - call.acceptedMs;
    tell({ type: 'done', id: call.id, code, asked: ending.session !== undefined, firstCommandMs });
  };
  const house: House = {
    alive: ownProcess.alive,
    leave(ending, code) {
      tellEnd(ending, code);
      ownProcess.leave(ending, code);
    },
  };
  const ending = new Ending(config, log, transport, house);
  for (const signal of masterSignals) {
    process.on(signal, signal === END_SIGNAL ? () => ending.fail(stopped()) : () => {});
  }
  // process.exit() in a script; where a read waits and nobody answers, what follows on that is SIGKILL
  process.on('exit', (code) => {
    if (!ending.over) tellEnd(ending, code);
  });
  guardConsole(() => log);
  guardStdin();
  guardOutput();
  tell({ type: 'taken', id: call.id });
  void runHere(ending, openSession(transport, config, ending.tracing?.line));
}

/** The master writes it before the process is there: what is missing is on its way. */
function receive(): Errand {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(16_384);
    const count = readSync(LINE, chunk);
    if (count === 0) process.exit(1);
    chunks.push(chunk.subarray(0, count));
    if (chunk[count - 1] === NEWLINE) return JSON.parse(Buffer.concat(chunks).toString());
  }
}

function tell(report: Report): void {
  try {
    writeSync(LINE, `${JSON.stringify(report)}\n`);
  } catch {
    // the master is gone, or the script has closed the line: the call goes on
  }
}

/** The call's request has been read by the master. */
class GivenTransport extends FdTransport {
  firstWriteMs: number | undefined;
  #head: Buffer | undefined;
  #isGiven = true;

  constructor(head: string) {
    super(0);
    this.#head = Buffer.from(head, 'latin1');
  }

  override write(text: string): void {
    this.firstWriteMs ??= monotonicMs();
    super.write(text);
  }

  override read(): void {
    const head = this.#head;
    if (!head) {
      this.#isGiven = false;
      super.read();
      return;
    }
    this.#head = undefined;
    this.receiver.onData(head);
  }

  override get arrived(): boolean {
    return this.#isGiven || super.arrived;
  }
}

const stopped = (): Error =>
  new (require('../errors') as typeof import('../errors')).AgiError('SERVICE_STOPPED', STOPPED);
