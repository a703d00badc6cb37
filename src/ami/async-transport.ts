/**
 * One call of AsyncAGI's (res_agi.c, launch_asyncagi): commands go as actions, their replies come as events, and in between
 * lies a pipe of Asterisk's from which it reads 1,024 bytes for each command and no more. What is longer, be it the
 * request or a reply, comes with the command that follows; so NOOPs are sent until all of it is there, and their own
 * replies are taken out again.
 */
import { randomBytes } from 'node:crypto';
import { nobody, type Receiver, type Transport } from '../agi/transport';
import { AmiActionError, AmiConnectionError } from '../ami-errors';
import { AgiArgumentError } from '../errors';
import type { AmiEvent } from '../wire/ami-message';
import type { Ami } from './ami';

/** What Asterisk reads of its pipe at once. */
const PIECE_BYTES = 1024;
/** It escapes that into 2,048 bytes: a piece whose escaped text comes so near to them has lost its end. */
const CUT_CHARS = 2045;
const noopReply = Buffer.from('200 result=0\n');
/**
 * Put behind what is asked for in Base64: BASE64_ENCODE() of Asterisk 16 drops one byte or two where the length is no
 * multiple of three. What is left of this tells by its last letter how much is to be taken off.
 */
const tail = 'abc';
/** `Command: ` and the AGI command must fit into a line of AMI's. */
const MAX_COMMAND_BYTES = 1022 - 'Command: '.length;
/** What ends a failed script's call over FastAGI with AGISTATUS=FAILURE; here a command does that which fails. */
export const FAILURE = 'FAILURE';
const failing = 'STREAM FILE "the-script-has-failed" ""';
/** So often, and so long apart, a command is offered again that was refused: its channel may be about to change its name. */
const OFFERS = 10;
const OFFER_MS = 100;

/** The conversation's bytes come in pieces, as out of the pipe in Asterisk. */
export class AsyncTransport implements Transport {
  receiver: Receiver = nobody;
  reading = false;
  readonly blocked = false;
  readonly arrived = false;
  readonly #ami: Ami;
  readonly #namesScript: boolean;
  readonly #onOver: () => void;
  #channel: string;
  #uniqueId: string | undefined;
  /** Where in the dialplan AGI(agi:async) stands. */
  #place: (string | undefined)[] = [];
  /** Whether the request has come, and what comes now are replies. */
  #requested = false;
  /** Of this stay in AsyncAGI, and of this client: others may send commands to the same channel. */
  readonly #id = randomBytes(9).toString('base64url');
  #serial = 0;
  /** Pieces that have come and were not asked for yet. */
  #incoming: (Buffer | Error | 'end')[] = [];
  /** Pieces of what is not whole yet, and how many NOOPs were sent for its rest. */
  #pieces: Buffer[] = [];
  #noops = 0;
  /** Whether something of it is lost, and whether it is being read again, in a form that does not get lost. */
  #cut = false;
  #again = false;
  #command = '';
  /** How often in a row Asterisk has refused a command, and when it is offered again. */
  #refusals = 0;
  #offering: NodeJS.Timeout | undefined;
  #over = false;
  /** Whether the end was asked for, and whether the script has heard of it. */
  #broken = false;
  #heardBreak = false;

  /** @param onOver called when nothing that comes is for this call any more */
  constructor(ami: Ami, channel: string, namesScript: boolean, onOver: () => void) {
    this.#ami = ami;
    this.#channel = channel;
    this.#namesScript = namesScript;
    this.#onOver = onOver;
  }

  /** The name that Asterisk has for it now. */
  get channel(): string {
    return this.#channel;
  }

  get uniqueId(): string | undefined {
    return this.#uniqueId;
  }

  /** Whether a channel is where this call is in the dialplan. */
  isAt(event: AmiEvent): boolean {
    return placeOf(event).every((part, at) => part !== undefined && part === this.#place[at]);
  }

  onRequest(event: AmiEvent): void {
    this.#uniqueId = event.get('Uniqueid');
    this.#place = placeOf(event);
    this.#onPiece(event.get('Env') ?? '');
  }

  /** Whether this is what its last command is waiting for, and not another client's. */
  awaits(event: AmiEvent): boolean {
    return event.get('CommandId') === `${this.#id}-${this.#serial}`;
  }

  onResult(event: AmiEvent): void {
    if (!this.awaits(event)) return;
    this.#onPiece(event.get('Result') ?? '');
  }

  /** Another channel has been put into the place of the call's own, with all that belongs to it: the call goes on. */
  onMove(channel: string, uniqueId: string | undefined): void {
    this.#channel = channel;
    this.#uniqueId = uniqueId;
  }

  /**
   * The channel has come into a bridge: by a command of this call's, or because someone has taken it out of AsyncAGI (AMI's
   * Bridge and Park, the dialplan's Bridge), and of such an end Asterisk does not tell.
   */
  onBridge(): void {
    this.#ami.status(this.#channel).then(
      ([status]) => {
        // what the dialplan runs has an application; where there is none, C's printf says so (manager.c, action_status)
        if (/^(?:\(null\))?$/.test(status?.get('Application') ?? 'unknown')) this.onEnd();
      },
      // who may not ask learns of it at the latest by the hangup
      () => {},
    );
  }

