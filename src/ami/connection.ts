/** One connection to the manager: the socket, the first line, the login, and then messages until it ends. */
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AmiConnectionError, type AmiError, AmiLoginError, AmiTimeoutError } from '../ami-errors';
import { connectionText } from '../connection-problems';
import { encodeAction } from '../wire/ami-action';
import { AmiDecoder } from '../wire/ami-decoder';
import { type AmiEvent, AmiResponse } from '../wire/ami-message';
import { redactMessage } from '../wire/ami-redact';
import { type Address, showAddress } from './address';
import { leaveUncaught } from './uncaught';

/** Sees every message of the conversation, secrets left out. */
export type AmiTracer = (direction: '>' | '<', text: string) => void;

export interface ConnectionOptions {
  readonly address: Address;
  readonly tls: TlsOptions | undefined;
  readonly username: string;
  readonly secret: string;
  readonly auth: 'secret' | 'md5';
  /** The events wanted from the beginning, `on`, `off` or `call,user`. */
  readonly events: string;
  /** For all of it, up to the end of the login; 0: without limit. */
  readonly timeoutMs: number;
  readonly maxMessageBytes: number | undefined;
  readonly trace: AmiTracer | undefined;
}

export interface ConnectionReceiver {
  onMessage(message: AmiEvent | AmiResponse): void;
  /** No more will come. */
  onEnd(error: AmiError): void;
}

