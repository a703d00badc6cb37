// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the dialplan has variables of its own
/** Calls from a real Asterisk whose both ends are the test's: the script's, and the caller's phone. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type AsteriskMajor,
  type Conversation,
  hold,
  Lines,
  type Partner,
} from '../../support/conversations';
import { Asterisk } from './asterisk';

const WAIT_MS = 8000;

interface Leg {
  readonly socket: Socket;
  readonly lines: Lines;
  /** The request, as it came. */
  readonly request: string;
}

/**
 * A small FastAGI server that both halves of a Local channel come to: the near half as the script's connection, the
 * far half as the caller's, who presses keys by SendDTMF() and hangs up.
 */
export class AgiCalls {
  readonly asterisk: Asterisk;
  readonly #server: Server;
  readonly #legs: Map<string, (leg: Leg) => void>;

  private constructor(asterisk: Asterisk, server: Server, legs: Map<string, (leg: Leg) => void>) {
    this.asterisk = asterisk;
    this.#server = server;
    this.#legs = legs;
  }

  static async start(
    version: AsteriskMajor,
    table: readonly Conversation[],
    more: Partial<Parameters<typeof Asterisk.start>[0]> = {},
  ): Promise<AgiCalls> {
    const legs = new Map<string, (leg: Leg) => void>();
    const server = createServer((socket) => accept(socket, legs)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const config = { 'cdr.conf': '[general]\nenable = yes' };
    const asterisk = await Asterisk.start({ config, ...more, version, extensions: dialplan(table, port) });
    writeFileSync(join(asterisk.agiBin, 'relay.js'), relay(port), { mode: 0o755 });
    return new AgiCalls(asterisk, server, legs);
  }

  /** Places the call of one conversation and holds it. */
  async hold(conversation: Conversation, name: string): Promise<{ seen: string[]; request: string }> {
    const script = this.#leg(`script-${name}`);
    const caller = this.#leg(`caller-${name}`);
    await this.asterisk.originate(`caller-${name}@legs`, `${name}@test`);
    const [near, far] = await Promise.all([script, caller]);
    const { asterisk } = this;
    let from = asterisk.log().length;
    const asCaller = async (line: string) => {
      far.socket.write(`${line}\n`);
      await far.lines.next(WAIT_MS);
    };
    const partner: Partner = {
      send: (bytes) => {
        from = asterisk.log().length;
        near.socket.write(bytes);
      },
      line: () => near.lines.next(WAIT_MS),
      playing: async (file) => {
        await asterisk.waitForLog(
          new RegExp(`(Local/caller-${name}@.*|res_agi.c: )Playing '${file}[.']`),
          WAIT_MS,
          from,
        );
      },
      press: (keys) => asCaller(`EXEC SendDTMF "${keys},80,120"`),
      write: (text) => asCaller(`SEND TEXT "${text}"`),
      moment: () => asCaller('EXEC Wait 0.2'),
      hangup: async () => {
        // its channel is gone when its own script is
        await asCaller('HANGUP');
        far.socket.end();
      },
      close: () => near.socket.end(),
      exit: (code) => near.socket.write(`EXIT ${code}\n`),
      status: async () =>
        (await asterisk.waitForLog(`app_verbose.c: conversation ${name} is `, WAIT_MS)).replace(/.* is /, ''),
    };
    try {
      return { seen: await hold(conversation, partner), request: near.request };
    } finally {
      far.socket.destroy();
      near.socket.destroy();
    }
  }

  async stop(): Promise<void> {
    await this.asterisk.stop();
    this.#server.close();
  }

  #leg(name: string): Promise<Leg> {
    return new Promise((resolve) => this.#legs.set(name, resolve));
  }
}

function accept(socket: Socket, legs: Map<string, (leg: Leg) => void>): void {
  const lines = new Lines();
  let request: string | undefined = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('close', () => lines.end());
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: string) => {
    if (request === undefined) {
      lines.push(chunk);
      return;
    }
    request += chunk;
    const end = request.indexOf('\n\n');
    if (end === -1) return;
    const whole = request.slice(0, end + 2);
    const rest = request.slice(end + 2);
    request = undefined;
    const name = /^agi_network_script: (\S+)/m.exec(whole)?.[1] ?? '';
    if (rest !== '') lines.push(rest);
    legs.get(name)?.({ socket, lines, request: whole });
  });
}

function dialplan(table: readonly Conversation[], port: number): string {
  const end = 'exten => h,1,Verbose(1,conversation ${NAME} is ${AGISTATUS})';
  return [
    '[legs]',
    'exten => _caller-.,1,Answer()',
    ` same => n,AGI(agi://127.0.0.1:${port}/\${EXTEN})`,
    ' same => n,Hangup()',
    '[phones]',
    'exten => answers,1,Answer()',
    ' same => n,Hangup()',
    '[sub]',
    'exten => s,1,Set(__SUBRAN=${ARG1}+${ARG2})',
    ' same => n,Return()',
    '[elsewhere]',
    'exten => there,1,NoOp()',
    'exten => there,7(label),NoOp()',
    end,
    '[test]',
    ...table.flatMap(({ variables = {}, classic, dead }, at) => [
      `exten => c${at},1,Set(NAME=c${at})`,
      ...(dead ? [` same => n,Goto(dead-c${at},s,1)`] : []),
      ...Object.entries(variables).map(([name, value]) => ` same => n,Set(${name}=${value})`),
      classic
        ? ` same => n,AGI(relay.js,c${at})`
        : ` same => n,AGI(agi://127.0.0.1:${port}/script-c${at},one,two words)`,
      ' same => n,Hangup()',
    ]),
    end,
    ...table.flatMap(({ dead }, at) =>
      dead
        ? [
            `[dead-c${at}]`,
            // the caller's own script has come by then
            'exten => s,1,Wait(1)',
            ' same => n,Hangup()',
            `exten => h,1,AGI(agi://127.0.0.1:${port}/script-c${at},one,two words)`,
            ` same => n,Verbose(1,conversation c${at} is \${AGISTATUS})`,
          ]
        : [],
    ),
  ].join('\n');
}

/**
 * A classic AGI script that is led by the test: lines go through it in both directions, and it tells of SIGHUP, once,
 * and before the end of its standard input, which comes by another way at the same time.
 */
function relay(port: number): string {
  return `#!/usr/bin/env node
const socket = require('node:net').connect(${port}, '127.0.0.1');
socket.write('agi_network_script: script-' + process.argv[2] + '\\n');
process.once('SIGHUP', () => {
  socket.write('SIGHUP\\n');
  process.on('SIGHUP', () => {});
});
process.stdin.on('data', (chunk) => socket.write(chunk)).on('end', () => setTimeout(() => socket.end(), 200));
socket.on('data', (chunk) => {
  const exit = /EXIT (\\d+)/.exec(String(chunk));
  if (exit) process.exit(Number(exit[1]));
  process.stdout.write(chunk);
});
socket.on('end', () => process.exit(0)).on('error', () => process.exit(9));
`;
}