  /** The call has left AsyncAGI. */
  onEnd(): void {
    if (this.#over) return;
    if (this.#broken) {
      // who waits for the answer to his last word must not wait for good: the call may have left before it was read
      if (this.#heardBreak && this.#command !== FAILURE) this.#finish();
      // and who has said the last word of all waits for the connection's end
      else this.#deliverEnd(undefined);
      return;
    }
    // a hangup, as Asterisk tells it over FastAGI; nothing can be asked any more
    this.#incoming.push(Buffer.from('HANGUP\n'));
    this.#deliverEnd(undefined);
  }

  /** The client is about to be closed, and can say one more word. */
  onLeaving(): void {
    this.#giveBack();
  }

  /** @param comesBack whether there will be a connection again */
  onLost(comesBack: boolean, error: Error | undefined): void {
    if (comesBack) this.#giveBackLater();
    this.#deliverEnd(
      error ?? new AmiConnectionError('AMI_CLOSED', 'the manager was closed', { retryable: false }),
    );
  }

  write(text: string): void {
    const command = text.slice(0, -1);
    if (Buffer.byteLength(command) > MAX_COMMAND_BYTES) {
      throw new AgiArgumentError(
        `the command has ${Buffer.byteLength(command)} bytes, and AsyncAGI takes ${MAX_COMMAND_BYTES} at most: nothing was sent`,
      );
    }
    if (/[\0\r]/.test(command)) {
      const what = command.includes('\0') ? 'a NUL' : 'a carriage return';
      throw new AgiArgumentError(`AsyncAGI cannot carry ${what} in a command: nothing was sent`);
    }
    // Asterisk would take it into its queue, and run it should the channel come to AsyncAGI again
    if (this.#over || this.#broken) throw new Error('the call has left AsyncAGI');
    this.#broken = command === FAILURE || /^\s*ASYNCAGI\s+BREAK\s*$/i.test(command);
    this.#command = command;
    this.#send(command === FAILURE ? failing : command);
  }

  read(): void {
    this.reading = true;
    queueMicrotask(() => this.#deliver());
  }

  /** The dialplan goes on. */
  close(): void {
    this.#giveBack();
    this.#finish();
    this.receiver = nobody;
  }

  #giveBack(): void {
    if (this.#over || this.#broken) return;
    this.#broken = true;
    // whether it comes too late for the channel makes no difference to anyone
    this.#action('ASYNCAGI BREAK').catch(() => {});
  }

  /** In Asterisk the call waits for commands that nobody sends any more: once there is a connection, it goes on. */
  #giveBackLater(): void {
    if (this.#over || this.#broken) return;
    const stop = this.#ami.onState((state) => {
      if (state === 'reconnecting') return;
      stop();
      if (state === 'connected') this.#action('ASYNCAGI BREAK').catch(() => {});
    });
  }

  /** The conversation cannot go on, though the call is there. */
  #giveUp(error: Error): void {
    this.#giveBack();
    this.#deliverEnd(error);
  }

