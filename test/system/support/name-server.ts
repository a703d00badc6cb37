/** A name server of the test's own: SRV and address records, over UDP on a loopback address that nobody else has. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface ServiceRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

const types = { a: 1, srv: 33 } as const;

/** A resolver's port cannot be chosen: the address can. */
const PORT = 53;

export class NameServer {
  readonly address: string;
  /** The records of each name; what a test puts in is there from the next question on. */
  readonly services = new Map<string, readonly ServiceRecord[]>();
  /** Names that are 127.0.0.1. */
  readonly hosts = new Set<string>();
  /** Every name that was asked for with its type. */
  readonly asked: string[] = [];
  readonly #socket: Socket;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
    socket.on('message', (question, { port, address }) => {
      const answer = this.#answer(question);
      if (answer) socket.send(answer, port, address);
    });
  }

  static async start(): Promise<NameServer> {
    const part = () => 1 + Math.floor(Math.random() * 250);
    const address = `127.${part()}.${part()}.${part()}`;
    const socket = createSocket('udp4').bind(PORT, address);
    await once(socket, 'listening');
    return new NameServer(address, socket);
  }

  /** What stands in resolv.conf. */
  get configuration(): string {
    return `nameserver ${this.address}\noptions timeout:1 attempts:1\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(question: Buffer): Buffer | undefined {
    const read = readName(question, 12);
    if (!read) return undefined;
    const type = question.readUInt16BE(read.end);
    const name = read.name.toLowerCase();
    this.asked.push(`${name} ${type}`);
    const records: Buffer[] = [];
    if (type === types.srv) records.push(...(this.services.get(name) ?? []).map(encodeService));
    if (type === types.a && this.hosts.has(name)) records.push(Buffer.from([127, 0, 0, 1]));
    const isKnown = this.services.has(name) || this.hosts.has(name);
    const head = Buffer.alloc(12);
    question.copy(head, 0, 0, 2);
    // an answer, with recursion, as it was wanted; 3: there is no such name
    head.writeUInt16BE(0x8180 | (isKnown ? 0 : 3), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const answers = records.map((data) => {
      // the name is that of the question, 12 bytes from the start
      const row = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length]);
      return Buffer.concat([row, data]);
    });
    return Buffer.concat([head, question.subarray(12, read.end + 4), ...answers]);
  }
}

function readName(bytes: Buffer, from: number): { name: string; end: number } | undefined {
  const labels: string[] = [];
  let at = from;
  for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return at + 5 <= bytes.length ? { name: labels.join('.'), end: at + 1 } : undefined;
}

function encodeService({ priority, weight, port, target }: ServiceRecord): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(priority, 0);
  head.writeUInt16BE(weight, 2);
  head.writeUInt16BE(port, 4);
  const labels = target
    .split('.')
    .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([head, ...labels, Buffer.from([0])]);
}
