/** A manager in the test's own process: what it says is the test's to choose, byte by byte. */
import { createHash } from 'node:crypto';
import net from 'node:net';

/** An action that came: its headers, names in small letters. */
export type Action = Record<string, string>;

/** What is said to an action: text as it is, undefined where nothing is. */
export type Answer = (action: Action, client: Client) => string | undefined;

export const banner = 'Asterisk Call Manager/11.0.0\r\n';
export const challenge = '840415273';

export class Client {
  readonly socket: net.Socket;
  /** Every action that came, in order. */
  readonly actions: Action[] = [];
  #held = '';
  readonly #answer: Answer;

  constructor(socket: net.Socket, answer: Answer) {
    this.socket = socket;
    this.#answer = answer;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#read(chunk.toString()));
  }

  say(text: string): void {
    this.socket.write(text);
  }

  #read(text: string): void {
    this.#held += text;
    for (let end = this.#held.indexOf('\r\n\r\n'); end !== -1; end = this.#held.indexOf('\r\n\r\n')) {
      const action: Action = {};
      for (const line of this.#held.slice(0, end).split('\r\n')) {
        const colon = line.indexOf(': ');
        action[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
      }
      this.#held = this.#held.slice(end + 4);
      this.actions.push(action);
      const said = this.#answer(action, this);
      if (said !== undefined && !this.socket.destroyed) this.socket.write(said);
    }
  }
}

/** `success(action, 'Message: x')`: a whole answer. */
export function success(action: Action, ...lines: string[]): string {
  return `${['Response: Success', `ActionID: ${action.actionid}`, ...lines].join('\r\n')}\r\n\r\n`;
}

export function refuse(action: Action, message: string): string {
  return `Response: Error\r\nActionID: ${action.actionid}\r\nMessage: ${message}\r\n\r\n`;
}

/** What any manager says to a login, and to the few other actions that the client sends by itself. */
export function ordinary(secret = 'secret'): Answer {
  return (action, client) => {
    switch (action.action) {
      case 'Challenge':
        return success(action, `Challenge: ${challenge}`);
      case 'Login': {
        const key = createHash('md5')
          .update(challenge + secret)
          .digest('hex');
        if (action.key !== key && action.secret !== secret) {
          client.socket.end(refuse(action, 'Authentication failed'));
          return undefined;
        }
        return success(action, 'Message: Authentication accepted');
      }
      case 'Logoff':
        client.socket.end(
          `Response: Goodbye\r\nActionID: ${action.actionid}\r\nMessage: Thanks for all the fish.\r\n\r\n`,
        );
        return undefined;
      case 'Ping':
        return success(action, 'Ping: Pong');
      case 'Events':
      case 'Filter':
        return success(action);
      default:
        return undefined;
    }
  };
}

/** The first of these that has something to say. */
export function first(...answers: Answer[]): Answer {
  return (action, client) => {
    for (const answer of answers) {
      const said = answer(action, client);
      if (said !== undefined) return said;
    }
    return undefined;
  };
}

export class FakeManager {
  readonly port: number;
  /** Every connection that came, in order. */
  readonly clients: Client[] = [];
  readonly #server: net.Server;
  readonly #arrivals: ((client: Client) => void)[] = [];

  private constructor(server: net.Server, answer: Answer, greeting: string | undefined) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    server.on('connection', (socket) => {
      const client = new Client(socket, answer);
      this.clients.push(client);
      if (greeting !== undefined) client.say(greeting);
      this.#arrivals.shift()?.(client);
    });
  }

  /** @param options.greeting what is said at once; nothing where it is undefined */
  static async start(
    answer: Answer = ordinary(),
    options: { greeting?: string | undefined; port?: number } = { greeting: banner },
  ): Promise<FakeManager> {
    const server = net.createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return new FakeManager(server, answer, options.greeting);
  }

  get client(): Client {
    const last = this.clients.at(-1);
    if (!last) throw new Error('nobody has connected');
    return last;
  }

  /** Resolves with the next connection. */
  arrival(): Promise<Client> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  async close(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