  #action(command: string): Promise<unknown> {
    const id = `${this.#id}-${++this.#serial}`;
    return this.#ami.action('AGI', { Channel: this.#channel, Command: command, CommandID: id });
  }

  #send(command: string): void {
    this.#action(command).then(
      () => {
        this.#refusals = 0;
      },
      (error) => {
        if (error instanceof AmiActionError && error.code === 'AMI_ACTION') this.#onRefusal(command);
        // in Asterisk it waits for a command that nobody sends any more
        else this.#giveUp(error);
      },
    );
  }

  /**
   * There is no such channel: it has gone, or is changing places with another, of which an event tells: behind this, or
   * before Asterisk has done it.
   */
  #onRefusal(command: string): void {
    if (this.#over) return;
    if (++this.#refusals > OFFERS) this.#deliverEnd(undefined);
    else this.#offering = setTimeout(() => this.#send(command), OFFER_MS).unref();
  }

  #onPiece(escaped: string): void {
    const piece = decode(escaped);
    const cut = escaped.length >= CUT_CHARS;
    this.#pieces.push(piece);
    this.#cut ||= cut;
    // a piece of full length: more may lie in the pipe
    if (piece.length >= PIECE_BYTES || cut) {
      this.#noops++;
      this.#send('NOOP');
      return;
    }
    let bytes: Buffer | undefined = Buffer.concat(this.#pieces);
    for (; this.#noops > 0; this.#noops--) bytes = withoutNoop(bytes);
    this.#pieces = [];
    if (this.#cut) {
      this.#cut = false;
      this.#readAgain();
      return;
    }
    if (this.#again) bytes = fromBase64(bytes);
    this.#again = false;
    if (!bytes) {
      this.#giveUp(lost('a value', ' (func_base64.so would make it readable)'));
      return;
    }
    if (!this.#requested && this.#namesScript) bytes = withScript(bytes);
    this.#requested = true;
    this.#heardBreak = this.#broken;
    this.#incoming.push(bytes);
    this.#deliver();
  }

  /** A value whose characters nearly all have to be escaped is asked for in letters. */
  #readAgain(): void {
    const expression = this.#requested && !this.#again ? expressionOf(this.#command) : undefined;
    const command =
      expression && `GET FULL VARIABLE "\${BASE64_ENCODE(${expression.text}${tail})}"${expression.rest}`;
    if (!command || Buffer.byteLength(command) > MAX_COMMAND_BYTES) {
      this.#giveUp(lost(this.#requested ? 'a reply' : 'the request'));
      return;
    }
    this.#again = true;
    this.#send(command);
  }

  #deliverEnd(error: Error | undefined): void {
    if (this.#over) return;
    this.#finish();
    this.#incoming.push(error ?? 'end');
    // it must not wait for someone who reads: nothing else will wake the session
    this.reading = true;
    this.#deliver();
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#offering);
    this.#onOver();
  }

  #deliver(): void {
    while (this.reading) {
      const next = this.#incoming.shift();
      if (next === undefined) return;
      // after the end whatever was left before it is read
      this.reading = this.#over && this.#incoming.length > 0;
      if (next === 'end') this.receiver.onEnd();
      else if (next instanceof Error) this.receiver.onEnd(next);
      else this.receiver.onData(next);
    }
  }
}

const placeOf = (event: AmiEvent) => ['Context', 'Exten', 'Priority'].map((name) => event.get(name));

/** `200%20result%3D1%0A`, as bytes: a piece may end inside of a character. */
function decode(text: string): Buffer {
  return Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function withoutNoop(bytes: Buffer): Buffer {
  const end = bytes.length - noopReply.length;
  return end >= 0 && bytes.subarray(end).equals(noopReply) ? bytes.subarray(0, end) : bytes;
}

/** The request as FastAGI would have it: the script is what the address names, not an argument. */
function withScript(request: Buffer): Buffer {
  const argument = /^agi_arg_(\d+): /gm;
  const text = request.toString('latin1');
  const script = /^agi_arg_1: (.*)\n/m.exec(text);
  if (!script) return request;
  const rest = text
    .replace(script[0], '')
    .replace(argument, (_, number) => `agi_arg_${Number(number) - 1}: `);
  return Buffer.from(`agi_network: yes\nagi_network_script: ${script[1]}\n${rest}`, 'latin1');
}

/** What a command reads, as an expression of the dialplan's; undefined where it cannot be read twice. */
function expressionOf(command: string): { text: string; rest: string } | undefined {
  const match = /^GET (FULL )?VARIABLE (?:"((?:[^"\\]|\\.)*)"|(\S+))(.*)$/s.exec(command);
  if (!match) return undefined;
  const [, full, quoted, plain, rest = ''] = match;
  const text = quoted ?? plain ?? '';
  return { text: full ? text : `\${${text}}`, rest };
}

/** The reply as it would have been, had its value not been asked for in letters. */
function fromBase64(reply: Buffer): Buffer | undefined {
  const value = /^200 result=1 \(([\w+/]+=*)\)\n$/.exec(reply.toString('latin1'))?.[1];
  const bytes = Buffer.from(value ?? '', 'base64');
  const more = tail.indexOf(String.fromCharCode(bytes.at(-1) ?? 0)) + 1;
  if (more === 0) return undefined;
  return Buffer.concat([Buffer.from('200 result=1 ('), bytes.subarray(0, -more), Buffer.from(')\n')]);
}

function lost(what: string, advice = ''): Error {
  return new Error(
    `AsyncAGI has cut the end off ${what} with too many characters that it has to escape${advice}`,
  );
}
