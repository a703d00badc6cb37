/** AsyncAGI's pipe, played: 1,024 bytes for each command, escaped into 2,048, the rest with the next one. */
import { type Client, first, ordinary, refuse, success } from './manager';

const CHANNEL = 'Local/call@calls-00000001;2';
const UNIQUE_ID = '1795677229.1';

/** As res_agi.c and ast_uri_encode have it. */
function encode(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    const next = /[\w.!~*'()-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    if (text.length + next.length > 2047) break;
    text += next;
  }
  return text;
}

/** One call in AsyncAGI, as a manager tells of it: `answer` is what it says to actions. */
export class AsyncCall {
  readonly commands: string[] = [];
  /** The reply to a command, as it is. */
  reply: (command: string) => string | Buffer = () => '200 result=0\n';
  /** Whether Asterisk does not answer commands, nor carry them out. */
  deaf = false;
  /** What is in its place, by now. */
  channel = CHANNEL;
  uniqueId = UNIQUE_ID;
  #pipe = Buffer.alloc(0);
  #client: Client | undefined;

  readonly answer = first((action, client) => {
    if (action.action !== 'AGI') return undefined;
    if (this.deaf) return '';
    if (action.channel !== this.channel) return refuse(action, `Channel ${action.channel} does not exist.`);
    const command = action.command as string;
    this.commands.push(command);
    const said = command === 'NOOP' ? '200 result=0\n' : this.reply(command);
    const accepted = success(action, 'Message: Added AGI command to queue');
    if (said.length === 0) return accepted;
    this.#write(Buffer.from(said as string));
    client.say(
      accepted + this.#event('AsyncAGIExec', `CommandId: ${action.commandid}`, `Result: ${this.#read()}`),
    );
    if (command === 'ASYNCAGI BREAK') this.end();
    return undefined;
  }, ordinary());

  start(client: Client, request: string, ...lines: string[]): void {
    this.#client = client;
    this.#write(Buffer.from(request));
    client.say(this.#event('AsyncAGIStart', `Env: ${this.#read()}`, ...lines));
  }

  end(): void {
    this.tell('AsyncAGIEnd');
  }

  /** Something that happens to its channel. */
  tell(name: string, ...lines: string[]): void {
    this.#client?.say(this.#event(name, ...lines));
  }

  #event(name: string, ...lines: string[]): string {
    return event(name, `Channel: ${this.channel}`, `Uniqueid: ${this.uniqueId}`, ...lines);
  }

  #write(bytes: Buffer): void {
    this.#pipe = Buffer.concat([this.#pipe, bytes]);
  }

  #read(): string {
    const piece = this.#pipe.subarray(0, 1024);
    this.#pipe = this.#pipe.subarray(piece.length);
    return encode(piece);
  }
}

export const event = (name: string, ...lines: string[]) =>
  `${[`Event: ${name}`, ...lines].join('\r\n')}\r\n\r\n`;

export const request = (...lines: string[]) =>
  `${['agi_request: async', `agi_channel: ${CHANNEL}`, 'agi_version: 22.10.1', ...lines].join('\n')}\n\n`;
