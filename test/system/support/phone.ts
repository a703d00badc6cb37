import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A call that a phone has made, as SIP names it. */
export interface Dialog {
  readonly extension: string;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly target: string;
  sequence: number;
}

/** What PJSIP needs for a {@link Phone}, in the order of their loading. */
export const phoneModules = [
  'res_sorcery_config.so',
  'res_sorcery_memory.so',
  'res_sorcery_astdb.so',
  'res_pjproject.so',
  'res_pjsip.so',
  'res_pjsip_session.so',
  'res_rtp_asterisk.so',
  'res_pjsip_sdp_rtp.so',
  'res_pjsip_pubsub.so',
  'res_pjsip_refer.so',
  'res_pjsip_endpoint_identifier_ip.so',
  'chan_pjsip.so',
];

/** pjsip.conf and rtp.conf of an Asterisk that takes the calls of phones in a context. */
export function phoneConfig(port: number, context: string): Record<string, string> {
  return {
    'pjsip.conf': `[udp]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:${port}
[phone]\ntype=endpoint\ntransport=udp\ncontext=${context}\ndisallow=all\nallow=ulaw\ndirect_media=no
[phone]\ntype=identify\nendpoint=phone\nmatch=127.0.0.1\n`,
    'rtp.conf': '[general]\n',
  };
}

export async function freeUdpPort(): Promise<number> {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** A phone that calls and transfers by SIP over UDP, and neither speaks nor hears. */
export class Phone implements AsyncDisposable {
  readonly #socket: dgram.Socket;
  readonly #server: string;
  readonly #port: number;
  readonly #waiting = new Map<string, (message: string) => void>();

  private constructor(socket: dgram.Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    this.#server = `127.0.0.1:${port}`;
    socket.on('message', (message) => this.#onMessage(message.toString()));
  }

  /** @param port of Asterisk's SIP */
  static async at(port: number): Promise<Phone> {
    const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Phone(socket, port);
  }

  /**
   * Resolves when the extension has answered.
   * @param replaced a call whose place this one takes, as a phone does to which that was transferred from elsewhere
   */
  async call(extension: string, replaced?: Dialog): Promise<Dialog> {
    const target = `sip:${extension}@${this.#server}`;
    const from = `<sip:phone@127.0.0.1>;tag=${name()}`;
    const call = { extension, id: name(), from, to: `<${target}>`, target, sequence: 1 };
    const headers = ['Content-Type: application/sdp'];
    if (replaced) headers.push('Require: replaces', `Replaces: ${place(replaced)}`);
    const answer = await this.#ask('INVITE', call, headers, sound);
    if (!answer.startsWith('SIP/2.0 200 ')) throw new Error(answer);
    const contact = /<(.*)>/.exec(header(answer, 'Contact'))?.[1] ?? target;
    const dialog: Dialog = { ...call, to: header(answer, 'To'), target: contact };
    this.#send('ACK', dialog);
    return dialog;
  }

  /** Connects who is at the other end of one call with who is at the other end of the second, and leaves both. */
  async transfer(one: Dialog, other: Dialog): Promise<void> {
    one.sequence++;
    const replaced = encodeURIComponent(place(other));
    const to = `Refer-To: <sip:${other.extension}@${this.#server}?Replaces=${replaced}>`;
    const answer = await this.#ask('REFER', one, [to, 'Referred-By: <sip:phone@127.0.0.1>']);
    if (!answer.startsWith('SIP/2.0 202 ')) throw new Error(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #ask(method: string, dialog: Dialog, headers: string[], body = ''): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting.set(`${dialog.id} ${dialog.sequence} ${method}`, resolve);
      this.#send(method, dialog, headers, body);
    });
  }

  #send(method: string, { target, from, to, id, sequence }: Dialog, headers: string[] = [], body = ''): void {
    const { port } = this.#socket.address() as AddressInfo;
    const here = `127.0.0.1:${port}`;
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${name()};rport`,
      'Max-Forwards: 70',
      `From: ${from}`,
      `To: ${to}`,
      `Call-ID: ${id}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:phone@${here}>`,
      ...headers,
      `Content-Length: ${body.length}`,
    ];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n${body}`, this.#port, '127.0.0.1');
  }

  #onMessage(message: string): void {
    if (message.startsWith('SIP/2.0 1') || message.startsWith('ACK ')) return;
    if (message.startsWith('SIP/2.0 ')) {
      const key = `${header(message, 'Call-ID')} ${header(message, 'CSeq')}`;
      this.#waiting.get(key)?.(message);
      this.#waiting.delete(key);
      return;
    }
    // whatever Asterisk wants is well: the notice of a transfer, its goodbye
    const same = message.split('\r\n').filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line));
    const lines = ['SIP/2.0 200 OK', ...same, 'Content-Length: 0'];
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n`, this.#port, '127.0.0.1');
  }
}

const sound = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 9 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`.replaceAll('\n', '\r\n');

const name = () => randomBytes(9).toString('hex');

const header = (message: string, which: string) =>
  new RegExp(`^${which}:\\s*(.*)$`, 'im').exec(message)?.[1]?.trim() ?? '';

/** A call as RFC 3891 names it. */
const place = ({ id, to, from }: Dialog) => `${id};to-tag=${tag(to)};from-tag=${tag(from)}`;

const tag = (party: string) => /;tag=([^;]+)/.exec(party)?.[1] ?? '';