/** Text on its way to Asterisk. */
export interface Outgoing {
  readonly text: string;
  /** Whether the system has been given it: from then on nobody knows whether it arrives. */
  begun: boolean;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #where: string;
  readonly #socket: net.Socket;
  readonly #decoder: AmiDecoder;
  readonly #queue = new Set<Outgoing>();
  #writing = false;
  /** What came before anyone listened. */
  #early: (AmiEvent | AmiResponse)[] = [];
  #receiver: ConnectionReceiver | undefined;
  #ended: AmiError | undefined;
  /** Whether it was this side that has left: what came before that and was not told yet is nobody's. */
  #left = false;
  #step: 'connecting' | 'greeting' | 'challenge' | 'login' | 'open' = 'connecting';
  readonly #loginId = randomBytes(9).toString('base64url');
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#where = showAddress(options.address);
    this.#decoder = new AmiDecoder(options.maxMessageBytes);
    this.#socket = connect(options);
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, 30_000);
    this.#socket.once(options.tls ? 'secureConnect' : 'connect', () => {
      this.#step = 'greeting';
    });
    // always drained: Asterisk drops a client that does not read within 100 ms (writetimeout)
    this.#socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#socket.on('error', (error) => this.#end(this.#broken(error)));
    this.#socket.on('end', () => this.#end(this.#broken(undefined)));
    this.#socket.on('close', () => this.#end(this.#broken(undefined)));
  }

  /**
   * @throws AmiConnectionError where there is no connection to be had
   * @throws AmiProtocolError where something else than a manager answers
   * @throws AmiLoginError where Asterisk refuses the user
   * @throws AmiTimeoutError where it takes too long
   * @throws the signal's reason where that aborts
   */
  static async open(options: ConnectionOptions, signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted();
    const connection = new this(options);
    const { timeoutMs } = options;
    const timer = timeoutMs > 0 && setTimeout(() => connection.destroy(connection.#late()), timeoutMs);
    const onAbort = () => {
      connection.#settle?.reject(signal?.reason);
      connection.destroy();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        connection.#settle = { resolve, reject };
      });
    } finally {
      if (timer) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
    return connection;
  }

  /** The protocol's version, `11.0.0`. */
  get version(): string {
    return this.#decoder.version ?? '';
  }

  /** How many messages came that were neither an event nor an answer. */
  get strays(): number {
    return this.#decoder.strays;
  }

  /** Gives the receiver all that has come since the login, and all that comes. */
  start(receiver: ConnectionReceiver): void {
    this.#receiver = receiver;
    for (const message of this.#early.splice(0)) {
      if (!this.#left) receiver.onMessage(message);
    }
    if (this.#ended) receiver.onEnd(this.#ended);
  }

  /** Sends text whole and in order. */
  send(text: string): Outgoing {
    const outgoing = { text, begun: false };
    this.#trace('>', text.trimEnd());
    this.#queue.add(outgoing);
    this.#flush();
    return outgoing;
  }

  /** What a tracer throws is an uncaught error, as a listener's, and costs no message. */
  #trace(direction: '>' | '<', text: string): void {
    const { trace } = this.#options;
    if (!trace) return;
    try {
      trace(direction, redactMessage(text));
    } catch (error) {
      leaveUncaught(error);
    }
  }

  /** Takes back what has not been given to the system; nothing where it has. */
  cancel(outgoing: Outgoing): void {
    this.#queue.delete(outgoing);
  }

  /** Ends the connection at once. */
  destroy(error: AmiError = this.#broken(undefined)): void {
    this.#left = true;
    this.#end(error);
  }

  /** Whether the process stays alive for this connection. */
  hold(held: boolean): void {
    if (held) this.#socket.ref();
    else this.#socket.unref();
  }

  /** One write at a time, so that it is known of each text whether the system has it. */
  #flush(): void {
    if (this.#writing || this.#queue.size === 0 || this.#ended) return;
    let text = '';
    for (const outgoing of this.#queue) {
      outgoing.begun = true;
      text += outgoing.text;
    }
    this.#queue.clear();
    this.#writing = true;
    this.#socket.write(text, () => {
      this.#writing = false;
      this.#flush();
    });
  }

  #onData(chunk: Buffer): void {
    if (this.#ended) return;
    let messages: (AmiEvent | AmiResponse)[];
    try {
      messages = this.#decoder.push(chunk);
    } catch (error) {
      this.#end(error as AmiError);
      return;
    }
    if (this.#step === 'greeting' && this.#decoder.version !== undefined) this.#beginLogin();
    for (const message of messages) {
      if (this.#left) return;
      this.#trace('<', message.text);
      if (this.#step !== 'open') this.#onLogin(message);
      else if (this.#receiver) this.#receiver.onMessage(message);
      else this.#early.push(message);
    }
  }

  #beginLogin(): void {
    if (this.#options.auth === 'secret') this.#login({ Secret: this.#options.secret });
    else {
      this.#step = 'challenge';
      this.#say('Challenge', { AuthType: 'MD5' });
    }
  }

  #login(proof: Record<string, string>): void {
    this.#step = 'login';
    const { username, events } = this.#options;
    this.#say('Login', { Username: username, ...proof, Events: events });
  }

  #say(action: string, fields: Record<string, string>): void {
    try {
      this.send(encodeAction(action, fields, this.#loginId));
    } catch (error) {
      // a user name or a secret that AMI cannot carry
      this.#end(error as AmiError);
    }
  }

  #onLogin(message: AmiEvent | AmiResponse): void {
    if (!(message instanceof AmiResponse) || message.get('ActionID') !== this.#loginId) return;
    const reason = message.get('Message') ?? '';
    if (!message.ok) {
      const retryable = /already in use/i.test(reason);
      const advice = retryable
        ? 'the same user is logged in elsewhere, and allowmultiplelogin in manager.conf is off'
        : 'look at this user in manager.conf: its secret, and whether its permit and deny lines let this machine in';
      this.#end(
        new AmiLoginError(
          `the manager at ${this.#where} does not let user ${JSON.stringify(this.#options.username)} in: ${reason}; ${advice}`,
          message,
          retryable,
        ),
      );
      return;
    }
    if (this.#step === 'challenge') {
      const challenge = message.get('Challenge') ?? '';
      const key = createHash('md5')
        .update(challenge + this.#options.secret)
        .digest('hex');
      this.#login({ AuthType: 'MD5', Key: key });
      return;
    }
    this.#step = 'open';
    this.#settle?.resolve();
  }

  #end(error: AmiError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#socket.destroy();
    this.#settle?.reject(error);
    this.#receiver?.onEnd(error);
  }

  #late(): AmiTimeoutError {
    const where = `the manager at ${this.#where}`;
    const { timeoutMs } = this.#options;
    const what = {
      connecting: `${where} does not answer: no connection within ${timeoutMs} ms`,
      greeting: `${where} says nothing within ${timeoutMs} ms: is it the manager's port, ${this.#options.tls ? 'tlsbindaddr' : '[general] port'} in manager.conf?`,
      challenge: `${where} does not answer the login within ${timeoutMs} ms`,
      login: `${where} does not answer the login within ${timeoutMs} ms`,
      open: `${where} is late`,
    };
    return new AmiTimeoutError(what[this.#step]);
  }

  #broken(error: NodeJS.ErrnoException | undefined): AmiConnectionError {
    const where = `the manager at ${this.#where}`;
    const code = error?.code ?? '';
    const why = error ? `: ${connectionText(error)}` : '';
    if (this.#step === 'open') {
      return new AmiConnectionError('AMI_LOST', `the connection to ${where} is lost${why}`, {
        cause: error,
        retryable: true,
      });
    }
    if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS_CERT|ISSUER/.test(code)) {
      const text = `the certificate of ${where} is not accepted${why} (the option tls: { ca } names the authority to trust)`;
      return new AmiConnectionError('AMI_CERTIFICATE', text, { cause: error, retryable: false });
    }
    const text = {
      connecting: `no connection to ${where}${why || ': it was closed at once'}`,
      greeting: `${where} has closed the connection before it said who it is${why}: too many log in at once (authlimit in manager.conf), or it is no manager`,
      challenge: `${where} has closed the connection in the middle of the login${why}`,
      login: `${where} has closed the connection in the middle of the login${why}`,
    }[this.#step];
    const advice =
      code === 'ECONNREFUSED'
        ? ' (enabled, bindaddr and port in manager.conf say where it listens)'
        : /^EPROTO$|^ERR_SSL/.test(code)
          ? ' (does TLS listen there? tlsenable and tlsbindaddr in manager.conf)'
          : '';
    return new AmiConnectionError('AMI_CONNECT', text + advice, { cause: error, retryable: true });
  }
}

function connect({ address, tls }: ConnectionOptions): net.Socket {
  if (!tls) return net.connect({ host: address.host, port: address.port });
  // 10 ms of loading that a plain connection does without
  const { connect } = process.getBuiltinModule('node:tls');
  const servername = net.isIP(address.host) ? {} : { servername: address.host };
  return connect({ ...servername, ...tls, host: address.host, port: address.port });
}
